//! A lab: a scenario with an explanation, the knobs that a person turns, and the setting under which it breaks.

use crate::outcome::Outcome;
use crate::scenario::{BuildError, Scenario};
use base::Duration;

/// What a scenario file says, or a test builds. The same object is a lesson, a regression test and a bug report.
#[derive(Clone, Debug)]
pub struct Lab {
    /// The world, what runs in it, what happens, what is expected.
    pub scenario: Scenario,
    /// One line.
    pub title: String,
    /// At most a page of Markdown: what to see, and why.
    pub explain: String,
    /// The seed that it is run with unless another is asked for.
    pub seed: u64,
    /// How long a run may last when the long curves are asked for.
    pub full_limit: Option<Duration>,
    /// Short names for settings: each with the paths that it stands for.
    pub knobs: Vec<(String, Vec<String>)>,
    /// A setting under which at least one expectation fails.
    pub breaks_when: Option<String>,
    /// What is drawn beside the usual.
    pub pictures: Pictures,
    /// Numbers that sweeps report: name and expression.
    pub measures: Vec<(String, String)>,
}

/// What a lab wants drawn.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Pictures {
    /// The nodes of the ladder, from left to right; none: all hosts.
    pub ladder: Vec<String>,
    /// The series that are plotted in the terminal: `cwnd`, `ssthresh`, `srtt`, `rto`, `queue`, `throughput`.
    pub plot: Vec<String>,
}

impl Lab {
    /// A lab of a scenario alone.
    pub fn new(scenario: Scenario) -> Self {
        Lab {
            scenario,
            title: String::new(),
            explain: String::new(),
            seed: 1,
            full_limit: None,
            knobs: Vec::new(),
            breaks_when: None,
            pictures: Pictures::default(),
            measures: Vec::new(),
        }
    }

    /// Runs it with a seed, recording all that a story and its plots need.
    pub fn run(&self, seed: u64) -> Result<Outcome, BuildError> {
        self.scenario.run_recording(seed, scope::Wants::METRICS)
    }
}
