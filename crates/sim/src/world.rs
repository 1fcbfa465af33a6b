//! A world: nodes, cables, programs and one queue of events.
//!
//! ```text
//!   step:  first event ──> node: on_frame / on_timer ──> poll_ready, poll_frame ──> cables ──> new events
//!                             │ wakers
//!                             v
//!          programs run until none is ready ──> touched hosts: poll_ready, poll_frame, poll_at ──> new events
//! ```
//! Events come in the order of (time, sequence number), programs in the order in which they were woken, touched hosts in
//! the order of their first call: a run is a function of what was built and the seed.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::time::SystemTime;

use base::event::LinkDrop;
use base::{Direction, Instant, Kind as SinkKind, LinkType, Mac, Nic, NicInfo, NodeId, Port, Rng, Sink};
use link::{Counters, Switch, SwitchConfig};
use net::{Net, Runtime, Task};
use stack::{Config, Host, InterfaceConfig, Node, Wake, Why};

use crate::cable::{Cable, LinkId, On, Way, WayState};
use crate::fabric::{Attachment, Fabric, Input, OpenPort, Place, Ports, RuleState};
use crate::flight::{Flights, Flying};
use crate::queue::{Alarm, Event, Queue};
use crate::rule::{Rule, RuleId};
use crate::seat::{Kind, Seat, SwitchNode};

/// A simulated internet, or a part of one.
///
/// Build it with `add_*`, [`connect`](World::connect) and [`spawn`](World::spawn); then let time pass by
/// [`step`](World::step), [`run_until`](World::run_until) or [`run_until_idle`](World::run_until_idle). Node ports that
/// were left [`open`](World::open) make it a [`Node`] itself: then its driver lets time pass.
pub struct World {
    pub(crate) fabric: Fabric,
    pub(crate) seats: Vec<Seat>,
    /// The nodes' names, apart from what every frame needs.
    pub(crate) names: Vec<String>,
    by_name: BTreeMap<String, NodeId>,
    runtime: Runtime,
    /// When the next program wakes up.
    sleep: Alarm,
    pub(crate) root: Rng,
    rules_made: u64,
    touched: Vec<NodeId>,
    events: u64,
    /// Events since time last moved.
    at_this_instant: u64,
    polls: u64,
}

/// How much work a world has done.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Stats {
    /// Events taken from the queue.
    pub events: u64,
    /// Frames put on a cable.
    pub frames: u64,
    /// Polls of programs.
    pub polls: u64,
    /// Events waiting.
    pub waiting: usize,
}

impl World {
    /// An empty world at [`Instant::ZERO`]. `epoch` is what its wall clocks show at that moment.
    pub fn new(seed: u64, epoch: SystemTime, sink: Box<dyn Sink>) -> Self {
        let runtime = Runtime::new(epoch);
        runtime.set_wanted(&*sink);
        World {
            fabric: Fabric {
                now: Instant::ZERO,
                queue: Queue::default(),
                ways: Vec::new(),
                flights: Flights::default(),
                rules: Vec::new(),
                strays: slab::Slab::new(),
                media: Vec::new(),
                lines: BTreeMap::new(),
                open: Vec::new(),
                open_ready: VecDeque::new(),
                wants_frames: sink.wants(SinkKind::Frame),
                sink,
                frames: 0,
            },
            seats: Vec::new(),
            names: Vec::new(),
            by_name: BTreeMap::new(),
            runtime,
            sleep: Alarm::OFF,
            root: Rng::root(seed),
            rules_made: 0,
            touched: Vec::new(),
            events: 0,
            at_this_instant: 0,
            polls: 0,
        }
    }

    // ---- building ------------------------------------------------------------------------------------------------

    /// A host without interfaces. Its random streams depend on the seed and its name alone.
    pub fn add_host(&mut self, name: &str, config: Config) -> NodeId {
        let id = self.next_id();
        let stream = self.node_stream(name);
        let host = Host::new(id, config, stream.split("stack"));
        let (_, machine) = self.runtime.attach(id, name, host, &stream);
        self.seat(name, Kind::Host(machine), 0)
    }

    /// Gives a host an interface. Interfaces are numbered from 0.
    pub fn add_interface(&mut self, node: NodeId, config: InterfaceConfig) -> Port {
        let info = NicInfo {
            node: self.name(node).into(),
            name: config.name.clone(),
            link_type: config.link_type,
            mac: (config.link_type == LinkType::Ethernet).then_some(config.mac),
        };
        let port = self.with_host(node, |host| host.add_interface(config));
        self.fabric.sink.nic(Nic { node, port }, info);
        self.seats[node.0 as usize].place.ports.reserve(port.0 + 1);
        port
    }

    /// A learning switch with `ports` ports and the usual limits.
    pub fn add_switch(&mut self, name: &str, ports: u16) -> NodeId {
        self.add_switch_with(name, SwitchConfig::new(ports))
    }

    /// A learning switch.
    pub fn add_switch_with(&mut self, name: &str, config: SwitchConfig) -> NodeId {
        let names: Vec<String> = (0..config.ports).map(|port| format!("port{port}")).collect();
        self.add_named_switch(name, config, &names)
    }

    /// A learning switch whose ports are called `names`, as many as it has.
    pub fn add_named_switch(&mut self, name: &str, config: SwitchConfig, names: &[String]) -> NodeId {
        let ports = config.ports;
        let node = SwitchNode(Switch::new(config));
        let id = self.seat(name, Kind::Switch(Box::new(node)), ports);
        for (port, port_name) in (0..ports).zip(names) {
            let info = NicInfo { node: name.into(), name: port_name.clone(), link_type: LinkType::Ethernet, mac: None };
            self.fabric.sink.nic(Nic { node: id, port: Port(port) }, info);
        }
        id
    }

    /// Any other node, with a name, a link type and perhaps a hardware address for each of its ports.
    pub fn add_node(&mut self, name: &str, node: Box<dyn Node>, ports: &[(&str, LinkType, Option<Mac>)]) -> NodeId {
        let id = self.seat(name, Kind::Other(node), ports.len() as u16);
        for (port, (nic, link_type, mac)) in ports.iter().enumerate() {
            let info = NicInfo { node: name.into(), name: (*nic).into(), link_type: *link_type, mac: *mac };
            self.fabric.sink.nic(Nic { node: id, port: Port(port as u16) }, info);
        }
        self.visit(id, Input::Nothing);
        id
    }

    /// Plugs a cable into two ports, the same both ways.
    pub fn connect(&mut self, a: (NodeId, Port), b: (NodeId, Port), cable: Cable) -> LinkId {
        self.connect_ways(a, b, cable, cable)
    }

    /// Plugs a cable into two ports: `forth` from `a` to `b`, and `back`.
    pub fn connect_ways(&mut self, a: (NodeId, Port), b: (NodeId, Port), forth: Cable, back: Cable) -> LinkId {
        let link = LinkId(self.fabric.rules.len() as u32);
        let [a, b] = [a, b].map(|(node, port)| Nic { node, port });
        self.attach(a, Attachment::Way(link.forth().index()));
        self.attach(b, Attachment::Way(link.back().index()));
        self.fabric.ways.push(WayState::new(b, forth));
        self.fabric.ways.push(WayState::new(a, back));
        self.fabric.rules.push(Vec::new());
        self.carrier(a, true);
        self.carrier(b, true);
        link
    }

    /// Tells a switch that a cable came or went; other nodes need not know.
    pub(crate) fn carrier(&mut self, nic: Nic, up: bool) {
        let Seat { place, kind } = &mut self.seats[nic.node.0 as usize];
        if let Kind::Switch(switch) = kind {
            switch.0.on_link(&mut self.fabric.cx(place), nic.port, up);
            self.visit(nic.node, Input::Nothing);
        }
    }

    /// Makes a node's port a port of the world: its frames come and go by the world's own [`Node`].
    pub fn open(&mut self, node: NodeId, port: Port) -> Port {
        let outer = Port(self.fabric.open.len() as u16);
        self.attach(Nic { node, port }, Attachment::Open(outer));
        self.fabric.open.push(OpenPort { nic: Nic { node, port }, listed: false });
        self.carrier(Nic { node, port }, true);
        outer
    }

    pub(crate) fn attach(&mut self, nic: Nic, attachment: Attachment) {
        let seat = &mut self.seats[nic.node.0 as usize];
        let name = &self.names[nic.node.0 as usize];
        let port = seat.place.ports.get_mut(nic.port);
        let port = port.unwrap_or_else(|| panic!("{name} has no port {}", nic.port.0));
        assert_eq!(*port, Attachment::Nothing, "port {} of {name} is taken", nic.port.0);
        *port = attachment;
    }

    fn next_id(&self) -> NodeId {
        NodeId(self.seats.len() as u32)
    }

    fn node_stream(&self, name: &str) -> Rng {
        self.root.split("node").split(name)
    }

    fn seat(&mut self, name: &str, kind: Kind, ports: u16) -> NodeId {
        let id = self.next_id();
        let known = self.by_name.insert(name.into(), id);
        assert!(known.is_none(), "two nodes are called {name}: their random streams would be the same");
        let rng = Box::new(self.node_stream(name).split("events"));
        let mut place = Place { id, rng, ports: Ports::default(), alarm: Alarm::OFF, off: false };
        place.ports.reserve(ports);
        self.seats.push(Seat { place, kind });
        self.names.push(name.into());
        id
    }

    // ---- faults --------------------------------------------------------------------------------------------------

    /// Puts a rule on a cable or on one of its ways, behind those that are there.
    pub fn rule(&mut self, on: impl Into<On>, rule: Box<dyn Rule>) -> RuleId {
        let on = on.into();
        let id = RuleId(self.rules_made);
        self.rules_made += 1;
        let link = on.link();
        let (a, b) = self.ends(link);
        let [a, b] = [a, b].map(|nic| format!("{}:{}", self.name(nic.node), nic.port.0));
        let rules = &mut self.fabric.rules[link.0 as usize];
        let number = rules.last().map_or(0, |last| last.number + 1);
        let stream = self.root.split("link").split(&a).split(&b).split(&number.to_string());
        rules.push(RuleState { id, number, on, rng: stream, rule });
        self.mark_ruled(link);
        id
    }

    /// Lifts a rule; false when it was lifted before.
    pub fn lift(&mut self, id: RuleId) -> bool {
        let place = self.fabric.rules.iter().position(|rules| rules.iter().any(|state| state.id == id));
        let Some(link) = place else { return false };
        self.fabric.rules[link].retain(|state| state.id != id);
        self.mark_ruled(LinkId(link as u32));
        true
    }

    fn mark_ruled(&mut self, link: LinkId) {
        let ruled = !self.fabric.rules[link.0 as usize].is_empty();
        for way in [link.forth(), link.back()] {
            self.fabric.ways[way.index() as usize].ruled = ruled;
        }
    }

    /// Pulls (`false`) or plugs (`true`) a cable. What is in flight when it is pulled is lost. A switch at its end knows at
    /// once, forgets whom it saw there, and looks for another way.
    pub fn set_link(&mut self, link: LinkId, up: bool) {
        self.fabric.set_link(link, up);
        let (a, b) = self.ends(link);
        for nic in [a, b] {
            self.carrier(nic, up);
        }
    }

    /// Lets a way carry frames otherwise from now on.
    pub fn set_cable(&mut self, way: Way, cable: Cable) {
        self.fabric.ways[way.index() as usize].set_cable(cable);
    }

    /// Drops all programs of a host. Their sockets are closed; the host itself goes on.
    pub fn kill(&mut self, node: NodeId) {
        let net = self.net(node);
        self.runtime.kill(&net);
        self.settle();
    }

    /// Switches a node off: its programs are dropped, it neither sends nor receives, and nothing of it is left to wait
    /// for.
    pub fn power_off(&mut self, node: NodeId) {
        let seat = &mut self.seats[node.0 as usize];
        seat.place.off = true;
        seat.place.alarm.set(Instant::FAR, self.fabric.now, &mut self.fabric.queue, Event::Wake(node.0));
        if matches!(seat.kind, Kind::Host(_)) {
            self.kill(node);
        }
        self.reset_lines(node);
    }

    /// Switches a node on again. A host starts anew, with its settings and interfaces, without addresses, routes and
    /// programs; its random streams are those of this start. A switch has learned nothing.
    pub fn power_on(&mut self, node: NodeId) {
        let stream = self.node_stream(self.name(node)).split("start").split(&self.fabric.now.nanos().to_string());
        let seat = &mut self.seats[node.0 as usize];
        if !std::mem::take(&mut seat.place.off) {
            return;
        }
        match &mut seat.kind {
            Kind::Host(machine) => {
                machine.visit(|host| host.reboot(stream.split("stack")));
                machine.net().set_resolvers(Vec::new());
            }
            Kind::Switch(switch) => switch.0.restart(&mut self.fabric.cx(&mut seat.place)),
            Kind::Other(_) => {}
        }
        self.visit(node, Input::Nothing);
    }

    // ---- nodes and programs --------------------------------------------------------------------------------------

    /// The handle of a host for its programs.
    pub fn net(&self, node: NodeId) -> Net {
        match &self.seats[node.0 as usize].kind {
            Kind::Host(machine) => machine.net().clone(),
            _ => panic!("{} is not a host", self.name(node)),
        }
    }

    /// Starts a program on a host.
    pub fn spawn<F>(&mut self, node: NodeId, future: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.net(node).spawn(future)
    }

    /// Calls into a host, then lets it send what there is to send.
    pub fn with_host<R>(&mut self, node: NodeId, act: impl FnOnce(&mut Host) -> R) -> R {
        let seat = &mut self.seats[node.0 as usize];
        match &mut seat.kind {
            Kind::Host(machine) => {
                let (fabric, place) = (&mut self.fabric, &mut seat.place);
                machine.visit(|host| {
                    let result = act(host);
                    if !place.off {
                        fabric.attend(place, host, Input::Nothing);
                    }
                    result
                })
            }
            _ => panic!("{} is not a host", self.names[node.0 as usize]),
        }
    }

    /// A switch, to be asked.
    pub fn switch(&self, node: NodeId) -> &Switch {
        match &self.seats[node.0 as usize].kind {
            Kind::Switch(switch) => &switch.0,
            _ => panic!("{} is not a switch", self.name(node)),
        }
    }

    /// What a switch has done so far.
    pub fn switch_counters(&self, node: NodeId) -> Counters {
        self.switch(node).counters()
    }

    /// A node's name.
    pub fn name(&self, node: NodeId) -> &str {
        &self.names[node.0 as usize]
    }

    /// The node called `name`.
    pub fn node(&self, name: &str) -> Option<NodeId> {
        self.by_name.get(name).copied()
    }

    /// How many nodes there are; their ids count from 0.
    pub fn nodes(&self) -> usize {
        self.seats.len()
    }

    /// The two ends of a cable, in the order in which they were given.
    pub fn ends(&self, link: LinkId) -> (Nic, Nic) {
        let [forth, back] = [link.forth(), link.back()].map(|way| self.fabric.ways[way.index() as usize].to);
        (back, forth)
    }

    // ---- time ----------------------------------------------------------------------------------------------------

    /// The present moment.
    pub fn now(&self) -> Instant {
        self.fabric.now
    }

    /// Lets programs run, then takes one event; false when there is none.
    pub fn step(&mut self) -> bool {
        self.settle();
        let Some(at) = self.next_at() else { return false };
        self.advance(at);
        self.settle();
        true
    }

    /// Lets time pass until `limit`, with all that happens until then and at that moment.
    pub fn run_until(&mut self, limit: Instant) {
        self.run_events(limit);
        self.set_now(self.fabric.now.max(limit));
    }

    /// Lets time pass until nothing is left to wait for: no program is ready, no event and no deadline is left. False
    /// when `limit` comes first.
    pub fn run_until_idle(&mut self, limit: Instant) -> bool {
        self.run_events(limit);
        if self.next_at().is_none() {
            return true;
        }
        self.set_now(self.fabric.now.max(limit));
        false
    }

    /// Takes all events up to `limit`.
    pub(crate) fn run_events(&mut self, limit: Instant) {
        self.settle();
        while let Some(at) = self.next_at().filter(|at| *at <= limit) {
            self.advance(at);
            self.settle();
        }
    }

    /// When the next event is. Entries that are about nothing any more are taken away.
    pub(crate) fn next_at(&mut self) -> Option<Instant> {
        let World { fabric, seats, sleep, .. } = self;
        loop {
            let first = fabric.queue.peek()?;
            let due = match first.event {
                Event::Wake(node) => seats[node as usize].place.alarm.check(first, &mut fabric.queue),
                Event::Sleep => sleep.check(first, &mut fabric.queue),
                Event::Line(index) => match fabric.lines.get_mut(&index) {
                    Some(end) => end.alarm.check(first, &mut fabric.queue),
                    None => fabric.holds(first),
                },
                Event::Medium(index) => fabric.media[index as usize].alarm.check(first, &mut fabric.queue),
                Event::Arrival(_) | Event::Stray(_) | Event::Free(_) => fabric.holds(first),
            };
            if due {
                return Some(first.at);
            }
        }
    }

    /// Takes the first event, whose time is `at`.
    fn advance(&mut self, at: Instant) {
        if at != self.fabric.now {
            self.set_now(at);
            self.at_this_instant = 0;
        }
        self.events += 1;
        self.at_this_instant += 1;
        assert!(self.at_this_instant < EVENTS_PER_INSTANT, "time stands still at {at}: {:?}", self.explain());
        let Some(first) = self.fabric.queue.take() else { return };
        match first.event {
            Event::Arrival(way) => {
                if let Some(flying) = self.fabric.land(way) {
                    self.arrive(way, flying);
                }
            }
            Event::Stray(slot) => {
                let stray = self.fabric.strays.remove(slot as usize);
                self.arrive(stray.way, stray.flying);
            }
            Event::Free(index) => {
                self.fabric.ways[index as usize].free_queued = false;
                let from = self.fabric.start(index);
                self.visit(from.node, Input::Free(from.port));
            }
            Event::Wake(node) => {
                self.seats[node as usize].place.alarm.taken();
                self.visit(NodeId(node), Input::Timer);
            }
            Event::Line(index) => self.on_line_timer(index),
            Event::Medium(index) => {
                self.fabric.media[index as usize].alarm.taken();
                self.on_medium(index as usize);
            }
            Event::Sleep => {
                self.sleep.taken();
                self.runtime.on_timer();
                self.sleep.set(
                    self.runtime.poll_at().unwrap_or(Instant::FAR),
                    at,
                    &mut self.fabric.queue,
                    Event::Sleep,
                );
            }
        }
        self.fabric.queue.close();
    }

    /// A frame has been received.
    fn arrive(&mut self, way: u32, flying: Flying) {
        let WayState { to, reliable, .. } = self.fabric.ways[way as usize];
        if reliable {
            return self.receive_on_line(to, Way::reverse(way), flying);
        }
        self.receive(to, flying);
    }

    pub(crate) fn receive(&mut self, to: Nic, flying: Flying) {
        if self.seats[to.node.0 as usize].place.off {
            return self.fabric.lose(to.node, &flying.frame, LinkDrop::NoCarrier);
        }
        if flying.damaged {
            return self.fabric.lose(to.node, &flying.frame, LinkDrop::Damaged);
        }
        if self.fabric.wants_frames {
            self.fabric.show(to, Direction::In, &flying.frame);
        }
        self.visit(to.node, Input::Frame(to.port, flying.frame));
    }

    pub(crate) fn visit(&mut self, node: NodeId, input: Input) {
        self.seats[node.0 as usize].visit(&mut self.fabric, input);
    }

    /// Runs programs and lets the hosts into which they called send, until both are still.
    #[inline]
    pub(crate) fn settle(&mut self) {
        while self.runtime.has_news() {
            self.turn();
        }
    }

    fn turn(&mut self) {
        self.polls += self.runtime.run() as u64;
        self.runtime.drain(&mut *self.fabric.sink);
        let mut touched = std::mem::take(&mut self.touched);
        self.runtime.take_touched(&mut touched);
        for node in touched.drain(..) {
            self.visit(node, Input::Nothing);
        }
        self.touched = touched;
        if self.runtime.take_new_sleepers() {
            let at = self.runtime.poll_at().unwrap_or(Instant::FAR);
            self.sleep.set(at, self.fabric.now, &mut self.fabric.queue, Event::Sleep);
        }
    }

    pub(crate) fn set_now(&mut self, now: Instant) {
        self.fabric.now = now;
        self.runtime.set_now(now);
    }

    // ---- questions -----------------------------------------------------------------------------------------------

    /// What each node waits for, in the order of the nodes; then which programs sleep, in the order of time.
    pub fn explain(&self) -> Vec<(String, Wake)> {
        let nodes = self.seats.iter().zip(&self.names).filter(|(seat, _)| !seat.place.off);
        let deadlines = nodes.flat_map(|(seat, name)| seat.waits().into_iter().map(|wake| (name.clone(), wake)));
        let sleeps = self.runtime.sleepers().into_iter();
        let sleeps = sleeps.map(|(node, at)| (self.name(node).to_string(), Wake { at, why: Why::Sleep }));
        deadlines.chain(sleeps).collect()
    }

    /// How much work was done so far.
    pub fn stats(&self) -> Stats {
        Stats { events: self.events, frames: self.fabric.frames, polls: self.polls, waiting: self.fabric.queue.len() }
    }

    /// Calls `notify` whenever another thread has given a program or a host something to do: for drivers that wait.
    pub fn on_activity(&self, notify: impl Fn() + Send + Sync + 'static) {
        self.runtime.on_activity(notify);
    }

    /// A random stream of the world's own, by name: for whoever builds it.
    pub fn stream(&self, name: &str) -> Rng {
        self.root.split("world").split(name)
    }
}

/// Events without time passing, at most: more is a loop of zero-time answers.
const EVENTS_PER_INSTANT: u64 = 1 << 26;
