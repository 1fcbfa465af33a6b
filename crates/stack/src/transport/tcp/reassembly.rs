//! Out-of-order text: kept until the gap before it is filled, and reported as SACK blocks (RFC 2018).
//!
//! Positions count from the receiver's first missing byte (RCV.NXT), so nothing here wraps.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;

/// Received pieces beyond the first gap, joined to blocks that do not touch each other or position 0.
#[derive(Debug, Default)]
pub(crate) struct Reassembly {
    /// Blocks by their position in the whole stream.
    blocks: BTreeMap<u64, Block>,
    /// Pieces in all blocks.
    pieces: usize,
    /// Stream position of the first missing byte.
    next: u64,
    /// Where the newest pieces arrived, newest first: the order of SACK blocks.
    recent: [u64; RECENT],
}

/// A run of contiguous pieces.
#[derive(Debug)]
struct Block {
    end: u64,
    pieces: VecDeque<Bytes>,
}

/// What became of an inserted piece.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Inserted {
    /// It held something new.
    New,
    /// All of it was here already.
    Nothing,
    /// There is no room for more pieces.
    Full,
}

impl Reassembly {
    /// Keeps what is new of `data`, which starts `offset` bytes behind the first missing byte; `offset` > 0.
    pub(crate) fn insert(&mut self, offset: u32, data: Bytes) -> Inserted {
        if data.is_empty() {
            return Inserted::Nothing;
        }
        let arrived = self.next + u64::from(offset);
        let (mut at, end) = (arrived, arrived + data.len() as u64);
        let mut inserted = Inserted::Nothing;
        while at < end {
            // Skip what the block at or before `at` already covers.
            if let Some((_, block)) = self.blocks.range(..=at).next_back()
                && block.end > at
            {
                at = block.end;
                continue;
            }
            if self.pieces >= MAX_PIECES {
                return Inserted::Full;
            }
            let stop = self.blocks.range(at..end).next().map_or(end, |(start, _)| *start);
            self.fill(at, stop, data.slice((at - arrived) as usize..(stop - arrived) as usize));
            inserted = Inserted::New;
            at = stop;
        }
        self.remember(arrived);
        inserted
    }

    /// Puts a piece where nothing is, and joins it to the blocks that it touches.
    fn fill(&mut self, start: u64, end: u64, piece: Bytes) {
        self.pieces += 1;
        let right = self.blocks.remove(&end);
        let left =
            self.blocks.range_mut(..start).next_back().map(|(_, block)| block).filter(|block| block.end == start);
        match (left, right) {
            (Some(left), right) => {
                left.pieces.push_back(piece);
                left.end = end;
                if let Some(mut right) = right {
                    left.end = right.end;
                    left.pieces.append(&mut right.pieces);
                }
            }
            (None, Some(mut right)) => {
                right.pieces.push_front(piece);
                self.blocks.insert(start, right);
            }
            (None, None) => {
                self.blocks.insert(start, Block { end, pieces: VecDeque::from([piece]) });
            }
        }
    }

    /// Notes the newest arrival and forgets older ones of the same block, so that other blocks stay reported.
    fn remember(&mut self, at: u64) {
        let (start, end) = self.block_around(at).unwrap_or((at, at + 1));
        let mut kept = [0; RECENT];
        kept[0] = at;
        let others = self.recent.iter().filter(|r| !(start..end).contains(*r)).take(RECENT - 1);
        for (slot, other) in kept[1..].iter_mut().zip(others) {
            *slot = *other;
        }
        self.recent = kept;
    }

    /// The first gap was filled up to `n` bytes further. Returns the pieces that have become contiguous with it, in order.
    pub(crate) fn on_advance(&mut self, n: usize, mut deliver: impl FnMut(Bytes)) {
        self.next += n as u64;
        while let Some(entry) = self.blocks.first_entry() {
            let mut start = *entry.key();
            if start > self.next {
                break;
            }
            for piece in entry.remove().pieces {
                let end = start + piece.len() as u64;
                self.pieces -= 1;
                if end > self.next {
                    let fresh = piece.slice((self.next - start) as usize..);
                    self.next = end;
                    deliver(fresh);
                }
                start = end;
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// What of `len` bytes at `offset` is here already: the first such part, as distances from the first missing byte.
    pub(crate) fn overlap(&self, offset: u32, len: u32) -> Option<(u32, u32)> {
        let (from, to) = (self.next + u64::from(offset), self.next + u64::from(offset) + u64::from(len));
        let before = self.blocks.range(..=from).next_back().filter(|(_, block)| block.end > from);
        let (start, block) = before.or_else(|| self.blocks.range(from..to).next())?;
        Some(((from.max(*start) - self.next) as u32, (to.min(block.end) - self.next) as u32))
    }

    /// How many blocks there are.
    pub(crate) fn count(&self) -> usize {
        self.blocks.len()
    }

    /// The first missing byte's position in the whole stream.
    pub(crate) fn position(&self) -> u64 {
        self.next
    }

    /// Blocks for a SACK option, as distances from the first missing byte: first the one with the newest arrival.
    //= rfc2018#4
    pub(crate) fn blocks(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let mut seen = [u64::MAX; RECENT];
        self.recent.iter().enumerate().filter_map(move |(i, at)| {
            let (start, end) = self.block_around(*at)?;
            if seen.contains(&start) {
                return None;
            }
            seen[i] = start;
            Some(((start - self.next) as u32, (end - self.next) as u32))
        })
    }

    /// The block that covers `at`.
    fn block_around(&self, at: u64) -> Option<(u64, u64)> {
        let (start, block) = self.blocks.range(..=at).next_back()?;
        (at > self.next && block.end > at).then_some((*start, block.end))
    }
}

/// Pieces kept at most, so that many tiny segments cannot fill the memory.
const MAX_PIECES: usize = 4096;
/// Arrivals remembered: a SACK option holds at most four blocks.
const RECENT: usize = 4;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes(range: std::ops::Range<u32>) -> Bytes {
        range.map(|n| (n % 251) as u8).collect()
    }

    #[test]
    fn a_filled_gap_delivers_what_waited_behind_it() {
        let mut reassembly = Reassembly::default();
        reassembly.insert(10, bytes(10..20));
        reassembly.insert(30, bytes(30..40));
        let mut out = Vec::new();
        reassembly.on_advance(10, |piece| out.extend_from_slice(&piece));
        assert_eq!(out, bytes(10..20));
        assert_eq!(reassembly.blocks().collect::<Vec<_>>(), [(10, 20)]);
    }

    //= rfc2018#4 test
    #[test]
    fn the_first_block_holds_the_newest_arrival() {
        let mut reassembly = Reassembly::default();
        for at in [10, 30, 50] {
            reassembly.insert(at, bytes(at..at + 5));
        }
        assert_eq!(reassembly.blocks().collect::<Vec<_>>(), [(50, 55), (30, 35), (10, 15)]);
        reassembly.insert(15, bytes(15..20));
        assert_eq!(reassembly.blocks().next(), Some((10, 20)));
    }

    proptest! {
        #[test]
        fn any_order_and_overlap_gives_the_stream(cuts in prop::collection::vec((0u32..300, 1u32..60), 1..60)) {
            // The model: which bytes of the stream have arrived, in a plain vector.
            let (mut reassembly, mut have, mut next, mut out) = (Reassembly::default(), vec![false; 400], 0u32, Vec::new());
            for (at, len) in cuts {
                have[at as usize..(at + len) as usize].fill(true);
                let (start, end) = (at.max(next), at + len);
                if end <= next { continue }
                if start == next {
                    let fresh = bytes(start..end);
                    out.extend_from_slice(&fresh);
                    reassembly.on_advance(fresh.len(), |piece| out.extend_from_slice(&piece));
                    next = out.len() as u32;
                } else {
                    reassembly.insert(start - next, bytes(start..end));
                }
                let expected = have.iter().take_while(|h| **h).count() as u32;
                prop_assert_eq!(next, expected);
                prop_assert_eq!(u64::from(next), reassembly.position());
                for (from, to) in reassembly.blocks() {
                    prop_assert!(from > 0 && have[(next + from) as usize..(next + to) as usize].iter().all(|h| *h));
                    prop_assert!(!have[(next + from - 1) as usize] && !have[(next + to) as usize]);
                }
            }
            prop_assert_eq!(&out[..], &bytes(0..next)[..]);
            prop_assert_eq!(reassembly.is_empty(), !have[next as usize..].iter().any(|h| *h));
        }
    }
}
