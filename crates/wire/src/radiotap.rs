//! Radiotap: what a radio's card says about a frame, in front of it (radiotap.org, version 0).
//!
//! ```text
//! | version 0 | pad | length (2) | present (4) | flags (1) | rate (1) | channel MHz (2) | channel flags (2) | 802.11 ... |
//! ```

use std::ops::Range;

use crate::dissect::{Dissection, Key};
use crate::{Error, Problem, Result};

/// What is said about a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// The frame's check sequence is wrong.
    pub bad_fcs: bool,
    /// Units of 500 kbit/s.
    pub rate: u8,
    /// The middle of its channel, MHz.
    pub channel_mhz: u16,
    /// What kind of channel.
    pub channel_flags: u16,
}

impl Header {
    /// The header's bytes. The frame behind it has its check sequence at its end.
    pub fn bytes(&self) -> [u8; LEN] {
        let [mhz_low, mhz_high] = self.channel_mhz.to_le_bytes();
        let [flags_low, flags_high] = self.channel_flags.to_le_bytes();
        let flags = FCS_AT_END | if self.bad_fcs { BAD_FCS } else { 0 };
        [0, 0, LEN as u8, 0, PRESENT, 0, 0, 0, flags, self.rate, mhz_low, mhz_high, flags_low, flags_high]
    }
}

/// Where the frame begins, and whether its check sequence is at its end and wrong. What else a header says is stepped over.
pub fn parse(bytes: &[u8]) -> Result<(usize, FcsState)> {
    let Some(&[version, _, low, high, p0, p1, p2, p3]) = bytes.first_chunk::<8>() else {
        return Err(Error::new("radiotap", "header", bytes.len(), Problem::TooShort));
    };
    let len = usize::from(u16::from_le_bytes([low, high]));
    if version != 0 {
        return Err(Error::new("radiotap", "version", 0, Problem::BadValue));
    }
    if len < 8 || len > bytes.len() {
        return Err(Error::new("radiotap", "length", 2, Problem::BadLength));
    }
    let present = u32::from_le_bytes([p0, p1, p2, p3]);
    let mut at = 8;
    let mut words = present;
    while words & MORE_WORDS != 0 {
        let Some(next) = bytes.get(at..at + 4).and_then(|word| word.try_into().ok()) else {
            return Err(Error::new("radiotap", "present", at, Problem::TooShort));
        };
        words = u32::from_le_bytes(next);
        at += 4;
    }
    if present & TSFT != 0 {
        at = at.next_multiple_of(8) + 8;
    }
    let flags = if present & FLAGS != 0 { bytes.get(..len).and_then(|own| own.get(at)).copied() } else { None };
    let flags = flags.unwrap_or(0);
    Ok((len, FcsState { present: flags & FCS_AT_END != 0, bad: flags & BAD_FCS != 0 }))
}

/// What is known of a frame's check sequence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FcsState {
    /// It is at the frame's end.
    pub present: bool,
    /// It is wrong.
    pub bad: bool,
}

pub(crate) fn dissect(dissection: &mut Dissection<'_>, range: Range<usize>) {
    let mut layer = dissection.layer("radiotap", range.clone());
    let (len, fcs) = match parse(dissection.bytes(range.clone())) {
        Ok(parsed) => parsed,
        Err(error) => {
            dissection.push(layer.malformed(error));
            return;
        }
    };
    layer.range.end = range.start + len;
    layer.field("Length", 2..4, len);
    layer.field("Check sequence", 8..len.clamp(8, 9), if fcs.bad { "wrong" } else { "right" });
    layer.summary = "radiotap".into();
    dissection.push(layer);
    // Without a check sequence the frame is longer than its dissector expects.
    let end = if fcs.present { range.end } else { range.end + super::dot11::FCS_LEN };
    dissection.next(Key::Dot11, range.start + len..end.min(range.end.max(range.start + len)));
}

/// Bytes of our header.
pub const LEN: usize = 14;
/// Flags, rate and channel follow.
const PRESENT: u8 = 0x0e;
const TSFT: u32 = 0x01;
const FLAGS: u32 = 0x02;
const MORE_WORDS: u32 = 1 << 31;
const FCS_AT_END: u8 = 0x10;
const BAD_FCS: u8 = 0x40;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn our_header_is_read_back() {
        let header = Header { bad_fcs: true, rate: 22, channel_mhz: 2412, channel_flags: 0x00a0 };
        assert_eq!(header.bytes()[..10], [0, 0, 14, 0, 0x0e, 0, 0, 0, 0x50, 22]);
        assert_eq!(parse(&header.bytes()), Ok((14, FcsState { present: true, bad: true })));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = parse(&bytes);
        }
    }
}
