//! The event queue: a binary heap ordered by (time, sequence number).
//!
//! Entries are small and copied; what an event is about (a frame in flight, a deadline) is kept where it belongs. An
//! entry whose matter has gone away stays and is skipped when it comes up: whoever owns the matter remembers the
//! sequence number of the entry that counts.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use base::Instant;

/// What is to happen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Event {
    /// The first frame in flight on this way arrives.
    Arrival(u32),
    /// A frame that left the order of its way arrives: the slot of strays.
    Stray(u32),
    /// The medium of this way is free, and the node at its start has more to send.
    Free(u32),
    /// A node's deadline.
    Wake(u32),
    /// A shared medium has something to do.
    Medium(u32),
    /// A station of a reliable line has waited long enough: the way that starts at it.
    Line(u32),
    /// A program's sleep is over.
    Sleep,
}

/// An event with its place in the order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Entry {
    pub(crate) at: Instant,
    pub(crate) sequence: u64,
    pub(crate) event: Event,
}

impl Entry {
    fn key(&self) -> u128 {
        u128::from(self.at.nanos()) << 64 | u128::from(self.sequence)
    }
}

/// Reversed, because the heap gives the greatest first.
impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        other.key().cmp(&self.key())
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// All events to come.
#[derive(Default)]
pub(crate) struct Queue {
    heap: BinaryHeap<Entry>,
    sequence: u64,
    /// The first entry was taken but is still in the heap: the next new one takes its place, which costs one walk through
    /// the heap instead of two.
    hole: bool,
}

impl Queue {
    /// The next place in the order of events that are made.
    pub(crate) fn next_sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    /// Adds an event; its sequence number.
    pub(crate) fn push(&mut self, at: Instant, event: Event) -> u64 {
        let sequence = self.next_sequence();
        self.push_entry(Entry { at, sequence, event });
        sequence
    }

    /// Adds an event whose place was taken earlier.
    pub(crate) fn push_entry(&mut self, entry: Entry) {
        if self.hole {
            self.hole = false;
            self.replace_first(entry);
        } else {
            self.heap.push(entry);
        }
    }

    /// The next event. Not while one is taken.
    pub(crate) fn peek(&self) -> Option<Entry> {
        debug_assert!(!self.hole, "the event that was taken has not been handled");
        self.heap.peek().copied()
    }

    /// Takes the next event; [`Queue::close`] follows when it was handled.
    pub(crate) fn take(&mut self) -> Option<Entry> {
        let first = self.peek();
        self.hole = first.is_some();
        first
    }

    /// The event that was taken has been handled.
    pub(crate) fn close(&mut self) {
        if std::mem::take(&mut self.hole) {
            self.heap.pop();
        }
    }

    /// Throws the next event away.
    pub(crate) fn skip(&mut self) {
        self.heap.pop();
    }

    /// Puts `entry` in the place of the next event.
    pub(crate) fn replace_first(&mut self, entry: Entry) {
        if let Some(mut first) = self.heap.peek_mut() {
            *first = entry;
        }
    }

    /// Entries, those that will be skipped included.
    pub(crate) fn len(&self) -> usize {
        self.heap.len()
    }
}

/// A deadline that is moved often and kept by at most one entry that counts.
///
/// A later deadline moves nothing: the entry comes up early and is put back. Only an earlier one needs a new entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alarm {
    wanted: Instant,
    /// Where the entry that counts is; `FAR`: there is none.
    queued: Instant,
    sequence: u64,
}

impl Alarm {
    pub(crate) const OFF: Alarm = Alarm { wanted: Instant::FAR, queued: Instant::FAR, sequence: 0 };

    /// Wants to come up at `wanted`, now at the earliest; [`Instant::FAR`]: never.
    #[inline]
    pub(crate) fn set(&mut self, wanted: Instant, now: Instant, queue: &mut Queue, event: Event) {
        self.wanted = wanted.max(now);
        if self.wanted < self.queued {
            self.sequence = queue.push(self.wanted, event);
            self.queued = self.wanted;
        }
    }

    /// Whether `first`, the first entry of the queue, is due now. If not it is put where it belongs, or away.
    pub(crate) fn check(&mut self, first: Entry, queue: &mut Queue) -> bool {
        if first.sequence != self.sequence {
            queue.skip();
            return false;
        }
        if self.wanted == first.at {
            return true;
        }
        self.queued = self.wanted;
        if self.wanted == Instant::FAR {
            queue.skip();
        } else {
            self.sequence = queue.next_sequence();
            queue.replace_first(Entry { at: self.wanted, sequence: self.sequence, event: first.event });
        }
        false
    }

    /// The entry was taken: the deadline has come.
    pub(crate) fn taken(&mut self) {
        *self = Alarm { sequence: self.sequence, ..Alarm::OFF };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Pushes and pops in any mix come out as from a list that is kept sorted.
        #[test]
        fn events_come_in_the_order_of_a_sorted_list(
            steps in proptest::collection::vec((any::<bool>(), 0u64..20, any::<bool>()), 0..300),
        ) {
            let mut queue = Queue::default();
            let mut naive: Vec<(Instant, u64)> = Vec::new();
            for (push, at, close) in steps {
                if push {
                    let at = Instant::from_nanos(at);
                    let sequence = queue.push(at, Event::Sleep);
                    naive.push((at, sequence));
                    naive.sort_unstable();
                } else {
                    queue.close();
                    let expected = if naive.is_empty() { None } else { Some(naive.remove(0)) };
                    prop_assert_eq!(queue.take().map(|entry| (entry.at, entry.sequence)), expected);
                    if close {
                        queue.close();
                    }
                }
                prop_assert_eq!(queue.len(), naive.len() + usize::from(queue.hole));
            }
        }

        /// However often a deadline is moved, it comes up once, at the time that was wanted last.
        #[test]
        fn an_alarm_comes_up_when_it_was_wanted_last(moves in proptest::collection::vec(proptest::option::of(0u64..50), 1..30)) {
            let (mut queue, mut alarm) = (Queue::default(), Alarm::OFF);
            for wanted in &moves {
                alarm.set(wanted.map_or(Instant::FAR, Instant::from_nanos), Instant::ZERO, &mut queue, Event::Wake(0));
            }
            let mut came = Vec::new();
            while let Some(first) = queue.peek() {
                if alarm.check(first, &mut queue) {
                    queue.skip();
                    alarm.taken();
                    came.push(first.at.nanos());
                }
            }
            prop_assert_eq!(came, moves.last().copied().flatten().into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn an_entry_is_small() {
        assert_eq!((size_of::<Event>(), size_of::<Entry>()), (8, 24));
    }
}
