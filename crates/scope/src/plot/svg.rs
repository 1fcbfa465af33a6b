//! A chart as SVG.

use super::layout::{colour, gathered, phases, trace, x_scale, y_scale};
use super::scale::Scale;
use super::{Chart, Curve, Form, Panel};
use crate::render::svg::{Anchor, COLOURS, Canvas, text_width};

/// A panel and where its parts stand.
struct Frame<'a> {
    panel: &'a Panel,
    x: &'a Scale,
    y: Scale,
    top: f64,
    height: f64,
}

pub(super) fn chart(chart: &Chart) -> String {
    let x = x_scale(chart, 10);
    let mut canvas = Canvas::new(&chart.title, &description(chart));
    canvas.text("head", Anchor::Start, (MARGIN, 26.0), &chart.title);
    let mut y = 36.0;
    for line in crate::render::style::fold(&chart.note, 140).iter().filter(|line| !line.is_empty()) {
        y += 14.0;
        canvas.text("small soft", Anchor::Start, (MARGIN, y), line);
    }
    let height = if chart.panels.len() == 1 { 300.0 } else { 160.0 };
    for panel in &chart.panels {
        y = draw_panel(&mut canvas, panel, &x, y + 22.0, height);
    }
    for (value, label) in &x.ticks {
        let at = LEFT + x.place(*value).unwrap_or_default() * PLOT;
        canvas.text("small soft", Anchor::Middle, (at, y + 16.0), label);
    }
    canvas.text("small", Anchor::Middle, (LEFT + PLOT / 2.0, y + 34.0), &x.heading(&chart.x.label));
    canvas.size(WIDTH, y + 46.0);
    canvas.finish()
}

/// What the picture shows, for those who cannot see it.
fn description(chart: &Chart) -> String {
    let mut text = chart.note.clone();
    for panel in &chart.panels {
        let names: Vec<String> = panel.curves.iter().map(|curve| curve.name.clone()).collect();
        text.push_str(&format!(" {}: {}.", panel.y.label, crate::words::list(&names)));
    }
    text.trim().into()
}

/// Draws a panel from `top` down and says where it ends.
fn draw_panel(canvas: &mut Canvas, panel: &Panel, x: &Scale, top: f64, height: f64) -> f64 {
    let y = y_scale(panel, if height > 200.0 { 7 } else { 4 });
    canvas.text("small strong", Anchor::Start, (MARGIN, top), &y.heading(&panel.y.label));
    let legend_end = legend(canvas, panel, top, MARGIN + text_width(&y.heading(&panel.y.label), 12.0) + 18.0);
    let marks = gathered(&panel.marks, x, 0.03);
    let rows = label_rows(&marks, x);
    let used = rows.iter().flatten().max().map_or(0, |row| row + 1);
    let frame = Frame { panel, x, y, top: legend_end + 10.0 + used as f64 * MARK_ROW, height };
    frame.grid(canvas);
    // The first curve is the panel's subject: it lies above the others. Dots lie above all.
    let (dots, lines): (Vec<_>, Vec<_>) =
        panel.curves.iter().enumerate().partition(|(_, curve)| curve.form == Form::Dots);
    for (n, curve) in lines.into_iter().rev().chain(dots) {
        frame.curve(canvas, curve, colour(curve, n) % COLOURS);
    }
    for ((mark, _), row) in marks.iter().zip(&rows) {
        frame.leader(canvas, mark, *row);
    }
    for ((mark, count), row) in marks.iter().zip(&rows) {
        frame.mark(canvas, mark, *count, *row);
    }
    frame.bands(canvas)
}

/// The names of curves and phases, from `left` on; wraps, and says on which line it ended.
fn legend(canvas: &mut Canvas, panel: &Panel, top: f64, left: f64) -> f64 {
    let (mut at, mut line) = (left, top);
    let mut advance = |name: &str| {
        let width = 24.0 + text_width(name, 11.0) + 14.0;
        if at + width > WIDTH - MARGIN && at > left {
            (at, line) = (left, line + 15.0);
        }
        let place = (at, line);
        at += width;
        place
    };
    for (n, curve) in panel.curves.iter().enumerate() {
        let colour = colour(curve, n) % COLOURS;
        let (x, y) = advance(&curve.name);
        match curve.form {
            Form::Dots => canvas.circle(&format!("f{colour}"), (x + 10.0, y - 4.0), 3.0),
            _ => canvas.line(&stroke(curve, colour), (x, y - 4.0), (x + 20.0, y - 4.0)),
        }
        canvas.text("small", Anchor::Start, (x + 25.0, y), &curve.name);
    }
    for (phase, shade) in phases(panel) {
        let (x, y) = advance(phase);
        canvas.rect(&format!("p{}", shade % SHADES), (x + 4.0, y - 9.0), 16.0, 11.0);
        canvas.text("small", Anchor::Start, (x + 25.0, y), phase);
    }
    line
}

fn stroke(curve: &Curve, colour: usize) -> String {
    format!("{} s{colour}", if curve.dashed { "dash" } else { "curve" })
}

/// In which row above the panel each mark's label has room, counted from the panel; `None`: in none.
fn label_rows(marks: &[(super::Mark, usize)], x: &Scale) -> Vec<Option<usize>> {
    let mut ends = [f64::MIN; MARK_ROWS];
    let rows = marks.iter().map(|(mark, count)| {
        let at = x.place(mark.x)?.clamp(0.0, 1.0) * PLOT;
        let width = text_width(&labelled(mark, *count), 11.0) + 8.0;
        let from = if at + width > PLOT { at - width } else { at };
        let row = ends.iter().position(|end| *end <= from)?;
        ends[row] = from + width;
        Some(row)
    });
    rows.collect()
}

fn labelled(mark: &super::Mark, count: usize) -> String {
    if count > 1 { format!("{} × {count}", mark.text) } else { mark.text.clone() }
}

impl Frame<'_> {
    fn bottom(&self) -> f64 {
        self.top + self.height
    }

    /// Background, grid and numbers of the y axis.
    fn grid(&self, canvas: &mut Canvas) {
        if let [band] = self.panel.bands.as_slice() {
            for (from, to, span) in self.spans(band) {
                canvas.rect(&format!("p{} faint", span.shade % SHADES), (from, self.top), to - from, self.height);
            }
        }
        for (value, _) in &self.x.ticks {
            let at = LEFT + self.x.place(*value).unwrap_or_default() * PLOT;
            canvas.line("grid", (at, self.top), (at, self.bottom()));
        }
        for (value, label) in &self.y.ticks {
            let at = self.bottom() - self.y.place(*value).unwrap_or_default() * self.height;
            canvas.line("grid", (LEFT, at), (LEFT + PLOT, at));
            canvas.text("small soft", Anchor::End, (LEFT - 7.0, at + 4.0), label);
        }
        canvas.line("frame", (LEFT, self.top), (LEFT, self.bottom()));
        canvas.line("frame", (LEFT, self.bottom()), (LEFT + PLOT, self.bottom()));
    }

    fn curve(&self, canvas: &mut Canvas, curve: &Curve, colour: usize) {
        let onto = |(px, py): (f64, f64)| (LEFT + px, self.bottom() - py);
        for ((px, _), (lo, hi)) in curve.points.iter().zip(&curve.bars) {
            let (Some(at), Some(lo), Some(hi)) = (self.x.place(*px), self.y.place(*lo), self.y.place(*hi)) else {
                continue;
            };
            let at = LEFT + at * PLOT;
            let ends = [lo, hi].map(|end| self.bottom() - end.clamp(0.0, 1.0) * self.height);
            let class = format!("bar s{colour}");
            canvas.line(&class, (at, ends[0]), (at, ends[1]));
            ends.iter().for_each(|end| canvas.line(&class, (at - 4.0, *end), (at + 4.0, *end)));
        }
        let points: Vec<_> = trace(curve, self.x, &self.y, PLOT, self.height).into_iter().map(onto).collect();
        match curve.form {
            Form::Dots => points.iter().for_each(|point| canvas.circle(&format!("f{colour}"), *point, 2.6)),
            // One point alone is no line.
            _ if points.len() == 1 => canvas.circle(&format!("f{colour}"), points[0], 2.0),
            _ => canvas.path(&stroke(curve, colour), &points),
        }
    }

    /// Where a mark's point stands.
    fn point(&self, mark: &super::Mark) -> (f64, f64) {
        let at = self.x.place(mark.x).unwrap_or_default().clamp(0.0, 1.0);
        let place = mark.y.and_then(|y| self.y.place(y)).unwrap_or(1.0).clamp(0.0, 1.0);
        (LEFT + at * PLOT, self.bottom() - place * self.height)
    }

    /// The baseline of a row of labels above the panel.
    fn label_base(&self, row: usize) -> f64 {
        self.top - 4.0 - MARK_ROW * row as f64
    }

    /// From a mark's label down to its point.
    fn leader(&self, canvas: &mut Canvas, mark: &super::Mark, row: Option<usize>) {
        let (at, y) = self.point(mark);
        if let Some(row) = row {
            canvas.line("leader", (at, self.label_base(row) - 8.0), (at, y));
        }
    }

    /// A mark's point, and its label in a row above the panel if it has one.
    fn mark(&self, canvas: &mut Canvas, mark: &super::Mark, count: usize, row: Option<usize>) {
        let (at, y) = self.point(mark);
        let hint = if mark.detail.is_empty() { labelled(mark, count) } else { mark.detail.clone() };
        canvas.group(&hint);
        let class = mark.colour.map_or("tip".into(), |colour| format!("f{}", colour % COLOURS));
        if let Some(row) = row {
            let base = self.label_base(row);
            let text = labelled(mark, count);
            let (anchor, x) = match at + text_width(&text, 11.0) + 8.0 > LEFT + PLOT {
                true => (Anchor::End, at - 3.0),
                false => (Anchor::Start, at + 3.0),
            };
            canvas.text("small halo", anchor, (x, base), &text);
        }
        canvas.circle(&class, (at, y), 3.0);
        canvas.end();
    }

    /// The strips below the panel; where the panel ends with them.
    fn bands(&self, canvas: &mut Canvas) -> f64 {
        let mut top = self.bottom() + 4.0;
        for band in &self.panel.bands {
            if let Some(colour) = band.colour {
                canvas.rect(&format!("f{}", colour % COLOURS), (LEFT - 14.0, top + 2.0), 8.0, 8.0);
            }
            for (from, to, span) in self.spans(band) {
                canvas.group(&format!("{}: {}", band.name, span.name));
                canvas.rect(&format!("p{}", span.shade % SHADES), (from, top), (to - from).max(0.6), BAND - 2.0);
                if to - from > text_width(&span.name, 11.0) + 8.0 {
                    let middle = ((from + to) / 2.0, top + BAND - 4.5);
                    canvas.text("small soft", Anchor::Middle, middle, &span.name);
                }
                canvas.end();
            }
            top += BAND;
        }
        if self.panel.bands.is_empty() { self.bottom() } else { top }
    }

    /// From where to where each span of a band goes.
    fn spans<'b>(&self, band: &'b super::Band) -> Vec<(f64, f64, &'b super::Span)> {
        let spans = band.spans.iter().filter_map(|span| {
            let (from, to) = (self.x.place(span.from)?.clamp(0.0, 1.0), self.x.place(span.to)?.clamp(0.0, 1.0));
            Some((LEFT + from * PLOT, LEFT + to * PLOT, span))
        });
        spans.collect()
    }
}

const WIDTH: f64 = 960.0;
const MARGIN: f64 = 16.0;
const LEFT: f64 = 72.0;
const PLOT: f64 = WIDTH - LEFT - 24.0;
/// Height of a row of marks' labels, and how many there are.
const MARK_ROW: f64 = 14.0;
const MARK_ROWS: usize = 4;
/// Height of a band.
const BAND: f64 = 15.0;
/// How many shades spans have.
const SHADES: usize = 6;
