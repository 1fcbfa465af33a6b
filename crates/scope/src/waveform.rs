//! A waveform: the levels on a wire, drawn for a terminal and as SVG, with what each part stands for.
//!
//! ```text
//!        ┌─┐ ┌─┐ ┌───┐   ┌─┐
//!      ──┘ └─┘ └─┘   └───┘ └──
//!       1   1   0     1   …
//! ```

use std::fmt::Write as _;

use crate::render::Style;
use crate::render::svg::escape;

/// Levels, one for each unit of time, and what is written below them.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Waveform {
    /// One sentence above.
    pub title: String,
    /// High or low, unit by unit.
    pub levels: Vec<bool>,
    /// Rows of names: each name with its first unit and how many units it covers.
    pub rows: Vec<Vec<Name>>,
    /// Units that a receiver took for something else.
    pub errors: Vec<usize>,
}

/// A name of a part of a waveform.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Name {
    /// The first unit.
    pub start: usize,
    /// How many units.
    pub units: usize,
    /// What is written there.
    pub text: String,
}

impl Waveform {
    /// Two lines of levels and one for each row of names, folded to the width of the terminal.
    pub fn text(&self, style: Style) -> String {
        let mut out = String::new();
        let _ = writeln!(out, "{}", style.strong(&self.title));
        let per_line = ((style.width.saturating_sub(4)) / UNIT).max(MIN_UNITS);
        let mut from = 0;
        while from < self.levels.len() {
            let to = self.fold(from, per_line);
            self.line(&mut out, from..to, style);
            from = to;
        }
        out
    }

    /// Where a line that begins at `from` ends: at the end of a name of the last row, if one fits.
    fn fold(&self, from: usize, most: usize) -> usize {
        let end = (from + most).min(self.levels.len());
        if end == self.levels.len() {
            return end;
        }
        let ends = self.rows.last().into_iter().flatten().map(|name| name.start + name.units);
        ends.filter(|place| *place > from && *place <= end).max().unwrap_or(end)
    }

    fn line(&self, out: &mut String, units: std::ops::Range<usize>, style: Style) {
        let (mut above, mut below) = (String::from("  "), String::from("  "));
        let mut before = units.start.checked_sub(1).map_or(self.levels[units.start], |at| self.levels[at]);
        for &level in &self.levels[units.clone()] {
            let (up, down) = match (before, level) {
                (false, true) => ("┌─", "┘ "),
                (true, false) => ("┐ ", "└─"),
                (true, true) => ("──", "  "),
                (false, false) => ("  ", "──"),
            };
            above.push_str(up);
            below.push_str(down);
            before = level;
        }
        let _ = writeln!(out, "{}\n{}", above.trim_end(), below.trim_end());
        let wrong: Vec<usize> = self.errors.iter().copied().filter(|unit| units.contains(unit)).collect();
        if !wrong.is_empty() {
            let mut marks = vec![' '; units.len() * UNIT + 2];
            wrong.iter().for_each(|unit| marks[2 + (unit - units.start) * UNIT] = '^');
            let marks: String = marks.into_iter().collect();
            let _ = writeln!(out, "{}", style.bad(marks.trim_end()));
        }
        for row in &self.rows {
            let mut names = vec![' '; units.len() * UNIT + 2];
            for name in row.iter().filter(|name| units.contains(&name.start)) {
                let at = 2 + (name.start - units.start) * UNIT;
                for (place, letter) in names.iter_mut().skip(at).zip(name.text.chars().take(name.units * UNIT)) {
                    *place = letter;
                }
            }
            let names: String = names.into_iter().collect();
            let _ = writeln!(out, "{}", style.quiet(names.trim_end()));
        }
    }

    /// The waveform as a self-contained SVG.
    pub fn svg(&self) -> String {
        let lines: Vec<std::ops::Range<usize>> = self.lines();
        let height = TOP + lines.len() as f64 * self.line_height();
        let width = MARGIN * 2.0 + SVG_UNITS as f64 * STEP;
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
             font-family=\"ui-monospace, monospace\" font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
        );
        let _ = writeln!(out, "<text x=\"{MARGIN}\" y=\"20\" font-weight=\"bold\">{}</text>", escape(&self.title));
        for (n, units) in lines.into_iter().enumerate() {
            self.svg_line(&mut out, units, TOP + n as f64 * self.line_height());
        }
        out.push_str("</svg>\n");
        out
    }

    fn lines(&self) -> Vec<std::ops::Range<usize>> {
        let mut lines = Vec::new();
        let mut from = 0;
        while from < self.levels.len() {
            let to = self.fold(from, SVG_UNITS);
            lines.push(from..to);
            from = to;
        }
        lines
    }

    fn line_height(&self) -> f64 {
        SWING + 20.0 + self.rows.len() as f64 * 14.0
    }

    fn svg_line(&self, out: &mut String, units: std::ops::Range<usize>, top: f64) {
        let x = |unit: usize| MARGIN + (unit - units.start) as f64 * STEP;
        let y = |level: bool| if level { top } else { top + SWING };
        for unit in self.errors.iter().filter(|unit| units.contains(unit)) {
            let _ = writeln!(
                out,
                "<rect x=\"{}\" y=\"{}\" width=\"{STEP}\" height=\"{}\" fill=\"#f4c7c3\"/>",
                x(*unit),
                top - 3.0,
                SWING + 6.0
            );
        }
        let mut path = String::new();
        let mut before = None;
        for unit in units.clone() {
            let level = self.levels[unit];
            let _ = match before {
                None => write!(path, "M{} {}", x(unit), y(level)),
                Some(last) if last != level => write!(path, "V{}", y(level)),
                Some(_) => Ok(()),
            };
            let _ = write!(path, "H{}", x(unit + 1));
            before = Some(level);
        }
        let _ = writeln!(out, "<path d=\"{path}\" fill=\"none\" stroke=\"#1a5fb4\" stroke-width=\"1.5\"/>");
        for (n, row) in self.rows.iter().enumerate() {
            let baseline = top + SWING + 14.0 + n as f64 * 14.0;
            for name in row.iter().filter(|name| units.contains(&name.start)) {
                let middle = x(name.start) + name.units as f64 * STEP / 2.0;
                let _ = writeln!(
                    out,
                    "<text x=\"{middle}\" y=\"{baseline}\" text-anchor=\"middle\" fill=\"#555\">{}</text>",
                    escape(&name.text)
                );
            }
        }
    }
}

/// Columns of a unit.
const UNIT: usize = 2;
/// Units of a line, at least.
const MIN_UNITS: usize = 8;
/// Units of a line in a picture, at most.
const SVG_UNITS: usize = 96;
const STEP: f64 = 9.0;
const SWING: f64 = 22.0;
const MARGIN: f64 = 16.0;
const TOP: f64 = 40.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn waveform() -> Waveform {
        let name = |start, text: &str| Name { start, units: 2, text: text.into() };
        Waveform {
            title: "Manchester".into(),
            levels: vec![false, true, true, false, false, true],
            rows: vec![vec![name(0, "1"), name(2, "0"), name(4, "1")]],
            errors: vec![3],
        }
    }

    #[test]
    fn levels_names_and_errors_stand_below_each_other() {
        let drawn = waveform().text(Style::PLAIN);
        assert_eq!(drawn, "Manchester\n    ┌───┐   ┌─\n  ──┘   └───┘\n        ^\n  1   0   1\n");
    }

    #[test]
    fn a_picture_has_a_path_and_the_title() {
        let svg = waveform().svg();
        assert!(svg.starts_with("<svg") && svg.contains("Manchester") && svg.contains("<path d=\"M16 62"));
    }
}
