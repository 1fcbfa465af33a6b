//! A recording put in an order for questions: packets instead of frames, names instead of addresses.
//!
//! A packet crosses many interfaces and is seen at each; its id ties the sightings together, so that a picture can say
//! who sent it, who got it and where it was lost. A frame with a flaw is no sighting: nobody received it.

use std::collections::BTreeMap;
use std::net::IpAddr;

use base::event::{DropReason, Fact, LinkDrop};
use base::{Direction, Instant, NodeId, PacketId};

use crate::names::Names;
use crate::recording::{Frame, Recording};
use crate::view::View;

/// All packets of a recording, in the order in which they were first seen.
pub(crate) struct Index<'a> {
    pub(crate) recording: &'a Recording,
    pub(crate) packets: Vec<Packet<'a>>,
    pub(crate) names: Names,
    places: BTreeMap<PacketId, usize>,
}

/// One packet on all its hops.
pub(crate) struct Packet<'a> {
    /// Where it was first seen.
    pub(crate) first: Frame<'a>,
    /// What it was when it was first seen.
    pub(crate) view: View<'a>,
    /// Every sighting, the first included: places in the recording, in order of time.
    pub(crate) frames: Vec<usize>,
    /// Where it was dropped. Copies of a broadcast can be dropped at many nodes.
    pub(crate) drops: Vec<Dropped>,
}

/// A packet's end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dropped {
    pub(crate) at: Instant,
    pub(crate) node: NodeId,
    pub(crate) reason: DropReason,
}

impl<'a> Index<'a> {
    pub(crate) fn of(recording: &'a Recording) -> Index<'a> {
        let mut packets: Vec<Packet<'a>> = Vec::new();
        let mut places: BTreeMap<PacketId, usize> = BTreeMap::new();
        for frame in recording.intact_frames() {
            if let Some(&place) = places.get(&frame.packet) {
                packets[place].frames.push(frame.index);
                continue;
            }
            if frame.packet != PacketId::NONE {
                places.insert(frame.packet, packets.len());
            }
            let view = View::of(frame.link_type, frame.bytes);
            packets.push(Packet { first: frame, view, frames: vec![frame.index], drops: Vec::new() });
        }
        for event in recording.events() {
            if let (Fact::Drop(reason), Some(&place)) = (&event.fact, places.get(&event.cause)) {
                packets[place].drops.push(Dropped { at: event.at, node: event.node, reason: *reason });
            }
        }
        let names = Names::learn(recording, &packets);
        Index { recording, packets, names, places }
    }

    /// The packet with this id.
    pub(crate) fn packet(&self, id: PacketId) -> Option<&Packet<'a>> {
        self.packets.get(*self.places.get(&id)?)
    }

    /// Who owns an address: its node's name, or the address itself.
    pub(crate) fn who(&self, address: IpAddr) -> String {
        self.names.who(address)
    }

    /// The node that owns an address.
    pub(crate) fn node_of(&self, address: IpAddr) -> Option<NodeId> {
        self.names.node(address)
    }

    /// The sightings of a packet.
    pub(crate) fn sightings(&self, packet: &Packet<'a>) -> impl DoubleEndedIterator<Item = Frame<'a>> {
        let recording = self.recording;
        packet.frames.clone().into_iter().map(move |index| recording.frame(index))
    }

    /// When a packet reached `node`, for the first time.
    pub(crate) fn arrival_at(&self, packet: &Packet<'a>, node: NodeId) -> Option<Instant> {
        let mut sightings = self.sightings(packet);
        sightings.find(|frame| frame.direction == Direction::In && frame.nic.node == node).map(|frame| frame.at)
    }

    /// When a packet reached the owner of its destination address; of a broadcast: anybody.
    pub(crate) fn arrival(&self, packet: &Packet<'a>) -> Option<Instant> {
        let destination = packet.view.ip().and_then(|ip| self.node_of(ip.dst));
        let here = |frame: &Frame<'_>| match destination {
            Some(node) => frame.nic.node == node,
            None => true,
        };
        let mut sightings = self.sightings(packet);
        sightings.find(|frame| frame.direction == Direction::In && here(frame)).map(|frame| frame.at)
    }

    /// How a packet was lost on its way, if it was: not when its receiver got it and threw it away as a duplicate, and
    /// not when only some copies of a broadcast ended in an unplugged port.
    pub(crate) fn loss(&self, packet: &Packet<'a>) -> Option<Dropped> {
        let drop = packet.drops.iter().rfind(|drop| drop.reason != DropReason::Link(LinkDrop::NotForUs))?;
        let received = match packet.view.ip().and_then(|ip| self.node_of(ip.dst)) {
            Some(node) => self.arrival_at(packet, node).is_some() && self.accepted(packet, node),
            None => self.ends_somewhere(packet),
        };
        (!received).then_some(*drop)
    }

    /// Whether a node got the packet, did not send it on and did not find it damaged.
    fn ends_somewhere(&self, packet: &Packet<'a>) -> bool {
        let sent_on =
            |node| self.sightings(packet).any(|frame| frame.direction == Direction::Out && frame.nic.node == node);
        let mut arrivals = self.sightings(packet).filter(|frame| frame.direction == Direction::In);
        arrivals.any(|frame| !sent_on(frame.nic.node) && self.accepted(packet, frame.nic.node))
    }

    /// A loss as a clause: `lost on the line after r1`, `dropped by r1: queue full`.
    pub(crate) fn loss_text(&self, packet: &Packet<'a>) -> Option<String> {
        let Dropped { node, reason, .. } = self.loss(packet)?;
        let node = self.recording.node_name(node);
        Some(match reason {
            DropReason::Link(LinkDrop::Lost) => match self.last_seen(packet) {
                Some(last) => format!("lost on the line after {last}"),
                None => "lost on the line".into(),
            },
            DropReason::Link(LinkDrop::Damaged) => format!("damaged on the line before {node}"),
            reason => format!("dropped by {node}: {}", reason.text()),
        })
    }

    /// The last node that a packet was seen to leave.
    fn last_seen(&self, packet: &Packet<'a>) -> Option<String> {
        let last = self.sightings(packet).rfind(|frame| frame.direction == Direction::Out)?;
        Some(self.recording.node_name(last.nic.node))
    }

    /// Whether the receiver's checks below the socket let the packet pass.
    fn accepted(&self, packet: &Packet<'a>, node: NodeId) -> bool {
        let damaged = |drop: &Dropped| drop.node == node && !matches!(drop.reason, DropReason::Transport(_));
        !packet.drops.iter().any(damaged)
    }
}

impl<'a> Packet<'a> {
    /// When it was first seen: for a host's packet, when its transmission started.
    pub(crate) const fn sent(&self) -> Instant {
        self.first.at
    }

    /// The node that built it (or, for a packet from outside, where it came in).
    pub(crate) const fn from(&self) -> NodeId {
        self.first.nic.node
    }
}
