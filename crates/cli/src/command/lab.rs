//! `glassnet lab`: the experiments that come with Glassnet.

use std::process::ExitCode;

use crate::experiment::{self, Options};
use crate::message::Problem;
use crate::source::Source;
use crate::terminal;

#[derive(clap::Args, Debug)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Lab {
    /// Which; without it, all are listed
    #[arg(value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    options: Options,
}

pub(crate) fn run(lab: &Lab) -> Result<ExitCode, Problem> {
    let Some(name) = &lab.name else { return list(lab.options.json) };
    let Some(text) = lab::shipped::text(name) else {
        let known = lab::shipped::LABS.iter().map(|(known, _)| *known);
        let hint = match lab::file::words::nearest(name, known) {
            Some(near) => format!("glassnet lab {near}"),
            None => "`glassnet lab` lists them all".to_owned(),
        };
        return Err(Problem::new(format!("no lab is called '{name}'"), "", hint));
    };
    let source = Source { name: name.clone(), text: text.to_owned() };
    experiment::run(&source, &Options { explain: true, ..lab.options.clone() })
}

/// One line for each.
fn list(json: bool) -> Result<ExitCode, Problem> {
    let width = lab::shipped::LABS.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let mut lines = Vec::new();
    for (name, text) in lab::shipped::LABS {
        let (lab, _) = Source { name: (*name).to_owned(), text: (*text).to_owned() }.read(&[])?;
        lines.push(if json {
            serde_json::json!({ "name": name, "title": lab.title }).to_string()
        } else {
            format!("  {name:width$}  {}", lab.title)
        });
    }
    let text = if json {
        format!("[{}]\n", lines.join(",\n "))
    } else {
        format!("{}\n\nglassnet lab NAME runs one; add -o DIR to keep everything it leaves.\n", lines.join("\n"))
    };
    terminal::print(&text);
    Ok(ExitCode::SUCCESS)
}

const EXAMPLES: &str = "\
Example:
  glassnet lab                              what there is
  glassnet lab handshake                    one of them, explained
  glassnet lab congestion -o out            keep its plots, captures, report
  glassnet lab handshake --set link.wire.loss=100%   break it";
