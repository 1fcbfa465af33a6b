//! `glassnet run FILE`: a scenario of one's own.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::experiment::{self, Options, Source};
use crate::message::Problem;

#[derive(clap::Args, Debug)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Run {
    /// A scenario file, or the name of a shipped lab
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    options: Options,
}

pub(crate) fn run(run: &Run) -> Result<ExitCode, Problem> {
    let source = source(&run.file)?;
    experiment::run(&source, &run.options)
}

/// The text of a file, or of the shipped lab that is called so.
pub(crate) fn source(file: &Path) -> Result<Source, Problem> {
    let name = file.display().to_string();
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(Source { name, text }),
        Err(error) => match lab::shipped::text(&name) {
            Some(text) => Ok(Source { name, text: text.to_owned() }),
            None => Err(Problem::new(
                format!("cannot read {name}"),
                error,
                "give a scenario file, or one of the names that `glassnet lab` lists",
            )),
        },
    }
}

const EXAMPLES: &str = "\
Example:
  glassnet run shop.toml                               run it, see what happens
  glassnet run shop.toml --set link.wire.loss=5% -o out  with a change; keep all
  glassnet run shop.toml --seed 7 --until 10s          another seed, shorter";
