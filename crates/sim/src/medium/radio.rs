//! A radio cell: stations that hear each other, or do not; IEEE 802.11 with the distributed coordination function.
//!
//! Every station hears the signals of those within its reach after the same delay. Two that overlap at a station are
//! garbled there, and may be well heard elsewhere: that is the hidden station. What arrives just now is not sensed yet,
//! so stations that begin in the same slot collide.

use std::collections::VecDeque;

use base::event::{AccessFact, LinkDrop, Value};
use base::{Duration, Flaw, Instant, Mac, Nic, PacketId, Rng};
use link::dcf::{Heard, Kind, Mac as Station, Outcome, Start, Timing};
use slab::Slab;
use wire::PacketBuf;

use super::agenda::Agenda;
use super::air::{self, Addressing};
use super::{Arrival, Fate, Medium, MediumCx, Outbox, Tap};

/// What a radio cell is told when it is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RadioConfig {
    /// Times, rates, windows.
    pub timing: Timing,
    /// How long a signal is on its way, whoever sends it.
    pub delay: Duration,
}

/// The cell and its stations.
pub(crate) struct Radio {
    config: RadioConfig,
    taps: Vec<RadioTap>,
    signals: Slab<Signal>,
    agenda: Agenda<Do>,
    out: Outbox,
    /// The bridge to a wire, if there is one: all frames go by it.
    access_point: Option<usize>,
}

struct RadioTap {
    nic: Nic,
    /// It bridges: it wants all frames that are for nobody in the cell.
    bridges: bool,
    station: Station,
    /// The data frame to be sent, as 802.11 without check sequence.
    frame: Option<PacketBuf>,
    /// An access point: what it passes on from one station to another, and to all.
    relay: VecDeque<PacketBuf>,
    sequence: u16,
    /// Frames that its card built.
    built: u64,
    /// Which taps it does not hear.
    deaf_to: Vec<usize>,
    transmits: bool,
    /// Signals that it hears now.
    hearing: Vec<usize>,
}

struct Signal {
    tap: usize,
    heard: Heard,
    frame: PacketBuf,
    fate: Fate,
    rate_bps: u64,
    /// At which taps it overlapped with another one.
    garbled: Vec<u64>,
    /// Which taps sent themselves when it began.
    missed: Vec<u64>,
}

enum Do {
    /// A station's transmission ends.
    Sent(usize),
    /// A signal is sensed wherever it is heard.
    Sensed(usize),
    /// It ends there.
    Over(usize),
}

impl Radio {
    pub(crate) fn new(config: RadioConfig) -> Self {
        Radio {
            config,
            taps: Vec::new(),
            signals: Slab::new(),
            agenda: Agenda::new(),
            out: Outbox::default(),
            access_point: None,
        }
    }

    fn addressing(&self, tap: usize) -> Addressing {
        match self.access_point {
            None => Addressing::Direct(air::NO_CELL),
            Some(own) if own == tap => Addressing::FromAccessPoint(self.taps[own].station.address()),
            Some(other) => Addressing::ToAccessPoint(self.taps[other].station.address()),
        }
    }

    /// The station of the cell that has an address.
    fn find(&self, address: Mac) -> Option<usize> {
        self.taps.iter().position(|tap| !tap.bridges && tap.station.address() == address)
    }

    /// Gives a station its next frame: an Ethernet frame of its host.
    fn give(&mut self, cx: &mut MediumCx<'_>, tap: usize, frame: PacketBuf) {
        let addressing = self.addressing(tap);
        let Some((destination, _)) = air::addresses(&frame) else {
            cx.lose(cx.taps[tap].nic, frame.id, LinkDrop::Malformed);
            return self.out.rooms.push_back(tap);
        };
        if self.taps[tap].bridges && !destination.is_group() && self.find(destination).is_none() {
            // Not in the cell: an access point sends nothing into the air that nobody there would answer.
            return self.out.rooms.push_back(tap);
        }
        self.load(cx.now, tap, frame, addressing);
    }

    fn load(&mut self, now: Instant, tap: usize, frame: PacketBuf, addressing: Addressing) {
        let tap = &mut self.taps[tap];
        tap.sequence = (tap.sequence + 1) & 0xfff;
        // Whoever calls has read the frame's header.
        let Ok(frame) = air::from_ethernet(frame, addressing, tap.sequence) else { return };
        let Some(to) = air::receiver(&frame) else { return };
        tap.station.on_frame(now, to, frame.len() + air::FCS_LEN);
        tap.frame = Some(frame);
    }

    /// Begins a transmission.
    fn transmit(&mut self, cx: &mut MediumCx<'_>, tap: usize, start: Start) {
        let now = cx.now;
        let own = self.taps[tap].station.address();
        let frame = match (start.kind, &mut self.taps[tap].frame) {
            (Kind::Data, Some(frame)) => {
                air::mark(frame, start.reserves, start.again);
                frame.clone()
            }
            _ => {
                let state = &mut self.taps[tap];
                state.built += 1;
                air::control_frame(PacketId::of_card(state.nic, state.built), &start, own)
            }
        };
        let heard = Heard {
            kind: start.kind,
            to: start.to,
            from: own,
            reserves: start.reserves,
            sequence: self.taps[tap].sequence,
            again: start.again,
        };
        let fate = cx.judge(tap, &frame);
        let timing = &self.config.timing;
        let rate_bps = if start.kind == Kind::Data { timing.rate_bps } else { timing.basic_rate_bps };
        if cx.wants_frames {
            let seen = air::captured(&frame, rate_bps, false);
            cx.show_sent(tap, now, frame.id, [&seen, &[]], None);
        }
        let words = self.taps.len().div_ceil(64);
        let mut missed = vec![0; words];
        for (n, _) in self.taps.iter().enumerate().filter(|(_, state)| state.transmits) {
            set(&mut missed, n);
        }
        let signal = Signal { tap, heard, frame, fate, rate_bps, garbled: vec![0; words], missed };
        let key = self.signals.insert(signal);
        let state = &mut self.taps[tap];
        state.transmits = true;
        for other in &state.hearing {
            set(&mut self.signals[*other].garbled, tap);
        }
        self.agenda.push(now + start.air, Do::Sent(key));
        self.agenda.push(now + self.config.delay, Do::Sensed(key));
        self.agenda.push(now + start.air + self.config.delay, Do::Over(key));
    }

    fn hears(&self, tap: usize, other: usize) -> bool {
        tap != other && !self.taps[tap].deaf_to.contains(&other)
    }

    fn sensed(&mut self, now: Instant, key: usize) {
        let from = self.signals[key].tap;
        for tap in 0..self.taps.len() {
            if !self.hears(tap, from) {
                continue;
            }
            if self.taps[tap].transmits {
                set(&mut self.signals[key].missed, tap);
            }
            if !self.taps[tap].hearing.is_empty() {
                set(&mut self.signals[key].garbled, tap);
                for other in &self.taps[tap].hearing {
                    set(&mut self.signals[*other].garbled, tap);
                }
            }
            self.taps[tap].hearing.push(key);
            self.taps[tap].station.on_busy(now);
        }
    }

    fn sent(&mut self, cx: &mut MediumCx<'_>, key: usize) {
        let tap = self.signals[key].tap;
        self.taps[tap].transmits = false;
        self.taps[tap].station.on_sent(cx.now);
        self.settle(cx, tap);
    }

    fn over(&mut self, cx: &mut MediumCx<'_>, key: usize) {
        let signal = self.signals.remove(key);
        for tap in 0..self.taps.len() {
            let state = &mut self.taps[tap];
            let Some(place) = state.hearing.iter().position(|other| *other == key) else { continue };
            state.hearing.swap_remove(place);
            if !is_set(&signal.missed, tap) {
                self.receive(cx, tap, &signal);
            }
            let state = &mut self.taps[tap];
            if state.hearing.is_empty() {
                state.station.on_idle(cx.now);
            }
            self.settle(cx, tap);
        }
    }

    /// A signal ends at a station that listened.
    fn receive(&mut self, cx: &mut MediumCx<'_>, tap: usize, signal: &Signal) {
        let flaw = match signal.fate {
            _ if is_set(&signal.garbled, tap) => Some(Flaw::Collision),
            Fate::Fine => None,
            Fate::Damaged | Fate::Lost => Some(Flaw::Damaged),
        };
        let taken = self.taps[tap].station.on_heard(cx.now, flaw.is_none().then_some(&signal.heard));
        let mine = signal.heard.to == self.taps[tap].station.address() || signal.heard.to.is_group();
        let up = taken.deliver && signal.heard.kind == Kind::Data && self.goes_up(tap, &signal.frame);
        if !(up || cx.wants_frames || flaw.is_some() && mine && cx.sink.wants(base::Kind::Drop)) {
            return;
        }
        let lost = match flaw {
            Some(Flaw::Collision) if mine => Some(LinkDrop::Collision),
            Some(_) if mine => Some(LinkDrop::Damaged),
            None if taken.duplicate => Some(LinkDrop::DuplicateFrame),
            _ => None,
        };
        let seen = cx.wants_frames.then(|| {
            PacketBuf::from_vec(signal.frame.id, air::captured(&signal.frame, signal.rate_bps, flaw.is_some()))
        });
        let carried = if up { air::to_ethernet(signal.frame.clone()).ok() } else { None };
        let up = carried.is_some();
        let frame = carried.unwrap_or_else(|| signal.frame.clone());
        self.out.arrivals.push_back(Arrival { tap, frame, seen, flaw, lost, up });
    }

    /// Whether a data frame is for the station's host. An access point passes on what is for others of its cell.
    fn goes_up(&mut self, tap: usize, frame: &PacketBuf) -> bool {
        let Some(ends) = air::ends(frame) else { return false };
        if !self.taps[tap].bridges {
            // Its own broadcast comes back from the access point.
            return ends.source != self.taps[tap].station.address();
        }
        let inside = self.find(ends.destination).is_some();
        if (inside || ends.destination.is_group()) && self.taps[tap].relay.len() < RELAY_FRAMES {
            self.taps[tap].relay.extend(air::to_ethernet(frame.clone()));
        }
        !inside
    }

    /// What a station has decided: outcomes, facts, the next frame.
    fn settle(&mut self, cx: &mut MediumCx<'_>, tap: usize) {
        let outcome = self.taps[tap].station.poll_outcome();
        let packet = self.taps[tap].frame.as_ref().map_or(PacketId::NONE, |frame| frame.id);
        for fact in self.taps[tap].station.take_facts() {
            // A reservation with every frame that it hears is no news.
            if !matches!(fact, AccessFact::Reserved { .. }) {
                cx.tell(tap, packet, fact);
            }
        }
        if let Some(outcome) = outcome {
            self.taps[tap].frame = None;
            if outcome == Outcome::GivenUp {
                cx.lose(cx.taps[tap].nic, packet, LinkDrop::RetryLimit);
            }
        }
        if self.taps[tap].station.has_room() {
            match self.taps[tap].relay.pop_front() {
                Some(frame) => {
                    let addressing = self.addressing(tap);
                    self.load(cx.now, tap, frame, addressing);
                }
                None if outcome.is_some() => self.out.rooms.push_back(tap),
                None => {}
            }
        }
    }
}

fn set(bits: &mut [u64], n: usize) {
    bits[n / 64] |= 1 << (n % 64);
}

fn is_set(bits: &[u64], n: usize) -> bool {
    bits[n / 64] >> (n % 64) & 1 == 1
}

impl Medium for Radio {
    fn attach(&mut self, tap: &Tap, nic: Nic, mut rng: Rng) {
        let bridges = tap.address.is_none();
        if bridges {
            self.access_point.get_or_insert(self.taps.len());
        }
        let address = tap.address.unwrap_or_else(|| Mac::local(rng.next_u32()));
        self.taps.push(RadioTap {
            nic,
            bridges,
            station: Station::new(self.config.timing, address, rng),
            frame: None,
            relay: VecDeque::new(),
            sequence: 0,
            built: 0,
            deaf_to: Vec::new(),
            transmits: false,
            hearing: Vec::new(),
        });
    }

    fn hide(&mut self, a: usize, b: usize) {
        self.taps[a].deaf_to.push(b);
        self.taps[b].deaf_to.push(a);
    }

    fn has_room(&self, tap: usize) -> bool {
        self.taps[tap].station.has_room()
    }

    fn on_frame(&mut self, cx: &mut MediumCx<'_>, tap: usize, frame: PacketBuf) {
        self.give(cx, tap, frame);
        self.settle(cx, tap);
    }

    fn on_timer(&mut self, cx: &mut MediumCx<'_>) {
        loop {
            // Stations whose slot begins now begin before anyone senses what begins now.
            let mut begun = false;
            for tap in 0..self.taps.len() {
                if self.taps[tap].station.due() > cx.now {
                    continue;
                }
                begun = true;
                if let Some(start) = self.taps[tap].station.on_time(cx.now) {
                    self.transmit(cx, tap, start);
                }
                self.settle(cx, tap);
            }
            match self.agenda.pop(cx.now) {
                Some(Do::Sent(key)) => self.sent(cx, key),
                Some(Do::Sensed(key)) => self.sensed(cx.now, key),
                Some(Do::Over(key)) => self.over(cx, key),
                None if !begun => return,
                None => {}
            }
        }
    }

    fn due(&self) -> Instant {
        let stations = self.taps.iter().map(|tap| tap.station.due());
        stations.fold(self.agenda.due(), Instant::min)
    }

    fn outbox(&mut self) -> &mut Outbox {
        &mut self.out
    }

    fn counters(&self, tap: usize) -> Vec<(&'static str, Value)> {
        let c = self.taps[tap].station.counters();
        vec![
            ("sent", c.sent.into()),
            ("attempts", c.attempts.into()),
            ("unanswered", c.unanswered.into()),
            ("given_up", c.given_up.into()),
            ("received", c.received.into()),
            ("duplicates", c.duplicates.into()),
            ("garbled", c.garbled.into()),
        ]
    }
}

/// Frames that an access point holds for stations of its cell.
const RELAY_FRAMES: usize = 256;
