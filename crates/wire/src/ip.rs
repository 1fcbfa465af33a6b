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
