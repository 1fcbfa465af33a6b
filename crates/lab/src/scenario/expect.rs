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
                Some(fact) => Err(format!("expected no {protocol} {step}, but there was one: {:?}", fact.fields)),
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
                Err(format!("expected a {protocol} {step} with {field} = {value}, but there was {seen:?}"))
            }
        }
    }
}
