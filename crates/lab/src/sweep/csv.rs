//! Results as CSV (RFC 4180): one row a combination, or one a run. Times are in seconds.

use std::fmt::Write as _;

use super::Results;

impl Results {
    /// One row for each combination: the variables, how many runs, the share that went as expected, and for each quantity
    /// its mean, standard deviation, half of its 95 % interval, and how many runs have it.
    pub fn csv(&self) -> String {
        let mut header: Vec<String> = self.variables.clone();
        header.extend(["runs", "as_expected"].map(str::to_owned));
        for name in self.columns() {
            header.extend(["mean", "stddev", "ci95", "n"].map(|what| format!("{name}.{what}")));
        }
        let mut text = line(&header);
        for row in &self.rows {
            let mut cells = row.values.clone();
            cells.extend([row.runs.len().to_string(), row.pass_rate().to_string()]);
            for summary in &row.summaries {
                let of =
                    |least: usize, value: f64| if summary.count >= least { value.to_string() } else { String::new() };
                cells.extend([of(1, summary.mean), of(2, summary.deviation), of(2, summary.half_width)]);
                cells.push(summary.count.to_string());
            }
            text.push_str(&line(&cells));
        }
        text
    }

    /// One row for each run: the variables, the seed, 1 when everything went as expected, and each quantity.
    pub fn csv_of_runs(&self) -> String {
        let mut header: Vec<String> = self.variables.clone();
        header.extend(["seed", "as_expected"].map(str::to_owned));
        header.extend(self.columns());
        let mut text = line(&header);
        for row in &self.rows {
            for run in &row.runs {
                let mut cells = row.values.clone();
                cells.extend([run.seed.to_string(), u8::from(run.as_expected).to_string()]);
                cells.extend(run.measured.iter().map(|value| value.map_or(String::new(), |value| value.to_string())));
                text.push_str(&line(&cells));
            }
        }
        text
    }

    /// Quantities with their unit where it is not their own.
    fn columns(&self) -> impl Iterator<Item = String> + '_ {
        self.measures.iter().map(|quantity| format!("{}{}", quantity.name, if quantity.is_time { "_s" } else { "" }))
    }
}

/// Cells with commas between; those that need it in quotes.
fn line(cells: &[String]) -> String {
    let mut text = String::new();
    for (n, cell) in cells.iter().enumerate() {
        let comma = if n > 0 { "," } else { "" };
        let _ = match cell.contains([',', '"', '\n', '\r']) {
            true => write!(text, "{comma}\"{}\"", cell.replace('"', "\"\"")),
            false => write!(text, "{comma}{cell}"),
        };
    }
    text.push('\n');
    text
}
