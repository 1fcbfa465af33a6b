//! The seed of a test: from its name, or from `GLASSNET_SEED` when a run is to be replayed.

/// A seed that knows which test it belongs to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seed {
    /// The number that the world is given.
    pub value: u64,
    package: &'static str,
    /// The test's path: its target, then its modules and its own name.
    path: &'static str,
}

/// The seed of the test that this stands in: `GLASSNET_SEED`, or a constant made of the test's name.
#[macro_export]
macro_rules! seed {
    () => {{
        fn here() {}
        $crate::Seed::of(env!("CARGO_PKG_NAME"), std::any::type_name_of_val(&here))
    }};
}

impl Seed {
    /// What [`seed!`](crate::seed) makes; `here` is the path of an item inside of the test.
    pub fn of(package: &'static str, here: &'static str) -> Seed {
        let path = here.trim_end_matches("::here").trim_end_matches("::{{closure}}");
        let value = Seed::given().unwrap_or_else(|| fnv(path.bytes()));
        Seed { value, package, path }
    }

    /// `n` seeds for a test that is told with many, times `GLASSNET_MANY` for a long night; just the one of
    /// `GLASSNET_SEED` when that is set.
    pub fn many(&self, n: u64) -> Vec<Seed> {
        let times: u64 = std::env::var("GLASSNET_MANY").ok().and_then(|times| times.parse().ok()).unwrap_or(1);
        match Seed::given() {
            Some(value) => vec![self.with(value)],
            None => (0..n * times).map(|i| self.with(self.value.wrapping_add(i))).collect(),
        }
    }

    /// The same test with another number.
    pub fn with(&self, value: u64) -> Seed {
        Seed { value, ..self.clone() }
    }

    fn given() -> Option<u64> {
        std::env::var("GLASSNET_SEED").ok()?.parse().ok()
    }

    /// The test's own name.
    pub fn name(&self) -> &str {
        self.path.rsplit("::").next().unwrap_or(self.path)
    }

    /// The command that runs this test again with this seed.
    pub fn replay(&self) -> String {
        let Seed { value, package, path } = self;
        let (target, test) = path.split_once("::").unwrap_or(("", path));
        let own_crate = target.replace('_', "-") == *package;
        let target = if own_crate { String::new() } else { format!(" --test {target}") };
        format!("GLASSNET_SEED={value} cargo test -p {package}{target} {test}")
    }
}

/// FNV-1a over a name; 32 bits are enough, and easier to copy by hand.
fn fnv(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0x811c_9dc5, |hash: u64, byte| ((hash ^ u64::from(byte)) * 0x0100_0193) & 0xffff_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_says_how_its_test_is_replayed() {
        let seed = Seed { value: 7, package: "glassnet-testkit", path: "handshake::a_lost_syn" };
        assert_eq!(seed.name(), "a_lost_syn");
        assert_eq!(seed.replay(), "GLASSNET_SEED=7 cargo test -p glassnet-testkit --test handshake a_lost_syn");
        let unit = Seed { path: "glassnet_testkit::seed::tests::x", ..seed };
        assert_eq!(unit.replay(), "GLASSNET_SEED=7 cargo test -p glassnet-testkit seed::tests::x");
    }

    #[test]
    fn a_test_without_a_seed_has_one_by_its_name() {
        assert_eq!(seed!().name(), "a_test_without_a_seed_has_one_by_its_name");
        assert_eq!(seed!().many(1).len(), 1);
    }
}
