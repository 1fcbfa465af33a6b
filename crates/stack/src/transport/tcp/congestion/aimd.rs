//! Slow start, congestion avoidance, halving: RFC 5681, with the byte counting of RFC 3465. What Tahoe, Reno and NewReno
//! share; they differ in how a loss is repaired.

use super::Acked;

#[derive(Clone, Copy, Debug)]
pub(super) struct Aimd {
    mss: u32,
    window: u32,
    threshold: u32,
    /// Bytes acknowledged since the last growth in congestion avoidance.
    counted: u32,
    /// Window and threshold before the last reduction.
    before: (u32, u32),
}

impl Aimd {
    pub(super) fn new(mss: u32, initial: u32) -> Self {
        //= rfc5681#3.1
        // The initial value of ssthresh SHOULD be arbitrarily high.
        Aimd { mss, window: initial, threshold: u32::MAX, counted: 0, before: (0, 0) }
    }

    pub(super) fn on_ack(&mut self, ack: &Acked) {
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

    /// Halves the threshold; the window becomes `window` of it.
    //= rfc5681#3.2
    pub(super) fn reduce(&mut self, flight: u32, window: impl FnOnce(u32, u32) -> u32) {
        self.before = (self.window, self.threshold);
        self.threshold = (flight / 2).max(2 * self.mss);
        self.window = window(self.threshold, self.mss);
        self.counted = 0;
    }

    //= rfc4015#3.2
    pub(super) fn undo(&mut self) {
        self.window = self.window.max(self.before.0);
        self.threshold = self.threshold.max(self.before.1);
    }

    //= rfc5681#4.1
    // The restart window is min(IW, cwnd).
    pub(super) fn on_idle(&mut self, initial: u32) {
        self.threshold = self.threshold.max(self.window / 4 * 3);
        self.window = self.window.min(initial);
    }

    pub(super) fn on_mss(&mut self, mss: u32) {
        self.window = self.window.max(mss);
        self.mss = mss;
    }

    pub(super) fn window(&self) -> u32 {
        self.window
    }

    pub(super) fn threshold(&self) -> u32 {
        self.threshold
    }
}
