//! The runs themselves, on several threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::expect::{Measured, Tables};
use crate::scenario::BuildError;

use super::quantities;
use super::{Combination, Plan, Quantity, Results, Row, Summary, theory_of};

/// What one run gave.
#[derive(Clone, PartialEq, Debug)]
pub struct Once {
    /// Its seed.
    pub seed: u64,
    /// Whether everything went as expected.
    pub as_expected: bool,
    /// Each quantity; `None` where the run has no such thing. Times in seconds.
    pub measured: Vec<Option<f64>>,
}

/// A run before it is known which quantities there are.
struct Ran {
    seed: u64,
    as_expected: bool,
    measured: Vec<(String, Measured)>,
}

impl Plan {
    /// How many runs there are.
    pub fn runs(&self) -> usize {
        self.combinations.len().saturating_mul(usize::try_from(self.seeds).unwrap_or(usize::MAX))
    }

    /// Runs everything on `jobs` threads; `progress` is told after each run how many are done.
    ///
    /// # Errors
    /// The first one, in the order of the runs, that a world could not be built.
    pub fn run(&self, jobs: usize, progress: &(dyn Fn(usize) + Sync)) -> Result<Results, BuildError> {
        let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let ran: Mutex<Vec<Option<Result<Ran, BuildError>>>> = Mutex::new((0..self.runs()).map(|_| None).collect());
        thread::scope(|scope| {
            for _ in 0..jobs.clamp(1, self.runs().max(1)) {
                scope.spawn(|| {
                    loop {
                        let task = next.fetch_add(1, Ordering::Relaxed);
                        if task >= self.runs() {
                            return;
                        }
                        let result = self.once(task);
                        let failed = result.is_err();
                        ran.lock().unwrap_or_else(PoisonError::into_inner)[task] = Some(result);
                        if failed {
                            // The others stop too: a world that cannot be built cannot be built with another seed.
                            next.store(usize::MAX / 2, Ordering::Relaxed);
                        }
                        progress(done.fetch_add(1, Ordering::Relaxed) + 1);
                    }
                });
            }
        });
        let ran = ran.into_inner().unwrap_or_else(PoisonError::into_inner);
        let ran: Result<Vec<Ran>, BuildError> = ran.into_iter().flatten().collect();
        Ok(self.results(ran?))
    }

    /// The run with this number: all seeds of the first combination come first.
    fn once(&self, task: usize) -> Result<Ran, BuildError> {
        let seeds = usize::try_from(self.seeds).unwrap_or(usize::MAX);
        let Combination { lab, .. } = &self.combinations[task / seeds];
        let seed = lab.seed.wrapping_add((task % seeds) as u64);
        let all = || lab.measures.iter().chain(&lab.theories);
        let wants = all().fold(lab.scenario.wants(), |wants, (_, measure)| wants | measure.wants());
        let outcome = lab.scenario.run_recording(seed, wants)?;
        let as_expected = outcome.is_as_expected();
        let measured = if self.measures.is_empty() {
            quantities::recorded(&outcome.recording)
        } else {
            let tables = Tables::of(&outcome.recording);
            // Theory may depend on the settings too, so each combination has its own.
            let named = lab.measures.iter().map(|(name, measure)| (name.clone(), measure));
            let theories = lab.theories.iter().map(|(name, measure)| (theory_of(name), measure));
            named.chain(theories).filter_map(|(name, measure)| Some((name, measure.take(&tables)?))).collect()
        };
        Ok(Ran { seed, as_expected, measured })
    }

    fn results(&self, ran: Vec<Ran>) -> Results {
        // In the order of the file, or of first appearance.
        let mut measures: Vec<Quantity> = Vec::new();
        let declared = self.measures.iter().map(|name| (name, false));
        let found = ran.iter().flat_map(|run| run.measured.iter().map(|(name, measured)| (name, measured.is_time)));
        for (name, is_time) in declared.chain(found) {
            match measures.iter_mut().find(|quantity| quantity.name == *name) {
                Some(quantity) => quantity.is_time |= is_time,
                None => measures.push(Quantity {
                    name: name.clone(),
                    is_time,
                    is_theory: measures.last().is_some_and(|before| *name == theory_of(&before.name)),
                }),
            }
        }
        let once = |run: &Ran| Once {
            seed: run.seed,
            as_expected: run.as_expected,
            measured: measures.iter().map(|quantity| value(run, &quantity.name)).collect(),
        };
        let runs: Vec<Once> = ran.iter().map(once).collect();
        let seeds = usize::try_from(self.seeds).unwrap_or(usize::MAX).max(1);
        let row = |(combination, runs): (&Combination, &[Once])| {
            let of = |place: usize| runs.iter().filter_map(move |run| run.measured[place]);
            let summaries = (0..measures.len()).map(|place| Summary::of(of(place))).collect();
            Row { values: combination.values.clone(), runs: runs.to_vec(), summaries }
        };
        let rows = self.combinations.iter().zip(runs.chunks(seeds)).map(row).collect();
        Results { name: self.name.clone(), variables: self.variables.clone(), measures, rows }
    }
}

fn value(run: &Ran, name: &str) -> Option<f64> {
    run.measured.iter().find(|(own, _)| own == name).map(|(_, measured)| measured.value)
}
