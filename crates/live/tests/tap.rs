//! A node of a few lines, on a real TAP interface: its other end is in a network namespace that the test makes and
//! removes, so nothing else on this machine sees an address of it.

mod common;

use std::net::Ipv4Addr;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::Duration as Real;

use base::{Cx, Duration, Instant, Mac, Port};
use common::{Namespace, ip};
use glassnet_live::{Driver, LiveError, Stop, Tap};
use stack::{Node, Wake, Why};
use wire::PacketBuf;

#[test]
fn linux_pings_a_node_over_tap() {
    let Some(namespace) = Namespace::new_or_skipped("linux_pings_a_node_over_tap", &["ping"]) else { return };
    let tap = Tap::open(&namespace.interface()).expect("a fresh name");
    namespace.take_interface("192.0.2.1/24");
    let stop = Stop::new().expect("a pipe");
    let mut driver = Driver::new(Responder::default(), vec![(Port(0), tap)]);
    let (stats, ping) = std::thread::scope(|scope| {
        let run = scope.spawn(|| driver.run(None, &stop));
        let ping = namespace.exec(&["ping", "-c", "3", "-i", "0.2", "-W", "2", "192.0.2.2"]);
        stop.request();
        (run.join().expect("no panic").expect("the interface stays"), ping)
    });
    assert!(ping.contains("3 received, 0% packet loss"), "{ping}");
    assert!(stats.frames_out >= 4, "an ARP reply and three echo replies: {stats:?}");
}

#[test]
fn a_taken_name_is_refused_with_the_cure() {
    let Some(namespace) = Namespace::new_or_skipped("a_taken_name_is_refused_with_the_cure", &[]) else { return };
    let first = Tap::open(&namespace.interface()).expect("a fresh name");
    let taken = |name: &str| Tap::open(name).expect_err("somebody has it").to_string();
    assert!(taken(first.name()).contains(&format!("ip link del {}", first.name())));
    assert!(taken("lo").contains("is taken"));
}

#[test]
fn a_removed_interface_ends_the_run_with_its_name() {
    let Some(namespace) = Namespace::new_or_skipped("a_removed_interface_ends_the_run_with_its_name", &[]) else {
        return;
    };
    let tap = Tap::open(&namespace.interface()).expect("a fresh name");
    tap.set_up().expect("root may");
    let gone = Err(LiveError::Gone { name: namespace.interface() });
    let stop = Stop::new().expect("a pipe");
    let mut driver = Driver::new(Responder::default(), vec![(Port(0), tap)]);
    let result = std::thread::scope(|scope| {
        let run = scope.spawn(|| driver.run(Some(Instant::from_nanos(5_000_000_000)), &stop));
        ip(&["link", "del", &namespace.interface()]);
        run.join().expect("no panic")
    });
    assert_eq!(result, gone);
}

#[test]
fn an_idle_driver_sleeps_until_its_deadline_only() {
    let (inside, _outside) = UnixDatagram::pair().expect("a pair of sockets");
    let tap = Tap::from_fd("pair", OwnedFd::from(inside)).expect("a descriptor");
    let stop = Stop::new().expect("a pipe");
    let mut driver =
        Driver::new(Responder { every: Some(Duration::from_millis(50)), ..Responder::default() }, vec![(Port(0), tap)]);
    let stats = driver.run(Some(Instant::from_nanos(320_000_000)), &stop).expect("nothing fails");
    assert!(
        (3..=6).contains(&driver.node().timers),
        "every 50 ms, and late on a busy machine: {}",
        driver.node().timers
    );
    assert!(stats.sleeps < 16, "one sleep a deadline, and few more: {stats:?}");
}

#[test]
fn every_frame_that_waits_is_answered_and_counted() {
    let (inside, outside) = UnixDatagram::pair().expect("a pair of sockets");
    let tap = Tap::from_fd("pair", OwnedFd::from(inside)).expect("a descriptor");
    let stop = Stop::new().expect("a pipe");
    let mut driver = Driver::new(Responder::default(), vec![(Port(0), tap)]);
    let stats = std::thread::scope(|scope| {
        let run = scope.spawn(|| driver.run(None, &stop));
        let mut answer = [0; 100];
        for _ in 0..200 {
            outside.send(&arp_request()).expect("the driver listens");
            assert_eq!(outside.recv(&mut answer).expect("an answer"), 42);
        }
        assert_eq!((&answer[20..22], &answer[28..32]), (&[0, 2][..], &ADDRESS.octets()[..]), "an ARP reply of ours");
        stop.request();
        run.join().expect("no panic").expect("nothing fails")
    });
    assert_eq!((stats.frames_in, stats.frames_out, stats.bytes_in, stats.refused), (200, 200, 8400, 0));
}

#[test]
fn a_signal_ends_the_run() {
    let (inside, _outside) = UnixDatagram::pair().expect("a pair of sockets");
    let tap = Tap::from_fd("pair", OwnedFd::from(inside)).expect("a descriptor");
    let stop = Stop::on_signals().expect("handlers");
    let mut driver = Driver::new(Responder::default(), vec![(Port(0), tap)]);
    std::thread::scope(|scope| {
        let run = scope.spawn(|| driver.run(None, &stop));
        std::thread::sleep(Real::from_millis(20));
        let killed = Command::new("kill").args(["-TERM", &std::process::id().to_string()]).status().expect("kill");
        assert!(killed.success());
        run.join().expect("no panic").expect("a clean end");
    });
}

const ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);
const HARDWARE: Mac = Mac::local(2);

/// Answers ARP requests and pings for one address by turning the very frame around.
#[derive(Default)]
struct Responder {
    answers: Vec<PacketBuf>,
    named: bool,
    every: Option<Duration>,
    timers: u64,
}

impl Node for Responder {
    fn on_frame(&mut self, _: &mut Cx<'_>, _: Port, mut frame: PacketBuf) {
        let bytes = frame.head_mut();
        let arp = bytes.get(12..14) == Some(&[8, 6]) && bytes.get(20..22) == Some(&[0, 1]);
        let ping = bytes.get(12..14) == Some(&[8, 0]) && bytes.get(23) == Some(&1) && bytes.get(34) == Some(&8);
        if arp && bytes.get(38..42) == Some(&ADDRESS.octets()) {
            bytes.copy_within(22..32, 32); // the asker becomes the target
            bytes[22..28].copy_from_slice(&HARDWARE.0);
            bytes[28..32].copy_from_slice(&ADDRESS.octets());
            bytes[21] = 2;
        } else if ping && bytes.get(30..34) == Some(&ADDRESS.octets()) {
            let (source, destination) = bytes[26..34].split_at_mut(4);
            source.swap_with_slice(destination);
            bytes[34] = 0; // an echo reply: the checksum grows by what the type lost (RFC 1624)
            let (sum, carry) = u16::from_be_bytes([bytes[36], bytes[37]]).overflowing_add(0x0800);
            bytes[36..38].copy_from_slice(&(sum + u16::from(carry)).to_be_bytes());
        } else {
            return;
        }
        bytes.copy_within(6..12, 0);
        bytes[6..12].copy_from_slice(&HARDWARE.0);
        self.answers.push(frame);
    }
    fn on_timer(&mut self, _: &mut Cx<'_>) {
        self.timers += 1;
    }
    fn poll_ready(&mut self) -> Option<Port> {
        let ready = !self.named && !self.answers.is_empty();
        self.named |= ready;
        ready.then_some(Port(0))
    }
    fn poll_frame(&mut self, _: &mut Cx<'_>, _: Port) -> Option<PacketBuf> {
        self.named = !self.answers.is_empty();
        self.named.then(|| self.answers.remove(0))
    }
    fn poll_at(&self) -> Option<Wake> {
        let at = Instant::ZERO + self.every? * (self.timers + 1);
        Some(Wake { at, why: Why::Sleep })
    }
}

fn arp_request() -> Vec<u8> {
    let mut frame = [Mac::BROADCAST.0, Mac::local(1).0].concat();
    frame.extend([8, 6, 0, 1, 8, 0, 6, 4, 0, 1]);
    frame.extend([Mac::local(1).0.as_slice(), &[192, 0, 2, 1], &[0; 6], &ADDRESS.octets()].concat());
    frame
}
