//! Sockets on a link itself: programs that send and receive the payload of frames of one type, without IP.

use std::collections::{BTreeMap, VecDeque};
use std::task::Waker;

use base::{Mac, Port};
use bytes::Bytes;
use wire::ethernet::EtherType;

use crate::socket::LinkMessage;

/// All link sockets of a host, in the order in which they were opened.
#[derive(Debug, Default)]
pub(crate) struct LinkSockets {
    sockets: BTreeMap<u64, LinkSocket>,
    opened: u64,
}

#[derive(Debug)]
struct LinkSocket {
    port: Port,
    ethertype: EtherType,
    queue: VecDeque<LinkMessage>,
    queued_bytes: usize,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl LinkSockets {
    /// `None`: another socket has this type at this port.
    pub(crate) fn open(&mut self, port: Port, ethertype: EtherType) -> Option<u64> {
        if self.find(port, ethertype).is_some() {
            return None;
        }
        self.opened += 1;
        let queue = VecDeque::new();
        let socket = LinkSocket { port, ethertype, queue, queued_bytes: 0, reader: None, writer: None };
        self.sockets.insert(self.opened, socket);
        Some(self.opened)
    }

    pub(crate) fn close(&mut self, id: u64) {
        self.sockets.remove(&id);
    }

    pub(crate) fn len(&self) -> usize {
        self.sockets.len()
    }

    /// Where it sends, and frames of which type.
    pub(crate) fn place(&self, id: u64) -> Option<(Port, EtherType)> {
        self.sockets.get(&id).map(|socket| (socket.port, socket.ethertype))
    }

    /// The payload of a frame came in; false when nobody wants it, or its socket is full.
    pub(crate) fn on_message(
        &mut self,
        port: Port,
        ethertype: EtherType,
        from: Mac,
        data: Bytes,
        wakers: &mut Vec<Waker>,
    ) -> Taken {
        let Some(socket) = self.find(port, ethertype).and_then(|id| self.sockets.get_mut(&id)) else {
            return Taken::Unwanted;
        };
        if socket.queued_bytes >= 2 * QUEUE_BYTES {
            return Taken::Full;
        }
        socket.queued_bytes += data.len().max(1);
        socket.queue.push_back(LinkMessage { from, data });
        wakers.extend(socket.reader.take());
        Taken::Yes
    }

    /// Whether every socket at `port` has room: a reliable link tells the other end to wait when there is none.
    pub(crate) fn have_room(&self, port: Port) -> bool {
        !self.sockets.values().any(|socket| socket.port == port && socket.queued_bytes >= QUEUE_BYTES)
    }

    pub(crate) fn read(&mut self, id: u64) -> Option<LinkMessage> {
        let socket = self.sockets.get_mut(&id)?;
        let message = socket.queue.pop_front()?;
        socket.queued_bytes -= message.data.len().max(1);
        Some(message)
    }

    pub(crate) fn wake_on_readable(&mut self, id: u64, waker: &Waker, wakers: &mut Vec<Waker>) {
        match self.sockets.get_mut(&id) {
            Some(socket) if socket.queue.is_empty() => socket.reader = Some(waker.clone()),
            _ => wakers.push(waker.clone()),
        }
    }

    pub(crate) fn wake_on_writable(&mut self, id: u64, waker: &Waker) {
        if let Some(socket) = self.sockets.get_mut(&id) {
            socket.writer = Some(waker.clone());
        }
    }

    /// A frame left the queue of the interface at `port`.
    pub(crate) fn on_room(&mut self, port: Port, wakers: &mut Vec<Waker>) {
        for socket in self.sockets.values_mut().filter(|socket| socket.port == port) {
            wakers.extend(socket.writer.take());
        }
    }

    fn find(&self, port: Port, ethertype: EtherType) -> Option<u64> {
        let mut all = self.sockets.iter();
        all.find(|(_, socket)| (socket.port, socket.ethertype) == (port, ethertype)).map(|(id, _)| *id)
    }
}

/// What became of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Taken {
    Yes,
    Unwanted,
    Full,
}

/// Frames of link sockets that may wait in front of a medium: enough that it never idles, few enough that a writer feels
/// its pace.
pub(crate) const AHEAD: usize = 2;
/// Bytes that wait to be read before a reliable link is told to wait; twice as many are the limit.
const QUEUE_BYTES: usize = 64 << 10;
