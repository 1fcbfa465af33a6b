//! The receiving half of a synchronized connection: acceptability, text, FIN, and the window that is offered.
//!
//! ```text
//!        delivered      RCV.NXT                RCV.NXT + RCV.WND
//!   ────────┼──────────────┼───────────────────────┼──────────
//!           │ unread queue │ out of order pieces    │ not allowed
//! ```

use std::collections::VecDeque;

use base::event::TransportDrop;
use base::{Instant, SeqNum};
use bytes::{Buf, Bytes, BytesMut};
use wire::tcp::{Flags, SackBlocks};

use super::reassembly::{Inserted, Reassembly};
use super::segment::Segment;
use super::tuner::Tuner;
use crate::config::Buffer;
use crate::socket::TcpInfo;

/// RCV.* and what is needed to move them.
#[derive(Debug)]
pub(crate) struct Receiver {
    rcv_nxt: SeqNum,
    /// The right edge of the window, as last told to the sender. It never moves left.
    edge: SeqNum,
    /// Our window scale, in use.
    scale: u8,
    mss: u32,
    reassembly: Reassembly,
    /// Where the peer's FIN stands, once it was seen.
    fin: Option<SeqNum>,
    finished: bool,
    paws: Option<Paws>,
    pub(super) tuner: Tuner,
    /// A congestion mark came that the sender has not reacted to yet (RFC 3168).
    marked: bool,
    /// Text that arrived twice, to be told with the next acknowledgement (RFC 2883).
    twice: Option<(SeqNum, SeqNum)>,
}

/// Timestamps of the peer (RFC 7323).
#[derive(Clone, Copy, Debug)]
struct Paws {
    ts_recent: u32,
    at: Instant,
    last_ack_sent: SeqNum,
}

/// Text that arrived in order and waits for the program.
#[derive(Debug, Default)]
pub(crate) struct ReceiveQueue {
    slices: VecDeque<Bytes>,
    len: usize,
    /// The program has read since the window was last told.
    pub(crate) freed: bool,
}

impl ReceiveQueue {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn push(&mut self, slice: Bytes) {
        self.len += slice.len();
        if slice.len() < TINY
            && self.slices.len() >= MANY
            && let Some(last) = self.slices.back_mut()
            && last.len() < JOINED
        {
            // A tiny slice keeps its whole packet: a window full of them would hold a hundred times its size.
            let joined = std::mem::take(last).try_into_mut();
            let mut joined = joined.unwrap_or_else(|shared| BytesMut::from(&shared[..]));
            joined.extend_from_slice(&slice);
            *last = joined.freeze();
            return;
        }
        self.slices.push_back(slice);
    }

    /// Copies out as much as fits.
    pub(crate) fn read(&mut self, into: &mut [u8]) -> usize {
        let mut done = 0;
        while done < into.len() {
            let Some(slice) = self.slices.front_mut() else { break };
            let n = slice.len().min(into.len() - done);
            into[done..done + n].copy_from_slice(&slice[..n]);
            done += n;
            if n == slice.len() {
                self.slices.pop_front();
            } else {
                slice.advance(n);
            }
        }
        self.len -= done;
        self.freed |= done > 0;
        done
    }

    /// Hands out the next slice, at most `limit` bytes of it.
    pub(crate) fn read_slice(&mut self, limit: usize) -> Option<Bytes> {
        let front = self.slices.front_mut()?;
        let slice = if front.len() <= limit { self.slices.pop_front()? } else { front.split_to(limit) };
        self.len -= slice.len();
        self.freed = true;
        Some(slice)
    }
}

impl Receiver {
    /// The peer's SYN had sequence number `irs`; `window` bytes were offered in answer.
    pub(crate) fn new(
        irs: SeqNum,
        (window, scale): (u32, u8),
        mss: u32,
        ts_recent: Option<u32>,
        buffer: Buffer,
        now: Instant,
    ) -> Self {
        let rcv_nxt = irs + 1;
        let paws = ts_recent.map(|ts_recent| Paws { ts_recent, at: now, last_ack_sent: rcv_nxt });
        let reassembly = Reassembly::default();
        Receiver {
            rcv_nxt,
            edge: rcv_nxt + window,
            scale,
            mss,
            reassembly,
            fin: None,
            finished: false,
            paws,
            tuner: Tuner::new(buffer),
            marked: false,
            twice: None,
        }
    }

    pub(crate) fn rcv_nxt(&self) -> SeqNum {
        self.rcv_nxt
    }

    /// Whether the peer's FIN was reached: nothing more will come.
    pub(crate) fn finished(&self) -> bool {
        self.finished
    }

    /// Step 1 of RFC 9293's segment arrival: some part of the segment must lie in the window.
    //= rfc9293#3.10.7.4
    pub(crate) fn check_sequence(&self, segment: &Segment) -> Result<(), TransportDrop> {
        let window = self.edge - self.rcv_nxt;
        let len = segment.len();
        let acceptable = match (len, window) {
            (0, 0) => segment.seq == self.rcv_nxt,
            (0, _) => segment.seq.within(self.rcv_nxt, window),
            // A closed window takes no text, but what comes with it counts: the acknowledgement, and a FIN on its own.
            (_, 0) => segment.seq == self.rcv_nxt,
            _ => segment.seq.within(self.rcv_nxt, window) || (segment.seq + (len - 1)).within(self.rcv_nxt, window),
        };
        if acceptable { Ok(()) } else { Err(TransportDrop::OutOfWindow) }
    }

    /// Protection against wrapped sequence numbers: an older timestamp means an older segment.
    //= rfc7323#5.3
    pub(crate) fn check_timestamp(&self, segment: &Segment, strict: bool, now: Instant) -> Result<(), TransportDrop> {
        let Some(paws) = &self.paws else { return Ok(()) };
        let Some((value, _)) = segment.options.timestamps else {
            //= rfc7323#3.2
            // A non-RST segment without the option SHOULD be dropped once it is in use.
            return if segment.has(Flags::RST) || !strict { Ok(()) } else { Err(TransportDrop::OldTimestamp) };
        };
        let older = SeqNum(value).before(SeqNum(paws.ts_recent));
        let outdated = now.since(paws.at).nanos() > PAWS_MEMORY_NS;
        if older && !outdated && !segment.has(Flags::RST) { Err(TransportDrop::OldTimestamp) } else { Ok(()) }
    }

    /// Whether it holds nothing but what was in the last window: a repetition, or a probe.
    pub(crate) fn is_repetition(&self, segment: &Segment) -> bool {
        let window = (self.edge - self.rcv_nxt).max(self.mss);
        segment.seq.before(self.rcv_nxt) && (self.rcv_nxt - window).at_most(segment.seq)
    }

    /// Whether an unacceptable segment gets no answer: a reset, and by RFC 7323 one that lacks its timestamp.
    pub(crate) fn is_silent_about(&self, segment: &Segment) -> bool {
        segment.has(Flags::RST) || (self.paws.is_some() && segment.options.timestamps.is_none())
    }

    /// An acceptable segment: only one that covers the last acknowledged byte moves TS.Recent.
    //= rfc7323#4.3
    pub(crate) fn note_timestamp(&mut self, segment: &Segment, now: Instant) {
        if let (Some(paws), Some((value, _))) = (&mut self.paws, segment.options.timestamps)
            && segment.seq.at_most(paws.last_ack_sent)
            && !segment.has(Flags::RST)
        {
            (paws.ts_recent, paws.at) = (value, now);
        }
    }

    /// Step 7: the segment's text, already trimmed to the window. Returns whether the program can read more, and whether
    /// the sender must hear about it at once.
    //= rfc9293#3.10.7.4
    pub(crate) fn on_text(
        &mut self,
        seq: SeqNum,
        text: Bytes,
        queue: &mut ReceiveQueue,
    ) -> Result<Text, TransportDrop> {
        if self.finished {
            return Err(TransportDrop::DuplicateSegment);
        }
        if seq != self.rcv_nxt {
            return match self.reassembly.insert(seq - self.rcv_nxt, text) {
                Inserted::New => Ok(Text::OutOfOrder),
                Inserted::Nothing => Err(TransportDrop::DuplicateSegment),
                Inserted::Full => Err(TransportDrop::OutOfOrderFull),
            };
        }
        let (before, had_gap) = (self.reassembly.position(), !self.reassembly.is_empty());
        let len = text.len();
        queue.push(text);
        self.reassembly.on_advance(len, |piece| queue.push(piece));
        self.rcv_nxt += (self.reassembly.position() - before) as u32;
        Ok(if had_gap { Text::FilledGap } else { Text::InOrder })
    }

    /// Text came with or without a mark; a sender that has reacted says so.
    //= rfc3168#6.1.3
    #[inline]
    pub(crate) fn note_mark(&mut self, segment: &Segment) {
        self.marked = segment.ce || (self.marked && !segment.has(Flags::CWR));
    }

    /// Whether our segments echo a mark.
    #[inline]
    pub(crate) fn is_marked(&self) -> bool {
        self.marked
    }

    /// Whether this is the next text, with nothing missing, nothing finished and room for it.
    #[inline]
    pub(crate) fn expects(&self, seq: SeqNum, len: u32, timestamp: u32) -> bool {
        let Some(paws) = &self.paws else { return false };
        seq == self.rcv_nxt
            && len <= self.edge - self.rcv_nxt
            && self.fin.is_none()
            && self.reassembly.is_empty()
            && !SeqNum(timestamp).before(SeqNum(paws.ts_recent))
    }

    /// Takes the text that it expects.
    #[inline]
    pub(crate) fn take_expected(&mut self, timestamp: u32, text: Bytes, queue: &mut ReceiveQueue, now: Instant) {
        if let Some(paws) = &mut self.paws
            && self.rcv_nxt.at_most(paws.last_ack_sent)
        {
            (paws.ts_recent, paws.at) = (timestamp, now);
        }
        self.rcv_nxt += text.len() as u32;
        self.reassembly.on_advance(text.len(), |_| {});
        queue.push(text);
    }

    /// Step 8: notes where the FIN stands. Returns true when everything before it has arrived: the peer has finished.
    pub(crate) fn on_fin(&mut self, at: Option<SeqNum>) -> bool {
        if at.is_some() && self.fin.is_none() {
            self.fin = at;
        }
        if self.finished || self.fin != Some(self.rcv_nxt) {
            return false;
        }
        self.finished = true;
        self.rcv_nxt += 1;
        self.edge = self.edge.max(self.rcv_nxt);
        true
    }

    /// The window to offer with the next segment, scaled for the wire; remembers what was promised.
    pub(crate) fn offer(&mut self, free: usize, capacity: usize) -> u16 {
        let window = self.window(free, capacity);
        self.edge = self.rcv_nxt + window;
        if let Some(paws) = &mut self.paws {
            paws.last_ack_sent = self.rcv_nxt;
        }
        (window >> self.scale).min(0xffff) as u16
    }

    /// Silly-window avoidance on this side: the edge moves by a full segment, or by half of the buffer, or not at all.
    //= rfc9293#3.8.6.2.2
    fn window(&self, free: usize, capacity: usize) -> u32 {
        let promised = self.edge - self.rcv_nxt;
        let free = (free.min(0xffff << self.scale) >> self.scale << self.scale) as u32;
        let worth_telling = self.mss.min(capacity as u32 / 2).max(1);
        if free >= promised + worth_telling { free } else { promised }
    }

    /// Whether the program has read so much that the sender should be told without being asked.
    pub(crate) fn owes_window_update(&self, free: usize, capacity: usize) -> bool {
        let promised = self.edge - self.rcv_nxt;
        let grown = self.window(free, capacity).saturating_sub(promised);
        !self.finished && grown > 0 && (promised < self.mss || grown as usize >= (capacity / 2).max(self.mss as usize))
    }

    /// What the timestamp option of our next segment echoes.
    pub(crate) fn ts_recent(&self) -> Option<u32> {
        self.paws.map(|paws| paws.ts_recent)
    }

    /// What the buffer still takes, with `unread` bytes in it.
    #[inline]
    pub(crate) fn free(&self, unread: usize) -> usize {
        self.tuner.capacity().saturating_sub(unread)
    }

    /// Text between these numbers arrived that was here already.
    //= rfc2883#4
    pub(crate) fn note_duplicate(&mut self, start: SeqNum, end: SeqNum) {
        if start.before(end) {
            self.twice = Some((start, end));
        }
    }

    /// The first part of a text that waited out of order already.
    pub(crate) fn note_overlap(&mut self, seq: SeqNum, len: u32) {
        if self.twice.is_none()
            && let Some((start, end)) = self.reassembly.overlap(seq - self.rcv_nxt, len)
        {
            self.note_duplicate(self.rcv_nxt + start, self.rcv_nxt + end);
        }
    }

    /// How many blocks [`Receiver::sack_blocks`] will hold, at most.
    pub(crate) fn sack_count(&self) -> usize {
        (self.reassembly.count() + usize::from(self.twice.is_some())).min(if self.paws.is_some() { 3 } else { 4 })
    }

    /// The pieces beyond the gap, for the SACK option.
    pub(crate) fn sack_blocks(&mut self) -> SackBlocks {
        let mut blocks = SackBlocks::default();
        let limit = self.sack_count();
        if let Some((start, end)) = self.twice.take() {
            blocks.push(start, end);
        }
        if !self.reassembly.is_empty() {
            for (start, end) in self.reassembly.blocks().take(limit - blocks.len()) {
                blocks.push(self.rcv_nxt + start, self.rcv_nxt + end);
            }
        }
        blocks
    }

    /// Adds what this half knows to a snapshot.
    pub(super) fn describe(&self, info: &mut TcpInfo) {
        info.receive_window = self.edge - self.rcv_nxt;
        info.scales.1 = self.scale;
    }

    /// The window's right edge, as the sender knows it.
    pub(crate) fn edge(&self) -> SeqNum {
        self.edge
    }

    /// Whether there is anything to tell in blocks.
    #[inline]
    pub(crate) fn has_blocks(&self) -> bool {
        !self.reassembly.is_empty() || self.twice.is_some()
    }
}

/// How a segment's text arrived.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Text {
    InOrder,
    FilledGap,
    OutOfOrder,
}

/// RFC 7323, section 5.5: a timestamp older than 24 days says nothing.
const PAWS_MEMORY_NS: u64 = 24 * 24 * 3600 * 1_000_000_000;
/// Slices below this size are joined to blocks of about that size, once so many wait.
const TINY: usize = 256;
const JOINED: usize = 2048;
const MANY: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiny_slices_are_joined_once_many_wait() {
        let mut queue = ReceiveQueue::default();
        (0..100_000u32).for_each(|n| queue.push(Bytes::copy_from_slice(&[n as u8])));
        assert_eq!(queue.len(), 100_000);
        assert!(queue.slices.len() < 150, "{}", queue.slices.len());
        let mut all = vec![0; 100_000];
        assert_eq!(queue.read(&mut all), 100_000);
        assert!(all.iter().enumerate().all(|(n, byte)| *byte == n as u8) && queue.is_empty());
    }
}
