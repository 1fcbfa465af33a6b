//! What a medium has to do, in the order of time and then of its making.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use base::Instant;

/// Things to do, the first one first.
pub(super) struct Agenda<T> {
    heap: BinaryHeap<Reverse<Entry<T>>>,
    made: u64,
}

struct Entry<T> {
    at: Instant,
    number: u64,
    what: T,
}

impl<T> Agenda<T> {
    pub(super) fn new() -> Self {
        Agenda { heap: BinaryHeap::new(), made: 0 }
    }

    pub(super) fn push(&mut self, at: Instant, what: T) {
        self.made += 1;
        self.heap.push(Reverse(Entry { at, number: self.made, what }));
    }

    /// The next thing, if its time has come.
    pub(super) fn pop(&mut self, now: Instant) -> Option<T> {
        if self.due() > now {
            return None;
        }
        self.heap.pop().map(|Reverse(entry)| entry.what)
    }

    /// When the next thing is due.
    pub(super) fn due(&self) -> Instant {
        self.heap.peek().map_or(Instant::FAR, |Reverse(entry)| entry.at)
    }
}

impl<T> Entry<T> {
    fn key(&self) -> (Instant, u64) {
        (self.at, self.number)
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<T> Eq for Entry<T> {}

impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
