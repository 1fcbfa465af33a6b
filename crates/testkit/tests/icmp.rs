//! ICMP: RFC 792, RFC 1122 section 3.2.2, RFC 1812 section 4.3.

use std::net::IpAddr;

use base::event::{InternetDrop, InternetFact};
use bytes::Bytes;
use glassnet_testkit::*;
use stack::{RawId, RawPacket};
use wire::PacketBuf;
use wire::icmpv4::{Exceeded, Message, Unreachable};

const ICMP: u8 = 1;

fn ping(net: &Pair, socket: RawId, to: IpAddr, ttl: Option<u8>, seq: u16, data: &[u8]) {
    let mut packet = PacketBuf::new(base::PacketId::NONE, Bytes::copy_from_slice(data));
    Message::EchoRequest { id: 7, seq }.push(&mut packet);
    net.a.host(|host| host.raw_send(socket, to, ttl, &packet.contiguous())).unwrap();
}

fn heard(net: &Pair, socket: RawId) -> Vec<(RawPacket, Message)> {
    let packets = std::iter::from_fn(|| net.a.host(|host| host.raw_recv(socket)));
    packets.map(|packet| (packet.clone(), Message::parse([&packet.data, &[]]).unwrap())).collect()
}

fn raw(net: &Pair) -> RawId {
    net.a.host(|host| host.raw_open(ICMP)).unwrap()
}

//= rfc792#message-formats test
//= rfc1122#3.2.2.6 test
#[test]
fn an_echo_comes_back_with_the_same_data() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    let socket = raw(&net);
    for len in [0, 56, 1472, 4000] {
        ping(&net, socket, net.b.ip(), None, len as u16, &pattern(1, len));
        net.run_for(ms(25));
        let answers = heard(&net, socket);
        assert_eq!(answers.len(), 1, "{len}");
        let (packet, message) = &answers[0];
        assert_eq!(*message, Message::EchoReply { id: 7, seq: len as u16 });
        assert!(packet.from == net.b.ip() && packet.data[8..] == pattern(1, len));
    }
}

#[test]
fn a_host_answers_its_own_ping() {
    let mut net = Pair::new(seed!());
    let socket = raw(&net);
    for to in [net.a.ip(), [127, 0, 0, 1].into()] {
        ping(&net, socket, to, None, 1, b"me");
        net.run_for(ms(1));
        let messages: Vec<_> = heard(&net, socket).into_iter().map(|(_, message)| message).collect();
        assert!(messages.contains(&Message::EchoReply { id: 7, seq: 1 }), "{to}: {messages:?}");
    }
    assert_eq!(net.ladder().recording().frames().len(), 0, "nothing of it was on the cable");
}

//= rfc1122#3.2.2.6 test
#[test]
fn an_echo_to_everybody_is_left_to_others() {
    let mut net = Pair::new(seed!());
    let socket = raw(&net);
    ping(&net, socket, [192, 0, 2, 255].into(), None, 1, b"all");
    net.run_for(s(1));
    assert_eq!(heard(&net, socket).len(), 0);
}

//= rfc1812#5.3.1 test
#[test]
fn a_route_is_traced_by_growing_times_to_live() {
    let mut net = Pair::new(seed!()).delay(ms(10)).router();
    let (socket, router) = (raw(&net), net.r.ip());
    for ttl in [1, 2] {
        ping(&net, socket, net.b.ip(), Some(ttl), u16::from(ttl), b"trace");
        net.run_for(ms(100));
    }
    let answers = heard(&net, socket);
    let said: Vec<_> = answers.iter().map(|(packet, message)| (packet.from, *message)).collect();
    let exceeded = Message::TimeExceeded { code: Exceeded::Ttl };
    assert_eq!(said, [(router, exceeded), (net.b.ip(), Message::EchoReply { id: 7, seq: 2 })]);
    // The error quotes the packet that it is about: IP header, ICMP header, data.
    assert_eq!(&answers[0].0.data[8 + 20 + 8..], b"trace");
    assert_eq!(net.ladder().dropped("r", InternetDrop::TtlExpired), 1);
}

//= rfc1122#3.2.2.1 test
#[test]
fn what_cannot_be_delivered_is_reported_with_the_reason() {
    let mut net = Pair::new(seed!()).delay(ms(10)).router();
    let socket = raw(&net);
    let odd = net.a.host(|host| host.raw_open(200)).unwrap();
    net.a.host(|host| host.raw_send(odd, net.b.ip(), None, b"unknown protocol")).unwrap();
    net.a.host(|host| host.raw_send(odd, [203, 0, 113, 9].into(), None, b"nowhere")).unwrap();
    net.run_for(ms(100));
    let codes: Vec<_> = heard(&net, socket)
        .into_iter()
        .filter_map(|(packet, message)| match message {
            Message::DestinationUnreachable { code, .. } => Some((packet.from, code)),
            _ => None,
        })
        .collect();
    assert_eq!(codes.len(), 2);
    assert!(codes.contains(&(net.r.ip(), Unreachable::Net)) && codes.contains(&(net.b.ip(), Unreachable::Protocol)));
    let told = net.ladder().internet_facts("r");
    assert!(
        told.iter().any(|(_, fact)| matches!(fact, InternetFact::IcmpErrorSent { message: "network unreachable", .. }))
    );
}

//= rfc1812#4.3.2.8 test
#[test]
fn errors_are_limited_to_so_many_a_second() {
    let mut net = Pair::new(seed!()).delay(ms(10)).config(|c| c.icmp_errors_per_second = 5);
    let socket = net.a.host(|host| host.udp_bind(net_any(), None)).unwrap();
    for _ in 0..2 {
        for _ in 0..20 {
            net.a.host(|host| host.udp_send(socket, net.b.addr(9), b"x")).unwrap();
        }
        net.run_for(s(1));
    }
    assert_eq!(net.ladder().sent("b", icmp().error()).len(), 10);
}

fn net_any() -> std::net::SocketAddr {
    ([0, 0, 0, 0], 0).into()
}

//= rfc1122#3.2.2 test
#[test]
fn nobody_complains_about_a_complaint() {
    let mut net = Pair::new(seed!()).delay(ms(10)).router();
    let socket = raw(&net);
    // An error message that dies at the router.
    let mut packet = PacketBuf::new(base::PacketId::NONE, Bytes::from_static(&[0; 28]));
    Message::TimeExceeded { code: Exceeded::Ttl }.push(&mut packet);
    net.a.host(|host| host.raw_send(socket, net.b.ip(), Some(1), &packet.contiguous())).unwrap();
    net.run_for(ms(100));
    assert_eq!(net.ladder().dropped("r", InternetDrop::TtlExpired), 1);
    assert_eq!(net.ladder().sent("r", icmp()), []);
}

//= rfc5927#4 test
#[test]
fn a_forged_error_about_a_connection_is_not_believed() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    net.b.listen(80);
    let conn = net.a.connect(net.b.addr(80));
    net.run_for(ms(100));
    conn.send(&[1; 5000]);
    net.run_for(ms(100));
    let (local, remote) = conn.addresses();
    let forger = net.b.host(|host| host.raw_open(ICMP)).unwrap();
    // It quotes a segment whose number is nowhere near what is in flight.
    let quoted =
        seg().ports(local.port(), remote.port()).seq(base::SeqNum(12345)).packet(base::PacketId(1), local, remote);
    let mut packet = PacketBuf::new(base::PacketId::NONE, Bytes::from(quoted.contiguous()));
    Message::DestinationUnreachable { code: Unreachable::FragmentationNeeded, mtu: 100 }.push(&mut packet);
    net.b.host(|host| host.raw_send(forger, net.a.ip(), None, &packet.contiguous())).unwrap();
    net.run_for(ms(100));
    conn.send(&[1; 1448]);
    net.run_for(ms(100));
    assert_eq!(net.ladder().segments("a", tcp().data()).last().unwrap().text.len(), 1448);
}

//= rfc9293#3.9.2.2 MUST-55 test
//= rfc6633#3 test
#[test]
fn a_source_quench_is_thrown_away_in_silence() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    net.b.listen(80);
    let conn = net.a.connect(net.b.addr(80));
    net.run_for(ms(100));
    conn.send(&[1; 5000]);
    let segment = net.ladder().segments("a", tcp().data())[0].clone();
    let before = conn.info();
    let (local, remote) = conn.addresses();
    let quoted = seg().ports(local.port(), remote.port()).seq(segment.header.seq);
    let quoted = quoted.packet(base::PacketId(1), local, remote).contiguous();
    let mut message = [&[4, 0, 0, 0, 0, 0, 0, 0][..], &quoted[..28]].concat();
    let sum: u32 = message.chunks(2).map(|two| u32::from(two[0]) << 8 | u32::from(two[1])).sum();
    let sum = !(((sum & 0xffff) + (sum >> 16)) as u16);
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    let router = net.b.host(|host| host.raw_open(ICMP)).unwrap();
    net.b.host(|host| host.raw_send(router, net.a.ip(), None, &message)).unwrap();
    net.run_for(ms(15));
    assert_eq!((conn.info().cwnd, conn.state()), (before.cwnd, before.state));
    assert!(net.ladder().sent("a", icmp()).is_empty(), "nobody answers it");
}

//= rfc9293#3.9.2.2 MUST-56 SHLD-25 test
#[test]
fn a_soft_error_does_not_end_a_connection() {
    // The router cannot reach `b` for a while, says so, and later can again.
    let mut net = Pair::new(seed!()).delay(ms(10)).router();
    let served = net.b.sink(80);
    let conn = net.a.connect(net.b.addr(80));
    net.run_for(ms(100));
    let route = net.r.host(|host| *host.routes().iter().find(|r| r.to.contains([198, 51, 100, 2].into())).unwrap());
    net.r.host(|host| host.remove_route(route.to));
    conn.send(b"hello");
    net.run_for(s(2));
    assert!(!net.ladder().sent("r", icmp().error()).is_empty());
    assert!(conn.info().soft_error.is_some(), "a program that asks is told");
    net.r.host(|host| host.add_route(route));
    net.run_for(s(10));
    assert_eq!((served.outcome().heard, conn.error()), (5, None));
}
