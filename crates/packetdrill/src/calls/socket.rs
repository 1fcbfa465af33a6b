//! A socket as a program sees it: the stack's connection or listener, and what Linux keeps beside it.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use base::Instant;
use base::event::TcpState;
use stack::{ConnId, Host, ListenerId, TcpError, TcpOption};

use super::backlog::Backlog;
use super::progress::Seen;
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
    pub(super) seen: Seen,
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
            seen: Seen::new(now),
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

    /// The state of the connection, or of the socket without one.
    pub(crate) fn state(&self, host: &Host) -> TcpState {
        match self.kind {
            Kind::Listener(_) => TcpState::Listen,
            Kind::Fresh => TcpState::Closed,
            Kind::Stream(id, _) => host.tcp_state(id).unwrap_or(TcpState::Closed),
        }
    }
}
