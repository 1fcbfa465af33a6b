//! A cable: two ways between two ports, each with its own rate and delay.
//!
//! ```text
//!   poll_frame ──> transmission: len / rate ──> flight: delay ──> on_frame
//!                  (one frame at a time)        (any number, in order)
//! ```
//! The queue in front of a way is the sending node's own; a way pulls the next frame when it is free.

use std::collections::VecDeque;

use base::{Duration, Instant, Nic};
use wire::PacketBuf;

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

/// The state of one way.
pub(crate) struct WayState {
    pub(crate) from: Nic,
    pub(crate) to: Nic,
    pub(crate) cable: Cable,
    pub(crate) up: bool,
    /// Whether the cable has rules.
    pub(crate) ruled: bool,
    /// Whether the queue holds a `Free` event for it.
    pub(crate) free_queued: bool,
    /// When the present transmission ends.
    pub(crate) free_at: Instant,
    /// The last length and how long it took: frames come in few sizes, and a division costs more than a comparison.
    last_len: usize,
    last_time: Duration,
    /// Frames in flight in the order of their arrival. Only the first one has an event in the queue.
    pub(crate) flight: VecDeque<Flying>,
}

/// A frame in flight.
pub(crate) struct Flying {
    pub(crate) at: Instant,
    pub(crate) sequence: u64,
    /// The receiver's check sequence will be wrong.
    pub(crate) damaged: bool,
    pub(crate) frame: PacketBuf,
}

impl WayState {
    pub(crate) fn new(from: Nic, to: Nic, cable: Cable) -> Self {
        WayState {
            from,
            to,
            cable,
            up: true,
            ruled: false,
            free_queued: false,
            free_at: Instant::ZERO,
            last_len: 0,
            last_time: Duration::transmission(u64::from(cable.framing), cable.rate_bps),
            flight: VecDeque::new(),
        }
    }

    /// How long a frame of `len` bytes occupies the way.
    #[inline]
    pub(crate) fn transmission(&mut self, len: usize) -> Duration {
        if len != self.last_len {
            self.last_len = len;
            self.last_time = Duration::transmission(len as u64 + u64::from(self.cable.framing), self.cable.rate_bps);
        }
        self.last_time
    }

    /// Carries frames otherwise from now on. The present transmission and what is in flight are not changed.
    pub(crate) fn set_cable(&mut self, cable: Cable) {
        self.cable = cable;
        self.last_len = 0;
        self.last_time = Duration::transmission(u64::from(cable.framing), cable.rate_bps);
    }
}
