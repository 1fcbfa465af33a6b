//! Slow start, congestion avoidance, halving: RFC 5681, with the byte counting of RFC 3465. Tahoe, Reno and NewReno are this
//! with a different answer to one question: how is a loss repaired?

use base::Instant;

use super::{Acked, Controller, Repair};

#[derive(Debug)]
pub(super) struct Aimd {
    mss: u32,
    window: u32,
    threshold: u32,
    /// Bytes acknowledged since the last growth in congestion avoidance.
    counted: u32,
    /// Window and threshold before the last reduction.
    before: (u32, u32),
    repair: Repair,
}

impl Aimd {
    pub(super) fn new(mss: u32, initial: u32, repair: Repair) -> Self {
        //= rfc5681#3.1
        // The initial value of ssthresh SHOULD be arbitrarily high.
        Aimd { mss, window: initial, threshold: u32::MAX, counted: 0, before: (0, 0), repair }
    }

    fn reduce(&mut self, flight: u32) {
        self.before = (self.window, self.threshold);
        self.threshold = (flight / 2).max(2 * self.mss);
        self.counted = 0;
    }
}

impl Controller for Aimd {
    fn on_ack(&mut self, ack: Acked) {
        if !ack.window_limited {
            return;
        }
        let mut bytes = ack.bytes;
        if self.window < self.threshold {
            //= rfc3465#2.2
            // Slow start by bytes. No limit L for each acknowledgement: receivers that acknowledge many segments at once are
            // common, and deployed stacks trust the count.
            let grown = bytes.min(self.threshold - self.window);
            self.window += grown;
            bytes -= grown;
        }
        //= rfc3465#2.1
        self.counted += bytes;
        if bytes > 0 && self.counted >= self.window {
            self.counted -= self.window;
            self.window = self.window.saturating_add(self.mss);
        }
    }

    //= rfc5681#3.2
    // Without fast recovery the window begins again at one segment, else it is halved.
    fn on_loss(&mut self, flight: u32, _: Instant) {
        self.reduce(flight);
        self.window = if self.repair == Repair::SlowStart { self.mss } else { self.threshold };
    }

    //= rfc5681#3.1
    // After a timeout cwnd is the loss window: one segment.
    fn on_timeout(&mut self, flight: u32, _: Instant) {
        self.reduce(flight);
        self.window = self.mss;
    }

    //= rfc4015#3.2
    fn undo(&mut self) {
        self.window = self.window.max(self.before.0);
        self.threshold = self.threshold.max(self.before.1);
    }

    //= rfc5681#4.1
    // The restart window is min(IW, cwnd).
    fn on_idle(&mut self, initial: u32) {
        self.threshold = self.threshold.max(self.window / 4 * 3);
        self.window = self.window.min(initial);
    }

    fn on_mss(&mut self, mss: u32) {
        self.window = self.window.max(mss);
        self.mss = mss;
    }

    fn window(&self) -> u32 {
        self.window
    }

    fn threshold(&self) -> u32 {
        self.threshold
    }

    fn repair(&self) -> Repair {
        self.repair
    }
}
