//! Notices loops where no spanning tree prevents them: the same frames come again and again.

use base::{Duration, Instant, PacketId};

/// How often recent frames were seen, for a fixed number of them.
pub(super) struct StormWatch {
    /// A frame's place follows from its id; a newer frame takes it from an older one.
    recent: Vec<(PacketId, u32)>,
    /// Silent until then.
    quiet_until: Instant,
}

impl StormWatch {
    pub(super) fn new() -> Self {
        StormWatch { recent: vec![(PacketId::NONE, 0); REMEMBERED], quiet_until: Instant::ZERO }
    }

    /// Whether this frame tells of a storm that should be told now.
    pub(super) fn is_storm(&mut self, now: Instant, id: PacketId) -> bool {
        if id == PacketId::NONE {
            return false;
        }
        let place = (id.0.wrapping_mul(SPREAD) >> 32) as usize % REMEMBERED;
        let (known, count) = &mut self.recent[place];
        *count = if *known == id { count.saturating_add(1) } else { 1 };
        *known = id;
        if *count <= TOLERATED || now < self.quiet_until {
            return false;
        }
        self.quiet_until = now + INTERVAL;
        true
    }
}

/// Frames that are remembered.
const REMEMBERED: usize = 256;
/// A frame may pass this often: media and rules make a few copies, only a loop makes more.
const TOLERATED: u32 = 8;
/// Between two facts.
const INTERVAL: Duration = Duration::from_secs(1);
/// Multiplied with an id, its middle bits depend on all of it (Fibonacci hashing).
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
