//! Selective repeat: a window at both ends, and only what was lost goes again.

use base::event::{ArqFact, LinkDrop};
use glassnet_link::hdlc::{Config, Discipline};

use crate::line::{A, B, Fate, LIMIT, Line, config, messages, ms};

fn line(config: Config, count: usize) -> Line {
    let mut line = Line::new(config);
    line.send(A, messages(count, 100));
    line
}

fn selective() -> Config {
    config(Discipline::SelectiveRepeat)
}

fn resent(line: &Line) -> Vec<(u8, &'static str)> {
    let of = |fact| match fact {
        ArqFact::Resend { number, why } => Some((number, why)),
        _ => None,
    };
    line.facts(A).into_iter().filter_map(of).collect()
}

#[test]
fn only_the_lost_frame_goes_again() {
    let mut line = line(selective(), 4).lose(A, "I ns=1 nr=0");
    assert!(line.run(LIMIT));
    assert_eq!(line.sent(A)[1..], ["I ns=0 nr=0", "I ns=1 nr=0", "I ns=2 nr=0", "I ns=3 nr=0", "I ns=1 nr=0"]);
    assert_eq!(line.sent(B)[1..], ["RR nr=1", "SREJ nr=1", "RR nr=4"]);
    assert_eq!(resent(&line), [(1, "SREJ")]);
    let held = line.facts(B).into_iter().filter(|fact| matches!(fact, ArqFact::Window { held: 2, .. })).count();
    assert_eq!((held, line.got[B].clone(), line.drops(B).len()), (1, messages(4, 100), 0));
}

#[test]
fn each_missing_frame_is_asked_for_once() {
    let mut line = line(selective(), 4).rule(|from, text, before, _| {
        let lost = from == A && before == 0 && ["I ns=0 nr=0", "I ns=2 nr=0"].contains(&text);
        if lost { Fate::Lose } else { Fate::Pass }
    });
    assert!(line.run(LIMIT));
    assert_eq!(line.sent(B)[1..], ["SREJ nr=0", "SREJ nr=2", "RR nr=2", "RR nr=4"]);
    assert_eq!((resent(&line), line.got[B].clone()), (vec![(0, "SREJ"), (2, "SREJ")], messages(4, 100)));
}

#[test]
fn a_lost_srej_is_not_repeated_and_t1_sends_the_oldest_alone() {
    let mut line = line(selective(), 4).rule(|from, text, before, _| {
        let lost = before == 0 && [(A, "I ns=1 nr=0"), (B, "SREJ nr=1")].contains(&(from, text));
        if lost { Fate::Lose } else { Fate::Pass }
    });
    assert!(line.run(LIMIT));
    assert_eq!((resent(&line), line.count(B, "SREJ")), (vec![(1, "timeout")], 1));
    assert_eq!(line.got[B], messages(4, 100));
}

/// Each frame has its own time: when the oldest is acknowledged, the next one's may have passed long ago.
#[test]
fn two_lost_frames_whose_srejs_are_lost_are_sent_again_one_after_the_other() {
    let mut line = line(selective(), 4).rule(|from, text, before, _| {
        let lost =
            (from == A && before == 0 && ["I ns=0 nr=0", "I ns=2 nr=0"].contains(&text)) || text.starts_with("SREJ");
        if lost { Fate::Lose } else { Fate::Pass }
    });
    assert!(line.run(LIMIT));
    assert_eq!(resent(&line), [(0, "timeout"), (2, "timeout")]);
    let gap = line.times(A, "I ns=2 nr=0 P")[0].since(line.times(A, "I ns=0 nr=0 P")[0]);
    assert!(gap < ms(30), "no second wait for T1: {gap}");
    assert_eq!(line.got[B], messages(4, 100));
}

#[test]
fn a_lost_acknowledgement_makes_a_duplicate_that_is_acknowledged_again() {
    let mut line = line(selective(), 4).rule(|from, text, before, _| {
        if from == B && text.starts_with("RR") && before == 0 && !text.ends_with('P') { Fate::Lose } else { Fate::Pass }
    });
    assert!(line.run(LIMIT));
    assert_eq!(line.drops(B), [LinkDrop::DuplicateFrame]);
    assert_eq!((resent(&line), line.got[B].clone()), (vec![(0, "timeout")], messages(4, 100)));
}

#[test]
fn without_srej_the_receiver_still_keeps_what_came_early() {
    let mut line = line(Config { reject: false, ..selective() }, 4).lose(A, "I ns=1 nr=0");
    assert!(line.run(LIMIT));
    assert_eq!((resent(&line), line.count(B, "SREJ")), (vec![(1, "timeout")], 0));
    assert_eq!((line.got[B].clone(), line.drops(B).len()), (messages(4, 100), 0));
}
