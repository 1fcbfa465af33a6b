//! Which address a connection is opened from and to: RFC 9293 sections 3.9.1.1 and 3.9.2.3.

use std::net::{IpAddr, SocketAddr};

use base::event::TcpState;
use glassnet_testkit::*;
use stack::{BindError, TcpError};

//= rfc9293#3.9.1.1 MUST-46 test
#[test]
fn nobody_connects_to_everybody() {
    let net = Puppet::new(seed!());
    for to in [[255, 255, 255, 255], [224, 0, 0, 1], [192, 0, 2, 255], [0, 0, 0, 0]] {
        let refused = net.a.try_connect((to, 80).into()).map(|_| ());
        assert_eq!(refused, Err(TcpError::NoRoute(to.into())), "{to:?}");
    }
    assert_eq!(net.a.connections(), 0);
}

//= rfc9293#3.9.1.1 MUST-42 test
#[test]
fn a_port_that_a_connection_uses_may_be_listened_at() {
    let mut net = Puppet::new(seed!());
    let opening = net.a.connect_from(80, net.peer(7)).expect("a free port");
    let listener = net.a.listen(80);
    assert_eq!(opening.state(), TcpState::SynSent);
    // Another peer comes by the listener; the first one's answer is for the connection that began by itself.
    net.take();
    net.dial(80, |seg| seg);
    assert!(listener.accept().is_some_and(|conn| conn.state() == TcpState::Established));
    assert_eq!(opening.state(), TcpState::SynSent);
}

//= rfc9293#3.9.1.1 MUST-41 test
#[test]
fn listening_again_changes_nothing_for_those_who_came_before() {
    let mut net = Puppet::new(seed!());
    let first = net.a.listen(80);
    let peer = net.dial(80, |seg| seg);
    let conn = first.accept().expect("open");
    first.close();
    let second = net.a.listen(80);
    let other = net.dial(80, |seg| seg);
    let later = second.accept().expect("open");
    net.send(peer.seg().text(b"one"));
    net.send(other.seg().text(b"two"));
    assert_eq!((conn.recv(), later.recv()), (b"one".to_vec(), b"two".to_vec()));
}

//= rfc9293#3.9.1.1 MUST-43 test
#[test]
fn a_program_may_choose_its_own_address_but_only_a_real_one() {
    let net = Pair::new(seed!()).router();
    let far: IpAddr = [198, 51, 100, 254].into();
    let near = net.r.ip();
    // The router would take its near address towards `a`; its program wants the far one.
    let id = net.r.host(|host| host.tcp_connect_from(SocketAddr::new(far, 0), net.a.addr(80))).expect("it has it");
    assert_eq!(net.r.host(|host| host.tcp_addresses(id)).expect("open").0.ip(), far);
    assert!(net.r.host(|host| host.tcp_listen(SocketAddr::new(near, 80), 5)).is_ok());
    let foreign: IpAddr = [203, 0, 113, 9].into();
    let refused = net.r.host(|host| host.tcp_listen(SocketAddr::new(foreign, 81), 5)).map(|_| ());
    assert_eq!(refused, Err(BindError::NotOurs(foreign)));
}

//= rfc9293#3.9.1.1 MUST-44 test
#[test]
fn without_a_choice_the_route_decides_about_the_source_address() {
    let mut net = Pair::new(seed!()).router();
    let [to_a, to_b] = [net.a.addr(80), net.b.addr(80)].map(|to| net.r.connect(to).addresses().0.ip());
    assert_eq!((to_a, to_b), ([192, 0, 2, 254].into(), [198, 51, 100, 254].into()));
    net.run_for(ms(100));
}

//= rfc9293#3.9.1.1 MUST-45 test
#[test]
fn who_was_called_by_one_address_answers_by_it() {
    let mut net = Pair::new(seed!()).router();
    let far: SocketAddr = ([198, 51, 100, 254], 80).into();
    net.r.host(|host| host.tcp_listen(([0, 0, 0, 0], 80).into(), 5)).expect("free");
    let conn = net.a.connect(far);
    net.run_for(ms(200));
    assert_eq!(conn.connected(), Ok(true));
    let answers = net.ladder().segments("r", tcp().syn_ack());
    assert!(!answers.is_empty() && answers.iter().all(|answer| answer.src == far), "{answers:?}");
}

//= rfc9293#3.4.1 MUST-9 SHLD-1 test
#[test]
fn initial_numbers_tell_nothing_about_those_of_other_peers_and_other_hosts() {
    let numbers = |seed: Seed| -> Vec<u32> {
        let mut net = Puppet::new(seed);
        for port in 0..200 {
            net.a.connect(net.peer(1000 + port));
        }
        net.take().iter().map(|syn| syn.header.seq.0).collect()
    };
    let one = numbers(seed!());
    assert_eq!(one.len(), 200);
    // At one moment, the numbers for different peers lie anywhere: neighbours are as far apart as dice would throw them.
    let near = one.windows(2).filter(|two| two[0].abs_diff(two[1]) < 1 << 24).count();
    assert!(near < 10, "{near} of 199 are close");
    let other = numbers(seed!().with(1));
    assert!(one.iter().zip(&other).all(|(one, other)| one != other), "another host has another secret");
}
