//! What IPv4 and IPv6 have in common: protocol numbers (IANA "Assigned Internet Protocol Numbers").

use std::fmt;

/// The Protocol field of IPv4 and the Next Header field of IPv6.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Protocol(pub u8);

impl Protocol {
    /// Internet Control Message Protocol, RFC 792.
    pub const ICMP: Protocol = Protocol(1);
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
