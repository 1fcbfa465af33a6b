//! The loop that drives a node in real time, short enough to read aloud.
//!
//! ```text
//!   wait until a frame comes, the node's deadline, or a request to stop
//!   └─> on_timer, when the deadline has come ─> read: on_frame ─> write: poll_ready, poll_frame ─┐
//!   └────────────────────────────────────────────────────────────────────────────────────────────┘
//! ```
//! Nothing is polled in vain: with no traffic and no deadline it sleeps in one system call.

use base::{Blind, Cx, Direction, Duration, FrameSeen, Instant, Kind, LinkType, Nic, NicInfo, NodeId, PacketId, Port};
use base::{Rng, Sink};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use stack::Node;
use wire::PacketBuf;

use crate::tap::Written;
use crate::{LiveError, Stop, Tap};

/// Drives one node: [`Driver::run`] until a moment, a request to stop, or for ever.
pub struct Driver<N> {
    node: N,
    lines: Vec<Line>,
    clock: Clock,
    id: NodeId,
    rng: Rng,
    sink: Box<dyn Sink>,
    /// Where a frame is read before its length is known.
    scratch: Box<[u8]>,
    read_frames: u64,
    stats: Stats,
}

/// What a driver has done so far.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Stats {
    /// Frames that the kernel sent and the node received.
    pub frames_in: u64,
    /// Frames that the node sent and the kernel received.
    pub frames_out: u64,
    /// Bytes of the former.
    pub bytes_in: u64,
    /// Bytes of the latter.
    pub bytes_out: u64,
    /// Frames that the kernel refused, most likely because the interface is down.
    pub refused: u64,
    /// Frames sent out of a port that no interface stands for.
    pub unconnected: u64,
    /// How often the driver went to sleep.
    pub sleeps: u64,
}

/// A port of the node and the interface that stands for it.
struct Line {
    port: Port,
    tap: Tap,
    /// The node was promised polls until it has nothing left.
    owed: bool,
    /// The kernel could not take this frame yet.
    held: Option<PacketBuf>,
}

impl<N: Node> Driver<N> {
    /// `taps` stand for the node's ports; frames of other ports are lost.
    pub fn new(node: N, taps: Vec<(Port, Tap)>) -> Self {
        let lines = taps.into_iter().map(|(port, tap)| Line { port, tap, owed: true, held: None }).collect();
        Driver {
            node,
            lines,
            clock: Clock { start: Instant::ZERO, started: None },
            id: NodeId(0),
            rng: Rng::root(0).split("live"),
            sink: Box::new(Blind),
            scratch: vec![0; LARGEST_FRAME].into(),
            read_frames: 0,
            stats: Stats::default(),
        }
    }

    /// The moment that the node's clock shows when the first run begins; without this call [`Instant::ZERO`].
    pub fn starting_at(mut self, start: Instant) -> Self {
        self.clock.start = start;
        self
    }

    /// Hands the node's facts, and the frames at its interfaces, to `sink`. (A world records its own.)
    pub fn observed_by(mut self, id: NodeId, name: &str, mut sink: Box<dyn Sink>) -> Self {
        for line in &self.lines {
            let info =
                NicInfo { node: name.into(), name: line.tap.name().into(), link_type: LinkType::Ethernet, mac: None };
            sink.nic(Nic { node: id, port: line.port }, info);
        }
        (self.id, self.sink) = (id, sink);
        self
    }

    /// The driven node.
    pub fn node(&self) -> &N {
        &self.node
    }

    /// The driven node, between two runs.
    pub fn node_mut(&mut self) -> &mut N {
        &mut self.node
    }

    /// What has been done so far.
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// Lets real time pass until the node's clock shows `until`, or `stop` is requested.
    pub fn run(&mut self, until: Option<Instant>, stop: &Stop) -> Result<Stats, LiveError> {
        loop {
            let now = self.clock.now();
            if until.is_some_and(|until| until <= now) {
                return Ok(self.stats);
            }
            if self.node.poll_at().is_some_and(|wake| wake.at <= now) {
                self.node.on_timer(&mut cx(now, self.id, &mut self.rng, &mut *self.sink));
            }
            self.read(now)?;
            let now = self.clock.now();
            self.write(now)?;
            if self.wait(until, stop)? == Waited::Stopped {
                return Ok(self.stats);
            }
        }
    }

    /// Gives the node the frames that wait, at most [`BATCH`] of each interface.
    fn read(&mut self, now: Instant) -> Result<(), LiveError> {
        for line in &self.lines {
            for _ in 0..BATCH {
                let Some(bytes) = line.tap.read(&mut self.scratch)? else { break };
                self.read_frames += 1;
                self.stats.frames_in += 1;
                self.stats.bytes_in += bytes.len() as u64;
                let frame = PacketBuf::from_vec(PacketId::new(OUTSIDE, self.read_frames), bytes.to_vec());
                record(&mut *self.sink, now, Nic { node: self.id, port: line.port }, Direction::In, &frame);
                let mut cx = cx(now, self.id, &mut self.rng, &mut *self.sink);
                self.node.on_frame(&mut cx, line.port, frame);
            }
        }
        Ok(())
    }

    /// Hands the kernel what the node wants to send, at most [`BATCH`] frames of each interface.
    fn write(&mut self, now: Instant) -> Result<(), LiveError> {
        while let Some(port) = self.node.poll_ready() {
            match self.lines.iter_mut().find(|line| line.port == port) {
                Some(line) => line.owed = true,
                None => {
                    let mut cx = cx(now, self.id, &mut self.rng, &mut *self.sink);
                    while self.node.poll_frame(&mut cx, port).is_some() {
                        self.stats.unconnected += 1;
                    }
                }
            }
        }
        for line in self.lines.iter_mut().filter(|line| line.owed) {
            for _ in 0..BATCH {
                let frame = match line.held.take() {
                    Some(frame) => frame,
                    None => {
                        let mut cx = cx(now, self.id, &mut self.rng, &mut *self.sink);
                        let Some(frame) = self.node.poll_frame(&mut cx, line.port) else {
                            line.owed = false;
                            break;
                        };
                        record(&mut *self.sink, now, Nic { node: self.id, port: line.port }, Direction::Out, &frame);
                        frame
                    }
                };
                match line.tap.write(&frame)? {
                    Written::Taken => {
                        self.stats.frames_out += 1;
                        self.stats.bytes_out += frame.len() as u64;
                    }
                    Written::Refused => self.stats.refused += 1,
                    Written::Full => {
                        line.held = Some(frame);
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// Sleeps until a frame comes, the kernel takes frames again, the node's deadline, `until`, or a request to stop.
    fn wait(&mut self, until: Option<Instant>, stop: &Stop) -> Result<Waited, LiveError> {
        let more_to_send = self.lines.iter().any(|line| line.owed && line.held.is_none());
        let deadline = self.node.poll_at().map(|wake| wake.at).into_iter().chain(until).min();
        let timeout = if more_to_send {
            Some(Duration::ZERO)
        } else {
            deadline.map(|deadline| deadline.since(self.clock.now()).min(LONGEST_SLEEP))
        };
        let timeout = timeout.map(|span| Timespec {
            tv_sec: (span.nanos() / NANOS_PER_SECOND) as i64,
            tv_nsec: (span.nanos() % NANOS_PER_SECOND) as i64,
        });
        let mut watched = Vec::with_capacity(1 + self.lines.len());
        watched.push(PollFd::new(stop, PollFlags::IN));
        for line in &self.lines {
            let writable = if line.held.is_some() { PollFlags::OUT } else { PollFlags::empty() };
            watched.push(PollFd::new(&line.tap, PollFlags::IN | writable));
        }
        self.stats.sleeps += 1;
        match rustix::event::poll(&mut watched, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(LiveError::system("wait for frames", errno)),
        }
        if !watched[0].revents().is_empty() {
            return Ok(Waited::Stopped);
        }
        for (line, watched) in self.lines.iter().zip(&watched[1..]) {
            if watched.revents().intersects(PollFlags::ERR | PollFlags::NVAL | PollFlags::HUP) {
                return Err(LiveError::Gone { name: line.tap.name().into() });
            }
        }
        Ok(Waited::SomethingMayHaveHappened)
    }
}

#[derive(PartialEq, Eq)]
enum Waited {
    SomethingMayHaveHappened,
    Stopped,
}

/// Real time as the node's time: nanoseconds since the first look at it, plus where it started.
struct Clock {
    start: Instant,
    started: Option<std::time::Instant>,
}

impl Clock {
    fn now(&mut self) -> Instant {
        let started = *self.started.get_or_insert_with(std::time::Instant::now);
        self.start + Duration::from(started.elapsed())
    }
}

fn cx<'a>(now: Instant, node: NodeId, rng: &'a mut Rng, sink: &'a mut dyn Sink) -> Cx<'a> {
    Cx { now, node, rng, sink }
}

fn record(sink: &mut dyn Sink, at: Instant, nic: Nic, direction: Direction, frame: &PacketBuf) {
    if sink.wants(Kind::Frame) {
        sink.frame(FrameSeen { at, nic, direction, packet: frame.id, bytes: frame.parts(), flaw: None });
    }
}

/// Frames read, and frames written, of one interface before the others and the deadlines have their turn.
const BATCH: usize = 64;
/// The largest frame that a TAP interface gives: a packet of 65,535 bytes and its link header.
const LARGEST_FRAME: usize = 65_535 + 64;
/// A deadline further away than this is looked at again.
const LONGEST_SLEEP: Duration = Duration::from_secs(3600);
const NANOS_PER_SECOND: u64 = 1_000_000_000;
/// Frames that come from outside get their ids as if a node of this number had built them, the last that an id can name.
const OUTSIDE: NodeId = NodeId((1 << 24) - 2);
