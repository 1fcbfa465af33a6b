//! NewReno (RFC 6582): fast recovery lasts until everything sent before the loss is acknowledged, so that one window is
//! reduced once.

use super::Repair;
use super::aimd::Aimd;

//= rfc6582#3.2
pub(super) fn newreno(mss: u32, initial: u32) -> Aimd {
    Aimd::new(mss, initial, Repair::Proportional)
}

#[cfg(test)]
mod tests {
    use base::Instant;

    use super::super::{Acked, Controller};
    use super::*;

    fn ack(bytes: u32) -> Acked {
        Acked { bytes, now: Instant::ZERO, sample: None, rtt: None, in_flight: 0, window_limited: true }
    }

    //= rfc5681#3.1 test
    #[test]
    fn slow_start_doubles_in_a_round_trip_and_avoidance_adds_one_segment() {
        let mut reno = newreno(1000, 10_000);
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
        let mut reno = newreno(1000, 10_000);
        reno.on_timeout(3000, Instant::ZERO);
        assert_eq!((reno.window(), reno.threshold()), (1000, 2000));
    }

    #[test]
    fn an_unused_window_does_not_grow() {
        let mut reno = newreno(1000, 10_000);
        reno.on_ack(Acked { window_limited: false, ..ack(1000) });
        assert_eq!(reno.window(), 10_000);
    }
}
