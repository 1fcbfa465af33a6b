//! The queue in front of a medium: first in, first out, and what does not fit is dropped (drop-tail).

use std::collections::VecDeque;

use wire::PacketBuf;

#[derive(Debug)]
pub(crate) struct Queue {
    frames: VecDeque<PacketBuf>,
    limit: usize,
}

impl Queue {
    pub(crate) fn new(limit: usize) -> Self {
        Queue { frames: VecDeque::new(), limit }
    }

    /// Gives the frame back when the queue is full.
    pub(crate) fn push(&mut self, frame: PacketBuf) -> Result<(), PacketBuf> {
        if self.frames.len() >= self.limit {
            return Err(frame);
        }
        self.frames.push_back(frame);
        Ok(())
    }

    pub(crate) fn pop(&mut self) -> Option<PacketBuf> {
        self.frames.pop_front()
    }

    pub(crate) fn len(&self) -> usize {
        self.frames.len()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.frames.len() >= self.limit
    }
}
