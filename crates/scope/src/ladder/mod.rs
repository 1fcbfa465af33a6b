//! The ladder: who sent what to whom, one row a packet, time running down.
//!
//! ```text
//!      sent ms  client                                    server  arrived ms
//!        0.000  |--- SYN seq=0 mss=1460 ------X           |               lost on the line after client
//!     1000.000  |--- SYN seq=0 mss=1460 (again) --------->|     1010.000  server: LISTEN -> SYN-RECEIVED
//! ```
//! A row is a packet, not a frame: it spans from the node that sent it to the last node that got it, with an X where it
//! was lost. What it caused stands at its side; what no packet caused (a timer) has its own row.

mod draw;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use base::event::{DropReason, Event, Fact};
use base::{Direction, Instant, NodeId, PacketId};

use crate::index::{Index, Packet};
use crate::label::Labels;
use crate::recording::Recording;
use crate::render::Style;
use crate::view::View;
use crate::words;

/// A recording as rows between nodes.
pub struct Ladder<'a> {
    index: Arc<Index<'a>>,
    columns: Vec<NodeId>,
    rows: Vec<Row>,
}

/// One row.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Row {
    at: Instant,
    arrow: Option<Arrow>,
    notes: Vec<String>,
}

/// A packet in a ladder; nodes are columns.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Arrow {
    from: usize,
    /// The last column that it reached, or towards which it was lost.
    to: usize,
    arrived: Option<Instant>,
    lost: bool,
    label: String,
}

impl<'a> Ladder<'a> {
    /// All nodes at whose interfaces something was seen, in the order of their ids.
    pub fn of(recording: &'a Recording) -> Ladder<'a> {
        Self::of_index(Arc::new(Index::of(recording)), &[])
    }

    /// The nodes called `names`, from left to right, and only what passed at least one of them. A name that no node has
    /// is left out.
    pub fn between(recording: &'a Recording, names: &[&str]) -> Ladder<'a> {
        let columns = named(recording, names.iter().copied());
        Self::between_nodes(Arc::new(Index::of(recording)), columns)
    }

    /// The nodes called `names`; if there is none of them, all nodes.
    pub(crate) fn of_index(index: Arc<Index<'a>>, names: &[String]) -> Ladder<'a> {
        let mut columns = named(index.recording, names.iter().map(String::as_str));
        if columns.is_empty() {
            let busy: BTreeSet<NodeId> = index.recording.frames().map(|frame| frame.nic.node).collect();
            columns = busy.into_iter().collect();
        }
        Self::between_nodes(index, columns)
    }

    fn between_nodes(index: Arc<Index<'a>>, columns: Vec<NodeId>) -> Ladder<'a> {
        let recording = index.recording;
        let mut rows = Vec::new();
        let seen: BTreeSet<PacketId> = index.packets.iter().map(|packet| packet.first.packet).collect();
        let (by_packet, alone): (Vec<_>, Vec<_>) =
            recording.events().iter().partition(|event| event.cause != PacketId::NONE && seen.contains(&event.cause));
        let mut caused: BTreeMap<PacketId, Vec<String>> = BTreeMap::new();
        for event in by_packet {
            if let Some(note) = note(&index, &columns, event, true) {
                caused.entry(event.cause).or_default().push(note);
            }
        }
        let mut labels = Labels::new(many_connections(&index));
        for packet in &index.packets {
            let label = labels.of(&packet.view);
            let Some((at, arrow)) = arrow(&index, &columns, packet, label) else { continue };
            let mut notes: Vec<String> = index.loss_text(packet).filter(|_| arrow.lost).into_iter().collect();
            if let Some(facts) = caused.remove(&packet.first.packet) {
                notes.extend(facts);
            }
            rows.push(Row { at, arrow: Some(arrow), notes });
        }
        for event in alone {
            if let Some(note) = note(&index, &columns, event, false) {
                rows.push(Row { at: event.at, arrow: None, notes: vec![note] });
            }
        }
        // A timer's row stands before what it made be sent at the same moment.
        rows.sort_by_key(|row| (row.at, row.arrow.is_some()));
        Ladder { index, columns, rows }
    }

    /// When `node` itself sent packets for which `which` holds; those that it only passed on do not count.
    pub fn sent(&self, node: &str, which: impl Fn(&View<'_>) -> bool) -> Vec<Instant> {
        let Some(node) = self.index.recording.node(node) else { return Vec::new() };
        let mine = |packet: &&Packet<'_>| packet.first.direction == Direction::Out && packet.from() == node;
        let packets = self.index.packets.iter().filter(mine).filter(|packet| which(&packet.view));
        packets.map(Packet::sent).collect()
    }

    /// When packets for which `which` holds arrived at `node`.
    pub fn received(&self, node: &str, which: impl Fn(&View<'_>) -> bool) -> Vec<Instant> {
        let Some(node) = self.index.recording.node(node) else { return Vec::new() };
        let here = |frame: &crate::Frame<'_>| frame.nic.node == node && frame.direction == Direction::In;
        let frames = self.index.recording.frames().filter(here);
        frames.filter(|frame| which(&View::of(frame.link_type, frame.bytes))).map(|frame| frame.at).collect()
    }

    /// The ladder as text.
    pub fn text(&self, style: Style) -> String {
        let names: Vec<String> = self.columns.iter().map(|node| self.index.recording.node_name(*node)).collect();
        let mut text = draw::ladder(&names, &self.rows, style);
        if let Some(truncated) = self.index.recording.truncated() {
            text.push_str(&format!("({truncated})\n"));
        }
        text
    }
}

/// In 120 columns, without colour.
impl fmt::Display for Ladder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Style { width: 120, ..Style::PLAIN }))
    }
}

/// The nodes with these names, each once.
fn named<'n>(recording: &Recording, names: impl Iterator<Item = &'n str>) -> Vec<NodeId> {
    let mut nodes: Vec<NodeId> = Vec::new();
    for node in names.filter_map(|name| recording.node(name)) {
        if !nodes.contains(&node) {
            nodes.push(node);
        }
    }
    nodes
}

/// Where a packet goes in the ladder, and when its row stands; `None` when it passed no column.
fn arrow(index: &Index<'_>, columns: &[NodeId], packet: &Packet<'_>, label: String) -> Option<(Instant, Arrow)> {
    let column = |node: NodeId| columns.iter().position(|column| *column == node);
    let first = index.sightings(packet).find(|frame| column(frame.nic.node).is_some())?;
    let from = column(first.nic.node)?;
    let goal = packet.view.ip().and_then(|ip| index.node_of(ip.dst)).and_then(column);
    let mut arrivals = index.sightings(packet).filter(|frame| frame.direction == Direction::In);
    let reached = match goal {
        Some(goal) => arrivals.find(|frame| column(frame.nic.node) == Some(goal)),
        None => arrivals.rfind(|frame| column(frame.nic.node).is_some_and(|column| column != from)),
    };
    if let Some(frame) = reached {
        let to = column(frame.nic.node)?;
        return Some((first.at, Arrow { from, to, arrived: Some(frame.at), lost: false, label }));
    }
    // Not at its goal: it ends behind the last column that it reached, on the way to the goal.
    let last = index.sightings(packet).filter_map(|frame| column(frame.nic.node)).next_back().unwrap_or(from);
    let right = goal.map_or(from + 1 < columns.len(), |goal| goal > from);
    let to = if right { (last + 1).min(columns.len().saturating_sub(1)) } else { last.saturating_sub(1) };
    let lost = index.loss(packet).is_some();
    Some((first.at, Arrow { from, to, arrived: None, lost, label }))
}

/// A fact with its node's name. The loss of a packet that has an arrow is drawn, and what programs say is not the
/// ladder's concern.
fn note(index: &Index<'_>, columns: &[NodeId], event: &Event, has_arrow: bool) -> Option<String> {
    let told = match event.fact {
        Fact::Drop(DropReason::Transport(_)) => true,
        Fact::Drop(_) => !has_arrow,
        Fact::App(_) => false,
        _ => !event.fact.is_metric(),
    };
    let told = told && columns.contains(&event.node);
    told.then(|| format!("{}: {}", index.recording.node_name(event.node), words::fact(&event.fact)))
}

/// Whether more than one TCP connection was seen.
fn many_connections(index: &Index<'_>) -> bool {
    let segments = index.packets.iter().filter_map(|packet| packet.view.tcp());
    let connections: BTreeSet<_> = segments.map(|s| (s.src.min(s.dst), s.src.max(s.dst))).collect();
    connections.len() > 1
}

#[cfg(test)]
mod tests;
