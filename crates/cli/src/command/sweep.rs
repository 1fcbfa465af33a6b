//! `glassnet sweep FILE --vary …`: every combination of settings with many seeds, on all cores.

use std::io::{IsTerminal, Write, stderr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use lab::file::Vary;
use lab::sweep::{Plan, PlanError, Results, Sweep};
use serde_json::{Value, json};

use crate::message::{FAILED, Problem};
use crate::output::{make_folder, write};
use crate::repeat::quoted;
use crate::source::{Source, overrides};
use crate::terminal;

#[derive(clap::Args, Clone, Debug)]
#[command(before_help = EXAMPLES, after_help = RESULTS)]
pub(crate) struct Options {
    /// A scenario file, or the name of a shipped lab
    #[arg(value_name = "FILE")]
    file: String,
    /// A setting and its values: loss=0%,1%,5%, cc=reno,cubic, link.wire.rate=1mbit,10mbit. Default what the file says
    #[arg(long, value_parser = Vary::parse, value_name = "NAME=VALUE,…")]
    vary: Vec<Vary>,
    /// Run every combination with so many seeds: the lab's own and those that follow. Default what the file says, else 10
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    seeds: Option<u64>,
    /// A setting that is the same in all runs
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// Write sweep.csv, runs.csv, sweep.json, and one plot for each variable
    #[arg(long, short, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print one row for each run, as CSV
    #[arg(long, conflicts_with = "json")]
    runs: bool,
    /// Print everything as JSON
    #[arg(long)]
    json: bool,
    /// Threads; else as many as there are cores
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, Problem> {
    let source = Source::find(&options.file, &[])?;
    let options = &usual(options, &source)?;
    let sweep = Sweep {
        text: source.text.clone(),
        source_name: source.name.clone(),
        overrides: overrides(&options.set),
        vary: options.vary.clone(),
        seeds: options.seeds.unwrap_or(SEEDS),
    };
    let plan = sweep.plan().map_err(|error| wrong(&source, &error))?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let jobs = options.jobs.map_or(cores, usize::from);
    let results = watched(&plan, |progress| plan.run(jobs, progress))
        .map_err(|error| Problem::new(format!("{} cannot be run", sweep.source_name), error, "mend the file"))?;
    let command = command(options);
    if options.json {
        terminal::print(&format!("{:#}\n", to_json(&results, &command)));
    } else if options.runs {
        terminal::print(&results.csv_of_runs());
    } else {
        terminal::print(&format!("{}\n{}{command}\n", results.table(), drawn(&results)));
    }
    if let Some(folder) = &options.out {
        keep(&results, &command, folder)?;
    }
    let passed = results.rows.iter().all(|row| row.runs.iter().all(|run| run.as_expected));
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
}

/// What was asked for; what was not, as the file's `[sweep]` says.
fn usual(options: &Options, source: &Source) -> Result<Options, Problem> {
    let (lab, _) = source.read(&options.set)?;
    let (vary, seeds) = lab.sweep;
    let said = |text: &String| Vary::parse(text).map_err(|error| Problem::new("[sweep] of the file", error, "mend it"));
    let vary =
        if options.vary.is_empty() { vary.iter().map(said).collect::<Result<_, _>>()? } else { options.vary.clone() };
    Ok(Options { vary, seeds: options.seeds.or(seeds), ..options.clone() })
}

fn wrong(source: &Source, error: &PlanError) -> Problem {
    match error {
        PlanError::Wrong(diagnosis) => source.wrong(diagnosis),
        PlanError::TooMany { .. } => {
            let hint = "vary fewer settings, or give fewer --seeds";
            Problem::new(format!("{} is not swept", source.name), error, hint)
        }
    }
}

/// The plots of a sweep that holds its measures against theory: there the picture says more than the table.
fn drawn(results: &Results) -> String {
    if !results.measures.iter().any(|quantity| quantity.is_theory) {
        return String::new();
    }
    let charts = results.charts();
    charts.iter().map(|(_, chart)| format!("{}\n", chart.text(terminal::style(false)))).collect()
}

/// The command that gives the same results.
fn command(options: &Options) -> String {
    let mut words = vec!["glassnet sweep".to_owned(), quoted(&options.file)];
    words.extend(options.set.iter().map(|set| format!("--set {}", quoted(set))));
    let vary = |vary: &Vary| quoted(&format!("{}={}", vary.name, vary.values.join(",")));
    words.extend(options.vary.iter().map(|varied| format!("--vary {}", vary(varied))));
    words.push(format!("--seeds {}", options.seeds.unwrap_or(SEEDS)));
    words.join(" ")
}

fn to_json(results: &Results, command: &str) -> Value {
    let rows = results.rows.iter().map(|row| {
        let values = results.variables.iter().zip(&row.values).map(|(name, value)| (name.clone(), json!(value)));
        let measures = results.measures.iter().zip(&row.summaries).map(|(quantity, summary)| {
            let of = |least: usize, value: f64| (summary.count >= least).then_some(value);
            let told = json!({
                "mean": of(1, summary.mean), "stddev": of(2, summary.deviation), "ci95": of(2, summary.half_width),
                "n": summary.count, "unit": quantity.is_time.then_some("s"),
            });
            (quantity.name.clone(), told)
        });
        let runs = row
            .runs
            .iter()
            .map(|run| json!({ "seed": run.seed, "as_expected": run.as_expected, "measured": run.measured }));
        json!({
            "values": values.collect::<serde_json::Map<_, _>>(),
            "as_expected": row.pass_rate(),
            "measures": measures.collect::<serde_json::Map<_, _>>(),
            "runs": runs.collect::<Vec<_>>(),
        })
    });
    json!({ "scenario": results.name, "command": command, "rows": rows.collect::<Vec<_>>() })
}

fn keep(results: &Results, command: &str, folder: &Path) -> Result<(), Problem> {
    make_folder(folder)?;
    write(&folder.join("sweep.csv"), results.csv().as_bytes())?;
    write(&folder.join("runs.csv"), results.csv_of_runs().as_bytes())?;
    write(&folder.join("sweep.json"), format!("{:#}\n", to_json(results, command)).as_bytes())?;
    let charts = results.charts();
    for (variable, chart) in &charts {
        // A path of a setting is a name of a file when it has no separators and no stars.
        let name: String =
            variable.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
        write(&folder.join(format!("by-{name}.svg")), chart.svg().as_bytes())?;
    }
    anstream::eprintln!("wrote {} files to {}", charts.len() + 3, folder.display());
    Ok(())
}

/// Does `work`, and shows how far it is when a person watches.
fn watched<R>(plan: &Plan, work: impl FnOnce(&(dyn Fn(usize) + Sync)) -> R) -> R {
    if !stderr().is_terminal() {
        return work(&|_| {});
    }
    let (runs, begun) = (plan.runs(), Instant::now());
    let shown = Mutex::new(begun);
    let result = work(&|done| {
        let Ok(mut last) = shown.try_lock() else { return };
        if last.elapsed() >= TICK {
            *last = Instant::now();
            let _ = write!(stderr(), "\r\x1b[2m{}\x1b[0m\x1b[K", bar(done, runs, begun.elapsed()));
        }
    });
    let _ = write!(stderr(), "\r\x1b[K");
    result
}

/// `[████····] 412 of 1000 runs, 35 a second, 17 s left`
fn bar(done: usize, runs: usize, elapsed: Duration) -> String {
    let full = WIDTH * done / runs.max(1);
    let rate = done as f64 / elapsed.as_secs_f64().max(1e-9);
    let left = (runs - done.min(runs)) as f64 / rate.max(1e-9);
    let rate = if rate < 10.0 { format!("{rate:.1}") } else { format!("{rate:.0}") };
    format!(
        "[{}{}] {done} of {runs} runs, {rate} a second, {left:.0} s left",
        "█".repeat(full),
        "·".repeat(WIDTH - full)
    )
}

/// Seeds of a combination, where nobody says how many.
const SEEDS: u64 = 10;
/// Characters of the bar.
const WIDTH: usize = 24;
/// How often the bar moves.
const TICK: Duration = Duration::from_millis(100);

const EXAMPLES: &str = "\
Example:
  glassnet sweep transfer.toml --vary loss=0%,0.1%,1% --vary cc=reno,cubic,bbr
  glassnet sweep transfer.toml --vary delay=1ms,10ms,100ms --seeds 20 -o out
  glassnet sweep congestion --vary loss=0.1%,1% --runs > runs.csv";

const RESULTS: &str = "\
What is reported: the quantities of the file's [measure] table, or else every
number that programs record at their end; each with its mean and the interval
in which the mean lies with 95 % confidence (Student's t).

Exit code: 0 all runs as expected, 1 some not, 2 it could not run.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_says_how_far_how_fast_and_how_long_still() {
        let half = bar(500, 1000, Duration::from_secs(10));
        assert_eq!(half, "[████████████············] 500 of 1000 runs, 50 a second, 10 s left");
        assert!(bar(1000, 1000, Duration::from_secs(10)).ends_with("0 s left"));
    }
}
