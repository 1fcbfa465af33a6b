//! Results as a table for a terminal.

use super::{Quantity, Results, Summary};

impl Results {
    /// Aligned columns: the variables, the share of runs as expected, and each quantity with its 95 % interval. Quantities
    /// that are the same in all runs are told once, below.
    pub fn table(&self) -> String {
        let changing: Vec<usize> = (0..self.measures.len()).filter(|place| !self.is_constant(*place)).collect();
        let mut lines = vec![self.variables.clone()];
        lines[0].push("as expected".into());
        lines[0].extend(changing.iter().map(|place| self.measures[*place].name.clone()));
        for row in &self.rows {
            let mut cells = row.values.clone();
            cells.push(format!("{} of {}", row.runs.iter().filter(|run| run.as_expected).count(), row.runs.len()));
            cells.extend(changing.iter().map(|place| cell(&self.measures[*place], &row.summaries[*place])));
            lines.push(cells);
        }
        let mut text = aligned(&lines, self.variables.len());
        for place in (0..self.measures.len()).filter(|place| self.is_constant(*place)) {
            let value = self.rows.iter().map(|row| &row.summaries[place]).find(|summary| summary.count > 0);
            if let Some(summary) = value {
                let quantity = &self.measures[place];
                text.push_str(&format!("{} is always {}\n", quantity.name, shown(quantity, summary.mean)));
            }
        }
        text
    }

    /// Whether all runs that have a quantity have the same.
    pub(super) fn is_constant(&self, place: usize) -> bool {
        let mut values = self.rows.iter().flat_map(|row| &row.runs).filter_map(|run| run.measured[place]);
        let first = values.next();
        values.all(|value| Some(value) == first)
    }
}

fn cell(quantity: &Quantity, summary: &Summary) -> String {
    match summary.count {
        0 => "-".into(),
        1 => shown(quantity, summary.mean),
        _ => format!("{} ± {}", shown(quantity, summary.mean), shown(quantity, summary.half_width)),
    }
}

/// Four significant digits and the unit or factor that fits.
fn shown(quantity: &Quantity, value: f64) -> String {
    let steps: &[(f64, &str)] = if quantity.is_time {
        &[(1.0, " s"), (1e-3, " ms"), (1e-6, " us"), (1e-9, " ns")]
    } else {
        &[(1e9, " G"), (1e6, " M"), (1e3, " k"), (1.0, "")]
    };
    let small = !quantity.is_time && value.abs() < 10_000.0;
    let fits = steps.iter().find(|(factor, _)| value.abs() >= *factor && !small);
    let (factor, unit) = *fits.unwrap_or(if quantity.is_time && value == 0.0 { &(1.0, " s") } else { &steps[3] });
    let scaled = value / factor;
    let whole = if scaled == 0.0 { 1 } else { (scaled.abs().log10().floor() as i32 + 1).max(-5) };
    let digits = usize::try_from(4 - whole).unwrap_or(0).min(9);
    let text = format!("{scaled:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{unit}")
}

/// Columns as wide as their widest cell; the first `left` to the left, the others to the right.
fn aligned(lines: &[Vec<String>], left: usize) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for line in lines {
        let mut row = String::new();
        for (column, cell) in line.iter().enumerate() {
            let blanks = " ".repeat(widths[column] - cell.chars().count());
            let (before, after) = if column < left { ("", blanks.as_str()) } else { (blanks.as_str(), "") };
            row.push_str(&format!("{}{before}{cell}{after}", if column > 0 { "   " } else { "" }));
        }
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_shown_in_the_unit_that_fits() {
        let number = Quantity { name: "x".into(), is_time: false, is_theory: false };
        let time = Quantity { name: "x".into(), is_time: true, is_theory: false };
        assert_eq!(
            [0.0, 3.0, 0.051_23, 9_999.5, 9_412_345.0].map(|v| shown(&number, v)),
            ["0", "3", "0.05123", "10000", "9.412 M"]
        );
        assert_eq!([0.0, 0.0123, 12.345_6, 1.5e-7].map(|v| shown(&time, v)), ["0 s", "12.3 ms", "12.35 s", "150 ns"]);
    }
}
