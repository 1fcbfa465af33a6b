//! The retransmission timer: RFC 6298 and Karn's algorithm, over the wire.

use base::Duration;
use base::event::{TcpState, TransportFact};
use glassnet_testkit::*;
use stack::TcpError;

/// An open connection over a cable with a round trip of 100 ms, without timestamps, tail probes (RFC 8985) and a floor of
/// the timeout: its first sample is the handshake's 100 ms.
fn open(seed: Seed) -> (Pair, Conn, Conn) {
    let mut net =
        Pair::new(seed).delay(ms(50)).config(|c| (c.min_rto, c.timestamps, c.rack) = (Duration::ZERO, false, false));
    let listener = net.b.listen(80);
    let a = net.a.connect(net.b.addr(80));
    net.run_until(s(1));
    let b = listener.accept().expect("open");
    (net, a, b)
}

/// How long after the first the others were sent.
fn gaps(times: &[Duration]) -> Vec<Duration> {
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

//= rfc6298#2 test
//= rfc6298#5 test
#[test]
fn the_timeout_follows_the_known_answers_over_the_wire() {
    // Round trips of 100 ms: the RTO is 300, 250, 212.5, 184.375 ms after one to four of them.
    for (samples, rto) in [(1, us(300_000)), (2, us(250_000)), (3, us(212_500)), (4, us(184_375))] {
        let (mut net, a, _b) = open(seed!());
        for _ in 1..samples {
            a.send(b"x");
            net.run_for(ms(500));
        }
        net.rule(drop_all());
        let start = net.now();
        a.send(b"lost");
        net.run_for(s(3));
        let sent: Vec<_> = net.ladder().sent("a", tcp().len(4)).into_iter().map(|at| at - start).collect();
        assert_eq!(sent[..3], [ms(0), rto, rto * 3], "after {samples} samples");
    }
}

//= rfc6298#5 test
//= rfc9293#3.8.2 MUST-19 test
//= rfc9293#3.8.3 MUST-20 SHLD-11 test
#[test]
fn timeouts_double_up_to_a_minute_and_then_the_connection_is_given_up() {
    let mut net = Pair::new(seed!()).delay(ms(10)).config(|c| c.rack = false);
    let listener = net.b.listen(80);
    let a = net.a.connect(net.b.addr(80));
    net.run_for(ms(100));
    net.rule(drop_all());
    a.send(b"hello");
    net.run_until_idle();
    let times = gaps(&net.ladder().sent("a", tcp().data()));
    let expected = [220, 440, 880, 1760, 3520, 7040, 14_080, 28_160, 56_320].map(ms);
    assert_eq!(times[..9], expected);
    assert!(times[9..].iter().all(|gap| *gap == s(60)));
    assert_eq!(times.len(), 15);
    assert_eq!(a.error(), Some(TcpError::TimedOut));
    assert_eq!(a.state(), TcpState::Closed);
    assert_eq!(listener.accept().unwrap().state(), TcpState::Established, "the other side knows of nothing");
}

//= rfc6298#3 test
//= rfc6298#5 test
//= rfc9293#3.8.1 MUST-18 test
#[test]
fn a_segment_sent_twice_measures_nothing_and_the_doubled_timeout_stays() {
    let (mut net, a, b) = open(seed!());
    net.rule(drop_each([1, 3]).of(tcp().data()).from_a());
    let start = net.now();
    a.send(b"first");
    net.run_for(s(2));
    a.send(b"again");
    net.run_for(s(3));
    assert_eq!(b.recv(), b"firstagain");
    let sent: Vec<_> = net.ladder().sent("a", tcp().data()).into_iter().map(|at| at - start).collect();
    // 300 ms, doubled once for the first segment; its acknowledgement may be anyone's, so the second waits 600 ms.
    assert_eq!(sent, [ms(0), ms(300), ms(2000), ms(2600)]);
    // A segment that is sent once measures again: 100 ms, the second sample ever, hence 250 ms.
    a.send(b"measured");
    net.run_for(s(1));
    net.rule(drop_all());
    let start = net.now();
    a.send(b"lost");
    net.run_for(s(1));
    assert_eq!(net.ladder().sent("a", tcp().len(4))[1] - start, ms(250));
}

#[test]
fn timestamps_tell_which_of_two_copies_was_acknowledged() {
    let mut net = Pair::new(seed!()).delay(ms(50)).config(|c| c.min_rto = Duration::ZERO);
    let listener = net.b.listen(80);
    let a = net.a.connect(net.b.addr(80));
    net.run_until(s(1));
    listener.accept().expect("open");
    net.rule(drop_nth(1).of(tcp().data()).from_a());
    a.send(b"first");
    net.run_for(s(2));
    net.rule(drop_all());
    let start = net.now();
    a.send(b"lost");
    net.run_for(s(1));
    assert_eq!(net.ladder().sent("a", tcp().len(4))[1] - start, ms(250), "the copy's round trip was the second sample");
}

//= rfc6298#5 test
//= rfc5681#3.1 test
#[test]
fn after_a_lost_syn_the_timeout_is_three_seconds_and_the_window_one_segment() {
    let mut net = Pair::new(seed!()).delay(ms(10)).config(|c| c.timestamps = false);
    net.rule(drop_nth(1).of(tcp().syn()));
    net.b.listen(80);
    let a = net.a.connect(net.b.addr(80));
    net.run_for(s(2));
    assert_eq!(a.connected(), Ok(true));
    net.rule(drop_all());
    let start = net.now();
    a.send(&[1; 20_000]);
    net.run_for(s(10));
    let sent: Vec<_> = net.ladder().sent("a", tcp().data()).into_iter().map(|at| at - start).collect();
    assert_eq!(sent, [s(0), s(3), s(9)]);
}

#[test]
fn every_timeout_is_told_with_its_reason() {
    let (mut net, a, _b) = open(seed!());
    net.rule(drop_each([1, 2]).of(tcp().data()));
    a.send(b"x");
    net.run_for(s(5));
    let facts = net.ladder().facts("a");
    let rtos: Vec<_> = facts.iter().filter_map(|(_, fact)| backoff(fact)).collect();
    assert_eq!(rtos, [ms(600), ms(1200)]);
    let again = facts.iter().filter(|(_, fact)| matches!(fact, TransportFact::Retransmit { .. })).count();
    assert_eq!(again, 2);
}

fn backoff(fact: &TransportFact) -> Option<Duration> {
    if let TransportFact::Backoff { rto, .. } = fact { Some(*rto) } else { None }
}

//= rfc6298#5 test
#[test]
fn each_acknowledgement_of_new_text_starts_the_timer_anew() {
    let (mut net, a, _b) = open(seed!());
    let start = net.now();
    a.send(b"one");
    net.run_for(ms(90));
    net.rule(drop_all().of(tcp().data()));
    a.set_nagle(false);
    a.send(b"two!");
    net.run_for(s(2));
    // "one" is acknowledged at 100 ms (a second sample: RTO 250 ms); the timer of "two!" starts at that moment.
    let sent: Vec<_> = net.ladder().sent("a", tcp().len(4)).into_iter().map(|at| at - start).collect();
    assert_eq!(sent[..2], [ms(90), ms(350)]);
}

#[test]
fn a_timeout_in_the_middle_of_recovery_repairs_everything() {
    // The retransmission is lost as well: only the timer can help, and all of the text still arrives in order.
    for sack in [true, false] {
        let mut net = Pair::new(seed!()).delay(ms(20)).config(|c| c.sack = sack);
        let served = net.b.sink(80);
        net.rule(drop_each([12, 14, 15, 16, 17, 18]).of(tcp().data()).from_a());
        net.rule(drop_each([31, 32, 33, 34, 35, 36, 37, 38]).of(tcp().data()).from_a());
        let talk = net.a.upload(net.b.addr(80), 300_000);
        net.run_until_idle();
        let (served, talk) = (served.outcome(), talk.outcome());
        assert_eq!((served.heard, served.wrong_at, served.ends_heard), (300_000, None, 1));
        assert_eq!((talk.error, talk.ends_heard), (None, 1));
    }
}
