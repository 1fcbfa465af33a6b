//! Expectations, measures and choices of frames: texts in the language of `expect`.

use super::Reading;
use crate::expect::{Expectation, ExpressionError, FramePredicate, Measure};
use crate::file::diagnose::Problem;
use crate::file::tree::Place;
use crate::scenario::Scenario;

impl Reading<'_> {
    /// Expectations and measures.
    pub(super) fn expressions(&mut self, _: &Scenario) -> (Vec<Expectation>, Vec<(String, String)>) {
        let mut expectations = Vec::new();
        for (number, expect) in self.file.expect.iter().enumerate() {
            match Expectation::parse(&expect.that) {
                Ok(mut parsed) => {
                    parsed.why.clone_from(&expect.why);
                    expectations.push(parsed);
                }
                Err(error) => self.wrong(&error, &Place::of(["expect", &number.to_string(), "that"])),
            }
        }
        let mut measures = Vec::new();
        for (name, text) in self.file.measure.iter() {
            match Measure::parse(text) {
                Ok(_) => measures.push((name.to_owned(), text.clone())),
                Err(error) => self.wrong(&error, &Place::of(["measure", name])),
            }
        }
        (expectations, measures)
    }

    /// Whether an expression chooses frames.
    pub(super) fn check_predicate(&mut self, text: &str, place: &Place) {
        if let Err(error) = FramePredicate::parse(text) {
            self.wrong(&error, place);
        }
    }

    fn wrong(&mut self, error: &ExpressionError, place: &Place) {
        let local = error.span.clone();
        let problem = Problem::new(self.within(place, &local), error.message.clone());
        self.report(problem.help_if(error.help.clone()));
    }
}
