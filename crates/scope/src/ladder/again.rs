//! Why a segment was sent again: the fact that says so belongs to the segment that leaves next with that number.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use base::event::{Fact, RetransmitCause, TransportFact};
use base::{Direction, Instant, NodeId};

use crate::index::Index;

/// What is known about repetitions.
pub(super) struct Again {
    /// By the packet's place in the index.
    pub(super) by_packet: BTreeMap<usize, RetransmitCause>,
    /// The events that told it, by their place in the recording.
    pub(super) told: BTreeSet<usize>,
}

/// A segment of one sender, by its ends and first sequence number.
type Key = (NodeId, SocketAddr, SocketAddr, u32);

pub(super) fn causes(index: &Index<'_>) -> Again {
    let mut told: Vec<(usize, Key, Instant, RetransmitCause)> = Vec::new();
    let mut sent: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
    for (place, event) in index.recording.events().iter().enumerate() {
        if let Fact::Transport(TransportFact::Retransmit { flow, seq, cause, .. }) = &event.fact {
            let key = (event.node, flow.local, flow.remote, seq.0);
            told.push((place, key, event.at, *cause));
            sent.entry(key).or_default();
        }
    }
    if told.is_empty() {
        return Again { by_packet: BTreeMap::new(), told: BTreeSet::new() };
    }
    for (place, packet) in index.packets.iter().enumerate() {
        if packet.first.direction == Direction::Out
            && let Some(segment) = packet.view.tcp()
            && !segment.is_empty()
            && let Some(copies) = sent.get_mut(&(packet.from(), segment.src, segment.dst, segment.header.seq.0))
        {
            copies.push(place);
        }
    }
    let mut again = Again { by_packet: BTreeMap::new(), told: BTreeSet::new() };
    for (event, key, at, cause) in told {
        let copies = sent.get(&key).map_or(&[][..], Vec::as_slice);
        let free = |place: &&usize| index.packets[**place].sent() >= at && !again.by_packet.contains_key(place);
        if let Some(place) = copies.iter().find(free) {
            again.by_packet.insert(*place, cause);
            again.told.insert(event);
        }
    }
    again
}
