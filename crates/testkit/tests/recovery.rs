//! Losses found by time, lost tails, what recovery may send: RFC 8985, RFC 9937, RFC 3042.

use base::Duration;
use base::event::{RetransmitCause, TransportFact};
use glassnet_testkit::*;
use stack::{Config, LossPhase};

/// A connection over a line with a round trip of 100 ms that has measured it, and whose window is not yet full.
fn open(seed: Seed, change: impl Fn(&mut Config)) -> (Pair, Conn, Conn) {
    let mut net = Pair::new(seed).delay(ms(50)).config(change);
    let listener = net.b.listen(80);
    let a = net.a.connect(net.b.addr(80));
    net.run_until(s(1));
    let b = listener.accept().expect("open");
    a.send(b"measure");
    net.run_until(s(2));
    (net, a, b)
}

/// What was sent again, when, and why.
fn again(net: &Pair) -> Vec<(Duration, RetransmitCause)> {
    let facts = net.ladder().facts("a");
    let sent = facts.into_iter().filter_map(|(at, fact)| match fact {
        TransportFact::Retransmit { cause, .. } => Some((at, cause)),
        _ => None,
    });
    sent.collect()
}

//= rfc8985#7 test
#[test]
fn a_lost_tail_is_repaired_by_a_probe_and_not_by_a_timeout() {
    for lost in [2u64, 3, 5] {
        let (mut net, a, b) = open(seed!(), |_| {});
        let text = pattern(1, 10 * 1448);
        net.rule(drop_each(11 - lost..=10).of(tcp().data()).from_a());
        let start = net.now();
        a.send(&text);
        let mut heard = Vec::new();
        while heard.len() < text.len() + 7 && net.now() < start + s(5) {
            net.run_for(ms(1));
            heard.extend(b.recv());
        }
        let took = net.now() - start;
        assert!(heard.ends_with(&text), "{lost} lost: {} bytes", heard.len());
        let again = again(&net);
        assert_eq!(again[0].1, RetransmitCause::TailProbe, "{lost} lost: {again:?}");
        assert_eq!((a.info().totals.timeouts, a.info().totals.tail_probes), (0, 1), "{lost} lost");
        // One way, twice the round trip until the probe, there and back, and the rest.
        assert!(took <= ms(100 * 7), "{lost} lost: {took}");
    }
}

//= rfc8985#7 test
#[test]
fn a_probe_that_repairs_the_only_loss_halves_the_window_all_the_same() {
    let (mut net, a, _b) = open(seed!(), |_| {});
    net.rule(drop_nth(10).of(tcp().data()).from_a());
    a.send(&pattern(1, 10 * 1448));
    net.run_for(s(3));
    let before = a.info().cwnd;
    // Only when more is acknowledged than the probe can a D-SACK, which would have told that nothing was lost, not come any
    // more.
    a.send(&pattern(1, 1448));
    net.run_for(s(1));
    let info = a.info();
    assert_eq!((info.in_flight, info.totals.timeouts, info.totals.tail_probes), (0, 0, 1));
    assert!(info.cwnd < before, "a loss was congestion: {} -> {}", before, info.cwnd);
}

//= rfc8985#6.2 test
#[test]
fn a_loss_with_only_two_segments_behind_it_is_found_by_time() {
    let (mut net, a, _b) = open(seed!(), |_| {});
    net.rule(drop_nth(1).of(tcp().data()).from_a());
    let start = net.now();
    a.send(&pattern(1, 3 * 1448));
    net.run_for(s(3));
    // Two of three duplicates come after a round trip; a quarter of it later the first one cannot be on its way any more.
    let again = again(&net);
    assert_eq!(again.len(), 1, "{again:?}");
    let wait = again[0].0 - start;
    assert!((ms(100)..=ms(130)).contains(&wait) && again[0].1 != RetransmitCause::Timeout, "{again:?}");
    assert_eq!((a.info().in_flight, a.info().totals.timeouts), (0, 0));
}

//= rfc8985#6.2 test
#[test]
fn segments_that_are_overtaken_for_a_moment_are_not_lost() {
    // First the ninth, then the third of ten segments comes 5 ms late. Who counts sends the latter again; who looks at the
    // clock has learned from the former that segments overtake each other here.
    for (rack, expected) in [(true, 0), (false, 1)] {
        let (mut net, a, _b) = open(seed!(), |c| c.rack = rack);
        for late in [9, 3] {
            net.rule(delay_nth(late, ms(5)).of(tcp().data()).from_a());
            a.send(&pattern(1, 10 * 1448));
            net.run_for(s(3));
        }
        assert_eq!(again(&net).len(), expected, "rack {rack}: {:?}", again(&net));
    }
}

//= rfc8985#6.2 test
#[test]
fn a_repetition_that_is_lost_as_well_is_found_without_a_timeout() {
    let (mut net, a, b) = open(seed!(), |_| {});
    net.rule(drop_nth(2).of(tcp().data()).from_a());
    // The repetition is the first segment after the flight of ten.
    net.rule(drop_nth(11).of(tcp().data()).from_a());
    let text = pattern(1, 60 * 1448);
    a.send(&text[..20 * 1448]);
    net.run_for(ms(120));
    a.try_send(&text[20 * 1448..]).expect("open");
    net.run_for(s(3));
    assert_eq!(a.info().totals.timeouts, 0, "{:?}", again(&net));
    assert!(b.recv().len() >= 20 * 1448);
}

//= rfc9937#6 test
#[test]
fn recovery_sends_at_half_the_pace_and_never_in_bursts() {
    let (mut net, a, _b) = open(seed!(), |c| c.restart_after_idle = false);
    // A window of forty, of which the fifth is lost.
    a.set(stack::TcpOption::SendBuffer(1 << 20));
    a.send(&pattern(1, 30 * 1448));
    net.run_for(s(2));
    net.rule(drop_nth(5).of(tcp().data()).from_a());
    a.send(&pattern(1, 200 * 1448));
    let start = net.now();
    let flight = a.info().in_flight / 1448;
    net.run_for(ms(101));
    assert_eq!(a.info().phase, LossPhase::Recovery);
    net.run_for(ms(99));
    let sent: Vec<Duration> = net.ladder().sent("a", tcp().data());
    let round: Vec<_> = sent.into_iter().filter(|at| *at >= start + ms(100) && *at < start + ms(200)).collect();
    let share = round.len() as f64 / f64::from(flight);
    assert!((0.4..=0.9).contains(&share), "{} of {flight} in the round of the recovery", round.len());
}

//= rfc3042#2 test
#[test]
fn the_first_two_duplicates_let_a_new_segment_leave_each() {
    let mut net = Puppet::new(seed!()).config(|c| (c.rack, c.timestamps) = (false, false));
    let (conn, mut peer) = net.answer(|seg| seg.mss(1000));
    conn.send(&pattern(1, 30_000));
    assert_eq!(net.take().len(), 10);
    let first = peer.rcv;
    for n in 0..2u32 {
        net.send(peer.seg());
        let sent: Vec<u32> = net.take().iter().map(|seen| seen.header.seq - first).collect();
        assert_eq!(sent, [10_000 + n * 1000], "duplicate {}", n + 1);
    }
    net.send(peer.seg());
    assert_eq!(net.take()[0].header.seq, first, "the third brings the lost one back");
    peer.rcv += 12_000;
    net.send(peer.seg());
    assert!(net.take().iter().all(|seen| seen.header.seq - first >= 12_000), "all of it had arrived");
}
