//! Proportional rate reduction: during recovery, how much may leave for what was delivered (RFC 9937).

#[derive(Clone, Copy, Debug)]
pub(crate) struct Prr {
    /// Flight size when recovery began, bytes.
    recover_fs: u32,
    delivered: u32,
    out: u32,
    threshold: u32,
    mss: u32,
    /// What may be in flight now, bytes.
    window: u32,
}

impl Prr {
    /// `flight` is outstanding, `threshold` what recovery is to end with.
    pub(crate) fn new(flight: u32, threshold: u32, mss: u32) -> Self {
        Prr { recover_fs: flight.max(mss), delivered: 0, out: 0, threshold, mss, window: 0 }
    }

    /// An ACK told of `delivered` bytes; `pipe` are still on their way. `safe`: it moved SND.UNA and told of no new loss.
    //= rfc6937#3
    // (RFC 9937, which obsoletes it, decides by "safe" where it had two variants.)
    pub(crate) fn on_ack(&mut self, delivered: u32, pipe: u32, safe: bool) {
        if delivered == 0 && self.out > 0 {
            return;
        }
        self.delivered += delivered;
        let mut count = if pipe > self.threshold {
            let share = u64::from(self.delivered) * u64::from(self.threshold);
            // Rounded up to whole segments: parts of one cannot leave.
            let due = share.div_ceil(u64::from(self.recover_fs)).div_ceil(u64::from(self.mss)) * u64::from(self.mss);
            (due as u32).saturating_sub(self.out)
        } else {
            let bound = self.delivered.saturating_sub(self.out).max(delivered);
            let bound = bound + if safe { self.mss } else { 0 };
            (self.threshold - pipe).min(bound)
        };
        if self.out == 0 {
            // The first repair leaves whatever the arithmetic says.
            count = count.max(self.mss);
        }
        self.window = pipe + count;
    }

    /// Nothing is on its way any more, and was not for a while (a lost tail): the queues have drained, and what may leave
    /// at once is what may leave after a pause (RFC 5681, section 4.1).
    pub(crate) fn restart(&mut self, window: u32) {
        self.window = self.window.max(window.min(self.threshold));
    }

    pub(crate) fn on_sent(&mut self, bytes: u32) {
        self.out += bytes;
    }

    /// Whether nothing left yet.
    pub(crate) fn is_new(&self) -> bool {
        self.out == 0
    }

    pub(crate) fn window(&self) -> u32 {
        self.window
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    //= rfc6937#3 test
    #[test]
    fn half_of_what_is_delivered_leaves_until_the_pipe_is_at_the_threshold() {
        // 20 segments in flight, one lost, halved: one leaves for every two delivered.
        let (mss, mut pipe) = (1000, 19_000);
        let mut prr = Prr::new(20_000, 10_000, mss);
        let mut sent = 0;
        for _ in 0..18 {
            pipe -= mss;
            prr.on_ack(mss, pipe, false);
            while pipe + mss <= prr.window() {
                prr.on_sent(mss);
                (pipe, sent) = (pipe + mss, sent + 1);
            }
        }
        assert_eq!((sent, pipe), (9, 10_000));
    }

    //= rfc6937#3 test
    #[test]
    fn a_pipe_below_the_threshold_grows_by_a_segment_for_each_ack_that_makes_progress() {
        let mut prr = Prr::new(10_000, 7_000, 1000);
        prr.on_ack(1000, 2000, false);
        assert_eq!(prr.window(), 3000);
        prr.on_sent(1000);
        prr.on_ack(1000, 2000, true);
        assert_eq!(prr.window(), 4000);
    }
}
