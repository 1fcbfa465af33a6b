//! The rows of a recording: a packet, or what no packet caused.

use std::collections::{BTreeMap, BTreeSet};

use base::event::{DropReason, Event, Fact, LinkDrop, LinkFact, RetransmitCause, TcpState, TransportFact};
use base::{Direction, Instant, NodeId, PacketId};

use super::{again, stations};
use crate::index::{Index, Packet};
use crate::label::Labels;
use crate::words;

/// One row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Row {
    pub(super) at: Instant,
    pub(super) arrow: Option<Arrow>,
    /// Where and why the packet was lost.
    pub(super) loss: Option<String>,
    pub(super) notes: Vec<Note>,
}

/// A packet in a ladder; nodes are columns.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Arrow {
    /// Its place in the index.
    pub(super) packet: usize,
    pub(super) from: usize,
    /// The last column that it reached, or towards which it was lost.
    pub(super) to: usize,
    pub(super) arrived: Option<Instant>,
    pub(super) lost: bool,
    /// Whether it was lost at `to` itself, and not on the way there.
    pub(super) refused: bool,
    pub(super) label: String,
    /// Why it is a repetition.
    pub(super) again: Option<RetransmitCause>,
}

/// What happened at a node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Note {
    pub(super) at: Instant,
    pub(super) column: usize,
    /// The new state, if a connection's state changed.
    pub(super) state: Option<TcpState>,
    /// Without the node's name.
    pub(super) text: String,
}

impl Row {
    /// What stands at its side.
    pub(super) fn side(&self, names: &[String]) -> Vec<String> {
        let notes = self.notes.iter().map(|note| {
            let name = names.get(note.column).map_or("", String::as_str);
            format!("{name}: {}", note.text)
        });
        self.loss.iter().cloned().chain(notes).collect()
    }

    /// Whether there is more to it than a packet that arrived.
    pub(super) fn is_notable(&self) -> bool {
        let again = self.arrow.as_ref().is_some_and(|arrow| arrow.lost || arrow.again.is_some());
        again || !self.notes.is_empty()
    }
}

pub(super) fn of(index: &Index<'_>, columns: &[NodeId]) -> Vec<Row> {
    let places: BTreeMap<NodeId, usize> = columns.iter().enumerate().map(|(n, node)| (*node, n)).collect();
    let again = again::causes(index);
    let mut caused: BTreeMap<PacketId, Vec<Note>> = BTreeMap::new();
    let mut rows = Vec::new();
    let mut windows = stations::Windows::default();
    for (place, event) in index.recording.events().iter().enumerate() {
        let has_arrow = event.cause != PacketId::NONE && index.packet(event.cause).is_some();
        let Some(mut note) = note(&places, event, has_arrow).filter(|_| !again.told.contains(&place)) else { continue };
        match windows.told(event) {
            stations::Told::Plainly => {}
            stations::Told::Otherwise(text) => note.text = text,
            stations::Told::Nothing => continue,
        }
        match has_arrow {
            true => caused.entry(event.cause).or_default().push(note),
            false => rows.push(Row { at: event.at, arrow: None, loss: None, notes: vec![note] }),
        }
    }
    let mut labels = Labels::new(many_connections(index));
    for (place, packet) in index.packets.iter().enumerate() {
        let label = labels.of(&packet.view);
        if let Some(sent) = stations::transmissions(index, &places, packet) {
            let notes = caused.remove(&packet.first.packet).unwrap_or_default();
            rows.extend(stations::rows(sent, place, &label, notes));
            continue;
        }
        let Some((at, mut arrow)) = arrow(index, &places, packet) else { continue };
        arrow.packet = place;
        arrow.again = again.by_packet.get(&place).copied();
        arrow.label = match arrow.again {
            Some(cause) => {
                let label = label.strip_suffix(" (again)").unwrap_or(&label);
                format!("{label} (again: {})", words::retransmit_word(cause))
            }
            None => label,
        };
        let loss = index.loss_text(packet).filter(|_| arrow.lost);
        let notes = stations::together(caused.remove(&packet.first.packet).unwrap_or_default());
        rows.push(Row { at, arrow: Some(arrow), loss, notes });
    }
    // A timer's row stands before what it made be sent at the same moment.
    rows.sort_by_key(|row| (row.at, row.arrow.is_some()));
    rows
}

/// Where a packet goes in the ladder, and when its row stands; `None` when it passed no column.
pub(super) fn arrow(
    index: &Index<'_>,
    columns: &BTreeMap<NodeId, usize>,
    packet: &Packet<'_>,
) -> Option<(Instant, Arrow)> {
    let column = |node: NodeId| columns.get(&node).copied();
    let first = index.sightings(packet).find(|frame| column(frame.nic.node).is_some())?;
    let from = column(first.nic.node)?;
    let (label, again) = (String::new(), None);
    let bare = Arrow { packet: 0, from, to: from, arrived: None, lost: false, refused: false, label, again };
    let goal = packet.view.ip().and_then(|ip| index.node_of(ip.dst)).and_then(column);
    let mut arrivals = index.sightings(packet).filter(|frame| frame.direction == Direction::In);
    let reached = match goal {
        Some(goal) => arrivals.find(|frame| column(frame.nic.node) == Some(goal)),
        None => arrivals.rfind(|frame| column(frame.nic.node).is_some_and(|column| column != from)),
    };
    if let Some(frame) = reached {
        let to = column(frame.nic.node)?;
        return Some((first.at, Arrow { to, arrived: Some(frame.at), ..bare }));
    }
    let loss = index.loss(packet);
    let on_the_line = |reason| matches!(reason, DropReason::Link(LinkDrop::Lost | LinkDrop::Damaged));
    if let Some(to) = loss.filter(|loss| !on_the_line(loss.reason)).and_then(|loss| column(loss.node))
        && to != from
    {
        return Some((first.at, Arrow { to, lost: true, refused: true, ..bare }));
    }
    // Not at its goal: it ends behind the last column that it reached, on the way to the goal.
    let last = index.sightings(packet).filter_map(|frame| column(frame.nic.node)).next_back().unwrap_or(from);
    let right = goal.map_or(from + 1 < columns.len(), |goal| goal > from);
    let to = if right { (last + 1).min(columns.len().saturating_sub(1)) } else { last.saturating_sub(1) };
    Some((first.at, Arrow { to, lost: loss.is_some(), ..bare }))
}

/// A fact at one of the columns. The loss of a packet that has an arrow is drawn, and what programs say is not the
/// ladder's concern.
fn note(columns: &BTreeMap<NodeId, usize>, event: &Event, has_arrow: bool) -> Option<Note> {
    let told = match event.fact {
        Fact::Drop(DropReason::Transport(_)) => true,
        Fact::Drop(DropReason::Link(LinkDrop::DuplicateFrame | LinkDrop::OutOfSequence)) => true,
        Fact::Drop(_) => !has_arrow,
        Fact::App(_) => false,
        // The packet's own label says whose address it tells.
        Fact::Link(LinkFact::NeighborFound { .. }) => !has_arrow,
        _ => !event.fact.is_metric(),
    };
    let column = columns.get(&event.node).copied().filter(|_| told)?;
    let state = match event.fact {
        Fact::Transport(TransportFact::State { to, .. }) => Some(to),
        _ => None,
    };
    Some(Note { at: event.at, column, state, text: words::fact(&event.fact) })
}

/// Whether more than one TCP connection was seen.
fn many_connections(index: &Index<'_>) -> bool {
    let segments = index.packets.iter().filter_map(|packet| packet.view.tcp());
    let connections: BTreeSet<_> = segments.map(|s| (s.src.min(s.dst), s.src.max(s.dst))).collect();
    connections.len() > 1
}
