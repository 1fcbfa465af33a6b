//! The receive buffer finds its own size: as long as the program keeps up, it is several times what arrives in a round
//! trip, so that the window never is what limits a sender that doubles.

use base::{Duration, Instant};

use crate::config::Buffer;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Tuner {
    capacity: u32,
    most: u32,
    start: u32,
    /// Bytes that arrived in order since then.
    since: Instant,
    bytes: u32,
}

impl Tuner {
    pub(crate) fn new(buffer: Buffer) -> Self {
        let [start, most] = [buffer.start, buffer.most].map(narrow);
        Tuner { capacity: start, most, start, since: Instant::ZERO, bytes: 0 }
    }

    /// The program chose a size.
    pub(crate) fn fix(&mut self, bytes: usize) {
        (self.capacity, self.most) = (narrow(bytes), narrow(bytes));
    }

    #[inline]
    pub(crate) fn capacity(&self) -> usize {
        self.capacity as usize
    }

    /// What it grew by.
    #[inline]
    pub(crate) fn grown(&self) -> usize {
        self.capacity.saturating_sub(self.start) as usize
    }

    /// Text arrived in order; `unread` bytes wait for the program.
    #[inline]
    pub(crate) fn on_text(&mut self, len: usize, unread: usize, rtt: Option<Duration>, now: Instant) {
        if self.capacity >= self.most {
            return;
        }
        self.bytes = self.bytes.saturating_add(len as u32);
        if now.since(self.since) < rtt.unwrap_or(UNKNOWN_RTT) {
            return;
        }
        if unread <= self.bytes as usize {
            self.capacity = self.bytes.saturating_mul(AHEAD).clamp(self.capacity, self.most);
        }
        (self.since, self.bytes) = (now, 0);
    }
}

/// What is known is the round trip before the one that is coming in, whose sender doubles, and will again: times eight, so
/// that its window is not just enough.
const AHEAD: u32 = 8;
const UNKNOWN_RTT: Duration = Duration::from_millis(200);

/// No window is larger than a gigabyte (RFC 7323, section 2.3).
fn narrow(bytes: usize) -> u32 {
    bytes.min(1 << 30) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Instant {
        Instant::ZERO + Duration::from_millis(ms)
    }

    #[test]
    fn it_stays_ahead_of_a_sender_that_doubles_and_never_passes_its_bound() {
        let mut tuner = Tuner::new(Buffer { start: 65_536, most: 1_000_000 });
        let rtt = Some(Duration::from_millis(10));
        let (mut window, mut largest) = (14_480, 0);
        for round in 1..10 {
            tuner.on_text(window, 0, rtt, at(round * 10));
            window = (window * 2).min(tuner.capacity());
            largest = largest.max(window);
        }
        assert_eq!((tuner.capacity(), largest), (1_000_000, 1_000_000));
    }

    #[test]
    fn a_program_that_does_not_read_gets_no_larger_buffer() {
        let mut tuner = Tuner::new(Buffer { start: 65_536, most: 1_000_000 });
        for round in 1..10 {
            tuner.on_text(20_000, 60_000, Some(Duration::from_millis(10)), at(round * 10));
        }
        assert_eq!((tuner.capacity(), tuner.grown()), (65_536, 0));
    }
}
