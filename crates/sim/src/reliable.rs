//! Reliable lines: a cable whose two ends have a station each, which repairs what the line loses (`link::hdlc`).
//!
//! ```text
//!   node: poll_frame ──> station: on_packet ─ poll_frame ──> bits on the line ──> on_frame ─ poll_packet ──> node: on_frame
//!                           ^      numbers, window, T1          damage, loss          order, acknowledgements
//!                           └── has_room: the window is open
//! ```
//! Packets wait in the interface's queue until the station has room. Frames take the time of their bits as they are
//! stuffed; damage hits these bits, and what the receiver's deframer makes of them decides what comes through.

use base::event::{AppFact, LinkDrop};
use base::{Direction, Duration, FrameSeen, Instant, LinkType, Nic, NodeId, PacketId, Port, Rng};
use link::hdlc::{Config, Framing, Station, WindowError, framing};
use stack::Node;
use wire::PacketBuf;

use crate::World;
use crate::cable::{Cable, LinkId};
use crate::fabric::{Fabric, Input, Place};
use crate::flight::Flying;
use crate::queue::{Alarm, Event};

/// One end of a reliable line.
pub(crate) struct LineEnd {
    station: Station,
    config: Config,
    nic: Nic,
    pub(crate) alarm: Alarm,
    /// Its host takes nothing more for the present.
    busy: bool,
    times: Times,
}

/// What a line's frames took, for those who reckon with it.
#[derive(Default)]
struct Times {
    /// The longest frame that this end sent, and the shortest.
    longest: Duration,
    shortest: Option<Duration>,
    /// When the first and the last packet went up here.
    first_up: Option<Instant>,
    last_up: Option<Instant>,
}

/// What comes to a station.
pub(crate) enum LineInput {
    /// A frame, and whether its check sequence was wrong.
    Frame(PacketBuf, bool),
    Timer,
}

impl World {
    /// Plugs a reliable line into two ports of hosts: `cables` from the first to the second and back, and what each
    /// station is told.
    ///
    /// # Errors
    /// When a window is larger than its numbers allow.
    pub fn connect_reliable(
        &mut self,
        a: (NodeId, Port),
        b: (NodeId, Port),
        cables: [Cable; 2],
        configs: [Config; 2],
    ) -> Result<LinkId, WindowError> {
        configs.iter().try_for_each(Config::check)?;
        let link = self.connect_ways(a, b, cables[0], cables[1]);
        let ends = [(link.forth().index(), a), (link.back().index(), b)];
        for ((index, (node, port)), config) in ends.into_iter().zip(configs) {
            let nic = Nic { node, port };
            let station = Station::new(config, nic)?;
            self.fabric.ways[index as usize].reliable = true;
            let end = LineEnd { station, config, nic, alarm: Alarm::OFF, busy: false, times: Times::default() };
            self.fabric.lines.insert(index, end);
            if let Framing::Llc8023 { local, .. } = config.framing {
                let name = self.with_host(node, |host| {
                    host.interfaces().find(|(own, _)| *own == port).map(|(_, config)| config.name.clone())
                });
                self.announce(nic, &name.unwrap_or_default(), LinkType::Ethernet, Some(local));
            }
        }
        Ok(link)
    }

    /// What the station of a reliable line has seen and done.
    pub fn line_snapshot(&self, node: NodeId, port: Port) -> Option<link::hdlc::Snapshot> {
        let mut ends = self.fabric.lines.values();
        ends.find(|end| end.nic == Nic { node, port }).map(|end| end.station.snapshot())
    }

    /// What the stations of all reliable lines have done, as facts of their nodes, in the order of the links.
    pub(crate) fn line_counters(&self) -> Vec<(NodeId, AppFact)> {
        let moment = |at: Option<Instant>| at.unwrap_or_default().since(Instant::ZERO);
        let tell = |end: &LineEnd| {
            let (c, times) = (end.station.snapshot().counters, &end.times);
            let fact = AppFact::new("arq", "counters", 0)
                .with("sent", c.sent)
                .with("resent", c.resent)
                .with("acknowledged", c.acknowledged)
                .with("delivered", c.delivered)
                .with("discarded", c.discarded)
                .with("rejects", c.rejects)
                .with("selective_rejects", c.selective_rejects)
                .with("timeouts", c.timeouts)
                .with("longest", times.longest)
                .with("shortest", times.shortest.unwrap_or_default())
                .with("first_delivery", moment(times.first_up))
                .with("last_delivery", moment(times.last_up));
            (end.nic.node, fact)
        };
        self.fabric.lines.values().map(tell).collect()
    }

    /// A node lost its power: its stations know nothing any more.
    pub(crate) fn reset_lines(&mut self, node: NodeId) {
        for end in self.fabric.lines.values_mut().filter(|end| end.nic.node == node) {
            if let Ok(fresh) = Station::new(end.config, end.nic) {
                end.station = fresh;
                end.busy = false;
            }
        }
    }

    /// A frame has reached the end of a line, whose station's own way is `index`.
    pub(crate) fn receive_on_line(&mut self, to: Nic, index: u32, flying: Flying) {
        let Flying { frame, damaged, .. } = flying;
        if self.seats[to.node.0 as usize].place.off {
            return self.fabric.lose(to.node, &frame, LinkDrop::NoCarrier);
        }
        if let Some(framing) = self.fabric.lines.get(&index).map(|end| end.config.framing) {
            self.fabric.show_on_line(to, Direction::In, &frame, damaged, &framing);
        }
        if damaged {
            self.fabric.lose(to.node, &frame, LinkDrop::Damaged);
        }
        self.visit(to.node, Input::Line(to.port, index, LineInput::Frame(frame, damaged)));
    }

    pub(crate) fn on_line_timer(&mut self, index: u32) {
        if let Some(end) = self.fabric.lines.get_mut(&index) {
            end.alarm.taken();
            let nic = end.nic;
            self.visit(nic.node, Input::Line(nic.port, index, LineInput::Timer));
        }
    }
}

impl Fabric {
    /// Gives a station what came; then its host what went up.
    pub(crate) fn line_input<N: Node + ?Sized>(
        &mut self,
        place: &mut Place,
        node: &mut N,
        port: Port,
        index: u32,
        input: LineInput,
    ) {
        let Some(mut end) = self.lines.remove(&index) else { return };
        match input {
            LineInput::Timer => end.station.on_timer(&mut self.cx(place)),
            LineInput::Frame(_, true) => end.station.on_damaged(&mut self.cx(place)),
            LineInput::Frame(frame, false) => end.station.on_frame(&mut self.cx(place), frame),
        }
        while let Some(packet) = end.station.poll_packet() {
            end.times.first_up.get_or_insert(self.now);
            end.times.last_up = Some(self.now);
            node.on_frame(&mut self.cx(place), port, packet);
        }
        end.set_busy(!node.can_take(port));
        self.lines.insert(index, end);
        self.pull_line(place, node, port, index);
    }

    /// A host that took nothing more may have room again.
    pub(crate) fn relieve_lines<N: Node + ?Sized>(&mut self, place: &mut Place, node: &mut N) {
        let busy = self.lines.iter().filter(|(_, end)| end.busy && end.nic.node == place.id);
        let freed: Vec<(u32, Port)> =
            busy.map(|(index, end)| (*index, end.nic.port)).filter(|(_, port)| node.can_take(*port)).collect();
        for (index, port) in freed {
            if let Some(end) = self.lines.get_mut(&index) {
                end.set_busy(false);
            }
            self.pull_line(place, node, port, index);
        }
    }

    /// Lets a station send while its line is free, and gives it packets while its window is open.
    pub(crate) fn pull_line<N: Node + ?Sized>(&mut self, place: &mut Place, node: &mut N, port: Port, index: u32) {
        let Some(mut end) = self.lines.remove(&index) else { return };
        loop {
            while end.station.has_room() {
                let Some(packet) = node.poll_frame(&mut self.cx(place), port) else { break };
                end.station.on_packet(&mut self.cx(place), packet);
            }
            let way = &mut self.ways[index as usize];
            if way.free_at > self.now {
                if end.station.has_frame() && !way.free_queued {
                    way.free_queued = true;
                    let at = way.free_at;
                    self.queue.push(at, Event::Free(index));
                }
                break;
            }
            let Some(frame) = end.station.poll_frame(&mut self.cx(place)) else { break };
            let until = self.transmit_on_line(index, frame, &end.config.framing);
            let span = until.since(self.now);
            end.times.longest = end.times.longest.max(span);
            end.times.shortest = Some(end.times.shortest.map_or(span, |shortest| shortest.min(span)));
            end.station.on_transmit(until);
        }
        let due = end.station.due();
        end.alarm.set(due, self.now, &mut self.queue, Event::Line(index));
        self.lines.insert(index, end);
    }

    /// Puts a frame on the line; when its last bit has left.
    fn transmit_on_line(&mut self, index: u32, frame: PacketBuf, framing: &Framing) -> Instant {
        let way = &mut self.ways[index as usize];
        let (up, ruled) = (way.up, way.ruled);
        let at = way.transmit_for(line_time(frame.parts(), framing, way.rate_bps()), self.now);
        let until = way.free_at;
        let nic = self.start(index);
        if !up {
            self.lose(nic.node, &frame, LinkDrop::NoCarrier);
            return until;
        }
        self.frames += 1;
        self.show_on_line(nic, Direction::Out, &frame, false, framing);
        if ruled {
            self.judge(index, at, frame);
        } else {
            self.fly(index, at, false, frame);
        }
        until
    }

    /// Shows a frame as a capture of its line has it.
    pub(crate) fn show_on_line(
        &mut self,
        nic: Nic,
        direction: Direction,
        frame: &PacketBuf,
        damaged: bool,
        framing: &Framing,
    ) {
        if !self.wants_frames {
            return;
        }
        let [head, payload] = frame.parts();
        let with_kiss;
        let head = match framing {
            Framing::Ax25 { .. } => {
                with_kiss = [&[0], head].concat();
                &with_kiss[..]
            }
            Framing::Llc | Framing::Llc8023 { .. } => head,
        };
        let flaw = damaged.then_some(base::Flaw::Damaged);
        let (at, packet) = (self.now, frame.id);
        self.sink.frame(FrameSeen { at, nic, direction, packet, bytes: [head, payload], flaw });
    }

}

impl LineEnd {
    fn set_busy(&mut self, busy: bool) {
        if std::mem::replace(&mut self.busy, busy) != busy {
            self.station.set_busy(busy);
        }
    }
}

/// How long a frame occupies a line: HDLC's flags, stuffed bits and check sequence, or all that is around an 802.3 frame.
fn line_time(parts: [&[u8]; 2], framing: &Framing, rate_bps: u64) -> Duration {
    let bits = match framing {
        Framing::Ax25 { .. } | Framing::Llc => framing::line_bits(parts),
        Framing::Llc8023 { .. } => (parts[0].len() + parts[1].len()) as u64 * 8 + ETHERNET_BITS,
    };
    if rate_bps == 0 {
        return Duration::ZERO;
    }
    Duration::from_nanos((u128::from(bits) * 1_000_000_000 / u128::from(rate_bps)) as u64)
}

/// What a receiver gets of a frame whose bits on the line were hit by a burst of at most 16: frames that pass their check
/// sequence all the same, nearly always none. `None`: the burst hit no bit of the frame.
pub(crate) fn hit(rng: &mut Rng, frame: &PacketBuf) -> Option<Vec<PacketBuf>> {
    let parts = frame.parts();
    let at = rng.below(framing::line_bits(parts));
    let pattern = rng.next_u32() as u16 | 1;
    let passed = framing::damage(parts, at, pattern).frames;
    if passed.iter().any(|bytes| *bytes == parts.concat()) {
        return None;
    }
    Some(passed.into_iter().map(|bytes| PacketBuf::from_vec(PacketId::NONE, bytes)).collect())
}

/// Preamble, check sequence and gap, bits.
const ETHERNET_BITS: u64 = 24 * 8;
