//! What is not even TOML: the parser's errors in a newcomer's words.

use toml::de::Error;

use super::diagnose::{Problem, Span};

/// One problem a line: what follows from the first error there is no news.
pub(super) fn problems(errors: &[Error], text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut last_line = None;
    for error in errors {
        let span = widened(error.span().unwrap_or(0..0), text);
        let line = text.get(..span.start).map(|before| before.matches('\n').count());
        if last_line != Some(line) {
            problems.push(problem(error.message(), span, text));
        }
        last_line = Some(line);
    }
    problems
}

/// What the parser says, what usually lies behind it, and what to try.
const KNOWN: &[(&str, &str, &str)] = &[
    (
        "duplicate key",
        "this stands twice",
        "each key and each [table] may stand once; a list of tables has [[two brackets]]",
    ),
    (
        "string values must be quoted",
        "a text needs quotes",
        "write delay = \"10ms\"; only numbers, true and false go without",
    ),
    ("unclosed table", "the header is not closed", "write [node.client], or [[link]] with two brackets at each end"),
    ("unclosed array", "the list is not closed", "end it with ]"),
    ("unclosed inline table", "the table is not closed", "end it with }"),
    (
        "invalid basic string",
        "the text is not closed",
        "it ends where it begins: with a quote on the same line; \"\"\" for several lines",
    ),
    (
        "invalid literal string",
        "the text is not closed",
        "it ends where it begins: with a quote on the same line; ''' for several lines",
    ),
    ("invalid multi-line", "the text is not closed", "it ends with the same three quotes with which it begins"),
    ("missing value", "the value is missing", "write key = value"),
    ("key with no value", "this key has no value", "write key = value"),
    ("missing key", "the key is missing", "write key = value"),
];

fn problem(message: &str, span: Span, text: &str) -> Problem {
    let message = message.lines().next().unwrap_or("").trim_end_matches('.');
    let nothing = text.get(span.start..).is_none_or(|rest| {
        rest.trim_start_matches([' ', '\t']).starts_with(['\n', '\r', '#']) || rest.trim().is_empty()
    });
    let message = if nothing && message.starts_with("string values") { "missing value" } else { message };
    match KNOWN.iter().find(|(known, _, _)| message.contains(known)) {
        Some((_, title, help)) => Problem::new(span, *title).label("here").help(*help),
        None => Problem::new(span, format!("this is no TOML: {message}"))
            .label("here")
            .help("one `key = value` a line; see https://toml.io"),
    }
}

/// An empty span underlines nothing: it takes the letter beside it.
fn widened(span: Span, text: &str) -> Span {
    if !span.is_empty() {
        return span;
    }
    let next = text.get(span.start..).and_then(|rest| rest.chars().next()).filter(|c| *c != '\n');
    span.start..span.start + next.map_or(0, char::len_utf8)
}
