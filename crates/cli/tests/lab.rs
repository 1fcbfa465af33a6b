//! `glassnet lab` and `glassnet run`: what a person sees, keeps and breaks.

mod common;

use std::fs;

use common::{folder, glassnet, text};

#[test]
fn all_labs_are_listed_with_a_line_each() {
    let list = glassnet(&["lab"]);
    assert_eq!(list.code, Some(0), "{}", list.err);
    let labs = list.out.lines().filter(|line| line.starts_with("  ")).count();
    assert!(labs >= 20, "{}", list.out);
    let json = glassnet(&["lab", "--json"]).out;
    let names: serde_json::Value = serde_json::from_str(&json).expect("the list is JSON");
    assert_eq!(names.as_array().map(Vec::len), Some(labs));
}

#[test]
fn a_lab_is_explained_drawn_and_checked_and_says_how_to_repeat_it() {
    let run = glassnet(&["lab", "handshake"]);
    assert_eq!(run.code, Some(0), "{}\n{}", run.out, run.err);
    for part in ["A connection begins with three segments", "SYN ACK", "SYN-RECEIVED -> ESTABLISHED", "✓", "seed 1"] {
        assert!(run.out.contains(part), "no '{part}' in\n{}", run.out);
    }
}

#[test]
fn a_lab_that_is_broken_exits_with_1_and_says_what_was_there_instead() {
    let run = glassnet(&["lab", "handshake", "--set", "loss=100%"]);
    assert_eq!(run.code, Some(1), "{}", run.err);
    assert!(run.out.contains('✗') && run.out.contains("was "), "{}", run.out);
}

#[test]
fn what_does_not_exist_is_answered_by_what_does() {
    let lab = glassnet(&["lab", "handshaek"]);
    assert_eq!(lab.code, Some(2));
    assert!(lab.err.contains("glassnet lab handshake"), "{}", lab.err);
    let setting = glassnet(&["lab", "handshake", "--set", "link.wire.los=1%"]);
    assert_eq!(setting.code, Some(2));
    assert!(setting.err.contains("loss") && setting.err.contains("--set"), "{}", setting.err);
    let file = glassnet(&["run", "no-such-file.toml"]);
    assert_eq!(file.code, Some(2));
    assert!(file.err.contains("no-such-file.toml"), "{}", file.err);
}

#[test]
fn a_run_that_is_kept_leaves_everything_that_was_promised() {
    let folder = folder("a_run_that_is_kept_leaves_everything_that_was_promised");
    let run = glassnet(&["lab", "close", "-q", "-o", text(&folder)]);
    assert_eq!(run.code, Some(0), "{}\n{}", run.out, run.err);
    let files = [
        "report.html",
        "run.json",
        "scenario.toml",
        "events.qlog.jsonl",
        "ladder.txt",
        "ladder.svg",
        "ladder.mmd",
        "captures/client-wan0.pcapng",
        "plots/cwnd.svg",
        "series/throughput.csv",
    ];
    for file in files {
        let bytes = fs::read(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(!bytes.is_empty(), "{file} is empty");
    }
    for line in fs::read_to_string(folder.join("events.qlog.jsonl")).expect("it is text").lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    }
    let report = fs::read_to_string(folder.join("report.html")).expect("it is text");
    assert!(report.contains("</html>") && !report.contains("src=\"http") && !report.contains("<script"));
}

#[test]
fn the_same_seed_leaves_the_same_bytes() {
    let runs = ["first", "second"].map(|name| {
        let folder = folder(&format!("the_same_seed_leaves_the_same_bytes-{name}"));
        let run = glassnet(&["lab", "path-mtu", "-q", "--seed", "3", "-o", text(&folder)]);
        assert_eq!(run.code, Some(0), "{}", run.out);
        let mut files: Vec<_> = fs::read_dir(folder.join("captures")).expect("it is there").flatten().collect();
        files.sort_by_key(fs::DirEntry::file_name);
        let bytes = |file: &fs::DirEntry| (file.file_name(), fs::read(file.path()).expect("it can be read"));
        files.iter().map(bytes).collect::<Vec<_>>()
    });
    assert!(runs[0].len() > 4 && runs[0] == runs[1]);
}
