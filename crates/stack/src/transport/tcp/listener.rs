//! A listening socket: half-open connections it waits for, and open ones that the program has not yet accepted.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Waker;

use base::Instant;

use super::settings::Settings;

#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) local: SocketAddr,
    /// Connections in SYN-RECEIVED, at most `backlog` (RFC 4987 section 3.2).
    pub(crate) half_open: usize,
    /// Established connections, in the order in which they came, at most `backlog`.
    pub(crate) accept: VecDeque<u64>,
    backlog: usize,
    pub(crate) waker: Option<Waker>,
    /// Cookies were sent lately: an acknowledgement may bring one back until then.
    pub(crate) cookies_until: Option<Instant>,
    /// What its program changed of the host's configuration.
    pub(crate) settings: Option<Arc<Settings>>,
}

impl Listener {
    pub(crate) fn new(local: SocketAddr, backlog: usize) -> Self {
        let backlog = backlog.clamp(1, MAX_BACKLOG);
        Listener {
            local,
            half_open: 0,
            accept: VecDeque::new(),
            backlog,
            waker: None,
            cookies_until: None,
            settings: None,
        }
    }

    /// Whether an acknowledgement out of nowhere may bring back a cookie.
    pub(crate) fn expects_cookie(&self, now: Instant) -> bool {
        self.cookies_until.is_some_and(|until| now <= until)
    }

    pub(crate) fn takes_syn(&self) -> bool {
        self.half_open < self.backlog
    }

    pub(crate) fn takes_connection(&self) -> bool {
        self.accept.len() < self.backlog
    }
}

const MAX_BACKLOG: usize = 65_536;
