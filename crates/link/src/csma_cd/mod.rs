//! Half-duplex Ethernet: carrier sense, collision detection, back-off (IEEE 802.3 clause 4).
//!
//! ```text
//!            frame                     medium quiet for a gap
//!   Idle ────────────> Deferring ───────────────────────────────> Transmitting ── end ──> Idle
//!                          ^                                           │ collision
//!                          │      r slots, r < 2^min(k, 10)            v
//!                          └───────── BackingOff <── jam ends ──── Jamming ── 16th ──> the frame is given up
//! ```
//! A [`Mac`] is one station. Its medium knows where signals are and when; it tells the station what the station could hear,
//! and calls in this order: [`on_frame`](Mac::on_frame); [`earliest`](Mac::earliest) for the moment at which it may begin;
//! [`on_start`](Mac::on_start); then either [`on_end`](Mac::on_end), or [`on_collision`](Mac::on_collision) and
//! [`on_jam_end`](Mac::on_jam_end).

use base::{Duration, Instant, Rng};
use wire::PacketBuf;

/// What all stations of a medium agree on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timing {
    /// Bits per second.
    pub rate_bps: u64,
    /// How long a station may find that it has collided, and the unit of back-off.
    pub slot: Duration,
    /// Quiet between two frames.
    pub gap: Duration,
    /// Bits that a station goes on to send after it noticed a collision, so that all others notice too.
    pub jam_bits: u64,
    /// Bits in front of each frame: preamble and start delimiter. A collision does not cut them short.
    pub preamble_bits: u64,
    /// How stations take turns.
    pub backoff: Backoff,
}

/// How stations take turns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Backoff {
    /// Truncated binary exponential: after the k-th collision a number of slots below 2^min(k, 10) (802.3, 4.2.3.2.5).
    BinaryExponential,
    /// As Metcalfe and Boggs reckon: in each slot after a transmission every station begins with a chance of one in so many.
    Ideal(u32),
}

impl Timing {
    /// 802.3 at this rate: slot 512 bits, gap 96 bits, jam 32 bits, 64 bits in front.
    pub fn ethernet(rate_bps: u64) -> Self {
        let bits = |bits: u64| Duration::from_nanos(bits * 1_000_000_000 / rate_bps.max(1));
        Timing {
            rate_bps,
            slot: bits(SLOT_BITS),
            gap: bits(96),
            jam_bits: 32,
            preamble_bits: 64,
            backoff: Backoff::BinaryExponential,
        }
    }

    /// How long so many bits take.
    pub fn bits(&self, bits: u64) -> Duration {
        Duration::from_nanos((u128::from(bits) * 1_000_000_000 / u128::from(self.rate_bps.max(1))) as u64)
    }

    /// How many bits were sent in this time.
    pub fn bits_in(&self, span: Duration) -> u64 {
        (u128::from(span.nanos()) * u128::from(self.rate_bps) / 1_000_000_000) as u64
    }

    /// How long a frame (without its check sequence) occupies the medium.
    pub fn frame(&self, len: usize) -> Duration {
        self.bits(self.preamble_bits + (len as u64 + FCS_LEN) * 8)
    }
}

/// What a station has seen and done.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counters {
    /// Frames sent without a collision from beginning to end.
    pub sent: u64,
    /// Of these, frames that had collided before, once or more.
    pub sent_after_collisions: u64,
    /// Transmissions that collided.
    pub collisions: u64,
    /// Of these, later than the slot time allows.
    pub late: u64,
    /// Frames given up after 16 collisions.
    pub excessive: u64,
    /// Frames that had to wait because the medium was busy.
    pub deferred: u64,
    /// Whole frames heard.
    pub received: u64,
    /// Pieces of frames heard that are shorter than a frame may be.
    pub runts: u64,
    /// Frames heard whose check sequence was wrong.
    pub damaged: u64,
}

/// What a station is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Idle,
    /// It would begin at `from` at the earliest, if the medium is quiet.
    Deferring {
        from: Instant,
        counted: bool,
    },
    Transmitting {
        since: Instant,
    },
    Jamming {
        late: bool,
    },
}

/// What a station does about its collision.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Jam {
    /// When it will be silent.
    pub until: Instant,
    /// How often this frame has collided, this time included.
    pub attempt: u32,
    /// Bits sent until it was noticed.
    pub bits: u64,
    /// Later than the slot time allows.
    pub late: bool,
}

/// What follows a collision.
#[derive(Debug)]
pub enum AfterJam {
    /// It tries again after so many slots, drawn below `of`.
    Backoff {
        /// Slots to wait.
        slots: u32,
        /// Drawn from 0 to this number less one.
        of: u32,
    },
    /// It gives the frame up: too many collisions.
    Excessive(PacketBuf),
    /// It gives the frame up: the collision came late.
    Late(PacketBuf),
}

/// One station on a shared Ethernet.
#[derive(Debug)]
pub struct Mac {
    timing: Timing,
    state: State,
    frame: Option<PacketBuf>,
    /// Collisions of the present frame.
    attempts: u32,
    counters: Counters,
}

impl Mac {
    /// A station that has nothing to send.
    pub fn new(timing: Timing) -> Self {
        Mac { timing, state: State::Idle, frame: None, attempts: 0, counters: Counters::default() }
    }

    /// Whether it takes a frame: it holds one at a time.
    pub fn has_room(&self) -> bool {
        self.frame.is_none()
    }

    /// A frame to send.
    pub fn on_frame(&mut self, now: Instant, frame: PacketBuf) {
        debug_assert!(self.has_room(), "a station sends one frame at a time");
        self.frame = Some(frame);
        self.attempts = 0;
        self.state = State::Deferring { from: now, counted: false };
    }

    /// When it may begin, if the medium, quiet here since `quiet_since`, stays quiet; `None`: it has nothing to begin.
    /// `draw` is for back-off that is drawn anew after each transmission ([`Backoff::Ideal`]).
    pub fn earliest(&self, quiet_since: Instant, rng: &mut Rng) -> Option<Instant> {
        let State::Deferring { from, .. } = self.state else { return None };
        let base = from.max(quiet_since + self.timing.gap);
        match self.timing.backoff {
            Backoff::BinaryExponential => Some(base),
            Backoff::Ideal(stations) => {
                let begun = base.since(quiet_since).nanos().div_ceil(self.timing.slot.nanos().max(1));
                let first = quiet_since + self.timing.slot * begun;
                let passed = geometric(rng, 1.0 / f64::from(stations.max(1)));
                Some(first + self.timing.slot * passed)
            }
        }
    }

    /// The medium is busy where it wanted to begin.
    pub fn on_deferred(&mut self) {
        if let State::Deferring { counted, .. } = &mut self.state
            && !std::mem::replace(counted, true)
        {
            self.counters.deferred += 1;
        }
    }

    /// Whether it wants to send and has not begun.
    pub fn is_deferring(&self) -> bool {
        matches!(self.state, State::Deferring { .. })
    }

    /// It begins; how long the frame takes unless it collides.
    pub fn on_start(&mut self, now: Instant) -> Duration {
        self.state = State::Transmitting { since: now };
        self.timing.frame(self.frame.as_ref().map_or(0, |frame| frame.len()))
    }

    /// The frame that it sends or wants to send.
    pub fn frame(&self) -> Option<&PacketBuf> {
        self.frame.as_ref()
    }

    /// It hears another transmission while it sends; `None`: it knows already.
    pub fn on_collision(&mut self, now: Instant) -> Option<Jam> {
        let State::Transmitting { since } = self.state else { return None };
        let bits = self.timing.bits_in(now.since(since));
        self.attempts += 1;
        self.counters.collisions += 1;
        let late = now.since(since) > self.timing.slot;
        self.counters.late += u64::from(late);
        self.state = State::Jamming { late };
        let preamble =
            if self.timing.jam_bits > 0 { self.timing.bits(self.timing.preamble_bits) } else { Duration::ZERO };
        let until = now.max(since + preamble) + self.timing.bits(self.timing.jam_bits);
        Some(Jam { until, attempt: self.attempts, bits, late })
    }

    /// It is silent after a collision.
    pub fn on_jam_end(&mut self, now: Instant, rng: &mut Rng) -> AfterJam {
        let late = matches!(self.state, State::Jamming { late: true });
        if late || self.attempts >= ATTEMPT_LIMIT {
            self.state = State::Idle;
            self.counters.excessive += u64::from(!late);
            let frame = self.frame.take().unwrap_or_default();
            return if late { AfterJam::Late(frame) } else { AfterJam::Excessive(frame) };
        }
        let (slots, of) = match self.timing.backoff {
            Backoff::BinaryExponential => {
                let of = 1 << self.attempts.min(BACKOFF_LIMIT);
                (rng.below(of) as u32, of as u32)
            }
            Backoff::Ideal(_) => (1, 1),
        };
        let from = now + self.timing.slot * u64::from(slots);
        self.state = State::Deferring { from, counted: true };
        AfterJam::Backoff { slots, of }
    }

    /// The whole frame is on the medium; here it is.
    pub fn on_end(&mut self) -> PacketBuf {
        self.state = State::Idle;
        self.counters.sent += 1;
        self.counters.sent_after_collisions += u64::from(self.attempts > 0);
        self.frame.take().unwrap_or_default()
    }

    /// What it has seen and done.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The same, for the medium to count what is heard.
    pub fn counters_mut(&mut self) -> &mut Counters {
        &mut self.counters
    }
}

/// How many trials fail before the first that succeeds, each with chance `p`.
fn geometric(rng: &mut Rng, p: f64) -> u64 {
    if p >= 1.0 {
        return 0;
    }
    ((1.0 - rng.unit()).ln() / (1.0 - p).ln()) as u64
}

/// The slot time of 10 and 100 Mbit/s Ethernet, bits. A frame is no shorter, so that its sender hears every collision.
pub const SLOT_BITS: u64 = 512;
/// Collisions after which a frame is given up.
pub const ATTEMPT_LIMIT: u32 = 16;
/// Collisions after which the range of the back-off does not grow any more.
pub const BACKOFF_LIMIT: u32 = 10;
/// The check sequence behind each frame, bytes.
const FCS_LEN: u64 = 4;

#[cfg(test)]
mod tests;
