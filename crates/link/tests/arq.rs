//! Reliable transfer on a line, as stories: what is lost, what is late, and what each discipline does about it.

mod line;

use base::Duration;
use base::event::{ArqFact, LinkDrop};
use glassnet_link::hdlc::{Config, Discipline, State};
use line::{A, B, Fate, Line, config, messages, ms};

const LIMIT: Duration = Duration::from_secs(100);

fn state(from: &'static str, to: &'static str) -> ArqFact {
    ArqFact::State { from, to }
}

#[test]
fn the_first_packet_sets_the_link_up() {
    let mut line = Line::new(config(Discipline::GoBackN));
    line.send(A, messages(3, 100));
    assert!(line.run(LIMIT));
    assert_eq!(line.sent(A), ["SABM P", "I ns=0 nr=0", "I ns=1 nr=0", "I ns=2 nr=0"]);
    assert_eq!(line.sent(B), ["UA P", "RR nr=1", "RR nr=2", "RR nr=3"]);
    assert_eq!(line.got[B], messages(3, 100));
    assert_eq!(line.facts(A)[0], state("disconnected", "connecting"));
    let (a, b) = (line.stations[A].snapshot(), line.stations[B].snapshot());
    assert_eq!((a.state, a.oldest, a.next, a.outstanding), (State::Connected, 3, 3, 0));
    assert_eq!((b.expected, b.counters.delivered), (3, 3));
}
