//! Stories of films.

use super::*;
use crate::film::visit::{Plot, visit};

fn story(plot: Plot) -> Story {
    let story = Story::of(&visit(plot).cut());
    println!("{}", story.text(Style { width: 110, ..Style::PLAIN }));
    story
}

#[test]
fn a_visit_is_told_from_the_first_broadcast_to_the_last_fin() {
    let story = story(Plot::AllIsWell);
    let protocols: Vec<&str> = story.steps.iter().map(|step| step.protocol).collect();
    println!("{protocols:?}");
    println!("{}", story.text(Style { width: 110, explain: true, ..Style::PLAIN }));
}

#[test]
fn a_silenced_server_changes_the_story() {
    let story = story(Plot::SilentTld);
    assert_eq!(story.failure.as_ref().map(|failure| failure.said.as_str()), Some("SERVFAIL"));
}

#[test]
fn a_name_that_does_not_exist_changes_the_story() {
    story(Plot::NoSuchName);
}

#[test]
fn a_refused_connection_ends_the_story() {
    story(Plot::Refused);
}
