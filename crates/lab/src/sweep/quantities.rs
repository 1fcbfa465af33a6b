//! What a sweep reports of a lab that declares no measures: every number that programs recorded at their end.

use std::collections::BTreeMap;

use base::event::{AppFact, Value};
use scope::Recording;

use crate::expect::Measured;

/// Every number and span in the last steps of programs, as `protocol.step.field`: the steps called `done`, or the last
/// one of a protocol that has none. Several of a run are told by their mean.
pub(super) fn recorded(recording: &Recording) -> Vec<(String, Measured)> {
    let mut last: BTreeMap<&str, &str> = BTreeMap::new();
    for (_, _, fact) in recording.app_facts() {
        if last.get(fact.protocol) != Some(&DONE) {
            last.insert(fact.protocol, fact.step);
        }
    }
    let mut found: Vec<(String, Measured, f64)> = Vec::new();
    for (_, _, fact) in recording.app_facts().filter(|(_, _, fact)| last.get(fact.protocol) == Some(&fact.step)) {
        for (name, measured) in numbers(fact) {
            match found.iter_mut().find(|(own, ..)| *own == name) {
                Some((_, sum, count)) => {
                    sum.value += measured.value;
                    *count += 1.0;
                }
                None => found.push((name, measured, 1.0)),
            }
        }
    }
    let mean = |(name, sum, count): (String, Measured, f64)| (name, Measured { value: sum.value / count, ..sum });
    found.into_iter().map(mean).collect()
}

fn numbers(fact: &AppFact) -> impl Iterator<Item = (String, Measured)> + '_ {
    fact.fields.iter().filter_map(|(name, value)| {
        let measured = match value {
            Value::Number(number) => Measured { value: *number as f64, is_time: false },
            Value::Span(span) => Measured { value: span.secs_f64(), is_time: true },
            Value::Text(_) | Value::Ip(_) => return None,
        };
        Some((format!("{}.{}.{name}", fact.protocol, fact.step), measured))
    })
}

/// The step by which a program says that it is through.
const DONE: &str = "done";
