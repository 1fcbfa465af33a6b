//! What a response carries: bytes at hand, or a long repeatable pattern made while it is sent.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// A response's content. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Content {
    /// These bytes.
    Bytes(Bytes),
    /// So many bytes of [`pattern`], made as the network takes them.
    Pattern(u64),
}

impl Content {
    /// Length in bytes.
    pub fn len(&self) -> u64 {
        match self {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::Pattern(len) => *len,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The content in blocks, as it is sent.
    pub fn blocks(&self) -> impl Iterator<Item = Bytes> {
        let mut stream = Stream::new(self.clone());
        std::iter::from_fn(move || stream.next_block())
    }
}

/// The `len` bytes from `offset` of an endless pattern without a period that a lost, doubled or swapped block could hide
/// in: each 8 bytes are a scrambled count (SplitMix64).
pub fn pattern(offset: u64, len: usize) -> Bytes {
    let mut out = Vec::with_capacity(len + 8);
    let mut word = offset / 8;
    let skip = (offset % 8) as usize;
    while out.len() < len + skip {
        out.extend_from_slice(&scramble(word).to_le_bytes());
        word += 1;
    }
    Bytes::from(out).slice(skip..skip + len)
}

fn scramble(count: u64) -> u64 {
    let mut x = count.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// A content on its way. hyper asks for the next block when it has room: that is all the backpressure there is.
pub(super) struct Stream {
    content: Content,
    at: u64,
}

impl Stream {
    pub(super) fn new(content: Content) -> Self {
        Stream { content, at: 0 }
    }

    fn left(&self) -> u64 {
        self.content.len() - self.at
    }

    fn next_block(&mut self) -> Option<Bytes> {
        let len = self.left().min(BLOCK);
        if len == 0 {
            return None;
        }
        let block = match &self.content {
            Content::Bytes(bytes) => bytes.slice(self.at as usize..(self.at + len) as usize),
            Content::Pattern(_) => pattern(self.at, len as usize),
        };
        self.at += len;
        Some(block)
    }
}

impl Body for Stream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.next_block().map(|block| Ok(Frame::data(block))))
    }

    fn is_end_stream(&self) -> bool {
        self.left() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left())
    }
}

/// Bytes handed to hyper at once.
const BLOCK: u64 = 65_536;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_content_is_sent_whole_in_blocks() {
        for content in [Content::Pattern(200_000), Content::Bytes(pattern(7, 150_001)), Content::Bytes(Bytes::new())] {
            let blocks: Vec<_> = content.blocks().collect();
            assert_eq!(blocks.iter().map(|block| block.len() as u64).sum::<u64>(), content.len());
            assert!(blocks.iter().all(|block| !block.is_empty() && block.len() as u64 <= BLOCK));
        }
    }

    proptest! {
        #[test]
        fn a_pattern_is_the_same_wherever_it_is_cut(offset in 0u64..5000, len in 0usize..300, cut in 0usize..300) {
            let whole = pattern(offset, len + cut);
            prop_assert_eq!(&whole[..len], &pattern(offset, len)[..]);
            prop_assert_eq!(&whole[len..], &pattern(offset + len as u64, cut)[..]);
        }
    }
}
