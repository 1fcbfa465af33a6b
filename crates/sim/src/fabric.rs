//! What all nodes of a world share while one of them is attended to: time, the event queue, the cables, the observer.

use std::collections::{BTreeMap, VecDeque};

use base::event::{DropReason, LinkDrop};
use base::{Cx, Direction, Event as Seen, Fact, Flaw, FrameSeen, Instant, Kind, Nic, NodeId, Port, Rng, Sink};
use slab::Slab;
use stack::Node;
use wire::PacketBuf;

use crate::cable::{LinkId, On, Way, WayState};
use crate::flight::{Flights, Flying};
use crate::medium::{Fate, MediumCx, Slot, judge};
use crate::queue::{Alarm, Entry, Event, Queue};
use crate::reliable::{LineEnd, LineInput, hit};
use crate::rule::{Rule, RuleId, Verdict};

/// Everything but the nodes.
pub(crate) struct Fabric {
    pub(crate) now: Instant,
    pub(crate) queue: Queue,
    /// Two per cable.
    pub(crate) ways: Vec<WayState>,
    pub(crate) flights: Flights,
    /// One list per cable.
    pub(crate) rules: Vec<Vec<RuleState>>,
    pub(crate) strays: Slab<Stray>,
    /// The stations of reliable lines, by the way that starts at each.
    pub(crate) lines: BTreeMap<u32, LineEnd>,
    /// Media that several ports share.
    pub(crate) media: Vec<Slot>,
    pub(crate) open: Vec<OpenPort>,
    /// Open ports that have frames and were not named yet.
    pub(crate) open_ready: VecDeque<Port>,
    pub(crate) sink: Box<dyn Sink>,
    pub(crate) wants_frames: bool,
    pub(crate) frames: u64,
}

/// A node's place in the world.
pub(crate) struct Place {
    pub(crate) id: NodeId,
    pub(crate) rng: Box<Rng>,
    pub(crate) ports: Ports,
    pub(crate) alarm: Alarm,
    /// Switched off: it neither sends nor receives.
    pub(crate) off: bool,
}

/// What is plugged into the ports of a node. Most nodes have one, which is kept beside them.
#[derive(Default)]
pub(crate) struct Ports {
    count: u16,
    first: Attachment,
    others: Vec<Attachment>,
}

impl Ports {
    /// Makes room for `count` ports at least.
    pub(crate) fn reserve(&mut self, count: u16) {
        self.count = self.count.max(count);
        self.others.resize(usize::from(self.count.saturating_sub(1)), Attachment::Nothing);
    }

    #[inline]
    pub(crate) fn get(&self, port: Port) -> Attachment {
        match usize::from(port.0).checked_sub(1) {
            None => self.first,
            Some(other) => self.others.get(other).copied().unwrap_or_default(),
        }
    }

    pub(crate) fn get_mut(&mut self, port: Port) -> Option<&mut Attachment> {
        match usize::from(port.0).checked_sub(1) {
            None => (self.count > 0).then_some(&mut self.first),
            Some(other) => self.others.get_mut(other),
        }
    }
}

/// What is plugged into a port.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Attachment {
    #[default]
    Nothing,
    /// The way that starts here.
    Way(u32),
    /// A port of the world.
    Open(Port),
    /// A place at a shared medium: which medium, which tap.
    Tap(u16, u16),
}

/// A port of the world: a node's port that has no cable inside.
pub(crate) struct OpenPort {
    pub(crate) nic: Nic,
    /// Whether the world's driver was, or is about to be, told to poll it.
    pub(crate) listed: bool,
}

/// A frame in flight that left the order of its way.
pub(crate) struct Stray {
    pub(crate) way: u32,
    pub(crate) flying: Flying,
}

/// A rule where it was put.
pub(crate) struct RuleState {
    pub(crate) id: RuleId,
    /// Names its random stream on this cable.
    pub(crate) number: u64,
    pub(crate) on: On,
    pub(crate) rng: Rng,
    pub(crate) rule: Box<dyn Rule>,
}

/// What is given to a node.
pub(crate) enum Input {
    Frame(Port, PacketBuf),
    Timer,
    /// The medium at this port is free.
    Free(Port),
    /// Something for the station of a reliable line at this port, where the way of this number starts.
    Line(Port, u32, LineInput),
    /// Nothing: a program called into it.
    Nothing,
}

impl Fabric {
    /// Gives a node its input, then asks in the order of [`stack::Node`]: ready ports, frames, the next deadline.
    #[inline]
    pub(crate) fn attend<N: Node + ?Sized>(&mut self, place: &mut Place, node: &mut N, input: Input) {
        match input {
            Input::Frame(port, frame) => node.on_frame(&mut self.cx(place), port, frame),
            Input::Timer => node.on_timer(&mut self.cx(place)),
            Input::Free(port) => self.pull(place, node, port),
            Input::Line(port, index, input) => self.line_input(place, node, port, index, input),
            Input::Nothing => {
                if !self.lines.is_empty() {
                    self.relieve_lines(place, node);
                }
            }
        }
        while let Some(port) = node.poll_ready() {
            self.pull(place, node, port);
        }
        place.alarm.set(node.due(), self.now, &mut self.queue, Event::Wake(place.id.0));
    }

    /// The environment of a call into the node at `place`.
    pub(crate) fn cx<'a>(&'a mut self, place: &'a mut Place) -> Cx<'a> {
        Cx { now: self.now, node: place.id, rng: &mut place.rng, sink: &mut *self.sink }
    }

    /// Takes frames from a port as long as its medium is free; when that is busy, comes back at the end of the
    /// transmission. A port that has nothing more to send costs no event.
    fn pull<N: Node + ?Sized>(&mut self, place: &mut Place, node: &mut N, port: Port) {
        match place.ports.get(port) {
            Attachment::Way(index) if self.ways[index as usize].reliable => self.pull_line(place, node, port, index),
            Attachment::Way(index) => loop {
                let way = &mut self.ways[index as usize];
                if way.free_at > self.now {
                    if node.has_frame(port) && !way.free_queued {
                        way.free_queued = true;
                        let at = way.free_at;
                        self.queue.push(at, Event::Free(index));
                    }
                    return;
                }
                let Some(frame) = node.poll_frame(&mut self.cx(place), port) else { return };
                self.transmit(index, frame);
            },
            Attachment::Tap(medium, tap) => self.offer(place, node, port, usize::from(medium), usize::from(tap)),
            Attachment::Open(outer) => {
                let open = &mut self.open[usize::from(outer.0)];
                if !open.listed {
                    open.listed = true;
                    self.open_ready.push_back(outer);
                }
            }
            Attachment::Nothing => {
                while let Some(frame) = node.poll_frame(&mut self.cx(place), port) {
                    self.lose(place.id, &frame, LinkDrop::NoCarrier);
                }
            }
        }
    }

    /// Gives the station at a tap as many frames as it takes.
    fn offer<N: Node + ?Sized>(&mut self, place: &mut Place, node: &mut N, port: Port, medium: usize, tap: usize) {
        while self.media[medium].medium.has_room(tap) {
            let Some(frame) = node.poll_frame(&mut self.cx(place), port) else { break };
            if self.ways[self.media[medium].taps[tap].out.index() as usize].up {
                self.with_medium(medium, |medium, cx| medium.on_frame(cx, tap, frame));
            } else {
                self.lose(place.id, &frame, LinkDrop::NoCarrier);
            }
        }
    }

    /// Calls into a medium, and sets its alarm.
    pub(crate) fn with_medium(&mut self, index: usize, act: impl FnOnce(&mut dyn crate::medium::Medium, &mut MediumCx<'_>)) {
        let Fabric { now, queue, media, sink, wants_frames, frames, rules, .. } = self;
        let Slot { medium, alarm, taps, .. } = &mut media[index];
        let (now, wants_frames) = (*now, *wants_frames);
        act(&mut **medium, &mut MediumCx { now, sink: &mut **sink, wants_frames, frames, rules, taps });
        alarm.set(medium.due(), now, queue, Event::Medium(index as u32));
    }

    /// What the plug of a tap does to a frame that arrives there.
    pub(crate) fn judge_arrival(&mut self, way: Way, frame: &PacketBuf) -> Fate {
        let state = &self.ways[way.index() as usize];
        if !state.up {
            return Fate::Lost;
        }
        if state.ruled { judge(&mut self.rules[way.link.0 as usize], way, self.now, frame) } else { Fate::Fine }
    }

    /// The network card at which a way starts: where the other way of its cable ends.
    pub(crate) fn start(&self, index: u32) -> Nic {
        self.ways[Way::reverse(index) as usize].to
    }

    /// Starts a transmission.
    fn transmit(&mut self, index: u32, frame: PacketBuf) {
        let way = &mut self.ways[index as usize];
        if !way.up {
            let node = self.start(index).node;
            return self.lose(node, &frame, LinkDrop::NoCarrier);
        }
        self.frames += 1;
        let (at, ruled) = (way.transmit(frame.len(), self.now), way.ruled);
        if self.wants_frames {
            let nic = self.start(index);
            self.show(nic, Direction::Out, &frame);
        }
        if ruled {
            self.judge(index, at, frame);
        } else {
            self.fly(index, at, false, frame);
        }
    }

    /// Asks the rules what becomes of a frame that would arrive at `at`.
    #[cold]
    pub(crate) fn judge(&mut self, index: u32, mut at: Instant, mut frame: PacketBuf) {
        let way = Way::from_index(index);
        let (mut copies, mut damaged, mut late) = (1, false, false);
        let mut passed = Vec::new();
        for state in self.rules[way.link.0 as usize].iter_mut().filter(|state| state.on.includes(way)) {
            match state.rule.on_frame(self.now, &mut state.rng, &frame) {
                Verdict::Pass => {}
                Verdict::Delay(by) => (at, late) = (at + by, true),
                Verdict::Duplicate => copies += 1,
                Verdict::Corrupt if self.ways[index as usize].reliable => {
                    if let Some(others) = hit(&mut state.rng, &frame) {
                        damaged = true;
                        passed.extend(others);
                    }
                }
                Verdict::Corrupt => damaged = true,
                Verdict::CorruptUndetected => flip_bit(&mut state.rng, &mut frame),
                Verdict::Drop => {
                    let node = self.start(index).node;
                    return self.lose(node, &frame, LinkDrop::Lost);
                }
            }
        }
        for _ in 1..copies {
            self.depart(index, at, damaged, late, frame.clone());
        }
        self.depart(index, at, damaged, late, frame);
        for wrong in passed {
            self.depart(index, at, false, late, wrong);
        }
    }

    fn depart(&mut self, index: u32, at: Instant, damaged: bool, late: bool, frame: PacketBuf) {
        if late { self.stray(index, at, damaged, frame) } else { self.fly(index, at, damaged, frame) }
    }

    /// Puts a frame behind the others that fly this way. Only the first of them has an event.
    #[inline]
    pub(crate) fn fly(&mut self, index: u32, at: Instant, damaged: bool, frame: PacketBuf) {
        let way = &mut self.ways[index as usize];
        let sequence = match self.flights.last(way.flight) {
            Some(last) if last.at > at => return self.stray(index, at, damaged, frame),
            Some(_) => self.queue.next_sequence(),
            None => self.queue.push(at, Event::Arrival(index)),
        };
        self.flights.push(&mut way.flight, Flying { at, sequence, damaged, frame });
    }

    /// Lets a frame fly out of order, with an event of its own.
    fn stray(&mut self, way: u32, at: Instant, damaged: bool, frame: PacketBuf) {
        let sequence = self.queue.next_sequence();
        let slot = self.strays.insert(Stray { way, flying: Flying { at, sequence, damaged, frame } });
        self.queue.push_entry(Entry { at, sequence, event: Event::Stray(slot as u32) });
    }

    /// Takes the first frame in flight, whose arrival was taken from the queue, and puts that of the next one there.
    pub(crate) fn land(&mut self, index: u32) -> Option<Flying> {
        let way = &mut self.ways[index as usize];
        let landed = self.flights.pop(&mut way.flight);
        if let Some(next) = self.flights.first(way.flight) {
            let entry = Entry { at: next.at, sequence: next.sequence, event: Event::Arrival(index) };
            self.queue.push_entry(entry);
        }
        landed
    }

    /// Whether the first entry of the queue is still about something. If not it is taken away.
    pub(crate) fn holds(&mut self, first: Entry) -> bool {
        let current = match first.event {
            Event::Arrival(index) => {
                let flying = self.flights.first(self.ways[index as usize].flight);
                flying.is_some_and(|flying| flying.sequence == first.sequence)
            }
            Event::Stray(slot) => {
                self.strays.get(slot as usize).is_some_and(|stray| stray.flying.sequence == first.sequence)
            }
            Event::Free(_) | Event::Wake(_) | Event::Medium(_) | Event::Line(_) | Event::Sleep => true,
        };
        if !current {
            self.queue.skip();
        }
        current
    }

    /// Pulls or plugs a cable. What is in flight when it is pulled is lost.
    pub(crate) fn set_link(&mut self, link: LinkId, up: bool) {
        for index in [link.forth().index(), link.back().index()] {
            let way = &mut self.ways[index as usize];
            way.up = up;
            if up {
                continue;
            }
            way.free_at = self.now;
            let to = way.to.node;
            let mut lost: Vec<Flying> = std::iter::from_fn(|| self.flights.pop(&mut way.flight)).collect();
            let strays = self.strays.iter().filter(|(_, stray)| stray.way == index).map(|(slot, _)| slot);
            for slot in strays.collect::<Vec<_>>() {
                lost.push(self.strays.remove(slot).flying);
            }
            for flying in lost {
                self.lose(to, &flying.frame, LinkDrop::NoCarrier);
            }
        }
    }

    /// Tells why a frame is no more.
    pub(crate) fn lose(&mut self, node: NodeId, frame: &PacketBuf, reason: LinkDrop) {
        if self.sink.wants(Kind::Drop) {
            let fact = Fact::Drop(DropReason::Link(reason));
            self.sink.event(Seen { at: self.now, node, cause: frame.id, fact });
        }
    }

    /// Shows a frame at a network card.
    pub(crate) fn show(&mut self, nic: Nic, direction: Direction, frame: &PacketBuf) {
        self.show_flawed(nic, direction, frame, None);
    }

    /// The same for a frame whose bits may have suffered.
    pub(crate) fn show_flawed(&mut self, nic: Nic, direction: Direction, frame: &PacketBuf, flaw: Option<Flaw>) {
        let seen = FrameSeen { at: self.now, nic, direction, packet: frame.id, bytes: frame.parts(), flaw };
        self.sink.frame(seen);
    }
}

/// Flips one bit of a frame.
fn flip_bit(rng: &mut Rng, frame: &mut PacketBuf) {
    if frame.is_empty() {
        return;
    }
    frame.flatten();
    let bit = rng.below(frame.len() as u64 * 8);
    frame.head_mut()[(bit / 8) as usize] ^= 1 << (bit % 8);
}
