//! Deadlines of all connections, the earliest first.
//!
//! An entry may be earlier than what its connection waits for by then (most deadlines only move back), never later: a
//! deadline that moves back costs nothing until the old one has come.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use base::Instant;

#[derive(Debug, Default)]
pub(super) struct Timers {
    heap: BinaryHeap<Reverse<(Instant, u64)>>,
}

impl Timers {
    /// `id` waits for `at`; `known` is the earliest entry that names it, and is kept so.
    #[inline]
    pub(super) fn arm(&mut self, id: u64, at: Option<Instant>, known: &mut Instant) {
        if let Some(at) = at
            && at < *known
        {
            *known = at;
            self.heap.push(Reverse((at, id)));
        }
    }

    /// The earliest entry, whoever it names.
    pub(super) fn first(&self) -> Option<(Instant, u64)> {
        self.heap.peek().map(|Reverse(entry)| *entry)
    }

    /// Takes the next entry that is due.
    pub(super) fn pop_due(&mut self, now: Instant) -> Option<(Instant, u64)> {
        let (at, _) = self.first()?;
        if at > now {
            return None;
        }
        self.heap.pop().map(|Reverse(entry)| entry)
    }
}

#[cfg(test)]
mod tests {
    use base::Duration;
    use proptest::prelude::*;

    use super::*;

    fn at(ms: u64) -> Instant {
        Instant::ZERO + Duration::from_millis(ms)
    }

    proptest! {
        /// The model is a list of each connection's true deadline, searched from end to end.
        #[test]
        fn everyone_is_called_when_due_and_never_late(steps in prop::collection::vec((0u64..8, 0u64..50, 1u64..20), 1..200)) {
            let mut timers = Timers::default();
            let (mut wanted, mut known) = ([None; 8], [Instant::FAR; 8]);
            let mut now = 0;
            for (id, delay, pass) in steps {
                wanted[id as usize] = Some(at(now + delay));
                timers.arm(id, wanted[id as usize], &mut known[id as usize]);
                now += pass;
                let mut called = Vec::new();
                while let Some((when, id)) = timers.pop_due(at(now)) {
                    let slot = id as usize;
                    if known[slot] != when { continue }
                    known[slot] = Instant::FAR;
                    if wanted[slot].is_some_and(|wanted| wanted <= at(now)) {
                        wanted[slot] = None;
                        called.push(slot);
                    }
                    timers.arm(id, wanted[slot], &mut known[slot]);
                }
                prop_assert!(wanted.iter().flatten().all(|wanted| *wanted > at(now)), "nobody is forgotten");
                prop_assert!(called.windows(2).all(|pair| pair[0] != pair[1]), "nobody is called twice");
                let earliest = wanted.iter().flatten().min();
                prop_assert!(earliest.is_none_or(|earliest| timers.first().is_some_and(|(first, _)| first <= *earliest)));
            }
        }
    }
}
