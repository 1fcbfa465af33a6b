//! A program's randomness: one stream per host and purpose.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use base::Rng;

use crate::runtime::lock;

/// A handle onto one of a host's random streams. All handles of one purpose draw from the same stream: a later one goes on
/// where the earlier ones stopped.
#[derive(Clone)]
pub struct Random {
    stream: Arc<Mutex<Rng>>,
}

impl Random {
    /// Fills `bytes`.
    pub fn fill(&self, bytes: &mut [u8]) {
        lock(&self.stream).fill(bytes);
    }

    /// 64 random bits.
    pub fn next_u64(&self) -> u64 {
        lock(&self.stream).next_u64()
    }

    /// Uniform in `0..limit`; `limit` must not be 0.
    pub fn below(&self, limit: u64) -> u64 {
        lock(&self.stream).below(limit)
    }

    /// Uniform in `0.0..1.0`.
    pub fn unit(&self) -> f64 {
        lock(&self.stream).unit()
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random")
    }
}

/// The streams of one host, by purpose.
pub(crate) struct Streams {
    root: Rng,
    by_purpose: Mutex<BTreeMap<&'static str, Random>>,
}

impl Streams {
    pub(crate) fn new(root: Rng) -> Self {
        Streams { root, by_purpose: Mutex::default() }
    }

    pub(crate) fn get(&self, purpose: &'static str) -> Random {
        let fresh = || Random { stream: Arc::new(Mutex::new(self.root.split(purpose))) };
        lock(&self.by_purpose).entry(purpose).or_insert_with(fresh).clone()
    }
}
