//! Why an expectation does not hold.

use std::fmt;

use super::error::underline;
use super::eval::{Eval, Fault};
use super::expectation::Expectation;
use super::plan::Node;
use super::tables::Tables;

/// An expectation that does not hold, and what was there instead. Prints as a few lines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shortfall {
    /// The expression.
    pub that: String,
    /// Why it should hold.
    pub why: Option<String>,
    /// What was there instead, one line each.
    pub found: Vec<String>,
}

impl fmt::Display for Shortfall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected  {}", self.that)?;
        self.found.iter().try_for_each(|line| write!(f, "\n          {line}"))
    }
}

pub(super) fn explain(
    expectation: &Expectation,
    root: &Node,
    _eval: &Eval<'_>,
    _tables: &Tables<'_>,
    fault: Option<Fault>,
) -> Shortfall {
    let (span, message) = fault.map_or((root.span, "does not hold".to_owned()), |fault| (fault.span, fault.message));
    let found = vec![format!("{} {message}", underline(&expectation.that, span))];
    Shortfall { that: expectation.that.clone(), why: expectation.why.clone(), found }
}
