//! Each file beside this one has one mistake, or a few of a kind. What is said about it is in `messages.txt`, to be read
//! as a newcomer would; `UPDATE=1 cargo test -p glassnet-lab --test mistakes` writes it anew.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use glassnet_lab::file::{self, Override};

/// A line that begins so is a setting given with `--set`.
const SET: &str = "# --set ";

fn messages() -> (usize, String) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes");
    let entries = fs::read_dir(&directory).expect("the directory is there");
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".toml"))
        .collect();
    names.sort();
    let mut all = String::new();
    for name in &names {
        let text = fs::read_to_string(directory.join(name)).expect("it can be read");
        let overrides: Vec<Override> =
            text.lines().filter_map(|line| line.strip_prefix(SET)).map(Override::new).collect();
        let said = match file::read_with_warnings(&text, name, &overrides) {
            Err(diagnosis) => diagnosis.to_string(),
            Ok((_, warnings)) if !warnings.is_empty() => warnings.to_string(),
            Ok(_) => "NOTHING IS SAID".to_owned(),
        };
        let lines: Vec<&str> = said.lines().map(str::trim_end).collect();
        let _ = write!(all, "━━━ {name}\n{}\n\n", lines.join("\n"));
    }
    (names.len(), all)
}

#[test]
fn every_mistake_gets_its_message() {
    let (count, messages) = messages();
    assert!(count >= 40, "only {count} mistakes");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes/messages.txt");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&file, &messages).expect("the messages can be written");
    }
    let known = fs::read_to_string(&file).unwrap_or_default();
    for (said, known) in messages.split("━━━").zip(known.split("━━━")) {
        assert_eq!(said, known, "UPDATE=1 writes the messages anew; read them then");
    }
    assert_eq!(messages.len(), known.len());
    assert!(!messages.contains("NOTHING IS SAID"), "a mistake is not found");
}
