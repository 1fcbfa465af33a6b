//! Type a URL, see the page: the embedded world, a person at its laptop, and what they saw.

use base::event::AppFact;
use base::{Duration, Nic};
use scope::Recording;
use services::url::{BadUrl, Url};

use crate::expect::expect;
use crate::outcome::Outcome;
pub use crate::over::Over;
use crate::program::Browse;
use crate::scenario::{BuildError, Loss, Scenario, WayPatch};
use crate::worlds::internet::{ACCESS, LAPTOP, internet};

/// What to visit, and over which access line.
#[derive(Clone, PartialEq, Debug)]
pub struct Visit {
    /// What was typed.
    pub url: String,
    /// Frames lost on the access line, each way, 0 to 1.
    pub loss: f64,
    /// The access line's delay each way, instead of its own.
    pub delay: Option<Duration>,
    /// The access line's rate each way in bits per second, instead of its own.
    pub rate_bps: Option<u64>,
    /// Columns of the page's text.
    pub width: usize,
    /// What it goes over.
    pub over: Over,
}

impl Visit {
    /// Over the line as it is.
    pub fn new(url: &str) -> Self {
        Visit { url: url.into(), loss: 0.0, delay: None, rate_bps: None, width: 80, over: Over::Cable }
    }

    /// Whether what was typed can be visited at all, and if not, why.
    pub fn check_url(&self) -> Result<(), BadUrl> {
        Url::typed(&self.url).map(|_| ())
    }

    /// The embedded world with a person at its laptop.
    pub fn scenario(&self) -> Scenario {
        let mut scenario = internet();
        self.over.apply(&mut scenario);
        if let Some(line) = scenario.link_mut(ACCESS) {
            let loss = (self.loss > 0.0).then_some(Loss::Share(self.loss));
            let patch = WayPatch { loss, delay: self.delay, rate_bps: self.rate_bps, ..WayPatch::default() };
            patch.apply(&mut line.forth);
            patch.apply(&mut line.back);
        }
        if let Some(laptop) = scenario.node_mut(LAPTOP) {
            let browse = Browse { url: self.url.clone(), interface: "eth0".into(), width: self.width };
            *laptop = laptop.clone().run(browse);
        }
        scenario.expect(expect("count(visit.page) > 0")).expect(expect("count(visit.failed) == 0"))
    }

    /// Runs it.
    pub fn run(&self, seed: u64) -> Result<Outcome, BuildError> {
        self.scenario().run(seed)
    }
}

/// The page that a visit ended with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// HTTP status.
    pub status: u64,
    /// Its title.
    pub title: String,
    /// SHA-256 over the page and all it needed.
    pub hash: String,
    /// Laid out as text.
    pub text: String,
}

/// Why a visit failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// At which step.
    pub step: String,
    /// Who said it.
    pub party: String,
    /// What.
    pub said: String,
    /// What to try.
    pub hint: String,
}

/// The page in a recording, if a visit got that far.
pub fn page(recording: &Recording) -> Option<Page> {
    let fact = step(recording, "page")?;
    Some(Page {
        status: fact.number("status").unwrap_or(0),
        title: text(fact, "title"),
        hash: text(fact, "text_hash"),
        text: step(recording, "text").map(|fact| text(fact, "text")).unwrap_or_default(),
    })
}

/// The failure in a recording, if the visit had one.
pub fn failure(recording: &Recording) -> Option<Failure> {
    let fact = step(recording, "failed")?;
    Some(Failure {
        step: text(fact, "step"),
        party: text(fact, "party"),
        said: text(fact, "said"),
        hint: text(fact, "try"),
    })
}

/// The interface of the laptop.
pub fn laptop_nic(recording: &Recording) -> Option<Nic> {
    recording.nics().find(|(_, info)| info.node == LAPTOP).map(|(nic, _)| nic)
}

fn step<'a>(recording: &'a Recording, step: &str) -> Option<&'a AppFact> {
    recording.app_facts().map(|(_, _, fact)| fact).filter(|fact| fact.protocol == "visit" && fact.step == step).last()
}

fn text(fact: &AppFact, field: &str) -> String {
    fact.get(field).map(ToString::to_string).unwrap_or_default()
}
