//! The sending half: V(A), V(S), the frames that are not acknowledged, and when T1 runs out.
//!
//! ```text
//!     acknowledged │ oldest: V(A)           next: V(S) │ may be sent      │ must wait
//!    ──────────────┼───────────────────────────────────┼──────────────────┼───────────
//!                  │<────── outstanding ──────>│       │                  │
//!                  │<───────────────── window: W_T ──────────────────────>│
//! ```
//! How many frames are outstanding is the length of a queue and never the difference of two numbers: with W_T = 2^n the
//! numbers of "none" and "all" are the same.

use std::collections::VecDeque;

use base::{Duration, Instant, PacketId};
use wire::PacketBuf;

/// The sending half of a station.
pub(super) struct Sender {
    /// 2^n - 1.
    mask: u8,
    window: usize,
    /// V(A).
    oldest: u8,
    outstanding: VecDeque<Outstanding>,
    /// Frames of `outstanding` that are to be sent again.
    resends: usize,
    /// Packets without a number yet.
    waiting: VecDeque<Packet>,
    /// The next frame sent again asks for an answer at once (P).
    ask: bool,
    /// Since when the peer takes no information frames, or when it was asked last whether it does again.
    busy_since: Option<Instant>,
    probe_due: bool,
    /// Acknowledgements in a row that acknowledged nothing new.
    repeats: u8,
}

/// A packet from above.
pub(super) struct Packet {
    pub(super) buf: PacketBuf,
    /// What it is, as an EtherType.
    pub(super) protocol: u16,
}

struct Outstanding {
    packet: Packet,
    /// The end of its last transmission.
    sent: Instant,
    /// Why it is to be sent again.
    again: Option<&'static str>,
}

/// An information frame to be sent now.
pub(super) struct Next {
    pub(super) buf: PacketBuf,
    pub(super) protocol: u16,
    /// N(S).
    pub(super) number: u8,
    pub(super) poll: bool,
    /// Why, if this is not the first time.
    pub(super) again: Option<&'static str>,
    /// Its place among the outstanding ones, for `on_transmit`.
    pub(super) place: usize,
}

/// An N(R) that acknowledges what was never sent.
pub(super) struct BadNumber;

impl Sender {
    pub(super) fn new(mask: u8, window: u16) -> Self {
        Sender {
            mask,
            window: usize::from(window),
            oldest: 0,
            outstanding: VecDeque::new(),
            resends: 0,
            waiting: VecDeque::new(),
            ask: false,
            busy_since: None,
            probe_due: false,
            repeats: 0,
        }
    }

    /// A packet from above, for which there was room.
    pub(super) fn on_packet(&mut self, packet: Packet) {
        self.waiting.push_back(packet);
    }

    /// N(R) acknowledges all frames before it. Answers how many.
    ///
    /// The distance from V(A) is taken modulo 2^n, so with W_T = 2^n outstanding frames N(R) = V(A) means either none
    /// or all of them. It is read as "none": a receiver acknowledges each frame as it comes, so N(R) walks through all
    /// numbers and reaches V(A) again only after V(A) has moved; and frames that travel the other way carry the old
    /// N(R) all the time. One acknowledgement for all 2^n frames is therefore lost on the sender, which is the
    /// ambiguity that forbids this window.
    pub(super) fn on_acknowledgement(&mut self, number: u8) -> Result<usize, BadNumber> {
        let count = usize::from(number.wrapping_sub(self.oldest) & self.mask);
        if number > self.mask || count > self.outstanding.len() {
            return Err(BadNumber);
        }
        let waited = self.outstanding.drain(..count).filter(|frame| frame.again.is_some()).count();
        self.resends -= waited;
        self.oldest = number;
        if count > 0 {
            self.repeats = 0;
        }
        Ok(count)
    }

    /// An acknowledgement that told nothing new. True when `limit` of them came in a row and frames are outstanding.
    pub(super) fn on_repeat(&mut self, limit: u8) -> bool {
        self.repeats = self.repeats.saturating_add(1);
        limit > 0 && self.repeats == limit && !self.outstanding.is_empty() && self.resends == 0
    }

    /// All outstanding frames are to be sent again, oldest first.
    pub(super) fn go_back(&mut self, why: &'static str) {
        self.outstanding.iter_mut().for_each(|frame| frame.again = Some(why));
        self.resends = self.outstanding.len();
    }

    /// Frame `number` alone is to be sent again. A frame that is not outstanding is not asked for by any right receiver
    /// with a safe window; with an unsafe one it happens, and asks for nothing.
    pub(super) fn resend(&mut self, number: u8, why: &'static str) {
        let place = usize::from(number.wrapping_sub(self.oldest) & self.mask);
        if let Some(frame) = self.outstanding.get_mut(place).filter(|frame| frame.again.is_none()) {
            frame.again = Some(why);
            self.resends += 1;
        }
    }

    /// T1 has run out for the oldest frame, or for the question whether the peer is still busy.
    pub(super) fn on_timeout(&mut self, whole_window: bool) {
        if self.busy_since.is_some() {
            self.probe_due = true;
            return;
        }
        self.ask = true;
        match whole_window {
            true => self.go_back(TIMEOUT),
            false => self.resend(self.oldest, TIMEOUT),
        }
    }

    /// The peer takes no information frames.
    pub(super) fn on_peer_busy(&mut self, now: Instant) {
        self.busy_since.get_or_insert(now);
    }

    /// The peer takes information frames. If it did not before, those that were on their way were thrown away.
    pub(super) fn on_peer_ready(&mut self) {
        if self.busy_since.take().is_some() {
            self.probe_due = false;
            self.go_back("RNR is over");
        }
    }

    /// Numbers start at 0 again, and what is not acknowledged is sent again under its new number.
    pub(super) fn reset(&mut self) {
        self.oldest = 0;
        (self.busy_since, self.probe_due, self.ask, self.repeats) = (None, false, false, 0);
        self.go_back("link reset");
    }

    /// The next information frame, sent at `now`.
    pub(super) fn next(&mut self, now: Instant) -> Option<Next> {
        if !self.has_next() {
            return None;
        }
        let place = if self.resends > 0 {
            self.outstanding.iter().position(|frame| frame.again.is_some())?
        } else {
            let packet = self.waiting.pop_front()?;
            self.outstanding.push_back(Outstanding { packet, sent: now, again: None });
            self.outstanding.len() - 1
        };
        let number = self.number(place);
        let frame = &mut self.outstanding[place];
        frame.sent = now;
        let again = frame.again.take();
        let poll = again.is_some() && std::mem::take(&mut self.ask);
        self.resends -= usize::from(again.is_some());
        let Packet { buf, protocol } = &frame.packet;
        Some(Next { buf: buf.clone(), protocol: *protocol, number, poll, again, place })
    }

    /// Whether `next` has a frame.
    pub(super) fn has_next(&self) -> bool {
        self.busy_since.is_none() && (self.resends > 0 || (!self.waiting.is_empty() && self.window_open()))
    }

    fn window_open(&self) -> bool {
        self.outstanding.len() < self.window
    }

    /// The transmission of the frame at `place` ends at `until`.
    pub(super) fn on_transmit(&mut self, place: usize, until: Instant) {
        if let Some(frame) = self.outstanding.get_mut(place) {
            frame.sent = until;
        }
    }

    /// Whether the peer is to be asked if it is still busy; it is asked at `now`.
    pub(super) fn take_probe(&mut self, now: Instant) -> bool {
        if self.probe_due {
            self.busy_since = Some(now);
        }
        std::mem::take(&mut self.probe_due)
    }

    pub(super) fn has_probe(&self) -> bool {
        self.probe_due
    }

    /// The question's transmission ends at `until`.
    pub(super) fn on_probe_transmit(&mut self, until: Instant) {
        if let Some(since) = &mut self.busy_since {
            *since = until;
        }
    }

    /// When T1 runs out. Never, while what it would send waits for the line anyway.
    pub(super) fn deadline(&self, timer: Duration) -> Option<Instant> {
        if let Some(since) = self.busy_since {
            return (!self.probe_due && self.is_guarded()).then(|| since + timer);
        }
        let oldest = self.outstanding.front().filter(|frame| frame.again.is_none())?;
        Some(oldest.sent + timer)
    }

    /// Whether a packet more may come from above: as many as the window lets go, and one in front of a closed window.
    pub(super) fn has_room(&self) -> bool {
        self.waiting.len() < self.window.saturating_sub(self.outstanding.len()).max(WAITING)
    }

    /// Whether T1 has something to guard.
    pub(super) fn is_guarded(&self) -> bool {
        !self.outstanding.is_empty() || (self.busy_since.is_some() && !self.waiting.is_empty())
    }

    pub(super) fn outstanding(&self) -> usize {
        self.outstanding.len()
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// V(A).
    pub(super) fn oldest(&self) -> u8 {
        self.oldest
    }

    /// V(S).
    pub(super) fn next_number(&self) -> u8 {
        self.number(self.outstanding.len())
    }

    /// Throws everything away; the ids of what was sent, and of what was not.
    pub(super) fn clear(&mut self) -> (Vec<PacketId>, Vec<PacketId>) {
        let sent = self.outstanding.drain(..).map(|frame| frame.packet.buf.id).collect();
        let unsent = self.waiting.drain(..).map(|packet| packet.buf.id).collect();
        self.resends = 0;
        self.reset();
        (sent, unsent)
    }

    fn number(&self, place: usize) -> u8 {
        self.oldest.wrapping_add(place as u8) & self.mask
    }
}

const TIMEOUT: &str = "timeout";
/// Packets that wait in front of a closed window, at most.
const WAITING: usize = 1;
