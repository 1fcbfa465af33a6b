//! A cable: two ways between two ports, each with its own rate and delay.
//!
//! ```text
//!   poll_frame ──> transmission: len / rate ──> flight: delay ──> on_frame
//!                  (one frame at a time)        (any number, in order)
//! ```
//! The queue in front of a way is the sending node's own; a way pulls the next frame when it is free.

use base::{Duration, Instant, Nic};

use crate::flight::Queue;

/// How one way of a cable carries frames.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cable {
    /// Bits per second; 0: a transmission takes no time.
    pub rate_bps: u64,
    /// From the end of the transmission to the end of the reception.
    pub delay: Duration,
    /// Bytes that the medium adds to each frame, in its rate only.
    pub framing: u32,
}

impl Cable {
    /// Takes no time at all.
    pub const IDEAL: Cable = Cable { rate_bps: 0, delay: Duration::ZERO, framing: 0 };

    /// A medium that adds nothing to a frame.
    pub const fn new(rate_bps: u64, delay: Duration) -> Self {
        Cable { rate_bps, delay, framing: 0 }
    }

    /// Ethernet with all that is sent around a frame: preamble 8, check sequence 4, gap 12 bytes (IEEE 802.3 clause 4).
    pub const fn ethernet(rate_bps: u64, delay: Duration) -> Self {
        Cable { rate_bps, delay, framing: 24 }
    }
}

/// A cable of a world.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LinkId(pub u32);

impl LinkId {
    /// The way from the first end given to `connect` to the second.
    pub const fn forth(self) -> Way {
        Way { link: self, back: false }
    }

    /// The way from the second end to the first.
    pub const fn back(self) -> Way {
        Way { link: self, back: true }
    }
}

/// One of a cable's two ways.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Way {
    /// Of which cable.
    pub link: LinkId,
    /// From the second end to the first.
    pub back: bool,
}

impl Way {
    pub(crate) const fn index(self) -> u32 {
        self.link.0 * 2 + self.back as u32
    }

    /// The way in the other direction.
    pub(crate) const fn reverse(index: u32) -> u32 {
        index ^ 1
    }

    pub(crate) const fn from_index(index: u32) -> Self {
        Way { link: LinkId(index / 2), back: index % 2 == 1 }
    }
}

/// A cable, or one of its ways: where a rule is put.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum On {
    /// Both ways.
    Link(LinkId),
    /// One way.
    Way(Way),
}

impl On {
    pub(crate) const fn link(self) -> LinkId {
        match self {
            On::Link(link) => link,
            On::Way(way) => way.link,
        }
    }

    pub(crate) fn includes(self, way: Way) -> bool {
        match self {
            On::Link(link) => link == way.link,
            On::Way(only) => only == way,
        }
    }
}

impl From<LinkId> for On {
    fn from(link: LinkId) -> Self {
        On::Link(link)
    }
}

impl From<Way> for On {
    fn from(way: Way) -> Self {
        On::Way(way)
    }
}

/// The state of one way: what every frame needs, in one line of the processor's cache.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(crate) struct WayState {
    /// When the present transmission ends.
    pub(crate) free_at: Instant,
    /// The last length and how long it took: frames come in few sizes, and a division costs more than a comparison.
    last_len: u32,
    framing: u32,
    last_time: Duration,
    rate_bps: u64,
    delay: Duration,
    pub(crate) flight: Queue,
    pub(crate) to: Nic,
    pub(crate) up: bool,
    /// Whether the cable has rules.
    pub(crate) ruled: bool,
    /// Whether a station at its start repairs what it loses.
    pub(crate) reliable: bool,
    /// Whether the queue holds a `Free` event for it.
    pub(crate) free_queued: bool,
}

impl WayState {
    pub(crate) fn new(to: Nic, cable: Cable) -> Self {
        WayState {
            free_at: Instant::ZERO,
            last_len: 0,
            framing: cable.framing,
            last_time: Duration::transmission(u64::from(cable.framing), cable.rate_bps),
            rate_bps: cable.rate_bps,
            delay: cable.delay,
            flight: Queue::EMPTY,
            to,
            up: true,
            ruled: false,
            reliable: false,
            free_queued: false,
        }
    }

    /// Begins a transmission of `len` bytes at `now`, or when the present one ends; when it arrives.
    #[inline]
    pub(crate) fn transmit(&mut self, len: usize, now: Instant) -> Instant {
        if len as u32 != self.last_len {
            self.last_len = len as u32;
            self.last_time = Duration::transmission(len as u64 + u64::from(self.framing), self.rate_bps);
        }
        self.free_at = self.free_at.max(now) + self.last_time;
        self.free_at + self.delay
    }

    /// The same for a transmission that lasts `span`.
    pub(crate) fn transmit_for(&mut self, span: Duration, now: Instant) -> Instant {
        self.free_at = self.free_at.max(now) + span;
        self.free_at + self.delay
    }

    pub(crate) fn rate_bps(&self) -> u64 {
        self.rate_bps
    }

    /// Carries frames otherwise from now on. The present transmission and what is in flight are not changed.
    pub(crate) fn set_cable(&mut self, cable: Cable) {
        (self.rate_bps, self.delay, self.framing) = (cable.rate_bps, cable.delay, cable.framing);
        self.last_len = 0;
        self.last_time = Duration::transmission(u64::from(cable.framing), cable.rate_bps);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_takes_one_line_of_the_cache() {
        assert_eq!(size_of::<WayState>(), 64);
    }
}
