//! A world as a node: its open ports are its interfaces, and its driver's time is its own.

use base::{Cx, Direction, Instant, Port};
use stack::{Node, Wake, Why};
use wire::PacketBuf;

use crate::World;
use crate::flight::Flying;
use crate::queue::Event;

/// The world records what happens inside by its own sink, and draws from its own streams.
impl Node for World {
    fn on_frame(&mut self, cx: &mut Cx<'_>, port: Port, frame: PacketBuf) {
        self.catch_up(cx.now);
        let Some(open) = self.fabric.open.get(usize::from(port.0)) else { return };
        let (to, at) = (open.nic, self.fabric.now);
        self.receive(to, Flying { at, sequence: 0, damaged: false, frame });
        self.settle();
    }

    fn on_timer(&mut self, cx: &mut Cx<'_>) {
        self.catch_up(cx.now);
    }

    fn poll_ready(&mut self) -> Option<Port> {
        self.settle();
        self.fabric.open_ready.pop_front()
    }

    fn poll_frame(&mut self, cx: &mut Cx<'_>, port: Port) -> Option<PacketBuf> {
        self.catch_up(cx.now);
        let nic = self.fabric.open.get(usize::from(port.0))?.nic;
        let frame = self.seats[nic.node.0 as usize].take(&mut self.fabric, port, nic.port);
        if let Some(frame) = &frame
            && self.fabric.wants_frames
        {
            self.fabric.show(nic, Direction::Out, frame);
        }
        self.settle();
        frame
    }

    fn poll_at(&self) -> Option<Wake> {
        let first = self.fabric.queue.peek()?;
        let why = match first.event {
            Event::Sleep => Why::Sleep,
            _ => Why::World,
        };
        Some(Wake { at: first.at, why })
    }
}

impl World {
    /// Lets everything happen that happens until `now`. Time does not go back.
    fn catch_up(&mut self, now: Instant) {
        self.run_events(now);
        if self.fabric.now < now {
            self.set_now(now);
        }
    }
}
