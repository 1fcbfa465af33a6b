//! BBR, version 3 (draft-ietf-ccwg-bbr): a model of the path, its bandwidth and its round trip, instead of a window that
//! grows until something is lost. Segments are paced at the bandwidth times a gain.
//!
//! ```text
//!   Startup ──the bandwidth grows no more──> Drain ──the queue is empty──> ProbeBw ⟲ Down, Cruise, Refill, Up
//!                                                                            │ ^
//!                                                        5 s without a lower │ │ 200 ms
//!                                                        round trip          v │
//!                                                                          ProbeRtt
//! ```
//! This file decides about states and answers; `model` keeps what is known of the path.

mod model;

use base::{Duration, Instant};

use super::{Acked, Controller, Rate, Repair};
use model::Model;

#[derive(Debug)]
pub(crate) struct Bbr {
    mss: u32,
    window: u32,
    state: State,
    model: Model,
    pacing: u64,
    /// Since when the state lasts.
    since: Instant,
    /// How long until bandwidth is probed again, and the rounds since it was.
    probe_wait: Duration,
    rounds_since_probe: u32,
    /// Round of the state's beginning.
    round: u64,
    /// What probing up adds to the long-term bound for each window acknowledged, segments; doubles each round.
    up_segments: u32,
    up_acked: u32,
    probe_rtt_until: Option<Instant>,
    prior_window: u32,
    dice: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Startup,
    Drain,
    Down,
    Cruise,
    Refill,
    Up,
    ProbeRtt,
}

impl State {
    /// Gains of the pace and of the window, in hundredths (section 5.6 of the draft).
    fn gains(self) -> (u64, u64) {
        match self {
            State::Startup => (277, 200),
            State::Drain => (50, 200),
            State::Down => (90, 200),
            State::Cruise | State::Refill => (100, 200),
            State::Up => (125, 225),
            State::ProbeRtt => (100, 50),
        }
    }

    fn is_probing(self) -> bool {
        matches!(self, State::Startup | State::Refill | State::Up)
    }

    fn is_probe_bw(self) -> bool {
        matches!(self, State::Down | State::Cruise | State::Refill | State::Up)
    }
}

impl Bbr {
    pub(crate) fn new(mss: u32, initial: u32) -> Self {
        Bbr {
            mss,
            window: initial,
            state: State::Startup,
            model: Model::default(),
            pacing: 0,
            since: Instant::ZERO,
            probe_wait: Duration::ZERO,
            rounds_since_probe: 0,
            round: 0,
            up_segments: 1,
            up_acked: 0,
            probe_rtt_until: None,
            prior_window: initial,
            dice: 0x9e37_79b9_7f4a_7c15,
        }
    }

    fn enter(&mut self, state: State, now: Instant) {
        self.state = state;
        self.since = now;
        self.round = self.model.round;
        match state {
            State::Down => {
                // Flows that share a path must not probe in step.
                self.dice = self.dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(now.nanos() | 1);
                let chance = self.dice >> 33;
                self.probe_wait = Duration::from_millis(2000 + chance % 1000);
                self.rounds_since_probe = (chance >> 10) as u32 % 2;
                self.model.stop_probing();
            }
            State::Refill => {
                self.model.forget_short_term();
                (self.up_segments, self.up_acked) = (1, 0);
            }
            State::Up => {
                self.model.start_probing();
                self.model.plateau.reset(self.model.bandwidth_long());
            }
            _ => {}
        }
    }

    fn advance(&mut self, rate: &Rate) {
        let (now, flight) = (rate.now, u64::from(rate.flight));
        let bdp = self.model.inflight(100);
        match self.state {
            State::Startup if self.model.plateau.is_reached() || self.model.startup_loses(self.mss) => {
                self.model.plateau.full = true;
                self.enter(State::Drain, now);
            }
            State::Drain if flight <= bdp => self.enter(State::Down, now),
            State::Down | State::Cruise if self.is_time_to_probe(now) => self.enter(State::Refill, now),
            State::Down if flight <= bdp && flight <= self.with_headroom() => self.enter(State::Cruise, now),
            State::Refill if self.model.round > self.round => self.enter(State::Up, now),
            State::Up => {
                let long_enough = now.since(self.since) > self.model.min_rtt;
                let above = flight > self.model.inflight(125);
                if self.model.too_high(rate) || (long_enough && above) || self.model.plateau.is_reached() {
                    self.enter(State::Down, now);
                } else {
                    self.raise_bound(rate);
                }
            }
            _ => {}
        }
    }

    /// After two to three seconds, or as many rounds as Reno would need to fill the pipe again.
    fn is_time_to_probe(&self, now: Instant) -> bool {
        let reno_rounds = (self.model.inflight(100) / u64::from(self.mss)).min(MOST_ROUNDS);
        now.since(self.since) >= self.probe_wait || u64::from(self.rounds_since_probe) >= reno_rounds.max(1)
    }

    /// Probing up: slowly first, then faster each round.
    fn raise_bound(&mut self, rate: &Rate) {
        if u64::from(self.window) < self.model.inflight_high || self.model.inflight_high == u64::MAX {
            return;
        }
        self.up_acked += rate.acked;
        let step = (self.window / self.up_segments).max(self.mss);
        let whole = self.up_acked / step;
        self.up_acked -= whole * step;
        self.model.inflight_high += u64::from(whole * self.mss);
        if self.model.round_start {
            self.up_segments = (self.up_segments * 2).min(1 << 15);
        }
    }

    fn with_headroom(&self) -> u64 {
        match self.model.inflight_high {
            u64::MAX => u64::MAX,
            high => (high * 85 / 100).max(u64::from(4 * self.mss)),
        }
    }

    /// Looks for a lower round trip every five seconds, with little in flight.
    fn probe_rtt(&mut self, rate: &Rate) {
        let now = rate.now;
        if self.state != State::ProbeRtt {
            if self.model.rtt_is_old(now) {
                self.prior_window = self.window;
                self.enter(State::ProbeRtt, now);
                self.probe_rtt_until = None;
            }
            return;
        }
        let few = self.probe_rtt_window();
        match self.probe_rtt_until {
            None if rate.flight <= few => self.probe_rtt_until = Some(now + PROBE_RTT_TIME),
            Some(until) if until <= now => {
                self.model.rtt_is_fresh(now);
                self.window = self.window.max(self.prior_window);
                let next = if self.model.plateau.full { State::Down } else { State::Startup };
                self.model.forget_short_term();
                self.enter(next, now);
                if next == State::Down {
                    self.enter(State::Cruise, now);
                }
            }
            _ => {}
        }
    }

    fn probe_rtt_window(&self) -> u32 {
        (self.model.inflight(50) as u32).max(4 * self.mss)
    }

    fn set_pace(&mut self) {
        let (gain, _) = self.state.gains();
        // One per cent below, so that no queue stands for ever.
        let pace = (u128::from(self.model.bandwidth()) * u128::from(gain) * 99 / 10_000) as u64;
        if self.model.plateau.full || pace > self.pacing {
            self.pacing = pace;
        }
    }

    fn set_window(&mut self, rate: &Rate) {
        let (_, gain) = self.state.gains();
        let most = (self.model.inflight(gain) + self.model.aggregation() + u64::from(3 * self.mss)) as u32;
        let most = most.max(4 * self.mss);
        let grown = self.window.saturating_add(rate.acked);
        if self.model.plateau.full {
            self.window = grown.min(most);
        } else if self.window < most {
            self.window = grown;
        }
        let mut bound = u64::MAX;
        if self.state == State::ProbeRtt {
            self.window = self.window.min(self.probe_rtt_window());
        }
        if self.state.is_probe_bw() && self.state != State::Cruise {
            bound = self.model.inflight_high;
        } else if matches!(self.state, State::Cruise | State::ProbeRtt) {
            bound = self.with_headroom();
        }
        bound = bound.min(self.model.inflight_low);
        self.window = self.window.min(bound.max(u64::from(4 * self.mss)).min(u64::from(u32::MAX)) as u32);
    }
}

impl Controller for Bbr {
    fn on_ack(&mut self, _: Acked) {}

    fn on_rate(&mut self, rate: &Rate) {
        self.model.on_rate(rate, self.state.is_probing(), (self.window, self.mss));
        if self.model.round_start {
            self.rounds_since_probe += 1;
        }
        if self.model.too_high(rate) && self.model.take_probe() {
            let target = self.model.inflight(100).min(u64::from(self.window));
            self.model.inflight_high = u64::from(rate.flight_then).max(target * 7 / 10);
        } else if self.model.inflight_high != u64::MAX && !self.model.too_high(rate) {
            self.model.inflight_high = self.model.inflight_high.max(u64::from(rate.flight_then));
        }
        self.advance(rate);
        self.probe_rtt(rate);
        self.set_pace();
        self.set_window(rate);
        self.model.end_of_round();
    }

    // A loss is one of the model's inputs, not a reason to shrink by itself.
    fn on_loss(&mut self, _: u32, _: Instant) {}

    fn on_timeout(&mut self, _: u32, _: Instant) {
        self.prior_window = self.window;
        self.window = 4 * self.mss;
    }

    fn undo(&mut self) {
        self.window = self.window.max(self.prior_window);
        self.model.forget_short_term();
    }

    fn on_idle(&mut self, _: u32) {}

    fn on_mss(&mut self, mss: u32) {
        self.mss = mss;
    }

    fn window(&self) -> u32 {
        self.window
    }

    fn phase(&self) -> Option<&'static str> {
        Some(match self.state {
            State::Startup => "startup",
            State::Drain => "drain",
            State::Down | State::Cruise | State::Refill | State::Up => "probe bandwidth",
            State::ProbeRtt => "probe round trip",
        })
    }

    fn threshold(&self) -> u32 {
        u32::MAX
    }

    fn repair(&self) -> Repair {
        Repair::Own
    }

    fn pacing_rate(&self) -> Option<u64> {
        (self.pacing > 0).then_some(self.pacing)
    }

    fn wants_rates(&self) -> bool {
        true
    }
}

const MOST_ROUNDS: u64 = 63;
const PROBE_RTT_TIME: Duration = Duration::from_millis(200);

#[cfg(test)]
mod tests {
    use super::*;

    /// A path of 10 MB/s and 20 ms, its queue left out: everything is delivered at that rate.
    fn run(bbr: &mut Bbr, from_ms: u64, rounds: u64) -> u64 {
        let rtt = Duration::from_millis(20);
        for n in 0..rounds {
            let now = Instant::ZERO + Duration::from_millis(from_ms + n * 20);
            let total = (from_ms / 20 + n) * 200_000;
            let rate = Rate {
                now,
                delivered: 200_000,
                interval: rtt,
                total: total + 200_000,
                total_then: total,
                flight_then: 200_000,
                flight: 200_000,
                acked: 200_000,
                rtt: Some(rtt),
                ..Rate::default()
            };
            bbr.on_rate(&rate);
        }
        from_ms + rounds * 20
    }

    #[test]
    fn it_finds_the_bandwidth_leaves_startup_and_paces_near_it() {
        let mut bbr = Bbr::new(1000, 10_000);
        let at = run(&mut bbr, 20, 3);
        assert_eq!(bbr.state, State::Startup);
        assert!(bbr.pacing_rate().is_some_and(|rate| rate > 20_000_000), "{:?}", bbr.pacing_rate());
        let at = run(&mut bbr, at, 10);
        assert_ne!(bbr.state, State::Startup);
        run(&mut bbr, at, 100);
        let rate = bbr.pacing_rate().unwrap_or(0);
        assert!((8_500_000..13_000_000).contains(&rate), "{rate}");
        // Twice the path's 200 kB, and once more because all acknowledgements of a round trip come in one bunch.
        assert!((400_000..650_000).contains(&bbr.window()), "{}", bbr.window());
    }

    #[test]
    fn a_single_loss_changes_nothing() {
        let mut bbr = Bbr::new(1000, 10_000);
        run(&mut bbr, 20, 30);
        let before = bbr.window();
        bbr.on_loss(200_000, Instant::ZERO);
        assert_eq!(bbr.window(), before);
    }
}
