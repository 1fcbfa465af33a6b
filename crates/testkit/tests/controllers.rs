//! What sets the congestion controllers apart on one and the same loss: tahoe, reno, newreno, cubic, bbr.

use base::Duration;
use base::event::TransportFact;
use glassnet_testkit::*;
use stack::{Buffer, CongestionControl};

/// A transfer with a round trip of 100 ms of which segments with these numbers are lost.
fn transfer(seed: Seed, control: CongestionControl, lost: &[u64], sack: bool) -> Pair {
    let fixed = Buffer::fixed(1 << 20);
    let mut net = Pair::new(seed).delay(ms(50)).config(|c| {
        (c.congestion, c.sack, c.timestamps, c.rack) = (control, sack, false, false);
        (c.send_buffer, c.receive_buffer) = (fixed, fixed);
    });
    let served = net.b.sink(80);
    net.rule(drop_each(lost.iter().copied()).of(tcp().data()).from_a());
    net.a.upload(net.b.addr(80), 600_000);
    net.run_until_idle();
    let served = served.outcome();
    assert_eq!((served.heard, served.wrong_at), (600_000, None), "{}", control.name());
    net
}

/// The windows before and after each change, segments.
fn changes(net: &Pair) -> Vec<(Duration, &'static str, f64, f64)> {
    let facts = net.ladder().facts("a").into_iter();
    let change = |(at, fact)| match fact {
        TransportFact::Congestion { why, cwnd, .. } => {
            Some((at, why, f64::from(cwnd.0) / 1460.0, f64::from(cwnd.1) / 1460.0))
        }
        _ => None,
    };
    facts.filter_map(change).collect()
}

fn backoffs(net: &Pair) -> usize {
    net.ladder().facts("a").iter().filter(|(_, fact)| matches!(fact, TransportFact::Backoff { .. })).count()
}

//= rfc5681#3.2 test
#[test]
fn reno_halves_its_window_and_ends_recovery_with_the_first_new_acknowledgement() {
    let net = transfer(seed!(), CongestionControl::Reno, &[40], false);
    let all = changes(&net);
    let (_, why, before, _) = all[0];
    let ended = all[1];
    assert!(why.contains("duplicate"), "{all:?}");
    assert!((0.4..=0.6).contains(&(ended.3 / before)), "half of {before}: {all:?}");
    assert_eq!(backoffs(&net), 0);
}

//= rfc6582#3.2 test
#[test]
fn several_losses_of_one_window_cost_reno_several_halvings_and_newreno_one() {
    let lost = [40, 43, 46];
    let after = |control| {
        let net = transfer(seed!(), control, &lost, false);
        let least = changes(&net).iter().map(|change| change.3).fold(f64::MAX, f64::min);
        (least, backoffs(&net), changes(&net))
    };
    let (reno, reno_timeouts, _) = after(CongestionControl::Reno);
    let (newreno, newreno_timeouts, all) = after(CongestionControl::NewReno);
    assert_eq!(newreno_timeouts, 0, "{all:?}");
    assert!(reno_timeouts > 0 || reno < newreno, "reno {reno}, newreno {newreno}");
}

//= rfc9438#4.6 test
#[test]
fn cubic_keeps_seven_tenths_of_its_window() {
    let net = transfer(seed!(), CongestionControl::Cubic, &[40], true);
    let all = changes(&net);
    let (before, after) = (all[0].2, all.last().expect("an end").3);
    assert!((0.6..=0.8).contains(&(after / before)), "{before} -> {after}: {all:?}");
}

#[test]
fn every_controller_brings_everything_over_with_and_without_sack() {
    for control in CongestionControl::ALL {
        for sack in [true, false] {
            let net = transfer(seed!(), control, &[12, 40, 41, 60, 61, 62, 150, 300], sack);
            net.ladder().assert_sound(1500);
        }
    }
}

#[test]
fn a_single_loss_does_not_slow_bbr_down() {
    let time = |control| {
        let net = transfer(seed!(), control, &[60], true);
        net.ladder().sent("a", tcp().data()).last().copied().expect("text")
    };
    let (bbr, newreno) = (time(CongestionControl::Bbr), time(CongestionControl::NewReno));
    assert!(bbr <= newreno, "{bbr} and {newreno}");
}

#[test]
fn tahoe_begins_anew_from_one_segment_after_the_third_duplicate() {
    let net = transfer(seed!(), CongestionControl::Tahoe, &[40], false);
    let (at, _, before, after) = changes(&net)[0];
    assert!(before > 20.0 && after <= 1.0 + 1e-9, "{before} -> {after}");
    assert_eq!(backoffs(&net), 0, "the third duplicate, not the timer");
    let again = net.ladder().facts("a").into_iter();
    let again = again.filter(|(_, fact)| matches!(fact, TransportFact::Retransmit { .. })).count();
    assert_eq!(again, 1, "the lost segment alone: no duplicate makes room for another");
    // What the repair acknowledges opens the window again, to half of what it was and no further.
    let sent = net.ladder().sent("a", tcp().data());
    let next = sent.iter().filter(|moment| **moment > at && **moment < at + ms(150)).count();
    assert!(next as f64 <= before / 2.0 + 2.0, "{next} after {before}");
}
