//! HyStart++ (RFC 9406): leaves slow start when round trips grow, before the queue overflows.
//!
//! ```text
//!   slow start ──a round's smallest RTT grew──> conservative slow start ──5 rounds──> congestion avoidance
//!        ^                                               │
//!        └───────────── the RTT shrank again ────────────┘
//! ```

use base::Duration;

use super::Acked;

/// What slow start should do with an acknowledgement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Growth {
    /// As always.
    Full,
    /// A quarter of it (conservative slow start).
    Quarter,
    /// No more: avoidance begins here.
    Leave,
}

#[derive(Debug)]
pub(super) struct HyStart {
    /// Bytes that end the present round when they are acknowledged.
    left_in_round: u64,
    samples: u32,
    round_min: Duration,
    last_round_min: Duration,
    conservative: Option<Conservative>,
}

#[derive(Clone, Copy, Debug)]
struct Conservative {
    baseline: Duration,
    rounds: u32,
}

impl HyStart {
    pub(super) fn new() -> Self {
        HyStart {
            left_in_round: 0,
            samples: 0,
            round_min: Duration::MAX,
            last_round_min: Duration::MAX,
            conservative: None,
        }
    }

    //= rfc9406#4.2
    pub(super) fn on_ack(&mut self, ack: &Acked) -> Growth {
        let round_over = u64::from(ack.bytes) >= self.left_in_round;
        self.left_in_round = self.left_in_round.saturating_sub(u64::from(ack.bytes));
        if round_over {
            (self.last_round_min, self.round_min, self.samples) = (self.round_min, Duration::MAX, 0);
            self.left_in_round = u64::from(ack.in_flight);
            if let Some(conservative) = &mut self.conservative {
                conservative.rounds += 1;
                if conservative.rounds >= CSS_ROUNDS {
                    return Growth::Leave;
                }
            }
        }
        if let Some(sample) = ack.sample {
            self.round_min = self.round_min.min(sample);
            self.samples += 1;
        }
        if self.samples >= RTT_SAMPLES {
            self.judge();
        }
        if self.conservative.is_some() { Growth::Quarter } else { Growth::Full }
    }

    fn judge(&mut self) {
        match self.conservative {
            None if self.last_round_min != Duration::MAX => {
                let threshold = (self.last_round_min / RTT_DIVISOR).clamp(MIN_RTT_THRESHOLD, MAX_RTT_THRESHOLD);
                if self.round_min >= self.last_round_min + threshold {
                    self.conservative = Some(Conservative { baseline: self.round_min, rounds: 0 });
                }
            }
            Some(conservative) if self.round_min < conservative.baseline => self.conservative = None,
            _ => {}
        }
    }
}

// RFC 9406, section 4.3.
const MIN_RTT_THRESHOLD: Duration = Duration::from_millis(4);
const MAX_RTT_THRESHOLD: Duration = Duration::from_millis(16);
const RTT_DIVISOR: u64 = 8;
const RTT_SAMPLES: u32 = 8;
const CSS_ROUNDS: u32 = 5;

#[cfg(test)]
mod tests {
    use base::Instant;

    use super::*;

    /// Ten acknowledgements of a tenth of a window each.
    fn round(hystart: &mut HyStart, rtt_ms: u64) -> Growth {
        let mut last = Growth::Full;
        for _ in 0..10 {
            let sample = Some(Duration::from_millis(rtt_ms));
            let ack =
                Acked { bytes: 1000, now: Instant::ZERO, sample, rtt: sample, in_flight: 10_000, window_limited: true };
            last = hystart.on_ack(&ack);
        }
        last
    }

    //= rfc9406#4.2 test
    #[test]
    fn growing_round_trips_end_slow_start_after_five_careful_rounds() {
        let mut hystart = HyStart::new();
        assert_eq!([round(&mut hystart, 20), round(&mut hystart, 20), round(&mut hystart, 23)], [Growth::Full; 3]);
        assert_eq!(round(&mut hystart, 27), Growth::Quarter);
        for _ in 0..4 {
            assert_eq!(round(&mut hystart, 30), Growth::Quarter);
        }
        let sample = Some(Duration::from_millis(30));
        let ack =
            Acked { bytes: 1000, now: Instant::ZERO, sample, rtt: sample, in_flight: 10_000, window_limited: true };
        assert_eq!(hystart.on_ack(&ack), Growth::Leave);
    }

    //= rfc9406#4.2 test
    #[test]
    fn a_round_trip_that_shrinks_again_was_a_false_alarm() {
        let mut hystart = HyStart::new();
        round(&mut hystart, 20);
        assert_eq!(round(&mut hystart, 30), Growth::Quarter);
        assert_eq!(round(&mut hystart, 20), Growth::Full);
    }
}
