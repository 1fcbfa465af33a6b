//! `glassnet check`: whether a scenario file is in order, without running it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lab::Lab;
use lab::file::{self, Override};

use crate::message::Problem;
use crate::terminal;

#[derive(clap::Args, Debug)]
#[command(before_help = EXAMPLES, after_help = "Exit code: 0 the file is in order, 2 it is not.")]
pub(crate) struct Check {
    /// The scenario file, or the name of a lab that comes with Glassnet
    pub(crate) file: PathBuf,
    /// Change a setting first, as `glassnet run` would: link.wire.loss=5%
    #[arg(long, value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,
}

const EXAMPLES: &str = "\
Example:
  glassnet check lab.toml                           what is wrong, and where
  glassnet check lab.toml --set link.wire.loss=5%   the same with a setting";

pub(crate) fn run(check: &Check) -> Result<ExitCode, Problem> {
    let settings: Vec<Override> = check.set.iter().map(Override::new).collect();
    let (lab, warnings) = read(&check.file, &settings)?;
    if !warnings.is_empty() {
        anstream::eprintln!("{warnings}\n");
    }
    terminal::print(&format!("{}: {}\n", check.file.display(), summary(&lab)));
    Ok(ExitCode::SUCCESS)
}

/// Reads a lab and what is to be said about it; a name without a file may be that of a shipped lab.
pub(crate) fn read(file: &Path, settings: &[Override]) -> Result<(Lab, String), Problem> {
    let source = super::run::source(file)?;
    let read = file::read_with_warnings(&source.text, &source.name, settings);
    // Colours are taken out again where nobody wants them.
    match read {
        Ok((lab, warnings)) => Ok((lab, warnings.render(true))),
        Err(diagnosis) => {
            let count = diagnosis.count();
            let what = if count == 1 { "a mistake".to_owned() } else { format!("{count} mistakes") };
            Err(Problem::told(diagnosis.render(true), format!("{what} in {}", file.display())))
        }
    }
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
