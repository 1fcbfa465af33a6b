//! Rows of links that repair what they lose: a frame is a row each time it is sent, though it is one packet; and what moves
//! in the windows at both ends, as far as it is news.

use std::collections::BTreeMap;

use base::event::{AccessFact, ArqFact, DropReason, Event, Fact, LinkDrop, LinkFact};
use base::{Direction, Instant, Nic, NodeId};

use super::rows::{Arrow, Note, Row, arrow};
use crate::index::{Index, Packet};
use crate::view::Station;

/// One transmission of a frame.
pub(super) struct Sent {
    at: Instant,
    arrow: Arrow,
    loss: Option<String>,
}

/// The transmissions of a packet that a link itself may send again; `None`: it is an ordinary packet, one row.
pub(super) fn transmissions(
    index: &Index<'_>,
    columns: &BTreeMap<NodeId, usize>,
    packet: &Packet<'_>,
) -> Option<Vec<Sent>> {
    let station = packet.view.station?;
    let column = |node: NodeId| columns.get(&node).copied();
    let nic = packet.first.nic;
    let from = column(nic.node)?;
    let outs: Vec<Instant> = index
        .sightings(packet)
        .filter(|frame| frame.direction == Direction::Out && frame.nic == nic)
        .map(|frame| frame.at)
        .collect();
    if outs.is_empty() || (outs.len() == 1 && matches!(station, Station::Air(_))) {
        return None;
    }
    let mut arrivals = arrivals(index, packet, nic).into_iter().peekable();
    let far = index.sightings(packet).find_map(|frame| column(frame.nic.node).filter(|far| *far != from));
    let far = far.unwrap_or(if from + 1 < columns.len() { from + 1 } else { from.saturating_sub(1) });
    let whole = arrow(index, columns, packet);
    let last = outs.len() - 1;
    let sent = outs.iter().enumerate().map(|(n, at)| {
        let next = outs.get(n + 1).copied().unwrap_or(Instant::FAR);
        let bare = Arrow {
            packet: 0,
            from,
            to: far,
            arrived: None,
            lost: true,
            refused: false,
            label: String::new(),
            again: None,
        };
        if is_lost(packet, *at) {
            return Sent { at: *at, arrow: bare, loss: Some("lost on the line".into()) };
        }
        match arrivals.next_if(|(when, ..)| *when > *at && (n == last || *when <= next || is_hdlc(&station))) {
            Some((when, node, true)) => {
                let arrived = Arrow { to: column(node).unwrap_or(far), arrived: Some(when), lost: false, ..bare };
                // Behind the link a packet may go on: its last row leads as far as it came.
                let arrow = whole.as_ref().map(|(_, arrow)| arrow.clone()).filter(|arrow| n == last && !arrow.lost);
                Sent { at: *at, arrow: arrow.unwrap_or(arrived), loss: None }
            }
            Some(_) => Sent { at: *at, arrow: bare, loss: Some("damaged on the line".into()) },
            None => Sent { at: *at, arrow: bare, loss: None },
        }
    });
    Some(sent.collect())
}

const fn is_hdlc(station: &Station) -> bool {
    matches!(station, Station::Hdlc(..))
}

/// When and where copies of a packet came, or came damaged, behind its first link.
fn arrivals(index: &Index<'_>, packet: &Packet<'_>, nic: Nic) -> Vec<(Instant, NodeId, bool)> {
    let here = |frame: &crate::recording::Frame<'_>| frame.direction == Direction::In && frame.nic != nic;
    let whole = index.sightings(packet).filter(here).map(|frame| (frame.at, frame.nic.node, true));
    let damaged = |reason| matches!(reason, DropReason::Link(LinkDrop::Damaged | LinkDrop::Collision));
    let hurt = packet.drops.iter().filter(|drop| damaged(drop.reason)).map(|drop| (drop.at, drop.node, false));
    let mut all: Vec<_> = whole.chain(hurt).collect();
    all.sort_by_key(|(at, ..)| *at);
    all
}

fn is_lost(packet: &Packet<'_>, at: Instant) -> bool {
    packet.drops.iter().any(|drop| drop.at == at && drop.reason == DropReason::Link(LinkDrop::Lost))
}

/// The rows of these transmissions; what the packet caused stands at the last one before it.
pub(super) fn rows(sent: Vec<Sent>, place: usize, label: &str, notes: Vec<Note>) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for (n, Sent { at, arrow, loss }) in sent.into_iter().enumerate() {
        let label = if n == 0 { label.to_owned() } else { format!("{label} (again)") };
        rows.push(Row { at, arrow: Some(Arrow { packet: place, label, ..arrow }), loss, notes: Vec::new() });
    }
    for note in together(notes) {
        let place = rows.iter().rposition(|row| row.at <= note.at).unwrap_or(0);
        if let Some(row) = rows.get_mut(place) {
            row.notes.push(note);
        }
    }
    rows
}

/// What a node tells of a link at one moment, in one note.
pub(super) fn together(notes: Vec<Note>) -> Vec<Note> {
    let mut all: Vec<Note> = Vec::new();
    for note in notes {
        match all.last_mut() {
            Some(last)
                if last.at == note.at && last.column == note.column && last.state.is_none() && note.state.is_none() =>
            {
                last.text = format!("{}, {}", last.text, note.text);
            }
            _ => all.push(note),
        }
    }
    all
}

/// How a fact of a link is told.
pub(super) enum Told {
    /// As every fact.
    Plainly,
    /// In these words.
    Otherwise(String),
    /// It says nothing new.
    Nothing,
}

/// The windows as they were told last, by interface.
#[derive(Default)]
pub(super) struct Windows {
    last: BTreeMap<(NodeId, u16), [u8; 4]>,
}

impl Windows {
    /// Of a window only what moved is told; of timers that one has run out.
    pub(super) fn told(&mut self, event: &Event) -> Told {
        match &event.fact {
            Fact::Link(LinkFact::Arq { port, fact: ArqFact::Window { oldest, next, expected, held } }) => {
                let now = [*oldest, *next, *expected, *held];
                let before = self.last.insert((event.node, port.0), now).unwrap_or_default();
                let names = ["V(A)=", "V(S)=", "V(R)=", "holds "];
                let moved = names.iter().zip(now.iter().zip(before)).filter(|(_, (now, before))| **now != *before);
                let parts: Vec<String> = moved.map(|(name, (now, _))| format!("{name}{now}")).collect();
                if parts.is_empty() { Told::Nothing } else { Told::Otherwise(parts.join(" ")) }
            }
            Fact::Link(LinkFact::Arq { fact: ArqFact::Timer { what, .. }, .. }) if *what != "expired" => Told::Nothing,
            Fact::Link(LinkFact::Arq { fact: ArqFact::Deliver { number, .. }, .. }) => {
                Told::Otherwise(format!("delivers {number}"))
            }
            // That it drew nothing to wait for after a success is no news.
            Fact::Link(LinkFact::Access { fact: AccessFact::Reserved { .. }, .. }) => Told::Nothing,
            _ => Told::Plainly,
        }
    }
}
