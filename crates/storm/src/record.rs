//! What became of an errand so far: shared by its programs and whoever watches them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use net::TcpError;

use crate::text::{Hash, Text};

/// One errand's record. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record(Arc<Mutex<Facts>>);

#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// From the client to the server, and back: all connections of the errand together.
    pub(crate) ways: [Way; 2],
    /// Connections that the client had opened, and that ended as they should on each side.
    pub(crate) opened: u64,
    pub(crate) ended: [u64; 2],
    /// Attempts to connect that failed.
    pub(crate) refused: u64,
    /// The client's program is over.
    pub(crate) over: bool,
    /// The first thing that must not happen.
    pub(crate) broken: Option<String>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Way {
    pub(crate) said: u64,
    pub(crate) heard: u64,
    /// Of the last connection that spoke.
    pub(crate) said_hash: Hash,
    pub(crate) heard_hash: Hash,
}

impl Record {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Facts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn said(&self, way: usize, bytes: &[u8]) {
        let way = &mut self.lock().ways[way];
        way.said += bytes.len() as u64;
        way.said_hash.add(bytes);
    }

    /// Checks and counts what was heard as the bytes of `text` from `at`.
    pub(crate) fn heard(&self, way: usize, text: Text, at: u64, bytes: &[u8]) {
        let mut facts = self.lock();
        if let Some(wrong) = text.first_wrong(at, bytes) {
            facts.broken.get_or_insert(format!("byte {wrong} of {} is not the one that was sent", WAYS[way]));
        }
        facts.ways[way].heard += bytes.len() as u64;
        facts.ways[way].heard_hash.add(bytes);
    }

    pub(crate) fn ended(&self, side: usize) {
        self.lock().ended[side] += 1;
    }

    pub(crate) fn broke(&self, side: usize, what: &str, error: TcpError) {
        self.lock().broken.get_or_insert(format!("the {} could not {what}: {error}", SIDES[side]));
    }

    pub(crate) fn claim(&self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.lock().broken.get_or_insert_with(what);
        }
    }
}

/// The client is side 0 and speaks on way 0.
pub(crate) const SIDES: [&str; 2] = ["client", "server"];
const WAYS: [&str; 2] = ["the request", "the answer"];
