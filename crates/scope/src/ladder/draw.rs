//! Rows as text.

use super::choice::{Piece, pieces};
use super::rows::{Arrow, Row};
use crate::render::Style;
use crate::render::style::{Paint, cut, fold, line, millis};

/// Measures of a drawing.
struct Canvas {
    style: Style,
    /// Where each node's rung stands, counted from the left end of the area.
    rungs: Vec<usize>,
    area: usize,
    /// Columns for notes.
    notes: usize,
}

pub(super) fn ladder(names: &[String], rows: &[Row], style: Style) -> String {
    let canvas = Canvas::new(names, rows, style);
    let mut out = String::new();
    canvas.heading(&mut out, names);
    for piece in pieces(rows, MAX_ROWS) {
        match piece {
            Piece::Row(place) => canvas.row(&mut out, &rows[place], &rows[place].side(names)),
            Piece::LeftOut(count) => line(&mut out, &format!("{:>TIME$}  ({count} rows left out)", "⋮")),
        }
    }
    out
}

impl Canvas {
    fn new(names: &[String], rows: &[Row], style: Style) -> Canvas {
        let gaps = names.len().saturating_sub(1).max(1);
        // Labels may cross rungs, so what spans several columns needs less room between two.
        let needs =
            |arrow: &Arrow| (arrow.label.chars().count() + SHAFT).div_ceil(arrow.to.abs_diff(arrow.from).max(1));
        let gap = rows.iter().filter_map(|row| row.arrow.as_ref()).map(needs).max().unwrap_or(0);
        let sides = rows.iter().filter(|row| row.is_notable()).flat_map(|row| row.side(names));
        let note = sides.map(|note| note.chars().count()).max().unwrap_or(0);
        let room = style.columns().saturating_sub(2 * TIME + 6);
        let wanted = (gap.max(MIN_GAP) * gaps + 1).max(names.iter().map(|n| n.len() + 2).sum());
        let least_notes = note.min(room * 2 / 5);
        let area = wanted.min(room.saturating_sub(least_notes)).max(gaps * MIN_GAP);
        let rungs = (0..names.len()).map(|n| n * (area - 1) / gaps).collect();
        Canvas { style, rungs, area, notes: room.saturating_sub(area).max(MIN_NOTES) }
    }

    /// Names over their rungs: the first starts at its rung, the last ends at it, others are centred.
    fn heading(&self, out: &mut String, names: &[String]) {
        let mut text = vec![' '; self.area];
        for (n, (name, rung)) in names.iter().zip(&self.rungs).enumerate() {
            let len = name.chars().count().min(self.area);
            let start = match n {
                0 => 0,
                n if n + 1 == names.len() => (rung + 1).saturating_sub(len),
                _ => rung.saturating_sub(len / 2),
            };
            for (place, c) in text.iter_mut().skip(start).zip(name.chars()) {
                *place = c;
            }
        }
        let text: String = text.into_iter().collect();
        let heading = format!("{:>TIME$}  {text}  {:>TIME$}", "sent ms", "arrived ms");
        line(out, &self.style.paint(Paint::Heading, heading.trim_end()));
    }

    fn row(&self, out: &mut String, row: &Row, side: &[String]) {
        let notes: Vec<String> = side.iter().flat_map(|note| fold(note, self.notes)).collect();
        let (mut area, arrived) = match &row.arrow {
            Some(arrow) => (self.arrow(arrow), arrow.arrived),
            None => (self.bare(), None),
        };
        if row.arrow.as_ref().is_some_and(|arrow| arrow.lost) {
            area = self.style.paint(Paint::Bad, &area);
        }
        let time = self.style.paint(Paint::Quiet, &format!("{:>TIME$}", millis(row.at.nanos())));
        let arrived = arrived.map_or_else(String::new, |at| millis(at.nanos()));
        let arrived = self.style.paint(Paint::Quiet, &format!("{arrived:>TIME$}"));
        let first = notes.first().map_or("", String::as_str);
        line(out, &format!("{time}  {area}  {arrived}  {first}"));
        for note in notes.iter().skip(1) {
            line(out, &format!("{:TIME$}  {}  {:TIME$}  {note}", "", self.bare(), ""));
        }
    }

    fn bare(&self) -> String {
        let mut text = vec![' '; self.area];
        self.rungs.iter().for_each(|rung| text[*rung] = '|');
        text.into_iter().collect()
    }

    fn arrow(&self, arrow: &Arrow) -> String {
        let mut text: Vec<char> = self.bare().chars().collect();
        let (Some(&from), Some(&to)) = (self.rungs.get(arrow.from), self.rungs.get(arrow.to)) else {
            return text.into_iter().collect();
        };
        let rightward = to >= from;
        // A loss is drawn in the middle of the last gap; what neither arrived nor was lost is still on its way.
        let unfinished = !arrow.refused && (arrow.lost || arrow.arrived.is_none());
        let reach = to.abs_diff(from).saturating_sub(1);
        let gap = self.gap();
        let len = if unfinished { reach.saturating_sub(gap / 3) } else { reach };
        let place = |n: usize| if rightward { from + n } else { from.saturating_sub(n) };
        for n in 1..=len {
            let at = place(n);
            text[at] = if text[at] == '|' { '+' } else { '-' };
        }
        text[place(len.max(1)).min(self.area - 1)] = match (arrow.lost, arrow.arrived.is_some(), rightward) {
            (true, ..) => 'X',
            (false, false, _) => '.',
            (false, true, true) => '>',
            (false, true, false) => '<',
        };
        let tip = place(len.max(1));
        let beyond_it = if rightward { self.area.saturating_sub(tip + 3) } else { tip.saturating_sub(2) };
        let fits = len >= arrow.label.chars().count() + SHAFT - 1;
        if fits || !unfinished || beyond_it < len {
            label(&mut text, &arrow.label, place(1).min(tip), len);
        } else {
            beyond(&mut text, &arrow.label, tip, rightward);
        }
        text.into_iter().collect()
    }

    fn gap(&self) -> usize {
        match self.rungs.as_slice() {
            [first, second, ..] => second - first,
            _ => 0,
        }
    }
}

/// Sets a label into a shaft, which starts at `start` and is `len` long.
fn label(text: &mut [char], label: &str, start: usize, len: usize) {
    let room = len.saturating_sub(SHAFT - 1);
    if room < 4 {
        return;
    }
    let label = format!(" {} ", cut(label, room));
    let start = start + (len - label.chars().count()) / 2;
    write(text, start, &label);
}

/// Sets a label behind the tip of a shaft that is too short for it.
fn beyond(text: &mut [char], label: &str, tip: usize, rightward: bool) {
    let room = if rightward { text.len().saturating_sub(tip + 3) } else { tip.saturating_sub(2) };
    let label = format!(" {} ", cut(label, room));
    let start = if rightward { tip + 1 } else { tip.saturating_sub(label.chars().count()) };
    write(text, start, &label);
}

fn write(text: &mut [char], start: usize, label: &str) {
    for (place, c) in text.iter_mut().skip(start).zip(label.chars()) {
        *place = c;
    }
}

/// Columns of a time.
const TIME: usize = 12;
/// Columns around a label: rung, dashes, spaces and tip.
const SHAFT: usize = 6;
/// Least columns between two rungs.
const MIN_GAP: usize = 12;
const MIN_NOTES: usize = 20;
/// Longer ladders lose what is least telling.
const MAX_ROWS: usize = 400;
