//! The ladder: who sent what to whom, one row a packet, time running down.
//!
//! ```text
//!      sent ms  client                                    server  arrived ms
//!        0.000  |--- SYN seq=0 mss=1460 ------X           |               lost on the line after client
//!     1000.000  |--- SYN seq=0 mss=1460 (again: timeout) >|     1010.000  server: LISTEN -> SYN-RECEIVED
//! ```
//! A row is a packet, not a frame: it spans from the node that sent it to the last node that got it, with an X where it
//! was lost. What it caused stands at its side; what no packet caused (a timer) has its own row.
//!
//! | file | holds |
//! |---|---|
//! | `rows` | the rows of a recording |
//! | `again` | why a segment was sent again |
//! | `stations` | frames that a link itself sends again, and its windows |
//! | `choice` | which rows of a long ladder are shown |
//! | `draw`, `mermaid` | rows as text, and as a sequence diagram |
//! | `hops`, `svg` | packets hop by hop, and their picture |

mod again;
mod choice;
mod draw;
mod hops;
mod mermaid;
mod rows;
mod stations;
mod svg;
mod time;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use base::{Direction, Instant, NodeId};

use crate::index::{Index, Packet};
use crate::recording::Recording;
use crate::render::Style;
use crate::view::View;
use rows::Row;

/// A recording as rows between nodes.
pub struct Ladder<'a> {
    index: Arc<Index<'a>>,
    columns: Vec<NodeId>,
    rows: Vec<Row>,
}

impl<'a> Ladder<'a> {
    /// All nodes at whose interfaces something was seen, in the order of their ids.
    pub fn of(recording: &'a Recording) -> Ladder<'a> {
        Self::of_index(Arc::new(Index::of(recording)), &[], usize::MAX)
    }

    /// The nodes called `names`, from left to right, and only what passed at least one of them. A name that no node has
    /// is left out.
    pub fn between(recording: &'a Recording, names: &[&str]) -> Ladder<'a> {
        let columns = named(recording, names.iter().copied());
        Self::between_nodes(Arc::new(Index::of(recording)), columns)
    }

    /// The nodes called `names`; if there is none of them, the busiest, at most `most`.
    pub(crate) fn of_index(index: Arc<Index<'a>>, names: &[String], most: usize) -> Ladder<'a> {
        let mut columns = named(index.recording, names.iter().map(String::as_str));
        if columns.is_empty() {
            let mut frames: BTreeMap<NodeId, usize> = BTreeMap::new();
            for frame in index.recording.frames() {
                *frames.entry(frame.nic.node).or_default() += 1;
            }
            let mut busy: Vec<(NodeId, usize)> = frames.into_iter().collect();
            busy.sort_by_key(|(_, frames)| std::cmp::Reverse(*frames));
            busy.truncate(most);
            columns = busy.into_iter().map(|(node, _)| node).collect();
            columns.sort();
        }
        Self::between_nodes(index, columns)
    }

    fn between_nodes(index: Arc<Index<'a>>, columns: Vec<NodeId>) -> Ladder<'a> {
        let rows = rows::of(&index, &columns);
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
        let frames = self.index.recording.intact_frames().filter(here);
        frames.filter(|frame| which(&View::of(frame.link_type, frame.bytes))).map(|frame| frame.at).collect()
    }

    /// The ladder as text.
    pub fn text(&self, style: Style) -> String {
        let mut text = draw::ladder(&self.names(), &self.rows, style);
        if let Some(truncated) = self.index.recording.truncated() {
            text.push_str(&format!("({truncated})\n"));
        }
        text
    }

    /// Its beginning and its end as text, for the message of a failing test.
    pub fn excerpt(&self) -> String {
        let text = self.to_string();
        let lines: Vec<&str> = text.lines().collect();
        let Some(left_out) = lines.len().checked_sub(FIRST_LINES + LAST_LINES).filter(|count| *count > 0) else {
            return text;
        };
        let (first, last) = (&lines[..FIRST_LINES], &lines[lines.len() - LAST_LINES..]);
        format!("{}\n    … {left_out} lines left out …\n{}", first.join("\n"), last.join("\n"))
    }

    /// The ladder as a self-contained SVG, in which arrows slant from when a packet was sent to when it arrived.
    pub fn svg(&self) -> String {
        svg::ladder(self)
    }

    /// The ladder as a sequence diagram of Mermaid.
    pub fn mermaid(&self) -> String {
        mermaid::ladder(&self.names(), &self.rows)
    }

    /// Whether there is nothing to be seen.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn names(&self) -> Vec<String> {
        self.columns.iter().map(|node| self.index.recording.node_name(*node)).collect()
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

/// Lines of the beginning and of the end that an excerpt has.
const FIRST_LINES: usize = 150;
const LAST_LINES: usize = 80;

#[cfg(test)]
mod tests;
