//! Faults: rules that look at each frame at the start of its transmission and say what becomes of it.
//!
//! All rules of a cable are asked, in the order in which they were put there, until one drops the frame. Each draws from
//! its own random stream, so that adding one changes nothing for the others.

use std::sync::{Arc, Weak};

use base::{Duration, Instant, Rng};
use wire::PacketBuf;

/// What becomes of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Nothing happens to it.
    Pass,
    /// It arrives later, and may be overtaken.
    Delay(Duration),
    /// It arrives twice.
    Duplicate,
    /// It is damaged: the receiver's check sequence is wrong and its network card drops it.
    Corrupt,
    /// One bit of it flips behind the check sequence, as in a router's memory: it is received.
    CorruptUndetected,
    /// It never arrives.
    Drop,
}

/// Judges frames.
pub trait Rule: Send {
    /// A frame leaves the sender. `rng` is the rule's own stream.
    fn on_frame(&mut self, now: Instant, rng: &mut Rng, frame: &PacketBuf) -> Verdict;
}

impl<F: FnMut(Instant, &mut Rng, &PacketBuf) -> Verdict + Send> Rule for F {
    fn on_frame(&mut self, now: Instant, rng: &mut Rng, frame: &PacketBuf) -> Verdict {
        self(now, rng, frame)
    }
}

impl Rule for Box<dyn Rule> {
    fn on_frame(&mut self, now: Instant, rng: &mut Rng, frame: &PacketBuf) -> Verdict {
        (**self).on_frame(now, rng, frame)
    }
}

/// A rule in a world, to be lifted by it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RuleId(pub u64);

fn with_chance(rng: &mut Rng, p: f64, verdict: Verdict) -> Verdict {
    if rng.chance(p) { verdict } else { Verdict::Pass }
}

/// Loses each frame with this probability.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Loss(pub f64);

impl Rule for Loss {
    fn on_frame(&mut self, _: Instant, rng: &mut Rng, _: &PacketBuf) -> Verdict {
        with_chance(rng, self.0, Verdict::Drop)
    }
}

/// Loses frames in bursts (Gilbert and Elliott): a good and a bad state with a probability of loss each.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct BurstLoss {
    /// From good to bad, per frame.
    pub enter: f64,
    /// From bad to good, per frame.
    pub leave: f64,
    /// Of a loss in the good state.
    pub good: f64,
    /// Of a loss in the bad state.
    pub bad: f64,
    in_burst: bool,
}

impl BurstLoss {
    /// Loses nothing in the good state and everything in the bad one.
    pub const fn new(enter: f64, leave: f64) -> Self {
        BurstLoss { enter, leave, good: 0.0, bad: 1.0, in_burst: false }
    }
}

impl Rule for BurstLoss {
    fn on_frame(&mut self, _: Instant, rng: &mut Rng, _: &PacketBuf) -> Verdict {
        self.in_burst = if self.in_burst { !rng.chance(self.leave) } else { rng.chance(self.enter) };
        with_chance(rng, if self.in_burst { self.bad } else { self.good }, Verdict::Drop)
    }
}

/// Delivers each frame twice with this probability.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Duplicate(pub f64);

impl Rule for Duplicate {
    fn on_frame(&mut self, _: Instant, rng: &mut Rng, _: &PacketBuf) -> Verdict {
        with_chance(rng, self.0, Verdict::Duplicate)
    }
}

/// Damages each frame with this probability, so that the receiver's check sequence finds it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Corrupt(pub f64);

impl Rule for Corrupt {
    fn on_frame(&mut self, _: Instant, rng: &mut Rng, _: &PacketBuf) -> Verdict {
        with_chance(rng, self.0, Verdict::Corrupt)
    }
}

/// Damages each frame by bit errors that are independent of each other: the longer, the likelier.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct BitErrors {
    /// The probability that one bit is wrong.
    pub rate: f64,
}

impl Rule for BitErrors {
    fn on_frame(&mut self, _: Instant, rng: &mut Rng, frame: &PacketBuf) -> Verdict {
        let intact = (1.0 - self.rate).powf(frame.len() as f64 * 8.0);
        with_chance(rng, 1.0 - intact, Verdict::Corrupt)
    }
}

/// Flips one bit of a frame with this probability, unseen by the check sequence.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct CorruptUndetected(pub f64);

impl Rule for CorruptUndetected {
    fn on_frame(&mut self, _: Instant, rng: &mut Rng, _: &PacketBuf) -> Verdict {
        with_chance(rng, self.0, Verdict::CorruptUndetected)
    }
}

/// Holds a frame back with probability `p`, so that those behind it overtake it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Reorder {
    /// How likely.
    pub p: f64,
    /// For how long.
    pub by: Duration,
}

impl Rule for Reorder {
    fn on_frame(&mut self, _: Instant, rng: &mut Rng, _: &PacketBuf) -> Verdict {
        with_chance(rng, self.p, Verdict::Delay(self.by))
    }
}

/// Delays each frame by a time that is uniform between nothing and this.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Jitter(pub Duration);

impl Rule for Jitter {
    fn on_frame(&mut self, _: Instant, rng: &mut Rng, _: &PacketBuf) -> Verdict {
        match self.0.nanos() {
            0 => Verdict::Pass,
            most => Verdict::Delay(Duration::from_nanos(rng.below(most.saturating_add(1)))),
        }
    }
}

/// Loses everything from one moment until another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Blackout {
    /// The first moment.
    pub from: Instant,
    /// The first moment after it.
    pub until: Instant,
}

impl Rule for Blackout {
    fn on_frame(&mut self, now: Instant, _: &mut Rng, _: &PacketBuf) -> Verdict {
        if self.from <= now && now < self.until { Verdict::Drop } else { Verdict::Pass }
    }
}

/// Gives some frames a verdict by their number, the first one being 1.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Nth {
    seen: u64,
    numbers: Vec<u64>,
    verdict: Verdict,
}

impl Nth {
    /// `verdict` for the frames with these numbers.
    pub fn new(numbers: impl IntoIterator<Item = u64>, verdict: Verdict) -> Self {
        Nth { seen: 0, numbers: numbers.into_iter().collect(), verdict }
    }
}

impl Rule for Nth {
    fn on_frame(&mut self, _: Instant, _: &mut Rng, _: &PacketBuf) -> Verdict {
        self.seen += 1;
        if self.numbers.contains(&self.seen) { self.verdict } else { Verdict::Pass }
    }
}

/// Loses every n-th frame: what formulas mean by a loss rate, as regular as they like it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LossEvery {
    n: u64,
    seen: u64,
}

impl LossEvery {
    /// The n-th, the 2n-th, …; 0: none.
    pub const fn new(n: u64) -> Self {
        LossEvery { n, seen: 0 }
    }
}

impl Rule for LossEvery {
    fn on_frame(&mut self, _: Instant, _: &mut Rng, _: &PacketBuf) -> Verdict {
        self.seen += 1;
        if self.n > 0 && self.seen.is_multiple_of(self.n) { Verdict::Drop } else { Verdict::Pass }
    }
}

/// A rule that sees only some frames.
#[derive(Clone, Debug)]
pub struct Of<F, R> {
    /// Which.
    pub filter: F,
    /// What the rule for them is.
    pub rule: R,
}

impl<F: FnMut(&PacketBuf) -> bool + Send, R: Rule> Rule for Of<F, R> {
    fn on_frame(&mut self, now: Instant, rng: &mut Rng, frame: &PacketBuf) -> Verdict {
        if (self.filter)(frame) { self.rule.on_frame(now, rng, frame) } else { Verdict::Pass }
    }
}

/// Lifts its rule when it is dropped.
#[derive(Debug)]
#[must_use = "the rule is lifted when its guard is dropped"]
pub struct Guard {
    _alive: Arc<()>,
}

/// A rule that holds as long as its guard lives.
#[derive(Debug)]
pub struct Guarded<R> {
    rule: R,
    alive: Weak<()>,
}

/// Makes `rule` hold only as long as the guard lives.
pub fn guarded<R: Rule>(rule: R) -> (Guarded<R>, Guard) {
    let alive = Arc::new(());
    (Guarded { rule, alive: Arc::downgrade(&alive) }, Guard { _alive: alive })
}

impl<R: Rule> Rule for Guarded<R> {
    fn on_frame(&mut self, now: Instant, rng: &mut Rng, frame: &PacketBuf) -> Verdict {
        if self.alive.strong_count() == 0 { Verdict::Pass } else { self.rule.on_frame(now, rng, frame) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(rule: &mut dyn Rule, count: usize) -> Vec<Verdict> {
        let (mut rng, frame) = (Rng::root(5), PacketBuf::from_vec(base::PacketId::NONE, vec![0; 100]));
        (0..count).map(|_| rule.on_frame(Instant::ZERO, &mut rng, &frame)).collect()
    }

    fn share(list: &[Verdict], verdict: Verdict) -> f64 {
        list.iter().filter(|other| **other == verdict).count() as f64 / list.len() as f64
    }

    #[test]
    fn a_probability_is_met_in_the_long_run() {
        assert!((share(&verdicts(&mut Loss(0.1), 20_000), Verdict::Drop) - 0.1).abs() < 0.01);
        let intact = (1.0f64 - 1e-4).powf(800.0);
        let seen = share(&verdicts(&mut BitErrors { rate: 1e-4 }, 20_000), Verdict::Pass);
        assert!((seen - intact).abs() < 0.01, "{seen} instead of {intact}");
        assert!((share(&verdicts(&mut BurstLoss::new(0.01, 0.25), 100_000), Verdict::Drop) - 0.0385).abs() < 0.005);
    }

    #[test]
    fn losses_of_a_burst_come_together() {
        let list = verdicts(&mut BurstLoss::new(0.01, 0.25), 100_000);
        let bursts = list.windows(2).filter(|two| two[0] == Verdict::Pass && two[1] == Verdict::Drop).count();
        let lost = list.iter().filter(|verdict| **verdict == Verdict::Drop).count();
        assert!((3.0..5.0).contains(&(lost as f64 / bursts as f64)), "{lost} losses in {bursts} bursts");
    }

    #[test]
    fn frames_are_chosen_by_their_number_among_those_that_the_filter_lets_through() {
        let mut rule = Of { filter: |frame: &PacketBuf| frame.len() == 100, rule: Nth::new([2], Verdict::Drop) };
        assert_eq!(verdicts(&mut rule, 3), [Verdict::Pass, Verdict::Drop, Verdict::Pass]);
    }

    #[test]
    fn a_guarded_rule_is_lifted_with_its_guard() {
        let (mut rule, guard) = guarded(Loss(1.0));
        assert_eq!(verdicts(&mut rule, 1), [Verdict::Drop]);
        drop(guard);
        assert_eq!(verdicts(&mut rule, 1), [Verdict::Pass]);
    }
}
