//! Whether `glassnet read --fields` and `tshark -T fields` say the same about a capture, field by field.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Run, folder, glassnet, run, text};

/// Where docs/read.md lies.
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/read.md");

/// The fields of docs/read.md: those that agree exactly, and those that differ on purpose.
pub(crate) fn fields() -> (Vec<String>, Vec<String>) {
    let page = fs::read_to_string(PAGE).expect("docs/read.md is there");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let (exact, other): (Vec<_>, Vec<_>) = rows.partition(|(_, rest)| rest.contains("| exact |"));
    let names = |rows: Vec<(&str, &str)>| rows.into_iter().map(|(name, _)| name.to_owned()).collect();
    (names(exact), names(other))
}

/// Whether tshark and editcap are here.
pub(crate) fn has_tshark() -> bool {
    ["tshark", "editcap"].iter().all(|program| Command::new(program).arg("--version").output().is_ok())
}

/// Every capture in a folder and in the folders in it.
pub(crate) fn captures(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for path in entries.map(|entry| entry.expect("readable").path()) {
        let is_capture = path.extension().is_some_and(|end| end == "pcapng" || end == "pcap");
        if path.is_dir() {
            found.extend(captures(&path));
        } else if is_capture {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Panics with the first differences, field by field, if there are any.
#[track_caller]
pub(crate) fn assert_agreement(test: &str, captures: &[PathBuf]) {
    let (fields, _) = fields();
    let mut differences: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut packets = 0;
    for capture in captures {
        let (ours, theirs) = (ours(capture, &fields), theirs(test, capture, &fields));
        assert_eq!(ours.len(), theirs.len(), "packets in {}", capture.display());
        packets += ours.len();
        for (number, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
            let columns = ours.split('\t').zip(theirs.split('\t'));
            for (field, (ours, theirs)) in fields.iter().zip(columns).filter(|(_, (a, b))| *a != flags(b)) {
                let place = format!("{}, packet {}: \"{ours}\", tshark \"{theirs}\"", capture.display(), number + 1);
                differences.entry(field.clone()).or_default().push(place);
            }
        }
    }
    assert!(packets > 0, "there was nothing to compare");
    let told = differences.iter().map(|(field, places)| format!("{field}, {} times: {}", places.len(), places[0]));
    assert!(differences.is_empty(), "{}", told.collect::<Vec<_>>().join("\n"));
}

fn ours(capture: &Path, fields: &[String]) -> Vec<String> {
    let Run { code, out, err } = glassnet(&["read", text(capture), "--fields", &fields.join(",")]);
    assert_eq!(code, Some(0), "{}: {err}", capture.display());
    out.lines().map(str::to_owned).collect()
}

/// tshark is given the capture without its TLS keys, as our fields are those in clear, and puts streams in order first.
fn theirs(test: &str, capture: &Path, fields: &[String]) -> Vec<String> {
    let stripped = folder(&format!("{test}-stripped")).join("capture.pcapng");
    let Run { code, err, .. } =
        run(Command::new("editcap").args(["--discard-all-secrets", text(capture), text(&stripped)]));
    assert_eq!(code, Some(0), "editcap: {err}");
    let mut tshark = Command::new("tshark");
    tshark.args(["-n", "-r", text(&stripped), "-o", "tcp.reassemble_out_of_order:TRUE", "-T", "fields"]);
    fields.iter().for_each(|field| {
        tshark.args(["-e", field]);
    });
    let Run { code, out, err } = run(&mut tshark);
    assert_eq!(code, Some(0), "tshark: {err}");
    out.lines().map(str::to_owned).collect()
}

/// From 4.2 on tshark writes True and False where it wrote 1 and 0.
fn flags(text: &str) -> String {
    text.replace("True", "1").replace("False", "0")
}
