//! `glassnet schema`: the JSON Schema of scenario files, for editors.

use std::process::ExitCode;

use crate::message::Problem;
use crate::terminal;

#[derive(clap::Args, Debug)]
#[command(before_help = EXAMPLES, after_help = EDITORS)]
pub(crate) struct Schema {}

const EXAMPLES: &str = "\
Example:
  glassnet schema > scenario.schema.json";

const EDITORS: &str = "\
An editor with Taplo (Even Better TOML in VS Code, Zed, Helix, Neovim) completes
and checks a file whose first line is
  #:schema ./scenario.schema.json";

pub(crate) fn run(_: &Schema) -> Result<ExitCode, Problem> {
    terminal::print(&format!("{:#}\n", lab::file::schema()));
    Ok(ExitCode::SUCCESS)
}
