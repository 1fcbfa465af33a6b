//! TCP over IPv6 (RFC 8200), with neighbours that a person made known.

use base::event::InternetDrop;
use glassnet_testkit::*;

//= rfc8200#3 test
//= rfc8200#8.1 test
#[test]
fn tcp_runs_over_ipv6_through_a_router_with_losses() {
    for seed in seed!().many(5) {
        let mut net = Pair::new(seed).delay(ms(10)).ipv6().router().loss(0.05);
        let served = net.b.serve(80, (2, 100_000), 1);
        let talk = net.a.talk(net.b.addr(80), (1, 100_000), 2);
        net.run_until_idle();
        let (served, talk) = (served.outcome(), talk.outcome());
        assert_eq!((served.heard, served.wrong_at, talk.heard, talk.wrong_at), (100_000, None, 100_000, None));
        let hops =
            net.ladder().left("r", tcp().and(|view| view.ip().is_some_and(|ip| ip.ttl != 63 || ip.src.is_ipv4())));
        assert_eq!(hops, []);
    }
}

#[test]
fn a_damaged_segment_over_ipv6_is_never_taken() {
    for seed in seed!().many(5) {
        let mut net = Pair::new(seed).delay(ms(5)).ipv6().corrupt_undetected(0.05);
        let served = net.b.sink(80);
        net.a.upload(net.b.addr(80), 200_000);
        net.run_until_idle();
        assert_eq!((served.outcome().heard, served.outcome().wrong_at), (200_000, None));
    }
}

//= rfc8200#5 test
#[test]
fn a_packet_too_large_for_the_link_is_dropped_with_a_reason() {
    let mut net = Pair::new(seed!()).ipv6();
    let socket = net.a.host(|host| host.udp_bind("[::]:0".parse().unwrap(), None)).unwrap();
    net.a.host(|host| host.udp_send(socket, net.b.addr(9), &[0; 3000])).unwrap();
    net.run_for(s(1));
    assert_eq!(net.ladder().dropped("a", InternetDrop::FragmentationNeeded), 1);
}

#[test]
fn a_closed_port_refuses_over_ipv6_as_well() {
    let mut net = Pair::new(seed!()).ipv6();
    let conn = net.a.connect(net.b.addr(80));
    net.run_for(s(1));
    assert_eq!(conn.connected(), Err(stack::TcpError::Refused));
}
