//! User Datagram Protocol: RFC 768; over IPv6, RFC 8200 section 8.1.

use std::net::IpAddr;
use std::ops::Range;

use crate::checksum;
use crate::dissect::{Dissection, Key};
use crate::ip::Protocol;
use crate::{Error, PacketBuf, Problem, Result};

/// Bytes of the header.
pub const LEN: usize = 8;

/// The header of a datagram.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Header {
    /// From which port.
    pub src_port: u16,
    /// To which port.
    pub dst_port: u16,
    /// Header and data, in bytes. Computed by `push`.
    pub len: u16,
    /// As received; zero for none. Computed by `push`.
    pub checksum: u16,
}

impl Header {
    /// A header to be pushed.
    pub const fn new(src_port: u16, dst_port: u16) -> Self {
        Header { src_port, dst_port, len: 0, checksum: 0 }
    }

    /// Reads the header at the front of `head`; `datagram_len` counts all bytes received from this header on, of which
    /// `head` may hold only the first. The checksum is [`verify`]'s.
    #[inline]
    pub fn parse(head: &[u8], datagram_len: usize) -> Result<Header> {
        let Some([s0, s1, d0, d1, l0, l1, c0, c1]) = head.first_chunk::<LEN>() else {
            return Err(Error::new("UDP", "header", head.len(), Problem::TooShort));
        };
        let header = Header {
            src_port: u16::from_be_bytes([*s0, *s1]),
            dst_port: u16::from_be_bytes([*d0, *d1]),
            len: u16::from_be_bytes([*l0, *l1]),
            checksum: u16::from_be_bytes([*c0, *c1]),
        };
        if usize::from(header.len) < LEN || usize::from(header.len) > datagram_len {
            return Err(Error::new("UDP", "Length", 4, Problem::BadLength));
        }
        Ok(header)
    }

    /// Writes the header in front of its data, with length and checksum computed.
    ///
    /// # Panics
    /// If header and data are longer than 65535 bytes.
    #[inline]
    pub fn push(&self, packet: &mut PacketBuf, src: IpAddr, dst: IpAddr) {
        let len = u16::try_from(packet.len() + LEN).expect("a UDP datagram has at most 65535 bytes");
        let ports = u32::from(self.src_port) << 16 | u32::from(self.dst_port);
        let mut sum = checksum::pseudo_header(src, dst, Protocol::UDP, usize::from(len));
        sum.add_u32(ports);
        sum.add_u16(len);
        sum.add(packet.head());
        sum.add(packet.payload());
        //= rfc768#fields
        // Zero means "no checksum", so a computed zero is sent as all ones.
        let checksum = if sum.checksum() == 0 { 0xffff } else { sum.checksum() };
        let words = [ports, u32::from(len) << 16 | u32::from(checksum)].map(u32::to_be_bytes);
        packet.push(LEN).copy_from_slice(words.as_flattened());
    }
}

/// Whether the datagram in `parts` has a valid checksum, or on IPv4 none at all. Bytes behind its length do not count.
//= rfc768#fields
//= rfc8200#8.1
#[inline]
pub fn verify(src: IpAddr, dst: IpAddr, parts: [&[u8]; 2]) -> bool {
    let Ok(header) = Header::parse(parts[0], parts[0].len() + parts[1].len()) else { return false };
    if header.checksum == 0 {
        return src.is_ipv4();
    }
    let len = usize::from(header.len);
    let head = &parts[0][..len.min(parts[0].len())];
    let payload = &parts[1][..len - head.len()];
    checksum::verify(src, dst, Protocol::UDP, [head, payload])
}

pub(crate) fn dissect(dissection: &mut Dissection<'_>, range: Range<usize>) {
    let bytes = dissection.bytes(range.clone());
    let mut layer = dissection.layer("UDP", range.start..range.start + bytes.len().min(LEN));
    let quoted = dissection.is_quoted();
    let header = match Header::parse(bytes, if quoted { usize::MAX } else { bytes.len() }) {
        Ok(header) => header,
        Err(error) => {
            dissection.push(layer.malformed(error));
            dissection.data(range.start + bytes.len().min(LEN)..range.end);
            return;
        }
    };
    let end = bytes.len().min(usize::from(header.len));
    let valid = match dissection.addresses() {
        Some((src, dst)) if !quoted => Some(verify(src, dst, [bytes, &[]])),
        _ => None,
    };
    layer.field("Source Port", 0..2, header.src_port);
    layer.field("Destination Port", 2..4, header.dst_port);
    layer.field("Length", 4..6, header.len);
    layer.checksum("Checksum", 6..8, header.checksum, valid);
    layer.summary = format!("UDP {} > {} len={}", header.src_port, header.dst_port, usize::from(header.len) - LEN);
    if valid == Some(false) {
        layer = layer.malformed(Error::new("UDP", "Checksum", 6, Problem::BadChecksum));
    }
    dissection.push(layer);
    dissection.next_by_port(Key::UdpPort, header.src_port, header.dst_port, range.start + LEN..range.start + end);
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::PacketId;
    use bytes::Bytes;

    const V4: [IpAddr; 2] =
        [IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)), IpAddr::V4(std::net::Ipv4Addr::LOCALHOST)];

    fn datagram([src, dst]: [IpAddr; 2], data: &'static [u8]) -> PacketBuf {
        let mut packet = PacketBuf::new(PacketId::NONE, Bytes::from_static(data));
        Header::new(5353, 53).push(&mut packet, src, dst);
        packet
    }

    #[test]
    //= rfc768#fields test
    fn a_datagram_verifies_until_a_bit_changes() {
        for data in [&b""[..], b"x", b"odd", b"even"] {
            let mut packet = datagram(V4, data);
            let header = Header::parse(packet.head(), packet.len()).unwrap();
            assert_eq!((header.src_port, header.dst_port, usize::from(header.len)), (5353, 53, 8 + data.len()));
            assert!(verify(V4[0], V4[1], packet.parts()));
            packet.head_mut()[1] ^= 1;
            assert!(!verify(V4[0], V4[1], packet.parts()));
        }
    }

    #[test]
    fn padding_behind_the_length_does_not_count() {
        let mut bytes = datagram(V4, b"abc").contiguous();
        bytes.extend([1, 2, 3]);
        assert!(verify(V4[0], V4[1], [&bytes, b"more"]));
        assert!(verify(V4[0], V4[1], [&bytes[..9], &bytes[9..]]));
    }

    #[test]
    //= rfc8200#8.1 test
    fn no_checksum_is_accepted_on_ipv4_only() {
        let mut packet = datagram(V4, b"data");
        packet.head_mut()[6..8].fill(0);
        assert!(verify(V4[0], V4[1], packet.parts()));
        let v6: IpAddr = "2001:db8::1".parse().unwrap();
        assert!(!verify(v6, v6, packet.parts()));
    }

    #[test]
    //= rfc768#fields test
    fn a_computed_zero_is_sent_as_all_ones() {
        let any = (0..=u16::MAX).any(|word| {
            let mut packet = PacketBuf::from_vec(PacketId::NONE, word.to_be_bytes().to_vec());
            Header::new(1, 2).push(&mut packet, V4[0], V4[1]);
            assert_ne!(packet.head()[6..8], [0, 0]);
            assert!(verify(V4[0], V4[1], packet.parts()));
            packet.head()[6..8] == [0xff, 0xff]
        });
        assert!(any);
    }

    #[test]
    fn impossible_lengths_are_refused() {
        let packet = datagram(V4, b"data");
        assert_eq!(Header::parse(packet.head(), 11).unwrap_err().field, "Length");
        assert_eq!(Header::parse(&[0; 8], 8).unwrap_err().field, "Length");
        assert_eq!(Header::parse(&[0; 7], 7).unwrap_err().problem, Problem::TooShort);
    }
}
