//! UDP: RFC 768, RFC 1122 section 4.1.

use std::net::SocketAddr;

use base::event::{TransportDrop, TransportFact};
use glassnet_testkit::*;
use stack::{SendError, UdpId};

fn bind(end: &End, port: u16) -> UdpId {
    let local = end.addr(port);
    end.host(|host| host.udp_bind(local, None)).unwrap()
}

fn send(end: &End, socket: UdpId, to: SocketAddr, data: &[u8]) {
    end.host(|host| host.udp_send(socket, to, data)).unwrap();
}

//= rfc768#fields test
#[test]
fn a_datagram_arrives_whole_with_its_sender() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    let (a, b) = (bind(&net.a, 1000), bind(&net.b, 53));
    for len in [0, 1, 1472, 5000, 65_507] {
        send(&net.a, a, net.b.addr(53), &pattern(1, len));
        net.run_for(ms(100));
        let datagram = net.b.host(|host| host.udp_recv(b)).unwrap().expect("it arrived");
        assert_eq!((datagram.from, datagram.to), (net.a.addr(1000), net.b.addr(53)));
        assert!(datagram.data == pattern(1, len), "{len}");
    }
    let too_big = net.a.host(|host| host.udp_send(a, net.b.addr(53), &[0; 65_508]));
    assert_eq!(too_big, Err(SendError::TooBig));
}

//= rfc1122#4.1.3.1 test
//= rfc1122#4.1.3.3 test
#[test]
fn a_closed_port_is_reported_to_the_sender_once() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    let a = bind(&net.a, 1000);
    send(&net.a, a, net.b.addr(9), b"anybody?");
    net.run_for(ms(100));
    assert_eq!(net.a.host(|host| host.udp_recv(a)), Err(SendError::Refused(net.b.addr(9))));
    assert_eq!(net.a.host(|host| host.udp_recv(a)), Ok(None));
    let ladder = net.ladder();
    assert_eq!(ladder.sent("b", icmp().error()), [ms(10)]);
    assert_eq!(ladder.dropped("b", TransportDrop::NoListener), 1);
    assert_eq!(ladder.facts("a"), Vec::<(base::Duration, TransportFact)>::new());
}

#[test]
fn a_full_receive_queue_drops_what_comes() {
    let mut net = Pair::new(seed!()).delay(ms(10)).config(|c| c.datagram_queue = 3);
    let (a, b) = (bind(&net.a, 1000), bind(&net.b, 53));
    (0..5).for_each(|n| send(&net.a, a, net.b.addr(53), &[n]));
    net.run_for(ms(100));
    assert_eq!(net.ladder().dropped("b", TransportDrop::ReceiveQueueFull), 2);
    let heard: Vec<u8> = (0..3).map(|_| net.b.host(|host| host.udp_recv(b)).unwrap().unwrap().data[0]).collect();
    assert_eq!(heard, [0, 1, 2]);
}

#[test]
fn a_broadcast_reaches_everybody_and_nobody_complains() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    let local = ([0, 0, 0, 0], 67).into();
    let b = net.b.host(|host| host.udp_bind(local, None)).unwrap();
    let a = net.a.host(|host| host.udp_bind(([0, 0, 0, 0], 1000).into(), Some(base::Port(0)))).unwrap();
    for to in [[255, 255, 255, 255], [192, 0, 2, 255]] {
        send(&net.a, a, (to, 67).into(), b"to all");
        send(&net.a, a, (to, 68).into(), b"to nobody");
    }
    net.run_for(ms(100));
    let heard = std::iter::from_fn(|| net.b.host(|host| host.udp_recv(b)).unwrap()).count();
    assert_eq!(heard, 2);
    assert_eq!(net.ladder().sent("b", icmp()), []);
}

#[test]
fn the_socket_that_fits_best_gets_the_datagram() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    let any = net.b.host(|host| host.udp_bind(([0, 0, 0, 0], 53).into(), None)).unwrap();
    let exact = bind(&net.b, 53);
    let a = bind(&net.a, 1000);
    send(&net.a, a, net.b.addr(53), b"x");
    net.run_for(ms(100));
    let heard = |socket| net.b.host(|host| host.udp_recv(socket)).unwrap().is_some();
    assert_eq!((heard(exact), heard(any)), (true, false));
    net.b.host(|host| host.udp_close(exact));
    send(&net.a, a, net.b.addr(53), b"y");
    net.run_for(ms(100));
    assert!(net.b.host(|host| host.udp_recv(any)).unwrap().is_some());
}

//= rfc768#fields test
#[test]
fn a_damaged_text_is_never_delivered() {
    let mut net = Pair::new(seed!()).delay(ms(1)).corrupt_undetected(1.0);
    let (a, b) = (bind(&net.a, 1000), bind(&net.b, 53));
    for _ in 0..500 {
        send(&net.a, a, net.b.addr(53), &[7; 100]);
        net.run_for(ms(10));
    }
    // What does arrive was hit in the link header, which no checksum of IP or UDP covers.
    let heard: Vec<_> = std::iter::from_fn(|| net.b.host(|host| host.udp_recv(b)).unwrap()).collect();
    assert!(heard.len() < 64 && heard.iter().all(|datagram| datagram.data[..] == [7; 100]), "{}", heard.len());
}

#[test]
fn a_program_is_woken_by_a_datagram() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    let (socket, to) = (net.b.net().udp_bind(net.b.addr(53)).unwrap(), net.b.addr(53));
    let heard = net.b.spawn(async move { socket.recv().await.map(|datagram| datagram.data) });
    net.run_for(ms(5));
    let client = net.a.net().udp_bind(net.a.addr(0)).unwrap();
    client.send_to(b"wake up", to).unwrap();
    net.run_for(ms(11));
    assert!(heard.is_finished());
}
