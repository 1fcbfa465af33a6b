//! Addresses and routes that nobody gave: every network gets 10.0.N.0/24 in the order of its first link, hosts their
//! numbers in the order of the nodes, and everybody the shortest way to every network.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr};

use base::Cidr;

use super::{Kind, NodeSpec, Scenario};

/// An interface: the numbers of its node and of itself there.
type Place = (usize, usize);

impl Scenario {
    /// With an address on every interface that has none and does not get it by DHCP, and with routes where a node has
    /// none that lead to a network. A network in which an address was given keeps its prefix.
    pub fn addressed(mut self) -> Scenario {
        let segments = segments(&self);
        let taken: BTreeSet<IpAddr> = networks(&self).map(|cidr| cidr.network().address()).collect();
        let mut number = 0;
        for segment in &segments {
            number += 1;
            while taken.contains(&numbered(number, segment.len()).network().address()) {
                number += 1;
            }
            number_hosts(&mut self, segment, numbered(number, segment.len()));
        }
        for (node, routes) in (0..).zip(ways(&self, &segments)) {
            let node: usize = node;
            self.nodes[node].routes.extend(routes);
        }
        self
    }
}

/// The interfaces of hosts and routers that hear each other without a router in between, in the order of the links.
fn segments(scenario: &Scenario) -> Vec<Vec<Place>> {
    let node = |name: &str| scenario.nodes.iter().position(|node| node.name == name);
    // What joins: a bridging node as a whole, or one interface of a host.
    let mut group: BTreeMap<(usize, Option<usize>), usize> = BTreeMap::new();
    let mut next = 0;
    for link in &scenario.links {
        let ends = link.ends.iter().filter_map(|(name, interface)| {
            let index = node(name)?;
            let own = scenario.nodes[index].interfaces.iter().position(|own| own.name == *interface);
            Some((index, own))
        });
        let ends: Vec<_> = ends.collect();
        let known: Vec<usize> = ends.iter().filter_map(|end| group.get(end).copied()).collect();
        let own = known.iter().copied().min().unwrap_or(next);
        next = next.max(own + 1);
        group.values_mut().filter(|group| known.contains(group)).for_each(|group| *group = own);
        group.extend(ends.into_iter().map(|end| (end, own)));
    }
    let mut segments: BTreeMap<usize, Vec<Place>> = BTreeMap::new();
    for ((node, interface), group) in group {
        if let Some(interface) = interface {
            segments.entry(group).or_default().push((node, interface));
        }
    }
    segments.into_values().collect()
}

fn networks(scenario: &Scenario) -> impl Iterator<Item = &Cidr> {
    scenario.nodes.iter().flat_map(|node| &node.interfaces).flat_map(|interface| &interface.addresses)
}

/// The network that is computed for the `number`-th segment; large ones come from the upper half of 10.0.0.0/8.
fn numbered(number: u32, hosts: usize) -> Cidr {
    let base = u32::from(Ipv4Addr::new(10, 0, 0, 0));
    let (address, prefix) =
        if hosts <= SMALL { (base + (number << 8), 24) } else { (base + ((128 + number) << 16), 16) };
    Cidr::new(IpAddr::V4(Ipv4Addr::from(address)), prefix)
}

fn number_hosts(scenario: &mut Scenario, segment: &[Place], computed: Cidr) {
    let v4 = |cidr: &&Cidr| cidr.address().is_ipv4();
    let given: Vec<Cidr> = segment
        .iter()
        .flat_map(|(node, interface)| &scenario.nodes[*node].interfaces[*interface].addresses)
        .filter(v4)
        .copied()
        .collect();
    let network = given.first().map_or(computed, Cidr::network);
    let mut taken: BTreeSet<IpAddr> = given.iter().map(Cidr::address).collect();
    taken.extend(network.broadcast().map(IpAddr::V4));
    let IpAddr::V4(first) = network.address() else { return };
    let mut candidates =
        (u32::from(first) + u32::from(network.prefix() < 31)..).map(|bits| IpAddr::V4(Ipv4Addr::from(bits)));
    for (node, interface) in segment {
        let interface = &mut scenario.nodes[*node].interfaces[*interface];
        if !interface.addresses.is_empty() || interface.dynamic {
            continue;
        }
        // A full network has no address left: the interface stays without.
        let free = candidates.find(|address| !taken.contains(address)).filter(|address| network.contains(*address));
        if let Some(address) = free {
            taken.insert(address);
            interface.addresses.push(Cidr::new(address, network.prefix()));
        }
    }
}

/// For every node the routes that it lacks.
fn ways(scenario: &Scenario, segments: &[Vec<Place>]) -> Vec<Vec<(Cidr, IpAddr)>> {
    let home: BTreeMap<Place, usize> =
        segments.iter().enumerate().flat_map(|(n, segment)| segment.iter().map(move |place| (*place, n))).collect();
    let of_node = |(index, node): (usize, &NodeSpec)| {
        let dynamic = node.interfaces.iter().all(|interface| interface.dynamic || interface.addresses.is_empty());
        if !node.is_host() || dynamic || node.interfaces.is_empty() {
            return Vec::new();
        }
        let routes = missing(scenario, segments, &home, index);
        if node.kind == Kind::Router { routes } else { shortened(routes) }
    };
    scenario.nodes.iter().enumerate().map(of_node).collect()
}

/// Breadth first from one node: the first router on the shortest way to every network that no route of its own covers.
fn missing(
    scenario: &Scenario,
    segments: &[Vec<Place>],
    home: &BTreeMap<Place, usize>,
    start: usize,
) -> Vec<(Cidr, IpAddr)> {
    let node = &scenario.nodes[start];
    let covered = |network: &Cidr| {
        let covers = |to: &Cidr| to.prefix() <= network.prefix() && to.contains(network.address());
        node.routes.iter().any(|(to, _)| covers(to))
            || node.interfaces.iter().flat_map(|interface| &interface.addresses).any(covers)
    };
    let own_segments = (0..node.interfaces.len()).filter_map(|interface| home.get(&(start, interface)).copied());
    // A segment, and through which interface of a neighbour it is reached.
    let mut queue: VecDeque<(usize, Option<Place>)> = own_segments.map(|segment| (segment, None)).collect();
    let mut seen: BTreeSet<usize> = queue.iter().map(|(segment, _)| *segment).collect();
    let mut routes: Vec<(Cidr, IpAddr)> = Vec::new();
    while let Some((segment, via)) = queue.pop_front() {
        if let Some(via) = via {
            for cidr in
                segments[segment].iter().flat_map(|(node, own)| &scenario.nodes[*node].interfaces[*own].addresses)
            {
                let network = cidr.network();
                let known = routes.iter().any(|(to, _)| *to == network);
                if let Some(router) = address_of(scenario, via, cidr).filter(|_| !known && !covered(&network)) {
                    routes.push((network, router));
                }
            }
        }
        for place in &segments[segment] {
            if place.0 == start || scenario.nodes[place.0].kind != Kind::Router {
                continue;
            }
            for interface in 0..scenario.nodes[place.0].interfaces.len() {
                let Some(next) = home.get(&(place.0, interface)).filter(|next| seen.insert(**next)) else { continue };
                queue.push_back((*next, Some(via.unwrap_or(*place))));
            }
        }
    }
    routes
}

/// A neighbour's address of the same family.
fn address_of(scenario: &Scenario, (node, interface): Place, like: &Cidr) -> Option<IpAddr> {
    let addresses = scenario.nodes[node].interfaces[interface].addresses.iter().map(Cidr::address);
    addresses.into_iter().find(|address| address.is_ipv4() == like.address().is_ipv4())
}

/// All by the same router: one default route says so.
fn shortened(routes: Vec<(Cidr, IpAddr)>) -> Vec<(Cidr, IpAddr)> {
    let (v4, v6): (Vec<_>, Vec<_>) = routes.into_iter().partition(|(to, _)| to.address().is_ipv4());
    let short = |routes: Vec<(Cidr, IpAddr)>, any| match routes.first() {
        Some((_, via)) if routes.iter().all(|(_, other)| other == via) => vec![(any, *via)],
        _ => routes,
    };
    [short(v4, Cidr::ANY_V4), short(v6, Cidr::ANY_V6)].concat()
}

/// So many hosts fit into a /24, with a few to spare.
const SMALL: usize = 250;
