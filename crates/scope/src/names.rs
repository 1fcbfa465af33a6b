//! Whose address is that? Learned from the frames alone.
//!
//! An address belongs to the node that first sent from it, in an IP packet or in ARP. A node that never sent anything is
//! known by what it received and did not pass on. What a scenario says by [`Recording::name_address`] comes first.

use std::collections::BTreeMap;
use std::net::IpAddr;

use base::{Direction, NodeId};

use crate::index::{Index, Packet};
use crate::recording::Recording;
use crate::view::Net;

/// Addresses and their owners.
#[derive(Clone, Default, Debug)]
pub struct Names {
    owners: BTreeMap<IpAddr, NodeId>,
    names: BTreeMap<IpAddr, String>,
}

impl Names {
    /// Reads all frames of a recording.
    pub fn of(recording: &Recording) -> Names {
        Index::of(recording).names
    }

    pub(crate) fn learn(recording: &Recording, packets: &[Packet<'_>]) -> Names {
        let mut owners = BTreeMap::new();
        for packet in packets.iter().filter(|packet| packet.first.direction == Direction::Out) {
            if let Some(address) = sender(packet) {
                owners.entry(address).or_insert(packet.from());
            }
        }
        for packet in packets {
            if let Some((address, node)) = silent_receiver(recording, packet) {
                owners.entry(address).or_insert(node);
            }
        }
        let mut names: BTreeMap<_, _> =
            owners.iter().map(|(address, node)| (*address, recording.node_name(*node))).collect();
        for (address, name) in recording.named_addresses() {
            names.insert(*address, name.clone());
            if let Some(node) = recording.node(name) {
                owners.insert(*address, node);
            }
        }
        Names { owners, names }
    }

    /// The name of the node that owns an address.
    pub fn get(&self, address: IpAddr) -> Option<&str> {
        self.names.get(&address).map(String::as_str)
    }

    /// The node that owns an address.
    pub fn node(&self, address: IpAddr) -> Option<NodeId> {
        self.owners.get(&address).copied()
    }

    /// The name of an address's owner, `everyone` for broadcast and multicast, else the address itself.
    pub fn who(&self, address: IpAddr) -> String {
        match self.get(address) {
            Some(name) => name.into(),
            None if is_group(address) => "everyone".into(),
            None => address.to_string(),
        }
    }

    /// All addresses with a known owner.
    pub fn addresses(&self) -> impl Iterator<Item = (IpAddr, &str)> {
        self.names.iter().map(|(address, name)| (*address, name.as_str()))
    }
}

/// Whether packets to `address` are for many.
pub(crate) fn is_group(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_broadcast() || v4.is_multicast(),
        IpAddr::V6(v6) => v6.is_multicast(),
    }
}

/// The address that a packet was sent from.
fn sender(packet: &Packet<'_>) -> Option<IpAddr> {
    let address = match packet.view.net {
        Net::Arp(arp) => arp.sender_ip.into(),
        Net::Ip(ip) => ip.src,
        Net::Other => return None,
    };
    (!address.is_unspecified()).then_some(address)
}

/// The last node that a unicast packet reached, when it neither dropped it nor sent it on.
fn silent_receiver(recording: &Recording, packet: &Packet<'_>) -> Option<(IpAddr, NodeId)> {
    let address = packet.view.ip()?.dst;
    let last = recording.frame(*packet.frames.last()?);
    let dropped = packet.drops.iter().any(|drop| drop.node == last.nic.node || drop.at > last.at);
    let stays = last.direction == Direction::In && last.nic.node != packet.from();
    (stays && !dropped && !is_group(address)).then_some((address, last.nic.node))
}

#[cfg(test)]
mod tests {
    use base::event::LinkDrop;

    use super::*;
    use crate::film::{Fate, Film};

    #[test]
    fn an_address_belongs_to_who_sends_from_it_or_keeps_what_is_sent_to_it() {
        let mut film = Film::new(&[("a", [192, 0, 2, 1]), ("r", [192, 0, 2, 254]), ("b", [198, 51, 100, 1])]);
        let lost: IpAddr = [203, 0, 113, 9].into();
        let to = |film: &Film, ip: IpAddr| film.udp((film.ip("a"), 5000).into(), (ip, 9).into(), b"x");
        let (there, nowhere) = (to(&film, film.ip("b")), to(&film, lost));
        film.carry(&["a", "r", "b"], &there, Fate::Arrives);
        film.carry(&["a", "r", "b"], &nowhere, Fate::Dropped(1, LinkDrop::QueueFull.into()));
        let (a, b) = (film.ip("a"), film.ip("b"));
        let mut recording = film.cut();
        let names = Names::of(&recording);
        assert_eq!([names.who(a), names.who(b), names.who(lost)], ["a", "b", "203.0.113.9"]);
        assert_eq!(names.who([255; 4].into()), "everyone");
        recording.name_address(lost, "c");
        assert_eq!(Names::of(&recording).get(lost), Some("c"));
    }
}
