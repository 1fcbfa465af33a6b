//! Slow start, congestion avoidance, halving: RFC 5681, with the byte counting of RFC 3465.

use base::Instant;

use super::{Acked, Controller, half_of};

#[derive(Debug)]
pub(crate) struct NewReno {
    mss: u32,
    window: u32,
    threshold: u32,
    /// Bytes acknowledged since the last growth in congestion avoidance.
    counted: u32,
}

impl NewReno {
    pub(crate) fn new(mss: u32, initial: u32) -> Self {
        //= rfc5681#3.1
        // The initial value of ssthresh SHOULD be arbitrarily high.
        NewReno { mss, window: initial, threshold: u32::MAX, counted: 0 }
    }
}

impl Controller for NewReno {
    fn on_ack(&mut self, ack: Acked) {
        if !ack.window_limited {
            return;
        }
        if self.window < self.threshold {
            //= rfc3465#2.2
            // Slow start by bytes. No limit L for each acknowledgement: receivers that acknowledge many segments at once are
            // common, and deployed stacks trust the count.
            self.window = self.window.saturating_add(ack.bytes);
            return;
        }
        //= rfc3465#2.1
        self.counted += ack.bytes;
        if self.counted >= self.window {
            self.counted -= self.window;
            self.window = self.window.saturating_add(self.mss);
        }
    }

    fn on_loss(&mut self, flight: u32, _: Instant) {
        //= rfc5681#3.2
        self.threshold = half_of(flight, self.mss);
        self.window = self.threshold;
        self.counted = 0;
    }

    fn on_timeout(&mut self, flight: u32, _: Instant) {
        //= rfc5681#3.1
        // After a timeout cwnd is the loss window: one segment.
        self.threshold = half_of(flight, self.mss);
        self.window = self.mss;
        self.counted = 0;
    }

    fn window(&self) -> u32 {
        self.window
    }

    fn threshold(&self) -> u32 {
        self.threshold
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ack(bytes: u32) -> Acked {
        Acked { bytes, now: Instant::ZERO, sample: None, rtt: None, in_flight: 0, window_limited: true }
    }

    //= rfc5681#3.1 test
    #[test]
    fn slow_start_doubles_in_a_round_trip_and_avoidance_adds_one_segment() {
        let mut reno = NewReno::new(1000, 10_000);
        (0..10).for_each(|_| reno.on_ack(ack(1000)));
        assert_eq!(reno.window(), 20_000);
        reno.on_loss(20_000, Instant::ZERO);
        assert_eq!((reno.window(), reno.threshold()), (10_000, 10_000));
        (0..10).for_each(|_| reno.on_ack(ack(1000)));
        assert_eq!(reno.window(), 11_000);
    }

    //= rfc5681#3.1 test
    #[test]
    fn a_timeout_starts_again_from_one_segment() {
        let mut reno = NewReno::new(1000, 10_000);
        reno.on_timeout(3000, Instant::ZERO);
        assert_eq!((reno.window(), reno.threshold()), (1000, 2000));
    }

    #[test]
    fn an_unused_window_does_not_grow() {
        let mut reno = NewReno::new(1000, 10_000);
        reno.on_ack(Acked { window_limited: false, ..ack(1000) });
        assert_eq!(reno.window(), 10_000);
    }
}
