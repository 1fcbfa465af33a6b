//! Stories of several switches on cables of 10 µs, in virtual time.

use std::collections::{BTreeMap, BTreeSet};

use base::event::{DropReason, LinkDrop, LinkFact};
use base::{Cx, Duration, Event, Fact, FrameSeen, Mac, Nic, NicInfo, NodeId, PacketId, Rng, Sink};
use proptest::prelude::*;
use wire::PacketBuf;

use super::*;
use crate::{Switch, SwitchConfig};

/// Bridge and port.
type End = (usize, u16);

#[derive(Default)]
struct Log(Vec<Event>);

impl Sink for Log {
    fn wants(&self, _: base::Kind) -> bool {
        true
    }
    fn nic(&mut self, _: Nic, _: NicInfo) {}
    fn frame(&mut self, _: FrameSeen<'_>) {}
    fn event(&mut self, event: Event) {
        self.0.push(event);
    }
    fn secret(&mut self, _: Instant, _: &str) {}
}

struct Net {
    now: Instant,
    bridges: Vec<Switch>,
    cables: BTreeMap<End, End>,
    flying: BTreeMap<(Instant, u64), (End, PacketBuf)>,
    sequence: u64,
    rng: Rng,
    log: Log,
    /// How long bridges think about BPDUs, beyond the cable.
    thinking: Duration,
    /// Frames other than BPDUs that hosts received: where, and which.
    received: Vec<(End, PacketId)>,
    /// Of so many BPDUs, one is lost; 0: none.
    lose_one_of: u64,
    /// How often each frame that is no BPDU was put on a cable between bridges.
    hops: BTreeMap<PacketId, usize>,
}

impl Net {
    /// Bridges with these priorities and `PORTS` ports each.
    fn new(priorities: &[u16]) -> Self {
        let bridge = |(index, priority): (usize, &u16)| {
            let settings = Rstp { priority: *priority, ..Rstp::new(Mac::local(100 + index as u32)) };
            Switch::new(SwitchConfig { spanning_tree: Some(settings), ..SwitchConfig::new(PORTS) })
        };
        Net::of(priorities.iter().enumerate().map(bridge).collect())
    }

    fn of(bridges: Vec<Switch>) -> Self {
        Net {
            now: Instant::ZERO,
            bridges,
            cables: BTreeMap::new(),
            flying: BTreeMap::new(),
            sequence: 0,
            rng: Rng::root(1),
            log: Log::default(),
            thinking: Duration::ZERO,
            received: Vec::new(),
            lose_one_of: 0,
            hops: BTreeMap::new(),
        }
    }

    fn with(&mut self, bridge: usize, act: impl FnOnce(&mut Switch, &mut Cx<'_>)) {
        let node = NodeId(bridge as u32);
        let mut cx = Cx { now: self.now, node, rng: &mut self.rng, sink: &mut self.log };
        act(&mut self.bridges[bridge], &mut cx);
        while let Some(port) = self.bridges[bridge].poll_ready() {
            while let Some(frame) = self.bridges[bridge].poll_frame(port) {
                self.transmit((bridge, port.0), frame);
            }
        }
    }

    fn transmit(&mut self, from: End, frame: PacketBuf) {
        let is_bpdu = Bpdu::of_frame(frame.head()).is_some();
        self.sequence += 1;
        match self.cables.get(&from) {
            Some(_) if is_bpdu && self.lose_one_of != 0 && self.rng.below(self.lose_one_of) == 0 => {}
            Some(to) => {
                if !is_bpdu {
                    *self.hops.entry(frame.id).or_default() += 1;
                }
                let thinking = if is_bpdu { self.thinking } else { Duration::ZERO };
                self.flying.insert((self.now + CABLE + thinking, self.sequence), (*to, frame));
            }
            None if is_bpdu => {}
            None => self.received.push((from, frame.id)),
        }
    }

    fn plug(&mut self, a: End, b: End) {
        self.cables.extend([(a, b), (b, a)]);
        for (bridge, port) in [a, b] {
            self.with(bridge, |switch, cx| switch.on_link(cx, Port(port), true));
        }
    }

    fn pull(&mut self, a: End) {
        let b = self.cables.remove(&a).unwrap();
        self.cables.remove(&b);
        self.flying.retain(|_, (to, _)| *to != a && *to != b);
        for (bridge, port) in [a, b] {
            self.with(bridge, |switch, cx| switch.on_link(cx, Port(port), false));
        }
    }

    /// A host, at a port that hears nothing.
    fn host(&mut self, end: End) {
        self.with(end.0, |switch, cx| switch.on_link(cx, Port(end.1), true));
    }

    fn send(&mut self, from: End, id: u64) {
        let bytes = [&Mac::BROADCAST.0[..], &Mac::local(7).0, &[0x88, 0xb5], b"hello"].concat();
        let frame = PacketBuf::from_vec(PacketId(id), bytes);
        self.with(from.0, |switch, cx| switch.on_frame(cx, Port(from.1), frame));
    }

    fn run(&mut self, span: Duration) {
        let end = self.now + span;
        loop {
            let arrival = self.flying.first_key_value().map(|((at, _), _)| *at);
            let timers = self.bridges.iter().enumerate().filter_map(|(index, bridge)| Some((bridge.poll_at()?, index)));
            let timer = timers.min();
            let next = arrival.into_iter().chain(timer.map(|(at, _)| at)).min();
            let Some(next) = next.filter(|next| *next <= end) else { break };
            self.now = next.max(self.now);
            if arrival == Some(next) {
                let (_, ((bridge, port), frame)) = self.flying.pop_first().unwrap();
                self.with(bridge, |switch, cx| switch.on_frame(cx, Port(port), frame));
            } else if let Some((_, bridge)) = timer {
                self.with(bridge, |switch, cx| switch.on_timer(cx));
            }
        }
        self.now = end;
    }

    fn part(&self, (bridge, port): End) -> (&'static str, &'static str) {
        self.bridges[bridge].role(Port(port)).unwrap()
    }

    /// The cables both of whose ends forward.
    fn open_cables(&self) -> Vec<(usize, usize)> {
        let open = |end: &End| self.part(*end).1 == "forwarding";
        self.cables.iter().filter(|(a, b)| a < b && open(a) && open(b)).map(|(a, b)| (a.0, b.0)).collect()
    }

    /// Whether the open cables are a tree that reaches all bridges, and all agree on the root.
    fn is_tree(&self) -> bool {
        let open = self.open_cables();
        let mut reached = BTreeSet::from([0]);
        for _ in &self.bridges {
            for (a, b) in &open {
                if reached.contains(a) || reached.contains(b) {
                    reached.extend([*a, *b]);
                }
            }
        }
        let root = self.bridges.iter().map(|bridge| bridge.root()).collect::<BTreeSet<_>>();
        reached.len() == self.bridges.len() && open.len() == self.bridges.len() - 1 && root.len() == 1
    }

    fn facts(&self, bridge: usize, port: u16) -> Vec<(Instant, BridgeFact)> {
        let fact = |event: &Event| match event.fact {
            Fact::Link(LinkFact::Bridge { port: at, fact }) if event.node.0 as usize == bridge && at.0 == port => {
                Some((event.at, fact))
            }
            _ => None,
        };
        self.log.0.iter().filter_map(fact).collect()
    }
}

/// A ring: port 1 of each to port 0 of the next.
fn ring(priorities: &[u16]) -> Net {
    let mut net = Net::new(priorities);
    for bridge in 0..priorities.len() {
        net.plug((bridge, 1), ((bridge + 1) % priorities.len(), 0));
    }
    net
}

/// A chain of `count` bridges, then more cables between any two of them, each at free ports.
fn cables(count: usize, more: Vec<(usize, usize)>) -> Vec<(End, End)> {
    let mut used = vec![0; count];
    let mut take = |bridge: usize| {
        used[bridge] += 1;
        (bridge, used[bridge] - 1)
    };
    let chain = (1..count).map(|bridge| (bridge - 1, bridge));
    let more = more.into_iter().map(|(a, b)| (a % count, b % count)).filter(|(a, b)| a != b);
    chain.chain(more).map(|(a, b)| (take(a), take(b))).collect()
}

/// Enough for all cables and a host.
const PORTS: u16 = 9;
const CABLE: Duration = Duration::from_micros(10);
const DEFAULT: u16 = 32768;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[test]
fn a_ring_of_three_is_a_tree_within_a_millisecond() {
    let mut net = ring(&[DEFAULT; 3]);
    net.run(ms(1));
    assert!(net.is_tree());
    assert_eq!([net.part((0, 0)), net.part((0, 1))], [("designated", "forwarding"); 2]);
    assert_eq!([net.part((1, 0)), net.part((1, 1))], [("root", "forwarding"), ("designated", "forwarding")]);
    assert_eq!([net.part((2, 0)), net.part((2, 1))], [("alternate", "discarding"), ("root", "forwarding")]);
}

#[test]
fn the_smallest_priority_is_the_root_then_the_smallest_address() {
    let mut net = ring(&[DEFAULT, 4096, DEFAULT, 8192]);
    net.run(ms(10));
    let root = |net: &Net| net.bridges[3].root().unwrap().mac;
    assert_eq!((net.is_tree(), root(&net)), (true, Mac::local(101)));
    let mut net = ring(&[DEFAULT; 4]);
    net.run(ms(10));
    assert_eq!((net.is_tree(), root(&net)), (true, Mac::local(100)));
}

#[test]
fn a_cut_ring_is_repaired_by_the_alternate_port_in_a_millisecond() {
    let mut net = ring(&[4096, DEFAULT, DEFAULT, DEFAULT]);
    net.host((1, 4));
    net.host((2, 4));
    net.run(Duration::from_secs(10));
    assert!(net.is_tree());
    net.send((2, 4), 1);
    net.run(ms(1));
    assert_eq!(net.received, [((1, 4), PacketId(1))]);
    // Bridge 2 reaches the root through 1; 3 is at the other side.
    assert_eq!(net.part((2, 0)), ("root", "forwarding"));
    net.pull((0, 1));
    net.run(ms(1));
    assert!(net.is_tree());
    assert_eq!(net.part((1, 1)), ("root", "forwarding"));
    net.send((2, 4), 2);
    net.run(ms(1));
    assert_eq!(net.received[1..], [((1, 4), PacketId(2))]);
    let flushed = (0..8).flat_map(|port| net.facts(2, port)).filter(|(_, fact)| *fact == BridgeFact::Flush).count();
    assert!(flushed > 0, "what was learned of the old way is forgotten");
}

#[test]
fn a_new_cable_makes_no_loop_and_a_better_root_takes_over() {
    let mut net = Net::new(&[8192, DEFAULT, DEFAULT, 4096]);
    for bridge in 0..2 {
        net.plug((bridge, 1), (bridge + 1, 0));
    }
    net.host((1, 4));
    net.run(Duration::from_secs(10));
    net.plug((2, 1), (3, 0));
    net.plug((3, 1), (0, 0));
    for id in 1..100 {
        net.send((1, 4), id);
        net.run(Duration::from_micros(10));
    }
    net.run(ms(10));
    assert!(net.is_tree());
    assert_eq!(net.bridges[1].root().unwrap().priority, 4096);
    // Each frame crosses three cables, and enters the fourth, from both ends perhaps while roles change.
    assert_eq!(net.hops.values().filter(|hops| **hops > 5).collect::<Vec<_>>(), [] as [&usize; 0]);
    assert!(net.flying.values().all(|(_, frame)| Bpdu::of_frame(frame.head()).is_some()), "a frame still circles");
}

#[test]
fn of_two_parallel_cables_one_forwards_and_the_other_takes_over() {
    let mut net = Net::new(&[4096, DEFAULT]);
    net.plug((0, 0), (1, 0));
    net.plug((0, 1), (1, 1));
    net.run(ms(10));
    assert_eq!([net.part((1, 0)), net.part((1, 1))], [("root", "forwarding"), ("alternate", "discarding")]);
    net.pull((1, 0));
    net.run(ms(1));
    assert_eq!([net.part((1, 0)), net.part((1, 1))], [("disabled", "discarding"), ("root", "forwarding")]);
}

#[test]
fn a_cable_between_two_ports_of_one_bridge_is_closed() {
    let mut net = Net::new(&[DEFAULT]);
    net.plug((0, 0), (0, 1));
    net.run(Duration::from_secs(60));
    assert_eq!([net.part((0, 0)), net.part((0, 1))], [("designated", "forwarding"), ("backup", "discarding")]);
}

#[test]
fn a_port_of_a_host_forwards_after_three_silent_seconds_or_at_once_when_it_is_told_so() {
    let ports = vec![RstpPort { edge: true, ..RstpPort::default() }];
    let settings = Rstp { ports, ..Rstp::new(Mac::local(1)) };
    let config = SwitchConfig { spanning_tree: Some(settings), ..SwitchConfig::new(2) };
    let mut net = Net::of(vec![Switch::new(config)]);
    net.host((0, 0));
    net.host((0, 1));
    assert_eq!([net.part((0, 0)).1, net.part((0, 1)).1], ["forwarding", "discarding"]);
    net.send((0, 1), 1);
    let blocked = net.log.0.last().unwrap().fact.clone();
    assert_eq!((blocked, net.received.len()), (Fact::Drop(DropReason::Link(LinkDrop::Blocked)), 0));
    net.run(Duration::from_secs(4));
    let role = BridgeFact::Role { role: "designated", state: "forwarding" };
    assert_eq!(net.facts(0, 1).last(), Some(&(Instant::ZERO + Duration::from_secs(3), role)));
    net.send((0, 1), 2);
    assert_eq!(net.received, [((0, 0), PacketId(2))]);
}

#[test]
fn a_silent_neighbour_is_not_believed_for_longer_than_three_hellos() {
    let mut net = ring(&[4096, DEFAULT, DEFAULT]);
    net.run(Duration::from_secs(5));
    assert_eq!(net.part((2, 1)), ("root", "forwarding"));
    // The way from the root to 2 dies, and nobody's port notices.
    net.cables.remove(&(0, 0));
    net.run(Duration::from_secs(7));
    assert_eq!(net.part((2, 0)), ("root", "forwarding"));
}

#[test]
fn a_way_of_less_cost_is_taken_though_it_has_more_bridges() {
    let slow = RstpPort { cost: RstpPort::cost_of(100_000_000), ..RstpPort::default() };
    assert_eq!((slow.cost, RstpPort::cost_of(1_000_000_000), RstpPort::cost_of(0)), (200_000, 20_000, 200_000_000));
    let mut net = ring(&[4096, DEFAULT, DEFAULT]);
    let settings = Rstp { ports: vec![RstpPort::default(), slow], ..Rstp::new(Mac::local(102)) };
    net.bridges[2] = Switch::new(SwitchConfig { spanning_tree: Some(settings), ..SwitchConfig::new(8) });
    net.host((2, 0));
    net.host((2, 1));
    net.run(Duration::from_secs(3));
    assert_eq!([net.part((2, 0)).0, net.part((2, 1)).0], ["root", "alternate"]);
}

#[test]
fn without_a_tree_a_ring_is_a_storm() {
    let mut net = Net::of((0..3).map(|_| Switch::new(SwitchConfig::new(3))).collect());
    for bridge in 0..3 {
        net.plug((bridge, 1), ((bridge + 1) % 3, 0));
    }
    net.send((0, 2), 1);
    net.run(ms(2500));
    assert!(net.hops[&PacketId(1)] > 10_000);
    let storms = |bridge| (0..4).flat_map(|port| net.facts(bridge, port)).count();
    assert_eq!([storms(0), storms(1), storms(2)], [3; 3], "told once a second");
}

#[test]
fn a_loop_without_a_tree_fills_the_queues() {
    let mut bridge = Switch::new(SwitchConfig { queue_frames: 10, ..SwitchConfig::new(3) });
    let (mut rng, mut log) = (Rng::root(1), Log::default());
    // Two of its ports are one cable, whose far ends are slower than what comes in.
    for _ in 0..20 {
        let bytes = [&Mac::BROADCAST.0[..], &Mac::local(7).0, &[0x88, 0xb5], b"hello"].concat();
        let mut cx = Cx { now: Instant::ZERO, node: NodeId(0), rng: &mut rng, sink: &mut log };
        bridge.on_frame(&mut cx, Port(0), PacketBuf::from_vec(PacketId(5), bytes));
    }
    assert_eq!(bridge.counters().queue_full, 20);
    let storms = log.0.iter().filter(|event| matches!(event.fact, Fact::Link(LinkFact::Bridge { .. }))).count();
    assert_eq!(storms, 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    /// A chain of all bridges, and more cables between any of them; then one is pulled.
    #[test]
    fn any_bridges_and_cables_become_a_tree(
        priorities in proptest::collection::vec(0u16..4, 2..=6),
        more in proptest::collection::vec((0usize..6, 0usize..6), 0..6),
        pulled in 0usize..12,
        lossy: bool,
    ) {
        let mut net = Net::new(&priorities.iter().map(|priority| priority * 4096).collect::<Vec<_>>());
        net.lose_one_of = if lossy { 5 } else { 0 };
        let cables = cables(priorities.len(), more);
        cables.iter().for_each(|(a, b)| net.plug(*a, *b));
        net.run(Duration::from_secs(if lossy { 60 } else { 5 }));
        net.lose_one_of = 0;
        net.run(Duration::from_secs(if lossy { 60 } else { 1 }));
        prop_assert!(net.is_tree(), "{:?}", net.open_cables());
        // The chain must stay whole.
        if let Some((end, _)) = cables[priorities.len() - 1..].get(pulled) {
            net.pull(*end);
            net.run(Duration::from_secs(5));
            prop_assert!(net.is_tree(), "{:?}", net.open_cables());
        }
    }

    /// Bridges think so long about BPDUs that a frame in a loop would go round often. Cables come and go, one at a time.
    #[test]
    fn no_frame_circles_while_cables_come_and_go(
        priorities in proptest::collection::vec(0u16..4, 3..=6),
        more in proptest::collection::vec((0usize..6, 0usize..6), 1..6),
        changes in proptest::collection::vec(0usize..12, 1..6),
    ) {
        let count = priorities.len();
        let mut net = Net::new(&priorities.iter().map(|priority| priority * 4096).collect::<Vec<_>>());
        net.thinking = ms(1);
        let cables = cables(count, more);
        for bridge in 0..count {
            net.host((bridge, PORTS - 1));
        }
        cables.iter().for_each(|(a, b)| net.plug(*a, *b));
        net.run(Duration::from_secs(10));
        let mut id = 0;
        for change in changes {
            let (a, b) = cables[change % cables.len()];
            if net.cables.contains_key(&a) { net.pull(a) } else { net.plug(a, b) }
            for _ in 0..200 {
                id += 1;
                net.send((id as usize % count, PORTS - 1), id);
                net.run(Duration::from_micros(100));
            }
            let most = net.hops.values().max().copied().unwrap_or(0);
            prop_assert!(most <= 2 * cables.len(), "a frame made {most} hops over {} cables", cables.len());
            net.run(Duration::from_secs(60));
        }
    }

    #[test]
    fn no_bpdu_makes_it_panic_or_stop_time(
        bpdus in proptest::collection::vec((0u16..4, proptest::collection::vec(any::<u8>(), 32), 0u8..4), 1..30),
    ) {
        let mut net = ring(&[DEFAULT; 2]);
        for (port, mut bytes, kind) in bpdus {
            let kind = [0, 2, 2, 0x80][usize::from(kind)];
            bytes.splice(..0, [0, 0, 2, kind]);
            let length = bytes.len() as u8 + 3;
            let head = [&stp::GROUP.0[..], &Mac::local(9).0, &[0, length, 0x42, 0x42, 3]].concat();
            let frame = PacketBuf::from_vec(PacketId(1), [head, bytes].concat());
            net.with(0, |switch, cx| switch.on_frame(cx, Port(port), frame));
            net.run(ms(100));
        }
        net.run(Duration::from_secs(200));
        prop_assert!(net.bridges[1].poll_at().is_some_and(|at| at > net.now));
    }
}
