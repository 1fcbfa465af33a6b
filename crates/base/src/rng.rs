//! Randomness that repeats: one root seed, one stream per node, link and purpose, split by name.
//!
//! A stream depends only on the root seed and the names on the way to it, so adding a host changes no other stream.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng};

/// A named random stream (ChaCha8, whose values are stable across versions and platforms).
#[derive(Clone, Debug)]
pub struct Rng {
    seed: u64,
    path: u64,
    stream: ChaCha8Rng,
}

impl Rng {
    /// The root of all streams of a run.
    pub fn root(seed: u64) -> Self {
        Self::at(seed, FNV_OFFSET)
    }

    /// The stream called `name` below this one. Draws from either do not touch the other.
    pub fn split(&self, name: &str) -> Self {
        let path =
            name.bytes().chain([0]).fold(self.path, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME));
        Self::at(self.seed, path)
    }

    fn at(seed: u64, path: u64) -> Self {
        let mut stream = ChaCha8Rng::seed_from_u64(seed);
        stream.set_stream(path);
        Rng { seed, path, stream }
    }

    /// 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.stream.next_u64()
    }

    /// 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        self.stream.next_u32()
    }

    /// Fills `bytes`.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        self.stream.fill_bytes(bytes);
    }

    /// Uniform in `0..limit`; `limit` must not be 0. (The multiply-shift bias is below 2^-32 for the limits in use.)
    pub fn below(&mut self, limit: u64) -> u64 {
        assert!(limit > 0, "an empty range has no member");
        ((u128::from(self.next_u64()) * u128::from(limit)) >> 64) as u64
    }

    /// Uniform in `0.0..1.0`.
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// True with probability `p`. Draws nothing when the answer is certain.
    pub fn chance(&mut self, p: f64) -> bool {
        p > 0.0 && (p >= 1.0 || self.unit() < p)
    }
}

/// FNV-1a, 64 bit: names only select a stream, they need no stronger hash.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_on_its_names_only() {
        let root = Rng::root(7);
        let mut first = root.split("laptop").split("dns");
        let mut used = root.split("laptop");
        used.next_u64();
        let mut second = used.split("dns");
        assert_eq!(first.next_u64(), second.next_u64());
        assert_ne!(root.split("a").next_u64(), root.split("b").next_u64());
        assert_ne!(root.split("a").split("b").next_u64(), root.split("ab").next_u64());
        assert_ne!(Rng::root(1).next_u64(), Rng::root(2).next_u64());
    }

    #[test]
    fn values_stay_the_same_across_versions() {
        let mut rng = Rng::root(1).split("golden");
        assert_eq!([rng.next_u64(), rng.next_u64()], GOLDEN);
    }

    const GOLDEN: [u64; 2] = [1759574800785453050, 1718455483788585809];

    #[test]
    fn below_stays_below() {
        let mut rng = Rng::root(3);
        assert!((0..1000).all(|_| rng.below(7) < 7));
        assert!((0..1000).all(|_| (0.0..1.0).contains(&rng.unit())));
    }
}
