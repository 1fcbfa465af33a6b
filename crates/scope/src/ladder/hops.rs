//! A packet hop by hop between the columns of a ladder: when it left one and when it came to the next.

use std::collections::BTreeMap;

use base::event::{DropReason, LinkDrop};
use base::{Direction, Instant, NodeId};

use crate::index::{Index, Packet};

/// One hop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Hop {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) sent: Instant,
    /// When it came to the next column, or was lost before it.
    pub(super) ended: Instant,
    pub(super) end: End,
}

/// How a hop ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// At the next column.
    Arrived,
    /// At the next column, which threw it away.
    Refused,
    /// In mid-flight.
    Lost,
    /// Not yet: the recording ends before.
    Open,
}

/// The hops of a packet, in order of time. A copy of a broadcast is a hop of its own.
pub(super) fn of(index: &Index<'_>, columns: &BTreeMap<NodeId, usize>, packet: &Packet<'_>) -> Vec<Hop> {
    let mut hops: Vec<Hop> = Vec::new();
    // Departures that have not been seen to arrive.
    let mut open: Vec<(usize, Instant, bool)> = Vec::new();
    for frame in index.sightings(packet) {
        let Some(column) = columns.get(&frame.nic.node).copied() else { continue };
        if frame.direction == Direction::Out {
            open.push((column, frame.at, false));
            continue;
        }
        if let Some((from, sent, used)) = open.iter_mut().rev().find(|(from, ..)| *from != column) {
            *used = true;
            hops.push(Hop { from: *from, to: column, sent: *sent, ended: frame.at, end: End::Arrived });
        }
    }
    let loss = index.loss(packet);
    let on_the_line = |reason| matches!(reason, DropReason::Link(LinkDrop::Lost | LinkDrop::Damaged));
    if let Some(loss) = loss.filter(|loss| !on_the_line(loss.reason))
        && let Some(hop) = hops.iter_mut().rfind(|hop| columns.get(&loss.node) == Some(&hop.to))
    {
        hop.end = End::Refused;
        return hops;
    }
    let goal = packet.view.ip().and_then(|ip| index.node_of(ip.dst)).and_then(|node| columns.get(&node).copied());
    if let Some((from, sent, _)) = open.into_iter().rfind(|(.., used)| !used)
        && let Some(to) = next(from, goal, columns.len())
    {
        let end = if loss.is_some() { End::Lost } else { End::Open };
        let ended = loss.map_or(sent, |loss| loss.at.max(sent));
        hops.push(Hop { from, to, sent, ended, end });
    }
    hops
}

/// The column towards which a packet left.
fn next(from: usize, goal: Option<usize>, columns: usize) -> Option<usize> {
    match goal {
        Some(goal) if goal > from => Some(from + 1),
        Some(goal) if goal < from => Some(from - 1),
        // Where it goes is not shown: to the side on which there is somebody.
        _ if from + 1 < columns => Some(from + 1),
        _ => from.checked_sub(1),
    }
}
