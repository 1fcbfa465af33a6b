//! Routes: the longest matching prefix wins (RFC 1812, section 5.2.4.3).

use std::net::IpAddr;

use base::{Cidr, Port};
use rustc_hash::FxHashMap;

use crate::config::Route;

/// One hash table for each prefix length in use, longest first: a lookup costs as many probes as there are lengths.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    all: Vec<Route>,
    by_length: Vec<(u8, FxHashMap<Cidr, usize>)>,
}

impl Routes {
    /// Adds a route; one to the same network is replaced.
    pub(crate) fn add(&mut self, route: Route) {
        let route = Route { to: route.to.network(), ..route };
        match self.all.iter_mut().find(|other| other.to == route.to) {
            Some(other) => *other = route,
            None => {
                self.all.push(route);
                self.index(self.all.len() - 1);
            }
        }
    }

    pub(crate) fn remove(&mut self, to: Cidr) -> bool {
        let before = self.all.len();
        self.all.retain(|route| route.to != to.network());
        self.by_length.clear();
        (0..self.all.len()).for_each(|index| self.index(index));
        before != self.all.len()
    }

    fn index(&mut self, index: usize) {
        let to = self.all[index].to;
        let length = to.prefix();
        let at = self.by_length.partition_point(|(other, _)| *other > length);
        if self.by_length.get(at).is_none_or(|(other, _)| *other != length) {
            self.by_length.insert(at, (length, FxHashMap::default()));
        }
        self.by_length[at].1.insert(to, index);
    }

    pub(crate) fn lookup(&self, to: IpAddr) -> Option<&Route> {
        self.by_length
            .iter()
            .find_map(|(length, table)| table.get(&Cidr::new(to, *length).network()))
            .map(|index| &self.all[*index])
    }

    /// Out of which interface and to which neighbour.
    pub(crate) fn next_hop(&self, to: IpAddr) -> Option<(Port, IpAddr)> {
        self.lookup(to).map(|route| (route.port, route.via.unwrap_or(to)))
    }

    pub(crate) fn all(&self) -> &[Route] {
        &self.all
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_longest_prefix_wins_as_in_a_plain_list(
            routes in prop::collection::vec((any::<u32>(), 0u8..=32), 0..20),
            to in any::<u32>(), near in any::<prop::sample::Index>(),
        ) {
            let mut table = Routes::default();
            let mut list: Vec<Route> = Vec::new();
            for (n, (bits, prefix)) in routes.iter().enumerate() {
                let to = Cidr::new(std::net::Ipv4Addr::from_bits(*bits).into(), *prefix).network();
                let route = Route { to, via: None, port: Port(n as u16) };
                list.retain(|other| other.to != to);
                list.push(route);
                table.add(route);
            }
            let to = if routes.is_empty() { to } else { near.get(&routes).0 ^ (to & 0xff) };
            let to: IpAddr = std::net::Ipv4Addr::from_bits(to).into();
            let expected = list.iter().filter(|route| route.to.contains(to)).max_by_key(|route| route.to.prefix());
            prop_assert_eq!(table.lookup(to), expected);
        }
    }
}
