//! ARP (RFC 826): asking for a neighbour's hardware address, and answering.

use std::net::{IpAddr, Ipv4Addr};

use base::{Mac, PacketId};
use bytes::Bytes;
use wire::PacketBuf;
use wire::arp::{Operation, Packet};

/// "Who has `target`? Tell `sender`."
pub(crate) fn request(id: PacketId, mac: Mac, sender: Ipv4Addr, target: Ipv4Addr) -> PacketBuf {
    let packet = Packet {
        operation: Operation::Request,
        sender_mac: mac,
        sender_ip: sender,
        target_mac: Mac::default(),
        target_ip: target,
    };
    build(id, &packet)
}

/// What a received packet tells and asks.
pub(crate) struct Heard {
    /// The sender's addresses; an unspecified one (a probe) teaches nothing.
    pub(crate) sender: Option<(IpAddr, Mac)>,
    /// Whether one of our addresses was asked for, or told to.
    pub(crate) for_us: bool,
    /// The answer to send, and to whom.
    pub(crate) reply: Option<(PacketBuf, Mac)>,
}

//= rfc826#packet-reception
pub(crate) fn receive(packet: &Packet, mac: Mac, is_ours: impl Fn(Ipv4Addr) -> bool, id: PacketId) -> Heard {
    let for_us = is_ours(packet.target_ip);
    let credible = !packet.sender_ip.is_unspecified() && !packet.sender_mac.is_group();
    let reply = (for_us && packet.operation == Operation::Request).then(|| {
        let reply = Packet {
            operation: Operation::Reply,
            sender_mac: mac,
            sender_ip: packet.target_ip,
            target_mac: packet.sender_mac,
            target_ip: packet.sender_ip,
        };
        (build(id, &reply), packet.sender_mac)
    });
    Heard { sender: credible.then_some((packet.sender_ip.into(), packet.sender_mac)), for_us, reply }
}

fn build(id: PacketId, packet: &Packet) -> PacketBuf {
    let mut buf = PacketBuf::new(id, Bytes::new());
    packet.push(&mut buf);
    buf
}
