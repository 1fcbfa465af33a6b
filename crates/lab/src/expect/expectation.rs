//! An expectation: an expression that must hold, and the reason.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use scope::fields::Field;
use scope::{Recording, Wants};

use super::check::{Checked, check, must_be_yes_or_no};
use super::error::ExpressionError;
use super::eval::{Eval, Row};
use super::parse::parse;
use super::plan::{Node, What};
use super::shortfall::{Shortfall, explain};
use super::source::{Field as Named, Source};
use super::tables::Tables;
use super::witness::Witness;

/// Something that must be true of a run.
///
/// ```
/// use glassnet_lab::expect::Expectation;
/// let expectation = Expectation::new("count(drops) == 0").unwrap().why("the line loses nothing");
/// let recording = scope::Recording::default();
/// assert!(expectation.check(&recording).is_ok());
/// ```
#[derive(Clone)]
pub struct Expectation {
    /// The expression, as it is written.
    pub that: String,
    /// Why it must be so, for those who read a failure.
    pub why: Option<String>,
    plan: Arc<Checked>,
}

impl Expectation {
    /// Reads an expression that is true or false.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let Checked { root, slots } = check(&parse(text)?)?;
        let root = must_be_yes_or_no(root)?;
        Ok(Expectation { that: text.to_owned(), why: None, plan: Arc::new(Checked { root, slots }) })
    }

    /// The same as [`Expectation::parse`], for programs: `Expectation::new("…")?.why("…")`.
    pub fn new(that: &str) -> Result<Self, ExpressionError> {
        Self::parse(that)
    }

    /// With the reason.
    pub fn why(self, why: &str) -> Self {
        Expectation { why: Some(why.to_owned()).filter(|why| !why.is_empty()), ..self }
    }

    /// Whether it holds of a recording, and if not, why not.
    pub fn check(&self, recording: &Recording) -> Result<(), Shortfall> {
        self.check_in(&Tables::of(recording))
    }

    /// The same over tables that several expectations share.
    pub fn check_in(&self, tables: &Tables<'_>) -> Result<(), Shortfall> {
        tables.read_columns(&self.columns());
        let eval = Eval::new(Some(tables), self.plan.slots);
        match eval.truth(&self.plan.root, Row::None) {
            Ok(true) => Ok(()),
            found => Err(explain(self, &self.plan.root, &eval, &Witness { tables }, found.err())),
        }
    }

    /// The fields of frames that it names.
    fn columns(&self) -> Vec<(usize, Field)> {
        let mut columns = Vec::new();
        self.plan.root.visit(&mut |node| {
            if let What::Field(field, _) | What::Of(_, field, _) = &node.what
                && let Named::Frame(field) = field
            {
                columns.extend(field.header());
            }
        });
        columns
    }

    /// What must be recorded for it.
    pub fn wants(&self) -> Wants {
        wants(&self.plan.root)
    }

    /// What it names that a program must record: protocol and step, as it writes them. A step that no program of a
    /// scenario has is a mistake most of the time.
    pub fn app_sources(&self) -> Vec<(String, String)> {
        app_sources(&self.plan.root)
    }
}

/// Checks many expectations over one recording, reading each field of its frames once; gives those that do not hold.
pub fn check_all<'e>(
    expectations: impl IntoIterator<Item = &'e Expectation>,
    recording: &Recording,
) -> Vec<Option<Shortfall>> {
    let expectations: Vec<&Expectation> = expectations.into_iter().collect();
    let tables = Tables::of(recording);
    let columns: Vec<_> = expectations.iter().flat_map(|expectation| expectation.columns()).collect();
    tables.read_columns(&columns);
    expectations.into_iter().map(|expectation| expectation.check_in(&tables).err()).collect()
}

/// An expectation of a program or a test, whose text is known to be right.
///
/// # Panics
/// When it is not, with the mistake in its place.
#[track_caller]
pub fn expect(that: &str) -> Expectation {
    Expectation::parse(that).unwrap_or_else(|error| panic!("{error}\n{}", error.underlined(that)))
}

/// What the sources under `root` need.
pub(super) fn wants(root: &Node) -> Wants {
    let mut wants = Wants::NONE;
    root.visit(&mut |node| {
        if let What::Source(source) = &node.what {
            wants = wants | source.wants();
        }
    });
    wants
}

/// The steps of programs under `root`.
pub(super) fn app_sources(root: &Node) -> Vec<(String, String)> {
    let mut found = Vec::new();
    root.visit(&mut |node| {
        if let What::Source(Source::App(protocol, step)) = &node.what {
            found.push((protocol.clone(), step.clone()));
        }
    });
    found
}

impl FromStr for Expectation {
    type Err = ExpressionError;
    fn from_str(text: &str) -> Result<Self, ExpressionError> {
        Self::parse(text)
    }
}

impl PartialEq for Expectation {
    fn eq(&self, other: &Self) -> bool {
        (&self.that, &self.why) == (&other.that, &other.why)
    }
}

impl fmt::Debug for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expectation({:?})", self.that)
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.that)
    }
}
