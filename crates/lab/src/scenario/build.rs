//! From the value to a world that can run: names become ids, and what cannot be is refused by name.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use base::{Cidr, LinkType, Mac, Nic, NodeId, Port, Rng, Sink};
use sim::{Cable, LinkId, MediumId, PortVlan, Rstp, SwitchConfig, Tap, World};
use stack::{InterfaceConfig, Route};

use super::{Do, InterfaceSpec, Kind, LinkSpec, MediumSpec, NodeSpec, Scenario, WaySpec};
use crate::counterfactual::TwoWay;

/// A scenario whose parts do not fit together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BuildError(String);

impl BuildError {
    /// Something else that cannot be.
    pub(crate) fn new(what: String) -> Self {
        BuildError(what)
    }

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
    plugs: BTreeMap<(String, String), Plug>,
    media: BTreeMap<String, MediumId>,
    /// Which of them are the air.
    air: BTreeSet<MediumId>,
    /// Switches and access points.
    bridges: BTreeSet<String>,
}

/// Where a link can end.
struct Plug {
    port: Port,
    link_type: LinkType,
    /// The largest IP packet of the interface.
    mtu: usize,
    taken_by: Option<String>,
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

    /// What the frames on the link called `name` begin with.
    pub fn link_type(&self, name: &str) -> Result<LinkType, BuildError> {
        let link = self.link(name)?;
        let (end, _) = self.world.ends(link);
        let plug = |((node, _), plug): (&(String, String), &Plug)| {
            (self.nodes.get(node) == Some(&end.node) && plug.port == end.port).then_some(plug.link_type)
        };
        Ok(self.plugs.iter().find_map(plug).unwrap_or(LinkType::Ethernet))
    }

    /// A node's port by the interface's name.
    pub fn port(&self, node: &str, interface: &str) -> Result<Port, BuildError> {
        let id = self.node(node)?;
        let known = self.plugs.get(&(node.into(), interface.into()));
        known.map(|plug| plug.port).ok_or_else(|| {
            let names = self.plugs.keys().filter(|(owner, _)| owner == node).map(|(_, name)| name);
            unknown(&format!("interface of {}", self.world.name(id)), interface, names)
        })
    }
}

fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a String>) -> BuildError {
    let known: Vec<&str> = known.map(String::as_str).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    BuildError(format!("no {what} is called '{name}'; there are: {known}"))
}

impl Scenario {
    /// Builds the world for a run with this seed, watched by `sink`. No program runs yet.
    pub fn build(&self, seed: u64, sink: Box<dyn Sink>) -> Result<Built, BuildError> {
        let world = World::new(seed, self.epoch, sink);
        let mut built = Built {
            world,
            nodes: BTreeMap::new(),
            links: BTreeMap::new(),
            plugs: BTreeMap::new(),
            media: BTreeMap::new(),
            air: BTreeSet::new(),
            bridges: BTreeSet::new(),
        };
        for node in &self.nodes {
            built.add_node(node)?;
        }
        for link in &self.links {
            built.add_link(link)?;
        }
        for node in &self.nodes {
            built.hide(node)?;
        }
        for step in &self.timeline {
            built.check(&step.what)?;
        }
        Ok(built)
    }
}

impl Built {
    fn add_node(&mut self, spec: &NodeSpec) -> Result<(), BuildError> {
        if self.nodes.contains_key(&spec.name) {
            return Err(BuildError(format!("two nodes are called '{}'", spec.name)));
        }
        match &spec.kind {
            Kind::Host | Kind::Router => self.add_host(spec),
            Kind::Switch(ports) => {
                self.refuse_settings(spec, "switch")?;
                self.bridges.insert(spec.name.clone());
                let config = switch_config(spec, ports);
                let id = self.world.add_named_switch(&spec.name, config, ports);
                self.add_ports(spec, id, ports)
            }
            Kind::Medium(ports, medium) => {
                self.refuse_settings(spec, "medium")?;
                let id = match medium {
                    MediumSpec::Wire(config) => self.world.add_bus(&spec.name, *config),
                    MediumSpec::Air(config, _) => self.world.add_radio(&spec.name, *config),
                };
                self.media.insert(spec.name.clone(), id);
                if matches!(medium, MediumSpec::Air(..)) {
                    self.air.insert(id);
                }
                let node = self.world.node(&spec.name).unwrap_or_default();
                self.add_ports(spec, node, ports)
            }
            Kind::TwoWay => self.add_two_way(spec),
        }
    }

    fn refuse_settings(&self, spec: &NodeSpec, kind: &str) -> Result<(), BuildError> {
        if spec.interfaces.is_empty() && spec.routes.is_empty() && spec.programs.is_empty() {
            return Ok(());
        }
        let name = &spec.name;
        Err(BuildError(format!("{name} is a {kind}: it has ports only, no interfaces, routes or programs")))
    }

    fn add_ports(&mut self, spec: &NodeSpec, id: NodeId, names: &[String]) -> Result<(), BuildError> {
        self.nodes.insert(spec.name.clone(), id);
        for (port, name) in (0..).map(Port).zip(names) {
            self.add_plug(spec, name, port, LinkType::Ethernet, ETHERNET_MTU)?;
        }
        Ok(())
    }

    fn add_plug(
        &mut self,
        spec: &NodeSpec,
        name: &str,
        port: Port,
        link_type: LinkType,
        mtu: usize,
    ) -> Result<(), BuildError> {
        let plug = Plug { port, link_type, mtu, taken_by: None };
        match self.plugs.insert((spec.name.clone(), name.into()), plug) {
            None => Ok(()),
            Some(_) => Err(BuildError(format!("two interfaces of {} are called '{name}'", spec.name))),
        }
    }

    fn add_two_way(&mut self, spec: &NodeSpec) -> Result<(), BuildError> {
        let [interface] = spec.interfaces.as_slice() else {
            return Err(BuildError(format!("{} is a two-way server: it has one interface", spec.name)));
        };
        let mac = mac_of(&spec.name, &interface.name);
        let server = TwoWay::new(mac, interface.addresses.first().map(Cidr::address));
        let ports = [(interface.name.as_str(), LinkType::Ethernet, Some(mac))];
        let id = self.world.add_node(&spec.name, Box::new(server), &ports);
        self.add_ports(spec, id, std::slice::from_ref(&interface.name))
    }

    fn add_host(&mut self, spec: &NodeSpec) -> Result<(), BuildError> {
        let id = self.world.add_host(&spec.name, spec.config.clone());
        self.nodes.insert(spec.name.clone(), id);
        for interface in &spec.interfaces {
            let config = InterfaceConfig {
                link_type: interface.link_type,
                mtu: interface.mtu,
                queue_frames: interface.queue,
                mark_above: interface.mark_above,
                clamp_mss: interface.clamp_mss,
                ..InterfaceConfig::ethernet(&interface.name, mac_of(&spec.name, &interface.name))
            };
            let port = self.world.add_interface(id, config);
            self.add_plug(spec, &interface.name, port, interface.link_type, interface.mtu)?;
        }
        self.configure(spec)
    }

    /// Gives a host that has just been started what a person has set: addresses, routes, resolvers.
    pub(crate) fn configure(&mut self, spec: &NodeSpec) -> Result<(), BuildError> {
        let id = self.node(&spec.name)?;
        for (port, interface) in (0..).map(Port).zip(&spec.interfaces) {
            self.world.with_host(id, |host| {
                for address in &interface.addresses {
                    host.add_address(port, *address);
                }
            });
        }
        for (to, via) in &spec.routes {
            let on_link = |interface: &InterfaceSpec| interface.addresses.iter().any(|cidr| cidr.contains(*via));
            let Some(port) = spec.interfaces.iter().position(on_link) else {
                let name = &spec.name;
                return Err(BuildError(format!(
                    "{name} has a route to {to} by {via}, but no interface in its network"
                )));
            };
            let route = Route { to: *to, via: Some(*via), port: Port(port as u16) };
            self.world.with_host(id, |host| host.add_route(route));
        }
        self.world.net(id).set_resolvers(spec.resolvers.clone());
        Ok(())
    }

    fn add_link(&mut self, spec: &LinkSpec) -> Result<(), BuildError> {
        if self.links.contains_key(&spec.name) {
            return Err(BuildError(format!("two links are called '{}'", spec.name)));
        }
        for way in [&spec.forth, &spec.back] {
            way.check().map_err(|why| BuildError(format!("{}: {why}", spec.name)))?;
        }
        let ends = [self.plug(spec, 0)?, self.plug(spec, 1)?];
        let link = match self.shared(spec)? {
            Some((medium, station)) => self.add_tap(spec, medium, station, ends[station])?,
            None => self.join(spec, ends)?,
        };
        self.links.insert(spec.name.clone(), link);
        Ok(())
    }

    /// The medium at one end of a link, and the number of the other end.
    fn shared(&self, spec: &LinkSpec) -> Result<Option<(MediumId, usize)>, BuildError> {
        let medium = |end: usize| self.media.get(&spec.ends[end].0).copied();
        match (medium(0), medium(1)) {
            (None, None) => Ok(None),
            (Some(medium), None) => Ok(Some((medium, 1))),
            (None, Some(medium)) => Ok(Some((medium, 0))),
            (Some(_), Some(_)) => {
                let [(a, _), (b, _)] = &spec.ends;
                let name = &spec.name;
                Err(BuildError(format!("{name} joins two media, {a} and {b}: put a switch or a router in between")))
            }
        }
    }

    fn add_tap(&mut self, spec: &LinkSpec, medium: MediumId, station: usize, at: End) -> Result<LinkId, BuildError> {
        let (node, interface) = &spec.ends[station];
        let (id, port) = at.0;
        // A bridge wants all frames; on the air it is the access point.
        let bridges = self.bridges.contains(node);
        let address = (!bridges).then(|| mac_of(node, interface));
        if bridges && self.air.contains(&medium) {
            self.world.announce(Nic { node: id, port }, interface, LinkType::Radiotap, None);
        }
        Ok(self.world.share(id, port, medium, Tap { address, place: spec.forth.cable.delay }))
    }

    fn join(&mut self, spec: &LinkSpec, [a, b]: [End; 2]) -> Result<LinkId, BuildError> {
        if a.1 != b.1 {
            let [(node, interface), (other, far)] = &spec.ends;
            let kinds = [a.1, b.1].map(kind_of);
            return Err(BuildError(format!(
                "{} joins what does not fit: {node}:{interface} is {}, {other}:{far} is {}",
                spec.name, kinds[0], kinds[1]
            )));
        }
        let Some(arq) = &spec.arq else {
            return Ok(self.world.connect_ways(a.0, b.0, spec.forth.cable, spec.back.cable));
        };
        let [first, second] = &spec.ends;
        let mtu = |end: &(String, String)| self.plugs.get(end).map_or(ETHERNET_MTU, |plug| plug.mtu);
        let macs = [first, second].map(|(node, interface)| mac_of(node, interface));
        let ways = [spec.forth.cable, spec.back.cable];
        let configs = arq.configs([&first.0, &second.0], macs, ways, mtu(first).max(mtu(second)));
        let link = self.world.connect_reliable(a.0, b.0, ways, configs);
        link.map_err(|error| BuildError(format!("{}: {error}", spec.name)))
    }

    /// The stations of a radio cell that do not hear each other.
    fn hide(&mut self, spec: &NodeSpec) -> Result<(), BuildError> {
        let Kind::Medium(_, MediumSpec::Air(_, hidden)) = &spec.kind else { return Ok(()) };
        let Some(medium) = self.media.get(&spec.name).copied() else { return Ok(()) };
        for [a, b] in hidden {
            let (a, b) = (self.node(a)?, self.node(b)?);
            self.world.hide(medium, a, b);
        }
        Ok(())
    }

    /// Takes one end of a link.
    fn plug(&mut self, spec: &LinkSpec, end: usize) -> Result<End, BuildError> {
        let (node, interface) = &spec.ends[end];
        let at = (self.node(node)?, self.port(node, interface)?);
        let Some(plug) = self.plugs.get_mut(&(node.clone(), interface.clone())) else {
            return Err(BuildError(format!("{node} has no {interface}")));
        };
        if let Some(other) = plug.taken_by.replace(spec.name.clone()) {
            return Err(BuildError(format!(
                "{node}:{interface} is taken by {other}, so {} cannot end there",
                spec.name
            )));
        }
        Ok((at, plug.link_type))
    }

    /// Whether what the timeline names is there.
    fn check(&self, what: &Do) -> Result<(), BuildError> {
        match what {
            Do::SetLink { link, .. } => self.link(link).map(|_| ()),
            Do::Change { link, patch, .. } => {
                let mut way = WaySpec::new(Cable::IDEAL);
                patch.apply(&mut way);
                way.check().map_err(|why| BuildError(format!("{link}: {why}")))?;
                self.link(link).map(|_| ())
            }
            Do::Frames(chosen) => {
                self.link(&chosen.link)?;
                chosen.from.iter().try_for_each(|node| self.node(node).map(|_| ()))
            }
            Do::Crash { node } | Do::Restart { node } | Do::Skew { node, .. } => self.node(node).map(|_| ()),
            Do::Partition { groups } => groups.iter().flatten().try_for_each(|node| self.node(node).map(|_| ())),
            Do::Heal | Do::Kill(_) => Ok(()),
        }
    }
}

fn switch_config(spec: &NodeSpec, ports: &[String]) -> SwitchConfig {
    let tree = spec.spanning_tree.map(|priority| Rstp { priority, ..Rstp::new(mac_of(&spec.name, "bridge")) });
    let of = |port: &String| spec.vlans.iter().find(|(name, _)| name == port).map(|(_, vlan)| vlan.clone());
    let vlans = match spec.vlans.is_empty() {
        true => Vec::new(),
        false => ports.iter().map(|port| of(port).unwrap_or(PortVlan::Access(1))).collect(),
    };
    SwitchConfig { spanning_tree: tree, vlans, ..SwitchConfig::new(ports.len() as u16) }
}

/// Where a link ends: a port, and how its frames are written.
type End = ((NodeId, Port), LinkType);

const fn kind_of(link_type: LinkType) -> &'static str {
    match link_type {
        LinkType::Ethernet => "Ethernet",
        LinkType::Ip => "a line of bare IP",
        LinkType::Ax25 | LinkType::Llc => "a reliable line",
        LinkType::Radiotap => "a radio",
    }
}

/// The usual largest IP packet, bytes.
const ETHERNET_MTU: usize = 1500;

/// A hardware address that depends on the names alone, so that another host changes nobody's.
pub(crate) fn mac_of(node: &str, interface: &str) -> Mac {
    Mac::local(Rng::root(0).split("mac").split(node).split(interface).next_u32())
}

#[cfg(test)]
mod tests;
