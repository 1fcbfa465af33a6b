//! A socket as a program sees it: the stack's connection or listener, and what Linux keeps beside it.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use base::event::TcpState;
use base::{Duration, Instant};
use stack::{ConnId, Host, ListenerId, TcpError, TcpOption, Waiting};

use super::backlog::Backlog;
use crate::address::Family;
use crate::errno::Errno;
use crate::info::Times;
use crate::notices::Notices;
use crate::send_queue::{SendQueue, Shape};
use crate::sysctl::AMPLE;
use crate::watch::Epoll;

/// What a descriptor stands for. All of them are real descriptors, as packetdrill closes them itself at the end.
#[derive(Debug)]
pub(crate) enum Descriptor {
    Socket(Box<Socket>),
    Epoll(Epoll),
    /// One end of a pipe.
    Pipe(OwnedFd),
}

/// How far a socket has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Neither connected nor listening.
    Fresh,
    Listener(ListenerId),
    /// Connecting or connected; false until the program could know that it is.
    Stream(ConnId, bool),
}

/// A TCP socket.
#[derive(Debug)]
pub(crate) struct Socket {
    /// An event counter that nobody counts with: it holds the number of the descriptor.
    pub(crate) fd: OwnedFd,
    pub(crate) family: Family,
    pub(crate) kind: Kind,
    pub(crate) bound: Option<SocketAddr>,
    pub(crate) nonblocking: bool,
    /// What the stack is told when there is a connection or a listener to tell it.
    pub(crate) options: Vec<TcpOption>,
    pub(crate) own: Own,
    pub(crate) send: SendQueue,
    pub(crate) backlog: Backlog,
    /// Taken from the stack for a program that only looked at it (`MSG_PEEK`).
    pub(crate) peeked: VecDeque<u8>,
    pub(crate) notices: Notices,
    /// `shutdown` was called.
    pub(crate) shut: (bool, bool),
    /// The connection's error was told to the program.
    pub(crate) error_told: bool,
    /// The program, or poll, found no room: it is to be woken when there is some.
    pub(crate) no_space: bool,
    /// The last write said that more would come (`MSG_MORE`).
    pub(crate) more: bool,
    pub(crate) times: Times,
    seen: Seen,
}

/// Settings that the stack need not know, or that a program reads back.
#[derive(Clone, Debug, Default)]
pub(crate) struct Own {
    pub(crate) values: std::collections::BTreeMap<(i32, i32), i32>,
    pub(crate) linger: Option<u32>,
    pub(crate) not_sent_limit: Option<u32>,
    pub(crate) congestion: Option<String>,
    /// `TCP_INQ`, `SO_ZEROCOPY`.
    pub(crate) inq: bool,
    pub(crate) zerocopy: bool,
}

/// What the connection looked like the last time.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    at: Instant,
    /// Where the time goes until the next look: busy, the peer's window, the send buffer.
    goes: (bool, bool, bool),
    read: u64,
    received: u64,
    finished: bool,
    /// The peer has, and this side has not.
    finished_first: bool,
    open: bool,
    expanded: bool,
    over: bool,
    cwnd: u32,
    in_flight: u32,
    reordering: u32,
    max_window: usize,
    mss: usize,
}

impl Socket {
    pub(crate) fn new(fd: OwnedFd, family: Family, send: SendQueue, now: Instant) -> Self {
        Socket {
            fd,
            family,
            kind: Kind::Fresh,
            bound: None,
            nonblocking: false,
            // `send_queue` says when a write is full, not the stack.
            options: vec![TcpOption::SendBuffer(AMPLE)],
            own: Own::default(),
            send,
            backlog: Backlog::default(),
            peeked: VecDeque::new(),
            notices: Notices::default(),
            shut: (false, false),
            error_told: false,
            no_space: false,
            more: false,
            times: Times { since: now, ..Times::default() },
            seen: Seen { at: now, mss: 536, ..Seen::default() },
        }
    }

    pub(crate) fn conn(&self) -> Option<ConnId> {
        match self.kind {
            Kind::Stream(id, _) => Some(id),
            _ => None,
        }
    }

    /// Gives the stack more of what was written; whether it took anything.
    pub(crate) fn feed(&mut self, host: &mut Host) -> bool {
        let Some(id) = self.conn() else { return false };
        let nodelay = self.own.values.get(&(libc::SOL_TCP, libc::TCP_NODELAY)).is_some_and(|on| *on != 0);
        self.backlog.feed(host, id, !nodelay)
    }

    /// Small segments are held back at present.
    pub(crate) fn is_corked(&self) -> bool {
        self.more || self.own.values.get(&(libc::SOL_TCP, libc::TCP_CORK)).is_some_and(|on| *on != 0)
    }

    /// `MSG_MORE` holds a segment back for the time of one call: the next acknowledgement lets it go.
    pub(crate) fn forget_more(&mut self, host: &mut Host) {
        if std::mem::take(&mut self.more)
            && let Some(id) = self.conn()
        {
            host.tcp_set(id, TcpOption::Cork(self.is_corked()));
        }
    }

    pub(crate) fn shape(&self) -> Shape {
        Shape { mss: self.seen.mss, max_window: self.seen.max_window }
    }

    /// Unsent text up to which the socket counts as writable.
    pub(crate) fn not_sent_limit(&self, usual: u64) -> u64 {
        self.own.not_sent_limit.filter(|limit| *limit != 0).map_or(usual, u64::from)
    }

    /// Reads what was peeked at, and then from the stack; `peek`: it stays to be read. As the stack answers `tcp_recv`.
    pub(crate) fn read(
        &mut self,
        host: &mut Host,
        id: ConnId,
        into: &mut [u8],
        peek: bool,
    ) -> std::result::Result<Option<usize>, TcpError> {
        let wanted = into.len();
        while self.peeked.len() < wanted {
            let mut more = vec![0; wanted - self.peeked.len()];
            match host.tcp_recv(id, &mut more) {
                Ok(Some(n @ 1..)) => {
                    self.seen.read += n as u64;
                    self.peeked.extend(&more[..n]);
                }
                end if self.peeked.is_empty() => return end,
                _ => break,
            }
        }
        let len = wanted.min(self.peeked.len());
        into[..len].iter_mut().zip(&self.peeked).for_each(|(byte, peeked)| *byte = *peeked);
        if !peek {
            self.peeked.drain(..len);
        }
        Ok((len > 0).then_some(len))
    }

    /// The peer has finished sending.
    pub(crate) fn finished(&self) -> bool {
        self.seen.finished
    }

    /// Why the connection failed, if it did.
    pub(crate) fn failure(&self, host: &Host) -> Option<Errno> {
        match host.tcp_connected(self.conn()?) {
            Err(TcpError::Closed) | Ok(_) => None,
            // A connection that the peer had finished with, and the program not, is a broken pipe.
            Err(TcpError::Reset) if self.seen.finished_first => Some(Errno(libc::EPIPE)),
            Err(error) => Some(error.into()),
        }
    }

    /// The same, once: the program is told now.
    pub(crate) fn take_failure(&mut self, host: &Host) -> Option<Errno> {
        let failure = self.failure(host).filter(|_| !self.error_told);
        self.error_told |= failure.is_some();
        failure
    }

    /// Looks at the connection; answers the poll events that sleepers are to be woken for.
    pub(crate) fn note_progress(&mut self, host: &Host, now: Instant) -> u32 {
        let Some(id) = self.conn() else { return 0 };
        self.spend(now);
        let Some(info) = host.tcp_info(id) else { return 0 };
        let mut keys = 0;
        let open = !matches!(info.state, TcpState::SynSent | TcpState::SynReceived | TcpState::Listen);
        if open && !self.seen.open {
            self.seen.open = true;
            self.times.since = now;
            keys |= ALL;
        }
        self.seen.mss = (info.send_mss as usize).max(1);
        if !self.seen.expanded && open {
            self.seen.expanded = true;
            self.send.expand(0, self.seen.mss);
        }
        self.seen.max_window = self.seen.max_window.max(info.send_window as usize);
        let text_in_flight = u64::from(info.in_flight).min(self.send.written());
        let waits = u64::from(info.not_sent) + self.backlog.len() as u64;
        let sent = self.send.written().saturating_sub(waits);
        let acked = sent.saturating_sub(text_in_flight).max(info.totals.bytes_acked.min(self.send.written()));
        self.send.on_progress(sent, acked);
        if self.notices.on_progress(self.send.sent(), self.send.acked(), now) {
            keys |= ERR;
        }
        let received = self.seen.read + u64::from(info.unread);
        if received > self.seen.received {
            self.seen.received = received;
            self.times.received = Some(now);
            keys |= IN;
        }
        let finished = matches!(
            info.state,
            TcpState::CloseWait | TcpState::LastAck | TcpState::Closing | TcpState::TimeWait | TcpState::Closed
        );
        if info.state != TcpState::Closed {
            self.seen.finished_first = info.state == TcpState::CloseWait;
        }
        if finished && !self.seen.finished && open {
            self.seen.finished = true;
            keys |= ALL;
        }
        if !self.seen.over && (self.failure(host).is_some() || info.state == TcpState::Closed) {
            self.seen.over = true;
            self.notices.on_end();
            keys |= ALL;
        }
        if open && info.reordering > std::mem::replace(&mut self.seen.reordering, info.reordering) {
            self.times.overtaken += u32::from(self.seen.reordering > USUAL_REORDERING);
        }
        (self.seen.cwnd, self.seen.in_flight) = (info.cwnd, info.in_flight);
        self.seen.goes.0 = info.in_flight > 0 || waits > 0;
        let full = info.in_flight + info.send_mss > info.cwnd;
        self.seen.goes.1 = info.waits_for == Waiting::PeerWindow && !full;
        self.seen.goes.2 = self.no_space && waits == 0 && !full;
        keys
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

    /// The state of the connection, or of the socket without one.
    pub(crate) fn state(&self, host: &Host) -> TcpState {
        match self.kind {
            Kind::Listener(_) => TcpState::Listen,
            Kind::Fresh => TcpState::Closed,
            Kind::Stream(id, _) => host.tcp_state(id).unwrap_or(TcpState::Closed),
        }
    }
}

/// What every connection begins with.
const USUAL_REORDERING: u32 = 3;
const IN: u32 = (libc::EPOLLIN | libc::EPOLLPRI | libc::EPOLLRDNORM | libc::EPOLLRDBAND) as u32;
const OUT: u32 = (libc::EPOLLOUT | libc::EPOLLWRNORM | libc::EPOLLWRBAND) as u32;
const ERR: u32 = libc::EPOLLERR as u32;
const ALL: u32 = u32::MAX;
