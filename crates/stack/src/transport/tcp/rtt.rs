//! Round-trip time and retransmission timeout (RFC 6298).

use base::{Duration, Instant};

/// Smoothed round-trip time, its variation, and the timeout that follows from them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RttEstimator {
    smoothed: Option<Duration>,
    variation: Duration,
    min: Duration,
    min_at: Instant,
    rto: Duration,
    /// The least that is added to the smoothed round trip.
    floor: Duration,
}

impl RttEstimator {
    pub(crate) fn new(initial: Duration, floor: Duration, syn_lost: bool) -> Self {
        //= rfc6298#2
        // (2.1) Until a measurement has been made, RTO is 1 second; (5.7) after the timeout of a SYN it is 3 seconds.
        let rto = if syn_lost { initial * 3 } else { initial };
        let (variation, min, min_at) = (Duration::ZERO, Duration::MAX, Instant::ZERO);
        RttEstimator { smoothed: None, variation, min, min_at, rto, floor }
    }

    /// A measurement from a segment that was sent once (Karn), or that a timestamp identifies.
    #[inline]
    pub(crate) fn on_sample(&mut self, rtt: Duration, now: Instant) {
        let (smoothed, variation) = match self.smoothed {
            None => (rtt, rtt / 2),
            //= rfc6298#2
            // (2.3) RTTVAR is updated before SRTT: beta = 1/4, alpha = 1/8.
            Some(smoothed) => {
                let error = if smoothed > rtt { smoothed - rtt } else { rtt - smoothed };
                ((smoothed * 7 + rtt) / 8, (self.variation * 3 + error) / 4)
            }
        };
        (self.smoothed, self.variation) = (Some(smoothed), variation);
        if rtt <= self.min || now.since(self.min_at) > MIN_MEMORY {
            (self.min, self.min_at) = (rtt, now);
        }
        // The floor is that of the allowance, not of the sum: a steady round trip just below the floor would otherwise leave
        // no time for a delayed acknowledgement.
        self.rto = (smoothed + (variation * 4).max(GRANULARITY).max(self.floor)).min(MAX_RTO);
    }

    /// The timeout after `backoff` doublings.
    //= rfc6298#5
    pub(crate) fn rto(&self, backoff: u32) -> Duration {
        (self.rto * (1 << backoff.min(16))).min(MAX_RTO)
    }

    pub(crate) fn smoothed(&self) -> Option<Duration> {
        self.smoothed
    }

    pub(crate) fn variation(&self) -> Duration {
        self.variation
    }

    /// The smallest round trip of the last minutes.
    pub(crate) fn min(&self) -> Option<Duration> {
        self.smoothed.map(|_| self.min)
    }
}

/// How long the smallest round trip is believed: paths change.
const MIN_MEMORY: Duration = Duration::from_secs(300);
const GRANULARITY: Duration = Duration::from_millis(1);
/// RFC 6298, section 2.4: an upper bound of at least 60 seconds.
pub(crate) const MAX_RTO: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    //= rfc6298#2 test
    #[test]
    fn timeouts_follow_the_known_answers() {
        let mut rtt = RttEstimator::new(SECOND, Duration::ZERO, false);
        assert_eq!(rtt.rto(0), Duration::from_secs(1));
        let rtos: Vec<u64> = [100, 100, 100, 100, 200, 100]
            .into_iter()
            .map(|ms| {
                rtt.on_sample(Duration::from_millis(ms), Instant::ZERO);
                rtt.rto(0).nanos() / 1000
            })
            .collect();
        assert_eq!(rtos, [300_000, 250_000, 212_500, 184_375, 275_781, 245_898]);
    }

    //= rfc6298#5 test
    #[test]
    fn backing_off_doubles_up_to_a_minute() {
        let rtt = RttEstimator::new(SECOND, Duration::from_millis(200), false);
        let secs: Vec<u64> = (0..8).map(|n| rtt.rto(n).nanos() / 1_000_000_000).collect();
        assert_eq!(secs, [1, 2, 4, 8, 16, 32, 60, 60]);
    }

    #[test]
    fn the_floor_holds() {
        let mut rtt = RttEstimator::new(SECOND, Duration::from_millis(200), false);
        rtt.on_sample(Duration::from_micros(50), Instant::ZERO);
        assert_eq!(rtt.rto(0), Duration::from_micros(200_050));
        assert_eq!(rtt.smoothed, Some(Duration::from_micros(50)));
    }
}
