//! Buffers that grow as the path needs it, and stay small where it does not.

use glassnet_testkit::*;
use stack::{Buffer, Config};

/// So many megabytes over 100 Mbit/s with a round trip of 100 ms; how long the second half took.
fn second_half(seed: Seed, megabytes: u64, change: impl Fn(&mut Config)) -> f64 {
    let mut net = Pair::new(seed).delay(ms(50)).rate(100_000_000).config(change);
    let (bytes, served) = (megabytes * 1_000_000, net.b.sink(80));
    net.a.upload(net.b.addr(80), bytes);
    let mut half = None;
    while served.outcome().last_end.is_none() && net.now() < s(120) {
        net.run_for(ms(50));
        if half.is_none() && served.outcome().heard >= bytes / 2 {
            half = Some(net.now());
        }
    }
    let outcome = served.outcome();
    assert_eq!((outcome.heard, outcome.wrong_at), (bytes, None));
    (outcome.last_end.expect("the end") - half.expect("a half")).secs_f64()
}

#[test]
fn default_buffers_grow_until_a_long_path_is_full() {
    // 1.25 MB are in flight when the path is full: far more than the buffers hold at first.
    let seconds = second_half(seed!(), 60, |_| {});
    let rate = 30e6 * 8.0 / seconds / 1e6;
    assert!(rate > 0.85 * 94.1, "{rate:.1} of 94 Mbit/s that Ethernet leaves to text");
}

#[test]
fn a_small_bound_is_kept() {
    let fixed = Buffer { start: 32 << 10, most: 128 << 10 };
    let seconds = second_half(seed!(), 4, |c| c.receive_buffer = fixed);
    let rate = 2e6 / seconds;
    assert!(rate < 1.3 * f64::from(128u32 << 10) / 0.1, "a window of 128 KiB a round trip: {rate:.0} bytes a second");
}

#[test]
fn a_program_that_does_not_read_gets_no_larger_buffer() {
    let mut net = Pair::new(seed!()).delay(ms(5));
    let listener = net.b.listen(80);
    let a = net.a.connect(net.b.addr(80));
    net.run_until(s(1));
    let b = listener.accept().expect("open");
    a.set(stack::TcpOption::SendBuffer(4 << 20));
    a.send(&pattern(1, 4 << 20));
    net.run_for(s(60));
    let info = b.info();
    assert!(info.unread as usize <= Config::default().receive_buffer.start, "{} bytes wait", info.unread);
    assert_eq!(info.receive_window, 0);
}

#[test]
fn the_windows_edge_never_goes_back_while_buffers_grow() {
    let mut net = Pair::new(seed!()).delay(ms(20)).loss(0.005);
    let served = net.b.sink(80);
    net.a.upload(net.b.addr(80), 3_000_000);
    net.run_until_idle();
    assert_eq!((served.outcome().heard, served.outcome().wrong_at), (3_000_000, None));
    net.ladder().assert_sound(1500);
}

#[test]
fn a_round_trip_of_nothing_needs_no_large_buffers() {
    let mut net = Pair::new(seed!()).delay(us(10)).rate(1_000_000_000);
    let listener = net.b.listen(80);
    let a = net.a.connect(net.b.addr(80));
    net.run_until(ms(100));
    let b = listener.accept().expect("open");
    let mut most = 0;
    for _ in 0..2000 {
        let _ = a.try_send(&[7; 8192]);
        net.run_for(us(50));
        most = most.max(b.info().receive_window);
        b.recv();
    }
    assert!((most as usize) < 1 << 20, "a window of {most} bytes for a path that holds 2500");
}
