//! Type a URL, see the page: what the embedded world must do, seen in its recording.

mod failures;
mod loss;
mod seed;
mod story;
mod waterfall;

use glassnet_lab::visit::{Failure, Page, Visit, failure, page};
use glassnet_lab::{Outcome, Scenario};
use scope::{Story, Waterfall};

const PAGE: &str = "https://www.example.com/";

fn visit(url: &str) -> Seen {
    visit_in(Visit::new(url).scenario())
}

/// Runs a scenario in which somebody visits a page.
fn visit_in(scenario: Scenario) -> Seen {
    Seen(scenario.run(1).unwrap_or_else(|error| panic!("the world cannot be built: {error}")))
}

/// What was seen of a visit.
struct Seen(Outcome);

impl Seen {
    fn page(&self) -> Page {
        page(&self.0.recording).unwrap_or_else(|| panic!("no page came:\n{self}"))
    }

    fn failure(&self) -> Failure {
        failure(&self.0.recording).unwrap_or_else(|| panic!("it should fail:\n{self}"))
    }

    fn succeeded(&self) -> bool {
        self.0.is_as_expected() && failure(&self.0.recording).is_none()
    }

    fn story(&self) -> Story {
        Story::of(&self.0.recording)
    }

    fn waterfall(&self) -> Waterfall {
        Waterfall::of(&self.0.recording)
    }

    /// The steps of one protocol, a line each: `laptop → web-1: Opens a connection …`
    fn told(&self, protocol: &str) -> Vec<String> {
        let line = |step: &scope::story::Step| match step.to.as_str() {
            "" => format!("{}: {}", step.from, step.what),
            to => format!("{} → {to}: {}", step.from, step.what),
        };
        self.story().of_protocol(protocol).map(line).collect()
    }

    /// Fails with the whole story unless some step of `protocol` contains all of `words`.
    #[track_caller]
    fn assert_told(&self, protocol: &str, words: &[&str]) {
        let told = self.told(protocol);
        let found = told.iter().any(|line| words.iter().all(|word| line.contains(word)));
        assert!(found, "no step of {protocol} says {words:?}:\n{self}");
    }

    /// Fails with the whole story if some step of `protocol` contains all of `words`.
    #[track_caller]
    fn assert_not_told(&self, protocol: &str, words: &[&str]) {
        let told = self.told(protocol);
        let found = told.iter().find(|line| words.iter().all(|word| line.contains(word)));
        assert_eq!(found, None, "no step of {protocol} should say {words:?}:\n{self}");
    }
}

impl std::fmt::Display for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.story().text(scope::Style::PLAIN))?;
        writeln!(f, "seed {}, {:?}", self.0.seed, self.0.failures().collect::<Vec<_>>())
    }
}
