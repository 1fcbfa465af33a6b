//! `glassnet run FILE`: a scenario of one's own.

use std::process::ExitCode;

use crate::experiment::{self, Options};
use crate::message::Problem;
use crate::source::Source;

#[derive(clap::Args, Debug)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Run {
    /// A scenario file, or the name of a shipped lab
    #[arg(value_name = "FILE")]
    file: String,
    #[command(flatten)]
    options: Options,
}

pub(crate) fn run(run: &Run) -> Result<ExitCode, Problem> {
    experiment::run(&Source::find(&run.file, &[])?, &run.options)
}

const EXAMPLES: &str = "\
Example:
  glassnet run shop.toml                               run it, see what happens
  glassnet run shop.toml --set link.wire.loss=5% -o out  with a change; keep all
  glassnet run shop.toml --seed 7 --until 10s          another seed, shorter";
