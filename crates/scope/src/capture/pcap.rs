//! The older format: <https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html>.
//!
//! ```text
//! | magic 4 | version 4 | reserved 8 | snap length 4 | link type 4 |
//! | seconds 4 | micro- or nanoseconds 4 | bytes here 4 | bytes on the wire 4 | the bytes | ...
//! ```

use super::decoder::{Captured, Clock, Decoder, Interface, Step, Taken};
use super::{Damage, MAX_FRAME};
use crate::fields::{Link, Notes, Raw};

/// Bytes in front of the first record.
pub(super) const HEADER: usize = 24;
const RECORD: usize = 16;

/// How the numbers of a file are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pcap {
    big_endian: bool,
    /// Nanoseconds of the smaller part of a time.
    unit: u32,
    link: Link,
}

impl Pcap {
    pub(super) const fn of_magic(magic: [u8; 4]) -> Option<Pcap> {
        let (big_endian, unit) = match magic {
            [0xa1, 0xb2, 0xc3, 0xd4] => (true, 1_000),
            [0xd4, 0xc3, 0xb2, 0xa1] => (false, 1_000),
            [0xa1, 0xb2, 0x3c, 0x4d] => (true, 1),
            [0x4d, 0x3c, 0xb2, 0xa1] => (false, 1),
            _ => return None,
        };
        Some(Pcap { big_endian, unit, link: Link::Other })
    }

    /// Reads the header of the file; 0 when it is not all there.
    pub(super) fn begin(&self, decoder: &mut Decoder, window: &[u8], is_whole: bool) -> Result<usize, Damage> {
        let Some(header) = window.first_chunk::<HEADER>() else {
            return decoder.needs(window, HEADER, is_whole, "the file's header").map(|(used, _)| used);
        };
        // The upper half tells how long the frame check sequence is.
        let link_type = self.number(header, 20) as u16;
        let link = link_of(link_type);
        decoder.add_interface(Interface { link, link_type, clock: Clock::default(), ..Interface::default() })?;
        Ok(HEADER)
    }

    pub(super) const fn with_link(self, link: Link) -> Pcap {
        Pcap { link, ..self }
    }

    #[inline]
    pub(super) fn step<'a>(self, decoder: &'a mut Decoder, window: &'a [u8], is_whole: bool) -> Taken<'a> {
        let Some(head) = window.first_chunk::<RECORD>() else {
            return decoder.needs(window, RECORD, is_whole, "a record's header");
        };
        let number = |at| self.number(head, at);
        let (seconds, part, len) = (number(0), number(4), number(8) as usize);
        if len > MAX_FRAME {
            return Err(decoder.damage(format!("a frame of {len} bytes: more than {MAX_FRAME} cannot be")));
        }
        let Some(bytes) = window.get(RECORD..RECORD + len) else {
            return decoder.needs(window, RECORD + len, is_whole, "a frame");
        };
        let time_ns = u64::from(seconds) * 1_000_000_000 + u64::from(part) * u64::from(self.unit);
        let raw = Raw {
            time_ns,
            link: self.link,
            bytes,
            len: number(12),
            interface: None,
            packet: None,
            flags: None,
            notes: Notes::default(),
        };
        Ok((decoder.took(RECORD + len), Step::Frame(Captured { raw, interface: 0, direction: None })))
    }

    #[inline]
    fn number(self, bytes: &[u8], at: usize) -> u32 {
        let four = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
        if self.big_endian { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) }
    }
}

/// What the numbers of <https://www.tcpdump.org/linktypes.html> stand for.
pub(super) const fn link_of(link_type: u16) -> Link {
    match link_type {
        1 => Link::Ethernet,
        12 | 14 | 101 | 228 | 229 => Link::Ip,
        113 => Link::Cooked,
        276 => Link::Cooked2,
        0 | 108 => Link::Loopback,
        202 => Link::Kiss,
        3 => Link::Ax25,
        100 => Link::Llc,
        127 => Link::Radiotap,
        105 => Link::Wlan,
        _ => Link::Other,
    }
}
