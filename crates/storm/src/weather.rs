//! Faults that come and go: which cable, from when until when, and what.

use std::fmt;

use base::{Duration, Instant, Rng};
use sim::rule::{BurstLoss, Corrupt, CorruptUndetected, Duplicate, Jitter, Loss, Of, Reorder};
use sim::{LinkId, Rule, RuleId, Verdict, World};
use wire::PacketBuf;

use crate::dice::Dice;

/// One fault.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) link: LinkId,
    pub(crate) from: Instant,
    pub(crate) until: Instant,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Loss(f64),
    BurstLoss {
        enter: f64,
        leave: f64,
    },
    Reorder {
        p: f64,
        by: Duration,
    },
    Duplicate(f64),
    Corrupt(f64),
    CorruptUndetected(f64),
    Jitter(Duration),
    /// Every frame comes later.
    Spike(Duration),
    /// The cable is pulled.
    Flap,
    /// Frames longer than this vanish without a word.
    Narrow(usize),
}

/// All faults of a run, and those that are at work.
pub(crate) struct Weather {
    faults: Vec<Fault>,
    /// The moments at which something begins or ends, last one first.
    turns: Vec<(Instant, usize, bool)>,
    rules: Vec<Option<RuleId>>,
    /// When the last fault is over.
    pub(crate) clears: Instant,
}

impl Weather {
    pub(crate) fn draw(dice: &mut Dice, links: &[LinkId]) -> Weather {
        let season = dice.span(Duration::from_secs(1), Duration::from_secs(30));
        let faults: Vec<Fault> = (0..dice.between(0, 12)).map(|_| fault(dice, links, season)).collect();
        let edges = |(at, fault): (usize, &Fault)| [(fault.from, at, true), (fault.until, at, false)];
        let mut turns: Vec<_> = faults.iter().enumerate().flat_map(edges).collect();
        turns.sort_by(|a, b| b.cmp(a));
        let clears = faults.iter().map(|fault| fault.until).max().unwrap_or(Instant::ZERO);
        Weather { rules: vec![None; faults.len()], faults, turns, clears }
    }

    /// When the weather changes next.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.turns.last().map(|turn| turn.0)
    }

    /// Lets it change.
    pub(crate) fn turn(&mut self, world: &mut World) {
        while let Some((_, at, begins)) = self.turns.pop_if(|turn| turn.0 <= world.now()) {
            let fault = &self.faults[at];
            if let Kind::Flap = fault.kind {
                // Another fault may hold the same cable pulled.
                let others =
                    self.faults.iter().enumerate().filter(|(other, flap)| {
                        *other != at && flap.link == fault.link && matches!(flap.kind, Kind::Flap)
                    });
                let held = others.into_iter().any(|(_, other)| other.from <= world.now() && world.now() < other.until);
                world.set_link(fault.link, !begins && !held);
            } else if begins {
                self.rules[at] = Some(world.rule(fault.link, fault.kind.rule()));
            } else if let Some(rule) = self.rules[at].take() {
                world.lift(rule);
            }
        }
    }

    pub(crate) fn describe(&self) -> impl Iterator<Item = String> {
        self.faults.iter().map(|fault| format!("{fault}"))
    }

    /// How many faults there are.
    pub(crate) fn len(&self) -> usize {
        self.faults.len()
    }
}

fn fault(dice: &mut Dice, links: &[LinkId], season: Duration) -> Fault {
    let from = Duration::from_nanos(dice.0.below(season.nanos()));
    let span = dice.span(Duration::from_millis(20), season);
    let kind = match dice.0.below(10) {
        0 | 1 => Kind::Loss(dice.magnitude(0.001, 0.4)),
        2 => Kind::BurstLoss { enter: dice.magnitude(0.001, 0.1), leave: dice.magnitude(0.05, 0.5) },
        3 => Kind::Reorder { p: dice.magnitude(0.001, 0.5), by: dice.span(MILLISECOND / 10, MILLISECOND * 50) },
        4 => Kind::Duplicate(dice.magnitude(0.001, 0.5)),
        5 => Kind::Corrupt(dice.magnitude(0.001, 0.2)),
        6 => Kind::CorruptUndetected(dice.magnitude(0.001, 0.2)),
        7 => {
            let by = dice.span(MILLISECOND, MILLISECOND * 2000);
            if dice.chance(0.5) { Kind::Jitter(by / 10) } else { Kind::Spike(by) }
        }
        8 => Kind::Flap,
        _ => Kind::Narrow(dice.between(600, 1600) as usize),
    };
    let from = Instant::ZERO + from;
    Fault { link: dice.one_of(links), from, until: from + span, kind }
}

impl Kind {
    fn rule(self) -> Box<dyn Rule> {
        match self {
            Kind::Loss(p) => Box::new(Loss(p)),
            Kind::BurstLoss { enter, leave } => Box::new(BurstLoss::new(enter, leave)),
            Kind::Reorder { p, by } => Box::new(Reorder { p, by }),
            Kind::Duplicate(p) => Box::new(Duplicate(p)),
            Kind::Corrupt(p) => Box::new(Corrupt(p)),
            // ARP has no checksum: nothing but time could find a flipped bit in it.
            Kind::CorruptUndetected(p) => Box::new(Of { filter: is_ipv4, rule: CorruptUndetected(p) }),
            Kind::Jitter(most) => Box::new(Jitter(most)),
            Kind::Spike(by) => Box::new(move |_: Instant, _: &mut Rng, _: &PacketBuf| Verdict::Delay(by)),
            Kind::Narrow(len) => Box::new(
                move |_: Instant, _: &mut Rng, frame: &PacketBuf| {
                    if frame.len() > len { Verdict::Drop } else { Verdict::Pass }
                },
            ),
            Kind::Flap => unreachable!("a pulled cable is no rule"),
        }
    }
}

fn is_ipv4(frame: &PacketBuf) -> bool {
    frame.contiguous().get(12..14) == Some(&[8, 0])
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}: {:?} on cable {}", self.from, self.until, self.kind, self.link.0)
    }
}

const MILLISECOND: Duration = Duration::from_millis(1);
