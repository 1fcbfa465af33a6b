//! Draws in the words of what is drawn.

use base::{Duration, Rng};

/// A random stream with words for what is wanted of it.
pub(crate) struct Dice(pub(crate) Rng);

impl Dice {
    /// One of `choices`, each as likely as the others.
    pub(crate) fn one_of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.0.below(choices.len() as u64) as usize].clone()
    }

    /// A whole number, both ends included.
    pub(crate) fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.0.below(most - least + 1)
    }

    /// A number whose every order of magnitude is as likely as the others.
    pub(crate) fn magnitude(&mut self, least: f64, most: f64) -> f64 {
        least * (most / least).powf(self.0.unit())
    }

    /// The same for a span of time.
    pub(crate) fn span(&mut self, least: Duration, most: Duration) -> Duration {
        Duration::from_nanos(self.magnitude(least.nanos().max(1) as f64, most.nanos() as f64) as u64)
    }

    pub(crate) fn chance(&mut self, p: f64) -> bool {
        self.0.chance(p)
    }
}
