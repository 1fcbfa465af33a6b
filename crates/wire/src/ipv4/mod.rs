//! Internet Protocol version 4: RFC 791, with the fields of RFC 2474 (DSCP) and RFC 3168 (ECN).

mod dissect;

pub(crate) use dissect::dissect;

use std::net::Ipv4Addr;

use crate::checksum::{self, Sum};
use crate::ip::Protocol;
use crate::{Error, PacketBuf, Problem, Result};

/// Bytes of a header without options.
pub const LEN: usize = 20;

/// Bytes of the longest header.
pub const MAX_LEN: usize = 60;

/// Bytes of the longest packet, header included.
pub const MAX_PACKET: usize = 65535;

/// Every host accepts a packet of this size, whole or in fragments.
//= rfc791#3.1
pub const MIN_REASSEMBLY: usize = 576;

/// The header of a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// DSCP in the upper six bits, ECN in the lower two.
    pub dscp_ecn: u8,
    /// Header and data, in bytes. Computed by `push`.
    pub total_len: u16,
    /// The same in all fragments of a packet.
    pub id: u16,
    /// Routers must not fragment the packet.
    pub dont_fragment: bool,
    /// This is not the last fragment.
    pub more_fragments: bool,
    /// Where this fragment's data belongs in the whole, in bytes; a multiple of 8.
    pub fragment_offset: u16,
    /// Routers left to go.
    pub ttl: u8,
    /// What follows.
    pub protocol: Protocol,
    /// From whom.
    pub src: Ipv4Addr,
    /// To whom.
    pub dst: Ipv4Addr,
    /// Bytes of the header with its options. Computed by `push`.
    pub header_len: usize,
}

impl Default for Header {
    fn default() -> Self {
        Header {
            dscp_ecn: 0,
            total_len: 0,
            id: 0,
            dont_fragment: false,
            more_fragments: false,
            fragment_offset: 0,
            ttl: 64,
            protocol: Protocol::default(),
            src: Ipv4Addr::UNSPECIFIED,
            dst: Ipv4Addr::UNSPECIFIED,
            header_len: LEN,
        }
    }
}

impl Header {
    /// Reads and checks the header at the front of `head`; `packet_len` counts all bytes received from this header on
    /// (a link's padding included), of which `head` may hold only the first.
    //= rfc791#3.1
    //= rfc1122#3.2.1.2
    #[inline]
    pub fn parse(head: &[u8], packet_len: usize) -> Result<Header> {
        Self::read(head, packet_len, true)
    }

    /// The same for a header that is quoted in an ICMP message: its checksum need not be valid any more.
    pub fn parse_unverified(head: &[u8], packet_len: usize) -> Result<Header> {
        Self::read(head, packet_len, false)
    }

    #[inline]
    fn read(head: &[u8], packet_len: usize, verified: bool) -> Result<Header> {
        let Some(fixed) = head.first_chunk::<LEN>() else {
            return fail("header", head.len(), Problem::TooShort);
        };
        if fixed[0] >> 4 != 4 {
            return fail("Version", 0, Problem::BadValue);
        }
        let header_len = usize::from(fixed[0] & 15) * 4;
        if header_len < LEN {
            return fail("IHL", 0, Problem::BadValue);
        }
        let Some(whole) = head.get(..header_len) else {
            return fail("IHL", 0, Problem::BadLength);
        };
        let total_len = usize::from(u16::from_be_bytes([fixed[2], fixed[3]]));
        if total_len < header_len || total_len > packet_len {
            return fail("Total Length", 2, Problem::BadLength);
        }
        if verified && !Sum::of(whole).is_valid() {
            return fail("Header Checksum", 10, Problem::BadChecksum);
        }
        Ok(Self::from_fixed(fixed))
    }

    /// The fields, as they are.
    #[inline]
    fn from_fixed(fixed: &[u8; LEN]) -> Header {
        let word = |at: usize| u16::from_be_bytes([fixed[at], fixed[at + 1]]);
        let fragment = word(6);
        Header {
            dscp_ecn: fixed[1],
            total_len: word(2),
            id: word(4),
            dont_fragment: fragment & DONT_FRAGMENT != 0,
            more_fragments: fragment & MORE_FRAGMENTS != 0,
            fragment_offset: (fragment & OFFSET_MASK) * 8,
            ttl: fixed[8],
            protocol: Protocol(fixed[9]),
            src: Ipv4Addr::new(fixed[12], fixed[13], fixed[14], fixed[15]),
            dst: Ipv4Addr::new(fixed[16], fixed[17], fixed[18], fixed[19]),
            header_len: usize::from(fixed[0] & 15) * 4,
        }
    }

    /// Writes a header without options in front of a packet, with length and checksum computed.
    ///
    /// # Panics
    /// If header and packet are longer than 65535 bytes.
    #[inline]
    pub fn push(&self, packet: &mut PacketBuf) {
        let fixed = self.fixed(packet.len() + LEN, LEN, Sum::new());
        packet.push(LEN).copy_from_slice(fixed.as_flattened());
    }

    /// The same with options, already padded to a multiple of 4 and at most 40 bytes long.
    ///
    /// # Panics
    /// If the options have another length, or header and packet are longer than 65535 bytes.
    pub fn push_with_options(&self, packet: &mut PacketBuf, options: &[u8]) {
        assert!(options.len().is_multiple_of(4) && options.len() <= MAX_LEN - LEN, "IPv4 options of a wrong length");
        let header_len = LEN + options.len();
        let fixed = self.fixed(packet.len() + header_len, header_len, Sum::of(options));
        let head = packet.push(header_len);
        head[..LEN].copy_from_slice(fixed.as_flattened());
        head[LEN..].copy_from_slice(options);
    }

    /// The first five words. The checksum is taken from the numbers, before they are bytes: reading back what was just
    /// written would cost more than all the rest.
    #[inline]
    fn fixed(&self, total_len: usize, header_len: usize, options: Sum) -> [[u8; 4]; 5] {
        assert!(total_len <= MAX_PACKET, "an IPv4 packet has at most 65535 bytes");
        let first = 0x40 << 24 | (header_len as u32 / 4) << 24 | u32::from(self.dscp_ecn) << 16 | total_len as u32;
        let second = u32::from(self.id) << 16 | u32::from(self.fragment_word());
        let third = u32::from(self.ttl) << 24 | u32::from(self.protocol.0) << 16;
        let (src, dst) = (self.src.to_bits(), self.dst.to_bits());
        let mut sum = options;
        for word in [first, second, third, src, dst] {
            sum.add_u32(word);
        }
        [first, second, third | u32::from(sum.checksum()), src, dst].map(u32::to_be_bytes)
    }

    /// Bytes behind the header.
    pub const fn payload_len(&self) -> usize {
        (self.total_len as usize).saturating_sub(self.header_len)
    }

    /// Whether this is a piece of a larger packet.
    pub const fn is_fragment(&self) -> bool {
        self.more_fragments || self.fragment_offset != 0
    }

    fn fragment_word(&self) -> u16 {
        let mut word = self.fragment_offset / 8;
        if self.dont_fragment {
            word |= DONT_FRAGMENT;
        }
        if self.more_fragments {
            word |= MORE_FRAGMENTS;
        }
        word
    }
}

/// Takes one from the TTL of the header at the front of `head` and adjusts its checksum; answers the new TTL. A TTL of
/// zero stays.
//= rfc1812#5.3.1
//= rfc1624#3
#[inline]
pub fn decrement_ttl(head: &mut [u8]) -> u8 {
    let Some(fixed) = head.first_chunk_mut::<LEN>() else { return 0 };
    let old = u16::from_be_bytes([fixed[8], fixed[9]]);
    if fixed[8] == 0 {
        return 0;
    }
    fixed[8] -= 1;
    let checksum = u16::from_be_bytes([fixed[10], fixed[11]]);
    fixed[10..12].copy_from_slice(&checksum::update(checksum, old, old - 0x100).to_be_bytes());
    fixed[8]
}

const DONT_FRAGMENT: u16 = 0x4000;
const MORE_FRAGMENTS: u16 = 0x2000;
const OFFSET_MASK: u16 = 0x1fff;

#[cold]
fn fail(field: &'static str, offset: usize, problem: Problem) -> Result<Header> {
    Err(Error::new("IPv4", field, offset, problem))
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::PacketId;
    use bytes::Bytes;

    fn sample() -> Header {
        Header {
            id: 0x1c46,
            dont_fragment: true,
            protocol: Protocol::TCP,
            src: Ipv4Addr::new(172, 16, 10, 99),
            dst: Ipv4Addr::new(172, 16, 10, 12),
            ..Header::default()
        }
    }

    fn pushed(header: Header) -> PacketBuf {
        let mut packet = PacketBuf::new(PacketId::NONE, Bytes::from_static(&[0; 40]));
        header.push(&mut packet);
        packet
    }

    #[test]
    //= rfc791#3.1 test
    fn a_known_header_has_its_known_checksum() {
        let packet = pushed(sample());
        let expected = *b"\x45\x00\x00\x3c\x1c\x46\x40\x00\x40\x06\xb1\xe6\xac\x10\x0a\x63\xac\x10\x0a\x0c";
        assert_eq!(packet.head(), expected);
        let header = Header::parse(packet.head(), packet.len()).unwrap();
        assert_eq!(header, Header { total_len: 60, ..sample() });
    }

    #[test]
    fn fragments_count_their_offset_in_bytes() {
        let header = Header { dont_fragment: false, more_fragments: true, fragment_offset: 1480, ..sample() };
        let packet = pushed(header);
        assert_eq!(packet.head()[6..8], [0x20, 185]);
        let read = Header::parse(packet.head(), packet.len()).unwrap();
        assert!(read.is_fragment() && read.fragment_offset == 1480);
    }

    #[test]
    fn options_are_skipped_and_covered_by_the_checksum() {
        let mut packet = PacketBuf::default();
        sample().push_with_options(&mut packet, &[1, 1, 1, 0]);
        let header = Header::parse(packet.head(), 24).unwrap();
        assert_eq!((header.header_len, header.payload_len()), (24, 0));
        packet.head_mut()[20] = 0;
        assert_eq!(Header::parse(packet.head(), 24).unwrap_err().problem, Problem::BadChecksum);
    }

    #[test]
    fn wrong_headers_are_refused_by_field() {
        let good = pushed(sample()).contiguous();
        for (at, value, field) in [
            (0, 0x65, "Version"),
            (0, 0x44, "IHL"),
            (3, 19, "Total Length"),
            (3, 61, "Total Length"),
            (8, 1, "Header Checksum"),
        ] {
            let mut bytes = good.clone();
            bytes[at] = value;
            assert_eq!(Header::parse(&bytes, bytes.len()).unwrap_err().field, field);
        }
        assert_eq!(Header::parse(&good[..19], 60).unwrap_err().problem, Problem::TooShort);
    }

    #[test]
    //= rfc1624#3 test
    fn every_ttl_step_leaves_the_checksum_that_a_fresh_header_has() {
        let mut packet = pushed(Header { ttl: 255, ..sample() });
        for ttl in (0..255).rev() {
            assert_eq!(decrement_ttl(packet.head_mut()), ttl);
            assert_eq!(packet.head(), pushed(Header { ttl, ..sample() }).head());
        }
        assert_eq!(decrement_ttl(packet.head_mut()), 0);
    }
}
