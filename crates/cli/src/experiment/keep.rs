//! What a run leaves in a folder: the scenario as it was run, everything that `scope` makes of the recording, and a report.

use std::path::Path;

use lab::outcome::Told;
use lab::waveform::of_first_frame;
use lab::{Lab, Outcome};
use scope::album::{Album, Options};
use scope::report::{self, Report, Verdict};

use super::show;
use crate::message::Problem;
use crate::output::{make_folder, write};
use crate::repeat::again;
use crate::source::Source;

/// Writes all of it; what stood in the folder under the same names is replaced.
pub(super) fn all(lab: &Lab, outcome: &Outcome, source: &Source, folder: &Path) -> Result<(), Problem> {
    make_folder(folder)?;
    let options = Options { ladder: lab.pictures.ladder.clone(), plot: lab.pictures.plot.clone() };
    let album = Album::of(&outcome.recording, &options);
    let mut files = Vec::new();
    for (name, bytes) in album.files(outcome.epoch) {
        let file = folder.join(&name);
        if let Some(parent) = file.parent() {
            make_folder(parent)?;
        }
        write(&file, &bytes)?;
        files.push(name);
    }
    if let Some(drawn) = lab.pictures.waveform.and_then(|code| of_first_frame(&outcome.recording, code)) {
        write(&folder.join("waveform.svg"), drawn.svg().as_bytes())?;
        files.push("waveform.svg".to_owned());
    }
    write(&folder.join("scenario.toml"), source.text.as_bytes())?;
    write(&folder.join("run.json"), format!("{:#}\n", show::json(lab, outcome)).as_bytes())?;
    files.extend(["scenario.toml", "run.json"].map(str::to_owned));
    let page = report::html(&about(lab, outcome, files, album.report()));
    write(&folder.join("report.html"), page.as_bytes())?;
    anstream::eprintln!("{} has all that the run leaves; begin with report.html", folder.display());
    Ok(())
}

/// The report with what the recording does not know.
fn about(lab: &Lab, outcome: &Outcome, files: Vec<String>, drawn: Report) -> Report {
    let name = &lab.scenario.name;
    let verdict =
        |told: &Told| Verdict { that: told.that.clone(), why: told.why.clone(), shortfall: told.shortfall.clone() };
    let unfinished = (!outcome.ended).then(|| format!("The run did not end by itself until {}.", outcome.now));
    let failed = outcome.failed_programs().map(|fact| {
        let field = |name| fact.text(name).unwrap_or_default();
        format!("The program {} failed: {}.", field("name"), field("error"))
    });
    let notes = drawn.notes.iter().cloned().chain(unfinished).chain(failed).collect();
    Report {
        title: if lab.title.is_empty() { name.clone() } else { format!("{name}: {}", lab.title) },
        explanation: lab.explain.clone(),
        command: again(outcome.seed, std::env::args().skip(1)),
        verdicts: outcome.expectations.iter().map(verdict).collect(),
        notes,
        files,
        ..drawn
    }
}
