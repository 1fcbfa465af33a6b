//! Expectations, measures and choices of frames: texts in the language of `expect`.

use super::Reading;
use crate::expect::{Expectation, ExpressionError, FramePredicate, Measure};
use crate::file::diagnose::{Problem, Span};
use crate::file::names::unknown;
use crate::file::tree::Place;
use crate::file::types::Ordered;
use crate::scenario::Scenario;

impl Reading<'_> {
    /// Expectations and measures.
    pub(super) fn expressions(&mut self, scenario: &Scenario) -> (Vec<Expectation>, Vec<(String, Measure)>) {
        let mut expectations = Vec::new();
        for (number, expect) in self.file.expect.iter().enumerate() {
            let place = Place::of(["expect", &number.to_string(), "that"]);
            let Some(that) = self.filled(&expect.that, &place) else { continue };
            match Expectation::parse(&that) {
                Ok(mut parsed) => {
                    parsed.why.clone_from(&expect.why);
                    self.check_names(scenario, &that, &place);
                    expectations.push(parsed);
                }
                Err(error) => self.wrong(&error, &place),
            }
        }
        let measures = self.measures(scenario, "measure", &self.file.measure);
        (expectations, measures)
    }

    /// What theory says of measures.
    pub(super) fn theories(&mut self, scenario: &Scenario) -> Vec<(String, Measure)> {
        let file = self.file;
        for name in file.theory.names().filter(|name| file.measure.get(name).is_none()) {
            let known: Vec<String> = file.measure.names().map(str::to_owned).collect();
            let span = self.key(&Place::of(["theory", name]));
            self.report(unknown("measure", name, &span, &known));
        }
        self.measures(scenario, "theory", &file.theory)
    }

    fn measures(&mut self, scenario: &Scenario, table: &str, said: &Ordered<String>) -> Vec<(String, Measure)> {
        let mut measures = Vec::new();
        for (name, text) in said.iter() {
            let place = Place::of([table, name]);
            let Some(text) = self.filled(text, &place) else { continue };
            match Measure::parse(&text) {
                Ok(measure) => {
                    self.check_names(scenario, &text, &place);
                    measures.push((name.to_owned(), measure));
                }
                Err(error) => self.wrong(&error, &place),
            }
        }
        measures
    }

    /// An expression with the values of the knobs that it names in braces: `{loss}`.
    fn filled(&mut self, text: &str, place: &Place) -> Option<String> {
        let (mut filled, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let (name, behind) = after.split_once('}')?;
            match self.knobs.iter().find(|(knob, _)| knob == name.trim()) {
                Some((_, value)) => filled.push_str(value),
                None => {
                    let known: Vec<String> = self.knobs.iter().map(|(knob, _)| knob.clone()).collect();
                    let span = self.span(place);
                    self.report(unknown("knob that is set", name.trim(), &span, &known));
                    return None;
                }
            }
            rest = behind;
        }
        filled.push_str(rest);
        Some(filled)
    }

    /// Whether an expression chooses frames.
    pub(super) fn check_predicate(&mut self, text: &str, place: &Place) {
        if let Err(error) = FramePredicate::parse(text) {
            self.wrong(&error, place);
        }
    }

    /// Whether the nodes and interfaces that an expression compares with are there.
    fn check_names(&mut self, scenario: &Scenario, text: &str, place: &Place) {
        for mention in mentions(text) {
            let interfaces = scenario.links.iter().flat_map(|link| &link.ends);
            let known: Vec<String> = match mention.is_nic {
                false => scenario.nodes.iter().map(|node| node.name.clone()).collect(),
                true => interfaces.map(|(node, interface)| format!("{node}.{interface}")).collect(),
            };
            if !known.iter().any(|name| name == mention.name) {
                let what = if mention.is_nic { "interface" } else { "node" };
                let span = self.within(place, &mention.span);
                self.report(unknown(what, mention.name, &span, &known));
            }
        }
    }

    fn wrong(&mut self, error: &ExpressionError, place: &Place) {
        let local = error.span.clone();
        let usual = "an expression reads like count(frames[node == 'client']) == 3; see docs/expressions.md";
        let problem = Problem::new(self.within(place, &local), error.message.clone());
        self.report(problem.help(error.help.clone().unwrap_or_else(|| usual.to_owned())));
    }
}

/// The name of a node or an interface in an expression.
struct Mention<'a> {
    is_nic: bool,
    name: &'a str,
    span: Span,
}

/// What an expression compares `node` and `nic` with: `node == 'client'`, `nic in ['client.eth0', 'r.lan']`.
fn mentions(text: &str) -> Vec<Mention<'_>> {
    let mut found = Vec::new();
    let mut compared = None;
    let mut rest = 0;
    while let Some(letter) = text[rest..].chars().next() {
        let from = rest;
        rest += letter.len_utf8();
        if letter == '\'' || letter == '"' {
            let Some(length) = text[rest..].find(letter) else { break };
            if let Some(is_nic) = compared {
                found.push(Mention { is_nic, name: &text[rest..rest + length], span: from..rest + length + 1 });
            }
            rest += length + 1;
        } else if letter.is_alphabetic() || letter == '_' {
            let word_end = text[from..].find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '.'));
            rest = word_end.map_or(text.len(), |length| from + length);
            compared = match &text[from..rest] {
                "node" => Some(false),
                "nic" => Some(true),
                "in" | "not" => compared,
                _ => None,
            };
        } else if !matches!(letter, ' ' | '=' | '!' | '[' | ',' | '\n') {
            compared = None;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_found_where_they_are_compared() {
        let names = |text: &str| -> Vec<(bool, String)> {
            mentions(text).iter().map(|mention| (mention.is_nic, mention.name.to_owned())).collect()
        };
        assert_eq!(
            names("count(frames[node == 'a' and nic != 'b.eth0'])"),
            [(false, "a".into()), (true, "b.eth0".into())]
        );
        assert_eq!(names("frames[node in ['a', 'b']]"), [(false, "a".into()), (false, "b".into())]);
        assert_eq!(names("states[to == 'ESTABLISHED'][node=='a']"), [(false, "a".into())]);
        assert!(names("first(x.node) == y and reason == 'queue full'").is_empty());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,30}") {
            let _ = mentions(&text);
        }
    }
}
