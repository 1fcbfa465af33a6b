//! The network: a tree of Ethernets that routers join, each with one or two switches and a few hosts.
//!
//! ```text
//!   h1 ─┐              ┌─ h4        every Ethernet has its own MTU, every cable its own rate and delay,
//!   h2 ─┤s1├── r2 ──┤s2├─ h5        every host its own buffers, options and congestion control
//!   h3 ─┘              └─ r3 ── …
//! ```

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration as WallSpan, SystemTime};

use base::{Cidr, Duration, Mac, NodeId, Port, Sink};
use sim::{Cable, LinkId, World};
use stack::{Buffer, Config, CongestionControl, Ecn, InterfaceConfig, Route};

use crate::dice::Dice;

/// A network with its hosts.
pub(crate) struct Town {
    pub(crate) world: World,
    pub(crate) hosts: Vec<Resident>,
    /// Hosts and routers.
    pub(crate) stacks: Vec<NodeId>,
    pub(crate) links: Vec<LinkId>,
    /// What was drawn, line by line.
    pub(crate) described: String,
}

/// A host that runs programs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resident {
    pub(crate) node: NodeId,
    pub(crate) ip: IpAddr,
}

/// An Ethernet.
struct Lan {
    number: u8,
    /// Switch ports that are free.
    free: Vec<(NodeId, Port)>,
    mtu: usize,
    /// The Ethernet that is nearer to the first one, none for that itself.
    parent: Option<usize>,
    hosts: Vec<NodeId>,
}

impl Town {
    pub(crate) fn build(seed: u64, dice: &mut Dice, sink: Box<dyn Sink>) -> Town {
        let epoch = SystemTime::UNIX_EPOCH + WallSpan::from_secs(1_700_000_000);
        let world = World::new(seed, epoch, sink);
        let mut town =
            Town { world, hosts: Vec::new(), stacks: Vec::new(), links: Vec::new(), described: String::new() };
        let count = dice.one_of(&[1, 1, 2, 2, 3, 4]);
        let mut lans: Vec<Lan> = (0..count).map(|at| town.lan(at, dice)).collect();
        for lan in &mut lans {
            for _ in 0..if count == 1 { dice.between(2, 4) } else { dice.between(1, 3) } {
                town.host(lan, dice);
            }
        }
        for at in 1..lans.len() {
            town.router(&mut lans, at, dice);
        }
        town.give_routes(&lans);
        town
    }

    fn lan(&mut self, at: usize, dice: &mut Dice) -> Lan {
        let number = at as u8 + 1;
        let mtu = dice.one_of(&[1500, 1500, 1500, 1400, 1280, 576, 9000]);
        let _ = writeln!(self.described, "Ethernet {number}: MTU {mtu}");
        let ports = |switch: NodeId, from: u16| (from..PORTS).map(move |port| (switch, Port(port)));
        let first = self.world.add_switch(&format!("s{number}"), PORTS);
        let mut free: Vec<_> = ports(first, 1).collect();
        if dice.chance(0.3) {
            let second = self.world.add_switch(&format!("t{number}"), PORTS);
            self.cable((first, Port(0)), (second, Port(0)), dice);
            free.extend(ports(second, 1));
        }
        let parent = (at > 0).then(|| dice.between(0, at as u64 - 1) as usize);
        Lan { number, free, mtu, parent, hosts: Vec::new() }
    }

    fn host(&mut self, lan: &mut Lan, dice: &mut Dice) {
        let config = config(dice);
        let name = format!("h{}", self.hosts.len() + 1);
        let _ = writeln!(self.described, "{name} on Ethernet {}: {}", lan.number, describe(&config));
        let node = self.world.add_host(&name, config);
        let ip = Ipv4Addr::new(10, lan.number, 0, lan.hosts.len() as u8 + 1);
        self.plug(node, lan, ip, dice);
        lan.hosts.push(node);
        self.hosts.push(Resident { node, ip: ip.into() });
        self.stacks.push(node);
    }

    /// The router between an Ethernet and its parent.
    fn router(&mut self, lans: &mut [Lan], at: usize, dice: &mut Dice) {
        let parent = lans[at].parent.expect("only the first has none");
        let node =
            self.world.add_host(&format!("r{}", lans[at].number), Config { forwarding: true, ..Config::default() });
        self.stacks.push(node);
        for (side, own) in [(parent, 100 + lans[at].number), (at, 254)] {
            let ip = Ipv4Addr::new(10, lans[side].number, 0, own);
            self.plug(node, &mut lans[side], ip, dice);
        }
    }

    fn plug(&mut self, node: NodeId, lan: &mut Lan, ip: Ipv4Addr, dice: &mut Dice) {
        let [_, number, _, own] = ip.octets();
        let queue_frames = dice.magnitude(8.0, 1000.0) as usize;
        let name = format!("eth{number}");
        let mac = Mac::local(u32::from(number) << 8 | u32::from(own));
        let config = InterfaceConfig { mtu: lan.mtu, queue_frames, ..InterfaceConfig::ethernet(&name, mac) };
        let port = self.world.add_interface(node, config);
        self.world.with_host(node, |host| host.add_address(port, Cidr::new(ip.into(), 24)));
        let place = dice.0.below(lan.free.len() as u64) as usize;
        let socket = lan.free.swap_remove(place);
        self.cable((node, port), socket, dice);
    }

    fn cable(&mut self, a: (NodeId, Port), b: (NodeId, Port), dice: &mut Dice) {
        let rate = dice.magnitude(2e6, 1e9) as u64;
        let delay = dice.span(Duration::from_micros(5), Duration::from_millis(40));
        let link = self.world.connect(a, b, Cable::ethernet(rate, delay));
        let (a, b) = (self.world.name(a.0), self.world.name(b.0));
        let _ = writeln!(self.described, "cable {}: {a} to {b}, {:.1} Mbit/s, {delay}", link.0, rate as f64 / 1e6);
        self.links.push(link);
    }

    /// Routes of everyone to every Ethernet, along the tree.
    fn give_routes(&mut self, lans: &[Lan]) {
        for at in 0..lans.len() {
            for to in (0..lans.len()).filter(|to| *to != at) {
                let via = gateway(lans, at, to);
                for node in &lans[at].hosts {
                    self.route(*node, lans[to].number, via, Port(0));
                }
            }
        }
        // A router's port 0 is in the parent, its port 1 in the Ethernet that it is named after.
        for below in 1..lans.len() {
            let parent = lans[below].parent.expect("only the first has none");
            let node = self.world.node(&format!("r{}", lans[below].number)).expect("it was made");
            for to in (0..lans.len()).filter(|to| *to != below && *to != parent) {
                let (from, port) = if is_below(lans, to, below) { (below, Port(1)) } else { (parent, Port(0)) };
                self.route(node, lans[to].number, gateway(lans, from, to), port);
            }
        }
    }

    fn route(&mut self, node: NodeId, to: u8, via: Ipv4Addr, port: Port) {
        let route = Route { to: Cidr::v4([10, to, 0, 0], 24), via: Some(via.into()), port };
        self.world.with_host(node, |host| host.add_route(route));
    }
}

/// Whether `lan` is `top` or hangs below it.
fn is_below(lans: &[Lan], mut lan: usize, top: usize) -> bool {
    while lan != top {
        match lans[lan].parent {
            Some(parent) => lan = parent,
            None => return false,
        }
    }
    true
}

/// The router on Ethernet `at` that leads to Ethernet `to`.
fn gateway(lans: &[Lan], at: usize, to: usize) -> Ipv4Addr {
    if !is_below(lans, to, at) {
        return Ipv4Addr::new(10, lans[at].number, 0, 254);
    }
    let child = (0..lans.len()).find(|child| lans[*child].parent == Some(at) && is_below(lans, to, *child));
    let child = child.expect("`to` is below one of the children of `at`");
    Ipv4Addr::new(10, lans[at].number, 0, 100 + lans[child].number)
}

/// A host's choices. Why each is drawn is told by the test that lists them.
fn config(dice: &mut Dice) -> Config {
    let default = Config::default();
    let buffer = |dice: &mut Dice, usual: Buffer| {
        if dice.chance(0.5) { usual } else { Buffer::fixed(dice.magnitude(2_000.0, 500_000.0) as usize) }
    };
    Config {
        send_buffer: buffer(dice, default.send_buffer),
        receive_buffer: buffer(dice, default.receive_buffer),
        timestamps: dice.chance(0.8),
        window_scaling: dice.chance(0.8),
        sack: dice.chance(0.8),
        dsack: dice.chance(0.8),
        ecn: dice.one_of(&[Ecn::Off, Ecn::Answer, Ecn::Offer]),
        rack: dice.chance(0.7),
        frto: dice.chance(0.7),
        nagle: dice.chance(0.8),
        delayed_ack: Duration::from_millis(dice.one_of(&[0, 10, 40, 200, 500])),
        congestion: dice.one_of(&CongestionControl::ALL),
        initial_window: dice.one_of(&[1, 2, 4, 10, 10, 10]),
        restart_after_idle: dice.chance(0.8),
        min_rto: Duration::from_millis(dice.one_of(&[200, 200, 1000])),
        syn_cookies: dice.chance(0.8),
        mtu_probing: dice.chance(0.8),
        msl: Duration::from_secs(dice.one_of(&[1, 30])),
        ..default
    }
}

fn describe(config: &Config) -> String {
    let default = Config::default();
    let mut words = vec![config.congestion.name().to_owned()];
    let mut say = |differs: bool, what: String| words.extend(differs.then_some(what));
    say(config.send_buffer != default.send_buffer, format!("sends from {} bytes", config.send_buffer.most));
    say(config.receive_buffer != default.receive_buffer, format!("receives into {} bytes", config.receive_buffer.most));
    for (on, name) in [
        (config.timestamps, "timestamps"),
        (config.window_scaling, "window scaling"),
        (config.sack, "SACK"),
        (config.dsack, "D-SACK"),
        (config.rack, "RACK"),
        (config.frto, "F-RTO"),
        (config.nagle, "Nagle"),
        (config.restart_after_idle, "idle restart"),
        (config.syn_cookies, "SYN cookies"),
        (config.mtu_probing, "MTU probing"),
    ] {
        say(!on, format!("no {name}"));
    }
    say(config.ecn != default.ecn, format!("ECN {:?}", config.ecn));
    say(true, format!("IW {}", config.initial_window));
    say(true, format!("delayed ACK {}", config.delayed_ack));
    say(config.min_rto != default.min_rto, format!("least RTO {}", config.min_rto));
    words.join(", ")
}

/// Of each switch.
const PORTS: u16 = 12;
