//! The distributed coordination function of IEEE 802.11 (10.3): stations that cannot hear a collision avoid it.
//!
//! ```text
//!   frame ──> wait: medium idle for a DIFS, then r slots, counted while it is idle ──> data ──> ACK after a SIFS ──> done
//!                ^                                                  └> RTS ─> CTS ─> data ──┘        │
//!                └────────────── window doubled, r drawn anew <──── no answer in time <──────────────┘
//! ```
//! A [`Mac`] is one station; its medium tells what this station can hear. Input: [`on_frame`](Mac::on_frame),
//! [`on_busy`](Mac::on_busy), [`on_heard`](Mac::on_heard) and then [`on_idle`](Mac::on_idle), [`on_sent`](Mac::on_sent).
//! At the time of [`due`](Mac::due), [`on_time`](Mac::on_time) answers what it begins to transmit, if anything. The slots
//! between are never counted one by one: a counter that is interrupted is reckoned back from the time that passed.

mod timing;

use base::event::AccessFact;
use base::{Duration, Instant, Mac as Address, Rng};

pub use timing::{ACK_LEN, Counting, Phy, RTS_LEN, Timing};

/// A frame that a station could read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Heard {
    /// What kind of frame.
    pub kind: Kind,
    /// Receiver address.
    pub to: Address,
    /// Transmitter address; CTS and ACK have none.
    pub from: Address,
    /// How long the medium is reserved from its end on.
    pub reserves: Duration,
    /// Data: its number, and whether it is a repetition.
    pub sequence: u16,
    /// Whether it was sent before.
    pub again: bool,
}

/// Kinds of frames.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[expect(missing_docs, reason = "the standard's own names")]
pub enum Kind {
    Rts,
    Cts,
    Data,
    Ack,
}

/// A transmission that begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Start {
    /// What.
    pub kind: Kind,
    /// To whom.
    pub to: Address,
    /// How long the medium is reserved from its end on.
    pub reserves: Duration,
    /// How long it lasts.
    pub air: Duration,
    /// Data: whether it was sent before.
    pub again: bool,
}

/// What became of the frame that was to be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It arrived, or nobody has to say so.
    Sent,
    /// Nobody acknowledged it, as often as it was sent.
    GivenUp,
}

/// What a heard frame means for this station.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Taken {
    /// Data for this station, or for all: it goes up.
    pub deliver: bool,
    /// It is a repetition of what went up already.
    pub duplicate: bool,
}

/// What a station has seen and done.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counters {
    /// Data frames sent, repetitions included.
    pub attempts: u64,
    /// Data frames that arrived.
    pub sent: u64,
    /// Transmissions without an answer.
    pub unanswered: u64,
    /// Data frames given up.
    pub given_up: u64,
    /// Data frames received, repetitions apart.
    pub received: u64,
    /// Repetitions received.
    pub duplicates: u64,
    /// Frames that it heard and could not read.
    pub garbled: u64,
}

/// The frame that a station wants to send.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Pending {
    to: Address,
    /// Bytes, check sequence included.
    len: usize,
    since: Instant,
    attempts: u32,
}

/// What it does besides waiting for its turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Waiting,
    Sending(Kind),
    /// An answer must begin until then.
    Expecting(Kind, Instant),
    /// Its time is over, but something is being received: perhaps the answer.
    Overdue(Kind),
}

/// One station.
#[derive(Debug)]
pub struct Mac {
    timing: Timing,
    own: Address,
    rng: Rng,
    pending: Option<Pending>,
    phase: Phase,
    /// An answer, or the data behind a CTS, that leaves a SIFS after what asked for it.
    answer: Option<(Instant, Start)>,
    /// Slots to be waited for.
    slots: u32,
    window: u32,
    busy: bool,
    idle_since: Instant,
    reserved_until: Instant,
    /// Before this it does not count, whatever the medium does.
    resume_at: Instant,
    /// DIFS, or EIFS after a frame that could not be read.
    quiet: Duration,
    outcome: Option<Outcome>,
    /// Of each station heard: the number of the last data frame.
    last_heard: Vec<(Address, u16)>,
    facts: Vec<AccessFact>,
    counters: Counters,
}

impl Mac {
    /// A station with an address and its own random stream.
    pub fn new(timing: Timing, own: Address, rng: Rng) -> Self {
        Mac {
            timing,
            own,
            rng,
            pending: None,
            phase: Phase::Waiting,
            answer: None,
            slots: 0,
            window: timing.window_min,
            busy: false,
            idle_since: Instant::ZERO,
            reserved_until: Instant::ZERO,
            resume_at: Instant::ZERO,
            quiet: timing.difs,
            outcome: None,
            last_heard: Vec::new(),
            facts: Vec::new(),
            counters: Counters::default(),
        }
    }

    /// Its address.
    pub fn address(&self) -> Address {
        self.own
    }

    /// Whether it takes a frame: it holds one at a time.
    pub fn has_room(&self) -> bool {
        self.pending.is_none() && self.outcome.is_none()
    }

    /// A data frame of `len` bytes (check sequence included) for `to`.
    pub fn on_frame(&mut self, now: Instant, to: Address, len: usize) {
        self.pending = Some(Pending { to, len, since: now, attempts: 0 });
        // Who comes while the medium is busy draws, so that those who waited for its end do not begin together.
        if self.slots == 0 && (self.busy || now < self.counts_from()) {
            self.draw();
        }
    }

    /// The medium becomes busy, as this station hears it.
    pub fn on_busy(&mut self, now: Instant) {
        if !std::mem::replace(&mut self.busy, true) && !matches!(self.phase, Phase::Sending(_)) {
            self.freeze(now);
        }
    }

    /// The medium becomes idle, as this station hears it.
    pub fn on_idle(&mut self, now: Instant) {
        self.busy = false;
        self.idle_since = now;
        if let Phase::Overdue(_) = self.phase {
            self.fail(now);
        }
    }

    /// A frame ends that this station could hear; `None`: it could not be read. Comes before `on_idle`.
    pub fn on_heard(&mut self, now: Instant, heard: Option<&Heard>) -> Taken {
        let Some(heard) = heard else {
            self.counters.garbled += 1;
            self.quiet = self.timing.eifs;
            return Taken::default();
        };
        self.quiet = self.timing.difs;
        if heard.to.is_group() {
            return self.take(heard);
        }
        if heard.to != self.own {
            let until = now + heard.reserves;
            if until > self.reserved_until && heard.reserves > Duration::ZERO {
                self.reserved_until = until;
                self.facts.push(AccessFact::Reserved { span: heard.reserves });
            }
            return Taken::default();
        }
        match (heard.kind, self.phase) {
            (Kind::Data, _) => {
                self.respond(now, Kind::Ack, heard.from, Duration::ZERO);
                return self.take(heard);
            }
            (Kind::Rts, _) if now >= self.reserved_until => {
                let left = heard.reserves - self.timing.sifs - self.timing.control(ACK_LEN);
                self.respond(now, Kind::Cts, heard.from, left);
            }
            (Kind::Cts, Phase::Expecting(Kind::Cts, _) | Phase::Overdue(Kind::Cts)) => {
                self.phase = Phase::Waiting;
                if let Some(pending) = self.pending {
                    self.answer = Some((now + self.timing.sifs, self.data(&pending)));
                }
            }
            (Kind::Ack, Phase::Expecting(Kind::Ack, _) | Phase::Overdue(Kind::Ack)) => self.succeed(),
            _ => {}
        }
        Taken::default()
    }

    /// Its own transmission ends.
    pub fn on_sent(&mut self, now: Instant) {
        if !self.busy {
            self.idle_since = now;
        }
        let Phase::Sending(kind) = self.phase else { return };
        let broadcast = self.pending.is_some_and(|pending| pending.to.is_group());
        let until = now + self.timing.answer_timeout;
        self.phase = match kind {
            Kind::Rts => Phase::Expecting(Kind::Cts, until),
            Kind::Data if !broadcast => Phase::Expecting(Kind::Ack, until),
            _ => Phase::Waiting,
        };
        if kind == Kind::Data && broadcast {
            self.succeed();
        }
    }

    /// When it wants [`on_time`](Mac::on_time); [`Instant::FAR`]: never, as things stand.
    #[inline]
    pub fn due(&self) -> Instant {
        if let Some((at, _)) = self.answer {
            return at;
        }
        match self.phase {
            Phase::Expecting(_, until) => until,
            Phase::Waiting if !self.busy => match &self.pending {
                Some(pending) => (self.counts_from() + self.timing.slot * u64::from(self.slots)).max(pending.since),
                None => Instant::FAR,
            },
            _ => Instant::FAR,
        }
    }

    /// The time of `due` has come: what it begins to transmit.
    pub fn on_time(&mut self, now: Instant) -> Option<Start> {
        if let Some((at, start)) = self.answer {
            if at > now {
                return None;
            }
            self.answer = None;
            return Some(self.begin(now, start));
        }
        match self.phase {
            Phase::Expecting(kind, until) if until <= now => {
                if self.busy {
                    self.phase = Phase::Overdue(kind);
                } else {
                    self.fail(now);
                }
                None
            }
            Phase::Waiting if self.due() <= now => {
                let pending = self.pending?;
                let start = if pending.len > self.timing.rts_threshold && !pending.to.is_group() {
                    self.rts(&pending)
                } else {
                    self.data(&pending)
                };
                self.slots = 0;
                Some(self.begin(now, start))
            }
            _ => None,
        }
    }

    /// What became of its frame, once.
    pub fn poll_outcome(&mut self) -> Option<Outcome> {
        self.outcome.take()
    }

    /// What happened since it was last asked; kept short by asking.
    pub fn take_facts(&mut self) -> std::vec::Drain<'_, AccessFact> {
        self.facts.drain(..)
    }

    /// What it has seen and done.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// From when on idle slots count.
    #[inline]
    fn counts_from(&self) -> Instant {
        (self.idle_since.max(self.reserved_until) + self.quiet).max(self.resume_at)
    }

    /// The medium is busy again: the slots that passed are taken off.
    #[inline]
    fn freeze(&mut self, now: Instant) {
        let from = self.counts_from();
        if now <= from || self.slots == 0 {
            return;
        }
        let passed = now.since(from).nanos() / self.timing.slot.nanos().max(1);
        let passed = passed + u64::from(self.timing.counting == Counting::OncePerBusy);
        self.slots = self.slots.saturating_sub(u32::try_from(passed).unwrap_or(u32::MAX));
    }

    fn begin(&mut self, now: Instant, start: Start) -> Start {
        // Its own transmission is no idle slot either.
        if !self.busy {
            self.freeze(now);
        }
        if start.kind == Kind::Data
            && let Some(pending) = &mut self.pending
        {
            pending.attempts += 1;
            self.counters.attempts += 1;
        }
        self.phase = match (start.kind, self.phase) {
            // An answer to others does not end what it waits for itself.
            (Kind::Ack | Kind::Cts, Phase::Expecting(..) | Phase::Overdue(_)) => self.phase,
            _ => Phase::Sending(start.kind),
        };
        start
    }

    fn respond(&mut self, now: Instant, kind: Kind, to: Address, reserves: Duration) {
        let air = self.timing.control(ACK_LEN);
        self.answer = Some((now + self.timing.sifs, Start { kind, to, reserves, air, again: false }));
    }

    fn data(&self, pending: &Pending) -> Start {
        let answered = !pending.to.is_group();
        let reserves = if answered { self.timing.sifs + self.timing.control(ACK_LEN) } else { Duration::ZERO };
        let air = self.timing.data(pending.len);
        Start { kind: Kind::Data, to: pending.to, reserves, air, again: pending.attempts > 0 }
    }

    fn rts(&self, pending: &Pending) -> Start {
        let (sifs, short) = (self.timing.sifs, self.timing.control(ACK_LEN));
        let reserves = sifs * 3 + short * 2 + self.timing.data(pending.len);
        Start { kind: Kind::Rts, to: pending.to, reserves, air: self.timing.control(RTS_LEN), again: false }
    }

    /// Data for this station. A repetition whose first copy went up does not go up again.
    fn take(&mut self, heard: &Heard) -> Taken {
        if heard.kind != Kind::Data {
            return Taken::default();
        }
        let last = self.last_heard.iter_mut().find(|(from, _)| *from == heard.from);
        let duplicate = match last {
            Some((_, sequence)) => {
                let same = heard.again && *sequence == heard.sequence;
                *sequence = heard.sequence;
                same
            }
            None => {
                if self.last_heard.len() < MAX_STATIONS {
                    self.last_heard.push((heard.from, heard.sequence));
                }
                false
            }
        };
        self.counters.duplicates += u64::from(duplicate);
        self.counters.received += u64::from(!duplicate);
        Taken { deliver: !duplicate, duplicate }
    }

    fn succeed(&mut self) {
        self.counters.sent += 1;
        self.finish(Outcome::Sent);
    }

    fn finish(&mut self, outcome: Outcome) {
        self.phase = Phase::Waiting;
        self.pending = None;
        self.outcome = Some(outcome);
        self.window = self.timing.window_min;
        self.draw();
    }

    /// No answer came in time.
    fn fail(&mut self, now: Instant) {
        self.phase = Phase::Waiting;
        self.resume_at = now;
        self.counters.unanswered += 1;
        let Some(pending) = &mut self.pending else { return };
        pending.attempts = pending.attempts.max(1);
        let attempt = pending.attempts;
        self.facts.push(AccessFact::Unanswered { attempt });
        if self.timing.attempts.is_some_and(|most| attempt >= most) {
            self.counters.given_up += 1;
            return self.finish(Outcome::GivenUp);
        }
        self.window = (self.window * 2).min(self.timing.window_max);
        self.draw();
    }

    fn draw(&mut self) {
        self.slots = self.rng.below(u64::from(self.window.max(1))) as u32;
        self.facts.push(AccessFact::Backoff { slots: self.slots, of: self.window });
    }
}

/// Stations whose last number is remembered.
const MAX_STATIONS: usize = 1024;

#[cfg(test)]
mod tests;
