//! The program's side of one connection: what it writes, closes, aborts and chooses, and what it can be told.

use std::sync::Arc;

use super::connection::{Connection, Phase, Program};
use super::cx::TcpCx;
use super::sender::SendHalf;
use crate::socket::{TcpError, TcpOption};

impl Connection {
    pub(crate) fn send(&mut self, data: &[u8]) -> Result<usize, TcpError> {
        let data = &data[..data.len().min(self.send_room())];
        match &self.phase {
            Phase::Synchronized(open) if open.snd.half() == SendHalf::Open => Ok(self.tx.push(data)),
            Phase::Handshake(_) if !self.program.finished => Ok(self.tx.push(data)),
            _ => Err(self.error().unwrap_or(TcpError::Closed)),
        }
    }

    /// Whether a read can say something now: text, the end, or an error.
    pub(crate) fn is_readable(&self) -> bool {
        !self.rx.is_empty() || self.is_at_end()
    }

    /// Whether a write can say something now: room, or an error.
    pub(crate) fn is_writable(&self) -> bool {
        self.send_room() > 0 || self.send_is_over()
    }

    /// What a write may place: what is in flight and as much again, so that no path holds more memory (nor more of the
    /// processor's cache) than it can use. A buffer whose size the program chose takes what it holds.
    fn send_room(&self) -> usize {
        let flight = match &self.phase {
            Phase::Synchronized(open) => (open.snd.nxt() - open.snd.una()) as usize,
            _ => 0,
        };
        let waiting = self.tx.len().saturating_sub(flight);
        let ahead = self.settings.not_sent.map_or(usize::MAX, |limit| limit.max(1).saturating_sub(waiting));
        if self.settings.fills_send_buffer {
            return self.tx.room().min(ahead);
        }
        (flight + flight.max(LEAST_AHEAD)).saturating_sub(self.tx.len()).min(self.tx.room()).min(ahead)
    }

    fn send_is_over(&self) -> bool {
        match &self.phase {
            Phase::Handshake(_) => false,
            Phase::Synchronized(open) => open.snd.half() > SendHalf::Open,
            Phase::TimeWait(_) | Phase::Closed => true,
        }
    }

    pub(crate) fn is_at_end(&self) -> bool {
        match &self.phase {
            Phase::Handshake(_) => false,
            Phase::Synchronized(open) => open.rcv.finished(),
            Phase::TimeWait(_) | Phase::Closed => true,
        }
    }

    pub(crate) fn is_synchronized(&self) -> bool {
        matches!(self.phase, Phase::Synchronized(_) | Phase::TimeWait(_))
    }

    /// Whether everything sent, the FIN included, is acknowledged.
    pub(crate) fn is_flushed(&self) -> bool {
        match &self.phase {
            Phase::Handshake(_) => false,
            Phase::Synchronized(open) => {
                self.tx.is_empty() && matches!(open.snd.half(), SendHalf::Open | SendHalf::FinAcked)
            }
            Phase::TimeWait(_) | Phase::Closed => true,
        }
    }

    /// The program sends no more (CLOSE in the RFC's words, the receiving half stays open).
    //= rfc9293#3.10.4
    pub(crate) fn close(&mut self, cx: &mut TcpCx<'_>) {
        let before = self.state();
        match &mut self.phase {
            // A connection that was never there is forgotten; SYN-RECEIVED closes once it is established.
            Phase::Handshake(handshake) if !handshake.is_received() => {
                self.phase = Phase::Closed;
                cx.wake(&mut self.program.reader);
                cx.wake(&mut self.program.writer);
            }
            Phase::Handshake(_) => self.program.finished = true,
            Phase::Synchronized(open) if open.snd.half() == SendHalf::Open => {
                open.we_closed_first = !open.rcv.finished();
                open.snd.close();
            }
            _ => {}
        }
        cx.facts.state(self.flow, before, self.state());
    }

    /// The program forgets the connection.
    pub(crate) fn release(&mut self, cx: &mut TcpCx<'_>) {
        self.program = Program { released: true, ..Program::default() };
        if !self.rx.is_empty() && matches!(self.phase, Phase::Synchronized(_)) {
            //= rfc9293#3.6.1
            // Unread data is thrown away: a reset says so.
            self.abort(TcpError::Aborted, cx);
            return;
        }
        self.close(cx);
    }

    /// Ends the connection at once; a synchronized peer is sent a reset.
    //= rfc9293#3.10.5
    pub(crate) fn abort(&mut self, error: TcpError, cx: &mut TcpCx<'_>) {
        let before = self.state();
        self.reset(error, cx);
        cx.facts.state(self.flow, before, self.state());
    }

    pub(crate) fn set(&mut self, option: TcpOption) {
        Arc::make_mut(&mut self.settings).set(option);
        match (option, &mut self.phase) {
            (TcpOption::Congestion(which), Phase::Synchronized(open)) => open.snd.set_congestion(which),
            (TcpOption::ReceiveBuffer(bytes), Phase::Synchronized(open)) => open.rcv.tuner.fix(bytes),
            (TcpOption::SendBuffer(bytes), _) => self.tx.set_capacity(bytes),
            (TcpOption::QuickAck, Phase::Synchronized(open)) => open.acks.quick(),
            (TcpOption::MaxSegment(mss), Phase::Handshake(handshake)) => handshake.limit_mss(mss),
            (_, Phase::Synchronized(open)) => {
                let in_flight = (open.snd.nxt() - open.snd.una()) as usize;
                open.snd.set(&self.settings, self.tx.len() > in_flight);
            }
            _ => {}
        }
    }
}

/// A writer may be this far ahead of what is in flight, however little that is.
const LEAST_AHEAD: usize = 64 << 10;
