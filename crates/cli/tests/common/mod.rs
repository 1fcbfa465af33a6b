//! Running the binary, and saying what was skipped.

#![allow(dead_code, reason = "each test file uses a part")]

pub(crate) mod agreement;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub(crate) const GLASSNET: &str = env!("CARGO_BIN_EXE_glassnet");
pub(crate) const PAGE: &str = "https://www.example.com/";

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("all output is UTF-8");
        Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// Runs `glassnet` with these arguments, its output in pipes.
pub(crate) fn glassnet(arguments: &[&str]) -> Run {
    run(Command::new(GLASSNET).args(arguments).env_remove("NO_COLOR"))
}

pub(crate) fn run(command: &mut Command) -> Run {
    command.stdin(Stdio::null()).output().expect("the command runs").into()
}

/// A fresh folder for the files of one test.
pub(crate) fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("cargo's folder for tests can be written");
    folder
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("cargo's folder has a plain name")
}

/// Says that a test did not run, past the test runner, which would keep it to itself.
pub(crate) fn skipped(what: &str, why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {what}: {why}");
}
