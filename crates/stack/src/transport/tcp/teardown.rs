//! What is remembered of a closed connection: TIME-WAIT (RFC 9293 section 3.6, RFC 1337, RFC 6191).

use base::event::TransportDrop;
use base::{Instant, SeqNum};
use wire::tcp::{Flags, Options};

use super::connection::Arrived;
use super::cx::TcpCx;
use super::segment::{Outgoing, Segment};

/// Enough to acknowledge the peer's FIN again, and to tell old segments from a new connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimeWait {
    seq: SeqNum,
    ack: SeqNum,
    timestamps: Option<(u32, u32)>,
    ack_due: bool,
    /// Answers to empty segments that may still be given.
    answers: u8,
    until: Instant,
}

impl TimeWait {
    pub(crate) fn new(seq: SeqNum, ack: SeqNum, timestamps: Option<(u32, u32)>, ack_due: bool, cx: &TcpCx<'_>) -> Self {
        TimeWait { seq, ack, timestamps, ack_due, answers: MOST_ANSWERS, until: cx.now + cx.config.msl * 2 }
    }

    pub(crate) fn on_segment(&mut self, segment: &Segment, cx: &TcpCx<'_>) -> Arrived {
        //= rfc1337#3
        // A reset does not end TIME-WAIT.
        if segment.has(Flags::RST) {
            return Arrived::Dropped(TransportDrop::NoConnection);
        }
        if !segment.has(Flags::ACK) && !segment.has(Flags::SYN) {
            return Arrived::Dropped(TransportDrop::NoAckFlag);
        }
        //= rfc9293#3.10.7.4
        // What lies outside the window is answered, so that a peer that lost its way learns where we stand.
        if segment.len() == 0 && segment.seq != self.ack && self.answers > 0 {
            self.answers -= 1;
            self.ack_due = true;
        }
        //= rfc9293#3.10.7.4
        // A repeated FIN is acknowledged again, and the wait starts anew.
        if segment.has(Flags::FIN) && segment.seq + segment.len() == self.ack {
            self.until = cx.now + cx.config.msl * 2;
        }
        if segment.len() > 0 {
            self.ack_due = true;
        }
        Arrived::Done
    }

    /// Whether a SYN is new enough to begin another connection between the same ends.
    //= rfc6191#2
    pub(crate) fn yields_to(&self, syn: &Segment) -> bool {
        match (self.timestamps, syn.options.timestamps) {
            (Some((_, recent)), Some((value, _))) if value != recent => SeqNum(recent).before(SeqNum(value)),
            _ => self.ack.before(syn.seq),
        }
    }

    /// The last number that this side used.
    pub(crate) fn last_sent(&self) -> SeqNum {
        self.seq
    }

    pub(crate) fn poll_segment(&mut self, cx: &TcpCx<'_>) -> Option<Outgoing> {
        if !std::mem::take(&mut self.ack_due) {
            return None;
        }
        let timestamps = self.timestamps.map(|(offset, recent)| (cx.timestamp(offset), recent));
        let options = Options { timestamps, ..Options::default() };
        Some(Outgoing { window: 0xffff, options, ..Outgoing::control(self.seq, self.ack, Flags::ACK) })
    }

    pub(crate) fn is_over(&self, now: Instant) -> bool {
        self.until <= now
    }

    pub(crate) fn until(&self) -> Instant {
        self.until
    }
}

/// So that two sides that disagree do not answer each other for the whole wait.
const MOST_ANSWERS: u8 = 10;
