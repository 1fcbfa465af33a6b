//! Internet Control Message Protocol for IPv4: RFC 792, with the codes of RFC 1122 and RFC 1812 and the next-hop MTU of
//! RFC 1191.
//!
//! A message is eight bytes of header, and data: what an echo carries, or the start of the packet that an error is about.

mod dissect;

pub(crate) use dissect::dissect;

use std::net::Ipv4Addr;

use crate::checksum::Sum;
use crate::{Error, PacketBuf, Problem, Result};

/// Bytes of the header.
pub const LEN: usize = 8;

/// Bytes of the offending packet's data that an error quotes at least, behind its header.
//= rfc792#message-formats
pub const MIN_QUOTE: usize = 8;

/// The longest IPv4 packet that an error makes, its quote included.
//= rfc1812#4.3.2.3
pub const MAX_ERROR_PACKET: usize = 576;

/// The code of Destination Unreachable.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Unreachable {
    /// 0: no route to the network.
    Net,
    /// 1: the host does not answer.
    Host,
    /// 2: the host does not speak the protocol.
    Protocol,
    /// 3: nobody listens on the port.
    Port,
    /// 4: too large for the next link, and DF is set; `mtu` says how large it may be.
    FragmentationNeeded,
    /// 5: a source route failed.
    SourceRouteFailed,
    /// 6: destination network unknown.
    NetUnknown,
    /// 7: destination host unknown.
    HostUnknown,
    /// 8: source host isolated.
    SourceHostIsolated,
    /// 9: the network is administratively prohibited.
    NetProhibited,
    /// 10: the host is administratively prohibited.
    HostProhibited,
    /// 11: the network does not offer the type of service.
    NetTypeOfService,
    /// 12: the host does not offer the type of service.
    HostTypeOfService,
    /// 13: communication is administratively prohibited (a filter).
    Prohibited,
    /// 14: host precedence violation.
    PrecedenceViolation,
    /// 15: precedence cutoff in effect.
    PrecedenceCutoff,
    /// Not assigned.
    Other(u8),
}

impl Unreachable {
    const ALL: [Unreachable; 16] = [
        Unreachable::Net,
        Unreachable::Host,
        Unreachable::Protocol,
        Unreachable::Port,
        Unreachable::FragmentationNeeded,
        Unreachable::SourceRouteFailed,
        Unreachable::NetUnknown,
        Unreachable::HostUnknown,
        Unreachable::SourceHostIsolated,
        Unreachable::NetProhibited,
        Unreachable::HostProhibited,
        Unreachable::NetTypeOfService,
        Unreachable::HostTypeOfService,
        Unreachable::Prohibited,
        Unreachable::PrecedenceViolation,
        Unreachable::PrecedenceCutoff,
    ];

    /// The number on the wire.
    pub fn code(self) -> u8 {
        match self {
            Unreachable::Other(code) => code,
            known => Self::ALL.iter().position(|code| *code == known).unwrap_or(0) as u8,
        }
    }

    /// A plain phrase: "port unreachable".
    pub const fn text(self) -> &'static str {
        match self {
            Unreachable::Net => "network unreachable",
            Unreachable::Host => "host unreachable",
            Unreachable::Protocol => "protocol unreachable",
            Unreachable::Port => "port unreachable",
            Unreachable::FragmentationNeeded => "fragmentation needed and DF set",
            Unreachable::SourceRouteFailed => "source route failed",
            Unreachable::NetUnknown => "destination network unknown",
            Unreachable::HostUnknown => "destination host unknown",
            Unreachable::SourceHostIsolated => "source host isolated",
            Unreachable::NetProhibited => "network administratively prohibited",
            Unreachable::HostProhibited => "host administratively prohibited",
            Unreachable::NetTypeOfService => "network unreachable for type of service",
            Unreachable::HostTypeOfService => "host unreachable for type of service",
            Unreachable::Prohibited => "communication administratively prohibited",
            Unreachable::PrecedenceViolation => "host precedence violation",
            Unreachable::PrecedenceCutoff => "precedence cutoff in effect",
            Unreachable::Other(_) => "destination unreachable",
        }
    }
}

impl From<u8> for Unreachable {
    fn from(code: u8) -> Self {
        Self::ALL.get(usize::from(code)).copied().unwrap_or(Unreachable::Other(code))
    }
}

/// The code of Time Exceeded.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Exceeded {
    /// 0: the TTL reached zero in transit.
    Ttl,
    /// 1: fragments were missing for too long.
    Reassembly,
    /// Not assigned.
    Other(u8),
}

impl Exceeded {
    /// The number on the wire.
    pub const fn code(self) -> u8 {
        match self {
            Exceeded::Ttl => 0,
            Exceeded::Reassembly => 1,
            Exceeded::Other(code) => code,
        }
    }

    /// A plain phrase.
    pub const fn text(self) -> &'static str {
        match self {
            Exceeded::Ttl => "time to live exceeded in transit",
            Exceeded::Reassembly => "fragment reassembly time exceeded",
            Exceeded::Other(_) => "time exceeded",
        }
    }
}

impl From<u8> for Exceeded {
    fn from(code: u8) -> Self {
        match code {
            0 => Exceeded::Ttl,
            1 => Exceeded::Reassembly,
            other => Exceeded::Other(other),
        }
    }
}

/// The first eight bytes of a message; the rest is its data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Message {
    /// Are you there?
    EchoRequest {
        /// Names the asker.
        id: u16,
        /// Names the question.
        seq: u16,
    },
    /// I am.
    EchoReply {
        /// As asked.
        id: u16,
        /// As asked.
        seq: u16,
    },
    /// The quoted packet could not be delivered.
    DestinationUnreachable {
        /// Why.
        code: Unreachable,
        /// The next link's MTU with [`Unreachable::FragmentationNeeded`]; else zero.
        mtu: u16,
    },
    /// The quoted packet was too long on its way.
    TimeExceeded {
        /// Which time.
        code: Exceeded,
    },
    /// There is a better first router for the quoted packet.
    Redirect {
        /// 0 for the network, 1 for the host, 2 and 3 for these with the type of service.
        code: u8,
        /// The better router.
        gateway: Ipv4Addr,
    },
    /// A field of the quoted packet is wrong.
    ParameterProblem {
        /// 0: the pointer says where; 1: an option is missing.
        code: u8,
        /// The wrong byte of the quoted packet.
        pointer: u8,
    },
    /// Any other message.
    Other {
        /// Its type.
        kind: u8,
        /// Its code.
        code: u8,
        /// Bytes 4 to 7.
        rest: [u8; 4],
    },
}

impl Message {
    /// Reads and checks the message in `parts`, whose data is everything behind its first [`LEN`] bytes.
    //= rfc792#message-formats
    //= rfc1122#3.2.2
    pub fn parse(parts: [&[u8]; 2]) -> Result<Message> {
        let mut header = [0; LEN];
        let mut filled = 0;
        for (place, byte) in header.iter_mut().zip(parts.into_iter().flatten()) {
            *place = *byte;
            filled += 1;
        }
        if filled < LEN {
            return Err(Error::new("ICMP", "header", filled, Problem::TooShort));
        }
        let mut sum = Sum::of(parts[0]);
        sum.add(parts[1]);
        if !sum.is_valid() {
            return Err(Error::new("ICMP", "Checksum", 2, Problem::BadChecksum));
        }
        Ok(Self::from_header(header))
    }

    fn from_header([kind, code, _, _, a, b, c, d]: [u8; LEN]) -> Message {
        let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        match (kind, code) {
            (kind::ECHO_REPLY, 0) => Message::EchoReply { id: high, seq: low },
            (kind::ECHO_REQUEST, 0) => Message::EchoRequest { id: high, seq: low },
            //= rfc1191#4
            (kind::UNREACHABLE, _) => Message::DestinationUnreachable { code: code.into(), mtu: low },
            (kind::TIME_EXCEEDED, _) => Message::TimeExceeded { code: code.into() },
            (kind::REDIRECT, _) => Message::Redirect { code, gateway: Ipv4Addr::new(a, b, c, d) },
            (kind::PARAMETER_PROBLEM, _) => Message::ParameterProblem { code, pointer: a },
            _ => Message::Other { kind, code, rest: [a, b, c, d] },
        }
    }

    /// Writes the message in front of its data, with the checksum computed.
    pub fn push(&self, packet: &mut PacketBuf) {
        let (kind, code, rest) = self.header();
        let head = packet.push(LEN);
        head[0] = kind;
        head[1] = code;
        head[4..8].copy_from_slice(&rest);
        let mut sum = Sum::of(packet.head());
        sum.add(packet.payload());
        packet.head_mut()[2..4].copy_from_slice(&sum.checksum().to_be_bytes());
    }

    fn header(&self) -> (u8, u8, [u8; 4]) {
        let words = |high: u16, low: u16| {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            [a, b, c, d]
        };
        match *self {
            Message::EchoReply { id, seq } => (kind::ECHO_REPLY, 0, words(id, seq)),
            Message::EchoRequest { id, seq } => (kind::ECHO_REQUEST, 0, words(id, seq)),
            Message::DestinationUnreachable { code, mtu } => (kind::UNREACHABLE, code.code(), words(0, mtu)),
            Message::TimeExceeded { code } => (kind::TIME_EXCEEDED, code.code(), [0; 4]),
            Message::Redirect { code, gateway } => (kind::REDIRECT, code, gateway.octets()),
            Message::ParameterProblem { code, pointer } => (kind::PARAMETER_PROBLEM, code, [pointer, 0, 0, 0]),
            Message::Other { kind, code, rest } => (kind, code, rest),
        }
    }

    /// Whether the message reports an error, so that no ICMP error may ever answer it.
    //= rfc1122#3.2.2
    pub const fn is_error(&self) -> bool {
        match self {
            Message::DestinationUnreachable { .. }
            | Message::TimeExceeded { .. }
            | Message::Redirect { .. }
            | Message::ParameterProblem { .. } => true,
            Message::EchoRequest { .. } | Message::EchoReply { .. } => false,
            Message::Other { kind, .. } => *kind == kind::SOURCE_QUENCH,
        }
    }
}

/// Numbers of the Type field.
pub mod kind {
    /// Echo Reply.
    pub const ECHO_REPLY: u8 = 0;
    /// Destination Unreachable.
    pub const UNREACHABLE: u8 = 3;
    /// Source Quench, deprecated by RFC 6633.
    pub const SOURCE_QUENCH: u8 = 4;
    /// Redirect.
    pub const REDIRECT: u8 = 5;
    /// Echo.
    pub const ECHO_REQUEST: u8 = 8;
    /// Time Exceeded.
    pub const TIME_EXCEEDED: u8 = 11;
    /// Parameter Problem.
    pub const PARAMETER_PROBLEM: u8 = 12;
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::PacketId;
    use bytes::Bytes;

    #[test]
    fn every_message_is_read_as_it_was_written() {
        for message in [
            Message::EchoRequest { id: 7, seq: 65535 },
            Message::EchoReply { id: 0, seq: 1 },
            Message::DestinationUnreachable { code: Unreachable::FragmentationNeeded, mtu: 1400 },
            Message::DestinationUnreachable { code: Unreachable::Other(77), mtu: 0 },
            Message::TimeExceeded { code: Exceeded::Reassembly },
            Message::Redirect { code: 1, gateway: Ipv4Addr::new(192, 0, 2, 1) },
            Message::ParameterProblem { code: 0, pointer: 20 },
            Message::Other { kind: 13, code: 0, rest: [1, 2, 3, 4] },
        ] {
            let mut packet = PacketBuf::new(PacketId::NONE, Bytes::from_static(b"offending"));
            message.push(&mut packet);
            assert_eq!(Message::parse(packet.parts()), Ok(message));
            let bytes = packet.contiguous();
            assert_eq!(Message::parse([&bytes[..3], &bytes[3..]]), Ok(message));
            packet.head_mut()[0] ^= 0x40;
            assert_eq!(Message::parse(packet.parts()).unwrap_err().problem, Problem::BadChecksum);
        }
    }

    #[test]
    fn codes_and_names_agree() {
        for code in 0..=255 {
            assert_eq!((Unreachable::from(code).code(), Exceeded::from(code).code()), (code, code));
        }
        assert_eq!(Unreachable::from(3), Unreachable::Port);
        assert_eq!(Unreachable::from(13), Unreachable::Prohibited);
    }

    #[test]
    fn seven_bytes_are_no_message() {
        assert_eq!(Message::parse([&[0; 3], &[0; 4]]).unwrap_err().problem, Problem::TooShort);
    }
}
