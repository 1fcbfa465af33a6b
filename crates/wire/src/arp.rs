//! Address Resolution Protocol for IPv4 over Ethernet: RFC 826.
//!
//! ```text
//! | hrd 1 | pro 0x0800 | hln 6 | pln 4 | op | sender mac | sender ip | target mac | target ip |
//! ```

use std::net::Ipv4Addr;
use std::ops::Range;

use base::Mac;

use crate::dissect::Dissection;
use crate::ethernet::EtherType;
use crate::{Error, PacketBuf, Problem, Result};

/// Bytes of a packet.
pub const LEN: usize = 28;

/// What the packet wants.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Operation {
    /// Who has the target address?
    Request,
    /// The sender has it.
    Reply,
    /// Anything else.
    Other(u16),
}

impl Operation {
    /// The number on the wire.
    pub const fn code(self) -> u16 {
        match self {
            Operation::Request => 1,
            Operation::Reply => 2,
            Operation::Other(code) => code,
        }
    }
}

impl From<u16> for Operation {
    fn from(code: u16) -> Self {
        match code {
            1 => Operation::Request,
            2 => Operation::Reply,
            other => Operation::Other(other),
        }
    }
}

/// One ARP packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Packet {
    /// Request or reply.
    pub operation: Operation,
    /// The sender's hardware address (`ar$sha`).
    pub sender_mac: Mac,
    /// The sender's protocol address (`ar$spa`).
    pub sender_ip: Ipv4Addr,
    /// The target's hardware address (`ar$tha`); zero in a request.
    pub target_mac: Mac,
    /// The target's protocol address (`ar$tpa`).
    pub target_ip: Ipv4Addr,
}

impl Packet {
    /// Reads a packet for IPv4 over Ethernet; other combinations are refused. Bytes behind it are padding.
    //= rfc826#packet-format
    pub fn parse(bytes: &[u8]) -> Result<Packet> {
        let fail = |field, offset, problem| Err(Error::new("ARP", field, offset, problem));
        let Some(bytes) = bytes.first_chunk::<LEN>() else {
            return fail("packet", bytes.len(), Problem::TooShort);
        };
        let word = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
        let mac = |at: usize| Mac(std::array::from_fn(|i| bytes[at + i]));
        let ip = |at: usize| Ipv4Addr::from(std::array::from_fn::<u8, 4, _>(|i| bytes[at + i]));
        if word(0) != 1 {
            return fail("ar$hrd", 0, Problem::BadValue);
        }
        if word(2) != EtherType::IPV4.0 {
            return fail("ar$pro", 2, Problem::BadValue);
        }
        if bytes[4] != 6 {
            return fail("ar$hln", 4, Problem::BadLength);
        }
        if bytes[5] != 4 {
            return fail("ar$pln", 5, Problem::BadLength);
        }
        Ok(Packet {
            operation: word(6).into(),
            sender_mac: mac(8),
            sender_ip: ip(14),
            target_mac: mac(18),
            target_ip: ip(24),
        })
    }

    /// Writes the packet in front of what is there (normally nothing).
    pub fn push(&self, packet: &mut PacketBuf) {
        let bytes = packet.push(LEN);
        bytes[..6].copy_from_slice(&[0, 1, 8, 0, 6, 4]);
        bytes[6..8].copy_from_slice(&self.operation.code().to_be_bytes());
        bytes[8..14].copy_from_slice(&self.sender_mac.0);
        bytes[14..18].copy_from_slice(&self.sender_ip.octets());
        bytes[18..24].copy_from_slice(&self.target_mac.0);
        bytes[24..28].copy_from_slice(&self.target_ip.octets());
    }
}

pub(crate) fn dissect(dissection: &mut Dissection<'_>, range: Range<usize>) {
    let bytes = dissection.bytes(range.clone());
    let mut layer = dissection.layer("ARP", range.start..range.start + bytes.len().min(LEN));
    let packet = match Packet::parse(bytes) {
        Ok(packet) => packet,
        Err(error) => {
            dissection.push(layer.malformed(error));
            return;
        }
    };
    let Packet { operation, sender_mac, sender_ip, target_mac, target_ip } = packet;
    layer.field("Hardware address space (ar$hrd)", 0..2, "1 (Ethernet)");
    layer.field("Protocol address space (ar$pro)", 2..4, "0x0800 (IPv4)");
    layer.field("Hardware address length (ar$hln)", 4..5, 6);
    layer.field("Protocol address length (ar$pln)", 5..6, 4);
    let (verb, summary) = match operation {
        Operation::Request if sender_ip == target_ip => {
            ("request", format!("ARP announcement: {sender_ip} is at {sender_mac}"))
        }
        Operation::Request if sender_ip.is_unspecified() => ("request", format!("ARP probe: who has {target_ip}?")),
        Operation::Request => ("request", format!("ARP who has {target_ip}? tell {sender_ip}")),
        Operation::Reply => ("reply", format!("ARP {sender_ip} is at {sender_mac}")),
        Operation::Other(code) => ("unknown", format!("ARP operation {code}")),
    };
    layer.field("Opcode (ar$op)", 6..8, format_args!("{} ({verb})", operation.code()));
    layer.field("Sender hardware address (ar$sha)", 8..14, sender_mac);
    layer.field("Sender protocol address (ar$spa)", 14..18, sender_ip);
    layer.field("Target hardware address (ar$tha)", 18..24, target_mac);
    layer.field("Target protocol address (ar$tpa)", 24..28, target_ip);
    layer.summary = summary;
    dissection.push(layer);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Vec<u8> {
        let mut packet = PacketBuf::default();
        Packet {
            operation: Operation::Request,
            sender_mac: Mac::local(1),
            sender_ip: Ipv4Addr::new(192, 0, 2, 1),
            target_mac: Mac::default(),
            target_ip: Ipv4Addr::new(192, 0, 2, 2),
        }
        .push(&mut packet);
        packet.contiguous()
    }

    #[test]
    //= rfc826#packet-format test
    fn a_request_has_the_bytes_of_the_rfc() {
        let bytes = request();
        assert_eq!(
            bytes,
            b"\x00\x01\x08\x00\x06\x04\x00\x01\x02\0\0\0\0\x01\xc0\x00\x02\x01\0\0\0\0\0\0\xc0\x00\x02\x02"
        );
        let packet = Packet::parse(&bytes).unwrap();
        assert_eq!((packet.operation, packet.target_ip), (Operation::Request, Ipv4Addr::new(192, 0, 2, 2)));
    }

    #[test]
    fn other_hardware_and_protocols_are_refused_by_field() {
        for (at, field) in [(0, "ar$hrd"), (2, "ar$pro"), (4, "ar$hln"), (5, "ar$pln")] {
            let mut bytes = request();
            bytes[at] ^= 0x80;
            let error = Packet::parse(&bytes).unwrap_err();
            assert_eq!((error.field, error.offset), (field, at));
        }
        assert_eq!(Packet::parse(&request()[..27]).unwrap_err().problem, Problem::TooShort);
    }
}
