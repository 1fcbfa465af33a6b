//! Whether an idle peer is still there (RFC 9293, section 3.8.4): a segment that says nothing new must be answered.

use base::Instant;

use crate::socket::Keepalive;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch {
    /// When the peer was last heard.
    heard: Instant,
    /// Probes since then.
    probes: u32,
}

/// What is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Due {
    Nothing,
    Probe,
    /// It answered none of the probes.
    GivenUp,
}

impl Watch {
    pub(crate) fn new(now: Instant) -> Self {
        Watch { heard: now, probes: 0 }
    }

    /// Anything came from the peer.
    #[inline]
    pub(crate) fn on_heard(&mut self, now: Instant) {
        self.heard = now;
        self.probes = 0;
    }

    pub(crate) fn heard(&self) -> Instant {
        self.heard
    }

    pub(crate) fn poll_at(&self, keepalive: &Keepalive) -> Instant {
        self.heard + keepalive.idle + keepalive.interval * u64::from(self.probes)
    }

    //= rfc9293#3.8.4
    pub(crate) fn on_timer(&mut self, keepalive: &Keepalive, now: Instant) -> Due {
        if self.poll_at(keepalive) > now {
            return Due::Nothing;
        }
        if self.probes >= keepalive.probes {
            return Due::GivenUp;
        }
        self.probes += 1;
        Due::Probe
    }
}
