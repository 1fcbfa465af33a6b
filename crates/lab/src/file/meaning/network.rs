//! Whether the addresses make sense: each given once, gateways within reach.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::Reading;
use crate::file::diagnose::Problem;
use crate::file::quantity::Own;
use crate::file::scalar::Address;
use crate::file::tree::Place;
use crate::file::types::{Addresses, OneOrMany};
use crate::file::words::list;
use crate::scenario::{NodeSpec, Scenario};

impl Reading<'_> {
    /// No two interfaces have the same address.
    pub(super) fn fixed_addresses(&mut self, _: &Scenario) {
        let file = self.file;
        let mut owners: BTreeMap<IpAddr, (String, Place)> = BTreeMap::new();
        for (name, node) in file.node.iter() {
            let place = Place::of(["node", name, "address"]);
            let given = match &node.address {
                None => Vec::new(),
                Some(Addresses::All(all)) => places(all, &place, self),
                Some(Addresses::ByInterface(table)) => {
                    table.iter().flat_map(|(interface, all)| places(all, &place.then(interface), self)).collect()
                }
            };
            for (address, place) in given {
                let Some((owner, first)) = owners.insert(address, (name.to_owned(), place.clone())) else { continue };
                let whose = if owner == name {
                    format!("{name} has {address} twice")
                } else {
                    format!("{owner} and {name} both have {address}")
                };
                let problem = Problem::new(self.span(&place), whose).label("the second");
                let problem = problem.also(self.span(&first), "the first");
                self.report(problem.help("an address belongs to one interface: leave one out and it is computed"));
            }
        }
    }

    /// Every router that a route names is in a network of the node.
    pub(super) fn gateways(&mut self, scenario: &Scenario) {
        let file = self.file;
        for (name, node) in file.node.iter().filter(|(_, node)| node.kind.is_host()) {
            let Some(spec) = scenario.nodes.iter().find(|spec| spec.name == name) else { continue };
            // What DHCP will say, nobody knows here.
            if spec.interfaces.iter().any(|interface| interface.dynamic) {
                continue;
            }
            let place = Place::of(["node", name, "gateway"]);
            match &node.gateway {
                None => {}
                Some(OneOrMany::One(router)) => self.gateway(spec, router.0, &place),
                Some(OneOrMany::Many(routers)) => {
                    for (index, router) in routers.iter().enumerate() {
                        self.gateway(spec, router.0, &place.then(index));
                    }
                }
            }
            for (to, router) in node.routes.iter() {
                self.gateway(spec, router.0, &Place::of(["node", name, "routes", to]));
            }
        }
    }

    fn gateway(&mut self, spec: &NodeSpec, router: IpAddr, place: &Place) {
        let own: Vec<_> = spec.interfaces.iter().flat_map(|interface| &interface.addresses).collect();
        if own.iter().any(|cidr| cidr.address() == router) {
            let title = format!("{router} is {}'s own address, not a router", spec.name);
            let problem = Problem::new(self.span(place), title).label("itself");
            self.report(problem.help("a gateway is another node: the router in the same network"));
            return;
        }
        if own.iter().any(|cidr| cidr.contains(router)) {
            return;
        }
        let networks: Vec<String> = own.iter().map(|cidr| cidr.network().to_string()).collect();
        let networks = list(networks.iter().map(String::as_str));
        let family = own.iter().all(|cidr| cidr.address().is_ipv4() != router.is_ipv4());
        let (title, label) = if family && !own.is_empty() {
            let (theirs, ours) = if router.is_ipv4() { ("IPv4", "IPv6") } else { ("IPv6", "IPv4") };
            (format!("{} has {ours} addresses only, but this router's is {theirs}", spec.name), "of another family")
        } else {
            (
                format!("{} cannot reach the router {router}: it is in no network of its own", spec.name),
                "not a neighbour",
            )
        };
        let problem = Problem::new(self.span(place), title).label(label);
        self.report(problem.help(format!("{} is in {networks}; a router must be a neighbour there", spec.name)));
    }

    /// The names that the file gives beside those of the nodes, and whose they are.
    pub(super) fn names(&mut self, scenario: &Scenario) -> Vec<(String, IpAddr)> {
        let file = self.file;
        let mut names: Vec<(String, IpAddr)> = Vec::new();
        for (owner, node) in file.node.iter() {
            let spec = scenario.nodes.iter().find(|spec| spec.name == owner);
            let address =
                spec.and_then(|spec| spec.interfaces.iter().find_map(|interface| interface.addresses.first()));
            for (index, name) in node.names.iter().enumerate() {
                let taken = file.node.get(&name.0).is_some() || names.iter().any(|(known, _)| *known == name.0);
                if taken {
                    let span = self.span(&Place::of(["node", owner, "names"]).then(index));
                    let problem = Problem::new(span, format!("'{}' is somebody else's name already", name.0));
                    self.report(problem.label("taken").help("a name means one node"));
                }
                names.extend(address.map(|address| (name.0.clone(), address.address())));
            }
        }
        names
    }
}

/// The fixed addresses of a list, and where each stands.
fn places(all: &OneOrMany<Address>, place: &Place, reading: &Reading<'_>) -> Vec<(IpAddr, Place)> {
    let is_list = reading.tree.item(place).is_some_and(|item| item.text().is_none());
    let fixed = |(index, address): (usize, &Address)| match address.0 {
        Own::Fixed(cidr) => Some((cidr.address(), if is_list { place.then(index) } else { place.clone() })),
        Own::Dhcp => None,
    };
    all.as_slice().iter().enumerate().filter_map(fixed).collect()
}
