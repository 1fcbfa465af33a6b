//! What BBR knows of the path (draft-ietf-ccwg-bbr, section 5.5): the highest bandwidth of the last probes, the lowest
//! round trip of the last ten seconds, and what losses say about both.

use base::{Duration, Instant};

use super::super::Rate;

#[derive(Debug)]
pub(super) struct Model {
    /// The highest delivery rate of this probing cycle and of the one before, bytes a second.
    max_rate: [u64; 2],
    /// A bound while no probe is on, lowered by losses.
    rate_low: u64,
    pub(super) inflight_low: u64,
    /// What may be in flight in the long run.
    pub(super) inflight_high: u64,
    pub(super) min_rtt: Duration,
    min_rtt_at: Instant,
    probed_rtt: Duration,
    probed_rtt_at: Instant,
    /// Rounds: a round ends when something is acknowledged that left after the last one ended.
    pub(super) round: u64,
    pub(super) round_start: bool,
    round_ends_at: u64,
    /// Of this round: the highest rate and the most delivered in a sample, and losses.
    latest_rate: u64,
    latest_inflight: u64,
    lost_in_round: u32,
    acked_in_round: u32,
    pub(super) plateau: Plateau,
    /// A probe's samples are still coming in.
    probing: bool,
    aggregation: Aggregation,
}

/// Acknowledgements that come in bunches: more than the bandwidth explains.
#[derive(Clone, Copy, Default, Debug)]
struct Aggregation {
    since: Instant,
    acked: u64,
    most: u64,
}

/// Notices when the bandwidth grows no more: less than a quarter in each of three rounds.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Plateau {
    rate: u64,
    rounds: u32,
    pub(super) full: bool,
}

impl Plateau {
    pub(super) fn reset(&mut self, rate: u64) {
        (self.rate, self.rounds) = (rate, 0);
    }

    fn on_round(&mut self, rate: u64) {
        if rate >= self.rate + self.rate / 4 {
            self.reset(rate);
        } else {
            self.rounds += 1;
        }
    }

    pub(super) fn is_reached(&self) -> bool {
        self.rounds >= 3
    }
}

impl Default for Model {
    fn default() -> Self {
        Model {
            max_rate: [0; 2],
            rate_low: u64::MAX,
            inflight_low: u64::MAX,
            inflight_high: u64::MAX,
            min_rtt: Duration::MAX,
            min_rtt_at: Instant::ZERO,
            probed_rtt: Duration::MAX,
            probed_rtt_at: Instant::ZERO,
            round: 0,
            round_start: false,
            round_ends_at: 0,
            latest_rate: 0,
            latest_inflight: 0,
            lost_in_round: 0,
            acked_in_round: 0,
            plateau: Plateau::default(),
            probing: true,
            aggregation: Aggregation::default(),
        }
    }
}

impl Model {
    pub(super) fn on_rate(&mut self, rate: &Rate, probing: bool, (window, mss): (u32, u32)) {
        self.round_start = rate.total_then >= self.round_ends_at;
        if self.round_start {
            self.round_ends_at = rate.total;
            self.round += 1;
        }
        self.on_rtt(rate);
        let sample = per_second(rate.delivered, rate.interval);
        if sample >= self.bandwidth_long() || !rate.app_limited {
            self.max_rate[0] = self.max_rate[0].max(sample);
        }
        self.latest_rate = self.latest_rate.max(sample);
        self.latest_inflight = self.latest_inflight.max(rate.delivered);
        self.lost_in_round += rate.newly_lost;
        self.acked_in_round += rate.acked;
        self.on_aggregation(rate, window);
        if self.round_start {
            if !rate.app_limited {
                self.plateau.on_round(self.bandwidth_long());
            }
            if !probing && self.lost_in_round > (self.acked_in_round / 100 * 2).max(3 * mss) {
                self.lower(window);
            }
        }
    }

    fn on_rtt(&mut self, rate: &Rate) {
        let Some(rtt) = rate.rtt else { return };
        if rtt <= self.probed_rtt || rate.now.since(self.probed_rtt_at) > Duration::from_secs(10) {
            (self.probed_rtt, self.probed_rtt_at) = (rtt, rate.now);
        }
        if rtt <= self.min_rtt || rate.now.since(self.min_rtt_at) > Duration::from_secs(10) {
            (self.min_rtt, self.min_rtt_at) = (rtt, rate.now);
        }
    }

    /// More losses outside a probe than the path may have (and more than three segments, which a short round may lose by
    /// chance): no more than was delivered lately, and at most three tenths
    /// less. (The draft lowers the bounds for any loss: on a short path that loses one segment in a hundred at random, and
    /// so in every round, they would only ever fall.)
    fn lower(&mut self, window: u32) {
        let low = if self.rate_low == u64::MAX { self.bandwidth_long() } else { self.rate_low };
        self.rate_low = self.latest_rate.max(low / 10 * 7);
        let low = if self.inflight_low == u64::MAX { u64::from(window) } else { self.inflight_low };
        self.inflight_low = self.latest_inflight.max(low / 10 * 7);
    }

    fn on_aggregation(&mut self, rate: &Rate, window: u32) {
        let expected = self.bandwidth() as u128 * u128::from(rate.now.since(self.aggregation.since).nanos()) / NANOS;
        if u128::from(self.aggregation.acked) <= expected {
            (self.aggregation.since, self.aggregation.acked) = (rate.now, 0);
        }
        self.aggregation.acked += u64::from(rate.acked);
        let expected = self.bandwidth() as u128 * u128::from(rate.now.since(self.aggregation.since).nanos()) / NANOS;
        let extra = (u128::from(self.aggregation.acked).saturating_sub(expected) as u64).min(u64::from(window));
        // Forgotten slowly instead of by a window of ten rounds.
        let kept =
            if self.round_start { self.aggregation.most - self.aggregation.most / 8 } else { self.aggregation.most };
        self.aggregation.most = kept.max(extra);
    }

    pub(super) fn end_of_round(&mut self) {
        if self.round_start {
            (self.latest_rate, self.latest_inflight) = (0, 0);
            (self.lost_in_round, self.acked_in_round) = (0, 0);
        }
    }

    pub(super) fn bandwidth_long(&self) -> u64 {
        self.max_rate[0].max(self.max_rate[1])
    }

    pub(super) fn bandwidth(&self) -> u64 {
        self.bandwidth_long().min(self.rate_low)
    }

    pub(super) fn aggregation(&self) -> u64 {
        if self.plateau.full { self.aggregation.most } else { 0 }
    }

    /// Bandwidth times round trip, times `gain` hundredths, bytes.
    pub(super) fn inflight(&self, gain: u64) -> u64 {
        if self.min_rtt == Duration::MAX {
            return u64::from(u32::MAX);
        }
        (u128::from(self.bandwidth()) * u128::from(self.min_rtt.nanos()) * u128::from(gain) / (100 * NANOS)) as u64
    }

    /// More than two per cent of what was in flight with this segment got lost.
    pub(super) fn too_high(&self, rate: &Rate) -> bool {
        rate.lost > u64::from(rate.flight_then) * 2 / 100 && rate.lost > 0 && rate.newly_lost > 0
    }

    pub(super) fn startup_loses(&self, mss: u32) -> bool {
        let many = self.lost_in_round >= 6 * mss;
        many && u64::from(self.lost_in_round) > self.latest_inflight * 2 / 100 && self.round_start
    }

    pub(super) fn start_probing(&mut self) {
        self.probing = true;
    }

    /// The probe's results stay for the next cycle.
    pub(super) fn stop_probing(&mut self) {
        self.max_rate = [0, self.bandwidth_long()];
    }

    /// Whether a probe was on; it counts once.
    pub(super) fn take_probe(&mut self) -> bool {
        std::mem::take(&mut self.probing)
    }

    pub(super) fn forget_short_term(&mut self) {
        (self.rate_low, self.inflight_low) = (u64::MAX, u64::MAX);
    }

    pub(super) fn rtt_is_old(&self, now: Instant) -> bool {
        self.probed_rtt != Duration::MAX && now.since(self.probed_rtt_at) > Duration::from_secs(5)
    }

    pub(super) fn rtt_is_fresh(&mut self, now: Instant) {
        (self.min_rtt, self.min_rtt_at) = (self.probed_rtt.min(self.min_rtt), now);
        self.probed_rtt_at = now;
    }
}

fn per_second(bytes: u64, time: Duration) -> u64 {
    (u128::from(bytes) * NANOS / u128::from(time.nanos().max(1))) as u64
}

const NANOS: u128 = 1_000_000_000;
