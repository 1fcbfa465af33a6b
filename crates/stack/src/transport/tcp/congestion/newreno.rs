//! NewReno (RFC 6582): fast recovery lasts until everything sent before the loss is acknowledged, so that one window is
//! reduced once.

use base::Instant;

use super::aimd::Aimd;
use super::{Acked, Controller, Repair};

#[derive(Debug)]
pub(crate) struct NewReno(Aimd);

impl NewReno {
    pub(crate) fn new(mss: u32, initial: u32) -> Self {
        NewReno(Aimd::new(mss, initial))
    }
}

impl Controller for NewReno {
    fn on_ack(&mut self, ack: Acked) {
        self.0.on_ack(&ack);
    }

    //= rfc6582#3.2
    fn on_loss(&mut self, flight: u32, _: Instant) {
        self.0.reduce(flight, |threshold, _| threshold);
    }

    //= rfc5681#3.1
    // After a timeout cwnd is the loss window: one segment.
    fn on_timeout(&mut self, flight: u32, _: Instant) {
        self.0.reduce(flight, |_, mss| mss);
    }

    fn undo(&mut self) {
        self.0.undo();
    }

    fn on_idle(&mut self, initial: u32) {
        self.0.on_idle(initial);
    }

    fn on_mss(&mut self, mss: u32) {
        self.0.on_mss(mss);
    }

    fn window(&self) -> u32 {
        self.0.window()
    }

    fn threshold(&self) -> u32 {
        self.0.threshold()
    }

    fn repair(&self) -> Repair {
        Repair::Proportional
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
