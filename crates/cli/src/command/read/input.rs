//! Bytes of a capture, from a file or from standard input, a window at a time.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::process::ExitCode;

use scope::capture::{Captured, Damage, Decoder, Step};

use crate::message::{FAILED, Problem};

/// Gives every frame of a capture in its order, until `give` says that it wants no more. What cannot be decoded ends it.
pub(super) fn for_each_frame(
    path: &Path,
    mut give: impl FnMut(Captured<'_>) -> bool,
) -> Result<(Decoder, Result<(), Damage>), Problem> {
    let mut file = open(path)?;
    let mut decoder = Decoder::new();
    let mut window = vec![0; WINDOW];
    let (mut start, mut end, mut is_whole) = (0, 0, false);
    loop {
        let (used, step) = match decoder.step(&window[start..end], is_whole) {
            Ok(taken) => taken,
            Err(damage) => return Ok((decoder, Err(damage))),
        };
        start += used;
        match step {
            Step::Frame(frame) => {
                if !give(frame) {
                    return Ok((decoder, Ok(())));
                }
            }
            Step::Other => {}
            Step::End => return Ok((decoder, Ok(()))),
            Step::Needs(bytes) => {
                window.copy_within(start..end, 0);
                (start, end) = (0, end - start);
                if window.len() < bytes {
                    window.resize(bytes, 0);
                }
                match file.read(&mut window[end..]) {
                    Ok(0) => is_whole = true,
                    Ok(more) => end += more,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(unreadable(path, &error)),
                }
            }
        }
    }
}

/// A whole file.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes).map_err(|error| unreadable(path, &error))?;
    Ok(bytes)
}

/// Says where a capture is damaged; the exit code says whether it is.
pub(super) fn report(path: &Path, end: Result<(), Damage>) -> ExitCode {
    let Err(damage) = end else { return ExitCode::SUCCESS };
    let name = scope::clean(&path.display().to_string());
    anstream::eprintln!("\x1b[1;33mwarning\x1b[0m: {name} could not be read to its end");
    anstream::eprintln!("     why: {}", scope::clean(&damage.to_string()));
    ExitCode::from(FAILED)
}

fn open(path: &Path) -> Result<Box<dyn Read>, Problem> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(io::stdin().lock()));
    }
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    Ok(Box::new(file))
}

fn unreadable(path: &Path, error: &io::Error) -> Problem {
    let what = format!("{} cannot be read", scope::clean(&path.display().to_string()));
    Problem::new(what, error, "the path of a capture: pcap or pcapng")
}

/// How much of a file is read at once.
const WINDOW: usize = 256 << 10;
