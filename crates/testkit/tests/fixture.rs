//! The fixture itself: what a failing test leaves behind, and what it is built of.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use base::Duration;
use glassnet_testkit::*;

#[test]
fn a_failing_test_leaves_captures_of_both_hosts() {
    let binary = std::env::current_exe().unwrap();
    let folder: PathBuf = binary.ancestors().nth(3).unwrap().join("stories");
    let capture = |host| folder.join(format!("a_failing_test_leaves_captures_of_both_hosts-{host}-eth0.pcapng"));
    for host in ["a", "b"] {
        let _ = std::fs::remove_file(capture(host));
    }
    let failed = catch_unwind(AssertUnwindSafe(|| {
        let mut net = Pair::new(seed!());
        net.a.connect(net.b.addr(80));
        net.run_until_idle();
        panic!("on purpose");
    }));
    assert!(failed.is_err());
    for host in ["a", "b"] {
        let bytes = std::fs::read(capture(host)).expect("a capture");
        assert_eq!(bytes[..4], [0x0a, 0x0d, 0x0d, 0x0a], "a pcapng section");
    }
}

#[test]
fn a_cable_has_a_rate_and_a_delay() {
    // 1 Mbit/s: a SYN of 74 bytes and the 24 around it on Ethernet take 784 us, then 10 ms.
    let mut net = Pair::new(seed!()).delay(ms(10)).rate(1_000_000);
    net.b.listen(80);
    net.a.connect(net.b.addr(80));
    net.run_for(ms(11));
    assert_eq!(net.ladder().received("b", tcp().syn()), [ms(10) + us(784)]);
}

#[test]
fn faults_count_only_what_they_are_meant_for() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    net.rule(drop_nth(2).of(udp().to_port(53).containing("x")).from_a());
    let from = net.a.host(|host| host.udp_bind(([0, 0, 0, 0], 0).into(), None)).unwrap();
    for (port, text) in [(53, "x1"), (54, "x2"), (53, "y3"), (53, "x4"), (53, "x5")] {
        net.a.host(|host| host.udp_send(from, net.b.addr(port), text.as_bytes())).unwrap();
    }
    net.run_for(s(1));
    let arrived = |text: &str| net.ladder().received("b", udp().containing(text)).len();
    assert_eq!(["x1", "x2", "y3", "x4", "x5"].map(arrived), [1, 1, 1, 0, 1]);
}

#[test]
fn a_fault_can_be_limited_in_time_and_lifted() {
    let mut net = Pair::new(seed!()).delay(ms(1));
    let fault = net.rule(drop_all().after(s(1)).until(s(2)));
    let from = net.a.host(|host| host.udp_bind(([0, 0, 0, 0], 0).into(), None)).unwrap();
    let send = |net: &Pair| net.a.host(|host| host.udp_send(from, net.b.addr(9), b"x")).unwrap();
    for _ in 0..3 {
        net.run_for(ms(500));
        send(&net);
    }
    net.lift(fault);
    send(&net);
    net.run_for(s(1));
    let arrived: Vec<Duration> = net.ladder().received("b", udp());
    assert_eq!(arrived, [ms(501), ms(1501)]);
}

#[test]
fn programs_tell_what_they_heard() {
    let mut net = Pair::new(seed!());
    let served = net.b.echo(7);
    let talk = net.a.talk(net.b.addr(7), (5, 10_000), 5);
    net.run_until_idle();
    let outcome = talk.outcome();
    assert_eq!((outcome.said, outcome.heard, outcome.wrong_at, outcome.ends_heard), (10_000, 10_000, None, 1));
    assert_eq!((served.outcome().heard, served.outcome().said), (10_000, 10_000));
    assert_ne!(pattern(1, 100), pattern(2, 100));
}
