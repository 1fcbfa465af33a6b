//! TCP options: MSS (RFC 9293, 3.2), window scale and timestamps (RFC 7323), selective acknowledgment (RFC 2018).

use std::fmt;

use base::SeqNum;

use super::LEN as FIXED;
use crate::checksum::Sum;
use crate::{Error, Problem, Result};

/// The largest shift that may be used; a larger one received counts as this one.
//= rfc7323#2.3
pub const MAX_WINDOW_SCALE: u8 = 14;

/// As many blocks as the option space can hold.
//= rfc2018#3
pub const MAX_SACK_BLOCKS: usize = 4;

const MAX_OPTIONS: usize = 40;

/// Kind and length of timestamps behind two NOPs (RFC 7323, appendix A).
pub(super) const TIMESTAMPS_WORD: u32 = 0x0101_080a;

/// Numbers of the Kind field.
pub(super) mod kind {
    pub(in crate::tcp) const END: u8 = 0;
    pub(in crate::tcp) const NOP: u8 = 1;
    pub(in crate::tcp) const MSS: u8 = 2;
    pub(in crate::tcp) const WINDOW_SCALE: u8 = 3;
    pub(in crate::tcp) const SACK_PERMITTED: u8 = 4;
    pub(in crate::tcp) const SACK: u8 = 5;
    pub(in crate::tcp) const TIMESTAMPS: u8 = 8;
}

/// The options of one segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// Maximum segment size the sender can receive.
    pub mss: Option<u16>,
    /// The sender's window shift, as received: see [`MAX_WINDOW_SCALE`].
    pub window_scale: Option<u8>,
    /// The sender understands SACK.
    pub sack_permitted: bool,
    /// TSval and TSecr.
    pub timestamps: Option<(u32, u32)>,
    /// What the sender holds beyond its acknowledgment number.
    pub sack: SackBlocks,
}

impl Options {
    /// Reads the bytes between the fixed header and the data. Unknown options are skipped; a length that cannot be is
    /// an error. Offsets in errors count from the start of the TCP header.
    //= rfc9293#3.1
    #[inline]
    pub fn parse(bytes: &[u8]) -> Result<Options> {
        match bytes {
            [] => Ok(Options::default()),
            // What nearly every segment of a connection with timestamps carries.
            &[kind::NOP, kind::NOP, kind::TIMESTAMPS, 10, a, b, c, d, e, f, g, h] => {
                let timestamps = Some((u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h])));
                Ok(Options { timestamps, ..Options::default() })
            }
            _ => Self::parse_each(bytes),
        }
    }

    fn parse_each(bytes: &[u8]) -> Result<Options> {
        let mut options = Options::default();
        for item in Items::new(bytes) {
            let Item { at, kind, body } = item?;
            options.take(kind, body).map_err(|field| Error::new("TCP", field, FIXED + at + 1, Problem::BadLength))?;
        }
        Ok(options)
    }

    /// Takes over one option, or names it if its length is wrong.
    pub(super) fn take(&mut self, kind: u8, body: &[u8]) -> std::result::Result<(), &'static str> {
        match (kind, body) {
            (kind::MSS, &[a, b]) => self.mss = Some(u16::from_be_bytes([a, b])),
            (kind::MSS, _) => return Err("Maximum Segment Size"),
            (kind::WINDOW_SCALE, &[shift]) => self.window_scale = Some(shift),
            (kind::WINDOW_SCALE, _) => return Err("Window Scale"),
            (kind::SACK_PERMITTED, []) => self.sack_permitted = true,
            (kind::SACK_PERMITTED, _) => return Err("SACK-Permitted"),
            (kind::TIMESTAMPS, &[a, b, c, d, e, f, g, h]) => {
                self.timestamps = Some((u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h])));
            }
            (kind::TIMESTAMPS, _) => return Err("Timestamps"),
            (kind::SACK, _) => self.sack = SackBlocks::parse(body).ok_or("SACK")?,
            _ => {}
        }
        Ok(())
    }

    /// The timestamps, when there is nothing else.
    #[inline]
    pub(super) fn only_timestamps(&self) -> Option<(u32, u32)> {
        let bare = self.mss.is_none() && self.window_scale.is_none() && !self.sack_permitted && self.sack.is_empty();
        self.timestamps.filter(|_| bare)
    }

    /// Bytes that the options take in a header, padding included.
    #[inline]
    pub fn len(&self) -> usize {
        let blocks = self.sack_room();
        self.len_without_sack() + if blocks == 0 { 0 } else { 4 + 8 * blocks }
    }

    /// Whether there is no option at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    fn len_without_sack(&self) -> usize {
        let mss = if self.mss.is_some() { 4 } else { 0 };
        let scale = if self.window_scale.is_some() { 4 } else { 0 };
        // SACK-permitted stands in the place of the two NOPs before timestamps.
        let middle = match (self.timestamps.is_some(), self.sack_permitted) {
            (true, _) => 12,
            (false, true) => 4,
            (false, false) => 0,
        };
        mss + scale + middle
    }

    /// How many SACK blocks fit.
    #[inline]
    fn sack_room(&self) -> usize {
        if self.sack.is_empty() {
            return 0;
        }
        let room = MAX_OPTIONS - self.len_without_sack();
        usize::from(self.sack.len).min(room.saturating_sub(4) / 8)
    }

    /// Writes the options in the order of Linux into `out`, which has exactly [`Options::len`] bytes, and sums them.
    #[inline]
    pub(super) fn write(&self, out: &mut [u8]) -> Sum {
        let mut out = Writer { out, at: 0, sum: Sum::new() };
        if out.out.is_empty() {
            return out.sum;
        }
        if let Some(mss) = self.mss {
            out.word(u32::from(kind::MSS) << 24 | 4 << 16 | u32::from(mss));
        }
        match (self.sack_permitted, self.timestamps) {
            (permitted, Some((value, echo))) => {
                out.bytes(if permitted {
                    [kind::SACK_PERMITTED, 2, kind::TIMESTAMPS, 10]
                } else {
                    [kind::NOP, kind::NOP, kind::TIMESTAMPS, 10]
                });
                out.word(value);
                out.word(echo);
            }
            (true, None) => out.bytes([kind::NOP, kind::NOP, kind::SACK_PERMITTED, 2]),
            (false, None) => {}
        }
        if let Some(shift) = self.window_scale {
            out.bytes([kind::NOP, kind::WINDOW_SCALE, 3, shift]);
        }
        let blocks = self.sack_room();
        if blocks > 0 {
            out.bytes([kind::NOP, kind::NOP, kind::SACK, 2 + 8 * blocks as u8]);
            for (left, right) in self.sack.iter().take(blocks) {
                out.word(left.0);
                out.word(right.0);
            }
        }
        out.sum
    }
}

/// Where the value of the MSS option stands.
pub(super) fn mss_at(options: &[u8]) -> Option<usize> {
    let item = Items::new(options).map_while(|item| item.ok()).find(|item| item.kind == kind::MSS)?;
    (item.body.len() == 2).then_some(item.at + 2)
}

struct Writer<'a> {
    out: &'a mut [u8],
    at: usize,
    sum: Sum,
}

impl Writer<'_> {
    #[inline]
    fn bytes(&mut self, bytes: [u8; 4]) {
        self.word(u32::from_be_bytes(bytes));
    }

    #[inline]
    fn word(&mut self, word: u32) {
        self.sum.add_u32(word);
        self.out[self.at..self.at + 4].copy_from_slice(&word.to_be_bytes());
        self.at += 4;
    }
}

/// Up to four blocks of received data, left edge and right edge, the most recent first.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct SackBlocks {
    blocks: [(SeqNum, SeqNum); MAX_SACK_BLOCKS],
    len: u8,
}

impl SackBlocks {
    /// No block.
    pub const NONE: SackBlocks = SackBlocks { blocks: [(SeqNum(0), SeqNum(0)); MAX_SACK_BLOCKS], len: 0 };

    //= rfc2018#3
    fn parse(body: &[u8]) -> Option<SackBlocks> {
        let (blocks, rest) = body.as_chunks::<8>();
        if blocks.is_empty() || blocks.len() > MAX_SACK_BLOCKS || !rest.is_empty() {
            return None;
        }
        let mut sack = SackBlocks::NONE;
        for [a, b, c, d, e, f, g, h] in blocks {
            sack.push(SeqNum(u32::from_be_bytes([*a, *b, *c, *d])), SeqNum(u32::from_be_bytes([*e, *f, *g, *h])));
        }
        Some(sack)
    }

    /// Adds a block behind the others; answers whether there was room.
    pub fn push(&mut self, left: SeqNum, right: SeqNum) -> bool {
        let Some(place) = self.blocks.get_mut(usize::from(self.len)) else { return false };
        *place = (left, right);
        self.len += 1;
        true
    }

    /// The blocks in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (SeqNum, SeqNum)> + '_ {
        self.blocks[..usize::from(self.len)].iter().copied()
    }

    /// How many blocks there are.
    pub const fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether there is no block.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl fmt::Debug for SackBlocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// One option as it stands in the header; NOPs are stepped over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item<'a> {
    /// Where its kind stands, counted from the first option.
    pub(super) at: usize,
    pub(super) kind: u8,
    /// What follows kind and length.
    pub(super) body: &'a [u8],
}

/// Walks over options until their end or the first whose length cannot be.
pub(super) struct Items<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Items<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Items { bytes, at: 0 }
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Result<Item<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.bytes.get(self.at) == Some(&kind::NOP) {
            self.at += 1;
        }
        let at = self.at;
        let kind = *self.bytes.get(at)?;
        if kind == kind::END {
            self.at = self.bytes.len();
            return None;
        }
        //= rfc9293#3.1
        // MUST-7: an illegal length must be survived.
        let len = self.bytes.get(at + 1).map_or(0, |len| usize::from(*len));
        match self.bytes.get(at + 2..at + len) {
            Some(body) => {
                self.at = at + len;
                Some(Ok(Item { at, kind, body }))
            }
            None => {
                self.at = self.bytes.len();
                Some(Err(Error::new("TCP", "option length", FIXED + at + 1, Problem::BadLength)))
            }
        }
    }
}
