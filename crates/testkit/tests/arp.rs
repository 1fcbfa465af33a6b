//! Address resolution: RFC 826, RFC 1122 section 2.3.2.

use base::event::{InternetFact, LinkDrop, LinkFact};
use glassnet_testkit::*;
use stack::TcpError;

//= rfc826#packet-reception test
#[test]
fn a_neighbour_is_asked_for_once_and_learns_the_asker() {
    let mut net = Pair::new(seed!()).delay(ms(10)).arp();
    net.b.listen(80);
    let conn = net.a.connect(net.b.addr(80));
    net.run_until_idle();
    assert_eq!(conn.connected(), Ok(true));
    let ladder = net.ladder();
    assert_eq!((ladder.sent("a", arp()), ladder.sent("b", arp())), (vec![ms(0)], vec![ms(10)]));
    assert_eq!(ladder.sent("a", tcp().syn()), [ms(20)], "the SYN waits for the answer");
    assert_eq!(ladder.sent("b", tcp().syn_ack()), [ms(30)], "b does not need to ask");
    assert!(ladder.link_facts("a").iter().any(|(_, fact)| matches!(fact, LinkFact::NeighborFound { .. })));
}

//= rfc1122#2.3.2.1 test
#[test]
fn a_silent_neighbour_is_asked_for_three_times_a_second_apart() {
    let mut net = Pair::new(seed!()).delay(ms(10)).arp();
    net.rule(drop_all().of(arp()).from_b());
    let socket = net.a.host(|host| host.udp_bind(([0, 0, 0, 0], 0).into(), None)).unwrap();
    net.a.host(|host| host.udp_send(socket, net.b.addr(9), b"hello")).unwrap();
    net.run_until_idle();
    let ladder = net.ladder();
    assert_eq!(ladder.sent("a", arp()), [s(0), s(1), s(2)]);
    assert_eq!(ladder.dropped("a", LinkDrop::NeighborSilent), 1);
    let silent = ladder.link_facts("a").into_iter().find(|(_, fact)| matches!(fact, LinkFact::NeighborSilent { .. }));
    assert_eq!(silent.map(|(at, _)| at), Some(s(3)));
}

//= rfc1122#2.3.2.2 test
#[test]
fn only_so_many_packets_wait_for_an_answer_and_the_newest_are_kept() {
    let mut net = Pair::new(seed!()).delay(ms(10)).arp();
    let socket = net.a.host(|host| host.udp_bind(([0, 0, 0, 0], 0).into(), None)).unwrap();
    for n in 0..20u8 {
        net.a.host(|host| host.udp_send(socket, net.b.addr(9), &[n])).unwrap();
    }
    net.run_for(ms(100));
    let ladder = net.ladder();
    assert_eq!(ladder.sent("a", udp()).len(), 16);
    assert_eq!(ladder.dropped("a", LinkDrop::NeighborQueueFull), 4);
    let view_first = ladder.sent("a", udp().and(|view| view.udp().is_some_and(|d| d.data[0] < 4)));
    assert_eq!(view_first, []);
}

//= rfc9293#3.9.1.8 MUST-47 test
#[test]
fn a_connection_to_a_silent_neighbour_says_that_the_host_is_unreachable() {
    let mut net = Pair::new(seed!()).delay(ms(10)).arp();
    net.rule(drop_all().of(arp()).from_b());
    let conn = net.a.connect(net.b.addr(80));
    net.run_until_idle();
    assert_eq!(conn.connected(), Err(TcpError::Unreachable("host unreachable")));
}

//= rfc1812#5.2.7.1 test
#[test]
fn a_router_reports_a_silent_neighbour_to_the_source() {
    let mut net = Pair::new(seed!()).delay(ms(10)).router().arp();
    // There is nobody at this address behind the router.
    let nobody = ([198, 51, 100, 77], 80).into();
    let conn = net.a.connect(nobody);
    net.run_until_idle();
    assert_eq!(conn.connected(), Err(TcpError::Unreachable("host unreachable")));
    let ladder = net.ladder();
    assert!(!ladder.sent("r", icmp().error()).is_empty());
    let told = ladder
        .internet_facts("r")
        .into_iter()
        .any(|(_, fact)| matches!(fact, InternetFact::IcmpErrorSent { message: "host unreachable", .. }));
    assert!(told);
}

#[test]
fn an_answer_is_forgotten_after_ten_minutes() {
    let mut net = Pair::new(seed!()).delay(ms(10)).arp();
    let socket = net.a.host(|host| host.udp_bind(([0, 0, 0, 0], 0).into(), None)).unwrap();
    for wait in [1, 300, 400] {
        net.a.host(|host| host.udp_send(socket, net.b.addr(9), b"x")).unwrap();
        net.run_for(s(wait));
    }
    net.a.host(|host| host.udp_send(socket, net.b.addr(9), b"x")).unwrap();
    net.run_for(s(1));
    assert_eq!(net.ladder().sent("a", arp()).len(), 2);
}

#[test]
fn a_lost_request_and_a_lost_answer_are_made_up_for() {
    let mut net = Pair::new(seed!()).delay(ms(10)).arp();
    net.rule(drop_nth(1).of(arp()).from_a());
    net.rule(drop_nth(1).of(arp()).from_b());
    net.b.listen(80);
    let conn = net.a.connect(net.b.addr(80));
    net.run_for(s(5));
    assert_eq!(conn.connected(), Ok(true));
    assert_eq!(net.ladder().sent("a", arp()), [s(0), s(1), s(2)]);
}
