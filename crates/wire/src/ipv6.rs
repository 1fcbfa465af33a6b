//! Internet Protocol version 6, the fixed header: RFC 8200, section 3.

use std::net::Ipv6Addr;
use std::ops::Range;

use crate::dissect::{Dissection, Key};
use crate::ip::Protocol;
use crate::{Error, PacketBuf, Problem, Result};

/// Bytes of the fixed header.
pub const LEN: usize = 40;

/// The header of a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// DSCP in the upper six bits, ECN in the lower two.
    pub traffic_class: u8,
    /// Twenty bits that name a flow; zero for none.
    pub flow_label: u32,
    /// Bytes behind this header. Computed by `push`.
    pub payload_len: u16,
    /// What follows.
    pub next_header: Protocol,
    /// Routers left to go.
    pub hop_limit: u8,
    /// From whom.
    pub src: Ipv6Addr,
    /// To whom.
    pub dst: Ipv6Addr,
}

impl Default for Header {
    fn default() -> Self {
        Header {
            traffic_class: 0,
            flow_label: 0,
            payload_len: 0,
            next_header: Protocol::default(),
            hop_limit: 64,
            src: Ipv6Addr::UNSPECIFIED,
            dst: Ipv6Addr::UNSPECIFIED,
        }
    }
}

impl Header {
    /// Reads and checks the header at the front of `head`; `packet_len` counts all bytes received from this header on,
    /// of which `head` may hold only the first.
    //= rfc8200#3
    #[inline]
    pub fn parse(head: &[u8], packet_len: usize) -> Result<Header> {
        let Some(fixed) = head.first_chunk::<LEN>() else {
            return Err(Error::new("IPv6", "header", head.len(), Problem::TooShort));
        };
        if fixed[0] >> 4 != 6 {
            return Err(Error::new("IPv6", "Version", 0, Problem::BadValue));
        }
        let payload_len = u16::from_be_bytes([fixed[4], fixed[5]]);
        if LEN + usize::from(payload_len) > packet_len {
            return Err(Error::new("IPv6", "Payload Length", 4, Problem::BadLength));
        }
        let first = u32::from_be_bytes([fixed[0], fixed[1], fixed[2], fixed[3]]);
        let address = |at: usize| Ipv6Addr::from(std::array::from_fn::<u8, 16, _>(|i| fixed[at + i]));
        Ok(Header {
            traffic_class: (first >> 20) as u8,
            flow_label: first & 0x000f_ffff,
            payload_len,
            next_header: Protocol(fixed[6]),
            hop_limit: fixed[7],
            src: address(8),
            dst: address(24),
        })
    }

    /// Writes the header in front of a packet, with the length computed.
    ///
    /// # Panics
    /// If the packet is longer than 65535 bytes.
    #[inline]
    pub fn push(&self, packet: &mut PacketBuf) {
        let payload_len = u16::try_from(packet.len()).expect("an IPv6 payload has at most 65535 bytes");
        let head = packet.push(LEN);
        let first = 6 << 28 | u32::from(self.traffic_class) << 20 | (self.flow_label & 0x000f_ffff);
        head[..4].copy_from_slice(&first.to_be_bytes());
        head[4..6].copy_from_slice(&payload_len.to_be_bytes());
        head[6] = self.next_header.0;
        head[7] = self.hop_limit;
        head[8..24].copy_from_slice(&self.src.octets());
        head[24..40].copy_from_slice(&self.dst.octets());
    }
}

/// Takes one from the hop limit of the header at the front of `head`; answers the new one. Zero stays.
//= rfc8200#3
#[inline]
pub fn decrement_hop_limit(head: &mut [u8]) -> u8 {
    let Some(limit) = head.get_mut(7) else { return 0 };
    *limit = limit.saturating_sub(1);
    *limit
}

pub(crate) fn dissect(dissection: &mut Dissection<'_>, range: Range<usize>) {
    let bytes = dissection.bytes(range.clone());
    let mut layer = dissection.layer("IPv6", range.start..range.start + bytes.len().min(LEN));
    let packet_len = if dissection.is_quoted() { usize::MAX } else { bytes.len() };
    let header = match Header::parse(bytes, packet_len) {
        Ok(header) => header,
        Err(error) => {
            dissection.push(layer.malformed(error));
            dissection.data(range.start + bytes.len().min(LEN)..range.end);
            return;
        }
    };
    layer.field("Version", 0..1, 6);
    layer.field("Traffic Class", 0..2, format_args!("0x{:02x}", header.traffic_class));
    layer.field("Flow Label", 1..4, format_args!("0x{:05x}", header.flow_label));
    layer.field("Payload Length", 4..6, header.payload_len);
    layer.field("Next Header", 6..7, format_args!("{} ({})", header.next_header.0, header.next_header));
    layer.field("Hop Limit", 7..8, header.hop_limit);
    layer.field("Source Address", 8..24, header.src);
    layer.field("Destination Address", 24..40, header.dst);
    layer.summary = format!("IPv6 {} > {} {}", header.src, header.dst, header.next_header);
    dissection.push(layer);
    dissection.set_addresses(header.src.into(), header.dst.into());
    let end = bytes.len().min(LEN + usize::from(header.payload_len));
    dissection.next(Key::Protocol(header.next_header), range.start + LEN..range.start + end);
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::PacketId;

    #[test]
    //= rfc8200#3 test
    fn a_header_is_written_as_it_is_read() {
        let header = Header {
            traffic_class: 0xb8,
            flow_label: 0xabcde,
            payload_len: 4,
            next_header: Protocol::UDP,
            hop_limit: 3,
            src: "2001:db8::1".parse().unwrap(),
            dst: "2001:db8::2".parse().unwrap(),
        };
        let mut packet = PacketBuf::from_vec(PacketId::NONE, b"body".to_vec());
        header.push(&mut packet);
        assert_eq!(packet.head()[..8], [0x6b, 0x8a, 0xbc, 0xde, 0, 4, 17, 3]);
        assert_eq!(Header::parse(packet.head(), 44), Ok(header));
        assert_eq!(Header::parse(packet.head(), 43).unwrap_err().field, "Payload Length");
        assert_eq!([2, 1, 0, 0], std::array::from_fn(|_| decrement_hop_limit(packet.head_mut())));
    }
}
