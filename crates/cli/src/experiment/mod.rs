//! A lab on the command line: read, run, shown, kept. `run` and `lab` differ only in where the text comes from.

mod keep;
mod progress;
mod show;

use std::path::PathBuf;
use std::process::ExitCode;

use base::Duration;
use lab::Lab;
use lab::file::Override;

use crate::message::{FAILED, Problem};
use crate::{quantity, terminal};

/// Where a scenario comes from.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// What messages and the repeating command call it.
    pub(crate) name: String,
    /// TOML.
    pub(crate) text: String,
}

/// What can be asked of a run.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Options {
    /// Everything random in the world follows from this number; else the file says which
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// End after so much virtual time
    #[arg(long, value_parser = quantity::time, value_name = "TIME")]
    pub(crate) until: Option<Duration>,
    /// Change a setting: link.wire.loss=5%, node.client.stack.nagle=false, or one of the file's knobs
    #[arg(long, value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,
    /// Keep all that the run leaves: captures, events, series, ladder, plots, report.html
    #[arg(long, short, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Draw the long curves: run for as long as the file's full_limit says
    #[arg(long)]
    pub(crate) full: bool,
    /// Print what was expected and what came, as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Print the expectations only
    #[arg(long, short, conflicts_with = "json")]
    pub(crate) quiet: bool,
    /// Print the explanation too
    #[arg(long)]
    pub(crate) explain: bool,
}

/// Reads a scenario, with settings that win over it.
pub(crate) fn read(source: &Source, set: &[String]) -> Result<Lab, Problem> {
    let overrides: Vec<Override> = set.iter().map(Override::new).collect();
    lab::file::read(&source.text, &source.name, &overrides).map_err(|diagnosis| {
        let colour = terminal::error_colour();
        let count = diagnosis.count();
        Problem::told(diagnosis.render(colour), format!("{} cannot be run: {}", source.name, mistakes(count)))
    })
}

fn mistakes(count: usize) -> String {
    if count == 1 { "1 mistake".into() } else { format!("{count} mistakes") }
}

/// Runs, prints, writes. The exit code says whether all went as expected.
pub(crate) fn run(source: &Source, options: &Options) -> Result<ExitCode, Problem> {
    let mut lab = read(source, &options.set)?;
    if options.full {
        lab.scenario.limit = lab.full_limit.unwrap_or(lab.scenario.limit);
    }
    if let Some(until) = options.until {
        lab.scenario.limit = until;
    }
    let seed = options.seed.unwrap_or(lab.seed);
    let outcome = progress::during(&source.name, || match options.out {
        Some(_) => lab.run(seed),
        None => lab.run_lightly(seed),
    })
    .map_err(|error| Problem::new(format!("{} cannot be run", source.name), error, "mend the file"))?;
    let style = terminal::style(options.explain);
    if options.json {
        terminal::print(&format!("{:#}\n", show::json(&lab, &outcome)));
    } else {
        terminal::print(&show::text(&lab, &outcome, options, style));
    }
    crate::command::visit::say_what_is_missing(&outcome.recording);
    if let Some(folder) = &options.out {
        keep::all(&lab, &outcome, source, folder)?;
    }
    if outcome.is_as_expected() || (options.until.is_some() && outcome.failures().next().is_none()) {
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::from(FAILED))
}
