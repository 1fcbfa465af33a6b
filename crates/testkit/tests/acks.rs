//! When acknowledgements are sent: RFC 9293 section 3.8.6.3, RFC 5681 section 4.2.

use base::Duration;
use glassnet_testkit::*;

/// An open connection whose first, quickly acknowledged segments are past.
fn warm(seed: Seed) -> (Pair, Conn, Conn) {
    let mut net = Pair::new(seed).delay(ms(10));
    let listener = net.b.listen(80);
    let a = net.a.connect(net.b.addr(80));
    net.run_for(ms(100));
    let b = listener.accept().expect("open");
    for _ in 0..16 {
        a.send(b"warm");
        net.run_for(ms(25));
    }
    b.recv();
    net.run_until(s(1));
    (net, a, b)
}

fn acks_after(net: &Pair, start: Duration) -> Vec<Duration> {
    let all = net.ladder().sent("b", tcp().pure_ack());
    all.into_iter().filter(|at| *at > start).map(|at| at - start).collect()
}

#[test]
fn the_first_segments_are_acknowledged_at_once() {
    let (net, _a, _b) = warm(seed!());
    let ladder = net.ladder();
    let sent = ladder.sent("a", tcp().data());
    let acked: Vec<_> = ladder.sent("b", tcp().pure_ack()).into_iter().map(|at| at - ms(10)).collect();
    assert_eq!(sent.len(), 16);
    assert_eq!(sent, acked);
}

//= rfc9293#3.8.6.3 MUST-40 SHLD-18 test
//= rfc5681#4.2 test
#[test]
fn a_lonely_segment_is_acknowledged_after_forty_milliseconds() {
    let (mut net, a, _b) = warm(seed!());
    a.send(b"lonely");
    net.run_for(s(1));
    assert_eq!(acks_after(&net, s(1)), [ms(50)]);
}

//= rfc5681#4.2 test
//= rfc9293#3.8.6.3 SHLD-19 test
#[test]
fn every_second_full_segment_is_acknowledged_at_once() {
    let (mut net, a, _b) = warm(seed!());
    a.send(&[1; 6 * 1448]);
    net.run_for(s(1));
    assert_eq!(acks_after(&net, s(1)), [ms(10), ms(10), ms(10)]);
}

//= rfc9293#3.10.7.4 MUST-58 test
#[test]
fn an_answer_carries_the_acknowledgement() {
    let (mut net, a, b) = warm(seed!());
    a.send(b"question");
    net.run_for(ms(30));
    b.send(b"answer");
    net.run_for(ms(15));
    assert_eq!(acks_after(&net, s(1)), []);
    assert_eq!(net.ladder().segments("b", tcp().data()).last().unwrap().ack, 1 + 16 * 4 + 8);
}

//= rfc5681#4.2 test
//= rfc9293#3.10.7.4 SHLD-31 test
#[test]
fn a_gap_and_its_filling_are_acknowledged_at_once() {
    let (mut net, a, _b) = warm(seed!());
    net.rule(delay_nth(1, ms(5)).of(tcp().data()).from_a());
    a.send(&[1; 3 * 1448]);
    net.run_for(ms(30));
    // The second and third arrive first: two duplicates, and one acknowledgement for all when the first arrives.
    assert_eq!(acks_after(&net, s(1)), [ms(10), ms(10), ms(15)]);
    let acks = net.ladder().segments("b", tcp().pure_ack());
    let tail: Vec<u32> = acks[acks.len() - 3..].iter().map(|s| s.ack - 65).collect();
    assert_eq!(tail, [0, 0, 3 * 1448]);
}

#[test]
fn a_fin_is_acknowledged_at_once() {
    let (mut net, a, _b) = warm(seed!());
    a.shutdown();
    net.run_for(s(1));
    assert_eq!(acks_after(&net, s(1)), [ms(10)]);
}

#[test]
fn a_segment_that_is_all_old_is_acknowledged_again() {
    let mut net = Puppet::new(seed!());
    let (_conn, mut peer) = net.answer(|seg| seg);
    net.send(peer.seg().text(b"once"));
    peer.nxt += 4;
    assert_eq!(net.hear().unwrap().header.ack, peer.nxt);
    net.send(peer.seg().seq(peer.nxt - 4).text(b"once"));
    assert_eq!(net.hear().unwrap().header.ack, peer.nxt);
    // One that is partly old brings its new part.
    net.send(peer.seg().seq(peer.nxt - 2).text(b"cemore"));
    assert_eq!(net.hear().unwrap().header.ack, peer.nxt + 4);
}

#[test]
fn nobody_acknowledges_an_acknowledgement() {
    let (mut net, _a, _b) = warm(seed!());
    let before = net.ladder().recording().frames().len();
    net.run_for(s(3600));
    assert_eq!(net.ladder().recording().frames().len(), before);
}

//= rfc9293#3.10.7.4 MUST-59 test
#[test]
fn segments_that_arrive_together_are_acknowledged_together() {
    let mut net = Puppet::new(seed!());
    let (conn, mut peer) = net.answer(|seg| seg);
    let first = peer;
    net.send_together((0..7).map(|n| first.seg().seq(first.nxt + n * 1000).text(&[n as u8; 1000])));
    peer.nxt += 7000;
    let acks: Vec<_> = net.take().iter().map(|seen| seen.header.ack).collect();
    assert_eq!(acks, [peer.nxt]);
    assert_eq!(conn.recv().len(), 7000);
}
