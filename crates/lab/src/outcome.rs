//! What a run leaves: its recording, and whether it went as expected.

use std::time::SystemTime;

use base::Instant;
use scope::Recording;
use stack::Wake;

/// The result of a run.
#[derive(Debug)]
pub struct Outcome {
    /// The scenario's name.
    pub scenario: String,
    /// The seed, which with the scenario repeats the run.
    pub seed: u64,
    /// The date on which the world began.
    pub epoch: SystemTime,
    /// Everything that was seen.
    pub recording: Recording,
    /// Whether the programs in the foreground came to an end.
    pub ended: bool,
    /// The last moment.
    pub now: Instant,
    /// What every node still waited for.
    pub waiting: Vec<(String, Wake)>,
    /// Expectations that do not hold, a sentence each.
    pub failures: Vec<String>,
}

impl Outcome {
    /// Whether everything went as expected.
    pub fn is_as_expected(&self) -> bool {
        self.ended && self.failures.is_empty()
    }
}
