//! What a well-formed file means: the scenario, and everything that does not fit together.
//!
//! ```text
//!   links      which interfaces there are, what joins them     nodes      addresses, routes, stacks
//!   network    whether the addresses make sense                programs   what runs, and where it listens
//!   timeline   what happens when                               expressions  expectations and measures
//!   media      what stations share, and lines that repair what they lose
//! ```

mod expressions;
mod links;
mod media;
mod network;
mod nodes;
mod programs;
mod timeline;

use base::Duration;

use super::diagnose::{Problem, Span};
use super::tree::{Place, Tree};
use super::types::File;
use crate::lab::{Lab, Pictures};
use crate::scenario::Scenario;

/// A file in the course of being understood.
pub(super) struct Reading<'a> {
    /// The places of everything.
    tree: &'a Tree,
    /// The text of the file, for places within strings.
    text: &'a dyn Fn(&Span) -> String,
    /// What it says.
    file: &'a File,
    /// What the knobs are set to.
    knobs: &'a [(String, String)],
    problems: Vec<Problem>,
}

/// The lab that a file describes, and all that is wrong with it.
pub(super) fn lab(
    tree: &Tree,
    file: &File,
    knobs: &[(String, String)],
    text: &dyn Fn(&Span) -> String,
) -> (Lab, Vec<Problem>) {
    let mut reading = Reading { tree, text, file, knobs, problems: Vec::new() };
    let mut scenario = Scenario::new(&file.name.0);
    scenario.limit = file.limit.as_ref().map_or(LIMIT, |limit| limit.0);
    scenario.linger = file.linger.as_ref().map_or(scenario.linger, |linger| linger.0);
    scenario.links = reading.links();
    scenario.nodes = reading.nodes();
    reading.programs(&mut scenario);
    reading.fixed_addresses(&scenario);
    scenario = scenario.addressed();
    reading.gateways(&scenario);
    scenario.names = reading.names(&scenario);
    scenario.timeline = reading.timeline();
    let (expectations, measures) = reading.expressions(&scenario);
    let theories = reading.theories(&scenario);
    scenario.expectations = expectations;
    let knobs = file.knobs.iter().map(|(name, paths)| (name.to_owned(), paths.as_slice().to_vec()));
    let ladder = file.pictures.ladder.iter().map(|node| node.0.clone()).collect();
    let lab = Lab {
        title: file.title.clone().unwrap_or_default(),
        explain: file.explain.clone().unwrap_or_default(),
        seed: file.seed.unwrap_or(1),
        full_limit: file.full_limit.as_ref().map(|limit| limit.0),
        knobs: knobs.collect(),
        breaks_when: file.breaks_when.clone(),
        pictures: Pictures { ladder, plot: file.pictures.plot.clone() },
        measures,
        theories,
        sweep: (file.sweep.vary.clone(), file.sweep.seeds),
        ..Lab::new(scenario)
    };
    (lab, reading.problems)
}

impl Reading<'_> {
    fn span(&self, place: &Place) -> Span {
        self.tree.span(place)
    }

    fn key(&self, place: &Place) -> Span {
        self.tree.key_span(place)
    }

    fn report(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Where a part of a text stands in the file.
    fn within(&self, place: &Place, local: &Span) -> Span {
        let span = self.span(place);
        super::inner::place(&(self.text)(&span), span.start, local)
    }
}

/// How long a run may take that sets no limit itself.
const LIMIT: Duration = Duration::from_secs(60);
