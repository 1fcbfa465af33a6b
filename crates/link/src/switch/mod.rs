//! A learning switch (IEEE 802.1D clause 7): frames go where their destination was last seen, else everywhere.
//!
//! ```text
//!   on_frame(port) ──> learn(source, port) ──> lookup(destination) ──┬─ known ──> that port's queue ──> poll_frame(port)
//!                                                                    ├─ same port: filtered
//!                                                                    └─ unknown or group ──> all other queues
//! ```
//! The drive is that of a `stack::Node`: input by [`Switch::on_frame`], then [`Switch::poll_ready`] until it is `None`, and
//! [`Switch::poll_frame`] for the ports that it named. There is no timer: an address that is too old is forgotten when it
//! is looked up.

mod table;

use std::collections::VecDeque;

use base::event::{DropReason, LinkDrop};
use base::{Cx, Duration, Fact, Kind, Mac, Port};
use wire::PacketBuf;

use table::Table;

/// What a switch is told when it is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SwitchConfig {
    /// How many ports it has.
    pub ports: u16,
    /// Addresses that it remembers, at most; more are not learned, their frames are flooded.
    pub addresses: usize,
    /// How long an address is remembered after its last frame (802.1D recommends 300 s).
    pub ageing: Duration,
    /// Frames that may wait at each port, at most (drop-tail).
    pub queue_frames: usize,
}

impl SwitchConfig {
    /// The usual limits, for a switch with `ports` ports.
    pub fn new(ports: u16) -> Self {
        SwitchConfig { ports, addresses: 8192, ageing: Duration::from_secs(300), queue_frames: 1000 }
    }
}

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
}

/// A learning switch.
pub struct Switch {
    table: Table,
    ports: Vec<PortQueue>,
    /// Ports that have frames and were not named yet.
    ready: VecDeque<Port>,
    queue_frames: usize,
    counters: Counters,
}

#[derive(Default)]
struct PortQueue {
    frames: VecDeque<PacketBuf>,
    /// Whether the driver was, or is about to be, told to poll this port.
    listed: bool,
}

impl Switch {
    /// A switch that has learned nothing yet.
    pub fn new(config: SwitchConfig) -> Self {
        Switch {
            table: Table::new(config.addresses, config.ageing),
            ports: (0..config.ports).map(|_| PortQueue::default()).collect(),
            ready: VecDeque::new(),
            queue_frames: config.queue_frames,
            counters: Counters::default(),
        }
    }

    /// A frame arrived at `port`.
    pub fn on_frame(&mut self, cx: &mut Cx<'_>, port: Port, mut frame: PacketBuf) {
        if frame.head().len() < ADDRESSES_LEN {
            frame.flatten();
        }
        let Some((destination, source)) = addresses(frame.head()) else {
            self.counters.malformed += 1;
            return discard(cx, &frame, LinkDrop::Malformed);
        };
        if source.is_group() {
            self.counters.malformed += 1;
            return discard(cx, &frame, LinkDrop::Malformed);
        }
        self.table.learn(cx.now, source, port);
        if is_reserved(destination) {
            self.counters.filtered += 1;
            return discard(cx, &frame, LinkDrop::NotForUs);
        }
        let known = if destination.is_group() { None } else { self.table.lookup(cx.now, destination) };
        match known {
            Some(out) if out == port => self.counters.filtered += 1,
            Some(out) => {
                self.counters.forwarded += 1;
                self.enqueue(cx, out, frame);
            }
            None => {
                self.counters.flooded += 1;
                self.flood(cx, port, frame);
            }
        }
    }

    /// A copy to every port but `port`; the last one gets the frame itself.
    fn flood(&mut self, cx: &mut Cx<'_>, port: Port, frame: PacketBuf) {
        let mut others = (0..self.ports.len() as u16).map(Port).filter(|other| *other != port);
        let Some(mut next) = others.next() else { return };
        for after in others {
            self.enqueue(cx, next, frame.clone());
            next = after;
        }
        self.enqueue(cx, next, frame);
    }

    fn enqueue(&mut self, cx: &mut Cx<'_>, port: Port, frame: PacketBuf) {
        let Some(queue) = self.ports.get_mut(usize::from(port.0)) else { return };
        if queue.frames.len() >= self.queue_frames {
            self.counters.queue_full += 1;
            return discard(cx, &frame, LinkDrop::QueueFull);
        }
        queue.frames.push_back(frame);
        if !queue.listed {
            queue.listed = true;
            self.ready.push_back(port);
        }
    }

    /// The next port that has a frame to send, each named once until its `poll_frame` returns `None`.
    pub fn poll_ready(&mut self) -> Option<Port> {
        self.ready.pop_front()
    }

    /// The next frame to send at `port`.
    pub fn poll_frame(&mut self, port: Port) -> Option<PacketBuf> {
        let queue = self.ports.get_mut(usize::from(port.0))?;
        let frame = queue.frames.pop_front();
        queue.listed = frame.is_some();
        frame
    }

    /// Whether a frame waits at `port`. False ends what `poll_ready` began, as a `poll_frame` without a frame does.
    pub fn has_frame(&mut self, port: Port) -> bool {
        let Some(queue) = self.ports.get_mut(usize::from(port.0)) else { return false };
        queue.listed = !queue.frames.is_empty();
        queue.listed
    }

    /// Frames that wait at `port`.
    pub fn waiting(&self, port: Port) -> usize {
        self.ports.get(usize::from(port.0)).map_or(0, |queue| queue.frames.len())
    }

    /// How many ports it has.
    pub fn ports(&self) -> u16 {
        self.ports.len() as u16
    }

    /// What it has done so far.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// What it has learned and not yet forgotten at `now`, in order of the addresses.
    pub fn addresses(&self, now: base::Instant) -> Vec<(Mac, Port)> {
        self.table.snapshot(now)
    }

    /// Forgets what it has learned of `port`: its cable was pulled.
    pub fn forget_port(&mut self, port: Port) {
        self.table.forget_port(port);
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

/// Two addresses of six bytes.
const ADDRESSES_LEN: usize = 12;

#[cfg(test)]
mod tests;
