//! Stop-and-wait: one frame at a time, and why both frames and acknowledgements have a number.

use base::event::{ArqFact, LinkDrop};
use glassnet_link::hdlc::{Config, Discipline};

use crate::line::{A, B, Fate, LIMIT, Line, config, messages, ms};

fn line() -> Line {
    let mut line = Line::new(config(Discipline::StopAndWait));
    line.send(A, messages(3, 100));
    line
}

#[test]
fn frames_alternate_between_0_and_1() {
    let mut line = line();
    assert!(line.run(LIMIT));
    assert_eq!(line.sent(A), ["SABM P", "I ns=0 nr=0", "I ns=1 nr=0", "I ns=0 nr=0"]);
    assert_eq!(line.sent(B), ["UA P", "RR nr=1", "RR nr=0", "RR nr=1"]);
    assert_eq!(line.got[B], messages(3, 100));
}

#[test]
fn a_lost_frame_is_sent_again_when_t1_runs_out() {
    let mut line = line().lose(A, "I ns=1 nr=0");
    assert!(line.run(LIMIT));
    assert_eq!(line.sent(A)[2..], ["I ns=1 nr=0", "I ns=1 nr=0 P", "I ns=0 nr=0"]);
    assert_eq!(line.sent(B)[1..], ["RR nr=1", "RR nr=0 P", "RR nr=1"]);
    let (first, second) = (line.times(A, "I ns=1 nr=0")[0], line.times(A, "I ns=1 nr=0 P")[0]);
    let frame = second.since(first) - ms(100);
    assert!((0.9..1.0).contains(&(frame.secs_f64() * 1e3)), "T1 counts from the end of the frame, which took {frame}");
    assert!(line.facts(A).contains(&ArqFact::Resend { number: 1, why: "timeout" }));
    assert_eq!(
        line.trace.iter().filter(|sent| sent.from == A).nth(2).map(|sent| sent.id),
        line.resent(A),
        "the same packet"
    );
    assert_eq!(line.got[B], messages(3, 100));
}

/// Without a number in the frame the receiver would deliver it twice.
#[test]
fn a_lost_acknowledgement_makes_a_duplicate_that_is_dropped_and_acknowledged_again() {
    let mut line = line().lose(B, "RR nr=0");
    assert!(line.run(LIMIT));
    assert_eq!(line.sent(A)[2..], ["I ns=1 nr=0", "I ns=1 nr=0 P", "I ns=0 nr=0"]);
    assert_eq!(line.drops(B), [LinkDrop::DuplicateFrame]);
    assert_eq!(line.got[B], messages(3, 100));
}

/// Without a number in the acknowledgement, the second one for frame 0 would acknowledge frame 1, which is lost.
#[test]
fn a_late_acknowledgement_is_not_taken_for_the_next_frames() {
    let early = Config { timer: ms(12), ..config(Discipline::StopAndWait) };
    let mut line = Line::new(early).lose(A, "I ns=1 nr=0");
    line.send(A, messages(3, 100));
    assert!(line.run(LIMIT));
    assert!(line.drops(B).iter().all(|reason| *reason == LinkDrop::DuplicateFrame));
    assert!(line.drops(B).len() >= 2, "{:?}", line.sent(A));
    assert_eq!(line.got[B], messages(3, 100));
}

#[test]
fn a_damaged_frame_is_answered_by_a_nak_long_before_t1() {
    let damage = |reject| {
        let mut line = Line::new(Config { reject, ..config(Discipline::StopAndWait) }).rule(|from, text, before, _| {
            if (from, text, before) == (A, "I ns=1 nr=0", 0) { Fate::Damage } else { Fate::Pass }
        });
        line.send(A, messages(3, 100));
        assert!(line.run(LIMIT));
        assert_eq!(line.got[B], messages(3, 100));
        line
    };
    let (nak, silent) = (damage(true), damage(false));
    assert_eq!(nak.sent(B)[1..], ["RR nr=1", "REJ nr=1", "RR nr=0", "RR nr=1"]);
    assert_eq!(nak.stations[A].snapshot().counters.timeouts, 0);
    assert!(nak.facts(A).contains(&ArqFact::Resend { number: 1, why: "REJ" }));
    assert_eq!(silent.stations[A].snapshot().counters.timeouts, 1);
}

#[test]
fn an_acknowledgement_rides_on_a_frame_the_other_way() {
    let mut line = Line::new(Config { ack_delay: ms(30), ..config(Discipline::StopAndWait) });
    line.send(A, messages(1, 100));
    line.run(ms(40));
    assert_eq!((line.got[B].len(), line.sent(B)), (1, vec!["UA P"]), "the acknowledgement waits");
    line.send(B, messages(1, 100));
    assert!(line.run(LIMIT));
    assert_eq!(line.sent(B)[1..], ["I ns=0 nr=1"]);
    assert_eq!(line.sent(A)[1..], ["I ns=0 nr=0", "RR nr=1"], "nothing to ride on: it goes alone when T2 runs out");
}
