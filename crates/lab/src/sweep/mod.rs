//! A lab run many times: every combination of some settings, each with many seeds, on all cores.
//!
//! ```text
//!   Sweep ──plan──> Plan ──run──> Results ──> table, CSV, one plot a variable
//!   (text, vary,    every file    measures,   (table, csv, picture)
//!    seeds)         read, no      pass rate
//!                   run yet
//! ```
//!
//! A run is a function of its settings and its seed, so the results are the same, in the same order, however many threads
//! there are.

mod csv;
mod picture;
mod quantities;
mod run;
mod statistics;
mod table;

pub use run::Once;
pub use statistics::{Summary, student_t};

use crate::file::{self, Diagnosis, Override, Vary};
use crate::lab::Lab;

/// What to run.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// The lab's file.
    pub text: String,
    /// What messages call it.
    pub source_name: String,
    /// Settings that are the same in all runs.
    pub overrides: Vec<Override>,
    /// Settings that vary; every combination is run.
    pub vary: Vec<Vary>,
    /// How often each combination is run: with the lab's seed and those that follow.
    pub seeds: u64,
}

/// A sweep that can be run: every combination was read.
#[derive(Debug)]
pub struct Plan {
    /// The lab's name.
    pub name: String,
    /// What varies.
    pub variables: Vec<String>,
    /// Every combination, the last variable varying fastest.
    pub combinations: Vec<Combination>,
    seeds: u64,
    measures: Vec<String>,
}

/// What a sweep of a lab measures, in order: each measure, and behind it what theory says of it.
fn measures_of(lab: &Lab) -> Vec<String> {
    let theory = |name: &String| lab.theories.iter().any(|(own, _)| own == name).then(|| theory_of(name));
    lab.measures.iter().flat_map(|(name, _)| [Some(name.clone()), theory(name)]).flatten().collect()
}

/// What theory says of a quantity is called so.
fn theory_of(name: &str) -> String {
    format!("{name} in theory")
}

/// Values of the variables, and the lab with these settings.
#[derive(Debug)]
pub struct Combination {
    /// As they were typed.
    pub values: Vec<String>,
    lab: Lab,
}

/// What a sweep found.
#[derive(Clone, PartialEq, Debug)]
pub struct Results {
    /// The lab's name.
    pub name: String,
    /// What varied.
    pub variables: Vec<String>,
    /// What was measured.
    pub measures: Vec<Quantity>,
    /// What each combination gave, in order.
    pub rows: Vec<Row>,
}

/// A measured quantity.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Quantity {
    /// `bulk.done.rate`, or as the file calls it.
    pub name: String,
    /// Whether it is a time, in seconds.
    pub is_time: bool,
    /// It is what theory says of the quantity that stands before it.
    pub is_theory: bool,
}

/// What one combination gave.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// The values of the variables.
    pub values: Vec<String>,
    /// Its runs, in the order of their seeds.
    pub runs: Vec<Once>,
    /// Each quantity over these runs; runs that do not have it are not counted.
    pub summaries: Vec<Summary>,
}

impl Row {
    /// The share of runs in which everything went as expected.
    pub fn pass_rate(&self) -> f64 {
        let passed = self.runs.iter().filter(|run| run.as_expected).count();
        passed as f64 / self.runs.len().max(1) as f64
    }
}

impl Sweep {
    /// Reads the file once for each combination, so that every mistake is found before anything runs.
    ///
    /// # Errors
    /// What is wrong with the file or a setting; a sweep of too many runs.
    pub fn plan(&self) -> Result<Plan, PlanError> {
        let sizes = self.vary.iter().map(|vary| vary.values.len() as u64);
        let combinations = sizes.fold(1_u64, u64::saturating_mul);
        if combinations > MAX_COMBINATIONS || combinations.saturating_mul(self.seeds) > MAX_RUNS {
            return Err(PlanError::TooMany { combinations, seeds: self.seeds });
        }
        let combinations: Result<Vec<_>, Diagnosis> =
            self.choices().into_iter().map(|chosen| self.read(&chosen)).collect();
        let combinations = combinations.map_err(|diagnosis| PlanError::Wrong(Box::new(diagnosis)))?;
        let first = combinations.first().map(|combination| &combination.lab);
        Ok(Plan {
            name: first.map_or(String::new(), |lab| lab.scenario.name.clone()),
            variables: self.vary.iter().map(|vary| vary.name.clone()).collect(),
            seeds: self.seeds,
            measures: first.map_or(Vec::new(), measures_of),
            combinations,
        })
    }

    /// Which value of each variable: every combination, the last varying fastest.
    fn choices(&self) -> Vec<Vec<usize>> {
        let mut choices = vec![Vec::new()];
        for vary in &self.vary {
            let longer = |chosen: Vec<usize>| {
                (0..vary.values.len()).map(move |value| chosen.iter().copied().chain([value]).collect())
            };
            choices = choices.into_iter().flat_map(longer).collect();
        }
        choices
    }

    fn read(&self, chosen: &[usize]) -> Result<Combination, Diagnosis> {
        let mut overrides = self.overrides.clone();
        let mut values = Vec::new();
        for (vary, &value) in self.vary.iter().zip(chosen) {
            overrides.extend(vary.overrides().nth(value));
            values.push(vary.values[value].clone());
        }
        let lab = file::read(&self.text, &self.source_name, &overrides)?;
        Ok(Combination { values, lab })
    }
}

/// Why a sweep cannot be run.
#[derive(Debug)]
pub enum PlanError {
    /// The file or a setting is wrong.
    Wrong(Box<Diagnosis>),
    /// More runs than anybody waits for.
    TooMany {
        /// Combinations.
        combinations: u64,
        /// Runs of each.
        seeds: u64,
    },
}

impl std::fmt::Display for PlanError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PlanError::Wrong(diagnosis) => write!(f, "{diagnosis}"),
            PlanError::TooMany { combinations, seeds } => write!(
                f,
                "{combinations} combinations with {seeds} seeds each are more than {MAX_COMBINATIONS} combinations or \
                 {MAX_RUNS} runs"
            ),
        }
    }
}

impl std::error::Error for PlanError {}

/// Combinations that are read at most.
const MAX_COMBINATIONS: u64 = 10_000;
/// Runs of a sweep, at most.
const MAX_RUNS: u64 = 10_000_000;

#[cfg(test)]
mod tests;
