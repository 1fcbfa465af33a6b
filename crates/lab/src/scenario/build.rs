//! From the value to a world that can run: names become ids, and what cannot be is refused by name.

use std::collections::BTreeMap;
use std::fmt;

use base::{Mac, NodeId, Port, Rng, Sink};
use sim::rule::Loss;
use sim::{LinkId, World};
use stack::{InterfaceConfig, Route};

use super::{Kind, NodeSpec, Scenario};

/// A scenario whose parts do not fit together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BuildError(String);

impl BuildError {
    /// A program that cannot be started.
    pub(crate) fn program(node: &str, error: &str) -> Self {
        BuildError(format!("a program of {node} cannot start: {error}"))
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BuildError {}

/// A world, and the names of its parts.
pub struct Built {
    /// The world; nothing has happened in it yet.
    pub world: World,
    /// Nodes by name.
    pub nodes: BTreeMap<String, NodeId>,
    /// Links by name.
    pub links: BTreeMap<String, LinkId>,
    ports: BTreeMap<(String, String), Port>,
}

impl Built {
    /// The node called `name`.
    pub fn node(&self, name: &str) -> Result<NodeId, BuildError> {
        self.nodes.get(name).copied().ok_or_else(|| unknown("node", name, self.nodes.keys()))
    }

    /// The link called `name`.
    pub fn link(&self, name: &str) -> Result<LinkId, BuildError> {
        self.links.get(name).copied().ok_or_else(|| unknown("link", name, self.links.keys()))
    }

    /// A node's port by the interface's name.
    pub fn port(&self, node: &str, interface: &str) -> Result<Port, BuildError> {
        let id = self.node(node)?;
        let known = self.ports.get(&(node.into(), interface.into())).copied();
        known.ok_or_else(|| {
            let names = self.ports.keys().filter(|(owner, _)| owner == node).map(|(_, name)| name);
            unknown(&format!("interface of {} ", self.world.name(id)), interface, names)
        })
    }
}

fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a String>) -> BuildError {
    let known: Vec<&str> = known.map(String::as_str).collect();
    BuildError(format!("no {what} is called '{name}'; there are: {}", known.join(", ")))
}

impl Scenario {
    /// Builds the world for a run with this seed, watched by `sink`. No program runs yet.
    pub fn build(&self, seed: u64, sink: Box<dyn Sink>) -> Result<Built, BuildError> {
        let world = World::new(seed, self.epoch, sink);
        let mut built = Built { world, nodes: BTreeMap::new(), links: BTreeMap::new(), ports: BTreeMap::new() };
        for node in &self.nodes {
            built.add_node(node)?;
        }
        for link in &self.links {
            built.add_link(link)?;
        }
        Ok(built)
    }
}

impl Built {
    fn add_node(&mut self, spec: &NodeSpec) -> Result<(), BuildError> {
        let id = match spec.kind {
            Kind::Host | Kind::Router => self.world.add_host(&spec.name, spec.config.clone()),
            Kind::Switch(ports) => self.world.add_switch(&spec.name, ports),
        };
        if self.nodes.insert(spec.name.clone(), id).is_some() {
            return Err(BuildError(format!("two nodes are called '{}'", spec.name)));
        }
        if let Kind::Switch(ports) = spec.kind {
            self.ports.extend((0..ports).map(|n| ((spec.name.clone(), format!("port{n}")), Port(n))));
            return Ok(());
        }
        for interface in &spec.interfaces {
            let config = InterfaceConfig {
                link_type: interface.link_type,
                mtu: interface.mtu,
                ..InterfaceConfig::ethernet(&interface.name, mac_of(&spec.name, &interface.name))
            };
            let port = self.world.add_interface(id, config);
            self.ports.insert((spec.name.clone(), interface.name.clone()), port);
            self.world.with_host(id, |host| {
                for address in &interface.addresses {
                    host.add_address(port, *address);
                }
            });
        }
        for (to, via) in &spec.routes {
            let on_link = |interface: &super::InterfaceSpec| interface.addresses.iter().any(|cidr| cidr.contains(*via));
            let Some(port) = spec.interfaces.iter().position(on_link) else {
                let name = &spec.name;
                return Err(BuildError(format!("{name} has a route to {to} by {via}, but no interface in its network")));
            };
            let route = Route { to: *to, via: Some(*via), port: Port(port as u16) };
            self.world.with_host(id, |host| host.add_route(route));
        }
        Ok(())
    }

    fn add_link(&mut self, spec: &super::LinkSpec) -> Result<(), BuildError> {
        let mut ends = Vec::new();
        for (node, interface) in &spec.ends {
            ends.push((self.node(node)?, self.port(node, interface)?));
        }
        let link = self.world.connect_ways(ends[0], ends[1], spec.forth, spec.back);
        if spec.loss > 0.0 {
            self.world.rule(link, Box::new(Loss(spec.loss)));
        }
        match self.links.insert(spec.name.clone(), link) {
            None => Ok(()),
            Some(_) => Err(BuildError(format!("two links are called '{}'", spec.name))),
        }
    }
}

/// A hardware address that depends on the names alone, so that another host changes nobody's.
fn mac_of(node: &str, interface: &str) -> Mac {
    Mac::local(Rng::root(0).split("mac").split(node).split(interface).next_u32())
}
