//! A world as a value: what stands where, what joins it, what runs on it, what happens when, and what is expected.

mod addressing;
mod build;
mod kill;
mod link;
mod medium;
mod timeline;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration as WallDuration, SystemTime};

use base::{Cidr, Duration, LinkType, Mac};
use sim::{Cable, PortVlan};
use stack::{Config, InterfaceConfig};

pub(crate) use build::mac_of;
pub use build::{BuildError, Built};
pub use kill::{Kill, WrongKill};
pub use link::{LinkSpec, Loss, WayPatch, WaySpec};
pub(crate) use medium::most_allowed;
pub use medium::{ArqFraming, ArqSpec, MediumSpec};
pub use timeline::{At, Chosen, Do, Heading};

use crate::expect::Expectation;
use crate::program::Program;

/// A world, ready to be run with a seed.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What it is called.
    pub name: String,
    /// The date on which it begins. A simulation's is fixed; a live world's is today.
    pub epoch: SystemTime,
    /// Hosts, routers, switches.
    pub nodes: Vec<NodeSpec>,
    /// Cables.
    pub links: Vec<LinkSpec>,
    /// Names, beside those of the nodes, by which programs may call an address.
    pub names: Vec<(String, IpAddr)>,
    /// What happens when.
    pub timeline: Vec<At>,
    /// What must be true at the end.
    pub expectations: Vec<Expectation>,
    /// When a run is ended that does not end by itself.
    pub limit: Duration,
    /// How long a run goes on after its last program and the last entry of its timeline, so that the last segments arrive.
    pub linger: Duration,
}

/// A node.
#[derive(Clone, Debug)]
pub struct NodeSpec {
    /// Its name, unique in the world.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Its interfaces, in the order of their ports.
    pub interfaces: Vec<InterfaceSpec>,
    /// Where packets go that are not for a network of its own: network, router.
    pub routes: Vec<(Cidr, IpAddr)>,
    /// The DNS servers that its programs ask.
    pub resolvers: Vec<IpAddr>,
    /// What runs on it.
    pub programs: Vec<Run>,
    /// The settings of its stack.
    pub config: Config,
    /// A switch takes part in the spanning tree (RSTP) with this priority; the lowest becomes the root.
    pub spanning_tree: Option<u16>,
    /// The virtual LANs of a switch's ports; a port of which nothing is said is in VLAN 1. None: there are none.
    pub vlans: Vec<(String, PortVlan)>,
}

/// A program of a node, and when it runs.
#[derive(Clone, Debug)]
pub struct Run {
    /// What runs.
    pub program: Arc<dyn Program>,
    /// When it is started, counted from the start of its node.
    pub start: Duration,
    /// Whether a run does not wait for its end; none: as the program itself says.
    pub background: Option<bool>,
}

/// What a node is.
#[derive(Clone, PartialEq, Debug)]
pub enum Kind {
    /// An end system.
    Host,
    /// A host that forwards.
    Router,
    /// A learning switch with ports of these names.
    Switch(Vec<String>),
    /// A medium that stations share, with ports of these names.
    Medium(Vec<String>, MediumSpec),
    /// A server that believes a connection to be open once it has answered the SYN: a counterfactual.
    TwoWay,
}

/// An interface of a host or router.
#[derive(Clone, Debug)]
pub struct InterfaceSpec {
    /// `eth0`.
    pub name: String,
    /// Ethernet, or bare IP on a line between two.
    pub link_type: LinkType,
    /// Addresses that it has from the start.
    pub addresses: Vec<Cidr>,
    /// Largest IP packet, bytes.
    pub mtu: usize,
    /// Frames that may wait in front of the medium, at most (drop-tail).
    pub queue: usize,
    /// Mark packets of ECN connections while more than so many frames wait (RFC 3168).
    pub mark_above: Option<usize>,
    /// Lower the MSS that passing SYNs offer to what fits.
    pub clamp_mss: bool,
    /// It gets its address from a DHCP server: none is computed for it.
    pub dynamic: bool,
}

impl Scenario {
    /// An empty world that begins on the first of January 2026.
    pub fn new(name: &str) -> Self {
        Scenario {
            name: name.into(),
            epoch: SystemTime::UNIX_EPOCH + WallDuration::from_secs(EPOCH_2026),
            nodes: Vec::new(),
            links: Vec::new(),
            names: Vec::new(),
            timeline: Vec::new(),
            expectations: Vec::new(),
            limit: Duration::from_secs(3600),
            linger: Duration::from_secs(2),
        }
    }

    /// Adds a node.
    pub fn node(mut self, node: NodeSpec) -> Self {
        self.nodes.push(node);
        self
    }

    /// Joins two interfaces, given as `node:interface`, by a cable that is the same both ways.
    pub fn link(self, name: &str, a: &str, b: &str, cable: Cable) -> Self {
        self.asymmetric_link(name, a, b, cable, cable)
    }

    /// Joins two interfaces by a cable whose ways differ: `forth` from `a` to `b`, and `back`.
    pub fn asymmetric_link(mut self, name: &str, a: &str, b: &str, forth: Cable, back: Cable) -> Self {
        let end = |text: &str| match text.split_once(':') {
            Some((node, interface)) => (node.to_owned(), interface.to_owned()),
            None => (text.to_owned(), String::new()),
        };
        let (forth, back) = (WaySpec::new(forth), WaySpec::new(back));
        self.links.push(LinkSpec { name: name.into(), ends: [end(a), end(b)], forth, back, arq: None });
        self
    }

    /// Joins two nodes by a cable: each gets one more interface, called `eth0`, `eth1`, … in the order of the calls, and
    /// the link is called after both.
    pub fn join(mut self, a: &str, b: &str, cable: Cable) -> Self {
        let ends =
            [a, b].map(|name| (name.to_owned(), self.node_mut(name).map(NodeSpec::one_more).unwrap_or_default()));
        let (forth, back) = (WaySpec::new(cable), WaySpec::new(cable));
        self.links.push(LinkSpec { name: format!("{a}-{b}"), ends, forth, back, arq: None });
        self
    }

    /// Something happens `at` a moment.
    pub fn at(mut self, at: Duration, what: Do) -> Self {
        self.timeline.push(At { at, what });
        self
    }

    /// Something must be true at the end.
    pub fn expect(mut self, expectation: Expectation) -> Self {
        self.expectations.push(expectation);
        self
    }

    /// The node called `name`, to be changed.
    pub fn node_mut(&mut self, name: &str) -> Option<&mut NodeSpec> {
        self.nodes.iter_mut().find(|node| node.name == name)
    }

    /// The link called `name`, to be changed.
    pub fn link_mut(&mut self, name: &str) -> Option<&mut LinkSpec> {
        self.links.iter_mut().find(|link| link.name == name)
    }
}

impl NodeSpec {
    fn new(name: &str, kind: Kind) -> Self {
        let config = Config { forwarding: kind == Kind::Router, ..Config::default() };
        NodeSpec {
            name: name.into(),
            kind,
            interfaces: Vec::new(),
            routes: Vec::new(),
            resolvers: Vec::new(),
            programs: Vec::new(),
            config,
            spanning_tree: None,
            vlans: Vec::new(),
        }
    }

    /// An end system.
    pub fn host(name: &str) -> Self {
        Self::new(name, Kind::Host)
    }

    /// A host that forwards.
    pub fn router(name: &str) -> Self {
        Self::new(name, Kind::Router)
    }

    /// A learning switch whose ports are called `port0`, `port1`, …
    pub fn switch(name: &str, ports: u16) -> Self {
        Self::new(name, Kind::Switch((0..ports).map(|port| format!("port{port}")).collect()))
    }

    /// With an Ethernet interface and its addresses.
    pub fn ethernet(self, name: &str, addresses: &[Cidr]) -> Self {
        self.interface(name, LinkType::Ethernet, addresses)
    }

    /// With one end of a line that carries bare IP packets.
    pub fn line(self, name: &str, addresses: &[Cidr]) -> Self {
        self.interface(name, LinkType::Ip, addresses)
    }

    fn interface(mut self, name: &str, link_type: LinkType, addresses: &[Cidr]) -> Self {
        let usual = InterfaceSpec::new(name, link_type);
        self.interfaces.push(InterfaceSpec { addresses: addresses.into(), ..usual });
        self
    }

    /// Adds an interface, or a port, and says how it is called.
    fn one_more(&mut self) -> String {
        match &mut self.kind {
            Kind::Switch(ports) | Kind::Medium(ports, _) => {
                let free = |n: &usize| !ports.contains(&format!("port{n}"));
                let name = format!("port{}", (0..).find(free).unwrap_or_default());
                ports.push(name.clone());
                name
            }
            Kind::Host | Kind::Router | Kind::TwoWay => {
                let name = format!("eth{}", self.interfaces.len());
                self.interfaces.push(InterfaceSpec::new(&name, LinkType::Ethernet));
                name
            }
        }
    }

    /// With a route by a router.
    pub fn route(mut self, to: Cidr, via: [u8; 4]) -> Self {
        self.routes.push((to, via.into()));
        self
    }

    /// With a program that is started with the node.
    pub fn run(self, program: impl Program) -> Self {
        self.run_at(Duration::ZERO, program)
    }

    /// With a program that is started later.
    pub fn run_at(mut self, start: Duration, program: impl Program) -> Self {
        self.programs.push(Run { program: Arc::new(program), start, background: None });
        self
    }

    /// The addresses that it has from the start.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.interfaces.iter().flat_map(|interface| &interface.addresses).map(Cidr::address)
    }

    /// Whether programs run on it.
    pub fn is_host(&self) -> bool {
        matches!(self.kind, Kind::Host | Kind::Router)
    }
}

impl InterfaceSpec {
    /// With the usual settings and no address.
    pub fn new(name: &str, link_type: LinkType) -> Self {
        let usual = InterfaceConfig::ethernet(name, Mac::default());
        InterfaceSpec {
            name: name.into(),
            link_type,
            addresses: Vec::new(),
            mtu: usual.mtu,
            queue: usual.queue_frames,
            mark_above: None,
            clamp_mss: false,
            dynamic: false,
        }
    }
}

/// 2026-01-01T00:00:00Z.
const EPOCH_2026: u64 = 1_767_225_600;
