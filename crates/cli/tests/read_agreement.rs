//! Another program's opinion of every field: `glassnet read --fields` against `tshark -T fields`.

mod common;

use std::collections::BTreeSet;
use std::path::Path;

use common::agreement::{assert_agreement, captures, fields, has_tshark};
use common::{folder, glassnet, skipped, text};

/// It begins in clear text, so that HTTP is seen outside of TLS too.
const START: &str = "http://www.example.com/";

#[test]
fn every_field_of_a_visit_is_what_tshark_says() {
    visit_agrees("every_field_of_a_visit_is_what_tshark_says", &[&[]]);
}

#[test]
fn every_field_of_a_lossy_visit_is_what_tshark_says() {
    let name = "every_field_of_a_lossy_visit_is_what_tshark_says";
    visit_agrees(name, &[&["--loss", "5%", "--seed", "2"], &["--loss", "15%", "--seed", "5"]]);
}

/// `GLASSNET_CAPTURES=FOLDER cargo test -p glassnet-cli --test read_agreement` compares every capture below a folder.
#[test]
fn every_field_of_every_capture_of_a_folder_is_what_tshark_says() {
    let name = "every_field_of_every_capture_of_a_folder_is_what_tshark_says";
    let Some(folder) = std::env::var_os("GLASSNET_CAPTURES") else {
        return skipped(name, "GLASSNET_CAPTURES names no folder");
    };
    if !has_tshark() {
        return skipped(name, "tshark is not installed");
    }
    assert_agreement(name, &captures(Path::new(&folder)));
}

/// The first seconds of every lab, at the two interfaces that saw most.
#[test]
fn every_field_of_what_the_labs_leave_is_what_tshark_says() {
    let name = "every_field_of_what_the_labs_leave_is_what_tshark_says";
    if !has_tshark() {
        return skipped(name, "tshark is not installed");
    }
    let folder = folder(name);
    let mut chosen = Vec::new();
    for (lab, _) in lab::shipped::LABS {
        let run = folder.join(lab);
        let left = glassnet(&["lab", lab, "-q", "--until", "2s", "-o", text(&run)]);
        // Cut short, not every lab comes to what it expects.
        assert_ne!(left.code, Some(2), "{}", left.err);
        let mut seen = captures(&run);
        seen.sort_by_key(|file| std::cmp::Reverse(std::fs::metadata(file).map_or(0, |about| about.len())));
        chosen.extend(seen.into_iter().take(2));
    }
    assert_agreement(name, &chosen);
}

#[test]
fn the_page_lists_every_field_once() {
    let (exact, other) = fields();
    let listed: BTreeSet<&String> = exact.iter().chain(&other).collect();
    assert_eq!(listed.len(), exact.len() + other.len(), "a field stands there twice");
    let list = glassnet(&["read", "--list"]).out;
    let known: BTreeSet<String> = list.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
    assert_eq!(listed, known.iter().collect());
}

fn visit_agrees(name: &str, runs: &[&[&str]]) {
    if !has_tshark() {
        return skipped(name, "tshark is not installed");
    }
    let folder = folder(name);
    for (number, flags) in runs.iter().enumerate() {
        let run = folder.join(number.to_string());
        let visit = glassnet(&[&["visit", START, "-q", "--pcap-dir", text(&run)], *flags].concat());
        assert_eq!(visit.code, Some(0), "{}", visit.err);
    }
    assert_agreement(name, &captures(&folder));
}
