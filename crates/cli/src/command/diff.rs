//! `glassnet diff`: the first thing in which two runs differ, and the ladder around it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use scope::analysis::{Left, compare, ladder_around};
use scope::capture::{Gathered, gather};

use super::read::read_file;
use crate::message::{FAILED, Problem};
use crate::terminal;

const EXAMPLES: &str = "\
Example:
  glassnet run handshake.toml -o one
  glassnet run handshake.toml -o two --set seed=2
  glassnet diff one two";

/// The command's arguments.
#[derive(clap::Args, Debug)]
#[command(before_help = EXAMPLES, after_help = "Exit code: 0 the runs are the same, 1 they differ, 2 they could not be compared.")]
pub(crate) struct Diff {
    /// The folder that one run left
    #[arg(value_name = "RUN")]
    one: PathBuf,
    /// The folder that the other run left
    #[arg(value_name = "RUN")]
    other: PathBuf,
}

/// Compares two runs.
pub(crate) fn run(diff: &Diff) -> Result<ExitCode, Problem> {
    let (one, other) = (Folder::read(&diff.one)?, Folder::read(&diff.other)?);
    let (ours, theirs) = (one.left(), other.left());
    let Some(difference) = compare(&ours, &theirs) else {
        let (frames, events) = (one.captures.recording.frames().len(), one.events.lines().count().saturating_sub(1));
        terminal::print(&format!("The runs are the same: {frames} frames and {events} events.\n"));
        return Ok(ExitCode::SUCCESS);
    };
    let style = terminal::style(false);
    let mut page = format!("{difference}\n");
    for left in [&ours, &theirs] {
        page.push_str(&format!("\n{}\n", style.strong(&format!("{} around {}", left.name, difference.at))));
        page.push_str(&ladder_around(left, difference.at, style));
    }
    terminal::print(&page);
    Ok(ExitCode::from(FAILED))
}

/// What a run left.
struct Folder {
    name: String,
    captures: Gathered,
    events: String,
}

impl Folder {
    fn read(path: &Path) -> Result<Folder, Problem> {
        let captures = files(&path.join("captures"), "pcapng").or_else(|_| files(path, "pcapng"))?;
        let events = files(path, "jsonl")?;
        if captures.is_empty() && events.is_empty() {
            let what = format!("{} is not what a run leaves", shown(path));
            return Err(Problem::new(what, "it has neither captures nor events", "a folder made by glassnet run -o"));
        }
        let mut bytes = Vec::new();
        for path in &captures {
            bytes.push((path.file_name().unwrap_or_default().to_string_lossy().into_owned(), read_file(path)?));
        }
        let mut text = String::new();
        for path in &events {
            text.push_str(&String::from_utf8_lossy(&read_file(path)?));
        }
        let captures = gather(bytes.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())));
        if let Some((name, damage)) = captures.damaged.first() {
            let what = format!("{} in {} is damaged", scope::clean(name), shown(path));
            return Err(Problem::new(what, scope::clean(&damage.to_string()), "run it again"));
        }
        Ok(Folder { name: shown(path), captures, events: text })
    }

    fn left(&self) -> Left<'_> {
        Left { name: &self.name, captures: &self.captures, events: &self.events }
    }
}

/// The files of a folder whose names end so, in the order of their names.
fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, Problem> {
    let unreadable = |error| {
        let what = format!("{} cannot be read", shown(folder));
        Problem::new(what, error, "a folder made by glassnet run -o")
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|found| found == extension) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn shown(path: &Path) -> String {
    scope::clean(&path.display().to_string())
}
