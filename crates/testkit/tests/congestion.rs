//! Congestion control and loss recovery: RFC 5681, RFC 6582, RFC 6675, RFC 6928.

use std::collections::BTreeMap;

use base::Duration;
use base::event::{RetransmitCause, TransportFact};
use glassnet_testkit::*;
use stack::{Buffer, CongestionControl};

/// A transfer from `a` to `b` with a round trip of 100 ms and a cable without limit of rate: what is sent comes in rounds.
fn transfer(mut net: Pair, bytes: u64) -> Pair {
    let served = net.b.sink(80);
    net.a.upload(net.b.addr(80), bytes);
    net.run_until_idle();
    let served = served.outcome();
    assert_eq!((served.heard, served.wrong_at, served.ends_heard), (bytes, None, 1));
    net.ladder().assert_sound(1500);
    net
}

fn pair(seed: Seed) -> Pair {
    Pair::new(seed).delay(ms(50)).config(|c| {
        (c.congestion, c.timestamps) = (CongestionControl::NewReno, false);
        (c.send_buffer, c.receive_buffer) = (Buffer::fixed(1 << 20), Buffer::fixed(1 << 20));
    })
}

/// How many segments with text `a` sent in each round trip.
fn rounds(net: &Pair) -> Vec<usize> {
    let mut rounds = BTreeMap::new();
    for at in net.ladder().sent("a", tcp().data()) {
        *rounds.entry(at.millis() / 100).or_insert(0) += 1;
    }
    rounds.into_values().collect()
}

fn congestion(net: &Pair) -> Vec<(&'static str, (u32, u32))> {
    let facts = net.ladder().facts("a");
    let changes = facts.into_iter().filter_map(|(_, fact)| match fact {
        TransportFact::Congestion { why, cwnd, .. } => Some((why, cwnd)),
        _ => None,
    });
    changes.collect()
}

fn retransmissions(net: &Pair) -> Vec<RetransmitCause> {
    let facts = net.ladder().facts("a");
    let causes = facts.into_iter().filter_map(|(_, fact)| match fact {
        TransportFact::Retransmit { cause, .. } => Some(cause),
        _ => None,
    });
    causes.collect()
}

//= rfc5681#3.1 test
//= rfc6928#2 test
//= rfc9293#3.8.2 MUST-19 test
#[test]
fn slow_start_begins_with_ten_segments_and_doubles_every_round_trip() {
    // Known answer E6: 1 MiB in segments of 1460 bytes takes 7 rounds, 100 KiB takes 4. While each of the first 16
    // segments is acknowledged at once and later every second one, appropriate byte counting keeps the doubling.
    let net = transfer(pair(seed!()), 1 << 20);
    let sent = rounds(&net);
    assert_eq!(sent, [10, 20, 40, 80, 160, 320, 89]);
    let net = transfer(pair(seed!()), 100 << 10);
    assert_eq!(rounds(&net).len(), 4);
}

//= rfc5681#3.1 test
#[test]
fn with_an_initial_window_of_one_a_mebibyte_takes_ten_rounds() {
    let net = transfer(pair(seed!()).config(|c| c.initial_window = 1), 1 << 20);
    let sent = rounds(&net);
    assert_eq!(sent[..9], [1, 2, 4, 8, 16, 32, 64, 128, 256]);
    assert_eq!(sent.len(), 10);
}

//= rfc5681#3.1 test
//= rfc9293#3.8.2 MUST-19 test
#[test]
fn congestion_avoidance_adds_one_segment_every_round_trip() {
    let mut net = pair(seed!());
    net.rule(drop_nth(40).of(tcp().data()).from_a());
    let net = transfer(net, 2 << 20);
    let sent = rounds(&net);
    // The loss halves the window; from then on each round carries one segment more than the one before.
    let tail = &sent[sent.len() - 9..sent.len() - 1];
    let steps: Vec<i64> = tail.windows(2).map(|pair| pair[1] as i64 - pair[0] as i64).collect();
    let all: i64 = steps.iter().sum();
    assert!(steps.iter().all(|step| step.abs() <= 2) && (all - steps.len() as i64).abs() <= 1, "{sent:?}");
}

//= rfc5681#3.2 test
#[test]
fn the_third_duplicate_acknowledgement_brings_the_lost_segment_back() {
    for sack in [true, false] {
        let mut net = pair(seed!()).config(|c| c.sack = sack);
        net.rule(drop_nth(5).of(tcp().data()).from_a());
        let net = transfer(net, 60_000);
        assert_eq!(retransmissions(&net), [RetransmitCause::FastRetransmit], "sack {sack}");
        let changes = congestion(&net);
        assert_eq!(changes.len(), 2, "one loss, one recovery: {changes:?}");
        let ladder = net.ladder();
        let lost = ladder.segments("a", tcp().data())[4].clone();
        let all = ladder.segments("a", tcp().data());
        let copies: Vec<_> = all.iter().filter(|s| s.seq == lost.seq).collect();
        assert_eq!(copies.len(), 2);
        // The first segments go at 100 ms; their acknowledgements are back after a round trip, the third duplicate too.
        assert_eq!((copies[0].at, copies[1].at), (ms(100), ms(200)));
        let duplicates = ladder.segments("b", tcp().pure_ack()).iter().filter(|s| s.ack == lost.seq).count();
        assert!(duplicates >= 4, "{duplicates}");
    }
}

#[test]
fn two_duplicates_are_taken_for_reordering() {
    let mut net = pair(seed!());
    // The fifth segment comes after the next two: two duplicates, and no loss.
    net.rule(delay_nth(5, us(10)).of(tcp().data()).from_a());
    net.rule(delay_nth(8, us(20)).of(tcp().data()).from_a());
    net.rule(delay_nth(9, us(20)).of(tcp().data()).from_a());
    net.rule(delay_nth(10, us(20)).of(tcp().data()).from_a());
    let net = transfer(net, 14_600);
    assert_eq!(retransmissions(&net), []);
    assert_eq!(net.ladder().sent("a", tcp().data()).len(), 10);
}

//= rfc6675#5 test
#[test]
fn sack_recovery_repairs_several_losses_of_one_window_in_one_round_trip() {
    let mut net = pair(seed!());
    let lost = [31, 33, 35, 38, 39, 40, 44];
    net.rule(drop_each(lost).of(tcp().data()).from_a());
    let net = transfer(net, 300_000);
    let causes = retransmissions(&net);
    assert_eq!(causes.len(), lost.len(), "each lost segment goes again, and nothing else: {causes:?}");
    assert!(!causes.contains(&RetransmitCause::Timeout));
    let changes = congestion(&net);
    assert_eq!(changes.iter().filter(|(why, _)| *why == "the loss is repaired").count(), 1);
    // All copies leave within one round trip.
    let again = net.ladder().facts("a");
    let times: Vec<Duration> =
        again.iter().filter(|(_, fact)| matches!(fact, TransportFact::Retransmit { .. })).map(|(at, _)| *at).collect();
    assert!(times[times.len() - 1] - times[0] < ms(100), "{times:?}");
}

//= rfc6582#3.2 test
#[test]
fn without_sack_each_partial_acknowledgement_brings_back_one_segment() {
    let mut net = pair(seed!()).config(|c| c.sack = false);
    net.rule(drop_each([31, 33, 35]).of(tcp().data()).from_a());
    let net = transfer(net, 300_000);
    let causes = retransmissions(&net);
    assert_eq!(causes.len(), 3, "{causes:?}");
    assert!(!causes.contains(&RetransmitCause::Timeout));
    let facts = net.ladder().facts("a");
    let again: Vec<Duration> =
        facts.iter().filter(|(_, fact)| matches!(fact, TransportFact::Retransmit { .. })).map(|(at, _)| *at).collect();
    assert_eq!(again.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>(), [ms(100), ms(100)]);
    assert_eq!(congestion(&net).len(), 2, "one reduction for the whole window");
}

//= rfc5681#3.1 test
#[test]
fn a_timeout_starts_slow_start_again_from_one_segment() {
    let mut net = pair(seed!());
    net.rule(drop_all().of(tcp().data()).from_a().after(ms(250)).until(ms(1000)));
    let net = transfer(net, 300_000);
    let changes = congestion(&net);
    let timeout = changes.iter().find(|(why, _)| *why == "retransmission timeout").expect("a timeout");
    assert_eq!(timeout.1.1, 1460);
    let times = net.ladder().sent("a", tcp().data());
    let after: Vec<_> = times.into_iter().filter(|at| *at > ms(1000)).collect();
    let first = after[0];
    let in_round =
        |n: u64| after.iter().filter(|at| **at >= first + ms(100 * n) && **at < first + ms(100 * n + 99)).count();
    assert_eq!([in_round(0), in_round(1), in_round(2), in_round(3)], [1, 2, 4, 8]);
}

#[test]
fn a_loss_at_the_end_of_a_transfer_needs_the_timer() {
    let mut net = pair(seed!());
    net.rule(drop_each([10, 11]).of(tcp().data()).from_a());
    let net = transfer(net, 11 * 1460);
    assert!(retransmissions(&net).contains(&RetransmitCause::Timeout));
}

#[test]
fn a_bottleneck_is_filled_and_its_queue_losses_are_repaired() {
    for (congestion, sack) in [
        (CongestionControl::NewReno, true),
        (CongestionControl::NewReno, false),
        (CongestionControl::Cubic, true),
        (CongestionControl::Cubic, false),
    ] {
        let net = Pair::new(seed!()).delay(ms(10)).rate(10_000_000).queue(30);
        let net = transfer(net.config(|c| (c.congestion, c.sack) = (congestion, sack)), 4_000_000);
        let done = net.ladder().sent("a", tcp().fin())[0];
        let goodput = 4_000_000.0 * 8.0 / done.secs_f64();
        assert!(goodput > 8_000_000.0, "{congestion:?} sack {sack}: {goodput} bit/s, done at {done}");
    }
}

#[test]
fn lost_acknowledgements_do_no_harm() {
    for seed in seed!().many(10) {
        let mut net = pair(seed);
        net.rule(drop_share(0.3).of(tcp().pure_ack()).from_b());
        let net = transfer(net, 500_000);
        let causes = retransmissions(&net);
        assert!(causes.len() < 8, "{causes:?}");
    }
}

//= rfc2018#8 test
#[test]
fn a_receiver_that_drops_what_it_had_sacked_gets_it_again() {
    let mut net = Puppet::new(seed!());
    let (conn, peer) = net.answer(|seg| seg.mss(1000).sack_permitted());
    conn.send(&pattern(1, 6_000));
    let sent = net.take();
    assert_eq!(sent.len(), 6);
    // Everything but the first segment is reported, then the peer forgets it all and acknowledges the first only.
    net.send(peer.seg().sack(peer.rcv + 1000, peer.rcv + 6000));
    net.take();
    net.run_for(ms(250));
    net.take();
    net.send(peer.seg().ack(peer.rcv + 1000));
    net.run_for(s(5));
    let again: Vec<u32> = net.take().iter().map(|s| s.header.seq - peer.rcv).collect();
    assert!(again.contains(&1000), "{again:?}");
    for n in 2..=6 {
        net.send(peer.seg().ack(peer.rcv + 1000 * n));
        net.run_for(s(10));
    }
    assert_eq!(conn.try_send(b"more"), Ok(4));
    net.run_for(ms(1));
    assert!(net.take().iter().any(|s| s.text == b"more"), "everything is acknowledged, so new text flows");
}
