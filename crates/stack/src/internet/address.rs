//! Whose address is it? Ours, everybody's, or somebody else's (RFC 1122, section 3.2.1.3).

use std::net::{IpAddr, Ipv4Addr};

use base::{Cidr, Port};
use rustc_hash::FxHashMap;

/// Our unicast addresses, by hash.
#[derive(Debug, Default)]
pub(crate) struct OwnAddresses {
    map: FxHashMap<IpAddr, Port>,
    /// One of them: nearly every host has no other.
    first: Option<IpAddr>,
}

impl OwnAddresses {
    /// The first interface that has an address keeps it.
    pub(crate) fn add(&mut self, ip: IpAddr, port: Port) {
        self.map.entry(ip).or_insert(port);
        self.first.get_or_insert(ip);
    }

    pub(crate) fn remove(&mut self, ip: IpAddr) {
        self.map.remove(&ip);
        self.first = self.first.filter(|first| *first != ip);
    }

    pub(crate) fn contains(&self, ip: IpAddr) -> bool {
        self.first == Some(ip) || self.map.contains_key(&ip)
    }
}

/// Whether `to` means everybody on a link on which we have these addresses.
pub(crate) fn is_broadcast(addresses: &[Cidr], to: IpAddr) -> bool {
    match to {
        IpAddr::V4(Ipv4Addr::BROADCAST) => true,
        IpAddr::V4(ip) => ip == ALL_SYSTEMS || addresses.iter().any(|cidr| cidr.broadcast() == Some(ip)),
        IpAddr::V6(ip) => ip.is_multicast(),
    }
}

/// Whether `from` can be the source of a unicast packet at all.
//= rfc1122#3.2.1.3
pub(crate) fn is_possible_source(from: IpAddr) -> bool {
    match from {
        IpAddr::V4(ip) => !ip.is_multicast() && !ip.is_broadcast() && !ip.is_loopback(),
        IpAddr::V6(ip) => !ip.is_multicast() && !ip.is_loopback(),
    }
}

/// Whether a router may pass a packet to `to` on: not to a group (there is no multicast routing), nor to an address that
/// means something on its own link or host only.
pub(crate) fn is_forwardable(to: IpAddr) -> bool {
    match to {
        IpAddr::V4(ip) => {
            !ip.is_multicast() && !ip.is_broadcast() && !ip.is_loopback() && !ip.is_link_local() && !ip.is_unspecified()
        }
        IpAddr::V6(ip) => {
            !ip.is_multicast() && !ip.is_loopback() && !ip.is_unicast_link_local() && !ip.is_unspecified()
        }
    }
}

/// 224.0.0.1, which every host listens to.
const ALL_SYSTEMS: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 1);
