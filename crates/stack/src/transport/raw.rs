//! Raw sockets: a copy of every packet of one IP protocol that is for this host.

use std::collections::VecDeque;
use std::task::Waker;

use super::arena::Arena;
use crate::socket::{BindError, RawPacket};

/// All raw sockets of a host.
pub(crate) struct Raw {
    sockets: Arena<RawSocket>,
    queue_limit: usize,
}

struct RawSocket {
    protocol: u8,
    queue: VecDeque<RawPacket>,
    waker: Option<Waker>,
}

impl Raw {
    pub(crate) fn new(max_sockets: usize, queue_limit: usize) -> Self {
        Raw { sockets: Arena::new(max_sockets), queue_limit }
    }

    pub(crate) fn open(&mut self, protocol: u8) -> Result<u64, BindError> {
        let socket = RawSocket { protocol, queue: VecDeque::new(), waker: None };
        self.sockets.insert(socket).ok_or(BindError::TooManySockets)
    }

    pub(crate) fn protocol(&self, id: u64) -> Option<u8> {
        self.sockets.get(id).map(|socket| socket.protocol)
    }

    pub(crate) fn close(&mut self, id: u64) {
        self.sockets.remove(id);
    }

    pub(crate) fn is_wanted(&self, protocol: u8) -> bool {
        self.sockets.len() > 0 && self.sockets.iter().any(|(_, socket)| socket.protocol == protocol)
    }

    /// A full queue loses the packet for that socket alone.
    pub(crate) fn on_packet(&mut self, protocol: u8, packet: &RawPacket, wakers: &mut Vec<Waker>) {
        let limit = self.queue_limit;
        for (_, socket) in self.sockets.iter_mut().filter(|(_, socket)| socket.protocol == protocol) {
            if socket.queue.len() < limit {
                socket.queue.push_back(packet.clone());
                wakers.extend(socket.waker.take());
            }
        }
    }

    pub(crate) fn recv(&mut self, id: u64) -> Option<RawPacket> {
        self.sockets.get_mut(id)?.queue.pop_front()
    }

    pub(crate) fn wake_on_readable(&mut self, id: u64, waker: &Waker, wakers: &mut Vec<Waker>) {
        match self.sockets.get_mut(id) {
            Some(socket) if socket.queue.is_empty() => socket.waker = Some(waker.clone()),
            _ => wakers.push(waker.clone()),
        }
    }
}
