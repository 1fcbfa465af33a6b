//! Every byte arrives, in order and once, or the program hears of an error: whatever the cable does.

use base::Duration;
use glassnet_testkit::*;
use stack::{Buffer, CongestionControl, TcpError};

/// A transfer both ways at once; answers how long it took.
fn both_ways(mut net: Pair, bytes: u64) -> Duration {
    let served = net.b.serve(80, (2, bytes), 1);
    let talk = net.a.talk(net.b.addr(80), (1, bytes), 2);
    net.run_until_idle();
    for (outcome, who) in [(talk.outcome(), "a"), (served.outcome(), "b")] {
        assert_eq!((outcome.heard, outcome.wrong_at, outcome.error), (bytes, None, None), "{who}");
        assert_eq!((outcome.connections, outcome.ended, outcome.ends_heard), (1, 1, 1), "{who}");
    }
    assert_eq!((net.a.connections(), net.b.connections()), (0, 0));
    net.ladder().assert_sound(1500);
    talk.outcome().last_end.unwrap()
}

#[test]
fn a_big_transfer_both_ways_at_once() {
    let took = both_ways(Pair::new(seed!()).delay(ms(20)).rate(100_000_000), 10_000_000);
    assert!(took < ms(1_700), "10 MB each way at 100 Mbit/s take 0.85 s and slow start: {took}");
}

#[test]
fn losses() {
    for seed in seed!().many(20) {
        both_ways(Pair::new(seed).delay(ms(5)).loss(0.1), 150_000);
    }
}

#[test]
fn many_losses() {
    for seed in seed!().many(20) {
        let net = Pair::new(seed).delay(ms(5)).config(|c| (c.max_syn_retries, c.max_syn_ack_retries) = (20, 20));
        both_ways(net.loss(0.3), 20_000);
    }
}

#[test]
fn losses_without_sack_without_timestamps_with_either_congestion_control() {
    for (n, seed) in seed!().many(24).into_iter().enumerate() {
        let net = Pair::new(seed).delay(ms(5)).config(|c| {
            c.sack = n & 1 == 0;
            c.timestamps = n & 2 == 0;
            c.congestion = if n & 4 == 0 { CongestionControl::NewReno } else { CongestionControl::Cubic };
            c.nagle = n & 8 == 0;
        });
        both_ways(net.loss(0.08), 150_000);
    }
}

#[test]
fn duplicates() {
    for seed in seed!().many(10) {
        both_ways(Pair::new(seed).delay(ms(5)).duplicate(0.5), 200_000);
    }
}

#[test]
fn damage_that_the_network_card_finds() {
    for seed in seed!().many(10) {
        both_ways(Pair::new(seed).delay(ms(5)).corrupt(0.1), 150_000);
    }
}

//= rfc9293#3.1 MUST-2 MUST-3 test
#[test]
fn damage_that_only_checksums_find() {
    for seed in seed!().many(20) {
        both_ways(Pair::new(seed).delay(ms(5)).corrupt_undetected(0.1), 150_000);
    }
}

#[test]
fn damage_on_a_line_without_a_link_header() {
    for seed in seed!().many(10) {
        both_ways(Pair::new(seed).bare_ip().delay(ms(5)).corrupt_undetected(0.1), 150_000);
    }
}

#[test]
fn reordering() {
    for seed in seed!().many(10) {
        both_ways(Pair::new(seed).delay(ms(5)).reorder(0.3, ms(4)), 300_000);
    }
}

#[test]
fn everything_at_once() {
    for seed in seed!().many(30) {
        // Neighbours are known: ARP has no checksum, and what undetected damage teaches it stays for ten minutes.
        let net = Pair::new(seed).delay(ms(5)).rate(20_000_000).queue(20);
        let net = net.loss(0.05).duplicate(0.05).corrupt(0.02).corrupt_undetected(0.02).reorder(0.1, ms(7));
        both_ways(net, 100_000);
    }
}

#[test]
fn everything_at_once_through_a_router_with_a_narrow_side_and_small_buffers() {
    for seed in seed!().many(20) {
        let net = Pair::new(seed)
            .delay(ms(5))
            .far_mtu(700)
            .config(|c| (c.receive_buffer, c.send_buffer) = (Buffer::fixed(5_000), Buffer::fixed(3_000)));
        // Two undetected bit errors, one on each cable, could outwit a checksum: here all damage is detected.
        let net = net.loss(0.03).duplicate(0.05).corrupt(0.02).reorder(0.1, ms(7));
        both_ways(net, 30_000);
    }
}

#[test]
fn many_connections_share_a_lossy_line() {
    let mut net = Pair::new(seed!()).delay(ms(5)).rate(10_000_000).queue(50).loss(0.02);
    let served = net.b.serve(80, (2, 20_000), 1);
    let talks: Vec<Talk> = (0..50).map(|_| net.a.talk(net.b.addr(80), (1, 20_000), 2)).collect();
    net.run_until_idle();
    for talk in talks {
        assert_eq!((talk.outcome().heard, talk.outcome().wrong_at, talk.outcome().error), (20_000, None, None));
    }
    assert_eq!((served.outcome().heard, served.outcome().wrong_at), (1_000_000, None));
    net.ladder().assert_sound(1500);
    assert_eq!((net.a.connections(), net.b.connections()), (0, 0));
}

#[test]
fn a_cable_that_is_pulled_for_a_while_only_costs_time() {
    let mut net = Pair::new(seed!()).delay(ms(5)).rate(10_000_000);
    let served = net.b.serve(80, (2, 1_000_000), 1);
    let talk = net.a.talk(net.b.addr(80), (1, 1_000_000), 2);
    for _ in 0..3 {
        net.run_for(ms(200));
        net.plug(false);
        net.run_for(s(20));
        net.plug(true);
    }
    net.run_until_idle();
    assert_eq!((talk.outcome().heard, served.outcome().heard), (1_000_000, 1_000_000));
    assert_eq!((talk.outcome().wrong_at, served.outcome().wrong_at), (None, None));
}

#[test]
fn a_cable_that_is_pulled_for_good_is_reported_to_both_programs() {
    let mut net = Pair::new(seed!()).delay(ms(5)).rate(10_000_000);
    let served = net.b.serve(80, (2, 1_000_000), 1);
    let talk = net.a.talk(net.b.addr(80), (1, 1_000_000), 2);
    net.run_for(ms(200));
    net.plug(false);
    net.run_until_idle();
    assert_eq!((talk.outcome().error, served.outcome().error), (Some(TcpError::TimedOut), Some(TcpError::TimedOut)));
    assert_eq!((net.a.connections(), net.b.connections()), (0, 0));
}

#[test]
fn the_same_seed_gives_the_same_frames_and_another_seed_others() {
    let run = |seed: Seed| {
        let mut net = Pair::new(seed).delay(ms(5)).arp().router().loss(0.05).reorder(0.1, ms(3)).duplicate(0.02);
        net.b.serve(80, (2, 100_000), 1);
        (0..3).for_each(|_| drop(net.a.talk(net.b.addr(80), (1, 100_000), 2)));
        net.run_until_idle();
        let ladder = net.ladder();
        let frames = ladder.recording().frames().map(|f| (f.at, f.nic, f.direction, f.packet, f.bytes.to_vec()));
        let events: Vec<_> = ladder.recording().events().to_vec();
        (frames.collect::<Vec<_>>(), events)
    };
    let first = run(seed!());
    let again = run(seed!());
    assert!(first.0.len() > 1000 && first == again);
    let other = run(seed!().with(seed!().value + 1));
    assert!(first.0 != other.0);
}
