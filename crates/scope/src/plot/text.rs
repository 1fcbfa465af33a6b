//! A chart for a terminal: curves of braille dots, eight to a cell.
//!
//! ```text
//!   cwnd, kB   ⠒ client to server
//!   20 ┤      ⢀⡠⠔⠒⢲                1
//!   10 ┤⡠⠔⠊⠁      ⠈⠒⠤⣀
//!    0 ┼────────────────
//!      0       50     100 ms
//!   1  42.1 ms  third duplicate ACK
//! ```
//! With colour each curve has its own; without, each but the first is drawn with a letter of its own.

use std::fmt::Write as _;

use super::layout::{gathered, phases, trace, x_scale, y_scale};
use super::scale::Scale;
use super::{Chart, Curve, Form, Mark, Panel};
use crate::render::Style;
use crate::render::style::{Paint, cut, fold, line};

pub(super) fn chart(chart: &Chart, style: Style) -> String {
    let mut out = String::new();
    line(&mut out, &style.paint(Paint::Heading, &cut(&chart.title, style.columns())));
    for note in fold(&chart.note, style.columns()).iter().filter(|note| !note.is_empty()) {
        line(&mut out, &style.paint(Paint::Quiet, note));
    }
    let width = style.columns() - GUTTER;
    let x = x_scale(chart, width / 12);
    let height = if chart.panels.len() == 1 { 14 } else { 8 };
    for panel in &chart.panels {
        Drawing::new(panel, &x, width, height, style).print(&mut out);
    }
    axis(&mut out, &x, &chart.x.label, width, style);
    out
}

/// One panel as cells.
struct Drawing<'a> {
    panel: &'a Panel,
    x: &'a Scale,
    y: Scale,
    style: Style,
    width: usize,
    height: usize,
    cells: Vec<Cell>,
}

#[derive(Clone, Copy, Default)]
struct Cell {
    /// Braille dots, as in Unicode.
    dots: u8,
    /// A character in their place.
    letter: Option<char>,
    /// Which curve was drawn last.
    curve: usize,
}

impl<'a> Drawing<'a> {
    fn new(panel: &'a Panel, x: &'a Scale, width: usize, height: usize, style: Style) -> Self {
        let y = y_scale(panel, height / 2);
        let cells = vec![Cell::default(); width * height];
        let mut drawing = Drawing { panel, x, y, style, width, height, cells };
        // The first curve is the panel's subject: it is drawn last, above the others.
        for (n, curve) in panel.curves.iter().enumerate().rev() {
            drawing.curve(n, curve);
        }
        drawing
    }

    fn curve(&mut self, n: usize, curve: &Curve) {
        let size = ((self.width * 2 - 1) as f64, (self.height * 4 - 1) as f64);
        let points = trace(curve, self.x, &self.y, size.0, size.1);
        let single = points.len() == 1;
        if curve.form == Form::Dots || single {
            points.iter().for_each(|(px, py)| self.dot(n, px.round() as usize, py.round() as usize));
            return;
        }
        for pair in points.windows(2) {
            let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
            let steps = (x1 - x0).abs().max((y1 - y0).abs()).ceil().max(1.0) as usize;
            for step in 0..=steps {
                let share = step as f64 / steps as f64;
                let (px, py) = ((x0 + (x1 - x0) * share).round(), (y0 + (y1 - y0) * share).round());
                if !curve.dashed || (px as usize / 3 + py as usize / 3).is_multiple_of(2) {
                    self.dot(n, px as usize, py as usize);
                }
            }
        }
    }

    /// Sets a dot, counted from the lower left corner.
    fn dot(&mut self, curve: usize, px: usize, py: usize) {
        let (column, row) = (px / 2, self.height - 1 - (py / 4).min(self.height - 1));
        let letter = self.letter(curve);
        let Some(cell) = self.cells.get_mut(row * self.width + column.min(self.width - 1)) else { return };
        match letter {
            Some(letter) if cell.dots == 0 => cell.letter = Some(letter),
            Some(_) => {}
            None => {
                if cell.curve != curve || cell.letter.is_some() {
                    cell.letter = None;
                }
                cell.dots |= DOTS[px % 2][3 - py % 4];
            }
        }
        cell.curve = curve;
    }

    /// What a curve is drawn with in place of dots: without colours only the first has dots.
    fn letter(&self, curve: usize) -> Option<char> {
        (!self.style.colour && curve > 0).then(|| LETTERS[(curve - 1) % LETTERS.len()])
    }

    fn paint(&self, curve: usize) -> Paint {
        let colour = self.panel.curves.get(curve).and_then(|curve| curve.colour).unwrap_or(curve);
        CURVES[colour % CURVES.len()]
    }

    fn print(&self, out: &mut String) {
        self.legend(out);
        let marks = gathered(&self.panel.marks, self.x, 1.5 / self.width as f64);
        self.numbers(out, &marks);
        for row in 0..self.height {
            let label = self.y_label(row);
            let corner = if row + 1 == self.height {
                '┼'
            } else if label.is_empty() {
                '│'
            } else {
                '┤'
            };
            let gutter = self.style.paint(Paint::Quiet, &format!("{label:>LABEL$} {corner}"));
            line(out, &format!("{gutter}{}", self.row(row)));
        }
        self.bands(out);
        self.list(out, &marks);
    }

    fn row(&self, row: usize) -> String {
        let cells = &self.cells[row * self.width..(row + 1) * self.width];
        let mut text = String::new();
        let glyph = |cell: &Cell| match cell.letter {
            Some(letter) => letter,
            None if cell.dots == 0 => ' ',
            None => char::from_u32(0x2800 + u32::from(cell.dots)).unwrap_or(' '),
        };
        for run in cells.chunk_by(|a, b| (a.curve, glyph(a) == ' ') == (b.curve, glyph(b) == ' ')) {
            let part: String = run.iter().map(glyph).collect();
            text += &if part.trim().is_empty() { part } else { self.style.paint(self.paint(run[0].curve), &part) };
        }
        text
    }

    /// The tick that stands in a row.
    fn y_label(&self, row: usize) -> String {
        let row_of = |value: f64| {
            let place = self.y.place(value)?;
            Some(self.height - 1 - ((place * (self.height * 4 - 1) as f64) as usize / 4).min(self.height - 1))
        };
        let tick = self.y.ticks.iter().find(|(value, _)| row_of(*value) == Some(row));
        tick.map_or_else(String::new, |(_, label)| cut(label, LABEL))
    }

    fn legend(&self, out: &mut String) {
        let mut text = self.style.paint(Paint::Heading, &self.y.heading(&self.panel.y.label));
        let mut used = self.y.heading(&self.panel.y.label).chars().count();
        for (n, curve) in self.panel.curves.iter().enumerate() {
            let sample = match (self.letter(n), curve.form, curve.dashed) {
                (Some(letter), ..) => letter.to_string(),
                (None, Form::Dots, _) => "⠂".into(),
                (None, _, true) => "⠄⠄".into(),
                (None, ..) => "⠒⠒".into(),
            };
            let len = sample.chars().count() + curve.name.chars().count() + 4;
            if used + len > self.style.columns() {
                line(out, &text);
                (text, used) = (String::new(), 0);
            }
            let _ = write!(text, "   {} {}", self.style.paint(self.paint(n), &sample), curve.name);
            used += len;
        }
        line(out, &text);
    }

    /// The numbers of the marks, above their places.
    fn numbers(&self, out: &mut String, marks: &[(Mark, usize)]) {
        if marks.is_empty() {
            return;
        }
        let mut text = vec![' '; self.width];
        for (n, (mark, _)) in marks.iter().enumerate().take(NUMBERS.len()) {
            let at = self.column(mark.x);
            let free = (at..self.width).find(|at| text[*at] == ' ');
            if let Some(at) = free {
                text[at] = char::from(NUMBERS[n]);
            }
        }
        let text: String = text.into_iter().collect();
        line(out, &format!("{:GUTTER$}{}", "", self.style.paint(Paint::Bad, text.trim_end())));
    }

    fn column(&self, x: f64) -> usize {
        let place = self.x.place(x).unwrap_or_default().clamp(0.0, 1.0);
        ((place * (self.width * 2 - 1) as f64) as usize / 2).min(self.width - 1)
    }

    /// What the numbers stand for.
    fn list(&self, out: &mut String, marks: &[(Mark, usize)]) {
        for (n, (mark, count)) in marks.iter().enumerate().take(NUMBERS.len()) {
            let times = if *count > 1 { format!(" × {count}") } else { String::new() };
            let words = if mark.detail.is_empty() || *count > 1 { &mark.text } else { &mark.detail };
            let number = self.style.paint(Paint::Bad, &char::from(NUMBERS[n]).to_string());
            line(out, &format!("{:LABEL$}{number} {words}{times}", ""));
        }
        if marks.len() > NUMBERS.len() {
            line(out, &format!("{:LABEL$}… and {} more", "", marks.len() - NUMBERS.len()));
        }
    }

    /// Phases as strips of letters, with what the letters mean.
    fn bands(&self, out: &mut String) {
        let names = phases(self.panel);
        let initial = |name: &str| name.chars().next().unwrap_or('?');
        for band in &self.panel.bands {
            let mut text = vec![' '; self.width];
            for span in &band.spans {
                let (from, to) = (self.column(span.from), self.column(span.to));
                text[from..=to.max(from)].fill(initial(&span.name));
            }
            let text: String = text.into_iter().collect();
            line(out, &format!("{:GUTTER$}{}", "", self.style.paint(Paint::Quiet, text.trim_end())));
        }
        if !names.is_empty() {
            let legend: Vec<String> = names.iter().map(|(name, _)| format!("{} {name}", initial(name))).collect();
            line(out, &self.style.paint(Paint::Quiet, &format!("{:GUTTER$}{}", "", legend.join("   "))));
        }
    }
}

/// The numbers of the shared axis.
fn axis(out: &mut String, x: &Scale, label: &str, width: usize, style: Style) {
    let mut ticks = vec!['─'; width];
    let mut text = vec![' '; width + LABEL];
    let mut free = 0;
    for (value, label) in &x.ticks {
        let at = (x.place(*value).unwrap_or_default().clamp(0.0, 1.0) * (width - 1) as f64).round() as usize;
        ticks[at] = '┴';
        let len = label.chars().count();
        let start = (at + 1).saturating_sub(len.div_ceil(2));
        if start >= free && start + len <= text.len() {
            text[start..start + len].iter_mut().zip(label.chars()).for_each(|(place, c)| *place = c);
            free = start + len + 1;
        }
    }
    let (ticks, text): (String, String) = (ticks.into_iter().collect(), text.into_iter().collect());
    line(out, &style.paint(Paint::Quiet, &format!("{:LABEL$} └{ticks}", "")));
    let heading = x.heading(label);
    line(out, &style.paint(Paint::Quiet, &format!("{:GUTTER$}{}", "", text.trim_end())));
    line(out, &style.paint(Paint::Quiet, &format!("{:GUTTER$}{heading:^width$}", "")));
}

/// Columns for the numbers of the y axis, and with the axis itself.
const LABEL: usize = 8;
const GUTTER: usize = LABEL + 2;
/// The bits of braille dots: left and right column, from above.
const DOTS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
const LETTERS: [char; 7] = ['o', '+', 'x', '*', '#', '=', '~'];
const NUMBERS: &[u8] = b"123456789abcdefghijklmnop";
const CURVES: [Paint; 6] =
    [Paint::Application, Paint::Link, Paint::Internet, Paint::Security, Paint::Transport, Paint::Bad];
