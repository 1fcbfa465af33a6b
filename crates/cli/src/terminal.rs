//! What the terminal can show: its width, and whether colours are welcome.

use std::io::IsTerminal;

use scope::Style;

/// The style for standard output. `NO_COLOR` and pipes mean no colour; a pipe gets 100 columns.
pub(crate) fn style(explain: bool) -> Style {
    let is_terminal = std::io::stdout().is_terminal();
    let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let width = terminal_size::terminal_size().map_or(PIPE_WIDTH, |(width, _)| usize::from(width.0));
    Style { colour: is_terminal && wanted && !dumb, width: if is_terminal { width } else { PIPE_WIDTH }, explain }
}

/// Prints to standard output; a reader that has gone away (`| head`) is no error.
pub(crate) fn print(text: &str) {
    use std::io::Write;
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

const PIPE_WIDTH: usize = 100;
