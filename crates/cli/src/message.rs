//! The one place that prints errors: what failed, why, what to try.

use std::fmt::Display;
use std::process::ExitCode;

/// Something could not be done.
#[derive(Debug)]
pub(crate) struct Problem {
    details: String,
    what: String,
    why: String,
    hint: String,
}

impl Problem {
    /// One whose details have been laid out already: a file's mistakes, each in its place.
    pub(crate) fn told(details: String, what: String) -> Self {
        Problem { details, what, why: String::new(), hint: String::new() }
    }

    pub(crate) fn new(what: impl Display, why: impl Display, hint: impl Display) -> Self {
        Problem { details: String::new(), what: what.to_string(), why: why.to_string(), hint: hint.to_string() }
    }

    /// Prints to standard error; the exit code says "could not run".
    pub(crate) fn print(&self) -> ExitCode {
        if !self.details.is_empty() {
            anstream::eprintln!("{}\n", self.details);
        }
        anstream::eprintln!("\x1b[1;31merror\x1b[0m: {}", self.what);
        if !self.why.is_empty() {
            anstream::eprintln!("   why: {}", self.why);
        }
        if !self.hint.is_empty() {
            anstream::eprintln!("   try: {}", self.hint);
        }
        ExitCode::from(COULD_NOT_RUN)
    }
}

/// Something that was expected did not come true.
pub(crate) const FAILED: u8 = 1;
/// Bad arguments, missing rights, files that cannot be written.
pub(crate) const COULD_NOT_RUN: u8 = 2;
