//! Finds frames in a stream of bits (ISO/IEC 13239 section 4.3).

use std::fmt;

use super::{FLAG, LONGEST_RUN, fcs};

/// Why what stood between two flags is no frame.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FrameError {
    /// Seven ones in a row: the sender gave the frame up, or bits were damaged.
    Abort,
    /// Less than an address byte, a control byte and the frame check sequence.
    Short,
    /// No whole number of bytes.
    NotBytes,
    /// Longer than [`MAX_FRAME`].
    TooLong,
    /// The frame check sequence does not match.
    BadFcs,
}

impl FrameError {
    /// One plain phrase, without a full stop.
    pub const fn text(self) -> &'static str {
        match self {
            FrameError::Abort => "aborted by seven ones",
            FrameError::Short => "too short for a frame",
            FrameError::NotBytes => "no whole number of bytes",
            FrameError::TooLong => "longer than any frame",
            FrameError::BadFcs => "frame check sequence wrong",
        }
    }
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl std::error::Error for FrameError {}

/// What a deframer has seen so far.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct LineCounters {
    /// Frames with a right check sequence.
    pub good: u64,
    /// Frames with a wrong one.
    pub bad_fcs: u64,
    /// Seven ones in the middle of a frame.
    pub aborts: u64,
    /// Too short, too long, or no whole number of bytes.
    pub malformed: u64,
}

/// Takes the bits of a line one by one and gives the frames in them.
#[derive(Clone, Default, Debug)]
pub struct Deframer {
    /// Ones in a row, up to the bit taken last; seven stand for more.
    ones: u8,
    /// The frame since its opening flag; nothing before the first flag and after an abort.
    open: Option<Open>,
    counters: LineCounters,
}

/// A frame that is not closed yet.
#[derive(Clone, Default, Debug)]
struct Open {
    bytes: Vec<u8>,
    /// The last, incomplete byte; its bits come in at the top and move down.
    partial: u8,
    bits: u64,
}

impl Deframer {
    /// The next bit of the line. Gives a frame without its check sequence, or what is wrong with it, when the bit ends
    /// one.
    pub fn push(&mut self, bit: bool) -> Option<Result<Vec<u8>, FrameError>> {
        if bit {
            self.ones = (self.ones + 1).min(ABORT_ONES);
            return self.on_one();
        }
        match std::mem::take(&mut self.ones) {
            LONGEST_RUN => None, // stuffed
            FLAG_ONES => self.on_flag(),
            ABORT_ONES.. => None,
            _ => self.keep(false),
        }
    }

    fn on_one(&mut self) -> Option<Result<Vec<u8>, FrameError>> {
        if self.ones < ABORT_ONES {
            return self.keep(true);
        }
        // An idle line after a flag is no aborted frame: its ones are all that came.
        let begun = self.open.take().is_some_and(|open| open.bits >= u64::from(ABORT_ONES));
        if begun {
            self.counters.aborts += 1;
        }
        begun.then_some(Err(FrameError::Abort))
    }

    fn keep(&mut self, bit: bool) -> Option<Result<Vec<u8>, FrameError>> {
        let open = self.open.as_mut()?;
        open.partial = open.partial >> 1 | u8::from(bit) << 7;
        open.bits += 1;
        if open.bits.is_multiple_of(8) {
            open.bytes.push(open.partial);
        }
        if open.bytes.len() <= MAX_FRAME + FCS_BYTES {
            return None;
        }
        self.open = None;
        self.counters.malformed += 1;
        Some(Err(FrameError::TooLong))
    }

    /// Ends a frame and begins the next one: a flag may do both.
    fn on_flag(&mut self) -> Option<Result<Vec<u8>, FrameError>> {
        let open = self.open.replace(Open::default())?;
        // The flag's own bits came in as data, all but its last.
        let bits = open.bits.saturating_sub(u64::from(FLAG.count_ones()) + 1);
        if bits == 0 {
            return None; // two flags in a row
        }
        let outcome = close(open.bytes, bits);
        match outcome {
            Ok(_) => self.counters.good += 1,
            Err(FrameError::BadFcs) => self.counters.bad_fcs += 1,
            Err(_) => self.counters.malformed += 1,
        }
        Some(outcome)
    }

    /// What it has seen so far.
    pub fn counters(&self) -> LineCounters {
        self.counters
    }
}

/// Checks what stood between two flags and takes the check sequence off.
fn close(mut bytes: Vec<u8>, bits: u64) -> Result<Vec<u8>, FrameError> {
    if bits < 8 * SHORTEST as u64 {
        return Err(FrameError::Short);
    }
    if !bits.is_multiple_of(8) {
        return Err(FrameError::NotBytes);
    }
    let Some((frame, check)) = bytes.split_last_chunk::<FCS_BYTES>() else { return Err(FrameError::Short) };
    if fcs([frame, &[]]) != u16::from_le_bytes(*check) {
        return Err(FrameError::BadFcs);
    }
    bytes.truncate(bytes.len() - FCS_BYTES);
    Ok(bytes)
}

/// The longest frame that a deframer keeps, without its check sequence, bytes.
pub const MAX_FRAME: usize = 65_535;
/// Address, control and frame check sequence, a byte or two each (ISO/IEC 13239 section 4.9.1: less than 32 bits is no
/// frame).
const SHORTEST: usize = 4;
const FCS_BYTES: usize = 2;
/// Ones in a row that only a flag has.
const FLAG_ONES: u8 = 6;
/// Ones in a row that not even a flag has.
const ABORT_ONES: u8 = 7;
