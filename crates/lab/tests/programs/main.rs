//! Programs of scenario files: each in a small world, asked for what it recorded.

mod arp;
mod dhcp;
mod dns;
mod messages;
mod traceroute;
mod web;

use base::event::{AppFact, Value};
use base::{Duration, Instant};
use glassnet_lab::file;

/// What programs recorded, with the moment.
struct Facts(Vec<(Instant, AppFact)>);

/// Runs a file's text with its seed.
fn run(text: &str) -> Facts {
    let lab = file::read(text, "test.toml", &[]).unwrap_or_else(|diagnosis| panic!("{diagnosis:#?}"));
    let outcome = lab.run(lab.seed).unwrap_or_else(|error| panic!("{error}"));
    assert!(outcome.ended, "the run did not end: {:?}", outcome.waiting);
    Facts(outcome.recording.app_facts().map(|(at, _, fact)| (at, fact.clone())).collect())
}

impl Facts {
    /// Those of one step: `dns.answer`.
    fn of(&self, name: &str) -> Vec<&AppFact> {
        self.timed(name).into_iter().map(|(_, fact)| fact).collect()
    }

    fn timed(&self, name: &str) -> Vec<(Instant, &AppFact)> {
        let matches = |fact: &AppFact| format!("{}.{}", fact.protocol, fact.step) == name;
        self.0.iter().filter(|(_, fact)| matches(fact)).map(|(at, fact)| (*at, fact)).collect()
    }

    /// The only one of a step.
    fn one(&self, name: &str) -> &AppFact {
        match self.of(name)[..] {
            [fact] => fact,
            ref all => panic!("{} times {name}: {all:#?}\n{:#?}", all.len(), self.0),
        }
    }

    /// A number of each fact of a step.
    fn numbers(&self, name: &str, field: &str) -> Vec<u64> {
        self.of(name).into_iter().filter_map(|fact| fact.number(field)).collect()
    }

    /// A text of each fact of a step.
    fn texts(&self, name: &str, field: &str) -> Vec<String> {
        self.of(name).into_iter().map(|fact| text(fact, field)).collect()
    }
}

fn text(fact: &AppFact, field: &str) -> String {
    fact.get(field).map(ToString::to_string).unwrap_or_default()
}

fn span(fact: &AppFact, field: &str) -> Duration {
    match fact.get(field) {
        Some(Value::Span(span)) => *span,
        other => panic!("{field} is {other:?} in {fact:?}"),
    }
}

/// In round trips of so many milliseconds, rounded.
fn trips(span: Duration, rtt_ms: u64) -> u64 {
    (span.millis() + rtt_ms / 2) / rtt_ms
}
