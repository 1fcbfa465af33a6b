//! How Linux counts a send buffer: not bytes but the memory of the packet buffers (`sk_buff`) that hold them.
//!
//! A write fills the last buffer up to the size of a large segment, then asks whether the memory in use is below
//! `SO_SNDBUF` before it takes another. So the last one may reach beyond the limit, and how much a write takes depends on
//! the peer's window, as a large segment is at most half of it. Scripts check the number: the adapter counts as Linux does.

use std::collections::VecDeque;

/// Written and not yet acknowledged, as a list of packet buffers.
#[derive(Clone, Debug)]
pub(crate) struct SendQueue {
    /// `SO_SNDBUF`, doubled as Linux does.
    limit: usize,
    /// The program chose the limit: it grows no more.
    locked: bool,
    /// `tcp_wmem`'s most.
    most: usize,
    buffers: VecDeque<Held>,
    /// Bytes that were written, acknowledged.
    written: u64,
    acked: u64,
    sent: u64,
}

/// One packet buffer.
#[derive(Clone, Copy, Debug)]
struct Held {
    end: u64,
    /// Nothing is appended behind the end of a record.
    closed: bool,
}

/// What the connection looks like when it is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Text per segment.
    pub(crate) mss: usize,
    /// The largest window that the peer has offered.
    pub(crate) max_window: usize,
}

impl SendQueue {
    pub(crate) fn new([_, start, most]: [usize; 3]) -> Self {
        SendQueue { limit: start, locked: false, most, buffers: VecDeque::new(), written: 0, acked: 0, sent: 0 }
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// The program sets `SO_SNDBUF`.
    pub(crate) fn set_limit(&mut self, bytes: usize) {
        self.limit = (2 * bytes).max(LEAST);
        self.locked = true;
    }

    /// The connection is open, or its congestion window (in segments) has grown: twice of it should fit.
    pub(crate) fn expand(&mut self, segments: usize, mss: usize) {
        if self.locked {
            return;
        }
        let per_segment = (mss + HEADERS + SHARED_INFO).next_power_of_two() + SK_BUFF;
        self.limit = self.limit.max((2 * segments.max(10) * per_segment).min(self.most));
    }

    /// How far the connection has come since it opened, bytes of text.
    pub(crate) fn on_progress(&mut self, sent: u64, acked: u64) {
        (self.sent, self.acked) = (sent.max(self.sent), acked.max(self.acked));
        while self.buffers.front().is_some_and(|held| held.end <= self.acked) {
            self.buffers.pop_front();
        }
        // What was sent of a buffer leaves it: the rest is a buffer of its own.
        if let Some(at) = self.buffers.iter().position(|held| held.end > self.sent)
            && self.start_of(at) < self.sent
        {
            self.buffers.insert(at, Held { end: self.sent, closed: false });
        }
    }

    /// How many bytes of a write of `len` go into one packet buffer now; 0: the buffer is full.
    pub(crate) fn room(&self, len: usize, shape: Shape, not_sent_limit: u64) -> usize {
        let goal = goal(shape);
        if let Some((last, held)) = self.buffers.len().checked_sub(1).zip(self.buffers.back())
            && held.end > self.sent
            && !held.closed
            && held.end - self.start_of(last) < goal as u64
        {
            return len.min(goal - (held.end - self.start_of(last)) as usize);
        }
        if self.memory() < self.limit && self.unsent() < not_sent_limit { len.min(goal) } else { 0 }
    }

    /// The program wrote `len` bytes, as `room` allowed; `closed`: they end a record.
    pub(crate) fn push(&mut self, len: usize, shape: Shape, closed: bool) {
        let end = self.written + len as u64;
        let fits = |queue: &Self| {
            let last = queue.buffers.len().checked_sub(1)?;
            let held = queue.buffers[last];
            let joins = held.end > queue.sent && !held.closed && end - queue.start_of(last) <= goal(shape) as u64;
            joins.then_some(last)
        };
        match fits(self) {
            Some(last) => self.buffers[last] = Held { end, closed },
            None => self.buffers.push_back(Held { end, closed }),
        }
        self.written = end;
    }

    /// Written and not acknowledged, as Linux counts it.
    pub(crate) fn memory(&self) -> usize {
        (self.written - self.acked) as usize + self.buffers.len() * (SK_BUFF + SHARED_INFO + HEAD)
    }

    /// Whether poll says so: a third of the memory in use must be free, and little enough is unsent.
    pub(crate) fn is_writable(&self, not_sent_limit: u64) -> bool {
        let memory = self.memory();
        self.limit.saturating_sub(memory) >= memory / 2 && 2 * self.unsent() < not_sent_limit
    }

    fn unsent(&self) -> u64 {
        self.written.saturating_sub(self.sent)
    }

    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    pub(crate) fn acked(&self) -> u64 {
        self.acked
    }

    pub(crate) fn sent(&self) -> u64 {
        self.sent
    }

    fn start_of(&self, at: usize) -> u64 {
        at.checked_sub(1).map_or(self.acked, |before| self.buffers[before].end)
    }
}

/// The size of a large segment: whole segments, 64 KiB, and at most half of the peer's largest window.
fn goal(shape: Shape) -> usize {
    let mss = shape.mss.max(1);
    let bound = if shape.max_window > 536 { shape.max_window / 2 } else { shape.max_window };
    let most = if bound == 0 { LARGEST } else { LARGEST.min(bound.max(48)) };
    (most / mss * mss).max(mss)
}

/// `sizeof(struct sk_buff)`, `sizeof(struct skb_shared_info)`, room for headers, and what an empty head takes.
const SK_BUFF: usize = 256;
const SHARED_INFO: usize = 320;
const HEADERS: usize = 320;
const HEAD: usize = 704;
/// 64 KiB, less one and the headers.
const LARGEST: usize = 65_536 - 1 - HEADERS;
/// `SOCK_MIN_SNDBUF`.
const LEAST: usize = 4608;

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape { mss: 1000, max_window: 32_896 };

    fn write(queue: &mut SendQueue, mut len: usize, mut cwnd: u64, limit: u64) -> usize {
        let asked = len;
        loop {
            let room = queue.room(len, SHAPE, limit);
            if room == 0 {
                return asked - len;
            }
            queue.push(room, SHAPE, false);
            let sent = (queue.sent + cwnd).min(queue.written);
            cwnd -= sent - queue.sent;
            queue.on_progress(sent, queue.acked);
            len -= room;
        }
    }

    #[test]
    fn a_write_overshoots_by_less_than_one_large_segment() {
        // As Linux does with a limit of 50,000 bytes, segments of 1000 and a congestion window of ten.
        let mut queue = SendQueue::new([4096, 50_000, 4 << 20]);
        assert_eq!(write(&mut queue, 59_000, 10_000, u64::MAX), 58_000);
        assert!(!queue.is_writable(u64::MAX));
        queue.on_progress(42_000, 26_000);
        assert!(!queue.is_writable(u64::MAX), "a third is not yet free");
        queue.on_progress(58_000, 42_000);
        assert!(queue.is_writable(u64::MAX));
    }

    #[test]
    fn unsent_text_limits_a_write_before_the_buffer_does() {
        let mut queue = SendQueue::new([4096, 50_000, 4 << 20]);
        assert_eq!(write(&mut queue, 59_000, 10_000, 4000), 26_000);
        let mut queue = SendQueue::new([4096, 50_000, 4 << 20]);
        assert_eq!(write(&mut queue, 59_000, 10_000, 32_000), 42_000);
        assert!(!queue.is_writable(32_000));
        queue.on_progress(42_000, 26_000);
        assert!(queue.is_writable(32_000));
    }

    #[test]
    fn a_limit_that_the_program_chose_does_not_grow() {
        let mut queue = SendQueue::new([4096, 16_384, 4 << 20]);
        queue.expand(10, 1000);
        assert_eq!(queue.limit(), 46_080);
        queue.set_limit(10_000);
        queue.expand(100, 1000);
        assert_eq!(queue.limit(), 20_000);
    }
}
