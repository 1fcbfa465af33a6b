//! Scenario files: TOML in, a [`Lab`] out, or a diagnosis with every mistake in its place.
//!
//! ```text
//!   text ─> tree ─(overrides, copies)─> structure ─────────> types ─> meaning ─> Lab
//!           syntax              schema, scalar,      serde    names, addresses,
//!                               quantity, names               programs, expressions
//!   diagnose   every problem with file, line, underlined text and help
//! ```

mod copies;
mod diagnose;
mod inner;
mod meaning;
mod names;
mod overrides;
pub mod quantity;
pub mod scalar;
mod schema;
mod structure;
mod syntax;
mod tree;
pub(crate) mod types;
pub mod words;

use serde::Deserialize;

pub use diagnose::Diagnosis;
pub use overrides::{Override, Vary};
pub use schema::schema;

use crate::lab::Lab;
use diagnose::{Problem, Sources, Span};
use tree::{Item, Place, Tree};
use types::File;

/// Reads a scenario file, with settings that win over it. `source_name` is what messages call the file.
///
/// # Errors
/// Everything that is wrong with the file and with the settings, each with its place.
pub fn read(text: &str, source_name: &str, overrides: &[Override]) -> Result<Lab, Diagnosis> {
    read_with_warnings(text, source_name, overrides).map(|(lab, _)| lab)
}

/// The same, with what is not wrong but probably not meant.
///
/// # Errors
/// See [`read`].
pub fn read_with_warnings(
    text: &str,
    source_name: &str,
    overrides: &[Override],
) -> Result<(Lab, Diagnosis), Diagnosis> {
    let mut sources = Sources::default();
    sources.add(source_name, text);
    let (mut tree, syntax) = Tree::parse(text);
    if !syntax.is_empty() {
        return Err(Diagnosis::new(sources, syntax));
    }
    let schema = schema();
    let mut problems = shortcuts(&tree, &sources);
    for setting in overrides {
        let start = sources.add("--set", setting.text());
        problems.extend(overrides::apply(&mut tree, schema, setting.text(), start));
    }
    let knobs = overrides::knob_values(&tree, schema);
    problems.extend(copies::expand(&mut tree));
    problems.extend(structure::check(tree.root(), schema));
    if problems.iter().any(Problem::is_error) {
        return Err(Diagnosis::new(sources, problems));
    }
    let file = match File::deserialize(tree.root().plain()) {
        Ok(file) => file,
        // The schema has let something pass that serde refuses: it is said all the same.
        Err(error) => {
            let problem = Problem::new(0..0, format!("this file cannot be read: {}", error.message()));
            return Err(Diagnosis::new(sources, vec![problem]));
        }
    };
    let (lab, found) = meaning::lab(&tree, &file, &knobs, &|span| sources.text(span).to_owned());
    problems.extend(found);
    let failed = problems.iter().any(Problem::is_error);
    let diagnosis = Diagnosis::new(sources, problems);
    if failed { Err(diagnosis) } else { Ok((lab, diagnosis)) }
}

/// What is wrong with the file's own paths: its knobs, and the setting that breaks it.
fn shortcuts(tree: &Tree, sources: &Sources) -> Vec<Problem> {
    let mut problems = Vec::new();
    let knobs = tree.root().child("knobs").map_or(&[][..], Item::entries);
    for (_, knob) in knobs {
        let paths = knob.text().map(|_| knob).into_iter().chain(names::elements(knob));
        for path in paths {
            let Some(text) = path.text() else { continue };
            let found = overrides::check_path(tree, schema(), text, 0);
            problems.extend(found.map(|problem| problem.moved(&|span| within(sources, &path.span, span))));
        }
    }
    let breaks = tree.item(&Place::of(["breaks_when"]));
    if let Some((item, text)) = breaks.and_then(|item| Some((item, item.text()?))) {
        let mut broken = tree.clone();
        // Places in the setting are told from the file's by lying behind all of it.
        let start = sources.end();
        let mut found = overrides::apply(&mut broken, schema(), text, start);
        if found.is_empty() {
            found = copies::expand(&mut broken);
            found.extend(structure::check(broken.root(), schema()));
            found.retain(|problem| problem.starts_at() >= start);
        }
        let home = |span: &Span| match span.start.checked_sub(start) {
            Some(from) => within(sources, &item.span, &(from..span.end.saturating_sub(start))),
            None => span.clone(),
        };
        problems.extend(found.into_iter().map(|problem| problem.moved(&home)));
    }
    problems
}

fn within(sources: &Sources, text: &Span, local: &Span) -> Span {
    inner::place(sources.text(text), text.start, local)
}
