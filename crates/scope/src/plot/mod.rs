//! Charts: curves over an axis that all panels share, as SVG for a browser and as text for a terminal.
//!
//! ```
//! use glassnet_scope::Style;
//! use glassnet_scope::plot::{Axis, Chart, Curve, Mark, Quantity};
//!
//! let cwnd = vec![(0.0, 14_600.0), (0.04, 29_200.0), (0.08, 14_600.0)];
//! let chart = Chart::new("One loss halves the window")
//!     .x(Axis::new("time", Quantity::Time))
//!     .y(Axis::new("cwnd", Quantity::Bytes))
//!     .curve(Curve::steps("client to server", cwnd))
//!     .mark(Mark::at(0.08, "third duplicate ACK"));
//! assert!(chart.svg().starts_with("<svg"));
//! assert!(chart.text(Style::PLAIN).contains("third duplicate ACK"));
//! ```
//! Values are in base units (seconds, bytes, bits a second): the axis chooses ms, kB or Mbit/s by itself. A curve's points
//! are in order of x; points that are no numbers, or not positive on a logarithmic axis, are left out.

mod layout;
mod run;
pub(crate) mod scale;
mod svg;
mod text;

pub use run::{Picture, Run};

use crate::render::Style;

/// A chart: one x axis, panels below one another.
#[derive(Clone, PartialEq, Debug)]
pub struct Chart {
    pub(crate) title: String,
    pub(crate) note: String,
    pub(crate) x: Axis,
    pub(crate) panels: Vec<Panel>,
}

/// What is shown along an edge.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Axis {
    pub(crate) label: String,
    pub(crate) quantity: Quantity,
    pub(crate) log: bool,
}

/// What the numbers of an axis are, which decides their units.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Quantity {
    /// Seconds: ns, us, ms, s.
    Time,
    /// Bytes: bytes, kB, MB, GB.
    Bytes,
    /// Bits a second: bit/s, kbit/s, Mbit/s, Gbit/s.
    Rate,
    /// A share of one: %.
    Share,
    /// A number of things: `frames`.
    Count(&'static str),
    /// A bare number.
    Number,
}

/// One y axis and what is drawn above it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Panel {
    pub(crate) y: Axis,
    pub(crate) curves: Vec<Curve>,
    pub(crate) marks: Vec<Mark>,
    pub(crate) bands: Vec<Band>,
}

/// Points that belong together.
#[derive(Clone, PartialEq, Debug)]
pub struct Curve {
    pub(crate) name: String,
    pub(crate) form: Form,
    pub(crate) points: Vec<(f64, f64)>,
    /// Low and high end of each point's interval; empty, or as many as points.
    pub(crate) bars: Vec<(f64, f64)>,
    pub(crate) dashed: bool,
    /// Whether it may leave the picture, so that it does not decide the axis's range.
    pub(crate) may_leave: bool,
    pub(crate) colour: Option<usize>,
}

/// How points are joined.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    Steps,
    Line,
    Dots,
}

/// A label at a point.
#[derive(Clone, PartialEq, Debug)]
pub struct Mark {
    pub(crate) x: f64,
    pub(crate) y: Option<f64>,
    pub(crate) text: String,
    /// More words, for lists and under a pointer.
    pub(crate) detail: String,
    pub(crate) colour: Option<usize>,
}

/// Spans of x that have names: the phases of a sender. Drawn as a strip below the panel.
#[derive(Clone, PartialEq, Debug)]
pub struct Band {
    pub(crate) name: String,
    pub(crate) colour: Option<usize>,
    pub(crate) spans: Vec<Span>,
}

/// One span of a band.
#[derive(Clone, PartialEq, Debug)]
pub struct Span {
    /// From which x.
    pub from: f64,
    /// To which x.
    pub to: f64,
    /// What it is called: `slow start`.
    pub name: String,
    /// Its shade, from 0 to 5: green, blue, orange, red, violet, grey.
    pub shade: usize,
}

impl Chart {
    /// A chart without axes yet.
    pub fn new(title: &str) -> Chart {
        let x = Axis::new("", Quantity::Number);
        Chart { title: title.into(), note: String::new(), x, panels: Vec::new() }
    }

    /// A sentence below the title.
    pub fn note(mut self, text: &str) -> Chart {
        self.note = text.into();
        self
    }

    /// The axis that all panels share.
    pub fn x(mut self, axis: Axis) -> Chart {
        self.x = axis;
        self
    }

    /// A new panel with this y axis; what is added from now on belongs to it.
    pub fn y(mut self, axis: Axis) -> Chart {
        self.panels.push(Panel { y: axis, curves: Vec::new(), marks: Vec::new(), bands: Vec::new() });
        self
    }

    /// Adds a curve to the last panel.
    pub fn curve(mut self, curve: Curve) -> Chart {
        self.panel().curves.push(curve);
        self
    }

    /// Adds a mark to the last panel.
    pub fn mark(mut self, mark: Mark) -> Chart {
        self.panel().marks.push(mark);
        self
    }

    /// Adds a strip of named spans to the last panel.
    pub fn band(mut self, band: Band) -> Chart {
        self.panel().bands.push(band);
        self
    }

    /// Whether there is nothing to be seen.
    pub fn is_empty(&self) -> bool {
        self.panels.iter().all(|panel| panel.curves.iter().all(|curve| curve.points.is_empty()))
    }

    /// All panels of another chart below those of this one; they share this one's x axis.
    pub fn stack(mut self, below: Chart) -> Chart {
        self.panels.extend(below.panels);
        self
    }

    /// The chart as a self-contained SVG.
    pub fn svg(&self) -> String {
        svg::chart(self)
    }

    /// The chart for a terminal, with a line break at its end.
    pub fn text(&self, style: Style) -> String {
        text::chart(self, style)
    }

    fn panel(&mut self) -> &mut Panel {
        if self.panels.is_empty() {
            let y = Axis::new("", Quantity::Number);
            self.panels.push(Panel { y, curves: Vec::new(), marks: Vec::new(), bands: Vec::new() });
        }
        let last = self.panels.len() - 1;
        &mut self.panels[last]
    }
}

impl Axis {
    /// A linear axis.
    pub fn new(label: &str, quantity: Quantity) -> Axis {
        Axis { label: label.into(), quantity, log: false }
    }

    /// The same with a logarithmic scale.
    pub fn log(mut self) -> Axis {
        self.log = true;
        self
    }
}

impl Curve {
    fn new(name: &str, form: Form, points: Vec<(f64, f64)>) -> Curve {
        let (bars, dashed, may_leave, colour) = (Vec::new(), false, false, None);
        Curve { name: name.into(), form, points, bars, dashed, may_leave, colour }
    }

    /// Each value holds until the next point.
    pub fn steps(name: &str, points: Vec<(f64, f64)>) -> Curve {
        Self::new(name, Form::Steps, points)
    }

    /// Points joined by straight lines.
    pub fn line(name: &str, points: Vec<(f64, f64)>) -> Curve {
        Self::new(name, Form::Line, points)
    }

    /// Points by themselves.
    pub fn dots(name: &str, points: Vec<(f64, f64)>) -> Curve {
        Self::new(name, Form::Dots, points)
    }

    /// With an interval around each point: low and high end, as many as points.
    pub fn bars(mut self, bars: Vec<(f64, f64)>) -> Curve {
        self.bars = bars;
        self
    }

    /// Dashed: theory beside what was measured, a threshold beside what it bounds.
    pub fn dashed(mut self) -> Curve {
        self.dashed = true;
        self
    }

    /// What lies far above the other curves is cut off instead of pressing them together.
    pub fn may_leave(mut self) -> Curve {
        self.may_leave = true;
        self
    }

    /// In the n-th colour, instead of that of its place in the panel.
    pub fn colour(mut self, n: usize) -> Curve {
        self.colour = Some(n);
        self
    }
}

impl Mark {
    /// At an x, on the panel's upper edge.
    pub fn at(x: f64, text: &str) -> Mark {
        Mark { x, y: None, text: text.into(), detail: String::new(), colour: None }
    }

    /// At a point.
    pub fn on(x: f64, y: f64, text: &str) -> Mark {
        Mark { y: Some(y), ..Mark::at(x, text) }
    }

    /// With more words for lists.
    pub fn detail(mut self, text: &str) -> Mark {
        self.detail = text.into();
        self
    }

    /// In the n-th colour.
    pub fn colour(mut self, n: usize) -> Mark {
        self.colour = Some(n);
        self
    }
}

impl Band {
    /// A strip of spans.
    pub fn new(name: &str, spans: Vec<Span>) -> Band {
        Band { name: name.into(), colour: None, spans }
    }

    /// In the n-th colour.
    pub fn colour(mut self, n: usize) -> Band {
        self.colour = Some(n);
        self
    }
}

#[cfg(test)]
pub(crate) mod tests;
