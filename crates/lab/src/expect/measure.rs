//! A measure: an expression that is a number or a time, for sweeps and tables.

use std::fmt;
use std::sync::Arc;

use scope::Wants;

use super::check::{Checked, check};
use super::error::ExpressionError;
use super::eval::{Eval, Row};
use super::expectation::{app_sources, wants};
use super::parse::parse;
use super::plan::Type;
use super::source::Kind;
use super::tables::Tables;
use super::value::Value;

/// A quantity of a run: `last(bulk.done).rate`.
#[derive(Clone)]
pub struct Measure {
    /// The expression, as it is written.
    pub text: String,
    plan: Arc<Checked>,
}

/// What a measure found.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Measured {
    /// The quantity; a time in seconds.
    pub value: f64,
    /// Whether it is a time.
    pub is_time: bool,
}

impl Measure {
    /// Reads an expression that is a number, a time, or true or false (1 or 0).
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let checked = check(&parse(text)?)?;
        match &checked.root.kind {
            Type::One(Kind::Number | Kind::Time | Kind::Bool | Kind::Any) => {}
            other => {
                let message = format!("{other} is no quantity");
                let help = "count, mean, sum, … of it, or a field of the first or last one";
                return Err(ExpressionError::new(checked.root.span, message).help(help));
            }
        }
        Ok(Measure { text: text.to_owned(), plan: Arc::new(checked) })
    }

    /// What it is in a recording; `None` when the run has no such thing.
    pub fn take(&self, tables: &Tables<'_>) -> Option<Measured> {
        let eval = Eval::new(Some(tables), self.plan.slots);
        let value = match eval.value(&self.plan.root, Row::None) {
            Ok(Value::Time(ns)) => return Some(Measured { value: ns as f64 * 1e-9, is_time: true }),
            Ok(value) => value.number()?,
            Err(_) => return None,
        };
        value.is_finite().then_some(Measured { value, is_time: false })
    }

    /// What must be recorded for it.
    pub fn wants(&self) -> Wants {
        wants(&self.plan.root)
    }

    /// What it names that a program must record: protocol and step.
    pub fn app_sources(&self) -> Vec<(String, String)> {
        app_sources(&self.plan.root)
    }
}

impl PartialEq for Measure {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Debug for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Measure({:?})", self.text)
    }
}
