//! `glassnet import`: topologies of other tools as scenario files.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lab::import::{self, ImportError, Imported};

use crate::message::Problem;
use crate::output::write;
use crate::terminal;

#[derive(clap::Args, Debug)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Import {
    /// A containerlab topology (*.clab.yml) or a Kathará lab.conf
    #[arg(required_unless_present = "topo", conflicts_with = "topo")]
    pub(crate) file: Option<PathBuf>,
    /// One of Mininet's topologies: linear,3
    #[arg(long, value_name = "SHAPE")]
    pub(crate) topo: Option<String>,
    /// Write the scenario here instead of to standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Example:
  glassnet import dc.clab.yml -o dc.toml    containerlab: kinds, links, addresses
  glassnet import lab.conf -o lab.toml      Kathará, with its startup files
  glassnet import --topo tree,2,3           Mininet: minimal, single, reversed,
                                            linear, tree, torus";

pub(crate) fn run(import: &Import) -> Result<ExitCode, Problem> {
    let imported = match (&import.file, &import.topo) {
        (Some(file), _) => of_file(file)?,
        (None, Some(shape)) => import::mininet(shape).map_err(|error| problem(&format!("--topo {shape}"), error))?,
        (None, None) => unreachable!("one of the two is required"),
    };
    for note in &imported.notes {
        anstream::eprintln!("\x1b[1;33mnot taken over\x1b[0m: {note}");
    }
    match &import.output {
        Some(file) => write(file, imported.toml.as_bytes())?,
        None => terminal::print(&imported.toml),
    }
    Ok(ExitCode::SUCCESS)
}

fn of_file(file: &Path) -> Result<Imported, Problem> {
    let unreadable = |error| {
        let hint = "give the path of a *.clab.yml or a lab.conf";
        Problem::new(format!("{} cannot be read", file.display()), error, hint)
    };
    // Kathará's labs are folders.
    let file = if file.is_dir() { &file.join("lab.conf") } else { file };
    let text = std::fs::read_to_string(file).map_err(unreadable)?;
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or("");
    let imported = if name.ends_with(".yml") || name.ends_with(".yaml") {
        import::containerlab(&text)
    } else if name.ends_with(".conf") {
        let folder = file.parent().unwrap_or(Path::new("."));
        import::kathara(&text, &|device| std::fs::read_to_string(folder.join(format!("{device}.startup"))).ok())
    } else {
        let why = "its name says not what it is";
        let hint = "files of containerlab end in .clab.yml, those of Kathará are called lab.conf";
        return Err(Problem::new(format!("{} cannot be imported", file.display()), why, hint));
    };
    imported.map_err(|error| problem(&file.display().to_string(), error))
}

fn problem(what: &str, error: ImportError) -> Problem {
    Problem::new(format!("{what} cannot be imported"), error.what, error.hint)
}
