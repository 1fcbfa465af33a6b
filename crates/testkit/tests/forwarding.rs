//! Routers: RFC 1812 section 5.

use base::event::InternetDrop;
use glassnet_testkit::*;

//= rfc1812#5.2.1 test
//= rfc1812#5.3.1 test
#[test]
fn a_router_passes_packets_on_and_takes_one_off_their_time_to_live() {
    let mut net = Pair::new(seed!()).delay(ms(10)).router();
    let served = net.b.serve(80, (2, 50_000), 1);
    let talk = net.a.talk(net.b.addr(80), (1, 50_000), 2);
    net.run_until_idle();
    assert_eq!((served.outcome().heard, talk.outcome().heard), (50_000, 50_000));
    let ladder = net.ladder();
    let ttl = |node, want: u8| ladder.left(node, tcp().and(move |view| view.ip().is_some_and(|ip| ip.ttl != want)));
    assert_eq!((ttl("a", 64).len(), ttl("r", 63).len()), (0, 0));
    assert_eq!(ladder.sent("r", frames()), [], "it says nothing of its own");
}

#[test]
fn a_host_is_no_router() {
    let mut net = Pair::new(seed!()).delay(ms(10)).router().config_router(|c| c.forwarding = false);
    let conn = net.a.connect(net.b.addr(80));
    net.run_for(s(2));
    assert_eq!(conn.state(), base::event::TcpState::SynSent);
    let ladder = net.ladder();
    assert_eq!((ladder.dropped("r", InternetDrop::NotForUs), ladder.left("r", frames()).len()), (2, 0));
}

#[test]
fn a_program_on_a_router_is_reached_by_all_of_its_addresses() {
    let mut net = Pair::new(seed!()).delay(ms(10)).router();
    let listener = net.r.host(|host| host.tcp_listen(([0, 0, 0, 0], 22).into(), 5)).unwrap();
    let near = net.a.connect(([192, 0, 2, 254], 22).into());
    let far = net.a.connect(([198, 51, 100, 254], 22).into());
    net.run_for(ms(100));
    assert_eq!((near.connected(), far.connected()), (Ok(true), Ok(true)));
    assert!((0..2).all(|_| net.r.host(|host| host.tcp_accept(listener)).is_some()));
}

//= rfc1812#5.3.5.2 test
//= rfc1812#5.3.7 test
#[test]
fn what_is_meant_for_one_link_stays_there() {
    let mut net = Pair::new(seed!()).delay(ms(10)).router();
    let socket = net.a.host(|host| host.udp_bind(([0, 0, 0, 0], 0).into(), None)).unwrap();
    for to in [[198, 51, 100, 255], [224, 0, 0, 251], [239, 1, 2, 3], [169, 254, 1, 1]] {
        net.a.host(|host| host.udp_send(socket, (to, 9).into(), b"x")).unwrap();
    }
    net.run_for(s(1));
    assert_eq!(net.ladder().left("r", udp()), []);
}

#[test]
fn a_better_route_is_taken_by_an_open_connection() {
    let mut net = Pair::new(seed!()).delay(ms(10)).router();
    let served = net.b.sink(80);
    let conn = net.a.connect(net.b.addr(80));
    net.run_for(ms(100));
    // The default route goes away, one to the network comes: the same neighbour.
    let default = base::Cidr::ANY_V4;
    let via = net.r.ip();
    net.a.host(|host| host.remove_route(default));
    conn.send(b"hello");
    net.run_for(s(1));
    net.a.host(|host| {
        host.add_route(stack::Route { to: "198.51.100.0/24".parse().unwrap(), via: Some(via), port: base::Port(0) })
    });
    conn.send(b" again");
    net.run_for(s(10));
    assert_eq!(served.outcome().heard, 11);
}
