//! Faults in the words of a test: `drop_nth(1).of(tcp().syn()).from_a()`.

use base::{Duration, Instant, LinkType, Rng};
use sim::{Rule, Verdict};
use wire::PacketBuf;

use crate::filter::Filter;

/// A fault: which frames, and what becomes of them.
#[derive(Clone, Debug)]
pub struct Fault {
    filter: Filter,
    which: Which,
    verdict: Verdict,
    pub(crate) side: Side,
    from: Instant,
    until: Instant,
}

/// Which of the frames that the filter means.
#[derive(Clone, Debug)]
enum Which {
    Nth(Vec<u64>),
    All,
    Share(f64),
}

/// Which way of the cable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    Both,
    FromA,
    FromB,
}

fn fault(which: Which, verdict: Verdict) -> Fault {
    let (from, until) = (Instant::ZERO, Instant::FAR);
    Fault { filter: Filter::default(), which, verdict, side: Side::Both, from, until }
}

/// Drops the `n`-th frame, counted from 1.
pub fn drop_nth(n: u64) -> Fault {
    fault(Which::Nth(vec![n]), Verdict::Drop)
}

/// Drops the frames with these numbers, counted from 1.
pub fn drop_each(numbers: impl IntoIterator<Item = u64>) -> Fault {
    fault(Which::Nth(numbers.into_iter().collect()), Verdict::Drop)
}

/// Drops every frame.
pub fn drop_all() -> Fault {
    fault(Which::All, Verdict::Drop)
}

/// Drops each frame with probability `p`.
pub fn drop_share(p: f64) -> Fault {
    fault(Which::Share(p), Verdict::Drop)
}

/// Holds the `n`-th frame back for `by`: those behind it overtake it.
pub fn delay_nth(n: u64, by: Duration) -> Fault {
    fault(Which::Nth(vec![n]), Verdict::Delay(by))
}

/// Delivers the `n`-th frame twice.
pub fn duplicate_nth(n: u64) -> Fault {
    fault(Which::Nth(vec![n]), Verdict::Duplicate)
}

/// `verdict` for the `n`-th frame.
pub fn nth(n: u64, verdict: Verdict) -> Fault {
    fault(Which::Nth(vec![n]), verdict)
}

/// `verdict` for every frame.
pub fn every(verdict: Verdict) -> Fault {
    fault(Which::All, verdict)
}

impl Fault {
    /// Only these frames are meant, and only they are counted.
    pub fn of(self, filter: Filter) -> Fault {
        Fault { filter, ..self }
    }

    /// Only what travels from `a` to `b`.
    pub fn from_a(self) -> Fault {
        Fault { side: Side::FromA, ..self }
    }

    /// Only what travels from `b` to `a`.
    pub fn from_b(self) -> Fault {
        Fault { side: Side::FromB, ..self }
    }

    /// From this moment of the run on.
    pub fn after(self, start: Duration) -> Fault {
        Fault { from: Instant::ZERO + start, ..self }
    }

    /// Until this moment of the run.
    pub fn until(self, end: Duration) -> Fault {
        Fault { until: Instant::ZERO + end, ..self }
    }

    pub(crate) fn into_rule(self, link_type: LinkType) -> Box<dyn Rule> {
        Box::new(Judge { fault: self, link_type, seen: 0 })
    }
}

/// A fault at work on one cable.
struct Judge {
    fault: Fault,
    link_type: LinkType,
    seen: u64,
}

impl Rule for Judge {
    fn on_frame(&mut self, now: Instant, rng: &mut Rng, frame: &PacketBuf) -> Verdict {
        let Fault { filter, which, verdict, from, until, .. } = &self.fault;
        if now < *from || *until <= now || !filter.matches_frame(self.link_type, frame) {
            return Verdict::Pass;
        }
        self.seen += 1;
        let meant = match which {
            Which::Nth(numbers) => numbers.contains(&self.seen),
            Which::All => true,
            Which::Share(p) => rng.chance(*p),
        };
        if meant { *verdict } else { Verdict::Pass }
    }
}
