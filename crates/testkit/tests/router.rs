//! What a router does to TCP that is not its own: congestion marks in place of drops, and a smaller MSS in SYNs.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use base::{Blind, Cidr, Duration, Instant, NodeId, Port};
use sim::{Cable, World};
use stack::{Buffer, Config, Ecn, InterfaceConfig, Route, TcpInfo};

/// `a` and `b` on both sides of a router: a gigabit, then ten megabits out of an interface of one's choice.
fn world(far: InterfaceConfig) -> (World, NodeId, NodeId) {
    let mut world = World::new(1, SystemTime::UNIX_EPOCH, Box::new(Blind));
    let config = Config { ecn: Ecn::Offer, receive_buffer: Buffer::fixed(1 << 20), ..Config::default() };
    let [a, b] = ["a", "b"].map(|name| world.add_host(name, config.clone()));
    let router = world.add_host("router", Config { forwarding: true, ..Config::default() });
    let line = || InterfaceConfig::point_to_point("line");
    for (node, interface) in [(a, line()), (b, line()), (router, line()), (router, far)] {
        world.add_interface(node, interface);
    }
    world.connect((a, Port(0)), (router, Port(0)), Cable::new(1_000_000_000, Duration::from_millis(5)));
    world.connect((router, Port(1)), (b, Port(0)), Cable::new(10_000_000, Duration::from_millis(5)));
    for (node, port, address) in [(a, 0, [192, 0, 2, 1]), (router, 0, [192, 0, 2, 254])] {
        world.with_host(node, |host| host.add_address(Port(port), Cidr::v4(address, 24)));
    }
    for (node, port, address) in [(b, 0, [198, 51, 100, 1]), (router, 1, [198, 51, 100, 254])] {
        world.with_host(node, |host| host.add_address(Port(port), Cidr::v4(address, 24)));
    }
    for node in [a, b] {
        world.with_host(node, |host| host.add_route(Route { to: Cidr::ANY_V4, via: None, port: Port(0) }));
    }
    (world, a, b)
}

/// Uploads a megabyte from `a` to `b`; what the sender knows of its connection then.
fn upload(world: &mut World, a: NodeId, b: NodeId) -> TcpInfo {
    let (from, to) = (world.net(a), world.net(b));
    let at = (IpAddr::from([198, 51, 100, 1]), 80).into();
    let (told, heard) = (Arc::new(Mutex::new(None)), Arc::new(Mutex::new(0)));
    let (tell, hear) = (told.clone(), heard.clone());
    let listener = to.tcp_listen(at).expect("the port is free");
    world
        .spawn(b, async move {
            let (stream, _) = listener.accept().await;
            while let Ok(text) = stream.recv(1 << 16).await
                && !text.is_empty()
            {
                *hear.lock().expect("no panic") += text.len();
            }
        })
        .detach();
    world
        .spawn(a, async move {
            let stream = from.tcp_connect(at).await.expect("open");
            for _ in 0..1000 {
                let mut text = &[7u8; 1000][..];
                while !text.is_empty() {
                    let taken = stream.send(text).await.expect("alive");
                    text = &text[taken..];
                }
            }
            from.sleep(Duration::from_secs(2)).await;
            *tell.lock().expect("no panic") = stream.info();
        })
        .detach();
    world.run_until(Instant::ZERO + Duration::from_secs(20));
    assert_eq!(*heard.lock().expect("no panic"), 1_000_000);
    told.lock().expect("no panic").take().expect("told")
}

//= rfc3168#5 test
#[test]
fn a_queue_that_marks_slows_a_sender_down_before_it_must_drop() {
    let queue = InterfaceConfig { queue_frames: 40, ..InterfaceConfig::point_to_point("far") };
    let (mut dropping, a, b) = world(queue.clone());
    let dropped = upload(&mut dropping, a, b);
    assert!(dropped.totals.resent > 0 && dropped.totals.delivered_ce == 0, "{:?}", dropped.totals);
    let (mut marking, a, b) = world(InterfaceConfig { mark_above: Some(10), ..queue });
    let marked = upload(&mut marking, a, b);
    assert!(marked.options.ecn && marked.totals.delivered_ce > 0, "{:?}", marked.totals);
    assert!(marked.totals.resent < dropped.totals.resent, "{:?}", marked.totals);
}

#[test]
fn a_clamped_mss_keeps_both_ends_from_sending_what_does_not_fit() {
    let narrow = InterfaceConfig { mtu: 600, ..InterfaceConfig::point_to_point("far") };
    let (mut plain, a, b) = world(narrow.clone());
    let told = upload(&mut plain, a, b);
    assert_eq!((told.path_mtu, told.send_mss), (600, 548), "an ICMP message said so");
    assert!(told.totals.resent > 0, "after what did not fit was lost");
    let (mut clamping, a, b) = world(InterfaceConfig { clamp_mss: true, ..narrow });
    let told = upload(&mut clamping, a, b);
    assert_eq!((told.path_mtu, told.send_mss), (1500, 548), "nobody had to say anything");
}
