//! How text is set: width, colours, how much is explained. Given by the caller: nothing here asks the environment.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Effects, Style as Ansi};

/// How a picture is to be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Style {
    /// Whether to colour by ANSI escape sequences.
    pub colour: bool,
    /// Columns of the terminal. Lines are folded to it, down to [`MIN_WIDTH`].
    pub width: usize,
    /// Whether to add layer, addresses and RFC to every step.
    pub explain: bool,
}

impl Style {
    /// No colour, 100 columns, the short form.
    pub const PLAIN: Style = Style { colour: false, width: 100, explain: false };

    pub(crate) fn paint(self, paint: Paint, text: &str) -> String {
        if !self.colour || text.is_empty() {
            return text.into();
        }
        let ansi = paint.ansi();
        format!("{}{text}{}", ansi.render(), ansi.render_reset())
    }

    /// A heading.
    pub fn strong(self, text: &str) -> String {
        self.paint(Paint::Heading, text)
    }

    /// What may be overlooked.
    pub fn quiet(self, text: &str) -> String {
        self.paint(Paint::Quiet, text)
    }

    /// What is as it should be.
    pub fn good(self, text: &str) -> String {
        self.paint(Paint::Good, text)
    }

    /// What is not.
    pub fn bad(self, text: &str) -> String {
        self.paint(Paint::Bad, text)
    }

    /// The width to fold to.
    pub(crate) fn columns(self) -> usize {
        self.width.clamp(MIN_WIDTH, MAX_WIDTH)
    }
}

impl Default for Style {
    fn default() -> Self {
        Style::PLAIN
    }
}

/// What a piece of text is, which decides its colour. Few and calm: most text has none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Paint {
    Heading,
    Quiet,
    Good,
    Bad,
    Link,
    Internet,
    Transport,
    Security,
    Application,
}

impl Paint {
    fn ansi(self) -> Ansi {
        let colour = |colour: AnsiColor| Ansi::new().fg_color(Some(anstyle::Color::Ansi(colour)));
        match self {
            Paint::Heading => Ansi::new().effects(Effects::BOLD),
            Paint::Quiet => Ansi::new().effects(Effects::DIMMED),
            Paint::Good => colour(AnsiColor::Green),
            Paint::Bad => colour(AnsiColor::Red),
            Paint::Link => colour(AnsiColor::Yellow),
            Paint::Internet => colour(AnsiColor::Green),
            Paint::Transport => colour(AnsiColor::Cyan),
            Paint::Security => colour(AnsiColor::Magenta),
            Paint::Application => colour(AnsiColor::Blue),
        }
    }
}

/// Folds `text` at spaces into lines of at most `width` columns. A number keeps its unit; a word is cut only if it is
/// longer than a line.
pub(crate) fn fold(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in words(text) {
        let mut word = word;
        let mut len = word.chars().count();
        if used > 0 && used + 1 + len > width {
            lines.push(String::new());
            used = 0;
        }
        while len > width {
            let cut = word.char_indices().nth(width - used.min(width - 1)).map_or(word.len(), |(at, _)| at);
            let (head, tail) = word.split_at(cut);
            push(&mut lines, head);
            lines.push(String::new());
            (word, used, len) = (tail, 0, tail.chars().count());
        }
        if used > 0 {
            push(&mut lines, " ");
            used += 1;
        }
        push(&mut lines, word);
        used += len;
    }
    lines
}

/// The words of a text; a number with its unit is one.
fn words(text: &str) -> Vec<&str> {
    let mut words: Vec<&str> = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices(' ').chain([(text.len(), " ")]) {
        let number = text[start..at].ends_with(|c: char| c.is_ascii_digit());
        let next = text.get(at + 1..).and_then(|rest| rest.split(' ').next()).unwrap_or_default();
        if number && UNITS.contains(&next.trim_end_matches(['.', ',', ')', ';', ':'])) {
            continue;
        }
        words.push(&text[start..at]);
        start = at + 1;
    }
    words
}

const UNITS: [&str; 9] = ["ns", "us", "ms", "s", "bytes", "kB", "MB", "GB", "minutes"];

fn push(lines: &mut [String], text: &str) {
    if let Some(line) = lines.last_mut() {
        line.push_str(text);
    }
}

/// `text` cut to `width` columns, with `…` where something is missing.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.into();
    }
    let mut short: String = text.chars().take(width.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// A moment or span as milliseconds with three decimals, exact to the microsecond: `1003.125`.
pub(crate) fn millis(ns: u64) -> String {
    format!("{}.{:03}", ns / 1_000_000, ns / 1_000 % 1_000)
}

/// Appends one line, without spaces at its end.
pub(crate) fn line(out: &mut String, text: &str) {
    let _ = writeln!(out, "{}", text.trim_end());
}

/// Narrower than this nothing can be set.
pub const MIN_WIDTH: usize = 60;
/// Wider than this lines are hard to read.
pub const MAX_WIDTH: usize = 240;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_folds_at_spaces_and_long_words_are_cut() {
        assert_eq!(fold("the quick brown fox", 10), ["the quick", "brown fox"]);
        assert_eq!(fold("", 10), [""]);
        assert_eq!(fold("back after 34.4 ms.", 14), ["back after", "34.4 ms."]);
        assert_eq!(fold("a abcdefghijklm b", 5), ["a", "abcde", "fghij", "klm b"]);
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(millis(1_003_125_999), "1003.125");
    }

    #[test]
    fn without_colour_no_escape_sequence_is_written() {
        assert_eq!(Style::PLAIN.paint(Paint::Bad, "x"), "x");
        let coloured = Style { colour: true, ..Style::PLAIN }.paint(Paint::Bad, "x");
        assert!(coloured.starts_with('\u{1b}') && coloured.contains('x'));
    }
}
