//! Media that several stations share: a wire on which everybody hears everybody, the air.
//!
//! ```text
//!   node: poll_frame ──> on_frame(tap) ──> when may it begin? ──> signals, each heard at each tap at its own time
//!                             ^                                        │ collisions, damage
//!                             └── room ── sent, or given up            v
//!                                              arrival at each tap ──> node: on_frame
//! ```
//! A medium owns the stations' half of the link layer (`link::csma_cd`, `link::dcf`): who may begin when depends on what
//! all of them do. It has an agenda of its own and one alarm in the world's queue.

mod agenda;
mod air;
mod bus;
mod radio;

use std::collections::VecDeque;

use base::event::{AccessFact, DropReason, LinkDrop, LinkFact, Value};
use base::{Direction, Event, Fact, Flaw, FrameSeen, Instant, Kind, Mac, Nic, PacketId, Rng, Sink};
use wire::PacketBuf;

use crate::cable::Way;
use crate::fabric::RuleState;
use crate::queue::Alarm;
use crate::rule::Verdict;

pub(crate) use bus::Bus;
pub use bus::{BusConfig, Shape};
pub(crate) use radio::Radio;
pub use radio::RadioConfig;

/// A shared medium of a world.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MediumId(pub u32);

/// What a medium does. A tap is a place at which a station is attached; taps are numbered from 0.
pub(crate) trait Medium: Send {
    /// One station more, with its own random stream.
    fn attach(&mut self, tap: &Tap, nic: Nic, rng: Rng);
    /// Whether the station at `tap` takes a frame now.
    fn has_room(&self, tap: usize) -> bool;
    /// A frame to send; only when there is room.
    fn on_frame(&mut self, cx: &mut MediumCx<'_>, tap: usize, frame: PacketBuf);
    /// Does all that is due.
    fn on_timer(&mut self, cx: &mut MediumCx<'_>);
    /// When the next thing is due; [`Instant::FAR`]: never.
    fn due(&self) -> Instant;
    /// What waits to be told.
    fn outbox(&mut self) -> &mut Outbox;
    /// The next frame that arrived somewhere.
    fn poll_arrival(&mut self) -> Option<Arrival> {
        self.outbox().arrivals.pop_front()
    }
    /// The next tap whose station takes a frame again.
    fn poll_room(&mut self) -> Option<usize> {
        self.outbox().rooms.pop_front()
    }
    /// Two stations do not hear each other, where a medium knows of such a thing.
    fn hide(&mut self, _: usize, _: usize) {}
    /// What the station at `tap` has seen and done, as names and numbers.
    fn counters(&self, tap: usize) -> Vec<(&'static str, Value)>;
}

/// A frame at the end of its reception.
pub(crate) struct Arrival {
    pub(crate) tap: usize,
    /// As its host gets it.
    pub(crate) frame: PacketBuf,
    /// As it is recorded, where that differs.
    pub(crate) seen: Option<PacketBuf>,
    pub(crate) flaw: Option<Flaw>,
    /// Why nobody gets it, if that has to be told.
    pub(crate) lost: Option<LinkDrop>,
    /// Whether its host gets it; else it is only recorded.
    pub(crate) up: bool,
}

/// A medium in its world.
pub(crate) struct Slot {
    pub(crate) name: String,
    pub(crate) medium: Box<dyn Medium>,
    pub(crate) alarm: Alarm,
    pub(crate) taps: Vec<Attached>,
}

/// Who is attached at a tap.
#[derive(Clone, Copy)]
pub(crate) struct Attached {
    pub(crate) nic: Nic,
    /// The ways by which its rules and its plug are known: from the station, and to it.
    pub(crate) out: Way,
    pub(crate) back: Way,
}

/// What a medium may touch while it is attended to.
pub(crate) struct MediumCx<'a> {
    pub(crate) now: Instant,
    pub(crate) sink: &'a mut dyn Sink,
    pub(crate) wants_frames: bool,
    pub(crate) frames: &'a mut u64,
    pub(crate) rules: &'a mut Vec<Vec<RuleState>>,
    pub(crate) taps: &'a [Attached],
}

impl MediumCx<'_> {
    /// What the rules of the station's plug say of a frame that it begins to send.
    pub(crate) fn judge(&mut self, tap: usize, frame: &PacketBuf) -> Fate {
        let Attached { nic, out, .. } = self.taps[tap];
        *self.frames += 1;
        let verdict = judge(&mut self.rules[out.link.0 as usize], out, self.now, frame);
        if verdict == Fate::Lost {
            self.lose(nic, frame.id, LinkDrop::Lost);
        }
        verdict
    }

    pub(crate) fn lose(&mut self, nic: Nic, packet: PacketId, reason: LinkDrop) {
        if self.sink.wants(Kind::Drop) {
            let fact = Fact::Drop(DropReason::Link(reason));
            self.sink.event(Event { at: self.now, node: nic.node, cause: packet, fact });
        }
    }

    pub(crate) fn tell(&mut self, tap: usize, packet: PacketId, fact: AccessFact) {
        if self.sink.wants(Kind::Network) {
            let Nic { node, port } = self.taps[tap].nic;
            let fact = Fact::Link(LinkFact::Access { port, fact });
            self.sink.event(Event { at: self.now, node, cause: packet, fact });
        }
    }

    /// Shows a frame that the station at `tap` sent, `at` the start of its transmission.
    pub(crate) fn show_sent(
        &mut self,
        tap: usize,
        at: Instant,
        packet: PacketId,
        bytes: [&[u8]; 2],
        flaw: Option<Flaw>,
    ) {
        if self.wants_frames {
            let nic = self.taps[tap].nic;
            self.sink.frame(FrameSeen { at, nic, direction: Direction::Out, packet, bytes, flaw });
        }
    }
}

/// What becomes of the bits of a transmission.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
    Fine,
    Damaged,
    Lost,
}

/// What the rules of a plug say. A shared medium neither delays nor doubles single frames.
pub(crate) fn judge(rules: &mut [RuleState], way: Way, now: Instant, frame: &PacketBuf) -> Fate {
    let mut fate = Fate::Fine;
    for state in rules.iter_mut().filter(|state| state.on.includes(way)) {
        match state.rule.on_frame(now, &mut state.rng, frame) {
            Verdict::Drop => return Fate::Lost,
            Verdict::Corrupt | Verdict::CorruptUndetected => fate = Fate::Damaged,
            Verdict::Pass | Verdict::Delay(_) | Verdict::Duplicate => {}
        }
    }
    fate
}

/// Whether a frame is worth giving to a station that is not meant: whoever records or counts drops wants to see it.
pub(crate) fn concerns(own: Option<Mac>, to: Mac) -> bool {
    own.is_none_or(|own| own == to) || to.is_group()
}

/// Frames that arrived and taps with room, in the order in which they came about.
#[derive(Default)]
pub(crate) struct Outbox {
    pub(crate) arrivals: VecDeque<Arrival>,
    pub(crate) rooms: VecDeque<usize>,
}

/// How a station is attached.
#[derive(Clone, Debug)]
pub struct Tap {
    /// Its own address; none: it wants all frames, as a switch does.
    pub address: Option<Mac>,
    /// Where it is: on a hub the length of its cable, on a bus the distance from the first end, as time.
    pub place: base::Duration,
}

pub(crate) fn stream(root: &Rng, name: &str, nic: &str) -> Rng {
    root.split("medium").split(name).split(nic)
}
