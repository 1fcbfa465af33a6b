//! What a failing test leaves behind: the ladder, a capture, and the command that replays it.

use std::fs;
use std::path::PathBuf;

use scope::{Ladder, Recording, pcapng};

use crate::end::Shared;
use crate::plan::epoch;
use crate::seed::Seed;

/// Prints the report of a test that is about to fail. Never panics: a second panic would hide the first.
pub(crate) fn failure(shared: &Shared) {
    if !shared.is_built() {
        return;
    }
    let (seed, recording) = (shared.seed.clone(), shared.built().recording());
    println!("\n{}", shown(&Ladder::of(&recording)));
    match write_captures(&seed, &recording) {
        Ok(paths) => paths.iter().for_each(|path| println!("capture: {}", path.display())),
        Err(error) => println!("the capture could not be written: {error}"),
    }
    println!("seed {}: replay with\n    {}\n", seed.value, seed.replay());
}

/// All of it when `GLASSNET_LADDER` is set, else its beginning and its end.
fn shown(ladder: &Ladder<'_>) -> String {
    if std::env::var_os("GLASSNET_LADDER").is_some() {
        return ladder.to_string();
    }
    format!("{}\n(a long ladder is cut: GLASSNET_LADDER=all shows all of it)", ladder.excerpt())
}

fn write_captures(seed: &Seed, recording: &Recording) -> std::io::Result<Vec<PathBuf>> {
    let folder = target().join("stories");
    fs::create_dir_all(&folder)?;
    let mut paths = Vec::new();
    for (name, bytes) in pcapng::of_all(recording, epoch()) {
        let path = folder.join(format!("{}-{name}", seed.name()));
        fs::write(&path, bytes)?;
        paths.push(path);
    }
    Ok(paths)
}

/// Cargo's target directory: a test's binary is in `<target>/<profile>/deps`.
fn target() -> PathBuf {
    let binary = std::env::current_exe().unwrap_or_default();
    binary.ancestors().nth(3).map_or_else(|| PathBuf::from("target"), PathBuf::from)
}
