//! `glassnet diff`: two runs, and where they part.

mod common;

use std::path::PathBuf;

use common::{folder, glassnet, text};

/// The captures of a visit, as a run leaves them.
fn visit(test: &str, seed: &str, loss: &str) -> PathBuf {
    let run = folder(&format!("{test}-{seed}-{loss}"));
    let captures = run.join("captures");
    let flags = ["--seed", seed, "--loss", loss];
    let visit =
        glassnet(&[&["visit", "https://www.example.com/", "-q", "--pcap-dir", text(&captures)], &flags[..]].concat());
    assert_eq!(visit.code, Some(0), "{}", visit.err);
    run
}

#[test]
fn the_same_run_twice_is_the_same() {
    let test = "the_same_run_twice_is_the_same";
    let run = visit(test, "1", "0%");
    let diff = glassnet(&["diff", text(&run), text(&run)]);
    assert_eq!(diff.code, Some(0), "{}", diff.err);
    assert!(diff.out.starts_with("The runs are the same: "), "{}", diff.out);
}

#[test]
fn runs_that_differ_are_shown_from_where_they_part() {
    let test = "runs_that_differ_are_shown_from_where_they_part";
    let diff = glassnet(&["diff", text(&visit(test, "1", "0%")), text(&visit(test, "2", "0%"))]);
    assert_eq!(diff.code, Some(1), "{}", diff.err);
    for words in ["The runs are the same up to ", "laptop.eth0 sends DHCPDISCOVER", "They differ in ", " around "] {
        assert!(diff.out.contains(words), "\"{words}\" is missing:\n{}", diff.out);
    }
}

#[test]
fn a_folder_that_no_run_left_ends_with_2() {
    let empty = folder("a_folder_that_no_run_left_ends_with_2");
    let diff = glassnet(&["diff", text(&empty), text(&empty)]);
    assert_eq!(diff.code, Some(2));
    assert!(diff.err.contains("neither captures nor events"), "{}", diff.err);
}
