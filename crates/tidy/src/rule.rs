//! What a rule is: its reason, its cure, and a function that finds what breaks it.

use std::fmt;

use crate::Tree;

/// A rule of the house.
pub struct Rule {
    /// What it asks for, in one sentence.
    pub asks: &'static str,
    /// Why.
    pub because: &'static str,
    /// How to mend what breaks it.
    pub cure: &'static str,
    /// Finds what breaks it.
    pub check: fn(&Tree) -> Vec<Problem>,
}

/// One place that breaks a rule.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Problem {
    /// The file, relative to the root of the tree.
    pub path: String,
    /// The line, counted from 1; 0 for the file as a whole.
    pub line: usize,
    /// What is wrong there.
    pub what: String,
}

impl Problem {
    /// A problem at a line.
    pub fn at(path: &str, line: usize, what: impl Into<String>) -> Self {
        Problem { path: path.into(), line, what: what.into() }
    }
}

impl Rule {
    /// Panics with everything that breaks the rule, its reason and its cure.
    pub fn assert_holds(&self, tree: &Tree) {
        let mut problems = (self.check)(tree);
        problems.sort();
        let list: String = problems.iter().map(|problem| format!("  {problem}\n")).collect();
        assert!(
            problems.is_empty(),
            "\n{}\n\n{list}\nWhy it is a rule: {}\nWhat to do: {}\n",
            self.asks,
            self.because,
            self.cure
        );
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.what),
            line => write!(f, "{}:{line}: {}", self.path, self.what),
        }
    }
}
