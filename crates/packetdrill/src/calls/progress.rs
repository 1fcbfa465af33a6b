//! What has become of a connection since the last look: who is to be woken, and where its time went.

use base::event::TcpState;
use base::{Duration, Instant};
use stack::{Host, TcpInfo, Waiting};

use super::socket::Socket;
use crate::info::Times;

/// What a connection looked like the last time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    at: Instant,
    /// Where the time goes until the next look: busy, the peer's window, the send buffer.
    goes: (bool, bool, bool),
    /// Text that the program has taken, and that has arrived.
    pub(super) read: u64,
    received: u64,
    /// The peer has finished; and the program has not.
    pub(super) finished: bool,
    pub(super) finished_first: bool,
    open: bool,
    over: bool,
    cwnd: u32,
    in_flight: u32,
    reordering: u32,
    pub(super) max_window: usize,
    pub(super) mss: usize,
}

impl Seen {
    pub(super) fn new(now: Instant) -> Self {
        Seen { at: now, mss: LEAST_MSS, ..Seen::default() }
    }
}

impl Socket {
    /// Looks at the connection; answers the poll events that sleepers are to be woken for.
    pub(crate) fn note_progress(&mut self, host: &Host, now: Instant) -> u32 {
        let Some(id) = self.conn() else { return 0 };
        self.spend(now);
        let Some(info) = host.tcp_info(id) else { return 0 };
        let mut keys = self.note_opening(&info, now);
        keys |= self.note_sent(&info, now);
        keys |= self.note_received(&info, now);
        if !self.seen.over && (self.failure(host).is_some() || info.state == TcpState::Closed) {
            self.seen.over = true;
            self.notices.on_end();
            keys |= ALL;
        }
        self.note_limits(&info);
        keys
    }

    fn note_opening(&mut self, info: &TcpInfo, now: Instant) -> u32 {
        self.seen.mss = (info.send_mss as usize).max(1);
        self.seen.max_window = self.seen.max_window.max(info.send_window as usize);
        if self.seen.open || matches!(info.state, TcpState::SynSent | TcpState::SynReceived | TcpState::Listen) {
            return 0;
        }
        self.seen.open = true;
        self.times.since = now;
        self.send.expand(0, self.seen.mss);
        ALL
    }

    fn note_sent(&mut self, info: &TcpInfo, now: Instant) -> u32 {
        let written = self.send.written();
        let sent = written.saturating_sub(u64::from(info.not_sent) + self.backlog.len() as u64);
        let in_flight = u64::from(info.in_flight).min(written);
        let acked = sent.saturating_sub(in_flight).max(info.totals.bytes_acked.min(written));
        self.send.on_progress(sent, acked);
        if self.notices.on_progress(self.send.sent(), self.send.acked(), now) { ERR } else { 0 }
    }

    fn note_received(&mut self, info: &TcpInfo, now: Instant) -> u32 {
        let mut keys = 0;
        let received = self.seen.read + u64::from(info.unread);
        if received > self.seen.received {
            self.seen.received = received;
            self.times.received = Some(now);
            keys |= IN;
        }
        if info.state != TcpState::Closed {
            self.seen.finished_first = info.state == TcpState::CloseWait;
        }
        let finished = matches!(
            info.state,
            TcpState::CloseWait | TcpState::LastAck | TcpState::Closing | TcpState::TimeWait | TcpState::Closed
        );
        if finished && self.seen.open && !self.seen.finished {
            self.seen.finished = true;
            keys |= ALL;
        }
        keys
    }

    /// What holds the connection back from now on.
    fn note_limits(&mut self, info: &TcpInfo) {
        if self.seen.open && info.reordering > std::mem::replace(&mut self.seen.reordering, info.reordering) {
            self.times.overtaken += u32::from(info.reordering > USUAL_REORDERING);
        }
        (self.seen.cwnd, self.seen.in_flight) = (info.cwnd, info.in_flight);
        let waits = u64::from(info.not_sent) + self.backlog.len() as u64;
        let full = info.in_flight + info.send_mss > info.cwnd;
        let busy = info.in_flight > 0 || waits > 0;
        let window = info.waits_for == Waiting::PeerWindow && !full;
        self.seen.goes = (busy, window, self.no_space && waits == 0 && !full);
    }

    /// Room for more was wanted, and there is some: whoever waits for it is woken.
    pub(crate) fn note_space(&mut self, usual: u64) -> u32 {
        if !self.no_space {
            return 0;
        }
        if self.seen.in_flight + (self.seen.mss as u32) <= self.seen.cwnd {
            // The network could take more than the program may write ahead.
            self.send.expand(self.seen.cwnd as usize / self.seen.mss, self.seen.mss);
        }
        let writable = self.send.is_writable(self.not_sent_limit(usual));
        self.no_space &= !writable;
        if writable { OUT } else { 0 }
    }

    /// The time since the last look went where the connection waited.
    pub(crate) fn spend(&mut self, now: Instant) {
        let span = now.since(self.seen.at);
        self.seen.at = now;
        let (busy, window, send_buffer) = self.seen.goes;
        let mut spend = |to: fn(&mut Times) -> &mut Duration, on: bool| {
            if on {
                let total = to(&mut self.times);
                *total = Duration::from_nanos(total.nanos() + span.nanos());
            }
        };
        spend(|times| &mut times.busy, busy || send_buffer);
        spend(|times| &mut times.window, window);
        spend(|times| &mut times.send_buffer, send_buffer && !window);
    }
}

/// What every connection begins with.
const LEAST_MSS: usize = 536;
const USUAL_REORDERING: u32 = 3;
/// As Linux wakes sleepers: text, room, something in the error queue, everything.
const IN: u32 = (libc::EPOLLIN | libc::EPOLLPRI | libc::EPOLLRDNORM | libc::EPOLLRDBAND) as u32;
const OUT: u32 = (libc::EPOLLOUT | libc::EPOLLWRNORM | libc::EPOLLWRBAND) as u32;
const ERR: u32 = libc::EPOLLERR as u32;
const ALL: u32 = u32::MAX;
