//! Radiotap: what a radio's card says about a frame, in front of it (radiotap.org, version 0).
//!
//! ```text
//! | version 0 | pad | length (2) | present (4) | flags (1) | rate (1) | channel MHz (2) | channel flags (2) | 802.11 ... |
//! ```

use std::ops::Range;

use crate::dissect::{Dissection, Key, Layer};
use crate::{Error, PacketBuf, Problem, Result};

/// What is said about a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
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
    /// Reads a header, whoever wrote it; with its length. What it does not say is zero, what else it says is stepped over.
    pub fn parse(bytes: &[u8]) -> Result<(Header, usize)> {
        let places = Places::parse(bytes)?;
        Ok((places.header(bytes), places.len))
    }

    /// Writes the header in front of a frame that has its check sequence at its end.
    pub fn push(&self, packet: &mut PacketBuf) {
        packet.push_array(self.bytes());
    }

    /// The header's bytes. The frame behind it has its check sequence at its end.
    pub const fn bytes(&self) -> [u8; LEN] {
        let [mhz_low, mhz_high] = self.channel_mhz.to_le_bytes();
        let [flags_low, flags_high] = self.channel_flags.to_le_bytes();
        let flags = FCS_AT_END | if self.bad_fcs { BAD_FCS } else { 0 };
        [0, 0, LEN as u8, 0, PRESENT, 0, 0, 0, flags, self.rate, mhz_low, mhz_high, flags_low, flags_high]
    }
}

/// Where the frame begins, and whether its check sequence is at its end and wrong. What else a header says is stepped over.
pub fn parse(bytes: &[u8]) -> Result<(usize, FcsState)> {
    let places = Places::parse(bytes)?;
    let flags = places.flags(bytes);
    Ok((places.len, FcsState { present: flags & FCS_AT_END != 0, bad: flags & BAD_FCS != 0 }))
}

/// Where the fields stand that this crate knows: all of them come before any that it does not know.
struct Places {
    len: usize,
    /// The end of the words that say what is present.
    present: usize,
    flags: Option<usize>,
    rate: Option<usize>,
    channel: Option<usize>,
}

impl Places {
    fn parse(bytes: &[u8]) -> Result<Places> {
        let fail = |field, offset, problem| Err(Error::new("radiotap", field, offset, problem));
        let Some(&[version, _, low, high, ..]) = bytes.first_chunk::<FIXED>() else {
            return fail("header", bytes.len(), Problem::TooShort);
        };
        let len = usize::from(u16::from_le_bytes([low, high]));
        if version != 0 {
            return fail("version", 0, Problem::BadValue);
        }
        let Some(own) = bytes.get(..len).filter(|own| own.len() >= FIXED) else {
            return fail("length", 2, Problem::BadLength);
        };
        let word = |at: usize| own.get(at..at + 4)?.first_chunk().map(|word| u32::from_le_bytes(*word));
        let (first, mut at) = (word(4).unwrap_or(0), 4);
        loop {
            let Some(present) = word(at) else { return fail("present", at, Problem::BadLength) };
            at += 4;
            if present & MORE_WORDS == 0 {
                break;
            }
        }
        let mut places = Places { len, present: at, flags: None, rate: None, channel: None };
        for (bit, size, align) in [(TSFT, 8, 8), (FLAGS, 1, 1), (RATE, 1, 1), (CHANNEL, 4, 2)] {
            if first & bit == 0 {
                continue;
            }
            let place = at.next_multiple_of(align);
            at = place + size;
            if at > len {
                return fail("field", place, Problem::BadLength);
            }
            match bit {
                FLAGS => places.flags = Some(place),
                RATE => places.rate = Some(place),
                CHANNEL => places.channel = Some(place),
                _ => {}
            }
        }
        Ok(places)
    }

    /// What the bytes say that these places were found in.
    fn header(&self, bytes: &[u8]) -> Header {
        let word = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        Header {
            bad_fcs: self.flags(bytes) & BAD_FCS != 0,
            rate: self.rate.map_or(0, |at| bytes[at]),
            channel_mhz: self.channel.map_or(0, word),
            channel_flags: self.channel.map_or(0, |at| word(at + 2)),
        }
    }

    fn flags(&self, bytes: &[u8]) -> u8 {
        self.flags.map_or(0, |at| bytes[at])
    }
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
    let bytes = dissection.bytes(range.clone());
    let mut layer = dissection.layer("radiotap", range.clone());
    let places = match Places::parse(bytes) {
        Ok(places) => places,
        Err(error) => {
            dissection.push(layer.malformed(error));
            return;
        }
    };
    layer.range.end = range.start + places.len;
    fields(&mut layer, &places, bytes);
    let with_fcs = places.flags(bytes) & FCS_AT_END != 0;
    dissection.push(layer);
    let key = if with_fcs { Key::Dot11WithFcs } else { Key::Dot11 };
    dissection.next(key, range.start + places.len..range.end);
}

fn fields(layer: &mut Layer, places: &Places, bytes: &[u8]) {
    let header = places.header(bytes);
    layer.field("Version", 0..1, 0);
    layer.field("Pad", 1..2, bytes[1]);
    layer.field("Length", 2..4, places.len);
    layer.field("Present", 4..places.present, format_args!("{} words", (places.present - 4) / 4));
    layer.summary = "radiotap".into();
    if let Some(at) = places.flags {
        let verdict = match (bytes[at] & FCS_AT_END != 0, header.bad_fcs) {
            (_, true) => "check sequence wrong",
            (true, false) => "check sequence at the end",
            (false, false) => "no check sequence",
        };
        layer.field("Flags", at..at + 1, format_args!("0x{:02x} ({verdict})", bytes[at]));
    }
    if let Some(at) = places.rate {
        let rate = f64::from(header.rate) / 2.0;
        layer.field("Rate", at..at + 1, format_args!("{rate} Mbit/s"));
        layer.summary.push_str(&format!(" {rate} Mbit/s"));
    }
    if let Some(at) = places.channel {
        layer.field("Channel frequency", at..at + 2, format_args!("{} MHz", header.channel_mhz));
        layer.field("Channel flags", at + 2..at + 4, format_args!("0x{:04x}", header.channel_flags));
        layer.summary.push_str(&format!(" {} MHz", header.channel_mhz));
    }
}

/// Bytes of our header.
pub const LEN: usize = 14;
/// The part that every header has.
const FIXED: usize = 8;
/// Flags, rate and channel follow.
const PRESENT: u8 = 0x0e;
const TSFT: u32 = 0x01;
const FLAGS: u32 = 0x02;
const RATE: u32 = 0x04;
const CHANNEL: u32 = 0x08;
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
        assert_eq!(Header::parse(&header.bytes()), Ok((header, LEN)));
    }

    #[test]
    fn fields_are_found_behind_others_and_on_their_boundaries() {
        // Two words of presence, a timestamp from byte 16 on, flags, a rate, a channel on an even place, an antenna.
        let mut bytes = [0; 32];
        (bytes[2], bytes[4], bytes[7], bytes[8]) = (32, 0x0f, 0x80, 0x01);
        bytes[24..30].copy_from_slice(&[0x10, 11, 0x6c, 0x09, 0xa0, 0]);
        let expected = Header { bad_fcs: false, rate: 11, channel_mhz: 2412, channel_flags: 0xa0 };
        assert_eq!(Header::parse(&bytes), Ok((expected, 32)));
        assert_eq!(parse(&bytes), Ok((32, FcsState { present: true, bad: false })));
        assert_eq!(parse(&bytes[..31]).unwrap_err().problem, Problem::BadLength);
    }

    #[test]
    fn a_header_that_says_nothing_is_a_header() {
        assert_eq!(Header::parse(&[0, 0, 8, 0, 0, 0, 0, 0]), Ok((Header::default(), 8)));
        let error = parse(&[0, 0, 8, 0, 2, 0, 0, 0]).unwrap_err();
        assert_eq!((error.field, error.offset), ("field", 8));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = parse(&bytes);
        }
    }
}
