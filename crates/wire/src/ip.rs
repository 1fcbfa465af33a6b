//! What IPv4 and IPv6 have in common: protocol numbers (IANA "Assigned Internet Protocol Numbers").

use std::fmt;
use std::ops::Range;

use crate::dissect::{Dissection, Key};
use crate::ethernet::EtherType;

/// The Protocol field of IPv4 and the Next Header field of IPv6.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Protocol(pub u8);

impl Protocol {
    /// Internet Control Message Protocol, RFC 792.
    pub const ICMP: Protocol = Protocol(1);
    /// An IPv4 packet inside the packet, RFC 2003.
    pub const IPV4: Protocol = Protocol(4);
    /// Transmission Control Protocol, RFC 9293.
    pub const TCP: Protocol = Protocol(6);
    /// User Datagram Protocol, RFC 768.
    pub const UDP: Protocol = Protocol(17);
    /// ICMP for IPv6, RFC 4443.
    pub const ICMPV6: Protocol = Protocol(58);

    /// The protocol's name, where this crate knows it.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Protocol::ICMP => Some("ICMP"),
            Protocol::IPV4 => Some("IPv4"),
            Protocol::TCP => Some("TCP"),
            Protocol::UDP => Some("UDP"),
            Protocol::ICMPV6 => Some("ICMPv6"),
            _ => None,
        }
    }
}

/// Marks a packet, its IP header in front: congestion experienced. False when its sender does not understand marks, or it
/// is no IP packet.
//= rfc3168#5
pub fn mark_congestion(packet: &mut [u8]) -> bool {
    match packet {
        [first, ..] if *first >> 4 == 4 && packet.len() >= crate::ipv4::LEN && packet[1] & CE != 0 => {
            let old = u16::from_be_bytes([packet[0], packet[1]]);
            packet[1] |= CE;
            let checksum = u16::from_be_bytes([packet[10], packet[11]]);
            let new = crate::checksum::update(checksum, old, u16::from_be_bytes([packet[0], packet[1]]));
            packet[10..12].copy_from_slice(&new.to_be_bytes());
            true
        }
        [first, second, ..] if *first >> 4 == 6 && *second & CE << 4 != 0 => {
            *second |= CE << 4;
            true
        }
        _ => false,
    }
}

/// Both bits of explicit congestion notification.
const CE: u8 = 3;

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "protocol {}", self.0),
        }
    }
}

/// A bare packet: its first four bits are its version.
pub(crate) fn dissect(dissection: &mut Dissection<'_>, range: Range<usize>) {
    let is_v6 = dissection.bytes(range.clone()).first().is_some_and(|byte| byte >> 4 == 6);
    dissection.next(Key::EtherType(if is_v6 { EtherType::IPV6 } else { EtherType::IPV4 }), range);
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use base::PacketId;
    use bytes::Bytes;

    use super::*;
    use crate::{PacketBuf, ipv4, ipv6};

    //= rfc3168#5 test
    #[test]
    fn only_packets_that_bear_marks_are_marked_and_their_checksum_stays_valid() {
        for (ecn, marked) in [(0, false), (1, true), (2, true), (3, true)] {
            let mut packet = PacketBuf::new(PacketId::NONE, Bytes::from_static(b"data"));
            let (src, dst) = (Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(192, 0, 2, 2));
            ipv4::Header { dscp_ecn: 0xb8 | ecn, src, dst, ..ipv4::Header::default() }.push(&mut packet);
            assert_eq!(mark_congestion(packet.head_mut()), marked);
            let header = ipv4::Header::parse(packet.head(), packet.len()).expect("still valid");
            assert_eq!(header.dscp_ecn, if marked { 0xbb } else { 0xb8 });
            let mut packet = PacketBuf::new(PacketId::NONE, Bytes::new());
            ipv6::Header { traffic_class: ecn, ..ipv6::Header::default() }.push(&mut packet);
            assert_eq!(mark_congestion(packet.head_mut()), marked);
            let header = ipv6::Header::parse(packet.head(), packet.len()).expect("still valid");
            assert_eq!(header.traffic_class, if marked { 3 } else { 0 });
        }
        assert!(!mark_congestion(&mut [0x45, 3]));
    }
}
