//! `glassnet check`: whether a scenario file is in order, without running it.

use std::process::ExitCode;

use lab::Lab;

use crate::message::Problem;
use crate::source::Source;
use crate::terminal;

#[derive(clap::Args, Debug)]
#[command(before_help = EXAMPLES, after_help = "Exit code: 0 the file is in order, 2 it is not.")]
pub(crate) struct Check {
    /// The scenario file, or the name of a lab that comes with Glassnet
    pub(crate) file: String,
    /// Change a setting first, as `glassnet run` would: link.wire.loss=5%
    #[arg(long, value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,
}

const EXAMPLES: &str = "\
Example:
  glassnet check lab.toml                           what is wrong, and where
  glassnet check lab.toml --set link.wire.loss=5%   the same with a setting";

pub(crate) fn run(check: &Check) -> Result<ExitCode, Problem> {
    let (lab, warnings) = Source::find(&check.file, &[])?.read(&check.set)?;
    if !warnings.is_empty() {
        anstream::eprintln!("{}\n", warnings.render(true));
    }
    terminal::print(&format!("{}: {}\n", check.file, summary(&lab)));
    Ok(ExitCode::SUCCESS)
}

/// What is in a lab, in a line.
fn summary(lab: &Lab) -> String {
    let scenario = &lab.scenario;
    let programs = scenario.nodes.iter().map(|node| node.programs.len()).sum();
    let counts = [
        (scenario.nodes.len(), "node"),
        (scenario.links.len(), "link"),
        (programs, "program"),
        (scenario.timeline.len(), "action"),
        (scenario.expectations.len(), "expectation"),
    ];
    let some = counts.into_iter().filter(|(count, _)| *count > 0);
    let words: Vec<String> =
        some.map(|(count, what)| format!("{count} {what}{}", if count == 1 { "" } else { "s" })).collect();
    format!("in order; {}; seed {}, at most {}", words.join(", "), lab.seed, scenario.limit)
}
