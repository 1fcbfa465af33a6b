//! Fragmentation, reassembly and the path's MTU: RFC 791 section 3.2, RFC 815, RFC 5722, RFC 1191.

use base::event::{InternetDrop, InternetFact};
use glassnet_testkit::*;

fn send(net: &Pair, data: &[u8]) -> stack::UdpId {
    let b = net.b.host(|host| host.udp_bind(([0, 0, 0, 0], 53).into(), None)).unwrap();
    let a = net.a.host(|host| host.udp_bind(([0, 0, 0, 0], 0).into(), None)).unwrap();
    net.a.host(|host| host.udp_send(a, net.b.addr(53), data)).unwrap();
    b
}

fn heard(net: &Pair, socket: stack::UdpId) -> Option<Vec<u8>> {
    net.b.host(|host| host.udp_recv(socket)).unwrap().map(|datagram| datagram.data.to_vec())
}

//= rfc791#3.2 test
#[test]
fn four_thousand_bytes_cross_an_ethernet_in_three_pieces() {
    // Known answer E15: with its headers the datagram has 4000 bytes; lengths 1500, 1500, 1040.
    let mut net = Pair::new(seed!()).delay(ms(10));
    let text = pattern(1, 4000 - 28);
    let socket = send(&net, &text);
    net.run_for(ms(100));
    assert_eq!(heard(&net, socket), Some(text));
    let ladder = net.ladder();
    let lengths: Vec<usize> =
        ladder.recording().frames().filter(|f| f.at.nanos() == 0).map(|f| f.bytes.len()).collect();
    assert_eq!(lengths, [1514, 1514, 1054]);
    assert_eq!(ladder.internet_facts("a"), [(ms(0), InternetFact::Fragmented { pieces: 3, mtu: 1500 })]);
    assert!(matches!(ladder.internet_facts("b")[0].1, InternetFact::Reassembled { len: 3980 }));
}

//= rfc791#3.2 test
#[test]
fn a_router_splits_for_a_narrower_link_and_splits_what_is_split() {
    let mut net = Pair::new(seed!()).delay(ms(10)).far_mtu(600);
    let text = pattern(1, 4000);
    let socket = send(&net, &text);
    net.run_for(ms(100));
    assert_eq!(heard(&net, socket), Some(text));
    let ladder = net.ladder();
    assert_eq!(ladder.left("a", frames().fragment()).len(), 3);
    assert_eq!(ladder.left("r", frames().fragment()).len(), 8);
}

//= rfc815#3 test
#[test]
fn pieces_in_any_order_and_twice_make_the_datagram() {
    for seed in seed!().many(20) {
        let mut net = Pair::new(seed).delay(ms(10)).mtu(600).reorder(0.5, ms(3)).duplicate(0.3);
        let text = pattern(1, 9000);
        let socket = send(&net, &text);
        net.run_for(ms(100));
        assert_eq!(heard(&net, socket), Some(text));
    }
}

//= rfc1122#3.3.2 test
#[test]
fn a_missing_piece_is_waited_for_and_then_reported() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    net.rule(drop_nth(2));
    let socket = send(&net, &pattern(1, 4000));
    net.run_until_idle();
    assert_eq!((heard(&net, socket), net.now()), (None, s(60) + ms(20)));
    let ladder = net.ladder();
    assert_eq!(ladder.dropped("b", InternetDrop::FragmentTimeout), 1);
    assert_eq!(ladder.sent("b", icmp().error()), [s(60) + ms(10)], "the first piece is there to be quoted");
}

#[test]
fn without_its_first_piece_nobody_is_told() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    net.rule(drop_nth(1));
    send(&net, &pattern(1, 4000));
    net.run_until_idle();
    assert_eq!(net.ladder().sent("b", icmp()), []);
    assert_eq!(net.ladder().dropped("b", InternetDrop::FragmentTimeout), 1);
}

//= rfc1191#3 test
//= rfc1191#4 test
//= rfc9293#3.7.3 SHLD-6 test
//= rfc9293#3.9.2.2 MUST-54 test
#[test]
fn tcp_learns_the_narrowest_mtu_of_its_path() {
    let mut net = Pair::new(seed!()).delay(ms(10)).far_mtu(600);
    let served = net.b.sink(80);
    let talk = net.a.upload(net.b.addr(80), 200_000);
    net.run_until_idle();
    assert_eq!((served.outcome().heard, served.outcome().wrong_at, talk.outcome().error), (200_000, None, None));
    let ladder = net.ladder();
    assert!(ladder.dropped("r", InternetDrop::FragmentationNeeded) > 0);
    assert_eq!(ladder.left("r", frames().fragment()), [], "TCP's packets are never split");
    let sizes: Vec<usize> = ladder.segments("a", tcp().data()).iter().map(|s| s.text.len()).collect();
    assert_eq!(sizes.iter().max(), Some(&1448));
    let settled = sizes.iter().rposition(|size| *size > 548).unwrap();
    assert!(settled < 20, "only the first flight was too large: {settled}");
    let timeouts =
        ladder.facts("a").iter().filter(|(_, f)| matches!(f, base::event::TransportFact::Backoff { .. })).count();
    assert_eq!(timeouts, 0, "the message makes it send again at once");
}

#[test]
fn a_path_that_swallows_the_message_is_a_black_hole() {
    // Who does not look for a smaller size can do nothing without the message, but it ends with an error.
    let mut net = Pair::new(seed!()).delay(ms(10)).far_mtu(600);
    net = net.config(|c| (c.max_retries, c.mtu_probing) = (4, false));
    net.rule(drop_all().of(icmp()));
    net.b.sink(80);
    let talk = net.a.upload(net.b.addr(80), 20_000);
    net.run_for(s(300));
    assert_eq!(talk.outcome().error, Some(stack::TcpError::TimedOut));
}

//= rfc4821#7 test
#[test]
fn a_path_that_swallows_the_message_is_searched_for_the_size_that_passes() {
    let mut net = Pair::new(seed!()).delay(ms(10)).far_mtu(600);
    net.rule(drop_all().of(icmp()));
    let served = net.b.sink(80);
    let talk = net.a.upload(net.b.addr(80), 20_000);
    net.run_for(s(120));
    assert_eq!((talk.outcome().error, served.outcome().heard, served.outcome().ends_heard), (None, 20_000, 1));
    let passed = net.ladder().received("b", tcp().data());
    assert!(passed.first().is_some_and(|at| *at < s(30)), "{passed:?}");
    // The next connection to the same place knows it already.
    let start = net.now();
    net.a.upload(net.b.addr(80), 20_000);
    net.run_for(s(20));
    let first =
        net.ladder().received("b", tcp().data()).into_iter().find(|at| *at > start).expect("it arrives") - start;
    assert!(first < s(1), "{first}");
}

#[test]
fn memory_for_pieces_is_bounded() {
    // Of each datagram the last piece, of one byte, is lost: 64 of them may wait for it.
    let mut net = Pair::new(seed!()).delay(ms(10));
    net.rule(drop_all().of(frames().len(1)));
    let a = net.a.host(|host| host.udp_bind(([0, 0, 0, 0], 0).into(), None)).unwrap();
    for _ in 0..200 {
        net.a.host(|host| host.udp_send(a, net.b.addr(53), &[1; 1473])).unwrap();
    }
    net.run_until_idle();
    let ladder = net.ladder();
    assert_eq!(ladder.dropped("b", InternetDrop::ReassemblyFull), 136);
    assert_eq!(ladder.dropped("b", InternetDrop::FragmentTimeout), 64);
}

//= rfc1191#6.1 test
#[test]
fn what_one_connection_learned_of_a_path_the_next_one_knows() {
    let mut net = Pair::new(seed!()).delay(ms(10)).far_mtu(600);
    net.b.sink(80);
    net.a.upload(net.b.addr(80), 20_000);
    net.run_for(s(20));
    let start = net.now();
    net.a.upload(net.b.addr(80), 20_000);
    net.run_for(s(20));
    let sizes: Vec<usize> =
        net.ladder().segments("a", tcp().data()).iter().filter(|s| s.at > start).map(|s| s.text.len()).collect();
    assert_eq!(sizes.iter().max(), Some(&548), "{sizes:?}");
}

//= rfc1191#6.1 test
#[test]
fn what_is_known_of_the_way_there_does_not_shrink_what_may_come_back() {
    let mut net = Pair::new(seed!()).delay(ms(10)).far_mtu(600);
    net.b.sink(80);
    net.a.upload(net.b.addr(80), 20_000);
    net.run_for(s(5));
    let start = net.now();
    net.a.upload(net.b.addr(80), 20_000);
    net.run_for(s(5));
    let ladder = net.ladder();
    let second = |seen: &&Seen| seen.at >= start;
    let syns = ladder.segments("a", tcp().syn());
    assert_eq!(syns.iter().find(second).expect("a SYN").header.options.mss, Some(1460));
    let texts = ladder.segments("a", tcp().data());
    assert_eq!(texts.iter().filter(second).map(|seen| seen.text.len()).max(), Some(548));
}
