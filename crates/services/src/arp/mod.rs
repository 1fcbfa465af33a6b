//! What a program may say by ARP (RFC 826): whether somebody has an address, and that an address is here (RFC 5227).
//!
//! Asking for a neighbour to send it something is the stack's own work.

use std::net::Ipv4Addr;

use base::{Duration, Mac, PacketId, Port};
use bytes::Bytes;
use net::{Net, SendError};
use wire::PacketBuf;
use wire::arp::{Operation, Packet};
use wire::ethernet::{EtherType, Header};

/// Sends one ARP packet by an interface: from the hardware address `from` to `to`.
pub fn send(net: &Net, port: Port, from: Mac, to: Mac, packet: &Packet) -> Result<(), SendError> {
    let mut frame = PacketBuf::new(PacketId::NONE, Bytes::new());
    packet.push(&mut frame);
    Header { dst: to, src: from, ethertype: EtherType::ARP }.push(&mut frame);
    net.link_send(port, frame.contiguous().into())
}

//= rfc5227#2.3
/// Tells everybody on the link that `ip` is at `mac`: a request for the address itself, or a reply that nobody asked for.
pub fn announce(net: &Net, port: Port, mac: Mac, ip: Ipv4Addr, operation: Operation) -> Result<(), SendError> {
    let target_mac = if operation == Operation::Reply { Mac::BROADCAST } else { Mac::default() };
    let packet = Packet { operation, sender_mac: mac, sender_ip: ip, target_mac, target_ip: ip };
    send(net, port, mac, Mac::BROADCAST, &packet)
}

//= rfc5227#2.1.1
/// Asks three times who has `ip`, without telling an address of our own, and listens: who claims it, if anybody does.
pub async fn probe(net: &Net, port: Port, mac: Mac, ip: Ipv4Addr) -> Option<Mac> {
    if !net.watch_address(port, ip) {
        return None;
    }
    let question = Packet {
        operation: Operation::Request,
        sender_mac: mac,
        sender_ip: Ipv4Addr::UNSPECIFIED,
        target_mac: Mac::default(),
        target_ip: ip,
    };
    let random = net.random("arp");
    let mut claimant = None;
    for probe in 1..=PROBES {
        // What the link does not take now is asked again.
        let _ = send(net, port, mac, Mac::BROADCAST, &question);
        let pause = PROBE_MIN + Duration::from_nanos(random.next_u64() % (PROBE_MAX - PROBE_MIN).nanos());
        let until = net.now() + if probe == PROBES { ANNOUNCE_WAIT } else { pause };
        while claimant.is_none() && net.now() < until {
            net.sleep(LOOK).await;
            claimant = net.claimant(port, ip);
        }
        if claimant.is_some() {
            break;
        }
    }
    net.forget_address(port, ip);
    claimant
}

/// RFC 5227, section 1.1.
const PROBES: u32 = 3;
const PROBE_MIN: Duration = Duration::from_secs(1);
const PROBE_MAX: Duration = Duration::from_secs(2);
const ANNOUNCE_WAIT: Duration = Duration::from_secs(2);
/// How often it is looked whether somebody has answered.
const LOOK: Duration = Duration::from_millis(50);
