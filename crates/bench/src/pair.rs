//! Two hosts, one TCP connection, one in-memory link of bare IP packets: what smoltcp is measured by.
//!
//! With an RTT of 0 frames are handed over at once and the wall clock is measured: how fast is the code? Any other RTT runs
//! in virtual time and measures goodput in that time: how good is the loss recovery? Checksums are computed and verified,
//! and every byte is copied in by the writer and out by the reader.

use std::collections::VecDeque;
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Instant as Wall;

use base::{Blind, Cidr, Cx, Duration, Instant, NodeId, Port, Rng};
use lexopt::prelude::*;
use stack::{Buffer, Config, ConnId, Host, InterfaceConfig, Node};
use wire::PacketBuf;

/// What is to be measured.
pub(crate) struct Options {
    bytes: u64,
    mtu: usize,
    rtt: Duration,
    loss: f64,
    buffer: usize,
    idle: usize,
    seed: u64,
}

/// What was measured.
pub(crate) struct Report {
    options: Options,
    received: u64,
    frames: u64,
    wall_s: f64,
    virtual_time: Instant,
}

impl Options {
    pub(crate) fn parse(mut arguments: lexopt::Parser) -> Result<Self, lexopt::Error> {
        let mut o =
            Options { bytes: 1 << 30, mtu: 1500, rtt: Duration::ZERO, loss: 0.0, buffer: 1 << 20, idle: 0, seed: 1 };
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("bytes") => o.bytes = arguments.value()?.parse()?,
                Long("mtu") => o.mtu = arguments.value()?.parse()?,
                Long("rtt-us") => o.rtt = Duration::from_micros(arguments.value()?.parse()?),
                Long("loss") => o.loss = arguments.value()?.parse()?,
                Long("buffer") => o.buffer = arguments.value()?.parse()?,
                Long("idle") => o.idle = arguments.value()?.parse()?,
                Long("seed") => o.seed = arguments.value()?.parse()?,
                other => return Err(other.unexpected()),
            }
        }
        Ok(o)
    }

    pub(crate) fn run(self) -> Report {
        let mut link = Link::new(&self);
        let wall = Wall::now();
        while link.received < self.bytes && wall.elapsed().as_secs() < PATIENCE_S {
            link.turn(self.bytes);
            link.now = link.next_turn();
        }
        Report {
            received: link.received,
            frames: link.a.sent + link.b.sent,
            wall_s: wall.elapsed().as_secs_f64(),
            virtual_time: link.now,
            options: self,
        }
    }
}

impl Report {
    pub(crate) fn to_json(&self) -> String {
        let Options { mtu, rtt, loss, buffer, idle, .. } = self.options;
        let (received, frames, wall) = (self.received, self.frames, self.wall_s);
        let (gbit, ns_per_frame) = (received as f64 * 8e-9 / wall, wall * 1e9 / frames as f64);
        let virtual_s = self.virtual_time.secs_f64();
        let mbit = received as f64 * 8e-6 / virtual_s;
        format!(
            "{{\"peer\":\"glassnet\",\"bytes\":{received},\"mtu\":{mtu},\"rtt_us\":{},\"loss\":{loss},\"buffer\":{buffer},\
             \"idle\":{idle},\"frames\":{frames},\"wall_s\":{wall:.3},\"gbit_per_wall_s\":{gbit:.2},\
             \"ns_per_frame\":{ns_per_frame:.0},\"virtual_s\":{virtual_s:.3},\"mbit_per_virtual_s\":{mbit:.2}}}",
            rtt.nanos() / 1000,
        )
    }
}

/// Both hosts and what is under way between them.
struct Link {
    a: End,
    b: End,
    rng: Rng,
    loss: f64,
    rtt: Duration,
    now: Instant,
    client: ConnId,
    listener: stack::ListenerId,
    server: Option<ConnId>,
    data: Vec<u8>,
    reader: Vec<u8>,
    queued: u64,
    received: u64,
}

impl Link {
    fn new(o: &Options) -> Self {
        let (mut a, mut b) = (End::new(0, CLIENT, o), End::new(1, SERVER, o));
        for k in 0..o.idle {
            let address = Ipv4Addr::new(10, 0, 1, (k / PORTS) as u8);
            if k % PORTS == 0 {
                b.host.add_address(PORT, Cidr::new(address.into(), 24));
            }
            let local = SocketAddr::new(address.into(), 10_000 + (k % PORTS) as u16);
            b.host.tcp_listen(local, 1).expect("addresses and ports are all different");
        }
        let server = SocketAddr::new(SERVER.into(), 80);
        let listener = b.host.tcp_listen(server, 16).expect("the port is free");
        let client = a.host.tcp_connect(server).expect("the route is the link itself");
        Link {
            a,
            b,
            rng: Rng::root(o.seed).split("loss"),
            loss: o.loss,
            rtt: o.rtt,
            now: Instant::ZERO,
            client,
            listener,
            server: None,
            data: vec![0x5a; 1 << 18],
            reader: vec![0; 1 << 16],
            queued: 0,
            received: 0,
        }
    }

    /// Everything that happens at this moment: `a` hears and writes, what it sends reaches `b` in bursts, `b` hears, reads
    /// and answers. Only the frames of `a` may be lost.
    fn turn(&mut self, bytes: u64) {
        self.a.hear(self.now);
        let arrive = self.now + self.rtt / 2;
        loop {
            self.write(bytes);
            let spoken = self.a.speak(self.now, BURST, |frame| {
                if !self.rng.chance(self.loss) {
                    self.b.heard.push_back((arrive, frame));
                }
            });
            self.b.hear(self.now);
            self.read();
            self.b.speak(self.now, usize::MAX, |frame| self.a.heard.push_back((arrive, frame)));
            self.a.hear(self.now);
            if spoken == 0 {
                return;
            }
        }
    }

    /// The writer offers what is left whenever there is room, as a program would.
    fn write(&mut self, bytes: u64) {
        let want = self.data.len().min((bytes - self.queued) as usize);
        if want > 0 && self.a.host.tcp_connected(self.client) == Ok(true) {
            let taken = self.a.host.tcp_send(self.client, &self.data[..want]);
            self.queued += taken.expect("nobody closes the connection") as u64;
        }
    }

    fn read(&mut self) {
        if self.server.is_none() {
            self.server = self.b.host.tcp_accept(self.listener);
        }
        let Some(server) = self.server else { return };
        while let Some(len) = self.b.host.tcp_recv(server, &mut self.reader).expect("nobody closes the connection") {
            black_box(&self.reader[..len]);
            self.received += len as u64;
        }
    }

    /// When something happens next; with an RTT of 0 a little later, so that timers live.
    fn next_turn(&self) -> Instant {
        if self.rtt == Duration::ZERO {
            return self.now + TURN;
        }
        let ends = [&self.a, &self.b];
        let frames = ends.iter().filter_map(|end| Some(end.heard.front()?.0));
        let timers = ends.iter().filter_map(|end| Some(end.host.poll_at()?.at));
        let soonest = self.now + Duration::from_micros(1);
        frames.chain(timers).min().unwrap_or(soonest).max(soonest)
    }
}

/// One host, and the frames that are on their way to it.
struct End {
    host: Host,
    node: NodeId,
    rng: Rng,
    heard: VecDeque<(Instant, PacketBuf)>,
    sent: u64,
}

impl End {
    fn new(number: u32, address: Ipv4Addr, o: &Options) -> Self {
        let rng = Rng::root(o.seed).split("host").split(&address.to_string());
        let config = Config {
            send_buffer: Buffer::fixed(o.buffer),
            receive_buffer: Buffer::fixed(o.buffer),
            ..Config::default()
        };
        let mut host = Host::new(NodeId(number), config, rng.split("stack"));
        let interface = InterfaceConfig { mtu: o.mtu, queue_frames: 8192, ..InterfaceConfig::point_to_point("ip0") };
        let port = host.add_interface(interface);
        assert_eq!(port, PORT, "a host counts its interfaces from 0");
        host.add_address(port, Cidr::new(IpAddr::V4(address), 24));
        End { host, node: NodeId(number), rng, heard: VecDeque::new(), sent: 0 }
    }

    /// Hands the host the frames that have arrived, and lets its timers run.
    fn hear(&mut self, now: Instant) {
        let mut cx = Cx { now, node: self.node, rng: &mut self.rng, sink: &mut Blind };
        while self.heard.front().is_some_and(|(arrive, _)| *arrive <= now) {
            if let Some((_, frame)) = self.heard.pop_front() {
                self.host.on_frame(&mut cx, PORT, frame);
            }
        }
        if self.host.poll_at().is_some_and(|wake| wake.at <= now) {
            self.host.on_timer(&mut cx);
        }
    }

    /// Takes at most `limit` frames from the host and says how many there were.
    fn speak(&mut self, now: Instant, limit: usize, mut send: impl FnMut(PacketBuf)) -> usize {
        let mut cx = Cx { now, node: self.node, rng: &mut self.rng, sink: &mut Blind };
        while self.host.poll_ready().is_some() {}
        let mut count = 0;
        while count < limit {
            let Some(frame) = self.host.poll_frame(&mut cx, PORT) else { break };
            send(frame);
            count += 1;
        }
        self.sent += count as u64;
        count
    }
}

const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
const PORT: Port = Port(0);
/// Idle listeners on one address.
const PORTS: usize = 50_000;
/// Frames that `a` sends before `b` hears them: few enough to stay in the processor's cache.
const BURST: usize = 32;
/// Virtual time of a turn when the RTT is 0.
const TURN: Duration = Duration::from_micros(100);
/// Seconds after which a run ends with what it has.
const PATIENCE_S: u64 = 120;

#[cfg(test)]
mod tests {
    use super::*;

    fn run(rtt: Duration, loss: f64, idle: usize) -> Report {
        Options { bytes: 3_000_000, mtu: 1500, rtt, loss, buffer: 1 << 20, idle, seed: 1 }.run()
    }

    #[test]
    fn every_byte_arrives_at_once_and_in_virtual_time_and_despite_losses() {
        let at_once = run(Duration::ZERO, 0.0, 10);
        assert_eq!(at_once.received, 3_000_000);
        assert!((2073..6000).contains(&at_once.frames), "data in full segments, and fewer ACKs: {}", at_once.frames);
        let lossy = run(Duration::from_millis(10), 0.01, 0);
        assert_eq!(lossy.received, 3_000_000);
        assert!(lossy.virtual_time.secs_f64() < 20.0, "recovers quickly: {}", lossy.virtual_time);
    }

    #[test]
    fn the_line_has_the_fields_of_the_yardstick() {
        let line = run(Duration::ZERO, 0.0, 0).to_json();
        let fields: Vec<&str> = line.split('"').skip(1).step_by(2).filter(|word| *word != "glassnet").collect();
        let wanted = [
            "peer",
            "bytes",
            "mtu",
            "rtt_us",
            "loss",
            "buffer",
            "idle",
            "frames",
            "wall_s",
            "gbit_per_wall_s",
            "ns_per_frame",
            "virtual_s",
            "mbit_per_virtual_s",
        ];
        assert_eq!(fields, wanted);
    }
}
