//! Go-back-N: a window of frames, one expected number.

use base::Duration;
use base::event::{ArqFact, LinkDrop};
use glassnet_link::hdlc::{Config, Discipline};

use crate::line::{A, B, Fate, LIMIT, Line, config, messages, ms};

fn line(config: Config, count: usize) -> Line {
    let mut line = Line::new(config);
    line.send(A, messages(count, 100));
    line
}

fn go_back_n() -> Config {
    config(Discipline::GoBackN)
}

#[test]
fn seven_frames_go_before_the_first_acknowledgement() {
    let mut line = line(go_back_n(), 20);
    line.run(ms(40));
    assert_eq!(line.count(A, "I "), 7);
    assert!(!line.stations[A].has_frame());
    assert!(line.run(LIMIT));
    assert_eq!(line.got[B], messages(20, 100));
    assert_eq!(line.stations[A].snapshot().counters.resent, 0);
}

#[test]
fn a_lost_frame_is_asked_for_once_and_all_after_it_go_again() {
    let mut line = line(go_back_n(), 7).lose(A, "I ns=2 nr=0");
    assert!(line.run(LIMIT));
    assert_eq!(
        line.sent(B),
        ["UA P", "RR nr=1", "RR nr=2", "REJ nr=2", "RR nr=3", "RR nr=4", "RR nr=5", "RR nr=6", "RR nr=7"]
    );
    assert_eq!(line.drops(B), [LinkDrop::OutOfSequence; 4]);
    let resent: Vec<_> = line.facts(A).into_iter().filter(|fact| matches!(fact, ArqFact::Resend { .. })).collect();
    assert_eq!(resent, [2, 3, 4, 5, 6].map(|number| ArqFact::Resend { number, why: "REJ" }));
    assert_eq!((line.got[B].clone(), line.stations[A].snapshot().counters.timeouts), (messages(7, 100), 0));
}

#[test]
fn each_gap_is_asked_for_and_a_second_loss_in_it_is_none() {
    let rejects = |lost: &'static [(&str, usize)]| {
        let mut line = line(go_back_n(), 14).rule(move |from, text, before, _| {
            if from == A && lost.contains(&(text, before)) { Fate::Lose } else { Fate::Pass }
        });
        assert!(line.run(LIMIT));
        assert_eq!(line.got[B], messages(14, 100));
        line.count(B, "REJ")
    };
    assert_eq!(rejects(&[("I ns=1 nr=0", 0), ("I ns=5 nr=0", 0)]), 1, "frame 5 goes again with all after frame 1");
    assert_eq!(rejects(&[("I ns=1 nr=0", 0), ("I ns=1 nr=0", 2)]), 2, "frame 1, and the next one with this number");
}

#[test]
fn a_lost_reject_is_not_repeated_and_t1_sends_the_whole_window() {
    let mut line = line(go_back_n(), 7).rule(|from, text, before, _| {
        let lost = (from, text, before) == (A, "I ns=0 nr=0", 0) || (from, text, before) == (B, "REJ nr=0", 0);
        if lost { Fate::Lose } else { Fate::Pass }
    });
    assert!(line.run(LIMIT));
    assert_eq!(line.count(B, "REJ"), 1);
    assert_eq!(
        line.sent(A)[8..],
        ["I ns=0 nr=0 P", "I ns=1 nr=0", "I ns=2 nr=0", "I ns=3 nr=0", "I ns=4 nr=0", "I ns=5 nr=0", "I ns=6 nr=0"]
    );
    assert!(line.facts(A).contains(&ArqFact::Timer { name: "T1", what: "expired" }));
    assert_eq!(line.got[B], messages(7, 100));
}

#[test]
fn one_acknowledgement_covers_all_before_it() {
    let mut line = line(go_back_n(), 7).rule(|from, text, _, _| {
        if from == B && text.starts_with("RR") && text != "RR nr=7" { Fate::Lose } else { Fate::Pass }
    });
    assert!(line.run(LIMIT));
    assert_eq!((line.got[B].clone(), line.stations[A].snapshot().counters.resent), (messages(7, 100), 0));
}

#[test]
fn a_delayed_acknowledgement_goes_alone_when_t2_runs_out() {
    let mut line = line(Config { ack_delay: ms(20), ..go_back_n() }, 7);
    assert!(line.run(LIMIT));
    assert_eq!(line.sent(B), ["UA P", "RR nr=7"]);
    assert_eq!(line.got[B], messages(7, 100));
}

#[test]
fn traffic_both_ways_carries_the_acknowledgements() {
    let mut line = line(Config { ack_delay: ms(20), ..go_back_n() }, 50);
    line.send(B, messages(50, 100));
    assert!(line.run(LIMIT));
    assert_eq!((&line.got[A], &line.got[B]), (&messages(50, 100), &messages(50, 100)));
    let alone = line.count(A, "RR") + line.count(B, "RR");
    assert!(alone < 20, "{alone} acknowledgements of 100 went alone");
}

/// Without REJ the receiver says again what it has; T1 repairs, or, if the sender is told to, repeated
/// acknowledgements.
#[test]
fn without_reject_the_last_frame_in_order_is_acknowledged_again() {
    let quiet = Config { reject: false, ..go_back_n() };
    let mut slow = line(quiet, 7).lose(A, "I ns=1 nr=0");
    assert!(slow.run(LIMIT));
    assert_eq!(slow.sent(B)[1..7], ["RR nr=1"; 6]);
    assert_eq!((slow.count(B, "REJ"), slow.stations[A].snapshot().counters.timeouts), (0, 1));
    let mut fast = line(Config { early_resend: 3, ..quiet }, 7).lose(A, "I ns=1 nr=0");
    assert!(fast.run(LIMIT));
    assert_eq!(fast.stations[A].snapshot().counters.timeouts, 0);
    assert!(fast.facts(A).contains(&ArqFact::Resend { number: 1, why: "repeated acknowledgement" }));
    assert!(fast.now < slow.now);
    assert_eq!((&fast.got[B], &slow.got[B]), (&messages(7, 100), &messages(7, 100)));
}

#[test]
fn a_busy_receiver_stops_the_sender_until_it_is_ready() {
    let mut line = line(go_back_n(), 30);
    line.run(ms(45));
    line.with(B, |station, _| station.set_busy(true));
    line.run(Duration::from_secs(5));
    let taken = line.got[B].len();
    assert!(line.count(B, "RNR") > 2 && line.drops(B).contains(&LinkDrop::QueueFull));
    let probes = line.count(A, "RR nr=0 P");
    assert!((40..50).contains(&probes), "T1 asks every 100 ms and a round trip: {probes}");
    assert_eq!(line.stations[A].snapshot().state.name(), "connected", "a busy peer that answers is not given up");
    line.run(Duration::from_secs(5));
    assert_eq!(line.got[B].len(), taken);
    line.with(B, |station, _| station.set_busy(false));
    assert!(line.run(LIMIT));
    assert_eq!(line.got[B], messages(30, 100));
}

#[test]
fn a_lost_end_of_busy_is_found_by_asking() {
    let mut line = line(go_back_n(), 10).rule(|from, text, _, _| {
        if from == B && text.starts_with("RR") && !text.ends_with('P') { Fate::Lose } else { Fate::Pass }
    });
    line.with(B, |station, _| station.set_busy(true));
    line.run(ms(300));
    line.with(B, |station, _| station.set_busy(false));
    assert!(line.run(LIMIT));
    assert_eq!(line.got[B], messages(10, 100));
}
