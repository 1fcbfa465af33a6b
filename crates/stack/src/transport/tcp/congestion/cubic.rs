//! CUBIC (RFC 9438): after a loss the window grows as a cubic of the time since, flat where the loss was.

use base::Instant;

use super::hystart::{Growth, HyStart};
use super::{Acked, Controller};

#[derive(Debug)]
pub(crate) struct Cubic {
    mss: u32,
    window: u32,
    threshold: u32,
    /// The window before the last loss, segments (RFC 9438, section 4.1.2).
    w_max: f64,
    epoch: Option<Box<Epoch>>,
    /// Until slow start ends for the first time; made with the first acknowledgement, so that idle connections are small.
    hystart: Option<Box<HyStart>>,
    /// Growth below one byte, kept for the next acknowledgement.
    fraction: f64,
    before: Option<Box<Before>>,
}

/// What a reduction that was needless gives back (RFC 9438, section 4.9).
#[derive(Debug)]
struct Before {
    window: u32,
    threshold: u32,
    w_max: f64,
    epoch: Option<Box<Epoch>>,
}

/// A stretch of congestion avoidance: since when, and the curve's constants.
#[derive(Clone, Copy, Debug)]
struct Epoch {
    start: Instant,
    /// Seconds until the curve is back at `w_max`.
    k: f64,
    origin: f64,
    /// What Reno would have reached by now, segments.
    w_est: f64,
}

impl Cubic {
    pub(crate) fn new(mss: u32, initial: u32) -> Self {
        Cubic {
            mss,
            window: initial,
            threshold: u32::MAX,
            w_max: 0.0,
            epoch: None,
            hystart: None,
            fraction: 0.0,
            before: None,
        }
    }

    //= rfc9438#4.10
    // Slow start with HyStart++, the first time: after a loss the threshold is known.
    fn slow_start(&mut self, ack: &Acked) {
        let growth = if self.threshold == u32::MAX {
            self.hystart.get_or_insert_with(|| Box::new(HyStart::new())).on_ack(ack)
        } else {
            Growth::Full
        };
        match growth {
            Growth::Full => self.window = self.window.saturating_add(ack.bytes),
            Growth::Quarter => self.window = self.window.saturating_add(ack.bytes / 4),
            Growth::Leave => {
                (self.threshold, self.w_max) = (self.window, self.segments());
                self.hystart = None;
            }
        }
    }

    fn segments(&self) -> f64 {
        f64::from(self.window) / f64::from(self.mss)
    }

    /// Multiplicative decrease, with fast convergence when the window shrinks from loss to loss.
    //= rfc9438#4.6
    /// From the window, not from what is in flight: as an unused window does not grow, it is a fair measure even while the
    /// program sends less (RFC 9438, section 4.6, allows it for that reason).
    fn reduce(&mut self) {
        let (window, threshold, w_max, epoch) = (self.window, self.threshold, self.w_max, self.epoch.take());
        self.before = Some(Box::new(Before { window, threshold, w_max, epoch }));
        let cwnd = self.segments();
        //= rfc9438#4.7
        self.w_max = if cwnd < self.w_max { cwnd * (1.0 + BETA) / 2.0 } else { cwnd };
        self.threshold = ((f64::from(self.window) * BETA) as u32).max(2 * self.mss);
        self.epoch = None;
        self.fraction = 0.0;
    }

    fn begin_epoch(&self, now: Instant) -> Epoch {
        let cwnd = self.segments();
        let gap = self.w_max - cwnd;
        let (k, origin) = if gap > 0.0 { (libm_cbrt(gap / C), self.w_max) } else { (0.0, cwnd) };
        Epoch { start: now, k, origin, w_est: cwnd }
    }
}

impl Controller for Cubic {
    fn on_ack(&mut self, ack: Acked) {
        if !ack.window_limited {
            return;
        }
        if self.window < self.threshold {
            return self.slow_start(&ack);
        }
        let mut epoch = self.epoch.take().unwrap_or_else(|| Box::new(self.begin_epoch(ack.now)));
        let cwnd = self.segments();
        let acked = f64::from(ack.bytes) / f64::from(self.mss);
        //= rfc9438#4.2
        // The target is the curve one round trip from now, between cwnd and 1.5 cwnd.
        let rtt = ack.rtt.map_or(0.0, |rtt| rtt.secs_f64());
        let t = ack.now.since(epoch.start).secs_f64() + rtt - epoch.k;
        let target = (C * t * t * t + epoch.origin).clamp(cwnd, 1.5 * cwnd);
        //= rfc9438#4.3
        // Never slower than Reno would be.
        let alpha = if epoch.w_est < self.w_max { 3.0 * (1.0 - BETA) / (1.0 + BETA) } else { 1.0 };
        epoch.w_est += alpha * acked / cwnd;
        let grown = if epoch.w_est > target { (epoch.w_est - cwnd).max(0.0) } else { (target - cwnd) / cwnd * acked };
        self.fraction += grown * f64::from(self.mss);
        let whole = self.fraction as u32;
        self.fraction -= f64::from(whole);
        self.window = self.window.saturating_add(whole);
        self.epoch = Some(epoch);
    }

    fn on_loss(&mut self, _: u32, _: Instant) {
        self.reduce();
        self.window = self.threshold;
    }

    fn on_timeout(&mut self, _: u32, _: Instant) {
        //= rfc9438#4.8
        self.reduce();
        self.window = self.mss;
    }

    //= rfc9438#4.9
    fn undo(&mut self) {
        let Some(before) = self.before.take() else { return };
        if self.window < before.window {
            self.window = before.window;
            (self.w_max, self.epoch) = (before.w_max, before.epoch);
        }
        self.threshold = self.threshold.max(before.threshold);
    }

    //= rfc9438#5.8
    // The curve's clock stands still while nothing is sent: growth begins anew from the restart window.
    fn on_idle(&mut self, initial: u32) {
        self.threshold = self.threshold.max(self.window / 4 * 3);
        self.window = self.window.min(initial);
        self.epoch = None;
    }

    fn on_mss(&mut self, mss: u32) {
        self.window = self.window.max(mss);
        self.w_max *= f64::from(self.mss) / f64::from(mss);
        self.mss = mss;
    }

    fn window(&self) -> u32 {
        self.window
    }

    fn threshold(&self) -> u32 {
        self.threshold
    }
}

/// Cube root by Newton's method: the platform's own may differ in the last bit, and runs must not.
fn libm_cbrt(x: f64) -> f64 {
    let mut root = if x > 1.0 { x / 3.0 } else { x };
    for _ in 0..60 {
        root -= (root * root * root - x) / (3.0 * root * root);
    }
    root
}

const C: f64 = 0.4;
const BETA: f64 = 0.7;

#[cfg(test)]
mod tests {
    use base::Duration;

    use super::*;

    //= rfc9438#4.2 test
    #[test]
    fn the_curve_is_back_at_its_old_height_after_k() {
        // Known answer E9: W_max = 100, cwnd = 70: K = 4.2172 s.
        let mut cubic = Cubic::new(1000, 100_000);
        cubic.on_loss(100_000, Instant::ZERO);
        assert_eq!(cubic.window(), 70_000);
        let epoch = cubic.begin_epoch(Instant::ZERO);
        assert!((epoch.k - 4.2172).abs() < 1e-4, "{}", epoch.k);
    }

    #[test]
    fn it_follows_the_known_answers_between_the_losses() {
        let mut cubic = Cubic::new(1000, 100_000);
        cubic.on_loss(100_000, Instant::ZERO);
        let rtt = Duration::from_micros(1);
        let mut at = Vec::new();
        // Acknowledgements come often enough that the window follows the curve.
        for us in (0..4_000_000u64).step_by(100) {
            let now = Instant::ZERO + Duration::from_micros(us);
            cubic.on_ack(Acked {
                bytes: 1000,
                now,
                sample: Some(rtt),
                rtt: Some(rtt),
                in_flight: 1000,
                window_limited: true,
            });
            if us % 1_000_000 == 999_900 {
                at.push(cubic.window());
            }
        }
        // W(1..4 s) = 86.68, 95.64, 99.28, 99.996; Reno's estimate overtakes only with far more acknowledgements.
        assert!(at[0] >= 86_000, "{at:?}");
    }
}
