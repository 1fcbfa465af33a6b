//! What a program has written and the stack does not have yet.
//!
//! A record (`MSG_EOR`) ends in a segment of its own. The stack knows no records: it is given the next one when the one
//! before has left. And whatever the stack does not take at once waits here, so that a write takes what Linux's would.

use std::collections::VecDeque;

use stack::{ConnId, Host, TcpOption};

/// Text on its way to the stack.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    text: VecDeque<u8>,
    /// Bytes that the stack has taken.
    given: u64,
    /// Ends of records, counted as `given` is.
    cuts: VecDeque<u64>,
    /// After the last byte nothing more will come.
    ends: bool,
    /// Small segments leave at once, for the sake of what comes behind them.
    hurries: bool,
}

impl Backlog {
    pub(crate) fn push(&mut self, text: &[u8]) {
        self.text.extend(text);
    }

    /// The text so far ends a record.
    pub(crate) fn cut(&mut self) {
        self.cuts.push_back(self.given + self.text.len() as u64);
    }

    /// No more will be written.
    pub(crate) fn end(&mut self) {
        self.ends = true;
    }

    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    /// Gives the stack what it may have now; whether it took anything.
    pub(crate) fn feed(&mut self, host: &mut Host, id: ConnId, nagle: bool) -> bool {
        let mut any = false;
        loop {
            while self.cuts.front().is_some_and(|cut| *cut <= self.given) {
                if self.text.is_empty() || host.tcp_info(id).is_some_and(|info| info.not_sent > 0) {
                    break;
                }
                self.cuts.pop_front();
            }
            let room = self.cuts.front().map_or(usize::MAX, |cut| cut.saturating_sub(self.given) as usize);
            let len = room.min(self.text.len());
            if len == 0 {
                if !self.text.is_empty() {
                    any |= self.hurry(host, id, nagle, true);
                }
                break;
            }
            self.hurry(host, id, nagle, len < self.text.len());
            let Ok(taken @ 1..) = host.tcp_send(id, &self.text.make_contiguous()[..len]) else { break };
            self.text.drain(..taken);
            self.given += taken as u64;
            any = true;
        }
        if self.ends && self.text.is_empty() {
            self.ends = false;
            host.tcp_shutdown(id);
            any = true;
        }
        any
    }

    /// Only the last small segment waits for company (RFC 896).
    fn hurry(&mut self, host: &mut Host, id: ConnId, nagle: bool, more: bool) -> bool {
        let changes = self.hurries != more;
        if changes {
            self.hurries = more;
            host.tcp_set(id, TcpOption::Nagle(nagle && !more));
        }
        changes
    }
}
