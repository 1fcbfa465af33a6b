//! What an entry into TCP is given, and what it returns besides segments: facts and wakers.

use std::task::Waker;

use base::Instant;
use base::event::{Flow, TcpState, TransportFact};

use super::metrics::Told;
use crate::config::Config;

/// The environment of one call into TCP.
pub(crate) struct TcpCx<'a> {
    pub(crate) now: Instant,
    pub(crate) config: &'a Config,
    pub(crate) facts: &'a mut Facts,
    /// Programs to be woken once the host is not borrowed any more.
    pub(crate) wakers: &'a mut Vec<Waker>,
}

impl TcpCx<'_> {
    /// The timestamp clock of RFC 7323: one tick a millisecond, from a place of its own for each connection.
    pub(crate) fn timestamp(&self, offset: u32) -> u32 {
        ((self.now.nanos() / 1_000_000) as u32).wrapping_add(offset)
    }

    pub(crate) fn wake(&mut self, waker: &mut Option<Waker>) {
        self.wakers.extend(waker.take());
    }
}

/// Facts that an entry returns to the host, which turns them into events. Nothing is computed when nobody wants them.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) wanted: bool,
    /// Whether the quantities of senders are wanted too.
    pub(crate) measured: bool,
    pub(super) told: Told,
    pub(crate) list: Vec<TransportFact>,
    /// Which connection is at work.
    about: Option<Flow>,
}

impl Facts {
    pub(crate) fn add(&mut self, fact: impl FnOnce() -> TransportFact) {
        if self.wanted {
            self.list.push(fact());
        }
    }

    /// From now on the facts are about this connection.
    #[inline]
    pub(crate) fn about(&mut self, flow: &Flow) {
        if self.wanted {
            self.about = Some(*flow);
        }
    }

    /// Adds a fact about the connection at work.
    pub(crate) fn tell(&mut self, fact: impl FnOnce(Flow) -> TransportFact) {
        if let Some(flow) = self.about.filter(|_| self.wanted) {
            self.list.push(fact(flow));
        }
    }

    pub(crate) fn state(&mut self, flow: Flow, from: TcpState, to: TcpState) {
        if from != to {
            self.add(|| TransportFact::State { flow, from, to });
        }
    }
}
