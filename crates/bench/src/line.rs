//! One way of the wire between two hosts in memory: a delay, and what may happen to a frame on it.
//!
//! ```text
//!   send ──> lost? ──> queue: drop-tail ──> bottleneck: len / rate ──> overtaken? ──> delay ──> take
//! ```
//! All of it is computed when a frame is sent; only a frame that waits to be overtaken is kept aside.

use std::collections::VecDeque;
use std::ops::Range;

use base::{Duration, Instant, Rng};
use wire::PacketBuf;

/// How a line carries frames.
#[derive(Clone, Debug, Default)]
pub(crate) struct Path {
    pub(crate) delay: Duration,
    /// Bits per second of IP packets; 0: a transmission takes no time.
    pub(crate) rate_bps: u64,
    /// Bytes that wait in front of the bottleneck, at most.
    pub(crate) queue: u64,
    /// The probability that a frame is lost.
    pub(crate) loss: f64,
    /// Now and then a frame is overtaken by so many others; 0: never.
    pub(crate) overtaken_by: usize,
}

impl Path {
    fn is_plain(&self) -> bool {
        self.rate_bps == 0 && self.loss == 0.0 && self.overtaken_by == 0
    }
}

/// One way.
pub(crate) struct Line {
    path: Path,
    /// Nothing but a delay.
    plain: bool,
    rng: Rng,
    /// When the bottleneck has sent all that waits.
    free_at: Instant,
    /// In the order of their arrival.
    flight: VecDeque<(Instant, PacketBuf)>,
    held: Option<Held>,
    /// Frames sent so far.
    sent: u64,
    /// Frames that are lost by their number.
    doomed: Range<u64>,
}

/// A frame that is being overtaken.
struct Held {
    /// By so many more, or until nobody came for so long.
    by: usize,
    until: Instant,
    frame: PacketBuf,
}

impl Line {
    pub(crate) fn new(path: Path, rng: Rng) -> Self {
        let plain = path.is_plain();
        Line { path, plain, rng, free_at: Instant::ZERO, flight: VecDeque::new(), held: None, sent: 0, doomed: 0..0 }
    }

    /// Loses the next `count` frames after `pass` more.
    pub(crate) fn lose_after(&mut self, pass: u64, count: u64) {
        self.doomed = self.sent + pass..self.sent + pass + count;
        self.plain = false;
    }

    /// Puts a frame on the line.
    #[inline]
    pub(crate) fn send(&mut self, now: Instant, frame: PacketBuf) {
        if self.plain {
            self.flight.push_back((now + self.path.delay, frame));
        } else {
            self.send_slowly(now, frame);
        }
    }

    fn send_slowly(&mut self, now: Instant, frame: PacketBuf) {
        self.sent += 1;
        if self.doomed.contains(&(self.sent - 1)) || self.rng.chance(self.path.loss) {
            return;
        }
        let begin = self.free_at.max(now);
        let waiting = (begin - now).secs_f64() * self.path.rate_bps as f64 / 8.0;
        if self.path.rate_bps > 0 && waiting as u64 + frame.len() as u64 > self.path.queue {
            return;
        }
        self.free_at = begin + Duration::transmission(frame.len() as u64, self.path.rate_bps);
        let at = self.free_at + self.path.delay;
        if self.held.is_none() && self.path.overtaken_by > 0 && self.rng.chance(OVERTAKEN) {
            let until = at + self.path.delay / HOLD;
            self.held = Some(Held { by: self.path.overtaken_by, until, frame });
            return;
        }
        self.flight.push_back((at, frame));
        if let Some(held) = &mut self.held {
            held.by -= 1;
            if held.by == 0
                && let Some(held) = self.held.take()
            {
                self.flight.push_back((at, held.frame));
            }
        }
    }

    /// The next frame that has arrived.
    #[inline]
    pub(crate) fn take(&mut self, now: Instant) -> Option<PacketBuf> {
        if self.flight.front().is_some_and(|(at, _)| *at <= now) {
            return self.flight.pop_front().map(|(_, frame)| frame);
        }
        if self.held.as_ref().is_some_and(|held| held.until <= now) {
            return self.held.take().map(|held| held.frame);
        }
        None
    }

    /// When the next frame arrives.
    pub(crate) fn next_at(&self) -> Option<Instant> {
        let held = self.held.as_ref().map(|held| held.until);
        self.flight.front().map(|(at, _)| *at).into_iter().chain(held).min()
    }
}

/// How often a frame is overtaken.
const OVERTAKEN: f64 = 0.01;
/// A frame that nobody overtakes goes on after this part of the delay.
const HOLD: u64 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(len: usize, mark: u8) -> PacketBuf {
        PacketBuf::from_vec(base::PacketId::NONE, vec![mark; len])
    }

    fn line(path: Path) -> Line {
        Line::new(path, Rng::root(1))
    }

    #[test]
    fn a_bottleneck_sends_one_frame_after_the_other_and_its_queue_overflows() {
        let mut line =
            line(Path { delay: Duration::from_millis(1), rate_bps: 8_000_000, queue: 2500, ..Path::default() });
        (0..4).for_each(|mark| line.send(Instant::ZERO, frame(1000, mark)));
        let ms = |ms| Instant::ZERO + Duration::from_millis(ms);
        assert_eq!((line.next_at(), line.take(ms(1)).is_some()), (Some(ms(2)), false));
        let marks: Vec<u8> = std::iter::from_fn(|| Some(line.take(ms(3))?.head()[0])).collect();
        assert_eq!((marks, line.next_at()), (vec![0, 1], None), "the third and fourth did not fit into the queue");
    }

    #[test]
    fn a_frame_is_overtaken_by_exactly_as_many_as_asked_for() {
        let mut line = line(Path { overtaken_by: 3, ..Path::default() });
        (0..5000).for_each(|k: u32| line.send(Instant::ZERO, frame(20, (k % 251) as u8)));
        let marks: Vec<u8> = std::iter::from_fn(|| Some(line.take(Instant::ZERO)?.head()[0])).collect();
        let late = marks.windows(2).filter(|two| (u32::from(two[1]) + 251 - u32::from(two[0])) % 251 == 248).count();
        let in_order = marks.windows(2).filter(|two| (u32::from(two[1]) + 251 - u32::from(two[0])) % 251 == 1).count();
        assert_eq!(marks.len(), 5000);
        assert!((20..80).contains(&late), "{late} of 5000 frames came after the three behind them");
        assert!(in_order >= 4999 - 3 * late, "nothing else changes");
    }

    #[test]
    fn frames_are_lost_by_their_number() {
        let mut line = line(Path::default());
        line.send(Instant::ZERO, frame(20, 9));
        line.lose_after(1, 2);
        (0..4).for_each(|mark| line.send(Instant::ZERO, frame(20, mark)));
        let marks: Vec<u8> = std::iter::from_fn(|| Some(line.take(Instant::ZERO)?.head()[0])).collect();
        assert_eq!(marks, [9, 0, 3]);
    }
}
