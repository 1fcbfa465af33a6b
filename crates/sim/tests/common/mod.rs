//! Small nodes, and a sink that writes everything down.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration as WallSpan, SystemTime};

use base::{Cx, Direction, Duration, Event, FrameSeen, Instant, Kind, LinkType, Mac, Nic, NicInfo, NodeId, PacketId};
use base::{Port, Sink};
use bytes::Bytes;
use glassnet_sim::World;
use stack::{Node, Wake, Why};
use wire::PacketBuf;

pub fn us(us: u64) -> Duration {
    Duration::from_micros(us)
}

pub fn at_us(us: u64) -> Instant {
    Instant::ZERO + Duration::from_micros(us)
}

pub const LONG: Instant = Instant::from_nanos(3_600_000_000_000);

pub fn epoch() -> SystemTime {
    SystemTime::UNIX_EPOCH + WallSpan::from_secs(1_700_000_000)
}

/// Sends frames of a size: `count` of them at once, every `interval`, `bursts` times.
pub struct Source {
    pub to: Mac,
    pub from: Mac,
    pub size: usize,
    pub count: u64,
    pub interval: Duration,
    pub bursts: u64,
    next: Instant,
    owed: u64,
    named: bool,
    built: u64,
}

impl Source {
    pub fn new(to: u32, from: u32, size: usize, count: u64) -> Self {
        let (to, from) = (Mac::local(to), Mac::local(from));
        let interval = Duration::from_millis(1);
        Source { to, from, size, count, interval, bursts: 1, next: Instant::ZERO, owed: 0, named: false, built: 0 }
    }

    pub fn bursts(self, bursts: u64, interval: Duration) -> Self {
        Source { bursts, interval, ..self }
    }
}

pub fn frame(id: PacketId, to: Mac, from: Mac, size: usize) -> PacketBuf {
    static BODY: [u8; 1500] = [0x55; 1500];
    let mut frame = PacketBuf::new(id, Bytes::from_static(&BODY[..size - 14]));
    let header = frame.push(14);
    header[..6].copy_from_slice(&to.0);
    header[6..12].copy_from_slice(&from.0);
    header[12..].copy_from_slice(&[0x88, 0xb5]);
    frame
}

impl Node for Source {
    fn on_frame(&mut self, _: &mut Cx<'_>, _: Port, _: PacketBuf) {}
    fn on_timer(&mut self, cx: &mut Cx<'_>) {
        if self.bursts > 0 && cx.now >= self.next {
            self.bursts -= 1;
            self.owed += self.count;
            self.next = cx.now + self.interval;
        }
    }
    fn poll_ready(&mut self) -> Option<Port> {
        (self.owed > 0 && !std::mem::replace(&mut self.named, true)).then_some(Port(0))
    }
    fn poll_frame(&mut self, cx: &mut Cx<'_>, _: Port) -> Option<PacketBuf> {
        if self.owed == 0 {
            self.named = false;
            return None;
        }
        self.owed -= 1;
        self.built += 1;
        Some(frame(PacketId::new(cx.node, self.built), self.to, self.from, self.size))
    }
    fn poll_at(&self) -> Option<Wake> {
        (self.bursts > 0).then_some(Wake { at: self.next, why: Why::Sleep })
    }
}

/// Sends each frame back to its sender by the port it came from.
#[derive(Default)]
pub struct Echo {
    waiting: Vec<VecDeque<PacketBuf>>,
    ready: VecDeque<Port>,
}

impl Echo {
    pub fn new(ports: usize) -> Self {
        Echo { waiting: (0..ports).map(|_| VecDeque::new()).collect(), ready: VecDeque::new() }
    }
}

impl Node for Echo {
    fn on_frame(&mut self, _: &mut Cx<'_>, port: Port, mut frame: PacketBuf) {
        let (to, from) = frame.head_mut()[..12].split_at_mut(6);
        to.swap_with_slice(from);
        let queue = &mut self.waiting[usize::from(port.0)];
        if queue.is_empty() {
            self.ready.push_back(port);
        }
        queue.push_back(frame);
    }
    fn on_timer(&mut self, _: &mut Cx<'_>) {}
    fn poll_ready(&mut self) -> Option<Port> {
        self.ready.pop_front()
    }
    fn poll_frame(&mut self, _: &mut Cx<'_>, port: Port) -> Option<PacketBuf> {
        self.waiting[usize::from(port.0)].pop_front()
    }
    fn poll_at(&self) -> Option<Wake> {
        None
    }
}

/// Counts what it receives.
#[derive(Clone, Default)]
pub struct Meter(pub Arc<Mutex<Vec<Arrival>>>);

/// When, and the bytes.
pub type Arrival = (Instant, Vec<u8>);

impl Meter {
    pub fn times(&self) -> Vec<Instant> {
        self.0.lock().unwrap().iter().map(|(at, _)| *at).collect()
    }
    pub fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

impl Node for Meter {
    fn on_frame(&mut self, cx: &mut Cx<'_>, _: Port, frame: PacketBuf) {
        self.0.lock().unwrap().push((cx.now, frame.contiguous()));
    }
    fn on_timer(&mut self, _: &mut Cx<'_>) {}
    fn poll_ready(&mut self) -> Option<Port> {
        None
    }
    fn poll_frame(&mut self, _: &mut Cx<'_>, _: Port) -> Option<PacketBuf> {
        None
    }
    fn poll_at(&self) -> Option<Wake> {
        None
    }
}

/// Writes a line for each thing seen.
#[derive(Clone, Default)]
pub struct Log(pub Arc<Mutex<Vec<String>>>);

impl Log {
    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
    pub fn count(&self, part: &str) -> usize {
        self.0.lock().unwrap().iter().filter(|line| line.contains(part)).count()
    }
}

impl Sink for Log {
    fn wants(&self, _: Kind) -> bool {
        true
    }
    fn nic(&mut self, nic: Nic, info: NicInfo) {
        let line = format!("nic {}.{} is {} {}", nic.node.0, nic.port.0, info.node, info.name);
        self.0.lock().unwrap().push(line);
    }
    fn frame(&mut self, seen: FrameSeen<'_>) {
        let way = if seen.direction == Direction::In { "in" } else { "out" };
        let line =
            format!("{} {way} {}.{} {:?}", seen.at.nanos(), seen.nic.node.0, seen.nic.port.0, seen.bytes.concat());
        self.0.lock().unwrap().push(line);
    }
    fn event(&mut self, event: Event) {
        let line = format!("{} event {} {:?} {:?}", event.at.nanos(), event.node.0, event.cause, event.fact);
        self.0.lock().unwrap().push(line);
    }
    fn secret(&mut self, at: Instant, line: &str) {
        self.0.lock().unwrap().push(format!("{} secret {line}", at.nanos()));
    }
}

pub fn add(world: &mut World, name: &str, node: impl Node + 'static, ports: usize) -> NodeId {
    world.add_node(name, Box::new(node), &vec![("port", LinkType::Ethernet, None); ports])
}
