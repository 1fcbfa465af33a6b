//! A lab: a scenario with an explanation, the knobs that a person turns, and the setting under which it breaks.

use base::Duration;
use scope::Wants;

use crate::expect::Measure;
use crate::outcome::Outcome;
use crate::scenario::{BuildError, Scenario};

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
    pub measures: Vec<(String, Measure)>,
    /// What theory says of some of them.
    pub theories: Vec<(String, Measure)>,
    /// What a sweep varies unless it is told otherwise, as `--vary` takes it, and with how many seeds.
    pub sweep: (Vec<String>, Option<u64>),
}

/// What a lab wants drawn.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Pictures {
    /// The nodes of the ladder, from left to right; none: all that there is room for.
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
            theories: Vec::new(),
            sweep: (Vec::new(), None),
        }
    }

    /// Runs it with a seed, recording all that a story and its plots need.
    pub fn run(&self, seed: u64) -> Result<Outcome, BuildError> {
        self.scenario.run_recording(seed, Wants::METRICS)
    }

    /// The same, recording only what is expected and what is drawn in a terminal: long runs take less time and memory.
    pub fn run_lightly(&self, seed: u64) -> Result<Outcome, BuildError> {
        let drawn = if self.has_ladder() { Wants::ALL } else { Wants { frames: false, ..Wants::METRICS } };
        self.scenario.run_recording(seed, drawn | self.scenario.wants())
    }

    /// Whether the terminal shows a ladder: not of a lab that is about curves, unless it names the nodes.
    pub fn has_ladder(&self) -> bool {
        self.pictures.plot.is_empty() || !self.pictures.ladder.is_empty()
    }
}
