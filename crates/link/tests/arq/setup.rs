//! Setting a link up, resetting it, taking it down.

use base::event::{ArqFact, LinkDrop};
use base::{Duration, PacketId};
use glassnet_link::hdlc::{Config, Discipline, Framing, State};
use wire::PacketBuf;
use wire::hdlc::{Control, Modulus, Supervisory};

use crate::line::{A, B, Fate, LIMIT, Line, ax25, config, llc_8023, messages, ms};

fn state(from: &'static str, to: &'static str) -> ArqFact {
    ArqFact::State { from, to }
}

fn states(line: &Line, end: usize) -> Vec<ArqFact> {
    line.facts(end).into_iter().filter(|fact| matches!(fact, ArqFact::State { .. })).collect()
}

/// A supervisory frame of B's that B's station did not send.
fn forged(control: Control) -> PacketBuf {
    let Framing::Ax25 { local, remote } = ax25(B) else { unreachable!() };
    let mut frame = PacketBuf::new(PacketId(1), Default::default());
    wire::ax25::Header { dst: remote, src: local, command: false, control, pid: None }.push(&mut frame);
    frame
}

#[test]
fn the_first_packet_sets_the_link_up() {
    let mut line = Line::new(config(Discipline::GoBackN));
    line.send(A, messages(3, 100));
    assert!(line.run(LIMIT));
    assert_eq!(line.sent(A), ["SABM P", "I ns=0 nr=0", "I ns=1 nr=0", "I ns=2 nr=0"]);
    assert_eq!(line.sent(B), ["UA P", "RR nr=1", "RR nr=2", "RR nr=3"]);
    assert_eq!(line.got[B], messages(3, 100));
    assert_eq!(states(&line, A), [state("disconnected", "connecting"), state("connecting", "connected")]);
    assert_eq!(states(&line, B), [state("disconnected", "connected")]);
    let (a, b) = (line.stations[A].snapshot(), line.stations[B].snapshot());
    assert_eq!((a.state, a.oldest, a.next, a.outstanding), (State::Connected, 3, 3, 0));
    assert_eq!((b.expected, b.counters.delivered), (3, 3));
}

#[test]
fn llc_sets_up_with_sabme_and_numbers_up_to_127() {
    for framing in [Framing::Llc, llc_8023(A)] {
        let config = Config { bits: 7, window: 127, framing, ..config(Discipline::GoBackN) };
        let mut line = Line::new(config);
        line.send(A, messages(200, 20));
        assert!(line.run(LIMIT));
        assert_eq!((line.sent(A)[0], line.sent(A)[128]), ("SABME P", "I ns=127 nr=0"));
        assert_eq!(line.got[B], messages(200, 20));
        assert_eq!(line.stations[A].snapshot().counters.resent, 0);
    }
}

#[test]
fn a_lost_request_and_a_lost_answer_are_sent_again() {
    for (end, text) in [(A, "SABM P"), (B, "UA P")] {
        let mut line = Line::new(config(Discipline::GoBackN)).lose(end, text);
        line.send(A, messages(2, 50));
        assert!(line.run(LIMIT));
        assert_eq!(line.count(A, "SABM"), 2);
        let [first, second] = line.times(A, "SABM P")[..] else { panic!("two requests") };
        assert!((100.0..101.0).contains(&(second.since(first).secs_f64() * 1e3)), "T1 after the end of the request");
        assert_eq!(line.got[B], messages(2, 50));
    }
}

#[test]
fn both_ends_may_ask_at_the_same_moment() {
    for lost in [None, Some((A, "UA P")), Some((B, "UA P")), Some((A, "SABM P"))] {
        let mut line = Line::new(config(Discipline::GoBackN));
        if let Some((end, text)) = lost {
            line = line.lose(end, text);
        }
        line.send(A, messages(9, 50));
        line.send(B, messages(5, 60));
        assert!(line.run(LIMIT));
        assert_eq!((line.sent(A)[0], line.sent(B)[0]), ("SABM P", "SABM P"));
        assert_eq!((&line.got[B], &line.got[A]), (&messages(9, 50), &messages(5, 60)), "{lost:?}");
    }
}

/// T1 is shorter than the way there and back: the request goes twice, and is answered twice.
#[test]
fn a_late_answer_to_a_request_does_no_harm() {
    let mut line = Line::new(Config { timer: ms(15), retries: 100, ..config(Discipline::GoBackN) });
    line.send(A, messages(6, 50));
    line.send(B, messages(6, 50));
    assert!(line.run(LIMIT));
    assert!(line.count(A, "SABM") >= 2, "{:?}", line.sent(A));
    assert_eq!((&line.got[A], &line.got[B]), (&messages(6, 50), &messages(6, 50)));
    assert_eq!((line.count(A, "FRMR"), line.count(B, "FRMR")), (0, 0));
}

#[test]
fn after_n2_attempts_the_station_gives_up_and_the_next_packet_tries_anew() {
    let mut line = Line::new(Config { retries: 3, ..config(Discipline::GoBackN) })
        .rule(|_, text, before, _| if text == "SABM P" && before < 4 { Fate::Lose } else { Fate::Pass });
    line.send(A, messages(1, 50));
    assert!(line.run(LIMIT));
    assert_eq!((line.sent(A), line.drops(A)), (vec!["SABM P"; 4], vec![LinkDrop::NotConnected]));
    assert_eq!(line.stations[A].snapshot().state, State::Disconnected);
    line.send(A, messages(1, 60));
    assert!(line.run(LIMIT));
    assert_eq!(line.got[B], messages(1, 60));
}

#[test]
fn a_line_that_dies_is_noticed_after_n2_attempts_and_its_frames_are_dropped() {
    let mut line = Line::new(Config { retries: 3, ..config(Discipline::GoBackN) });
    line.send(A, messages(1, 50));
    assert!(line.run(LIMIT));
    line = line.rule(|_, _, _, _| Fate::Lose);
    line.send(A, messages(9, 50));
    line.run(Duration::from_secs(1));
    let reasons = line.drops(A);
    assert_eq!((reasons[..7].to_vec(), reasons.get(7)), (vec![LinkDrop::RetryLimit; 7], Some(&LinkDrop::NotConnected)));
    assert_eq!(line.sent(A).iter().filter(|text| text.starts_with("I ns=1 ")).count(), 4, "once and N2 times again");
    assert_eq!(states(&line, A)[2..4], [state("connected", "recovering"), state("recovering", "disconnected")]);
}

#[test]
fn a_station_without_a_link_answers_dm_and_the_other_connects_again() {
    let mut line = Line::new(config(Discipline::GoBackN));
    line.send(A, messages(1, 50));
    assert!(line.run(LIMIT));
    line = line.lose(B, "DISC P");
    line.with(B, |station, cx| station.disconnect(cx));
    line.run(ms(50));
    assert_eq!(line.stations[B].snapshot().state, State::Disconnecting);
    assert!(line.run(LIMIT));
    assert_eq!((line.sent(B)[2..].to_vec(), line.sent(A).last()), (vec!["DISC P", "DISC P"], Some(&"UA P")));
    line.send(A, messages(2, 60));
    assert!(line.run(LIMIT));
    assert_eq!(line.got[B][1..], messages(2, 60));
}

#[test]
fn an_acknowledgement_of_what_was_never_sent_resets_the_link() {
    let mut line = Line::new(config(Discipline::GoBackN));
    line.send(A, messages(2, 50));
    assert!(line.run(LIMIT));
    let wrong = forged(Control::S { kind: Supervisory::Rr, nr: 5, poll: false });
    line.with(A, |station, cx| station.on_frame(cx, wrong));
    assert!(line.run(LIMIT));
    assert_eq!(line.sent(A)[3..5], ["FRMR", "SABM P"]);
    assert_eq!(line.sent(B).iter().filter(|text| **text == "UA P").count(), 2);
    line.send(A, messages(3, 70));
    assert!(line.run(LIMIT));
    assert_eq!(line.got[B][2..], messages(3, 70), "the link works again, from number 0");
    assert_eq!(line.stations[A].snapshot().next, 3);
}

#[test]
fn a_control_field_that_means_nothing_resets_the_link() {
    let mut line = Line::new(config(Discipline::GoBackN));
    line.send(A, messages(1, 50));
    assert!(line.run(LIMIT));
    let mut frame = forged(Control::S { kind: Supervisory::Rr, nr: 1, poll: false });
    frame.head_mut()[14] = 0x33; // no unnumbered frame has these bits
    assert!(Control::parse(&[0x33], Modulus::Eight).is_err());
    line.with(A, |station, cx| station.on_frame(cx, frame));
    assert!(line.run(LIMIT));
    assert_eq!((line.count(A, "FRMR"), line.stations[A].snapshot().state), (1, State::Connected));
    assert_eq!(line.drops(A), [LinkDrop::Malformed]);
}

#[test]
fn frames_for_others_and_garbage_are_dropped_with_a_reason() {
    let mut line = Line::new(config(Discipline::GoBackN));
    let mut other = forged(Control::S { kind: Supervisory::Rr, nr: 0, poll: false });
    other.head_mut()[0] ^= 4; // another letter
    line.with(A, |station, cx| station.on_frame(cx, other));
    line.with(A, |station, cx| station.on_frame(cx, PacketBuf::from_vec(PacketId(2), vec![1, 2, 3])));
    let early = forged(Control::I { ns: 0, nr: 0, poll: false });
    line.with(A, |station, cx| station.on_frame(cx, early));
    line.with(A, |station, cx| station.on_packet(cx, PacketBuf::from_vec(PacketId(3), vec![8])));
    line.with(A, |station, cx| station.on_packet(cx, PacketBuf::from_vec(PacketId(4), vec![0; 1503])));
    use LinkDrop::{Malformed, NotConnected, NotForUs, TooBig};
    assert_eq!(line.drops(A), [NotForUs, Malformed, NotConnected, Malformed, TooBig]);
    line.run(LIMIT);
    assert_eq!(line.sent(A), ["DM"], "a command to a station without a link");
}
