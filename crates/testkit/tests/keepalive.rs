//! Idle peers, and peers that do not acknowledge: RFC 9293 section 3.8.4, RFC 5482.

use base::Duration;
use base::event::TcpState;
use glassnet_testkit::*;
use stack::{Keepalive, TcpError, TcpOption};

fn open(net: &mut Pair) -> (Conn, Conn) {
    let listener = net.b.listen(80);
    let a = net.a.connect(net.b.addr(80));
    net.run_until(s(1));
    (a, listener.accept().expect("open"))
}

const EVERY: Keepalive = Keepalive { idle: s(10), interval: s(3), probes: 4 };

//= rfc9293#3.8.4 MUST-25 test
#[test]
fn without_being_asked_nobody_probes_an_idle_peer() {
    let mut net = Pair::new(seed!());
    let (a, _b) = open(&mut net);
    let sent = net.ladder().sent("a", tcp()).len();
    net.run_for(s(3600 * 24));
    assert_eq!((net.ladder().sent("a", tcp()).len(), a.state()), (sent, TcpState::Established));
}

//= rfc9293#3.8.4 MUST-24 MUST-26 MUST-27 SHLD-12 test
#[test]
fn an_idle_peer_is_asked_after_the_time_that_the_program_chose() {
    let mut net = Pair::new(seed!());
    let (a, b) = open(&mut net);
    a.set(TcpOption::Keepalive(Some(EVERY)));
    b.send(b"last words");
    net.run_for(ms(100));
    let heard = net.ladder().received("a", tcp().data())[0];
    net.run_for(s(35));
    let ladder = net.ladder();
    let probes: Vec<_> = ladder.segments("a", tcp()).into_iter().filter(|seen| seen.at > heard + s(5)).collect();
    let nxt = ladder.segments("b", tcp().pure_ack()).last().expect("answers").ack;
    assert!(
        probes.iter().all(|probe| probe.text.is_empty() && probe.seq + 1 == nxt),
        "no text, an old number: {probes:?}"
    );
    // Each answer starts the idle time anew: a round trip of 20 ms behind the probe.
    let times: Vec<Duration> = probes.iter().map(|probe| probe.at - heard).collect();
    assert_eq!(times, [s(10), s(20) + ms(20), s(30) + ms(40)]);
    assert_eq!((a.state(), b.state()), (TcpState::Established, TcpState::Established));
}

//= rfc9293#3.8.4 MUST-26 test
#[test]
fn who_talks_is_not_probed() {
    let mut net = Pair::new(seed!());
    let (a, b) = open(&mut net);
    a.set(TcpOption::Keepalive(Some(EVERY)));
    for _ in 0..20 {
        b.send(b"x");
        net.run_for(s(5));
        a.recv();
    }
    let asked = net.ladder().segments("b", tcp().pure_ack());
    assert!(asked.is_empty(), "b answers nothing, it was asked nothing: {asked:?}");
}

//= rfc9293#3.8.4 MUST-29 test
#[test]
fn a_lost_answer_is_asked_for_again_and_does_no_harm() {
    let mut net = Pair::new(seed!());
    let (a, b) = open(&mut net);
    a.set(TcpOption::Keepalive(Some(EVERY)));
    let now = net.now();
    net.rule(drop_all().from_b().after(now).until(now + s(18)));
    net.run_for(s(60));
    assert_eq!((a.state(), a.error()), (TcpState::Established, None), "three answers were lost, the fourth came");
    a.send(b"still there?");
    net.run_for(ms(100));
    assert_eq!(b.recv(), b"still there?");
}

//= rfc9293#3.8.4 MUST-24 test
#[test]
fn a_peer_that_answers_no_probe_is_given_up() {
    let mut net = Pair::new(seed!());
    let (a, _b) = open(&mut net);
    a.set(TcpOption::Keepalive(Some(EVERY)));
    let start = net.ladder().received("a", tcp()).last().copied().expect("a handshake");
    net.rule(drop_all());
    net.run_until_idle();
    let probes: Vec<_> = net.ladder().sent("a", tcp().pure_ack()).into_iter().filter(|at| *at > start + s(5)).collect();
    let times: Vec<Duration> = probes.into_iter().map(|at| at - start).collect();
    assert_eq!(times, [s(10), s(13), s(16), s(19)]);
    assert_eq!(a.error(), Some(TcpError::TimedOut));
    let (ended, _) = net.ladder().facts("a").pop().expect("an end");
    assert_eq!(ended - start, s(22));
}

//= rfc9293#3.8.4 MUST-28 test
#[test]
fn who_asks_for_nothing_else_probes_after_two_hours() {
    let mut net = Pair::new(seed!()).config(|c| c.keepalive = Some(Keepalive::default()));
    let (_a, _b) = open(&mut net);
    net.run_for(s(2 * 3600 - 60));
    let before = net.ladder().sent("a", tcp()).len();
    net.run_for(s(120));
    assert!(net.ladder().sent("a", tcp()).len() > before);
    let first = net.ladder().sent("a", tcp())[before];
    assert!(first >= s(2 * 3600), "{first}");
}

//= rfc9293#3.8.3 MUST-21 test
#[test]
fn a_user_timeout_does_not_end_what_is_merely_idle() {
    let mut net = Pair::new(seed!());
    let (a, b) = open(&mut net);
    a.set(TcpOption::UserTimeout(Some(s(5))));
    net.run_for(s(600));
    a.send(b"good morning");
    net.run_for(ms(100));
    assert_eq!((b.recv(), a.error()), (b"good morning".to_vec(), None));
}

//= rfc5482#2 test
//= rfc9293#3.8.3 MUST-21 test
#[test]
fn a_program_chooses_how_long_text_may_stay_unacknowledged() {
    let mut net = Pair::new(seed!());
    let (a, _b) = open(&mut net);
    a.set(TcpOption::UserTimeout(Some(s(5))));
    net.rule(drop_all());
    let start = net.now();
    a.send(b"into the void");
    while a.error().is_none() && net.now() < start + s(60) {
        net.run_for(ms(10));
    }
    assert_eq!(a.error(), Some(TcpError::TimedOut));
    let took = net.now() - start;
    assert!((s(5)..=ms(6500)).contains(&took), "{took}");
}
