//! When to acknowledge: at once, or a little later in company (RFC 9293 section 3.8.6.3, RFC 5681 section 4.2).

use base::{Duration, Instant};

/// The acknowledgement that is owed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Acks {
    /// Text received since the last acknowledgement, bytes.
    unacknowledged: u32,
    due: Due,
    /// Segments still acknowledged at once: the peer is in slow start and waits for every one.
    quick: u8,
    /// Challenge ACKs: the second they are counted in, and how many it has seen.
    challenges: (u32, u32),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Due {
    Nothing,
    At(Instant),
    Now,
}

impl Acks {
    pub(crate) fn new() -> Self {
        Acks { unacknowledged: 0, due: Due::Nothing, quick: QUICK_SEGMENTS, challenges: (0, 0) }
    }

    /// In-order text arrived.
    //= rfc5681#4.2
    // An ACK for at least every second full-sized segment, and within 500 ms of the first unacknowledged one.
    pub(crate) fn on_text(&mut self, len: u32, mss: u32, now: Instant, delay: Duration) {
        self.unacknowledged += len;
        let quick = self.quick > 0;
        self.quick = self.quick.saturating_sub(1);
        if quick || self.unacknowledged >= 2 * mss {
            self.due = Due::Now;
        } else if self.due == Due::Nothing {
            self.due = Due::At(now + delay);
        }
    }

    /// Without delay from now on, as at the beginning.
    pub(crate) fn quick(&mut self) {
        self.quick = QUICK_SEGMENTS;
        if self.unacknowledged > 0 {
            self.due = Due::Now;
        }
    }

    /// Something arrived that the sender must hear of at once: out of order, a filled gap, a duplicate, a FIN.
    pub(crate) fn at_once(&mut self) {
        self.due = Due::Now;
    }

    /// A challenge ACK, unless this second has had its share.
    //= rfc5961#7
    pub(crate) fn challenge(&mut self, now: Instant) {
        let second = (now.nanos() / 1_000_000_000) as u32;
        if self.challenges.0 != second {
            self.challenges = (second, 0);
        }
        if self.challenges.1 < CHALLENGES_PER_SECOND {
            self.challenges.1 += 1;
            self.due = Due::Now;
        }
    }

    pub(crate) fn on_timer(&mut self, now: Instant) {
        if let Due::At(at) = self.due
            && at <= now
        {
            self.due = Due::Now;
        }
    }

    /// Every segment that leaves carries the acknowledgement.
    pub(crate) fn on_sent(&mut self) {
        self.unacknowledged = 0;
        self.due = Due::Nothing;
    }

    pub(crate) fn is_due(&self) -> bool {
        self.due == Due::Now
    }

    pub(crate) fn poll_at(&self) -> Option<Instant> {
        match self.due {
            Due::At(at) => Some(at),
            _ => None,
        }
    }
}

/// Acknowledged without delay at the start of a connection.
const QUICK_SEGMENTS: u8 = 16;
const CHALLENGES_PER_SECOND: u32 = 10;
