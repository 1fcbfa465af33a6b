//! What must be true at the end of a run, over the facts that its programs recorded.

use base::event::AppFact;
use scope::Recording;

/// An expectation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Expect {
    /// Some program recorded this step, with this value where one is named.
    Fact {
        /// `visit`, `dns`, …
        protocol: String,
        /// The step.
        step: String,
        /// A field, and what it must read.
        value: Option<(String, String)>,
    },
    /// Nobody recorded this step.
    NoFact {
        /// `visit`, `dns`, …
        protocol: String,
        /// The step.
        step: String,
    },
}

impl Expect {
    /// Some program recorded this step.
    pub fn fact(protocol: &str, step: &str) -> Self {
        Expect::Fact { protocol: protocol.into(), step: step.into(), value: None }
    }

    /// Some program recorded this step with a field that reads `value`.
    pub fn fact_with(protocol: &str, step: &str, field: &str, value: &str) -> Self {
        let value = Some((field.into(), value.into()));
        Expect::Fact { protocol: protocol.into(), step: step.into(), value }
    }

    /// Nobody recorded this step.
    pub fn no_fact(protocol: &str, step: &str) -> Self {
        Expect::NoFact { protocol: protocol.into(), step: step.into() }
    }

    /// Whether it holds, and if not, the sentence that says so.
    pub fn check(&self, recording: &Recording) -> Result<(), String> {
        let matches = |protocol: &str, step: &str| {
            let of_step = move |fact: &&AppFact| fact.protocol == protocol && fact.step == step;
            recording.app_facts().map(|(_, _, fact)| fact).filter(of_step).collect::<Vec<_>>()
        };
        match self {
            Expect::NoFact { protocol, step } => match matches(protocol, step).first() {
                None => Ok(()),
                Some(fact) => Err(format!("expected no {protocol} {step}, but there was one: {}", fields(fact))),
            },
            Expect::Fact { protocol, step, value: None } => match matches(protocol, step).first() {
                Some(_) => Ok(()),
                None => Err(format!("expected a {protocol} {step}, but there was none")),
            },
            Expect::Fact { protocol, step, value: Some((field, value)) } => {
                let found = matches(protocol, step);
                let seen: Vec<String> = found.iter().filter_map(|fact| Some(fact.get(field)?.to_string())).collect();
                if seen.contains(value) {
                    return Ok(());
                }
                let seen = if seen.is_empty() { "none".to_owned() } else { seen.join(", ") };
                Err(format!("expected a {protocol} {step} with {field} = {value}, but there was {seen}"))
            }
        }
    }
}

fn fields(fact: &AppFact) -> String {
    let fields: Vec<String> = fact.fields.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    fields.join(", ")
}

#[cfg(test)]
mod tests {
    use base::event::{AppFact, Event, Fact};
    use base::{Instant, NodeId, PacketId};

    use super::*;

    fn recording() -> Recording {
        let mut recording = Recording::default();
        for (step, status) in [("page", 200_u64), ("page", 404)] {
            let fact = AppFact::new("visit", step, 1).with("status", status);
            let fact = Fact::App(fact);
            recording.add_event(Event { at: Instant::ZERO, node: NodeId(0), cause: PacketId::NONE, fact });
        }
        recording
    }

    #[test]
    fn what_came_true_is_no_failure() {
        let recording = recording();
        assert_eq!(Expect::fact("visit", "page").check(&recording), Ok(()));
        assert_eq!(Expect::fact_with("visit", "page", "status", "404").check(&recording), Ok(()));
        assert_eq!(Expect::no_fact("visit", "failed").check(&recording), Ok(()));
    }

    #[test]
    fn what_did_not_is_said_in_a_sentence_with_what_there_was_instead() {
        let recording = recording();
        let said = |expect: Expect| expect.check(&recording).expect_err("it does not hold");
        assert_eq!(said(Expect::fact("dns", "answer")), "expected a dns answer, but there was none");
        let wrong = said(Expect::fact_with("visit", "page", "status", "301"));
        assert_eq!(wrong, "expected a visit page with status = 301, but there was 200, 404");
        let never = said(Expect::fact_with("visit", "page", "colour", "red"));
        assert_eq!(never, "expected a visit page with colour = red, but there was none");
        let unwanted = said(Expect::no_fact("visit", "page"));
        assert_eq!(unwanted, "expected no visit page, but there was one: status = 200");
    }
}
