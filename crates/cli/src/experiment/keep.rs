//! What a run leaves in a folder: the scenario as it was run, and everything that `scope` makes of the recording.

use std::fs;
use std::path::Path;

use lab::{Lab, Outcome};
use scope::album;

use super::{Source, show};
use crate::command::visit::write;
use crate::message::Problem;

/// Writes all of it; what stood in the folder under the same names is replaced.
pub(super) fn all(lab: &Lab, outcome: &Outcome, source: &Source, folder: &Path) -> Result<(), Problem> {
    make(folder)?;
    let options = album::Options { ladder: lab.pictures.ladder.clone(), plot: lab.pictures.plot.clone() };
    let mut count = 2;
    for (name, bytes) in album::files(&outcome.recording, outcome.epoch, &options) {
        let file = folder.join(&name);
        if let Some(parent) = file.parent() {
            make(parent)?;
        }
        write(&file, &bytes)?;
        count += 1;
    }
    write(&folder.join("scenario.toml"), source.text.as_bytes())?;
    write(&folder.join("run.json"), format!("{:#}\n", show::json(lab, outcome)).as_bytes())?;
    anstream::eprintln!("wrote {count} files to {}", folder.display());
    Ok(())
}

fn make(folder: &Path) -> Result<(), Problem> {
    fs::create_dir_all(folder).map_err(|error| {
        Problem::new(
            format!("cannot make the folder {}", folder.display()),
            error,
            "give a folder that you may write to",
        )
    })
}
