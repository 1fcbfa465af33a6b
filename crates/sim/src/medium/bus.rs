//! A wire that all stations share, as a cable with taps or a hub: IEEE 802.3 half duplex, with propagation.
//!
//! Nothing here counts bits one by one. A signal is known by its start, its end and the place of its sender, so what is
//! heard at a place at a moment follows by addition: `start + distance` to `end + distance`. What arrives just now is not
//! sensed yet: two stations that begin at the same moment collide, whatever order they are asked in.

use base::event::{AccessFact, LinkDrop, Value};
use base::{Duration, Flaw, Instant, Mac, Nic, PacketId, Rng};
use link::csma_cd::{AfterJam, Backoff, Mac as Station, Timing};
use wire::{PacketBuf, ethernet};

use super::agenda::Agenda;
use super::{Arrival, Fate, Medium, MediumCx, Outbox, Tap, concerns};

/// How the taps lie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// A hub in the middle: a signal goes along both stations' cables.
    Star,
    /// One cable: a signal goes from place to place.
    Line,
}

/// What a bus is told when it is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BusConfig {
    /// Rate, slot, gap, back-off.
    pub timing: Timing,
    /// How the taps lie.
    pub shape: Shape,
}

/// The medium and its stations.
pub(crate) struct Bus {
    config: BusConfig,
    taps: Vec<BusTap>,
    /// Signals that are sent, or that may still be heard somewhere.
    signals: Vec<Signal>,
    made: u64,
    agenda: Agenda<Do>,
    out: Outbox,
    /// The longest way between two taps.
    longest: Duration,
    /// When the last signal ended that is remembered no more.
    quiet_since: Instant,
}

struct BusTap {
    address: Option<Mac>,
    place: Duration,
    station: Station,
    rng: Rng,
    /// Which of its attempts on the agenda counts.
    attempt: u64,
    /// It found the medium busy: the end of a signal lets it try again.
    waits: bool,
    /// How long the frames took that it sent without a collision.
    useful: Duration,
}

struct Signal {
    id: u64,
    tap: usize,
    start: Instant,
    end: Instant,
    over: bool,
    /// It was broken off by a collision.
    broken: bool,
    fate: Fate,
    frame: PacketBuf,
}

enum Do {
    Attempt { tap: usize, attempt: u64 },
    Notice { signal: u64 },
    End { signal: u64 },
    Silent { signal: u64 },
    Arrive { signal: u64, distance: Duration },
}

impl Bus {
    pub(crate) fn new(config: BusConfig) -> Self {
        Bus {
            config,
            taps: Vec::new(),
            signals: Vec::new(),
            made: 0,
            agenda: Agenda::new(),
            out: Outbox::default(),
            longest: Duration::ZERO,
            quiet_since: Instant::ZERO,
        }
    }

    fn distance(&self, a: usize, b: usize) -> Duration {
        let (x, y) = (self.taps[a].place, self.taps[b].place);
        match self.config.shape {
            _ if a == b => Duration::ZERO,
            Shape::Star => x + y,
            Shape::Line => x.max(y) - x.min(y),
        }
    }

    /// Whether a signal is sensed at a tap, and since when it is quiet there otherwise.
    fn listen(&self, tap: usize, now: Instant) -> (bool, Instant) {
        let mut quiet = self.quiet_since;
        for signal in &self.signals {
            let way = self.distance(signal.tap, tap);
            let (from, to) = (signal.start + way, signal.end + way);
            if from < now && to > now {
                return (true, quiet);
            }
            if to <= now {
                quiet = quiet.max(to);
            }
        }
        (false, quiet)
    }

    /// Lets a station try when it may.
    fn plan(&mut self, tap: usize, now: Instant) {
        let (busy, quiet) = self.listen(tap, now);
        if busy {
            return self.wait(tap);
        }
        self.plan_after(tap, quiet, now);
    }

    fn plan_after(&mut self, tap: usize, quiet: Instant, now: Instant) {
        let BusTap { station, rng, attempt, waits, .. } = &mut self.taps[tap];
        let Some(at) = station.earliest(quiet, rng) else { return };
        *waits = false;
        *attempt += 1;
        self.agenda.push(at.max(now), Do::Attempt { tap, attempt: *attempt });
    }

    fn wait(&mut self, tap: usize) {
        self.taps[tap].waits = true;
        self.taps[tap].station.on_deferred();
    }

    fn attempt(&mut self, cx: &mut MediumCx<'_>, tap: usize, attempt: u64) {
        if self.taps[tap].attempt != attempt || !self.taps[tap].station.is_deferring() {
            return;
        }
        let (busy, quiet) = self.listen(tap, cx.now);
        if busy {
            self.wait(tap);
        } else if quiet + self.config.timing.gap > cx.now {
            self.plan_after(tap, quiet, cx.now);
        } else {
            self.start(cx, tap);
        }
    }

    fn start(&mut self, cx: &mut MediumCx<'_>, tap: usize) {
        let now = cx.now;
        let frame = self.taps[tap].station.frame().cloned().unwrap_or_default();
        let end = now + self.taps[tap].station.on_start(now);
        let fate = cx.judge(tap, &frame);
        self.made += 1;
        let id = self.made;
        for other in &self.signals {
            let way = self.distance(other.tap, tap);
            let (heard, gone) = (now.max(other.start + way), other.end + way);
            if heard < gone && heard < end {
                self.agenda.push(heard, Do::Notice { signal: id });
            }
            if !other.over && now + way < other.end {
                self.agenda.push(now + way, Do::Notice { signal: other.id });
            }
        }
        self.signals.push(Signal { id, tap, start: now, end, over: false, broken: false, fate, frame });
        self.agenda.push(end, Do::End { signal: id });
    }

    fn find(&self, id: u64) -> Option<usize> {
        self.signals.iter().position(|signal| signal.id == id)
    }

    /// A sender hears another one.
    fn notice(&mut self, cx: &mut MediumCx<'_>, id: u64) {
        let Some(place) = self.find(id).filter(|place| !self.signals[*place].over) else { return };
        let signal = &mut self.signals[place];
        let Some(jam) = self.taps[signal.tap].station.on_collision(cx.now) else { return };
        (signal.end, signal.broken) = (jam.until, true);
        let (tap, packet) = (signal.tap, signal.frame.id);
        self.agenda.push(jam.until, Do::Silent { signal: id });
        cx.tell(tap, packet, AccessFact::Collision { attempt: jam.attempt, bits: jam.bits, late: jam.late });
    }

    /// A whole frame was sent.
    fn end(&mut self, cx: &mut MediumCx<'_>, id: u64) {
        let Some(place) = self.find(id).filter(|place| !self.signals[*place].broken) else { return };
        let Signal { tap, start, .. } = self.signals[place];
        let frame = self.taps[tap].station.on_end();
        self.taps[tap].useful = self.taps[tap].useful + (cx.now - start);
        cx.show_sent(tap, start, frame.id, frame.parts(), None);
        self.out.rooms.push_back(tap);
        self.over(place, cx.now);
    }

    /// The jam behind a collision is over.
    fn silent(&mut self, cx: &mut MediumCx<'_>, id: u64) {
        let Some(place) = self.find(id) else { return };
        let Signal { tap, start, .. } = self.signals[place];
        let frame = &self.signals[place].frame;
        cx.show_sent(tap, start, frame.id, frame.parts(), Some(Flaw::Collision));
        let packet = frame.id;
        let BusTap { station, rng, .. } = &mut self.taps[tap];
        let given_up = match station.on_jam_end(cx.now, rng) {
            AfterJam::Backoff { slots, of } => {
                cx.tell(tap, packet, AccessFact::Backoff { slots, of });
                None
            }
            AfterJam::Excessive(_) => Some(LinkDrop::ExcessiveCollisions),
            AfterJam::Late(_) => Some(LinkDrop::LateCollision),
        };
        self.over(place, cx.now);
        match given_up {
            None => self.plan(tap, cx.now),
            Some(reason) => {
                cx.lose(cx.taps[tap].nic, packet, reason);
                self.out.rooms.push_back(tap);
            }
        }
    }

    /// A signal ends at its sender: those who wait for its end may try a gap later, and it arrives everywhere.
    fn over(&mut self, place: usize, now: Instant) {
        let signal = &mut self.signals[place];
        signal.over = true;
        let (id, from, end, broken) = (signal.id, signal.tap, signal.end, signal.broken);
        let redraw = !broken && matches!(self.config.timing.backoff, Backoff::Ideal(_));
        let mut distances: Vec<Duration> = Vec::new();
        for tap in 0..self.taps.len() {
            let way = self.distance(from, tap);
            if self.taps[tap].waits || (redraw && self.taps[tap].station.is_deferring()) {
                self.plan_after(tap, end + way, now);
            }
            if tap != from && distances.last() != Some(&way) {
                distances.push(way);
            }
        }
        distances.sort_unstable();
        distances.dedup();
        for distance in distances {
            self.agenda.push(end + distance, Do::Arrive { signal: id, distance });
        }
    }

    /// A signal has arrived at all taps that are so far away.
    fn arrive(&mut self, cx: &mut MediumCx<'_>, id: u64, distance: Duration) {
        let Some(place) = self.find(id) else { return };
        let signal = &self.signals[place];
        let len = self.heard_bytes(signal);
        let header = ethernet::Header::parse(signal.frame.head()).unwrap_or_default();
        let sees_all = cx.wants_frames || cx.sink.wants(base::Kind::Drop);
        for tap in (0..self.taps.len()).filter(|tap| *tap != signal.tap) {
            if self.distance(signal.tap, tap) != distance {
                continue;
            }
            let flaw = self.flaw(place, tap);
            let counters = self.taps[tap].station.counters_mut();
            match flaw {
                None => counters.received += 1,
                Some(_) if len == 0 => continue,
                Some(Flaw::Runt) => counters.runts += 1,
                Some(_) => counters.damaged += 1,
            }
            if !(sees_all || flaw.is_none() && concerns(self.taps[tap].address, header.dst)) {
                continue;
            }
            let signal = &self.signals[place];
            let mut frame = signal.frame.clone();
            let lost = match flaw {
                Some(Flaw::Collision) if !signal.broken => Some(LinkDrop::Collision),
                Some(Flaw::Damaged) if signal.fate == Fate::Damaged => Some(LinkDrop::Damaged),
                _ => None,
            };
            if signal.broken {
                frame.truncate(len);
                frame.id = PacketId::NONE;
            }
            self.out.arrivals.push_back(Arrival { tap, frame, seen: None, flaw, lost, up: flaw.is_none() });
        }
    }

    /// Bytes of a frame behind its preamble that were sent before it was broken off.
    fn heard_bytes(&self, signal: &Signal) -> usize {
        if !signal.broken {
            return signal.frame.len();
        }
        let timing = &self.config.timing;
        let bits = timing.bits_in(signal.end.since(signal.start)).saturating_sub(timing.preamble_bits);
        signal.frame.len().min((bits / 8) as usize)
    }

    /// What the bits of a signal suffered on their way to a tap.
    fn flaw(&self, place: usize, tap: usize) -> Option<Flaw> {
        let signal = &self.signals[place];
        if signal.broken {
            let short = self.heard_bytes(signal) < ethernet::MIN_FRAME;
            return Some(if short { Flaw::Runt } else { Flaw::Collision });
        }
        let reach = |signal: &Signal| {
            let way = self.distance(signal.tap, tap);
            (signal.start + way, signal.end + way)
        };
        let (from, to) = reach(signal);
        let overlaps = self.signals.iter().filter(|other| other.id != signal.id).any(|other| {
            let (begins, ends) = reach(other);
            begins < to && ends > from
        });
        match signal.fate {
            _ if overlaps => Some(Flaw::Collision),
            Fate::Fine => None,
            Fate::Damaged | Fate::Lost => Some(Flaw::Damaged),
        }
    }

    /// Forgets signals that are heard nowhere any more and overlap with nothing that still arrives.
    fn forget(&mut self, now: Instant) {
        let active = self.signals.iter().filter(|signal| signal.end + self.longest >= now);
        let oldest = active.map(|signal| signal.start).min().unwrap_or(Instant::FAR);
        let (longest, quiet_since) = (self.longest, &mut self.quiet_since);
        self.signals.retain(|signal| {
            let reach = signal.end + longest;
            let needed = !signal.over || reach >= now || reach > oldest;
            if !needed {
                *quiet_since = reach.max(*quiet_since);
            }
            needed
        });
    }
}

impl Medium for Bus {
    fn attach(&mut self, tap: &Tap, _: Nic, rng: Rng) {
        let station = Station::new(self.config.timing);
        let Tap { address, place } = *tap;
        self.taps.push(BusTap { address, place, station, rng, attempt: 0, waits: false, useful: Duration::ZERO });
        let places = || self.taps.iter().map(|tap| tap.place);
        self.longest = match self.config.shape {
            Shape::Star => places().max().unwrap_or_default() * 2,
            Shape::Line => places().max().unwrap_or_default() - places().min().unwrap_or_default(),
        };
    }

    fn has_room(&self, tap: usize) -> bool {
        self.taps[tap].station.has_room()
    }

    fn on_frame(&mut self, cx: &mut MediumCx<'_>, tap: usize, frame: PacketBuf) {
        self.taps[tap].station.on_frame(cx.now, frame);
        self.plan(tap, cx.now);
    }

    fn on_timer(&mut self, cx: &mut MediumCx<'_>) {
        while let Some(what) = self.agenda.pop(cx.now) {
            match what {
                Do::Attempt { tap, attempt } => self.attempt(cx, tap, attempt),
                Do::Notice { signal } => self.notice(cx, signal),
                Do::End { signal } => self.end(cx, signal),
                Do::Silent { signal } => self.silent(cx, signal),
                Do::Arrive { signal, distance } => self.arrive(cx, signal, distance),
            }
        }
        self.forget(cx.now);
    }

    fn due(&self) -> Instant {
        self.agenda.due()
    }

    fn outbox(&mut self) -> &mut Outbox {
        &mut self.out
    }

    fn counters(&self, tap: usize) -> Vec<(&'static str, Value)> {
        let c = self.taps[tap].station.counters();
        vec![
            ("sent", c.sent.into()),
            ("useful", self.taps[tap].useful.into()),
            ("sent_after_collisions", c.sent_after_collisions.into()),
            ("collisions", c.collisions.into()),
            ("late", c.late.into()),
            ("excessive", c.excessive.into()),
            ("deferred", c.deferred.into()),
            ("received", c.received.into()),
            ("runts", c.runts.into()),
            ("damaged", c.damaged.into()),
        ]
    }
}
