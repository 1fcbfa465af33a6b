//! ICMP (RFC 792): when an error may be sent, and what one that arrives tells (RFC 1122 section 3.2.2, RFC 1812).

use std::net::IpAddr;

use base::{Instant, SeqNum};
use wire::icmpv4::{Message, Unreachable};
use wire::ip::Protocol;
use wire::{PacketBuf, ipv4};

use super::address::is_possible_source;
use super::ip::Received;

/// At most so many errors a second (RFC 1812, section 4.3.2.8).
#[derive(Debug)]
pub(crate) struct ErrorBudget {
    per_second: u32,
    second: u64,
    spent: u32,
}

impl ErrorBudget {
    pub(crate) fn new(per_second: u32) -> Self {
        ErrorBudget { per_second, second: 0, spent: 0 }
    }

    pub(crate) fn take(&mut self, now: Instant) -> bool {
        let second = now.nanos() / 1_000_000_000;
        if second != self.second {
            (self.second, self.spent) = (second, 0);
        }
        self.spent += 1;
        self.spent <= self.per_second
    }
}

/// Whether an error about this packet may be sent at all.
//= rfc1122#3.2.2
// Never about an ICMP error, a fragment but the first, or a source that is no single host; the caller leaves out broadcasts.
pub(crate) fn may_complain(packet: &PacketBuf, about: &Received) -> bool {
    let first = about.fragment.is_none_or(|fragment| fragment.offset == 0);
    let single_source = about.from.is_ipv4() && !about.from.is_unspecified() && is_possible_source(about.from);
    let is_error = about.protocol == Protocol::ICMP && {
        let kind = packet.parts().into_iter().flatten().nth(about.header_len).copied().unwrap_or(0);
        !matches!(kind, wire::icmpv4::kind::ECHO_REQUEST | wire::icmpv4::kind::ECHO_REPLY)
    };
    first && single_source && !is_error
}

/// As much of the offending packet as keeps the error within 576 bytes.
//= rfc1812#4.3.2.3
pub(crate) fn quote(packet: &PacketBuf) -> Vec<u8> {
    let mut bytes = packet.contiguous();
    bytes.truncate(wire::icmpv4::MAX_ERROR_PACKET - ipv4::LEN - wire::icmpv4::LEN);
    bytes
}

/// What an arrived error says about a packet of ours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Complaint {
    pub(crate) from: IpAddr,
    pub(crate) to: IpAddr,
    pub(crate) protocol: Protocol,
    pub(crate) ports: (u16, u16),
    /// The sequence number, for TCP.
    pub(crate) seq: SeqNum,
    pub(crate) text: &'static str,
    /// The next link's MTU, when that was the problem.
    pub(crate) mtu: Option<usize>,
    pub(crate) port_unreachable: bool,
    /// Trying again is of no use (RFC 1122, section 4.2.3.9).
    pub(crate) is_hard: bool,
}

/// Reads an error's quote. `None` when it is no error, or quotes too little.
pub(crate) fn read_complaint(message: &Message, quoted: &[u8]) -> Option<Complaint> {
    let mut is_hard = false;
    let (text, mtu, port_unreachable) = match message {
        Message::DestinationUnreachable { code, mtu } => {
            let too_big = *code == Unreachable::FragmentationNeeded;
            is_hard = matches!(code, Unreachable::Port | Unreachable::Protocol);
            (code.text(), too_big.then_some(usize::from(*mtu)), *code == Unreachable::Port)
        }
        Message::TimeExceeded { code } => (code.text(), None, false),
        _ => return None,
    };
    // The quote is cut: its own total length reaches beyond what is here.
    let claimed = usize::from(u16::from_be_bytes([*quoted.get(2)?, *quoted.get(3)?]));
    // Nor is its checksum: routers on the way change the header, and some do not care about the copy.
    let header = ipv4::Header::parse_unverified(quoted, claimed.max(quoted.len())).ok()?;
    let body = quoted.get(header.header_len..header.header_len + 8)?;
    let word = |at: usize| u16::from_be_bytes([body[at], body[at + 1]]);
    let seq = SeqNum(u32::from(word(4)) << 16 | u32::from(word(6)));
    Some(Complaint {
        from: header.src.into(),
        to: header.dst.into(),
        protocol: header.protocol,
        ports: (word(0), word(2)),
        seq,
        text,
        mtu,
        port_unreachable,
        is_hard,
    })
}
