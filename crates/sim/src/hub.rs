//! A hub: what comes in at one port goes out at all others, bit by bit, whoever it is for.

use std::collections::VecDeque;

use base::event::{DropReason, LinkDrop};
use base::{Cx, Fact, Instant, Kind, Port};
use stack::{Node, Wake};
use wire::PacketBuf;

/// A repeater of frames (IEEE 802.3 clause 27). Its ports are full duplex: nothing collides here.
#[derive(Debug)]
pub struct Hub {
    queues: Vec<VecDeque<PacketBuf>>,
    ready: VecDeque<Port>,
}

impl Hub {
    /// A hub with so many ports.
    pub fn new(ports: u16) -> Self {
        Hub { queues: vec![VecDeque::new(); usize::from(ports)], ready: VecDeque::new() }
    }
}

impl Node for Hub {
    fn on_frame(&mut self, cx: &mut Cx<'_>, port: Port, frame: PacketBuf) {
        for (other, queue) in (0..).map(Port).zip(&mut self.queues).filter(|(other, _)| *other != port) {
            if queue.len() >= QUEUE_FRAMES {
                cx.record(Kind::Drop, frame.id, || Fact::Drop(DropReason::Link(LinkDrop::QueueFull)));
                continue;
            }
            if queue.is_empty() {
                self.ready.push_back(other);
            }
            queue.push_back(frame.clone());
        }
    }

    fn on_timer(&mut self, _: &mut Cx<'_>) {}

    fn poll_ready(&mut self) -> Option<Port> {
        self.ready.pop_front()
    }

    fn poll_frame(&mut self, _: &mut Cx<'_>, port: Port) -> Option<PacketBuf> {
        self.queues.get_mut(usize::from(port.0))?.pop_front()
    }

    fn has_frame(&mut self, port: Port) -> bool {
        self.queues.get(usize::from(port.0)).is_some_and(|queue| !queue.is_empty())
    }

    fn poll_at(&self) -> Option<Wake> {
        None
    }

    fn due(&self) -> Instant {
        Instant::FAR
    }
}

/// Frames that wait at a port, at most.
const QUEUE_FRAMES: usize = 64;
