//! One plot for each variable: every quantity over it, a curve for each combination of the other variables.

use scope::plot::{Axis, Chart, Curve, Mark, Quantity as Axes};

use super::{Quantity, Results, Row};
use crate::expect::Measure;

impl Results {
    /// The name of each variable with more than one value, and its chart.
    pub fn charts(&self) -> Vec<(String, Chart)> {
        let varied = (0..self.variables.len()).filter(|place| self.values_of(*place).len() > 1);
        varied.map(|place| (self.variables[place].clone(), self.chart(place))).collect()
    }

    fn chart(&self, variable: usize) -> Chart {
        let values = self.values_of(variable);
        let scale = Scale::of(&values);
        let drawn = |place: &usize| !self.is_constant(*place) && !self.measures[*place].is_theory;
        let changing: Vec<usize> = (0..self.measures.len()).filter(drawn).collect();
        let title = format!("{}: by {}", self.name, self.variables[variable]);
        let mut chart: Option<Chart> = None;
        for place in changing.into_iter().take(MOST_PANELS) {
            let mut panel = Chart::new(&title).x(scale.axis(&self.variables[variable])).y(axis(&self.measures[place]));
            let theory = self.measures.get(place + 1).is_some_and(|next| next.is_theory);
            for (n, (name, rows)) in self.others(variable).into_iter().enumerate() {
                let measured = curve(&name, &scale, variable, place, &rows, theory);
                panel = panel.curve(measured.colour(n));
                if theory {
                    let name = if name.is_empty() { "theory".to_owned() } else { format!("{name}, theory") };
                    let said = curve(&name, &scale, variable, place + 1, &rows, false);
                    panel = panel.curve(said.bars(Vec::new()).dashed().colour(n));
                }
            }
            if scale.is_named {
                for (n, value) in values.iter().enumerate() {
                    panel = panel.mark(Mark::at(n as f64 + 1.0, value));
                }
            }
            chart = Some(match chart {
                None => panel,
                Some(above) => above.stack(panel),
            });
        }
        chart.unwrap_or_else(|| Chart::new(&title))
    }

    /// The values of a variable, in the order of the rows.
    fn values_of(&self, variable: usize) -> Vec<&str> {
        let mut values: Vec<&str> = Vec::new();
        for row in &self.rows {
            if !values.contains(&row.values[variable].as_str()) {
                values.push(&row.values[variable]);
            }
        }
        values
    }

    /// The rows that differ in one variable only, named by the values of the others.
    fn others(&self, variable: usize) -> Vec<(String, Vec<&Row>)> {
        let mut groups: Vec<(String, Vec<&Row>)> = Vec::new();
        for row in &self.rows {
            let others = row.values.iter().zip(&self.variables).enumerate().filter(|(place, _)| *place != variable);
            let name: Vec<String> = others.map(|(_, (value, name))| format!("{name} {value}")).collect();
            let name = name.join(", ");
            match groups.iter_mut().find(|(own, _)| *own == name) {
                Some((_, rows)) => rows.push(row),
                None => groups.push((name, vec![row])),
            }
        }
        groups
    }
}

fn curve(name: &str, scale: &Scale, variable: usize, place: usize, rows: &[&Row], dots: bool) -> Curve {
    let mut points: Vec<(f64, f64, f64)> = rows
        .iter()
        .filter(|row| row.summaries[place].count > 0)
        .map(|row| (scale.x(&row.values[variable]), row.summaries[place].mean, row.summaries[place].half_width))
        .collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let bars = points.iter().map(|(_, mean, half)| (mean - half, mean + half)).collect();
    let points = points.into_iter().map(|(x, mean, _)| (x, mean)).collect();
    let curve = if scale.is_named || dots { Curve::dots(name, points) } else { Curve::line(name, points) };
    curve.bars(bars)
}

fn axis(quantity: &Quantity) -> Axis {
    let last = quantity.name.rsplit('.').next().unwrap_or_default();
    let axes = match last {
        _ if quantity.is_time => Axes::Time,
        "rate" | "goodput" | "throughput" => Axes::Rate,
        "bytes" => Axes::Bytes,
        _ => Axes::Number,
    };
    Axis::new(&quantity.name, axes)
}

/// Where the values of a variable stand on an axis: at their numbers, or one beside the other.
struct Scale {
    values: Vec<(String, f64)>,
    is_named: bool,
    quantity: Axes,
    is_wide: bool,
}

impl Scale {
    fn of(values: &[&str]) -> Scale {
        let numbers: Option<Vec<f64>> = values.iter().map(|value| number(value)).collect();
        let is_named = numbers.is_none();
        let numbers = numbers.unwrap_or_else(|| (1..=values.len()).map(|n| n as f64).collect());
        let quantity = match values.iter().max_by_key(|value| value.len()) {
            _ if is_named => Axes::Number,
            Some(value) if value.ends_with('%') => Axes::Share,
            Some(value) if value.ends_with("bit") => Axes::Rate,
            Some(value) if value.ends_with('B') => Axes::Bytes,
            Some(value) if value.ends_with(['s', 'n', 'h']) => Axes::Time,
            _ => Axes::Number,
        };
        let (least, most) =
            (numbers.iter().copied().fold(f64::MAX, f64::min), numbers.iter().copied().fold(0.0, f64::max));
        let is_wide = !is_named && least > 0.0 && most / least >= WIDE;
        let values = values.iter().map(|value| (*value).to_owned()).zip(numbers).collect();
        Scale { values, is_named, quantity, is_wide }
    }

    fn x(&self, value: &str) -> f64 {
        self.values.iter().find(|(own, _)| own == value).map_or(f64::NAN, |(_, x)| *x)
    }

    fn axis(&self, label: &str) -> Axis {
        // Names stand above the panels; the axis says in which order.
        let names: Vec<&str> = self.values.iter().map(|(name, _)| name.as_str()).collect();
        let label = if self.is_named { format!("{label}: {}", names.join(", ")) } else { label.to_owned() };
        let axis = Axis::new(&label, self.quantity);
        if self.is_wide { axis.log() } else { axis }
    }
}

/// A quantity as it is typed: `0.1%`, `10ms`, `64KiB`.
fn number(text: &str) -> Option<f64> {
    let measure = Measure::parse(text).ok().filter(|_| text.starts_with(|c: char| c.is_ascii_digit()))?;
    let empty = scope::Recording::default();
    measure.take(&crate::expect::Tables::of(&empty)).map(|measured| measured.value)
}

/// From this ratio of the largest to the smallest value on an axis is logarithmic.
const WIDE: f64 = 50.0;
/// Quantities in one plot.
const MOST_PANELS: usize = 6;
