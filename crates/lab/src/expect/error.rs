//! What is wrong with an expression: where, what, and what to try.

use std::fmt;
use std::ops::Range;

use crate::file::words::nearest;

/// A place in an expression's text, bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Span {
    /// From the start of `self` to the end of `other`.
    pub(super) fn to(self, other: Span) -> Span {
        Span { start: self.start, end: other.end.max(self.start) }
    }
}

/// A text that is no expression, or none that can mean anything.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExpressionError {
    /// The place in the text, bytes; on boundaries of characters, never behind the end.
    pub span: Range<usize>,
    /// What is wrong there: one clause without a full stop.
    pub message: String,
    /// What to try, where something is known: one clause.
    pub help: Option<String>,
}

impl ExpressionError {
    pub(super) fn new(span: Span, message: impl Into<String>) -> Self {
        ExpressionError { span: span.start..span.end, message: message.into(), help: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(super) fn maybe(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }

    /// The text with the place underlined: two lines.
    ///
    /// ```
    /// use glassnet_lab::expect::Expectation;
    /// let text = "count(frame) == 1";
    /// let error = Expectation::parse(text).unwrap_err();
    /// assert_eq!(error.underlined(text), "count(frame) == 1\n      ^^^^^");
    /// ```
    pub fn underlined(&self, text: &str) -> String {
        let span = Span { start: self.span.start, end: self.span.end };
        format!("{text}\n{}", underline(text, span))
    }
}

impl fmt::Display for ExpressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ExpressionError {}

/// A sentence for help: `did you mean x?`.
pub(super) fn meant<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    // Nobody mistypes a word of this length.
    let word = (word.len() <= MAX_WORD).then_some(word)?;
    nearest(word, candidates).map(|near| format!("did you mean {near}?"))
}

/// Longest word that is compared with others, bytes.
const MAX_WORD: usize = 60;

/// Blanks up to `span`, and a mark under each of its characters (one, where there is none).
pub(super) fn underline(text: &str, span: Span) -> String {
    let width = |range: Range<usize>| text.get(range).map_or(0, |part| part.chars().count());
    let marks = width(span.start..span.end.min(text.len())).max(1);
    format!("{}{}", " ".repeat(width(0..span.start.min(text.len()))), "^".repeat(marks))
}
