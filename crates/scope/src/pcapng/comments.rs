//! What stands as a comment at a frame: what its bits suffered, why its packet was dropped, what it caused, why it was
//! sent again.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use base::event::{DropReason, Event, Fact, RetransmitCause, TransportFact};
use base::{Direction, Nic, PacketId};

use crate::index::Index;
use crate::recording::Frame;
use crate::view::View;
use crate::words;

/// The comments of one capture, by the frame's place in the recording.
pub(super) fn of_nic(index: &Index<'_>, nic: Nic) -> BTreeMap<usize, Vec<String>> {
    let mut comments = Comments::new(index, nic);
    for event in index.recording.events() {
        match &event.fact {
            Fact::Transport(TransportFact::Retransmit { flow, seq, cause, .. }) if event.node == nic.node => {
                comments.sent_again(event, (flow.local, flow.remote, seq.0), *cause);
            }
            fact if fact.is_metric() || matches!(fact, Fact::App(_)) => {}
            _ if event.cause == PacketId::NONE => {}
            _ => comments.caused(event),
        }
    }
    comments.by_frame
}

struct Comments<'a> {
    index: &'a Index<'a>,
    nic: Nic,
    by_packet: BTreeMap<PacketId, Vec<Frame<'a>>>,
    /// The TCP segments that left here, by their ends and first sequence number.
    sent: BTreeMap<(SocketAddr, SocketAddr, u32), Vec<Frame<'a>>>,
    explained: BTreeSet<usize>,
    by_frame: BTreeMap<usize, Vec<String>>,
}

impl<'a> Comments<'a> {
    fn new(index: &'a Index<'a>, nic: Nic) -> Self {
        let mut by_packet: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let mut sent: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let mut flaws = Vec::new();
        for frame in index.recording.frames_of(nic) {
            by_packet.entry(frame.packet).or_default().push(frame);
            flaws.extend(frame.flaw.map(|flaw| (frame.index, flaw)));
            if frame.direction == Direction::Out
                && frame.flaw.is_none()
                && let Some(segment) = View::of(frame.link_type, frame.bytes).tcp()
            {
                sent.entry((segment.src, segment.dst, segment.header.seq.0)).or_default().push(frame);
            }
        }
        let mut comments =
            Comments { index, nic, by_packet, sent, explained: BTreeSet::new(), by_frame: BTreeMap::new() };
        for (frame, flaw) in flaws {
            comments.add(frame, flaw.text().into());
        }
        comments
    }

    /// The segment that goes out next with this sequence number is the one that the fact is about.
    fn sent_again(&mut self, event: &Event, segment: (SocketAddr, SocketAddr, u32), cause: RetransmitCause) {
        let copies = self.sent.get(&segment).map_or(&[][..], Vec::as_slice);
        let next = copies.iter().find(|frame| frame.at >= event.at && !self.explained.contains(&frame.index));
        if let Some(frame) = next.map(|frame| frame.index) {
            self.explained.insert(frame);
            self.add(frame, format!("sent again: {}", words::retransmit_cause(cause)));
        }
    }

    /// A fact caused by a packet stands at the packet's frame here; a drop also when it happened elsewhere.
    fn caused(&mut self, event: &Event) {
        let copies = self.by_packet.get(&event.cause).map_or(&[][..], Vec::as_slice);
        let before = |frame: &&Frame<'_>| frame.at <= event.at;
        let here = event.node == self.nic.node;
        let place = match event.fact {
            Fact::Drop(_) if here || self.is_told_from_afar(event) => copies.iter().rfind(before),
            Fact::Drop(_) => None,
            _ if here => copies.iter().rfind(|frame| before(frame) && frame.direction == Direction::In),
            _ => None,
        };
        let Some(frame) = place.map(|frame| frame.index) else { return };
        let mut text = words::fact(&event.fact);
        if !here {
            text.push_str(" at ");
            text.push_str(&self.index.recording.node_name(event.node));
        }
        self.add(frame, text);
    }

    /// Whether a drop elsewhere matters here: the packet was lost, or its receiver's transport threw it away.
    fn is_told_from_afar(&self, event: &Event) -> bool {
        match event.fact {
            Fact::Drop(DropReason::Transport(_)) => true,
            _ => self.index.packet(event.cause).is_some_and(|packet| self.index.loss(packet).is_some()),
        }
    }

    fn add(&mut self, frame: usize, text: String) {
        let comments = self.by_frame.entry(frame).or_default();
        if comments.len() < MAX_COMMENTS && !comments.contains(&text) {
            comments.push(text);
        }
    }
}

/// Most comments of one frame.
const MAX_COMMENTS: usize = 16;
