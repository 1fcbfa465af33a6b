//! Manchester code as 10BASE-T sends it (IEEE 802.3 clause 7.3.1.1): a transition in the middle of each bit.
//!
//! ```text
//!   bit      1     0     0     1
//!          _┌─┐   ┌─   ┌─┐    _┌──      1: from low to high      0: from high to low
//!           │ └───┘└───┘ └────┘         the transition between two equal bits means nothing
//! ```
//! The clock is in the signal, and half of all misread signals show: a bit without a transition is no bit.

use base::Duration;

use super::{Decoded, LabelKind, Waveform, bits_of, digit};

/// Bytes as 10BASE-T sends them, with the preamble and the start frame delimiter in front if wanted.
pub fn encode(bytes: &[u8], preamble: bool) -> Waveform {
    let mut wave = Waveform::new(HALF_BIT, 2);
    let front: &[u8] = if preamble { &PREAMBLE } else { &[] };
    for (place, byte) in front.iter().chain(bytes).enumerate() {
        let first = wave.levels.len();
        for bit in bits_of(*byte) {
            let start = wave.levels.len();
            wave.levels.extend([!bit, bit]);
            wave.label(start, LabelKind::Bit, digit(bit));
        }
        let text = match place {
            0..SFD_PLACE if preamble => "preamble".into(),
            SFD_PLACE if preamble => "SFD".into(),
            _ => format!("{byte:02x}"),
        };
        wave.label(first, LabelKind::Byte, text);
    }
    wave
}

/// Reads half bits. With `preamble`, bytes begin behind the start frame delimiter; else at the first bit.
///
/// One half bit that is read wrong makes one bit without a transition: the receiver stays in step, reports it, and at
/// most one byte is wrong. When a half bit is missing or too many, transitions soon come between the bits; the receiver
/// takes the step at which the next bits have more of theirs.
pub fn decode(levels: &[bool], preamble: bool) -> Decoded {
    let mut decoded = Decoded::default();
    let bits = read_bits(levels, &mut decoded);
    let start = if preamble { behind_sfd(&bits) } else { Some(0) };
    let Some(start) = start else {
        decoded.error(bits.len(), "no start frame delimiter");
        return decoded;
    };
    let (bytes, rest) = bits[start..].as_chunks::<8>();
    decoded.bytes.extend(bytes.iter().map(|byte| {
        byte.iter().enumerate().fold(0, |sum, (place, bit)| sum | u8::from(bit.unwrap_or(false)) << place)
    }));
    if !rest.is_empty() {
        decoded.error(bits.len() - rest.len(), "ends within a byte");
    }
    decoded
}

/// One for each bit, nothing for one without a transition.
fn read_bits(levels: &[bool], decoded: &mut Decoded) -> Vec<Option<bool>> {
    let mut bits = Vec::with_capacity(levels.len() / 2);
    let mut at = 0;
    while let Some([first, second]) = levels.get(at..at + 2) {
        if first != second {
            bits.push(Some(*second));
            at += 2;
            continue;
        }
        decoded.error(bits.len(), "no transition in the middle of the bit");
        let (kept, shifted) = (&levels[at + 2..], &levels[at + 1..]);
        let out_of_step = violations(kept) > violations(shifted);
        if out_of_step && bits.is_empty() {
            at += 1; // it began to listen in the middle of a bit, which is no bit then
            continue;
        }
        bits.push(None);
        at += if out_of_step { 1 } else { 2 };
    }
    bits
}

/// Bits without a transition among the next ones.
fn violations(levels: &[bool]) -> usize {
    levels.as_chunks::<2>().0.iter().take(LOOK_AHEAD).filter(|[first, second]| first == second).count()
}

/// The first bit behind the start frame delimiter: the preamble alternates, and two ones in a row end it. An unreadable
/// bit goes on alternating, except where a receiver that has heard all of the preamble knows by counting that it ends.
fn behind_sfd(bits: &[Option<bool>]) -> Option<usize> {
    let mut before = false;
    for (place, bit) in bits.iter().enumerate() {
        let bit = bit.unwrap_or(!before || place + 1 == 8 * PREAMBLE.len());
        if bit && before {
            return Some(place + 1);
        }
        before = bit;
    }
    None
}

/// 10 Mbit/s.
const HALF_BIT: Duration = Duration::from_nanos(50);
/// Seven bytes of alternating bits, and one that ends with two ones.
const PREAMBLE: [u8; 8] = [0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0xd5];
const SFD_PLACE: usize = 7;
/// Bits that decide whether the receiver is out of step.
const LOOK_AHEAD: usize = 8;
