//! The reference of the expression language says what the code does, and no text makes the language panic.

use glassnet_lab::expect::{Expectation, FramePredicate, Measure, reference};
use proptest::prelude::*;

const PAGE: &str = include_str!("../../../docs/expectations.md");

/// The lines of all fences of the page that are marked so.
fn examples(mark: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    let mut inside = false;
    for line in PAGE.lines() {
        match line.strip_prefix("```") {
            Some(own) => inside = !inside && own == mark,
            None if inside => found.push(line),
            None => {}
        }
    }
    found
}

#[test]
fn every_example_of_the_reference_is_an_expression() {
    assert!(examples("expect").len() >= 15 && examples("frame").len() >= 3 && examples("measure").len() >= 4);
    for text in examples("expect") {
        Expectation::parse(text).unwrap_or_else(|error| panic!("{error}\n{}", error.underlined(text)));
    }
    for text in examples("frame") {
        FramePredicate::parse(text).unwrap_or_else(|error| panic!("{error}\n{}", error.underlined(text)));
    }
    for text in examples("measure") {
        Measure::parse(text).unwrap_or_else(|error| panic!("{error}\n{}", error.underlined(text)));
    }
}

/// To refresh the page: `cargo test -p glassnet-lab --test expect -- --ignored` prints what must stand there.
#[test]
fn the_reference_lists_every_source_field_and_function() {
    let (_, listed) = PAGE.split_once("<!-- reference -->\n").expect("the page has the mark");
    assert_eq!(listed.trim(), reference().trim(), "the tables of docs/expectations.md are not those of the code");
}

#[test]
#[ignore = "prints the tables of docs/expectations.md, to be put there when sources or functions change"]
fn the_tables_of_the_reference() {
    println!("{}", reference());
}

/// Pieces of expressions, right and wrong, in any order.
fn pieces() -> impl Strategy<Value = String> {
    let words = [
        "frames",
        "states",
        "bulk.done",
        "tcp.len",
        "at",
        "node",
        "count",
        "(",
        ")",
        "[",
        "]",
        ".",
        ",",
        "==",
        "<",
        "and",
        "or",
        "not",
        "in",
        "-",
        "+",
        "*",
        "/",
        "%",
        "1",
        "5%",
        "2s",
        "'x'",
        "'",
        "true",
        "first",
        "all",
        "ip.src",
        "é",
        " ",
    ];
    prop::collection::vec(prop::sample::select(words.to_vec()), 0..40).prop_map(|words| words.join(" "))
}

/// Whatever is read, or refused with a place inside of the text.
fn is_total(text: &str) {
    let errors = [Expectation::parse(text).err(), Measure::parse(text).err(), FramePredicate::parse(text).err()];
    for error in errors.into_iter().flatten() {
        assert!(text.get(error.span.clone()).is_some(), "{text:?}: {error:?}");
        let _ = error.underlined(text);
    }
    if let Ok(expectation) = Expectation::parse(text)
        && let Err(shortfall) = expectation.check(&Default::default())
    {
        assert!(shortfall.to_string().starts_with("expected"));
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_language_panic(text in "\\PC{0,200}") {
        is_total(&text);
    }

    #[test]
    fn no_order_of_its_words_makes_the_language_panic(text in pieces()) {
        is_total(&text);
    }
}
