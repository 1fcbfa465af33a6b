//! Unacknowledged and unsent bytes, in shared chunks.
//!
//! ```text
//!   una                       nxt                 end
//!    ├── sent, unacknowledged ─┼── not yet sent ───┤
//!    [ chunk ][   chunk   ][  chunk  ][   tail . . . ]
//! ```
//! A write is copied once, into the tail. A segment is a slice of a chunk: retransmitting copies nothing. Only a segment
//! that spans two chunks is put together in a block of its own.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

/// The stream from the first unacknowledged byte on. Positions are counted from there.
#[derive(Debug)]
pub(crate) struct SendBuffer {
    /// Frozen chunks with their position in the whole stream, ascending.
    chunks: VecDeque<(u64, Bytes)>,
    /// The newest bytes, still in one hand, with room behind them.
    tail: BytesMut,
    /// Stream position of the first unacknowledged byte.
    base: u64,
    /// Stream position behind the last byte.
    end: u64,
    capacity: usize,
    /// The chunk of the last slice: the next one most likely continues there.
    cursor: usize,
}

impl SendBuffer {
    pub(crate) fn new(capacity: usize) -> Self {
        SendBuffer { chunks: VecDeque::new(), tail: BytesMut::new(), base: 0, end: 0, capacity, cursor: 0 }
    }

    /// Takes as much of `data` as fits and says how much that was.
    pub(crate) fn push(&mut self, data: &[u8]) -> usize {
        let taken = data.len().min(self.room());
        let mut rest = &data[..taken];
        while !rest.is_empty() {
            if self.tail.capacity() == self.tail.len() {
                self.freeze();
                self.tail = BytesMut::with_capacity(rest.len().clamp(MIN_CHUNK, MAX_CHUNK));
            }
            let n = rest.len().min(self.tail.capacity() - self.tail.len());
            self.tail.extend_from_slice(&rest[..n]);
            self.end += n as u64;
            rest = &rest[n..];
        }
        taken
    }

    fn freeze(&mut self) {
        if !self.tail.is_empty() {
            let at = self.end - self.tail.len() as u64;
            self.chunks.push_back((at, self.tail.split().freeze()));
        }
    }

    /// The `len` bytes at `position` behind the first unacknowledged one; they must be in the buffer.
    pub(crate) fn slice(&mut self, position: usize, len: usize) -> Bytes {
        let at = self.base + position as u64;
        assert!(at + len as u64 <= self.end, "a segment of bytes that were never written");
        if len == 0 {
            return Bytes::new();
        }
        if at + len as u64 > self.end - self.tail.len() as u64 {
            self.freeze();
        }
        let first = self.chunk_of(at);
        let (start, chunk) = &self.chunks[first];
        let from = (at - start) as usize;
        if from + len <= chunk.len() {
            return chunk.slice(from..from + len);
        }
        let mut block = Vec::with_capacity(len);
        block.extend_from_slice(&chunk[from..]);
        for (_, chunk) in self.chunks.iter().skip(first + 1) {
            let n = chunk.len().min(len - block.len());
            block.extend_from_slice(&chunk[..n]);
            if block.len() == len {
                break;
            }
        }
        Bytes::from(block)
    }

    /// The index of the chunk that holds the byte at stream position `at`.
    fn chunk_of(&mut self, at: u64) -> usize {
        let holds = |index: usize| self.chunks.get(index).is_some_and(|(s, c)| (*s..s + c.len() as u64).contains(&at));
        let near = [self.cursor, self.cursor + 1].into_iter().find(|index| holds(*index));
        self.cursor = near.unwrap_or_else(|| self.chunks.partition_point(|(start, _)| *start <= at) - 1);
        self.cursor
    }

    /// The first `n` bytes are acknowledged and forgotten.
    pub(crate) fn on_ack(&mut self, n: usize) {
        assert!(n <= self.len(), "acknowledged bytes that were never written");
        self.base += n as u64;
        if self.base > self.end - self.tail.len() as u64 {
            self.freeze();
        }
        while self.chunks.front().is_some_and(|(start, chunk)| start + chunk.len() as u64 <= self.base) {
            self.chunks.pop_front();
            self.cursor = self.cursor.saturating_sub(1);
        }
        if self.is_empty() {
            // An idle connection keeps no block.
            self.tail = BytesMut::new();
        }
    }

    pub(crate) fn len(&self) -> usize {
        (self.end - self.base) as usize
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.end == self.base
    }

    /// How many bytes a write could place now.
    pub(crate) fn room(&self) -> usize {
        self.capacity.saturating_sub(self.len())
    }

    pub(crate) fn set_capacity(&mut self, bytes: usize) {
        self.capacity = bytes;
    }
}

/// Sizes of the blocks that writes are copied into.
const MIN_CHUNK: usize = 2 << 10;
const MAX_CHUNK: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_segment_inside_a_chunk_is_not_copied() {
        let mut buffer = SendBuffer::new(1 << 20);
        assert_eq!(buffer.push(&[7; 10_000]), 10_000);
        let (a, b) = (buffer.slice(0, 1000), buffer.slice(0, 1000));
        assert_eq!(a.as_ptr(), b.as_ptr());
    }

    #[test]
    fn a_full_buffer_takes_no_more() {
        let mut buffer = SendBuffer::new(10);
        assert_eq!((buffer.push(b"0123456789ab"), buffer.push(b"c"), buffer.room()), (10, 0, 0));
        buffer.on_ack(4);
        assert_eq!((buffer.room(), buffer.slice(0, 6)), (4, Bytes::from_static(b"456789")));
    }

    #[derive(Clone, Debug)]
    enum Step {
        Push(Vec<u8>),
        Ack(usize),
        Slice(usize, usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            prop::collection::vec(any::<u8>(), 0..5000).prop_map(Step::Push),
            (0usize..6000).prop_map(Step::Ack),
            (0usize..6000, 0usize..3000).prop_map(|(at, len)| Step::Slice(at, len)),
        ]
    }

    proptest! {
        #[test]
        fn it_behaves_like_a_plain_vector(steps in prop::collection::vec(step(), 0..40)) {
            let (mut buffer, mut model) = (SendBuffer::new(12_000), Vec::new());
            for step in steps {
                match step {
                    Step::Push(data) => {
                        let taken = buffer.push(&data);
                        prop_assert_eq!(taken, data.len().min(12_000 - model.len()));
                        model.extend_from_slice(&data[..taken]);
                    }
                    Step::Ack(n) => {
                        let n = n.min(model.len());
                        buffer.on_ack(n);
                        model.drain(..n);
                    }
                    Step::Slice(at, len) => {
                        let at = at.min(model.len());
                        let len = len.min(model.len() - at);
                        prop_assert_eq!(buffer.slice(at, len), &model[at..at + len]);
                    }
                }
                prop_assert_eq!(buffer.len(), model.len());
            }
        }
    }
}
