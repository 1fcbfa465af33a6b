//! What a run leaves: its recording, and whether it went as expected.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fs, io};

use base::Instant;
use base::event::AppFact;
use scope::{Ladder, Recording, pcapng};
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
    /// What was expected, and whether it came.
    pub expectations: Vec<Told>,
}

/// An expectation after the run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// What was expected.
    pub that: String,
    /// Why.
    pub why: Option<String>,
    /// What there was instead; none: it holds.
    pub shortfall: Option<String>,
}

impl Outcome {
    /// Whether everything went as expected.
    pub fn is_as_expected(&self) -> bool {
        self.ended && self.failures().next().is_none() && self.failed_programs().next().is_none()
    }

    /// What was expected and did not come, each with what there was instead.
    pub fn failures(&self) -> impl Iterator<Item = &str> {
        self.expectations.iter().filter_map(|told| told.shortfall.as_deref())
    }

    /// The errors with which programs of one's own ended.
    pub fn failed_programs(&self) -> impl Iterator<Item = &AppFact> {
        let failed = |fact: &&AppFact| (fact.protocol, fact.step) == ("program", "failed");
        self.recording.app_facts().map(|(_, _, fact)| fact).filter(failed)
    }

    /// For tests: panics when something did not go as expected, and says what, with the ladder of what happened, where
    /// the captures are, and how to repeat it.
    ///
    /// # Panics
    /// When something did not go as expected.
    #[track_caller]
    pub fn assert(&self) {
        assert!(self.is_as_expected(), "{}", self.report(&captures_folder()));
    }

    /// Why the run failed, at length. Writes the captures into a folder of this run under `folder`.
    pub fn report(&self, folder: &Path) -> String {
        let mut text = format!("{} did not go as expected\n", self.scenario);
        for failure in self.failures() {
            let _ = writeln!(text, "{failure}");
        }
        for fact in self.failed_programs() {
            let field = |name| fact.text(name).unwrap_or_default();
            let _ = writeln!(text, "the program {} failed: {}", field("name"), field("error"));
        }
        if !self.ended {
            let _ = writeln!(text, "the run did not end by {}; what is waited for:", self.now);
            for (node, wake) in self.waiting.iter().take(MOST_WAITS) {
                let _ = writeln!(text, "    {node}: {wake}");
            }
        }
        let _ = write!(text, "\n{}\n", Ladder::of(&self.recording).excerpt());
        match self.write_captures(&folder.join(format!("{}-{}", self.scenario, self.seed))) {
            Ok(place) => {
                let _ = writeln!(text, "captures: {}", place.display());
            }
            Err(error) => {
                let _ = writeln!(text, "the captures could not be written: {error}");
            }
        }
        let test = std::thread::current().name().map(str::to_owned).filter(|name| name != "main");
        let replay = test.map_or_else(
            || format!("glassnet run FILE --seed {}", self.seed),
            |test| format!("GLASSNET_SEED={} cargo test {test}", self.seed),
        );
        let _ = writeln!(text, "seed {}; repeat it with: {replay}", self.seed);
        text
    }

    fn write_captures(&self, folder: &Path) -> io::Result<PathBuf> {
        fs::create_dir_all(folder)?;
        for (name, bytes) in pcapng::of_all(&self.recording, self.epoch) {
            fs::write(folder.join(name), bytes)?;
        }
        Ok(folder.to_owned())
    }
}

/// The seed of a test: `usual`, or that of `GLASSNET_SEED` when a run is to be repeated.
pub fn seed(usual: u64) -> u64 {
    std::env::var("GLASSNET_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(usual)
}

/// Where failing tests leave their captures: beside cargo's other output, for a test's binary is in
/// `<target>/<profile>/deps`.
fn captures_folder() -> PathBuf {
    let binary = std::env::current_exe().unwrap_or_default();
    binary.ancestors().nth(3).map_or_else(|| PathBuf::from("target"), PathBuf::from).join("glassnet")
}

/// Nodes whose waits a report shows, at most.
const MOST_WAITS: usize = 20;
