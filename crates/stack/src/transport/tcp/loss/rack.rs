//! RACK: a segment is lost when one that left later has arrived and reordering does not explain it (RFC 8985).

use base::{Duration, Instant, SeqNum};

use super::scoreboard::{Newest, Sent};

#[derive(Debug)]
pub(crate) struct Rack {
    /// Departure of the newest segment that was delivered, and its round trip.
    at: Instant,
    order: SeqNum,
    rtt: Duration,
    /// Highest number that was delivered.
    fack: SeqNum,
    /// How far a segment sent once was seen to be overtaken, bytes.
    overtaken: u32,
    /// The reordering window in quarters of a round trip, and recoveries until it is one again.
    quarters: u8,
    persist: u8,
    /// The number that ends the round in which a D-SACK was counted.
    dsack_round: Option<SeqNum>,
}

/// What an ACK says about time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AckClock {
    pub(crate) now: Instant,
    pub(crate) min_rtt: Duration,
}

/// What decides how far segments may overtake each other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tolerance {
    pub(crate) min_rtt: Duration,
    pub(crate) smoothed: Duration,
    pub(crate) recovering: bool,
    pub(crate) sacked_segments: u32,
}

impl Rack {
    pub(crate) fn new(iss: SeqNum) -> Self {
        Rack {
            at: Instant::ZERO,
            order: SeqNum(0),
            rtt: Duration::ZERO,
            fack: iss,
            overtaken: 0,
            quarters: 1,
            persist: 0,
            dsack_round: None,
        }
    }

    /// A segment was delivered that was not known to be.
    //= rfc8985#6.2
    #[inline]
    pub(crate) fn on_delivered(&mut self, sent: &Sent, clock: AckClock) {
        let end = sent.end();
        if self.fack.before(end) {
            self.fack = end;
        } else if end.before(self.fack) && sent.again == 0 {
            self.overtaken = self.overtaken.max(self.fack - sent.seq);
        }
        let rtt = clock.now.since(sent.at);
        // Which of the two transmissions arrived? Not the second, if it was faster than light.
        if sent.again > 0 && rtt < clock.min_rtt {
            return;
        }
        self.rtt = rtt;
        if self.order.before(sent.order) {
            (self.at, self.order) = (sent.at, sent.order);
        }
    }

    /// A D-SACK came: a repetition was needless, so more reordering is to be tolerated.
    //= rfc8985#6.2
    pub(crate) fn on_dsack(&mut self, una: SeqNum, nxt: SeqNum) {
        if self.dsack_round.is_some_and(|round| round.at_most(una)) {
            self.dsack_round = None;
        }
        if self.dsack_round.is_none() {
            self.dsack_round = Some(nxt);
            self.quarters = self.quarters.saturating_add(1).min(MOST_QUARTERS);
            self.persist = PERSIST;
        }
    }

    pub(crate) fn on_recovered(&mut self) {
        self.persist = self.persist.saturating_sub(1);
        if self.persist == 0 {
            self.quarters = 1;
        }
    }

    /// What to judge the others by; none before anything was delivered.
    pub(crate) fn newest(&self, tolerance: Tolerance) -> Newest {
        Newest { at: self.at, order: self.order, allowance: self.rtt + self.window(tolerance) }
    }

    //= rfc8985#6.2
    fn window(&self, tolerance: Tolerance) -> Duration {
        if self.overtaken == 0 && (tolerance.recovering || tolerance.sacked_segments >= DUP_THRESH) {
            return Duration::ZERO;
        }
        (tolerance.min_rtt * u64::from(self.quarters) / 4).min(tolerance.smoothed)
    }

    pub(crate) fn overtaken(&self) -> u32 {
        self.overtaken
    }
}

const DUP_THRESH: u32 = 3;
const PERSIST: u8 = 16;
const MOST_QUARTERS: u8 = 100;
