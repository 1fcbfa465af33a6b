//! Files and folders that commands leave.

use std::fs;
use std::path::Path;

use scope::Recording;

use crate::message::Problem;

/// Makes a folder, and those above it.
pub(crate) fn make_folder(folder: &Path) -> Result<(), Problem> {
    fs::create_dir_all(folder).map_err(|error| {
        let what = format!("cannot make the folder {}", folder.display());
        Problem::new(what, error, "give a folder that you may write to")
    })
}

/// Writes a file; one that stood there is replaced.
pub(crate) fn write(file: &Path, bytes: &[u8]) -> Result<(), Problem> {
    fs::write(file, bytes).map_err(|error| {
        Problem::new(
            format!("cannot write {}", file.display()),
            error,
            "give a file in a folder that exists and that you may write to",
        )
    })
}

/// A capture that is not complete does not look so by itself.
pub(crate) fn say_what_is_missing(recording: &Recording) {
    if let Some(missing) = recording.truncated() {
        anstream::eprintln!("\x1b[1;33mnote\x1b[0m: {missing}");
    }
}
