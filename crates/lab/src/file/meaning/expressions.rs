//! Expectations, measures and choices of frames: texts in the language of `expect`.

use super::Reading;
use crate::file::tree::Place;
use crate::scenario::{Expect, Scenario};

impl Reading<'_> {
    /// Expectations and measures.
    pub(super) fn expressions(&mut self, _: &Scenario) -> (Vec<Expect>, Vec<(String, String)>) {
        let measures = self.file.measure.iter().map(|(name, text)| (name.to_owned(), text.clone()));
        (Vec::new(), measures.collect())
    }

    /// Whether an expression chooses frames.
    pub(super) fn check_predicate(&mut self, _: &str, _: &Place) {}
}
