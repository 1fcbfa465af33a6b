//! `glassnet export`: the topology of a scenario as a picture's text.

use std::process::ExitCode;

use lab::export;

use crate::message::Problem;
use crate::source::Source;
use crate::terminal;

#[derive(clap::Args, Debug)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Export {
    /// The scenario file, or the name of a lab that comes with Glassnet
    pub(crate) file: String,
    /// For whom
    #[arg(long, value_enum)]
    pub(crate) to: Form,
    /// Change a setting first: link.wire.delay=80ms
    #[arg(long, value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug)]
pub(crate) enum Form {
    /// Graphviz
    Dot,
    /// Mermaid, which Markdown pages draw
    Mermaid,
}

const EXAMPLES: &str = "\
Example:
  glassnet export lab.toml --to dot | dot -Tsvg > lab.svg
  glassnet export lab.toml --to mermaid";

pub(crate) fn run(arguments: &Export) -> Result<ExitCode, Problem> {
    let (lab, _) = Source::find(&arguments.file, &[])?.read(&arguments.set)?;
    terminal::print(&match arguments.to {
        Form::Dot => export::dot(&lab),
        Form::Mermaid => export::mermaid(&lab),
    });
    Ok(ExitCode::SUCCESS)
}
