//! Questions to the recording of a fixture.

use std::fmt;
use std::net::SocketAddr;

use base::event::{DropReason, Fact, InternetFact, LinkFact, TcpState, TransportFact};
use base::{Direction, Duration, Instant, SeqNum};
use scope::Recording;
use scope::view::View;
use wire::tcp::{Flags, Header, Options};

use crate::filter::Filter;

/// Everything that was seen so far.
pub struct Ladder {
    recording: Recording,
}

/// A TCP segment, as it was seen.
#[derive(Clone, PartialEq, Debug)]
pub struct Seen {
    /// When.
    pub at: Duration,
    /// From.
    pub src: SocketAddr,
    /// To.
    pub dst: SocketAddr,
    /// Its sequence number; counted from the SYN's, where that was seen.
    pub seq: u32,
    /// Its acknowledgement number, likewise.
    pub ack: u32,
    /// The whole header, its numbers as on the wire.
    pub header: Header,
    /// Its text.
    pub text: Vec<u8>,
}

impl Seen {
    pub(crate) fn of(at: Duration, view: &View<'_>) -> Option<Seen> {
        let segment = view.tcp()?;
        let (seq, ack) = (segment.header.seq.0, segment.header.ack.0);
        let text = segment.data.to_vec();
        Some(Seen { at, src: segment.src, dst: segment.dst, seq, ack, header: segment.header, text })
    }

    /// Its control bits.
    pub fn flags(&self) -> Flags {
        self.header.flags
    }

    /// Its options.
    pub fn options(&self) -> Options {
        self.header.options
    }

    /// The number behind its last: text, SYN and FIN counted.
    pub fn end(&self) -> u32 {
        self.seq.wrapping_add(self.header.segment_len(self.text.len()))
    }
}

impl Ladder {
    pub(crate) fn new(recording: Recording) -> Ladder {
        Ladder { recording }
    }

    /// The recording itself.
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    /// When `node` sent such frames itself; what it passed on for others does not count.
    pub fn sent(&self, node: &str, which: Filter) -> Vec<Duration> {
        let ladder = scope::Ladder::of(&self.recording);
        ladder.sent(node, |view| which.matches(view)).into_iter().map(since_start).collect()
    }

    /// When such frames left `node`'s interfaces, retransmissions and forwarded ones included.
    pub fn left(&self, node: &str, which: Filter) -> Vec<Duration> {
        self.at_nics(node, Direction::Out, &which)
    }

    /// When such frames arrived at `node`.
    pub fn received(&self, node: &str, which: Filter) -> Vec<Duration> {
        self.at_nics(node, Direction::In, &which)
    }

    fn at_nics(&self, node: &str, direction: Direction, which: &Filter) -> Vec<Duration> {
        let node = self.recording.node(node);
        let frames = self.recording.frames().filter(|f| Some(f.nic.node) == node && f.direction == direction);
        frames.filter(|f| which.matches(&View::of(f.link_type, f.bytes))).map(|f| since_start(f.at)).collect()
    }

    /// The TCP segments that left `node`, their numbers counted from the SYNs.
    pub fn segments(&self, node: &str, which: Filter) -> Vec<Seen> {
        let of = self.recording.node(node);
        let mut starts: Vec<(SocketAddr, SocketAddr, SeqNum)> = Vec::new();
        let mut seen = Vec::new();
        for frame in self.recording.frames() {
            let view = View::of(frame.link_type, frame.bytes);
            let Some(mut segment) = Seen::of(since_start(frame.at), &view) else { continue };
            if segment.flags().contains(Flags::SYN) {
                starts.retain(|(src, dst, _)| (*src, *dst) != (segment.src, segment.dst));
                starts.push((segment.src, segment.dst, segment.header.seq));
            }
            if Some(frame.nic.node) != of || frame.direction != Direction::Out || !which.matches(&view) {
                continue;
            }
            let start = |a, b| starts.iter().find(|(src, dst, _)| (*src, *dst) == (a, b)).map_or(SeqNum(0), |s| s.2);
            segment.seq = segment.header.seq - start(segment.src, segment.dst);
            if segment.flags().contains(Flags::ACK) {
                segment.ack = segment.header.ack - start(segment.dst, segment.src);
            }
            seen.push(segment);
        }
        seen
    }

    /// The states that the connections of `node` went through, in order, the first one included.
    pub fn states(&self, node: &str) -> Vec<TcpState> {
        let mut states = Vec::new();
        for (_, fact) in self.facts(node) {
            if let TransportFact::State { from, to, .. } = fact {
                if states.is_empty() {
                    states.push(from);
                }
                states.push(to);
            }
        }
        states
    }

    /// The transport layer's facts at `node`.
    pub fn facts(&self, node: &str) -> Vec<(Duration, TransportFact)> {
        self.each(node, |fact| if let Fact::Transport(fact) = fact { Some(fact.clone()) } else { None })
    }

    /// The internet layer's facts at `node`.
    pub fn internet_facts(&self, node: &str) -> Vec<(Duration, InternetFact)> {
        self.each(node, |fact| if let Fact::Internet(fact) = fact { Some(fact.clone()) } else { None })
    }

    /// The link layer's facts at `node`.
    pub fn link_facts(&self, node: &str) -> Vec<(Duration, LinkFact)> {
        self.each(node, |fact| if let Fact::Link(fact) = fact { Some(fact.clone()) } else { None })
    }

    /// Why and when packets were dropped at `node`, or on the line to it.
    pub fn drops(&self, node: &str) -> Vec<(Duration, DropReason)> {
        self.each(node, |fact| if let Fact::Drop(reason) = fact { Some(*reason) } else { None })
    }

    /// How often `node` dropped something for this reason.
    pub fn dropped(&self, node: &str, reason: impl Into<DropReason>) -> usize {
        let reason = reason.into();
        self.drops(node).iter().filter(|(_, r)| *r == reason).count()
    }

    fn each<T>(&self, node: &str, pick: impl Fn(&Fact) -> Option<T>) -> Vec<(Duration, T)> {
        let Some(node) = self.recording.node(node) else { return Vec::new() };
        let events = self.recording.events_of(node);
        events.filter_map(|event| Some((since_start(event.at), pick(&event.fact)?))).collect()
    }
}

impl fmt::Display for Ladder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", scope::Ladder::of(&self.recording))
    }
}

fn since_start(at: Instant) -> Duration {
    at.since(Instant::ZERO)
}
