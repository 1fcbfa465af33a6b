//! Every segment in flight, and what became of it: the scoreboard of RFC 6675, with the times that RFC 8985 judges by.
//!
//! One record a segment, ordered by sequence number: acknowledgements pop from the front, SACK blocks mark in the middle.
//! `pipe`, the estimate of what is still on its way, is kept up to date with every mark. Segments sent once stand in the
//! order of their times too, and those sent again are listed in that order, so that finding what is late costs nothing
//! for what is not.

use std::collections::VecDeque;
use std::ops::{Deref, DerefMut};

use base::{Duration, Instant, SeqNum};
use wire::tcp::SackBlocks;

use crate::socket::Board as Counts;

/// A segment that was sent and is not acknowledged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    pub(crate) seq: SeqNum,
    /// In sequence space: text, and one for a FIN.
    pub(crate) len: u32,
    pub(crate) at: Instant,
    /// Counts departures, repetitions included: times may be equal, departures never are.
    pub(crate) order: SeqNum,
    pub(crate) sacked: bool,
    /// Believed to be lost.
    pub(crate) lost: bool,
    /// Sent again since it was marked lost: on its way once more.
    resent: bool,
    /// How often it was sent again.
    pub(crate) again: u8,
}

impl Sent {
    fn in_pipe(&self) -> u32 {
        if self.sacked || (self.lost && !self.resent) { 0 } else { self.len }
    }

    pub(crate) fn end(&self) -> SeqNum {
        self.seq + self.len
    }
}

#[derive(Debug)]
pub(crate) struct Scoreboard {
    sent: VecDeque<Sent>,
    pipe: u32,
    sacked: u32,
    sacked_segments: u32,
    /// Duplicate acknowledgements of a peer without SACK, as bytes that have left the network.
    guessed: u32,
    /// Records before this index are sacked, or marked lost already (an index since the first record ever, so that
    /// popping does not move it).
    loss_checked: u64,
    popped: u64,
    /// Records marked lost that were not sent again, and an index before which there is none.
    waiting: u32,
    waiting_from: u64,
    /// Index behind the highest sacked record.
    sacked_to: u64,
    /// What blocks have told so far: disjoint, ascending.
    ranges: Vec<(SeqNum, SeqNum)>,
    /// No record before this index was sent only once and waits for news.
    timed_from: u64,
    /// What was sent again, by departure and number; outdated entries are passed over.
    resends: VecDeque<(SeqNum, SeqNum)>,
    departures: SeqNum,
    /// Records marked lost, sent again or not, and not sacked.
    lost: u32,
    /// Bytes ever marked lost, wrapping.
    lost_total: u32,
}

/// What the newest delivered segment tells about all others (RFC 8985, section 5.2).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Newest {
    pub(crate) at: Instant,
    pub(crate) order: SeqNum,
    /// How much later than a segment's departure it is late: a round trip, and what reordering may take.
    pub(crate) allowance: Duration,
}

impl Newest {
    /// RACK_sent_after: whether it left after `other`.
    //= rfc8985#6.2
    fn is_after(&self, order: SeqNum) -> bool {
        order.before(self.order)
    }
}

/// A scoreboard that takes no memory before the first segment leaves: most connections of a busy host are idle.
#[derive(Debug, Default)]
pub(crate) struct Board(Option<Box<Scoreboard>>);

impl Deref for Board {
    type Target = Scoreboard;
    #[inline]
    fn deref(&self) -> &Scoreboard {
        static EMPTY: Scoreboard = Scoreboard::empty();
        self.0.as_deref().unwrap_or(&EMPTY)
    }
}

impl DerefMut for Board {
    #[inline]
    fn deref_mut(&mut self) -> &mut Scoreboard {
        self.0.get_or_insert_with(|| Box::new(Scoreboard::empty()))
    }
}

/// What a cumulative acknowledgement covered.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Covered {
    pub(crate) bytes: u32,
    /// Of these, bytes that had been acknowledged selectively before.
    pub(crate) known: u32,
    /// Round trip of the newest segment, unless one of the segments was sent twice (Karn's rule): then the others waited
    /// for that one.
    pub(crate) rtt: Option<Duration>,
}

impl Scoreboard {
    pub(super) const fn empty() -> Self {
        Scoreboard {
            sent: VecDeque::new(),
            pipe: 0,
            sacked: 0,
            sacked_segments: 0,
            guessed: 0,
            loss_checked: 0,
            popped: 0,
            waiting: 0,
            waiting_from: 0,
            sacked_to: 0,
            ranges: Vec::new(),
            timed_from: 0,
            resends: VecDeque::new(),
            departures: SeqNum(0),
            lost: 0,
            lost_total: 0,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.sent.is_empty()
    }

    pub(crate) fn first(&self) -> Option<&Sent> {
        self.sent.front()
    }

    pub(crate) fn last(&self) -> Option<&Sent> {
        self.sent.back()
    }

    /// Bytes, and segments, that were acknowledged selectively.
    pub(crate) fn sacked(&self) -> (u32, u32) {
        (self.sacked, self.sacked_segments)
    }

    /// Whether anything is taken for lost and not yet known to have arrived.
    pub(crate) fn has_lost(&self) -> bool {
        self.lost > 0
    }

    /// Whether anything that was sent again is still on its way.
    pub(crate) fn has_resent(&self) -> bool {
        self.lost > self.waiting
    }

    pub(crate) fn lost_total(&self) -> u32 {
        self.lost_total
    }

    /// The counts of a snapshot.
    pub(crate) fn counts(&self) -> Counts {
        let count = |which: fn(&Sent) -> bool| self.sent.iter().filter(|sent| which(sent)).count() as u32;
        Counts {
            unacknowledged: self.sent.len() as u32,
            sacked: self.sacked_segments,
            lost: self.lost,
            resent: count(|sent| sent.resent && !sent.sacked),
        }
    }

    /// RFC 6675's pipe: bytes believed to be on their way.
    //= rfc6675#4
    pub(crate) fn pipe(&self) -> u32 {
        self.pipe.saturating_sub(self.guessed)
    }

    /// A new segment leaves.
    pub(crate) fn on_send(&mut self, seq: SeqNum, len: u32, at: Instant) {
        self.departures += 1;
        let order = self.departures;
        self.sent.push_back(Sent { seq, len, at, order, sacked: false, lost: false, again: 0, resent: false });
        self.pipe += len;
    }

    /// Everything before `una` has arrived; `delivered` sees each segment that was not known to have.
    #[inline]
    pub(crate) fn on_ack(&mut self, una: SeqNum, now: Instant, mut delivered: impl FnMut(&Sent)) -> Covered {
        let (mut covered, mut ambiguous) = (Covered::default(), false);
        while let Some(first) = self.sent.front_mut() {
            if una.at_most(first.seq) {
                break;
            }
            let before = first.in_pipe();
            if first.end().at_most(una) {
                covered.bytes += first.len;
                ambiguous |= first.again > 0;
                if first.sacked {
                    self.sacked -= first.len;
                    self.sacked_segments -= 1;
                    covered.known += first.len;
                } else {
                    covered.rtt = Some(now.since(first.at));
                    delivered(first);
                }
                self.waiting -= u32::from(first.lost && !first.resent && !first.sacked);
                self.lost -= u32::from(first.lost && !first.sacked);
                self.pipe -= before;
                self.sent.pop_front();
                self.popped += 1;
                continue;
            }
            // Part of a segment: the rest stays.
            let cut = una - first.seq;
            covered.bytes += cut;
            if first.sacked {
                self.sacked -= cut;
                covered.known += cut;
            }
            first.seq = una;
            first.len -= cut;
            self.pipe -= before - first.in_pipe();
            break;
        }
        self.loss_checked = self.loss_checked.max(self.popped);
        self.timed_from = self.timed_from.max(self.popped);
        if self.sent.is_empty() {
            debug_assert_eq!((self.pipe, self.lost, self.waiting, self.sacked), (0, 0, 0, 0), "nothing is in flight");
            self.resends.clear();
        }
        if !self.ranges.is_empty() {
            let old = self.ranges.partition_point(|(_, end)| end.at_most(una));
            self.ranges.drain(..old);
        }
        covered.rtt = covered.rtt.filter(|_| !ambiguous);
        covered
    }

    /// Marks what the blocks cover; returns how many bytes are newly marked. `delivered` sees each segment.
    pub(crate) fn on_sack(
        &mut self,
        blocks: &SackBlocks,
        una: SeqNum,
        nxt: SeqNum,
        mut delivered: impl FnMut(&Sent),
    ) -> u32 {
        let before = self.sacked;
        for (start, end) in blocks.iter() {
            //= rfc2018#5
            // A block outside what is in flight says nothing (or is a D-SACK below una).
            if start.before(end) && una.at_most(start) && end.at_most(nxt) {
                self.on_block(start, end, &mut delivered);
            }
        }
        self.sacked - before
    }

    /// Every acknowledgement repeats its blocks: only what is new in them costs anything.
    fn on_block(&mut self, start: SeqNum, end: SeqNum, delivered: &mut impl FnMut(&Sent)) {
        let mut at = start;
        while at.before(end) {
            let next = self.ranges.partition_point(|(_, range_end)| range_end.at_most(at));
            let known = self.ranges.get(next).copied();
            if let Some((range_start, range_end)) = known
                && range_start.at_most(at)
            {
                at = range_end;
                continue;
            }
            let stop = known.map_or(end, |(range_start, _)| range_start.min(end));
            let (from, to) = self.join(next, at, stop);
            self.mark_sacked((at, stop), (from, to), delivered);
            at = stop;
        }
    }

    /// Adds a range that overlaps none, before index `next`; returns the one that it became part of.
    fn join(&mut self, next: usize, start: SeqNum, end: SeqNum) -> (SeqNum, SeqNum) {
        let left = next > 0 && self.ranges[next - 1].1 == start;
        let right = self.ranges.get(next).is_some_and(|(range_start, _)| *range_start == end);
        match (left, right) {
            (true, true) => {
                self.ranges[next - 1].1 = self.ranges.remove(next).1;
                self.ranges[next - 1]
            }
            (true, false) => {
                self.ranges[next - 1].1 = end;
                self.ranges[next - 1]
            }
            (false, true) => {
                self.ranges[next].0 = start;
                self.ranges[next]
            }
            (false, false) => {
                self.ranges.insert(next, (start, end));
                (start, end)
            }
        }
    }

    /// Marks the segments that touch `start..end` and lie within `from..to`.
    fn mark_sacked(
        &mut self,
        (start, end): (SeqNum, SeqNum),
        (from, to): (SeqNum, SeqNum),
        delivered: &mut impl FnMut(&Sent),
    ) {
        let Some(first) = self.sent.front().map(|sent| sent.seq) else { return };
        let index = self.sent.partition_point(|sent| sent.end() - first <= start - first);
        for (n, sent) in self.sent.range_mut(index..).enumerate() {
            let sent: &mut Sent = sent;
            if end.at_most(sent.seq) {
                break;
            }
            if sent.sacked || sent.seq.before(from) || to.before(sent.end()) {
                continue;
            }
            self.sacked_to = self.sacked_to.max(self.popped + (index + n) as u64 + 1);
            self.pipe -= sent.in_pipe();
            self.waiting -= u32::from(sent.lost && !sent.resent);
            self.lost -= u32::from(sent.lost);
            sent.sacked = true;
            self.sacked += sent.len;
            self.sacked_segments += 1;
            delivered(sent);
        }
    }

    /// What duplicates stand for, bytes.
    pub(crate) fn guessed(&self) -> u32 {
        self.guessed
    }

    /// One more duplicate acknowledgement of a peer without SACK.
    pub(crate) fn guess_one_left(&mut self, mss: u32) {
        self.guessed = (self.guessed + mss).min(self.pipe);
    }

    /// New data was acknowledged: one segment of it filled the hole, the rest had been guessed.
    pub(crate) fn unguess(&mut self, acked: u32, mss: u32) {
        self.guessed = self.guessed.saturating_sub(acked.saturating_sub(mss).max(1));
    }

    pub(crate) fn forget_guesses(&mut self) {
        self.guessed = 0;
    }

    /// IsLost: at least three segments (or more than two segments' bytes) above it have been sacked.
    //= rfc6675#4
    pub(crate) fn mark_lost(&mut self, mss: u32) -> bool {
        let Some(limit) = self.loss_limit(mss) else { return false };
        let mut any = false;
        let from = (self.loss_checked - self.popped) as usize;
        for index in from..limit {
            any |= self.mark(index);
        }
        self.loss_checked = self.loss_checked.max(self.popped + limit as u64);
        any
    }

    /// The index below which everything not sacked is lost.
    fn loss_limit(&self, mss: u32) -> Option<usize> {
        if self.sacked == 0 {
            return None;
        }
        let (mut segments, mut bytes) = (0, 0);
        let floor = (self.loss_checked - self.popped) as usize;
        let top = (self.sacked_to.saturating_sub(self.popped) as usize).clamp(floor, self.sent.len());
        for (index, sent) in self.sent.range(floor..top).enumerate().rev().map(|(index, sent)| (floor + index, sent)) {
            if sent.sacked {
                segments += 1;
                bytes += sent.len;
                if segments >= DUP_THRESH || bytes > (DUP_THRESH - 1) * mss {
                    return Some(index);
                }
            }
        }
        None
    }

    fn mark(&mut self, index: usize) -> bool {
        let sent = &mut self.sent[index];
        if sent.sacked || sent.lost {
            return false;
        }
        self.pipe -= sent.in_pipe();
        sent.lost = true;
        sent.resent = false;
        self.lost += 1;
        self.lost_total = self.lost_total.wrapping_add(sent.len);
        self.waiting += 1;
        self.waiting_from = self.waiting_from.min(self.popped + index as u64);
        true
    }

    /// Marks what left so long before `newest` that it would have arrived; answers whether anything was, and when to look
    /// again.
    //= rfc8985#6.2
    pub(crate) fn mark_late(&mut self, newest: Newest, now: Instant) -> (bool, Option<Instant>) {
        let (mut any, mut again_at) = (false, None);
        let mut index = (self.timed_from.max(self.popped) - self.popped) as usize;
        while let Some(sent) = self.sent.get(index) {
            let waits = !sent.sacked && !sent.lost && sent.again == 0;
            if waits && !newest.is_after(sent.order) {
                break;
            }
            if waits && sent.at + newest.allowance > now {
                again_at = Some(newest.at + newest.allowance);
                break;
            }
            any |= waits && self.mark(index);
            index += 1;
        }
        self.timed_from = self.popped + index as u64;
        while let Some((order, seq)) = self.resends.front().copied() {
            let index = self.index_of(seq);
            let current = index.is_some_and(|index| {
                let sent = &self.sent[index];
                sent.order == order && sent.resent && !sent.sacked
            });
            if let Some(index) = index.filter(|_| current) {
                if !newest.is_after(order) {
                    break;
                }
                if self.sent[index].at + newest.allowance > now {
                    again_at = Some(newest.at + newest.allowance);
                    break;
                }
                self.mark_resend_lost(index);
                any = true;
            }
            self.resends.pop_front();
        }
        (any, again_at)
    }

    /// What was sent again got lost too.
    fn mark_resend_lost(&mut self, index: usize) {
        let sent = &mut self.sent[index];
        self.pipe -= sent.in_pipe();
        self.lost += u32::from(!sent.lost);
        (sent.lost, sent.resent) = (true, false);
        self.lost_total = self.lost_total.wrapping_add(sent.len);
        self.waiting += 1;
        self.waiting_from = self.waiting_from.min(self.popped + index as u64);
    }

    fn index_of(&self, seq: SeqNum) -> Option<usize> {
        let first = self.sent.front()?.seq;
        if seq.before(first) {
            return None;
        }
        let index = self.sent.partition_point(|sent| sent.seq - first < seq - first);
        (self.sent.get(index)?.seq == seq).then_some(index)
    }

    /// The losses were none: what was not sent again is on its way after all.
    pub(crate) fn unmark_lost(&mut self) {
        for sent in self.sent.iter_mut().filter(|sent| sent.lost && !sent.resent && !sent.sacked) {
            sent.lost = false;
            self.lost -= 1;
            self.pipe += sent.len;
        }
        self.waiting = 0;
        (self.timed_from, self.loss_checked) = (self.popped, self.popped);
    }

    /// The first segment is lost, whatever the blocks say: a third duplicate, or a partial acknowledgement.
    pub(crate) fn mark_first_lost(&mut self) -> bool {
        !self.sent.is_empty() && self.mark(0)
    }

    /// The first segment goes again, even when it was sent again already: a probe of a closed window.
    pub(crate) fn resend_first(&mut self) {
        let Some(first) = self.sent.front_mut().filter(|first| !first.sacked) else { return };
        if first.lost && !first.resent {
            return;
        }
        self.pipe -= first.in_pipe();
        self.lost += u32::from(!first.lost);
        (first.lost, first.resent) = (true, false);
        self.waiting += 1;
        self.waiting_from = self.popped;
    }

    /// The path became narrower: what does not fit it was dropped.
    pub(crate) fn mark_larger_lost(&mut self, mss: u32) {
        for index in 0..self.sent.len() {
            if self.sent[index].len > mss {
                self.mark(index);
            }
        }
    }

    /// A timeout: everything that was not sacked is taken for lost, what was sent again included.
    pub(crate) fn mark_all_lost(&mut self) {
        for sent in &mut self.sent {
            if !sent.sacked {
                let told = sent.lost && !sent.resent;
                self.lost_total = self.lost_total.wrapping_add(if told { 0 } else { sent.len });
                (sent.lost, sent.resent) = (true, false);
            }
        }
        self.waiting = self.sent.iter().filter(|sent| !sent.sacked).count() as u32;
        self.lost = self.waiting;
        self.waiting_from = self.popped;
        self.pipe = 0;
        self.guessed = 0;
        self.loss_checked = self.popped + self.sent.len() as u64;
        self.timed_from = self.loss_checked;
        self.resends.clear();
    }

    /// The peer dropped what it had sacked (it may, RFC 2018 section 8): when the first segment is sacked but not
    /// acknowledged at a timeout, no mark can be trusted.
    pub(crate) fn forget_sacks_if_reneged(&mut self) {
        if self.sent.front().is_some_and(|first| first.sacked) {
            self.ranges.clear();
            for sent in self.sent.iter_mut().filter(|sent| sent.sacked) {
                sent.sacked = false;
                self.lost += u32::from(sent.lost);
                self.waiting += u32::from(sent.lost && !sent.resent);
                self.sacked -= sent.len;
                self.sacked_segments -= 1;
                self.pipe += sent.in_pipe();
            }
        }
    }

    /// The first segment that is lost and not on its way again.
    pub(crate) fn next_lost(&self) -> Option<Sent> {
        if self.waiting == 0 {
            return None;
        }
        let from = (self.waiting_from.max(self.popped) - self.popped) as usize;
        self.sent.range(from..).find(|sent| sent.lost && !sent.resent && !sent.sacked).copied()
    }

    /// `seq` (a segment that `next_lost` named) leaves again, perhaps cut to `len`.
    pub(crate) fn on_resend(&mut self, seq: SeqNum, len: u32, now: Instant) {
        let Some(first) = self.sent.front().map(|sent| sent.seq) else { return };
        let index = self.sent.partition_point(|sent| sent.seq - first < seq - first);
        let Some(sent) = self.sent.get_mut(index) else { return };
        if len < sent.len {
            let rest = Sent { seq: sent.seq + len, len: sent.len - len, ..*sent };
            sent.len = len;
            self.sent.insert(index + 1, rest);
            self.waiting += 1;
            self.lost += 1;
        }
        let sent = &mut self.sent[index];
        self.departures += 1;
        (sent.resent, sent.again, sent.at, sent.order) = (true, sent.again.saturating_add(1), now, self.departures);
        self.waiting -= 1;
        self.waiting_from = self.popped + index as u64 + 1;
        self.pipe += len;
        self.resends.push_back((self.departures, seq));
    }

    /// The last segment leaves once more although it is not known to be lost: a probe of the tail.
    pub(crate) fn on_tail_resend(&mut self, now: Instant) {
        let Some(last) = self.sent.back_mut().filter(|last| !last.lost && !last.sacked) else { return };
        self.departures += 1;
        (last.resent, last.again, last.at, last.order) = (true, last.again.saturating_add(1), now, self.departures);
        self.resends.push_back((self.departures, last.seq));
    }
}

/// RFC 6675's DupThresh.
const DUP_THRESH: u32 = 3;

#[cfg(test)]
mod tests;
