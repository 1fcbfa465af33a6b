//! Rows as a sequence diagram of Mermaid, for Markdown that shows such diagrams.

use std::fmt::Write as _;

use super::choice::{Piece, pieces};
use super::rows::Row;
use crate::render::style::millis;
use crate::words::clean;

pub(super) fn ladder(names: &[String], rows: &[Row]) -> String {
    let mut out = String::from("sequenceDiagram\n");
    for (n, name) in names.iter().enumerate() {
        let _ = writeln!(out, "    participant n{n} as {}", word(name));
    }
    let Some(last) = names.len().checked_sub(1) else { return out };
    for piece in pieces(rows, MAX_ROWS) {
        if out.len() > MAX_TEXT {
            let _ = writeln!(out, "    Note over n0,n{last}: the rest does not fit into a diagram");
            break;
        }
        match piece {
            Piece::Row(place) => row(&mut out, &rows[place]),
            Piece::LeftOut(count) => {
                let _ = writeln!(out, "    Note over n0,n{last}: {count} rows left out");
            }
        }
    }
    out
}

fn row(out: &mut String, row: &Row) {
    if let Some(arrow) = &row.arrow {
        // `-x` is drawn with a cross at its end, `-)` with an open tip.
        let line = match (arrow.lost, arrow.arrived) {
            (true, _) => "-x",
            (false, Some(_)) => "->>",
            (false, None) => "-)",
        };
        let loss = row.loss.iter().map(|loss| format!(" ({loss})")).collect::<String>();
        let label = format!("{} ms {}{loss}", millis(row.at.nanos()), arrow.label);
        let _ = writeln!(out, "    n{}{line}n{}: {}", arrow.from, arrow.to, word(&label));
    }
    for note in &row.notes {
        let text = note.state.map_or_else(|| note.text.clone(), |state| state.to_string());
        let _ = writeln!(out, "    Note over n{}: {}", note.column, word(&text));
    }
}

/// Text that means nothing to Mermaid.
fn word(text: &str) -> String {
    let mut out = String::new();
    for c in clean(text).chars() {
        match c {
            '#' => out.push_str("#35;"),
            ';' => out.push_str("#59;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            '&' => out.push_str("#amp;"),
            '"' => out.push_str("#quot;"),
            c => out.push(c),
        }
    }
    // Mermaid takes this word, alone, for the end of a block.
    if out.trim().eq_ignore_ascii_case("end") { format!("({out})") } else { out }
}

/// Most rows of a diagram.
const MAX_ROWS: usize = 300;
/// Mermaid draws nothing of a longer text (its `maxTextSize` is 50,000).
const MAX_TEXT: usize = 48_000;
