//! The tables of a report: counted from a recording.

use std::collections::BTreeMap;

use base::event::{DropReason, Fact, LinkDrop, LinkFact};
use base::{Direction, Nic, NodeId};

use super::{Counters, Dropped};
use crate::recording::Recording;

/// Where packets ended and why, the most frequent first. What every station on a shared medium hears and is not for it is
/// no loss.
pub(crate) fn drops(recording: &Recording) -> Vec<Dropped> {
    let mut counts: BTreeMap<(NodeId, DropReason), u64> = BTreeMap::new();
    for event in recording.events() {
        if let Fact::Drop(reason) = event.fact
            && reason != DropReason::Link(LinkDrop::NotForUs)
        {
            *counts.entry((event.node, reason)).or_default() += 1;
        }
    }
    let drops = counts.into_iter().map(|((node, reason), packets)| Dropped {
        node: recording.node_name(node),
        reason: reason.text(),
        packets,
    });
    let mut drops: Vec<Dropped> = drops.collect();
    drops.sort_by_key(|drop| std::cmp::Reverse(drop.packets));
    drops
}

/// What passed each interface, by node and port.
pub(crate) fn interfaces(recording: &Recording) -> Vec<Counters> {
    let mut counters: BTreeMap<Nic, Counters> = BTreeMap::new();
    for (nic, _) in recording.nics() {
        counters.insert(nic, Counters { interface: recording.nic_name(nic), ..Counters::default() });
    }
    for frame in recording.intact_frames() {
        let Some(counters) = counters.get_mut(&frame.nic) else { continue };
        let count = if frame.direction == Direction::Out { &mut counters.sent } else { &mut counters.received };
        count.0 += 1;
        count.1 += frame.bytes.len() as u64;
    }
    for event in recording.events() {
        if let Fact::Link(LinkFact::Queue { port, frames }) = event.fact
            && let Some(counters) = counters.get_mut(&Nic { node: event.node, port })
        {
            counters.longest_queue = counters.longest_queue.max(Some(frames));
        }
    }
    counters.into_values().collect()
}
