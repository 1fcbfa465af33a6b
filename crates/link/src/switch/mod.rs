//! A learning switch (IEEE 802.1D clause 7): frames go where their destination was last seen, else everywhere.
//!
//! ```text
//!   on_frame(port) ──> its VLAN ──> learn(source, port) ──> lookup(destination) ─┬─ known ──> that port's queue ──> poll_frame
//!      │                                                                         ├─ same port: filtered
//!      └─ BPDU ──> spanning tree: which ports forward                            └─ unknown or group ──> all other queues
//! ```
//! The drive is that of a `stack::Node`: input by [`Switch::on_frame`], [`Switch::on_timer`] and [`Switch::on_link`], then
//! [`Switch::poll_ready`] until it is `None`, [`Switch::poll_frame`] for the ports that it named, and [`Switch::poll_at`].
//! Only the spanning tree has a timer: an address that is too old is forgotten when it is looked up.

mod config;
mod rstp;
mod storm;
mod table;
mod vlan;

use std::collections::VecDeque;

use base::event::{BridgeFact, DropReason, LinkDrop, LinkFact};
use base::{Cx, Fact, Instant, Kind, Mac, Nic, PacketId, Port};
use wire::PacketBuf;
use wire::stp::{self, Bpdu, BridgeId};
use wire::vlan::Tag;

pub use config::{PortVlan, Rstp, RstpPort, SwitchConfig};
use rstp::Tree;
use storm::StormWatch;
use table::Table;
use vlan::Vlans;

/// How many frames went which way.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counters {
    /// To the one port where the destination is.
    pub forwarded: u64,
    /// To all other ports.
    pub flooded: u64,
    /// Nowhere: the destination is where the frame came from, or the address is never forwarded.
    pub filtered: u64,
    /// Nowhere: no Ethernet frame.
    pub malformed: u64,
    /// Copies that found a full queue.
    pub queue_full: u64,
    /// Nowhere: of a VLAN to which the port does not belong.
    pub wrong_vlan: u64,
    /// Nowhere: the spanning tree blocks the port where they came from, or where they would go.
    pub blocked: u64,
}

/// A learning switch.
pub struct Switch {
    table: Table,
    vlans: Vlans,
    ports: Vec<PortQueue>,
    /// Ports that have frames and were not named yet.
    ready: VecDeque<Port>,
    queue_frames: usize,
    counters: Counters,
    protection: Protection,
}

/// What is done about loops.
enum Protection {
    /// They are told.
    Watch(StormWatch),
    /// There are none.
    Tree(Box<Bridge>),
}

/// The spanning tree, and what its BPDUs are made with.
struct Bridge {
    tree: Tree,
    settings: Rstp,
    /// BPDUs built so far.
    built: u64,
}

#[derive(Default)]
struct PortQueue {
    /// BPDUs: before all others.
    control: VecDeque<PacketBuf>,
    frames: VecDeque<PacketBuf>,
    /// Whether the driver was, or is about to be, told to poll this port.
    listed: bool,
}

impl Switch {
    /// A switch that has learned nothing yet. With a spanning tree, its ports are down until [`Switch::on_link`].
    pub fn new(config: SwitchConfig) -> Self {
        let protection = match config.spanning_tree {
            None => Protection::Watch(StormWatch::new()),
            Some(settings) => {
                let tree = Tree::new(&settings, config.ports);
                Protection::Tree(Box::new(Bridge { tree, settings, built: 0 }))
            }
        };
        Switch {
            table: Table::new(config.addresses, config.ageing),
            vlans: Vlans::new(config.vlans, config.ports),
            ports: (0..config.ports).map(|_| PortQueue::default()).collect(),
            ready: VecDeque::new(),
            queue_frames: config.queue_frames,
            counters: Counters::default(),
            protection,
        }
    }

    /// A frame arrived at `port`.
    pub fn on_frame(&mut self, cx: &mut Cx<'_>, port: Port, mut frame: PacketBuf) {
        if frame.head().len() < ADDRESSES_LEN {
            frame.flatten();
        }
        let Some((destination, source)) = addresses(frame.head()).filter(|(_, source)| !source.is_group()) else {
            self.counters.malformed += 1;
            return discard(cx, &frame, LinkDrop::Malformed);
        };
        let tag = self.vlans.ingress(port, &mut frame);
        let (learns, forwards) = match &self.protection {
            Protection::Watch(_) => (true, true),
            Protection::Tree(bridge) => (bridge.tree.learns(port), bridge.tree.forwards(port)),
        };
        if let Some(tag) = tag.filter(|_| learns) {
            self.table.learn(cx.now, tag.vid, source, port);
        }
        if is_reserved(destination) {
            return self.on_reserved(cx, port, destination, frame);
        }
        let Some(tag) = tag else {
            self.counters.wrong_vlan += 1;
            return discard(cx, &frame, LinkDrop::WrongVlan);
        };
        if !forwards {
            self.counters.blocked += 1;
            return discard(cx, &frame, LinkDrop::Blocked);
        }
        if let Protection::Watch(watch) = &mut self.protection
            && watch.is_storm(cx.now, frame.id)
        {
            record(cx, frame.id, port, BridgeFact::Storm);
        }
        self.relay(cx, port, destination, tag, frame);
    }

    /// Sends a frame where its destination is, or everywhere.
    fn relay(&mut self, cx: &mut Cx<'_>, port: Port, destination: Mac, tag: Tag, frame: PacketBuf) {
        let known = if destination.is_group() { None } else { self.table.lookup(cx.now, tag.vid, destination) };
        match known {
            Some(out) if out == port => self.counters.filtered += 1,
            Some(out) if !self.may_leave(out, tag.vid) => {
                self.counters.blocked += 1;
                discard(cx, &frame, LinkDrop::Blocked);
            }
            Some(out) => {
                self.counters.forwarded += 1;
                self.enqueue(cx, out, tag, frame);
            }
            None => {
                self.counters.flooded += 1;
                self.flood(cx, port, tag, frame);
            }
        }
    }

    /// A copy to every port of the VLAN but `port`; the last one gets the frame itself.
    fn flood(&mut self, cx: &mut Cx<'_>, port: Port, tag: Tag, frame: PacketBuf) {
        let mut next = None;
        for other in (0..self.ports.len() as u16).map(Port) {
            if other != port
                && self.may_leave(other, tag.vid)
                && let Some(before) = next.replace(other)
            {
                self.enqueue(cx, before, tag, frame.clone());
            }
        }
        if let Some(last) = next {
            self.enqueue(cx, last, tag, frame);
        }
    }

    /// Whether frames of a VLAN may leave by `port`.
    #[inline]
    fn may_leave(&self, port: Port, vid: u16) -> bool {
        let open = match &self.protection {
            Protection::Watch(_) => true,
            Protection::Tree(bridge) => bridge.tree.forwards(port),
        };
        open && self.vlans.carries(port, vid)
    }

    fn enqueue(&mut self, cx: &mut Cx<'_>, port: Port, tag: Tag, mut frame: PacketBuf) {
        let Some(queue) = self.ports.get_mut(usize::from(port.0)) else { return };
        if queue.frames.len() >= self.queue_frames {
            self.counters.queue_full += 1;
            return discard(cx, &frame, LinkDrop::QueueFull);
        }
        self.vlans.egress(port, tag, &mut frame);
        queue.frames.push_back(frame);
        self.list(port);
    }

    /// Names a port to the driver.
    fn list(&mut self, port: Port) {
        let queue = &mut self.ports[usize::from(port.0)];
        if !std::mem::replace(&mut queue.listed, true) {
            self.ready.push_back(port);
        }
    }

    // ---- spanning tree -------------------------------------------------------------------------------------------

    /// A frame for bridges: a BPDU, or nothing that this one knows.
    fn on_reserved(&mut self, cx: &mut Cx<'_>, port: Port, destination: Mac, mut frame: PacketBuf) {
        let Protection::Tree(bridge) = &mut self.protection else {
            self.counters.filtered += 1;
            return discard(cx, &frame, LinkDrop::NotForUs);
        };
        if destination != stp::GROUP {
            self.counters.filtered += 1;
            return discard(cx, &frame, LinkDrop::NotForUs);
        }
        frame.flatten();
        match Bpdu::of_frame(frame.head()) {
            Some(Ok(bpdu)) => {
                bridge.tree.on_bpdu(cx.now, port, &bpdu);
                self.follow_tree(cx, frame.id);
            }
            _ => {
                self.counters.malformed += 1;
                discard(cx, &frame, LinkDrop::Malformed);
            }
        }
    }

    /// The time of the last `poll_at` has come.
    pub fn on_timer(&mut self, cx: &mut Cx<'_>) {
        if let Protection::Tree(bridge) = &mut self.protection {
            bridge.tree.on_timer(cx.now);
            self.follow_tree(cx, PacketId::NONE);
        }
    }

    /// A cable was plugged into `port` and works, or it was pulled: then what was learned there is forgotten.
    pub fn on_link(&mut self, cx: &mut Cx<'_>, port: Port, up: bool) {
        if !up {
            self.table.forget_port(port);
        }
        if let Protection::Tree(bridge) = &mut self.protection {
            bridge.tree.on_link(cx.now, port, up);
            self.follow_tree(cx, PacketId::NONE);
        }
    }

    /// It was switched off and on again: nothing is learned, nothing waits, and the ports that were up come up anew.
    pub fn restart(&mut self, cx: &mut Cx<'_>) {
        self.table.clear();
        for queue in &mut self.ports {
            queue.control.clear();
            queue.frames.clear();
        }
        if let Protection::Tree(bridge) = &mut self.protection {
            let ports = (0..self.ports.len() as u16).map(Port);
            let up: Vec<Port> = ports.filter(|port| bridge.tree.is_up(*port)).collect();
            bridge.tree = Tree::new(&bridge.settings, self.ports.len() as u16);
            for port in up {
                bridge.tree.on_link(cx.now, port, true);
            }
            self.follow_tree(cx, PacketId::NONE);
        }
    }

    /// Does what the tree decided: tells it, forgets addresses, empties the queues of closed ports, sends BPDUs.
    fn follow_tree(&mut self, cx: &mut Cx<'_>, cause: PacketId) {
        let Protection::Tree(bridge) = &mut self.protection else { return };
        while let Some((port, fact)) = bridge.tree.poll_fact() {
            if fact != BridgeFact::Flush || self.table.forget_port(port) {
                record(cx, cause, port, fact);
            }
            if bridge.tree.forwards(port) {
                continue;
            }
            for frame in self.ports[usize::from(port.0)].frames.drain(..) {
                self.counters.blocked += 1;
                discard(cx, &frame, LinkDrop::Blocked);
            }
        }
        while let Protection::Tree(bridge) = &mut self.protection
            && let Some((port, bpdu)) = bridge.tree.poll_bpdu()
        {
            bridge.built += 1;
            let id = PacketId::of_card(Nic { node: cx.node, port }, bridge.built);
            let mut frame = PacketBuf::from_vec(id, Vec::new());
            bpdu.push_frame(bridge.settings.address, &mut frame);
            frame.cause = cause;
            let queue = &mut self.ports[usize::from(port.0)].control;
            if queue.len() >= MOST_BPDUS {
                discard(cx, &frame, LinkDrop::QueueFull);
            } else {
                queue.push_back(frame);
                self.list(port);
            }
        }
    }

    /// When to call `on_timer` next.
    pub fn poll_at(&self) -> Option<Instant> {
        match &self.protection {
            Protection::Watch(_) => None,
            Protection::Tree(bridge) => bridge.tree.poll_at(),
        }
    }

    /// Role and state of `port` in the spanning tree, in the words of [`BridgeFact::Role`]. None: there is no tree.
    pub fn role(&self, port: Port) -> Option<(&'static str, &'static str)> {
        match &self.protection {
            Protection::Watch(_) => None,
            Protection::Tree(bridge) => bridge.tree.part(port),
        }
    }

    /// Whom it takes for the root of the spanning tree.
    pub fn root(&self) -> Option<BridgeId> {
        match &self.protection {
            Protection::Watch(_) => None,
            Protection::Tree(bridge) => Some(bridge.tree.root()),
        }
    }

    // ---- output and questions ------------------------------------------------------------------------------------

    /// The next port that has a frame to send, each named once until its `poll_frame` returns `None`.
    pub fn poll_ready(&mut self) -> Option<Port> {
        self.ready.pop_front()
    }

    /// The next frame to send at `port`.
    pub fn poll_frame(&mut self, port: Port) -> Option<PacketBuf> {
        let queue = self.ports.get_mut(usize::from(port.0))?;
        let frame = queue.control.pop_front().or_else(|| queue.frames.pop_front());
        queue.listed = frame.is_some();
        frame
    }

    /// Whether a frame waits at `port`. False ends what `poll_ready` began, as a `poll_frame` without a frame does.
    pub fn has_frame(&mut self, port: Port) -> bool {
        let Some(queue) = self.ports.get_mut(usize::from(port.0)) else { return false };
        queue.listed = !(queue.control.is_empty() && queue.frames.is_empty());
        queue.listed
    }

    /// Frames that wait at `port`.
    pub fn waiting(&self, port: Port) -> usize {
        self.ports.get(usize::from(port.0)).map_or(0, |queue| queue.control.len() + queue.frames.len())
    }

    /// How many ports it has.
    pub fn ports(&self) -> u16 {
        self.ports.len() as u16
    }

    /// What it has done so far.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// What it has learned and not yet forgotten at `now`, in order of the addresses, VLAN by VLAN.
    pub fn addresses(&self, now: Instant) -> Vec<(Mac, Port)> {
        self.table.snapshot(now)
    }
}

/// Destination and source of an Ethernet frame.
fn addresses(head: &[u8]) -> Option<(Mac, Mac)> {
    let (destination, rest) = head.split_first_chunk()?;
    let (source, _) = rest.split_first_chunk()?;
    Some((Mac(*destination), Mac(*source)))
}

/// 01:80:c2:00:00:00 to 01:80:c2:00:00:0f: for the bridge itself, never forwarded (802.1D table 7-10).
fn is_reserved(destination: Mac) -> bool {
    let [prefix @ .., last] = destination.0;
    prefix == [0x01, 0x80, 0xc2, 0, 0] && last < 0x10
}

fn discard(cx: &mut Cx<'_>, frame: &PacketBuf, reason: LinkDrop) {
    cx.record(Kind::Drop, frame.id, || Fact::Drop(DropReason::Link(reason)));
}

fn record(cx: &mut Cx<'_>, cause: PacketId, port: Port, fact: BridgeFact) {
    cx.record(Kind::Network, cause, || Fact::Link(LinkFact::Bridge { port, fact }));
}

/// Two addresses of six bytes.
const ADDRESSES_LEN: usize = 12;
/// BPDUs that may wait at a port.
const MOST_BPDUS: usize = 16;

#[cfg(test)]
mod tests;
