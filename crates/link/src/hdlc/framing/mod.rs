//! Bits on the line: flags, bit stuffing and the frame check sequence (ISO/IEC 13239 sections 4.2 and 4.3; AX.25 v2.2
//! sections 3.1 to 3.11).
//!
//! ```text
//!   01111110 │ address, control, information, FCS: each byte least significant bit first │ 01111110
//!     flag   │ after five 1s the sender stuffs a 0, so that six 1s in a row are a flag     │   flag
//! ```
//! [`line_bits`] only counts, and is fast; [`encode`] writes the bits down; a [`Deframer`] reads them one by one; and
//! [`damage`] says what a receiver makes of a frame some of whose bits were hit on the line.

mod bits;
mod deframer;

use wire::fcs::Crc16;

pub use bits::Bits;
pub use deframer::{Deframer, FrameError, LineCounters, MAX_FRAME};

/// The flag that begins and ends a frame; also what may fill the time between frames.
pub const FLAG: u8 = 0x7e;
/// Bits of the two flags around a frame.
pub const FLAG_BITS: u64 = 16;

/// What a receiver makes of a damaged frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Damaged {
    /// Frames with a right check sequence, without it. Normally none; the sent frame itself when no bit of it was hit,
    /// and with a probability of about 2^-16 something that was never sent.
    pub frames: Vec<Vec<u8>>,
    /// What else it noticed, in order.
    pub errors: Vec<FrameError>,
}

/// Exactly how many bits a frame takes on the line: two flags, its bytes, the frame check sequence, and the stuffed
/// zeros. `parts` together are the frame from its address to its information field.
pub fn line_bits(parts: [&[u8]; 2]) -> u64 {
    let check = fcs(parts).to_le_bytes();
    let (mut stuffed, mut last, mut ones) = (0, 0, 0);
    for part in [parts[0], parts[1], &check] {
        for &byte in part {
            // A byte with a zero in it ends in the same number of ones whatever came before. To take that from the byte
            // and not from the step before lets the processor look several bytes up at once.
            ones = if last == 0xff { usize::from(STEPS[ones][0xff].ones) } else { usize::from(STEPS[0][last].ones) };
            last = usize::from(byte);
            stuffed += u64::from(STEPS[ones][last].stuffed);
        }
    }
    let bytes = parts[0].len() + parts[1].len() + check.len();
    FLAG_BITS + 8 * bytes as u64 + stuffed
}

/// The bits of a frame on the line, with a flag on either side.
pub fn encode(parts: [&[u8]; 2]) -> Bits {
    let check = fcs(parts).to_le_bytes();
    let bytes = parts[0].len() + parts[1].len() + check.len();
    let mut bits = Bits::with_capacity(8 * bytes + bytes / 4 + FLAG_BITS as usize);
    bits.push_byte(FLAG);
    let mut ones = 0;
    for &byte in parts[0].iter().chain(parts[1]).chain(&check) {
        for bit in (0..8).map(|place| byte >> place & 1 == 1) {
            bits.push(bit);
            ones = if bit { ones + 1 } else { 0 };
            if ones == LONGEST_RUN {
                bits.push(false);
                ones = 0;
            }
        }
    }
    bits.push_byte(FLAG);
    bits
}

/// All that a receiver finds in `bits`: frames with a right check sequence, without it, and what was no frame.
pub fn decode(bits: &Bits) -> Vec<Result<Vec<u8>, FrameError>> {
    let mut deframer = Deframer::default();
    bits.iter().filter_map(|bit| deframer.push(bit)).collect()
}

/// Inverts bits of a frame as they are really sent (stuffed, between its flags) and lets a receiver read the result,
/// with an idle line (ones) before and after it. `pattern` says which of 16 consecutive bits are hit, its lowest bit
/// the one at `first_bit`, counted from the first bit of the opening flag; what falls behind the closing flag hits
/// nothing.
///
/// A hit on the closing flag costs this frame; that a next one right behind it would be lost as well is not modelled.
pub fn damage(parts: [&[u8]; 2], first_bit: u64, pattern: u16) -> Damaged {
    let mut bits = encode(parts);
    for offset in (0..u16::BITS).filter(|offset| pattern >> offset & 1 == 1) {
        bits.flip(first_bit.saturating_add(u64::from(offset)));
    }
    let mut damaged = Damaged { frames: Vec::new(), errors: Vec::new() };
    let mut deframer = Deframer::default();
    let idle = std::iter::repeat_n(true, IDLE_BITS);
    for outcome in idle.clone().chain(bits.iter()).chain(idle).filter_map(|bit| deframer.push(bit)) {
        match outcome {
            Ok(frame) => damaged.frames.push(frame),
            Err(error) => damaged.errors.push(error),
        }
    }
    damaged
}

/// The frame check sequence of a frame in two parts; sent low byte first.
fn fcs(parts: [&[u8]; 2]) -> u16 {
    Crc16::new().update(parts[0]).update(parts[1]).finish()
}

/// What a byte does after a number of ones: how many zeros are stuffed into it, and how many ones it ends with.
#[derive(Clone, Copy)]
struct Step {
    stuffed: u8,
    ones: u8,
}

/// By the ones before the byte (0 to 4), then by the byte.
static STEPS: [[Step; 256]; LONGEST_RUN as usize] = steps();

const fn steps() -> [[Step; 256]; LONGEST_RUN as usize] {
    let mut table = [[Step { stuffed: 0, ones: 0 }; 256]; LONGEST_RUN as usize];
    let mut before = 0;
    while before < table.len() {
        let mut byte = 0;
        while byte < 256 {
            table[before][byte] = step(before as u8, byte as u8);
            byte += 1;
        }
        before += 1;
    }
    table
}

const fn step(before: u8, byte: u8) -> Step {
    let mut step = Step { stuffed: 0, ones: before };
    let mut place = 0;
    while place < 8 {
        step.ones = if byte >> place & 1 == 1 { step.ones + 1 } else { 0 };
        if step.ones == LONGEST_RUN {
            step.stuffed += 1;
            step.ones = 0;
        }
        place += 1;
    }
    step
}

/// Ones in a row inside a frame, at most.
const LONGEST_RUN: u8 = 5;
/// Fifteen ones or more are an idle line; one more than a flag needs to be told from.
const IDLE_BITS: usize = 16;

#[cfg(test)]
mod tests;
