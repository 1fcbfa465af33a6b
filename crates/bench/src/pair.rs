//! Two hosts, one TCP connection, one in-memory link of bare IP packets: what smoltcp is measured by.
//!
//! With an RTT of 0 frames are handed over at once and the wall clock is measured: how fast is the code? Any other RTT runs
//! in virtual time and measures goodput in that time: how good is the loss recovery? Checksums are computed and verified,
//! and every byte is copied in by the writer and out by the reader.

use std::hint::black_box;
use std::net::SocketAddr;
use std::time::Instant as Wall;

use base::{Duration, Instant, Rng};
use lexopt::prelude::*;
use stack::{Buffer, Config, CongestionControl, ConnId, ListenerId, TcpInfo, Totals};

use crate::crowd;
use crate::ends::{BURST, CLIENT, End, SERVER};
use crate::line::{Line, Path};
use crate::units::rate_bps;

/// What is to be measured.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) bytes: u64,
    pub(crate) mtu: usize,
    pub(crate) rtt: Duration,
    pub(crate) loss: f64,
    /// Of both buffers; `None`: what a host has by default.
    pub(crate) buffer: Option<usize>,
    pub(crate) idle: usize,
    pub(crate) seed: u64,
    pub(crate) seeds: u64,
    pub(crate) congestion: CongestionControl,
    pub(crate) rate_bps: u64,
    /// Bytes; `None`: one bandwidth-delay product.
    pub(crate) queue: Option<u64>,
    pub(crate) reorder: usize,
    /// Goodput counts between these virtual times; at the second one the run ends.
    pub(crate) window: (Duration, Duration),
    pub(crate) tail_loss: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            bytes: 1 << 30,
            mtu: 1500,
            rtt: Duration::ZERO,
            loss: 0.0,
            buffer: Some(1 << 20),
            idle: 0,
            seed: 1,
            seeds: 1,
            congestion: Config::default().congestion,
            rate_bps: 0,
            queue: None,
            reorder: 0,
            window: (Duration::ZERO, Duration::MAX),
            tail_loss: false,
        }
    }
}

impl Options {
    pub(crate) fn parse(mut arguments: lexopt::Parser) -> Result<Self, lexopt::Error> {
        let mut o = Options::default();
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("bytes") => o.bytes = arguments.value()?.parse()?,
                Long("mtu") => o.mtu = arguments.value()?.parse()?,
                Long("rtt-us") => o.rtt = Duration::from_micros(arguments.value()?.parse()?),
                Long("loss") => o.loss = arguments.value()?.parse()?,
                Long("buffer") => o.buffer = Some(arguments.value()?.parse()?),
                Long("auto") => o.buffer = None,
                Long("idle") => o.idle = arguments.value()?.parse()?,
                Long("seed") => o.seed = arguments.value()?.parse()?,
                Long("seeds") => o.seeds = arguments.value()?.parse::<u64>()?.max(1),
                Long("cc") => {
                    let name = arguments.value()?.string()?;
                    o.congestion = CongestionControl::named(&name).ok_or_else(|| {
                        format!("--cc takes one of {}", CongestionControl::ALL.map(CongestionControl::name).join(", "))
                    })?;
                }
                Long("rate") => {
                    let text = arguments.value()?.string()?;
                    o.rate_bps = rate_bps(&text).ok_or("--rate takes a rate such as 100mbit or 1Gbps")?;
                }
                Long("queue") => {
                    let text = arguments.value()?.string()?;
                    let bytes = text.parse().map_err(|_| "--queue takes bytes, or bdp");
                    o.queue = if text == "bdp" { None } else { Some(bytes?) };
                }
                Long("reorder") => o.reorder = arguments.value()?.parse()?,
                Long("from") => o.window.0 = Duration::from_secs_f64(arguments.value()?.parse()?),
                Long("until") => o.window.1 = Duration::from_secs_f64(arguments.value()?.parse()?),
                Long("tail-loss") => o.tail_loss = true,
                other => return Err(other.unexpected()),
            }
        }
        if o.rtt == Duration::ZERO && (o.rate_bps > 0 || o.tail_loss || o.window.1 != Duration::MAX) {
            return Err("--rate, --until and --tail-loss are about virtual time: give --rtt-us as well".into());
        }
        Ok(o)
    }

    /// Runs once for each seed.
    pub(crate) fn run(self) -> Report {
        let runs =
            (0..self.seeds).map(|k| Link::new(&Options { seed: self.seed + k, ..self.clone() }).run(&self)).collect();
        Report { runs, options: self }
    }

    pub(crate) fn config(&self) -> Config {
        let mut config = Config { congestion: self.congestion, ..Config::default() };
        if let Some(bytes) = self.buffer {
            // The writer may be so far ahead at most; how far it is, is the stack's choice.
            config.send_buffer = Buffer { start: config.send_buffer.start.min(bytes), most: bytes };
            config.receive_buffer = Buffer::fixed(bytes);
        }
        config
    }

    /// The way of the data. Only its frames are lost, queued or overtaken.
    pub(crate) fn forth(&self) -> Path {
        let bdp = (self.rtt.secs_f64() * self.rate_bps as f64 / 8.0) as u64;
        let queue = self.queue.unwrap_or(bdp).max(self.mtu as u64);
        Path { queue, rate_bps: self.rate_bps, loss: self.loss, overtaken_by: self.reorder, ..self.back() }
    }

    /// The way of the acknowledgements.
    pub(crate) fn back(&self) -> Path {
        Path { delay: self.rtt / 2, ..Path::default() }
    }
}

/// What was measured.
pub(crate) struct Report {
    options: Options,
    runs: Vec<Run>,
}

/// What was measured with one seed.
pub(crate) struct Run {
    received: u64,
    frames: u64,
    wall_s: f64,
    virtual_s: f64,
    totals: Totals,
}

impl Run {
    fn mbit_per_virtual_s(&self) -> f64 {
        self.received as f64 * 8e-6 / self.virtual_s
    }
}

impl Report {
    fn sum<T: std::iter::Sum>(&self, field: impl Fn(&Run) -> T) -> T {
        self.runs.iter().map(field).sum()
    }

    /// The mean of the seeds' goodputs.
    pub(crate) fn mbit_per_virtual_s(&self) -> f64 {
        self.sum(Run::mbit_per_virtual_s) / self.runs.len() as f64
    }

    pub(crate) fn to_json(&self) -> String {
        let Options { mtu, rtt, loss, buffer, idle, congestion, rate_bps, seeds, .. } = &self.options;
        let (received, frames, wall) =
            (self.sum(|run| run.received), self.sum(|run| run.frames), self.sum(|run| run.wall_s));
        let (gbit, ns_per_frame) = (received as f64 * 8e-9 / wall, wall * 1e9 / frames as f64);
        let (virtual_s, mbit) = (self.sum(|run| run.virtual_s), self.mbit_per_virtual_s());
        format!(
            "{{\"peer\":\"glassnet\",\"bytes\":{received},\"mtu\":{mtu},\"rtt_us\":{},\"loss\":{loss},\"buffer\":{},\
             \"idle\":{idle},\"frames\":{frames},\"wall_s\":{wall:.3},\"gbit_per_wall_s\":{gbit:.2},\
             \"ns_per_frame\":{ns_per_frame:.0},\"virtual_s\":{virtual_s:.3},\"mbit_per_virtual_s\":{mbit:.2},\
             \"cc\":\"{}\",\"rate_bps\":{rate_bps},\"seeds\":{seeds},\"resent\":{},\"timeouts\":{},\"tail_probes\":{},\
             \"undone\":{}}}",
            rtt.nanos() / 1000,
            buffer.unwrap_or(0),
            congestion.name(),
            self.sum(|run| run.totals.resent),
            self.sum(|run| run.totals.timeouts),
            self.sum(|run| run.totals.tail_probes),
            self.sum(|run| run.totals.undone),
        )
    }
}

/// Both hosts and what is under way between them.
pub(crate) struct Link {
    a: End,
    b: End,
    pub(crate) forth: Line,
    back: Line,
    rtt: Duration,
    pub(crate) now: Instant,
    client: ConnId,
    listener: ListenerId,
    server: Option<ConnId>,
    data: Vec<u8>,
    reader: Vec<u8>,
    queued: u64,
    pub(crate) received: u64,
}

impl Link {
    pub(crate) fn new(o: &Options) -> Self {
        let end = |number, address| End::new(number, address, o.config(), o.mtu, o.seed);
        let (mut a, mut b) = (end(0, CLIENT), end(1, SERVER));
        let listeners = o.idle / 10;
        crowd::listen(&mut b, listeners);
        crowd::connect(&mut a, &mut b, o.idle - listeners).expect("ports and sockets are enough");
        (a.sent, b.sent) = (0, 0);
        let server = SocketAddr::new(SERVER.into(), 80);
        let listener = b.host.tcp_listen(server, 16).expect("the port is free");
        let client = a.host.tcp_connect(server).expect("the route is the link itself");
        let rng = Rng::root(o.seed).split("loss");
        Link {
            a,
            b,
            forth: Line::new(o.forth(), rng.clone()),
            back: Line::new(o.back(), rng.split("back")),
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

    fn run(mut self, o: &Options) -> Run {
        let [from, until] = [o.window.0, o.window.1].map(|at| Instant::ZERO + at);
        let mut before = None;
        let wall = Wall::now();
        while self.received < o.bytes && self.now < until && wall.elapsed().as_secs() < PATIENCE_S {
            self.turn(o.bytes);
            self.now = self.next_turn().min(until);
            if self.now >= from {
                before.get_or_insert((self.now, self.received));
            }
        }
        let (start, skipped) = before.filter(|_| from > Instant::ZERO).unwrap_or((Instant::ZERO, 0));
        Run {
            received: self.received - skipped,
            frames: self.a.sent + self.b.sent,
            wall_s: wall.elapsed().as_secs_f64(),
            virtual_s: (self.now - start).secs_f64(),
            totals: self.info().totals,
        }
    }

    /// Everything that happens at this moment: `a` hears and writes, what it sends reaches `b` in bursts, `b` hears, reads
    /// and answers.
    pub(crate) fn turn(&mut self, bytes: u64) {
        let Link { a, back, now, .. } = self;
        a.hear(*now, back);
        loop {
            self.write(bytes);
            let spoken = self.a.speak(self.now, BURST, &mut self.forth);
            self.b.hear(self.now, &mut self.forth);
            self.read();
            self.b.speak(self.now, usize::MAX, &mut self.back);
            self.a.hear(self.now, &mut self.back);
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
    pub(crate) fn next_turn(&self) -> Instant {
        if self.rtt == Duration::ZERO {
            return self.now + TURN;
        }
        let frames = [&self.forth, &self.back].into_iter().filter_map(Line::next_at);
        let timers = [&self.a, &self.b].into_iter().filter_map(End::timer);
        let soonest = self.now + Duration::from_micros(1);
        frames.chain(timers).min().unwrap_or(soonest).max(soonest)
    }

    /// The sender's side of the connection.
    pub(crate) fn info(&self) -> TcpInfo {
        self.a.host.tcp_info(self.client).expect("nobody closes the connection")
    }
}

/// Virtual time of a turn when the RTT is 0.
const TURN: Duration = Duration::from_micros(100);
/// Seconds after which a run ends with what it has.
const PATIENCE_S: u64 = 300;

#[cfg(test)]
mod tests {
    use super::*;

    fn run(options: Options) -> Run {
        Options { bytes: 3_000_000, ..options }.run().runs.remove(0)
    }

    fn over_10_ms(options: Options) -> Run {
        run(Options { rtt: Duration::from_millis(10), ..options })
    }

    #[test]
    fn every_byte_arrives_at_once_and_in_virtual_time_and_despite_losses() {
        let at_once = run(Options { idle: 100, ..Options::default() });
        assert_eq!(at_once.received, 3_000_000);
        assert!((2073..6000).contains(&at_once.frames), "data in full segments, and fewer ACKs: {}", at_once.frames);
        let lossy = over_10_ms(Options { loss: 0.01, ..Options::default() });
        assert_eq!(lossy.received, 3_000_000);
        assert!(lossy.virtual_s < 20.0, "recovers quickly: {}", lossy.virtual_s);
    }

    #[test]
    fn a_bottleneck_is_filled_and_never_exceeded() {
        let run = over_10_ms(Options { rate_bps: 20_000_000, queue: Some(100_000), ..Options::default() });
        assert!((15.0..20.0).contains(&run.mbit_per_virtual_s()), "{}", run.mbit_per_virtual_s());
    }

    #[test]
    fn goodput_is_that_of_the_window_in_time() {
        let second = Duration::from_secs(1);
        let window = (second, second + second);
        let (rate_bps, queue) = (20_000_000, Some(100_000));
        let o = Options { bytes: u64::MAX, rate_bps, queue, rtt: second / 100, window, ..Options::default() };
        let report = o.run();
        assert!((18.0..20.0).contains(&report.mbit_per_virtual_s()), "{}", report.to_json());
        assert!((report.runs[0].virtual_s - 1.0).abs() < 0.01, "{}", report.to_json());
    }

    #[test]
    fn seeds_give_a_mean_of_runs_that_differ() {
        let o =
            Options { bytes: 1_000_000, loss: 0.02, rtt: Duration::from_millis(10), seeds: 3, ..Options::default() };
        let report = o.run();
        let goodputs: Vec<f64> = report.runs.iter().map(Run::mbit_per_virtual_s).collect();
        assert!(goodputs[0] != goodputs[1] && goodputs[1] != goodputs[2], "{goodputs:?}");
        assert!((report.mbit_per_virtual_s() - goodputs.iter().sum::<f64>() / 3.0).abs() < 1e-9);
    }

    #[test]
    fn the_line_begins_with_the_fields_of_the_yardstick() {
        let line = Options { bytes: 10_000, ..Options::default() }.run().to_json();
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
        assert_eq!(fields[..wanted.len()], wanted);
    }
}
