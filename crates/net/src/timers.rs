//! Who sleeps until when: exact nanoseconds, ordered by (time, sequence).

use std::collections::BTreeMap;
use std::task::Waker;

use base::{Instant, NodeId};

/// A place in the order of sleepers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Key {
    at: Instant,
    sequence: u64,
}

/// All sleeping tasks of a runtime. A cancelled sleep leaves nothing behind.
#[derive(Default)]
pub(crate) struct Timers {
    waiting: BTreeMap<Key, (NodeId, Waker)>,
    sequence: u64,
}

impl Timers {
    /// Adds a sleeper.
    pub(crate) fn insert(&mut self, at: Instant, node: NodeId, waker: Waker) -> Key {
        let key = Key { at, sequence: self.sequence };
        self.sequence += 1;
        self.waiting.insert(key, (node, waker));
        key
    }

    /// Gives a sleeper a new waker; false when its time has already come.
    pub(crate) fn update(&mut self, key: Key, waker: &Waker) -> bool {
        match self.waiting.get_mut(&key) {
            Some((_, kept)) => {
                kept.clone_from(waker);
                true
            }
            None => false,
        }
    }

    /// Forgets a sleeper. The waker is returned so that it is dropped outside of the lock.
    pub(crate) fn remove(&mut self, key: Key) -> Option<Waker> {
        self.waiting.remove(&key).map(|(_, waker)| waker)
    }

    /// The next sleeper whose time has come.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<Waker> {
        let first = self.waiting.first_entry()?;
        (first.key().at <= now).then(|| first.remove().1)
    }

    /// When the next sleeper is due.
    pub(crate) fn poll_at(&self) -> Option<Instant> {
        self.waiting.first_key_value().map(|(key, _)| key.at)
    }

    /// Who sleeps until when, in order.
    pub(crate) fn snapshot(&self) -> impl Iterator<Item = (NodeId, Instant)> {
        self.waiting.iter().map(|(key, (node, _))| (*node, key.at))
    }
}
