//! What concerns a link and its addresses: DHCP leases, addresses claimed twice, and ICMP errors.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use base::Mac;
use serde::Serialize;
use wire::dhcp::{Message, MessageType};
use wire::icmpv4;

use super::{MAX_ENTRIES, Summary};
use crate::fields::{Layer, Packet, ends};

/// An address that was given out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Lease {
    /// The packet with the ACK.
    pub packet: u64,
    /// The address.
    pub address: Ipv4Addr,
    /// To whom.
    pub client: String,
    /// By whom.
    pub server: Option<Ipv4Addr>,
    /// For how many seconds.
    pub seconds: Option<u32>,
}

/// An address that two stations claimed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Conflict {
    /// The packet in which the second one did.
    pub packet: u64,
    /// The address.
    pub address: Ipv4Addr,
    /// Both hardware addresses.
    pub stations: (String, String),
}

/// An ICMP error, with how often it came.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct NetError {
    /// The first packet with it.
    pub packet: u64,
    /// Who says so.
    pub from: IpAddr,
    /// What it says.
    pub message: String,
    /// To where the packet was going that it is about.
    pub about: Option<IpAddr>,
    /// How often.
    pub times: u64,
}

/// Who has which address, and where an error is in the summary.
#[derive(Debug, Default)]
pub(super) struct Local {
    owners: BTreeMap<Ipv4Addr, Mac>,
    errors: BTreeMap<(IpAddr, [u8; 2], Option<IpAddr>), usize>,
}

impl Local {
    pub(super) fn take(&mut self, packet: &Packet<'_>, summary: &mut Summary) {
        if let Some(Ok(arp)) = packet.layer(Layer::Arp).map(wire::arp::Packet::parse) {
            self.claim(packet.number, arp.sender_ip, arp.sender_mac, summary);
        }
        if let Some(Ok(message)) = packet.layer(Layer::Dhcp).map(Message::parse) {
            lease(packet.number, &message, summary);
        }
        if let (Some(message), Some((from, _))) = (packet.layer(Layer::Icmp), packet.addresses())
            && let Some(text) = icmp_error(message)
        {
            let kind = [message[0], message[1]];
            let about = ends(Layer::Ip4, message.get(8..).unwrap_or_default()).map(|(_, dst)| dst);
            self.error(packet.number, (from, kind, about), text, summary);
        }
    }

    fn claim(&mut self, packet: u64, address: Ipv4Addr, station: Mac, summary: &mut Summary) {
        if address.is_unspecified() || self.owners.len() >= MAX_ENTRIES {
            return;
        }
        let owner = *self.owners.entry(address).or_insert(station);
        let stations = (owner.to_string(), station.to_string());
        let known = summary.conflicts.iter().any(|known| known.address == address && known.stations == stations);
        if owner != station && !known && summary.conflicts.len() < MAX_ENTRIES {
            summary.conflicts.push(Conflict { packet, address, stations });
        }
    }

    fn error(&mut self, packet: u64, key: (IpAddr, [u8; 2], Option<IpAddr>), message: String, summary: &mut Summary) {
        if let Some(place) = self.errors.get(&key) {
            summary.errors[*place].times += 1;
        } else if summary.errors.len() < MAX_ENTRIES {
            self.errors.insert(key, summary.errors.len());
            summary.errors.push(NetError { packet, from: key.0, message, about: key.2, times: 1 });
        } else {
            summary.left_out += 1;
        }
    }
}

fn lease(packet: u64, message: &Message, summary: &mut Summary) {
    if message.message_type() != Some(MessageType::Ack) || message.yiaddr.is_unspecified() {
        return;
    }
    if summary.leases.len() >= MAX_ENTRIES {
        summary.left_out += 1;
        return;
    }
    summary.leases.push(Lease {
        packet,
        address: message.yiaddr,
        client: message.chaddr.to_string(),
        server: message.server_id(),
        seconds: message.lease_time(),
    });
}

fn icmp_error(message: &[u8]) -> Option<String> {
    match icmpv4::Message::parse([message, &[]]).ok()? {
        icmpv4::Message::DestinationUnreachable { code, .. } => Some(code.text().to_string()),
        icmpv4::Message::TimeExceeded { code } => Some(code.text().to_string()),
        icmpv4::Message::Redirect { gateway, .. } => Some(format!("redirect to {gateway}")),
        icmpv4::Message::ParameterProblem { pointer, .. } => Some(format!("parameter problem at byte {pointer}")),
        _ => None,
    }
}
