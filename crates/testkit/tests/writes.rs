//! What small writes and pauses do to what leaves: CORK, Nagle switched in between, restart after idle (RFC 5681 4.1).

use base::Duration;
use glassnet_testkit::*;
use stack::TcpOption;

fn open(seed: Seed) -> (Pair, Conn, Conn) {
    let mut net = Pair::new(seed).delay(ms(10));
    let listener = net.b.listen(80);
    let a = net.a.connect(net.b.addr(80));
    net.run_until(s(1));
    let b = listener.accept().expect("open");
    (net, a, b)
}

fn lengths(net: &Pair, from: Duration) -> Vec<(u64, usize)> {
    let sent = net.ladder().segments("a", tcp().data());
    sent.iter().filter(|seen| seen.at >= from).map(|seen| ((seen.at - from).millis(), seen.text.len())).collect()
}

#[test]
fn a_corked_connection_sends_full_segments_until_the_cork_is_drawn() {
    let (mut net, a, b) = open(seed!());
    a.set(TcpOption::Cork(true));
    let start = net.now();
    for n in 0..30 {
        a.send(&[n; 100]);
        net.run_for(ms(2));
    }
    assert_eq!(lengths(&net, start), [(28, 1448), (56, 1448)], "fifteen writes fill a segment");
    a.set(TcpOption::Cork(false));
    net.run_for(ms(30));
    assert_eq!(lengths(&net, start)[2..], [(60, 3000 - 2 * 1448)]);
    assert_eq!(b.recv().len(), 3000);
}

#[test]
fn a_cork_that_is_forgotten_holds_nothing_longer_than_a_fifth_of_a_second() {
    let (mut net, a, b) = open(seed!());
    a.set(TcpOption::Cork(true));
    let start = net.now();
    a.send(b"forgotten");
    net.run_for(ms(500));
    assert_eq!(lengths(&net, start), [(200, 9)]);
    assert_eq!(b.recv(), b"forgotten");
}

#[test]
fn a_cork_does_not_hold_the_end_back() {
    let (mut net, a, b) = open(seed!());
    a.set(TcpOption::Cork(true));
    a.send(b"the end");
    a.shutdown();
    net.run_for(ms(50));
    assert_eq!(b.recv(), b"the end");
    assert!(b.at_end());
}

//= rfc5681#4.1 test
#[test]
fn after_a_pause_the_window_begins_anew_unless_told_otherwise() {
    for (restart, most) in [(true, 10), (false, usize::MAX)] {
        let mut net = Pair::new(seed!()).delay(ms(50)).config(|c| c.restart_after_idle = restart);
        let listener = net.b.listen(80);
        let a = net.a.connect(net.b.addr(80));
        net.run_until(s(1));
        let b = listener.accept().expect("open");
        a.set(TcpOption::SendBuffer(1 << 20));
        a.send(&pattern(1, 150 * 1448));
        net.run_for(ms(500));
        b.recv();
        let grown = a.info().cwnd as usize / 1448;
        assert!(grown > 40, "{grown}");
        net.run_for(s(20));
        let start = net.now();
        a.send(&pattern(2, 150 * 1448));
        net.run_for(ms(90));
        let burst = lengths(&net, start).len();
        assert!(burst <= most && (restart || burst > 20), "restart {restart}: {burst} segments at once");
    }
}

#[test]
fn a_program_may_choose_how_far_it_gets_ahead_of_the_network() {
    let (mut net, a, b) = open(seed!());
    a.set(TcpOption::NotSentLimit(Some(5_000)));
    let taken = net.a.host(|host| host.tcp_send(a.id, &[7; 100_000]));
    assert_eq!(taken, Ok(5_000));
    // Three full segments have left and do not count any more; the rest waits for company.
    net.run_for(ms(1));
    let taken = net.a.host(|host| host.tcp_send(a.id, &[7; 100_000]));
    assert_eq!(taken, Ok(3 * 1448));
    net.run_for(ms(100));
    assert_eq!(b.recv().len(), 5_000 + 3 * 1448);
}
