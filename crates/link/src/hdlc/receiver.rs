//! The receiving half: V(R), frames that came too early, and what the peer is to be told.
//!
//! ```text
//!     delivered │ expected: V(R)   held   held      │ not taken
//!    ───────────┼──────────────────█████──█████─────┼───────────
//!               │<──────── receive window: W_R ────>│
//! ```
//! Stop-and-wait and go-back-N have a receive window of one: the same machine then keeps nothing.

use std::collections::VecDeque;

use base::event::LinkDrop;
use base::{Duration, Instant, PacketId};
use wire::PacketBuf;
use wire::hdlc::Supervisory;

use super::config::{Config, Discipline};

/// The receiving half of a station.
pub(super) struct Receiver {
    discipline: Discipline,
    /// 2^n - 1.
    mask: u8,
    /// W_T of the peer: how far ahead of V(R), and how far behind, its frames can be.
    peer_window: u16,
    reject: bool,
    ack_delay: Duration,
    /// V(R).
    expected: u8,
    /// One for each number of the receive window; the first is for `expected`, and empty.
    slots: VecDeque<Slot>,
    held: usize,
    /// In order, for above.
    up: VecDeque<PacketBuf>,
    /// Above takes nothing more for now.
    busy: bool,
    /// A REJ was sent and the frame that it asked for has not come (the REJ exception condition): no second one.
    rejecting: bool,
    reject_due: bool,
    /// Numbers to be asked for by SREJ; each is asked for once.
    selective_due: VecDeque<u8>,
    /// A command with P waits for its response with F.
    final_due: bool,
    /// RR or RNR is to be sent before anything else.
    status_due: bool,
    acknowledgement: Acknowledgement,
    /// The frame that is answered.
    cause: PacketId,
}

#[derive(Default)]
struct Slot {
    frame: Option<PacketBuf>,
    /// Asked for by SREJ.
    asked: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Acknowledgement {
    Nothing,
    /// Until then an information frame may carry it.
    Waits(Instant),
    Due,
}

/// What became of an information frame.
pub(super) enum Taken {
    /// Delivered in order, and those that were held behind it.
    Delivered,
    /// Held until those before it come.
    Held,
    /// Thrown away.
    Discarded(LinkDrop),
}

/// A supervisory frame to be sent.
pub(super) struct Answer {
    pub(super) kind: Supervisory,
    /// N(R).
    pub(super) number: u8,
    /// F.
    pub(super) last: bool,
    pub(super) cause: PacketId,
}

impl Receiver {
    pub(super) fn new(config: &Config) -> Self {
        let window = if config.discipline == Discipline::SelectiveRepeat { config.receive_window } else { 1 };
        Receiver {
            discipline: config.discipline,
            mask: (config.numbers() - 1) as u8,
            peer_window: config.window,
            reject: config.reject,
            ack_delay: config.ack_delay,
            expected: 0,
            slots: (0..window).map(|_| Slot::default()).collect(),
            held: 0,
            up: VecDeque::new(),
            busy: false,
            rejecting: false,
            reject_due: false,
            selective_due: VecDeque::new(),
            final_due: false,
            status_due: false,
            acknowledgement: Acknowledgement::Nothing,
            cause: PacketId::NONE,
        }
    }

    /// An information frame with N(S) = `number`; `frame` is what goes up. `delivered` hears of each that does.
    pub(super) fn on_frame(
        &mut self,
        now: Instant,
        number: u8,
        frame: PacketBuf,
        mut delivered: impl FnMut(u8, &PacketBuf),
    ) -> Taken {
        self.cause = frame.id;
        if self.busy || self.up.len() >= UP {
            self.status_due = true;
            return Taken::Discarded(LinkDrop::QueueFull);
        }
        let ahead = number.wrapping_sub(self.expected) & self.mask;
        let old = self.is_old(ahead);
        match self.slots.get_mut(usize::from(ahead)) {
            Some(slot) if slot.frame.is_some() => self.discard(LinkDrop::DuplicateFrame),
            Some(slot) => {
                slot.frame = Some(frame);
                self.held += 1;
                if ahead > 0 {
                    return self.on_gap(ahead);
                }
                while let Some(frame) = self.take_expected() {
                    delivered(self.expected, &frame);
                    self.expected = self.expected.wrapping_add(1) & self.mask;
                    self.up.push_back(frame);
                }
                (self.rejecting, self.reject_due) = (false, false);
                self.owe(now);
                Taken::Delivered
            }
            None if old => self.discard(LinkDrop::DuplicateFrame),
            None => self.discard(LinkDrop::OutOfSequence),
        }
    }

    /// The expected frame, if it is here; the window moves by one.
    fn take_expected(&mut self) -> Option<PacketBuf> {
        let frame = self.slots.front_mut()?.frame.take()?;
        self.slots.rotate_left(1);
        if let Some(fresh) = self.slots.back_mut() {
            fresh.asked = false;
        }
        self.held -= 1;
        Some(frame)
    }

    /// A frame is held `ahead` of the expected one: asks once for each that is missing before it, or tells again what
    /// is expected.
    fn on_gap(&mut self, ahead: u8) -> Taken {
        if !self.reject {
            self.acknowledgement = Acknowledgement::Due;
        }
        for (distance, slot) in (0..ahead).zip(&mut self.slots).filter(|_| self.reject) {
            if slot.frame.is_none() && !slot.asked {
                slot.asked = true;
                self.selective_due.push_back(self.expected.wrapping_add(distance) & self.mask);
            }
        }
        Taken::Held
    }

    /// Whether a number outside of the receive window, `ahead` of the expected one, must be that of a frame that was
    /// delivered. In go-back-N with a large window the numbers do not tell old from new; "out of sequence" is true of
    /// both.
    fn is_old(&self, ahead: u8) -> bool {
        match self.discipline {
            Discipline::StopAndWait => true,
            Discipline::GoBackN => u16::from(ahead) >= self.peer_window,
            Discipline::SelectiveRepeat => u16::from(self.mask) + 1 - u16::from(ahead) <= self.peer_window,
        }
    }

    /// An old frame is acknowledged again: its acknowledgement was lost or late. A gap is answered by one REJ, or by
    /// the last acknowledgement again.
    fn discard(&mut self, why: LinkDrop) -> Taken {
        let gap = why == LinkDrop::OutOfSequence && self.discipline == Discipline::GoBackN;
        match gap && self.reject {
            false => self.acknowledgement = Acknowledgement::Due,
            true => {
                self.reject_due |= !self.rejecting;
                self.rejecting = true;
            }
        }
        Taken::Discarded(why)
    }

    fn owe(&mut self, now: Instant) {
        self.acknowledgement = match self.acknowledgement {
            _ if self.ack_delay == Duration::ZERO => Acknowledgement::Due,
            Acknowledgement::Nothing => Acknowledgement::Waits(now + self.ack_delay),
            other => other,
        };
    }

    /// Something came whose check sequence is wrong. Where only one frame can be on its way it is known which: NAK.
    pub(super) fn on_damaged(&mut self) {
        self.reject_due |= self.reject && self.discipline == Discipline::StopAndWait;
    }

    /// A command with P: a response with F goes at once.
    pub(super) fn on_poll(&mut self, cause: PacketId) {
        (self.final_due, self.cause) = (true, cause);
    }

    /// T2 has run out.
    pub(super) fn on_timer(&mut self, now: Instant) {
        if matches!(self.acknowledgement, Acknowledgement::Waits(until) if until <= now) {
            self.acknowledgement = Acknowledgement::Due;
        }
    }

    /// Above takes nothing more for now, or does again: the peer is told.
    pub(super) fn set_busy(&mut self, busy: bool) {
        self.status_due |= self.busy != busy;
        self.busy = busy;
    }

    /// Numbers start at 0 again.
    pub(super) fn reset(&mut self) {
        self.slots.iter_mut().for_each(|slot| *slot = Slot::default());
        (self.expected, self.held) = (0, 0);
        (self.rejecting, self.reject_due, self.final_due) = (false, false, false);
        self.status_due = self.busy;
        self.selective_due.clear();
        self.acknowledgement = Acknowledgement::Nothing;
    }

    /// An answer that goes before information frames.
    pub(super) fn next_urgent(&mut self) -> Option<Answer> {
        if self.reject_due {
            return Some(self.answer(Supervisory::Rej));
        }
        if self.final_due || self.status_due {
            return Some(self.answer(self.status()));
        }
        let number = self.selective_due.pop_front()?;
        // Without F this acknowledges nothing (AX.25 v2.2 section 4.3.2.4), so an acknowledgement still waits.
        Some(Answer { kind: Supervisory::Srej, number, last: false, cause: self.cause })
    }

    pub(super) fn has_urgent(&self) -> bool {
        self.reject_due || self.final_due || self.status_due || !self.selective_due.is_empty()
    }

    /// An acknowledgement that found no information frame to ride on.
    pub(super) fn next_acknowledgement(&mut self) -> Option<Answer> {
        self.has_acknowledgement().then(|| self.answer(self.status()))
    }

    pub(super) fn has_acknowledgement(&self) -> bool {
        self.acknowledgement == Acknowledgement::Due
    }

    /// A supervisory frame that says all that there is to say: N(R), F, and whether this station is busy.
    fn answer(&mut self, kind: Supervisory) -> Answer {
        self.status_due = false;
        self.reject_due = false;
        let last = std::mem::take(&mut self.final_due);
        Answer { kind, number: self.take_number(), last, cause: self.cause }
    }

    pub(super) fn status(&self) -> Supervisory {
        if self.busy { Supervisory::Rnr } else { Supervisory::Rr }
    }

    /// N(R) for a frame that is sent now: it acknowledges all before it.
    pub(super) fn take_number(&mut self) -> u8 {
        self.acknowledgement = Acknowledgement::Nothing;
        self.expected
    }

    pub(super) fn poll_packet(&mut self) -> Option<PacketBuf> {
        self.up.pop_front()
    }

    /// When T2 runs out.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.acknowledgement {
            Acknowledgement::Waits(until) => Some(until),
            _ => None,
        }
    }

    /// V(R).
    pub(super) fn expected(&self) -> u8 {
        self.expected
    }

    pub(super) fn held(&self) -> usize {
        self.held
    }
}

/// Packets that wait for `poll_packet`, at most; a driver takes them after each frame. More are not taken from the
/// line.
const UP: usize = 256;
