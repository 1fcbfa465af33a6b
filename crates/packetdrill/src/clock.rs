//! Virtual time: it moves when packetdrill sleeps or waits for a packet, and creeps when it only looks.

use base::{Duration, Instant};

/// The clock of one run.
#[derive(Debug)]
pub(crate) struct Clock {
    now: Instant,
    /// Looks at the clock since anything else happened.
    looks: u32,
}

impl Clock {
    /// The clock starts somewhat after zero, as timestamps of zero mean something else here and there.
    pub(crate) fn new() -> Self {
        Clock { now: START, looks: 0 }
    }

    pub(crate) fn now(&self) -> Instant {
        self.now
    }

    /// A look. packetdrill spins on the clock for the last microseconds before an event: after a few looks with nothing
    /// in between the clock has to creep, or it would spin for ever.
    pub(crate) fn look(&mut self) -> Instant {
        self.looks += 1;
        if self.looks > PATIENCE {
            self.now += Duration::from_micros(1);
        }
        self.now
    }

    /// Something other than a look happened.
    pub(crate) fn touch(&mut self) {
        self.looks = 0;
    }

    /// It is `at`, or later already.
    pub(crate) fn advance_to(&mut self, at: Instant) {
        self.now = self.now.max(at);
        self.looks = 0;
    }
}

const START: Instant = Instant::from_nanos(1_000_000_000_000);
const PATIENCE: u32 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_only_looked_at_creeps() {
        let mut clock = Clock::new();
        let looks: Vec<u64> = (0..6).map(|_| clock.look().since(START).nanos()).collect();
        assert_eq!(looks, [0, 0, 0, 0, 1000, 2000]);
        clock.touch();
        assert_eq!(clock.look().since(START).nanos(), 2000);
    }
}
