//! What a fixture is built of: two hosts on one cable, on bare IP, through a router, by IPv6; and the world made of it.

use std::net::IpAddr;
use std::time::{Duration as WallSpan, SystemTime};

use base::{Cidr, Duration, Instant, LinkType, Mac, NodeId, Port};
use scope::{Recorder, Recording, Wants};
use sim::{Cable, LinkId, World};
use stack::{Config, Host, InterfaceConfig, Route};

use crate::seed::Seed;

/// What is to be built.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) link_type: LinkType,
    pub(crate) router: bool,
    pub(crate) v6: bool,
    /// Neighbours ask for each other's addresses; otherwise they know them.
    pub(crate) arp: bool,
    pub(crate) delay: Duration,
    pub(crate) rate_bps: u64,
    pub(crate) mtu: usize,
    /// Of the cable between the router and `b`.
    pub(crate) far_mtu: Option<usize>,
    pub(crate) queue_frames: usize,
    pub(crate) config_a: Config,
    pub(crate) config_b: Config,
    pub(crate) config_router: Config,
    /// Only host `a`; the test plays its peer.
    pub(crate) alone: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Plan {
            link_type: LinkType::Ethernet,
            router: false,
            v6: false,
            arp: false,
            delay: Duration::from_millis(10),
            rate_bps: 0,
            mtu: 1500,
            far_mtu: None,
            queue_frames: 1000,
            config_a: Config::default(),
            config_b: Config::default(),
            config_router: Config { forwarding: true, ..Config::default() },
            alone: false,
        }
    }
}

/// A world under test.
pub(crate) struct Built {
    pub(crate) world: World,
    pub(crate) recorder: Recorder,
    pub(crate) a: NodeId,
    /// The same as `a` for a host alone.
    pub(crate) b: NodeId,
    pub(crate) router: Option<NodeId>,
    /// From `a` towards `b`.
    pub(crate) links: Vec<LinkId>,
}

/// The calendar's moment at which every fixture starts.
pub(crate) fn epoch() -> SystemTime {
    SystemTime::UNIX_EPOCH + WallSpan::from_secs(1_700_000_000)
}

impl Plan {
    pub(crate) fn build(&self, seed: &Seed) -> Built {
        let (recorder, sink) = Recorder::new(Wants::ALL);
        let mut world = World::new(seed.value, epoch(), sink);
        let a = world.add_host("a", self.config_a.clone());
        self.interface(&mut world, a, "eth0", 1, self.mtu);
        if self.alone {
            world.open(a, Port(0));
            self.address(&mut world, a, Port(0), self.a());
            return Built { world, recorder, a, b: a, router: None, links: Vec::new() };
        }
        let b = world.add_host("b", self.config_b.clone());
        let mut built = Built { world, recorder, a, b, router: None, links: Vec::new() };
        if self.router {
            self.join_by_router(&mut built)
        } else {
            self.join_by_cable(&mut built)
        }
        built
    }

    fn join_by_cable(&self, built: &mut Built) {
        let Built { world, a, b, links, .. } = built;
        self.interface(world, *b, "eth0", 2, self.mtu);
        links.push(world.connect((*a, Port(0)), (*b, Port(0)), self.cable()));
        self.address(world, *a, Port(0), self.a());
        self.address(world, *b, Port(0), self.b());
        self.introduce(world, *a, Port(0), self.b(), 2);
        self.introduce(world, *b, Port(0), self.a(), 1);
    }

    fn join_by_router(&self, built: &mut Built) {
        let Built { world, a, b, links, router, .. } = built;
        let far_mtu = self.far_mtu.unwrap_or(self.mtu);
        let r = world.add_host("r", self.config_router.clone());
        *router = Some(r);
        self.interface(world, *b, "eth0", 2, self.mtu);
        self.interface(world, r, "eth0", 0x11, self.mtu);
        self.interface(world, r, "eth1", 0x12, far_mtu);
        links.push(world.connect((*a, Port(0)), (r, Port(0)), self.cable()));
        links.push(world.connect((r, Port(1)), (*b, Port(0)), self.cable()));
        let near = self.near_router();
        let far = host(self.b(), 254);
        for (node, port, address) in [(*a, 0, self.a()), (*b, 0, self.b()), (r, 0, near), (r, 1, far)] {
            self.address(world, node, Port(port), address);
        }
        for (node, via) in [(*a, near), (*b, far)] {
            let to = if self.v6 { Cidr::ANY_V6 } else { Cidr::ANY_V4 };
            let route = Route { to, via: Some(via.address()), port: Port(0) };
            world.with_host(node, |host| host.add_route(route));
        }
        for (node, port, other, mac) in
            [(*a, 0, near, 0x11), (*b, 0, far, 0x12), (r, 0, self.a(), 1), (r, 1, self.b(), 2)]
        {
            self.introduce(world, node, Port(port), other, mac);
        }
    }

    fn cable(&self) -> Cable {
        let new = if self.link_type == LinkType::Ip { Cable::new } else { Cable::ethernet };
        new(self.rate_bps, self.delay)
    }

    fn interface(&self, world: &mut World, node: NodeId, name: &str, mac: u32, mtu: usize) {
        let config = match self.link_type {
            LinkType::Ethernet => InterfaceConfig::ethernet(name, Mac::local(mac)),
            _ => InterfaceConfig::point_to_point(name),
        };
        world.add_interface(node, InterfaceConfig { mtu, queue_frames: self.queue_frames, ..config });
    }

    fn address(&self, world: &mut World, node: NodeId, port: Port, address: Cidr) {
        world.with_host(node, |host| host.add_address(port, address));
    }

    /// Tells a host its neighbour's hardware address, unless it is to ask for it.
    fn introduce(&self, world: &mut World, node: NodeId, port: Port, neighbor: Cidr, mac: u32) {
        if !self.arp {
            world.with_host(node, |host: &mut Host| host.add_neighbor(port, neighbor.address(), Mac::local(mac)));
        }
    }

    /// The address of `a`.
    pub(crate) fn a(&self) -> Cidr {
        self.on_net(1, 1)
    }

    /// The address of `b`: on the same network, or behind the router.
    pub(crate) fn b(&self) -> Cidr {
        self.on_net(if self.router { 2 } else { 1 }, 2)
    }

    /// The router's address on the network of `a`.
    pub(crate) fn near_router(&self) -> Cidr {
        host(self.a(), 254)
    }

    /// Documentation addresses (RFC 5737, RFC 3849).
    fn on_net(&self, net: u16, host: u8) -> Cidr {
        match (self.v6, net) {
            (true, _) => {
                let ip = std::net::Ipv6Addr::new(0x2001, 0xdb8, net, 0, 0, 0, 0, u16::from(host));
                Cidr::new(IpAddr::V6(ip), 64)
            }
            (false, 1) => Cidr::v4([192, 0, 2, host], 24),
            (false, _) => Cidr::v4([198, 51, 100, host], 24),
        }
    }
}

/// Another host on the same network.
fn host(on: Cidr, number: u8) -> Cidr {
    let address = match on.address() {
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            IpAddr::from([a, b, c, number])
        }
        IpAddr::V6(ip) => {
            let mut segments = ip.segments();
            segments[7] = u16::from(number);
            IpAddr::from(segments)
        }
    };
    Cidr::new(address, on.prefix())
}

impl Built {
    pub(crate) fn recording(&self) -> Recording {
        self.recorder.copy()
    }

    pub(crate) fn since_start(&self) -> Duration {
        self.world.now().since(Instant::ZERO)
    }
}
