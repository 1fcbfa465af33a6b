//! A lab on the command line: read, run, shown, kept. `run` and `lab` differ only in where the text comes from.

mod keep;
mod progress;
mod show;

use std::path::PathBuf;
use std::process::ExitCode;

use crate::message::{FAILED, Problem};
use crate::output::say_what_is_missing;
use crate::source::Source;
use crate::{quantity, terminal};
use base::Duration;
use lab::scenario::{At, Do, Kill};

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
    /// Lose frames of a reliable line: data:3, the third one and all its repetitions; ack:5@once, what acknowledges five
    #[arg(long, value_name = "KIND:K[@once]")]
    pub(crate) kill: Vec<Kill>,
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

/// Runs, prints, writes. The exit code says whether all went as expected.
pub(crate) fn run(source: &Source, options: &Options) -> Result<ExitCode, Problem> {
    let (mut lab, _) = source.read(&options.set)?;
    if options.full {
        lab.scenario.limit = lab.full_limit.unwrap_or(lab.scenario.limit);
    }
    if let Some(until) = options.until {
        lab.scenario.limit = until;
    }
    let killed = options.kill.iter().map(|kill| At { at: Duration::ZERO, what: Do::Kill(*kill) });
    lab.scenario.timeline.extend(killed);
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
    say_what_is_missing(&outcome.recording);
    if let Some(folder) = &options.out {
        keep::all(&lab, &outcome, source, folder)?;
    }
    if outcome.is_as_expected() || (options.until.is_some() && outcome.failures().next().is_none()) {
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::from(FAILED))
}
