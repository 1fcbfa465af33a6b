//! Every shipped lab is a test: what it claims holds, and what it says breaks it does. Nothing here names one of them.

use std::collections::BTreeSet;

use glassnet_lab::file::{Override, read};
use glassnet_lab::scenario::Scenario;
use glassnet_lab::{Lab, Outcome, shipped};

fn lab(name: &str, text: &str, set: &[Override]) -> Lab {
    read(text, name, set).unwrap_or_else(|diagnosis| panic!("{}", diagnosis.render(false)))
}

/// Runs it, recording only what its expectations ask for.
fn run(name: &str, scenario: &Scenario, seed: u64) -> Outcome {
    let wants = scenario.wants();
    scenario.run_recording(seed, wants).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn every_lab_keeps_its_promises() {
    for (name, text) in shipped::LABS {
        let lab = lab(name, text, &[]);
        let outcome = run(name, &lab.scenario, lab.seed);
        let failures: Vec<&str> = outcome.failures().collect();
        assert!(outcome.is_as_expected(), "{name}, ended: {}\n{}", outcome.ended, failures.join("\n"));
        assert!(!outcome.expectations.is_empty(), "{name} expects nothing");
    }
}

#[test]
fn every_lab_has_a_setting_under_which_it_breaks() {
    for (name, text) in shipped::LABS {
        let breaks = lab(name, text, &[]).breaks_when.unwrap_or_else(|| panic!("{name} has no breaks_when"));
        let broken = lab(name, text, &[Override::new(breaks.clone())]);
        let outcome = run(name, &broken.scenario, broken.seed);
        assert!(outcome.failures().next().is_some(), "{name}: all that it expects holds with {breaks}, too");
    }
}

#[test]
fn every_lab_has_a_line_that_says_what_it_shows_and_an_explanation_of_at_most_a_page() {
    for (name, text) in shipped::LABS {
        let lab = lab(name, text, &[]);
        assert_eq!(lab.scenario.name, *name, "a lab is called like its file");
        assert!((20..=120).contains(&lab.title.chars().count()), "{name}: {:?}", lab.title);
        let words = lab.explain.split_whitespace().count();
        assert!((60..=420).contains(&words), "{name} is explained in {words} words");
    }
}

#[test]
fn every_number_of_an_explanation_stands_in_an_expectation() {
    let mut complaints = Vec::new();
    for (name, text) in shipped::LABS {
        let lab = lab(name, text, &[]);
        let told = lab.scenario.expectations.iter();
        let told: String = told.map(|e| format!("{} {} ", e.that, e.why.clone().unwrap_or_default())).collect();
        let known: BTreeSet<String> = numbers(&told).into_iter().collect();
        let missing: Vec<String> =
            numbers(&without_sources(&lab.explain)).into_iter().filter(|n| !known.contains(n)).collect();
        if !missing.is_empty() {
            complaints.push(format!("{name}: no expectation has {missing:?}; there are {known:?}"));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// The text without what tells where a claim comes from: RFCs and their sections, years, names with a dash.
fn without_sources(text: &str) -> String {
    let mut out = String::new();
    let mut words = text.split_whitespace().peekable();
    let mut in_source = false;
    while let Some(word) = words.next() {
        if word.trim_start_matches('(').starts_with("RFC") {
            in_source = true;
        }
        let bare = word.trim_matches(|c: char| "(),;:.".contains(c));
        let year = bare.len() == 4 && (bare.starts_with("19") || bare.starts_with("20")) && bare.parse::<u16>().is_ok();
        let option = bare.starts_with("--");
        if !in_source && !year && !option {
            out.push_str(word);
            out.push(' ');
        }
        if in_source && (word.contains(')') || !continues(words.peek().copied())) {
            in_source = false;
        }
    }
    out
}

/// Whether the next word still belongs to `RFC 9293, 3.5, figure 9`.
fn continues(next: Option<&str>) -> bool {
    let bare = next.unwrap_or_default().trim_matches(|c: char| "(),;:.".contains(c));
    bare.starts_with(|c: char| c.is_ascii_digit()) || ["and", "figure", "section", "RFC", "appendix"].contains(&bare)
}

/// The numbers of a text, without units, signs and zeros that mean nothing.
fn numbers(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut number = String::new();
    let mut before = ' ';
    for c in text.chars().chain([' ']) {
        let part = c.is_ascii_digit() || (c == '.' && !number.is_empty() && !number.contains('.'));
        if part && (!number.is_empty() || !before.is_ascii_alphabetic()) {
            number.push(c);
        } else if !number.is_empty() {
            found.push(plain(&number));
            number.clear();
        }
        before = c;
    }
    found
}

fn plain(number: &str) -> String {
    number.parse::<f64>().map_or_else(|_| number.to_owned(), |value| value.to_string())
}

#[test]
fn numbers_are_found_and_sources_are_not() {
    assert_eq!(numbers("1.5s, 20ms; a 7 and eth0, 0.50."), ["1.5", "20", "7", "0.5"]);
    let text = "it waits 3s (RFC 6298, 2.4 and 5.5), since RFC 793 section 3.5 of 1981 wants 4.";
    assert_eq!(numbers(&without_sources(text)), ["3", "4"]);
}
