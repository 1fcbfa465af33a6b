//! Whole hosts with programs, on cables and behind switches.

mod common;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use base::{Blind, Cidr, Duration, Instant, Mac, NodeId, Port, Sink};
use common::*;
use glassnet_sim::rule::{Corrupt, CorruptUndetected, Duplicate, Jitter, Loss, Nth};
use glassnet_sim::{Cable, LinkId, Verdict, World};
use net::{Net, TcpError};
use stack::{Config, InterfaceConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const P0: Port = Port(0);

fn ip(host: u8) -> IpAddr {
    Ipv4Addr::new(10, 0, 0, host).into()
}

fn at(host: u8, port: u16) -> SocketAddr {
    SocketAddr::new(ip(host), port)
}

/// A host with one Ethernet interface and the address 10.0.0.`number`/24.
fn add_host(world: &mut World, name: &str, number: u8) -> NodeId {
    let node = world.add_host(name, Config::default());
    let mac = Mac::local(u32::from(number));
    let port = world.add_interface(node, InterfaceConfig::ethernet("eth0", mac));
    world.net(node).add_address(port, Cidr::new(ip(number), 24));
    node
}

/// Hosts 1 and 2 at the two ends of a cable of 100 Mbit/s and 5 ms.
fn pair(seed: u64, sink: Box<dyn Sink>) -> (World, LinkId, Net, Net) {
    let mut world = World::new(seed, epoch(), sink);
    let (a, b) = (add_host(&mut world, "a", 1), add_host(&mut world, "b", 2));
    let link = world.connect((a, P0), (b, P0), Cable::new(100_000_000, Duration::from_millis(5)));
    let (a, b) = (world.net(a), world.net(b));
    (world, link, a, b)
}

#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn add(&self, text: impl Into<String>) {
        self.0.lock().unwrap().push(text.into());
    }
    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

#[test]
fn a_datagram_is_echoed_across_a_switch() {
    let log = Log::default();
    let mut world = World::new(1, epoch(), Box::new(log.clone()));
    let switch = world.add_switch("switch", 4);
    let nodes = [1, 2, 3].map(|number| add_host(&mut world, &format!("host {number}"), number));
    for (node, port) in nodes.iter().zip(0..) {
        world.connect((*node, P0), (switch, Port(port)), Cable::new(0, us(100)));
    }
    let (client, server, notes) = (world.net(nodes[0]), world.net(nodes[1]), Notes::default());
    let echo = async move {
        let socket = server.udp_bind(at(2, 7)).unwrap();
        loop {
            let datagram = socket.recv().await.unwrap();
            socket.send_to(&datagram.data, datagram.from).unwrap();
        }
    };
    world.spawn(nodes[1], echo).detach();
    let heard = notes.clone();
    let ask = async move {
        let socket = client.udp_bind(at(1, 0)).unwrap();
        for word in ["one", "two"] {
            socket.send_to(word.as_bytes(), at(2, 7)).unwrap();
            let answer = socket.recv().await.unwrap();
            assert_eq!((answer.from, answer.to, answer.port), (at(2, 7), socket.local_addr(), P0));
            heard.add(format!("{} {}", String::from_utf8_lossy(&answer.data), client.now().nanos()));
        }
    };
    world.spawn(nodes[0], ask).detach();
    assert!(world.run_until_idle(LONG));
    // ARP and its answer cross two cables each, then the datagram and its answer.
    assert_eq!(notes.all(), ["one 800000", "two 1200000"]);
    assert_eq!(log.count(" in 3.0"), 1, "the ARP request alone reached everyone");
}

#[test]
fn a_frame_of_a_broadcast_reaches_everyone_behind_a_switch() {
    let log = Log::default();
    let mut world = World::new(1, epoch(), Box::new(log.clone()));
    let switch = world.add_switch("switch", 8);
    for (number, port) in [(1, 0), (2, 1), (3, 2), (4, 3)] {
        let node = add_host(&mut world, &format!("host {number}"), number);
        world.connect((node, P0), (switch, Port(port)), Cable::IDEAL);
    }
    let net = world.net(NodeId(1));
    let socket = net.udp_bind(at(1, 0)).unwrap();
    socket.send_to(b"anyone?", at(99, 7)).unwrap();
    assert!(world.run_until_idle(LONG));
    assert_eq!(log.count("Drop(Link(NeighborSilent))"), 1);
    for node in 2..5 {
        assert_eq!(log.count(&format!(" in {node}.0")), log.count(" out 1.0"));
    }
}

/// Sends `count` bytes from a to b over TCP and returns when the last one was read.
fn transfer(world: &mut World, a: &Net, b: &Net, count: usize) -> Option<Instant> {
    let done = Arc::new(Mutex::new(None));
    let (server, finished) = (b.clone(), Arc::clone(&done));
    let receive = async move {
        let listener = server.tcp_listen(at(2, 80)).unwrap();
        let (mut stream, peer) = listener.accept().await;
        assert_eq!((stream.local_addr(), stream.peer_addr(), peer.ip()), (at(2, 80), peer, ip(1)));
        let mut data = Vec::new();
        stream.read_to_end(&mut data).await.unwrap();
        assert_eq!(data.len(), count);
        assert!(data.iter().zip(0u64..).all(|(byte, at)| *byte == pattern(at)));
        *finished.lock().unwrap() = Some(server.now());
    };
    b.spawn(receive).detach();
    let client = a.clone();
    let send = async move {
        let mut stream = client.tcp_connect(at(2, 80)).await.unwrap();
        let data: Vec<u8> = (0..count as u64).map(pattern).collect();
        stream.write_all(&data).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut rest = Vec::new();
        assert_eq!(stream.read_to_end(&mut rest).await.unwrap(), 0);
        assert!(stream.is_flushed());
    };
    a.spawn(send).detach();
    assert!(world.run_until_idle(LONG), "{:?}", world.explain());
    *done.lock().unwrap()
}

fn pattern(at: u64) -> u8 {
    (at.wrapping_mul(0x9e37_79b9) >> 16) as u8
}

#[test]
fn a_tcp_transfer_fills_a_clean_cable() {
    let (mut world, _, a, b) = pair(1, Box::new(Blind));
    let done = transfer(&mut world, &a, &b, 5_000_000).expect("it arrived");
    let ideal = 5_000_000.0 * 8.0 / 100e6;
    assert!((ideal..ideal * 1.3).contains(&done.secs_f64()), "{done} instead of {ideal} s");
    assert_eq!(world.explain(), []);
}

#[test]
fn a_tcp_transfer_survives_a_bad_cable() {
    let (mut world, link, a, b) = pair(3, Box::new(Blind));
    world.rule(link, Box::new(Loss(0.02)));
    world.rule(link, Box::new(Corrupt(0.01)));
    world.rule(link, Box::new(Duplicate(0.01)));
    world.rule(link, Box::new(Jitter(us(300))));
    assert!(transfer(&mut world, &a, &b, 1_000_000).is_some());
}

#[test]
fn checksums_catch_what_the_frame_check_did_not_see() {
    let log = Log::default();
    let (mut world, link, a, b) = pair(3, Box::new(log.clone()));
    world.rule(link, Box::new(CorruptUndetected(0.05)));
    assert!(transfer(&mut world, &a, &b, 500_000).is_some());
    assert!(log.count("BadChecksum") > 0);
}

#[test]
fn a_lost_arp_request_is_repeated() {
    let (mut world, link, a, b) = pair(1, Box::new(Blind));
    world.rule(link.forth(), Box::new(Nth::new([1], Verdict::Drop)));
    let done = transfer(&mut world, &a, &b, 10).expect("it arrived");
    assert!(done >= Instant::ZERO + Duration::from_secs(1), "{done}");
}

#[test]
fn a_refused_connection_and_an_unreachable_one_are_told_apart() {
    let (mut world, link, a, _) = pair(1, Box::new(Blind));
    let notes = Notes::default();
    let (client, heard) = (a.clone(), notes.clone());
    let program = async move {
        heard.add(format!("{:?}", client.tcp_connect(at(2, 81)).await.unwrap_err()));
        let far = SocketAddr::from(([192, 0, 2, 1], 80));
        heard.add(format!("{:?}", client.tcp_connect(far).await.unwrap_err()));
        client.sleep(Duration::from_secs(1)).await;
        heard.add(format!("{:?}", client.tcp_connect(at(2, 81)).await.unwrap_err()));
    };
    a.spawn(program).detach();
    world.run_until(at_us(500_000));
    world.set_link(link, false);
    assert!(world.run_until_idle(LONG));
    assert_eq!(notes.all()[..2], ["Refused", "NoRoute(192.0.2.1)"]);
    assert_eq!(notes.all()[2], format!("{:?}", TcpError::TimedOut));
}

#[test]
fn a_killed_host_answers_no_more_and_may_start_again() {
    let (mut world, _, a, b) = pair(1, Box::new(Blind));
    let server = b.clone();
    let serve = async move {
        let listener = server.tcp_listen(at(2, 80)).unwrap();
        let mut streams = Vec::new();
        loop {
            streams.push(listener.accept().await);
        }
    };
    b.spawn(serve).detach();
    let notes = Notes::default();
    let (client, heard) = (a.clone(), notes.clone());
    let program = async move {
        let mut stream = client.tcp_connect(at(2, 80)).await.unwrap();
        let mut buffer = [0; 10];
        heard.add(format!("{:?}", stream.read(&mut buffer).await.unwrap()));
        heard.add(format!("{:?}", client.tcp_connect(at(2, 80)).await.unwrap_err()));
    };
    a.spawn(program).detach();
    world.run_until(at_us(100_000));
    world.kill(NodeId(1));
    world.run_until(at_us(200_000));
    assert_eq!(notes.all(), ["0", "Refused"]);
    let socket = b.tcp_listen(at(2, 80));
    assert!(socket.is_ok());
}

#[test]
fn a_ping_comes_back_after_one_round_trip() {
    let (mut world, _, a, _) = pair(1, Box::new(Blind));
    let notes = Notes::default();
    let (client, heard) = (a.clone(), notes.clone());
    let program = async move {
        let socket = client.raw_open(1).unwrap();
        let request = [8, 0, 0xf7, 0xfc, 0, 1, 0, 2];
        socket.send_to(ip(2), None, &request).unwrap();
        let reply = loop {
            let packet = socket.recv().await;
            if packet.data[0] == 0 {
                break packet;
            }
        };
        assert_eq!((reply.from, reply.ttl, &reply.data[4..]), (ip(2), 64, &request[4..]));
        heard.add("pong");
    };
    a.spawn(program).detach();
    assert!(world.run_until_idle(LONG));
    assert_eq!(notes.all(), ["pong"]);
}

#[test]
fn programs_see_their_interfaces_and_change_them() {
    let (world, _, a, _) = pair(1, Box::new(Blind));
    let seen = a.interfaces();
    assert_eq!((seen.len(), seen[0].name.as_str(), seen[0].mtu), (1, "eth0", 1500));
    assert_eq!(seen[0].addresses, [Cidr::new(ip(1), 24)]);
    assert!(a.remove_address(P0, ip(1)) && !a.remove_address(P0, ip(1)));
    assert!(a.interfaces()[0].addresses.is_empty() && a.routes().is_empty());
    assert_eq!(world.net(NodeId(0)).name(), "a");
}

fn recorded(seed: u64, loss: f64) -> Vec<String> {
    let log = Log::default();
    let (mut world, link, a, b) = pair(seed, Box::new(log.clone()));
    world.rule(link, Box::new(Loss(loss)));
    assert!(transfer(&mut world, &a, &b, 200_000).is_some());
    log.lines()
}

#[test]
fn the_same_seed_records_the_same_bytes() {
    let first = recorded(5, 0.03);
    assert_eq!(first, recorded(5, 0.03));
    assert_ne!(first, recorded(6, 0.03));
    assert!(first.len() > 500);
}

#[test]
fn another_host_changes_nothing_for_the_others() {
    let seen_by_a = |more: bool| {
        let log = Log::default();
        let (mut world, link, a, b) = pair(5, Box::new(log.clone()));
        world.rule(link, Box::new(Loss(0.03)));
        if more {
            let other = add_host(&mut world, "bystander", 9);
            let net = world.net(other);
            world.spawn(other, async move { net.sleep(Duration::from_secs(1)).await }).detach();
        }
        assert!(transfer(&mut world, &a, &b, 100_000).is_some());
        let lines = log.lines().into_iter().filter(|line| line.contains(" 0.0 "));
        lines.collect::<Vec<_>>()
    };
    assert_eq!(seen_by_a(false), seen_by_a(true));
}

/// Ports that nobody uses cost nothing but memory.
#[test]
fn a_host_with_a_thousand_ports_is_a_host() {
    let mut world = World::new(1, epoch(), Box::new(Blind));
    let hub = world.add_host("hub", Config { forwarding: true, ..Config::default() });
    let mut leaves = Vec::new();
    for n in 0..1000u32 {
        let inner = Ipv4Addr::from_bits(Ipv4Addr::new(10, 1, 0, 1).to_bits() + 4 * n);
        let outer = Ipv4Addr::from_bits(inner.to_bits() + 1);
        let port = world.add_interface(hub, InterfaceConfig::point_to_point(&format!("ppp{n}")));
        world.with_host(hub, |host| host.add_address(port, Cidr::new(inner.into(), 30)));
        let leaf = world.add_host(&format!("leaf {n}"), Config::default());
        world.add_interface(leaf, InterfaceConfig::point_to_point("ppp"));
        let route = stack::Route { to: Cidr::ANY_V4, via: None, port: P0 };
        world.with_host(leaf, |host| {
            host.add_address(P0, Cidr::new(outer.into(), 30));
            host.add_route(route);
        });
        world.connect((hub, port), (leaf, P0), Cable::new(1_000_000, us(50)));
        leaves.push((leaf, outer));
    }
    let notes = Notes::default();
    for pair in leaves.chunks(2) {
        let [(from, _), (to, address)] = *pair else { unreachable!("an even number") };
        let (sender, receiver, heard) = (world.net(from), world.net(to), notes.clone());
        let address = SocketAddr::new(address.into(), 9);
        let receive = async move {
            let socket = receiver.udp_bind(address).unwrap();
            heard.add(format!("{}", socket.recv().await.unwrap().data.len()));
        };
        world.spawn(to, receive).detach();
        let send = async move {
            let socket = sender.udp_bind(([0, 0, 0, 0], 0).into()).unwrap();
            socket.send_to(b"across the hub", address).unwrap();
        };
        world.spawn(from, send).detach();
    }
    assert!(world.run_until_idle(LONG));
    assert_eq!(notes.all(), vec!["14"; 500]);
}

#[test]
fn worlds_run_side_by_side_in_threads() {
    let run = |seed| {
        let (mut world, link, a, b) = pair(seed, Box::new(Blind));
        world.rule(link, Box::new(Loss(0.05)));
        std::thread::spawn(move || (transfer(&mut world, &a, &b, 100_000), world.stats()))
    };
    let [first, second, third] = [1, 1, 2].map(run).map(|thread| thread.join().expect("no panic"));
    assert_eq!(first, second);
    assert_ne!(first, third);
}

/// Handles work outside of any runtime: here a thread waits for a connection that the world brings.
#[test]
fn a_thread_outside_of_the_world_uses_the_same_sockets() {
    let (mut world, _, a, b) = pair(1, Box::new(Blind));
    let listener = b.tcp_listen(at(2, 80)).unwrap();
    let client = a.clone();
    a.spawn(async move {
        let mut stream = client.tcp_connect(at(2, 80)).await.unwrap();
        stream.write_all(b"hello").await.unwrap();
    })
    .detach();
    let (heard, done) = std::sync::mpsc::channel();
    let outside = std::thread::spawn(move || {
        let read = async {
            let (mut stream, _) = listener.accept().await;
            let mut text = String::new();
            stream.read_to_string(&mut text).await.unwrap();
            text
        };
        heard.send(block_on(read)).unwrap();
    });
    let text = loop {
        world.run_until(world.now() + Duration::from_millis(1));
        if let Ok(text) = done.try_recv() {
            break text;
        }
        std::thread::yield_now();
    };
    outside.join().unwrap();
    assert_eq!(text, "hello");
}

/// The smallest executor: parks the thread until it is woken.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(std::thread::current())).into();
    let mut cx = std::task::Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
        std::thread::park();
    }
}
