//! A packet on its way through the layers.
//!
//! ```text
//!  going down: push(n)                           going up: pull(n)
//!  ├── headroom ──┼─── head: all headers ───┤    ├─ pulled ─┼── head ──┤
//!  [..............|eth|ip |tcp..............]    [eth |ip   |tcp ......]
//!                                            └── payload: one shared slice, or nothing
//! ```
//! The head is one contiguous block that a packet owns; the payload is a shared slice, so that a segment shares the
//! send buffer's bytes and a receive queue keeps the packet's own. A hop moves the packet and copies nothing.

use std::ops::{Deref, DerefMut};

use base::PacketId;
use bytes::Bytes;

/// Headers in one owned block, and at most one shared slice of payload.
///
/// A handle of one word: a hop, a queue or a function moves eight bytes, whatever the packet holds.
#[derive(Debug)]
pub struct PacketBuf(Option<Box<Packet>>);

/// What a [`PacketBuf`] holds; its public fields are reached through the handle.
#[derive(Clone, Debug, Default)]
pub struct Packet {
    /// Headroom, then the head up to the end of the vector.
    block: Vec<u8>,
    start: usize,
    payload: Bytes,
    /// Which packet this is, on every hop.
    pub id: PacketId,
    /// The packet whose arrival made this one be sent (an ACK's segment, a reply's request).
    pub cause: PacketId,
}

/// Room for the largest headers that the stack pushes: Ethernet 14 + IPv6 40 + TCP 60, and some for a VLAN tag.
pub const HEADROOM: usize = 128;

impl PacketBuf {
    /// An empty head with [`HEADROOM`] in front, above `payload`.
    #[inline]
    pub fn new(id: PacketId, payload: Bytes) -> Self {
        let mut packet = pool::take();
        packet.start = HEADROOM;
        packet.payload = payload;
        packet.id = id;
        packet.cause = PacketId::NONE;
        PacketBuf(Some(packet))
    }

    /// A packet whose bytes are all in the head: received from a device, or read from a capture.
    pub fn from_vec(id: PacketId, bytes: Vec<u8>) -> Self {
        let packet = Packet { block: bytes, start: 0, payload: Bytes::new(), id, cause: PacketId::NONE };
        PacketBuf(Some(Box::new(packet)))
    }

    /// Gives up the headers pulled so far and returns what is left as one shared slice, without a copy when one part is
    /// empty.
    pub fn into_payload(mut self) -> Bytes {
        if self.block.len() == self.start {
            return std::mem::take(&mut self.payload);
        }
        self.flatten();
        let start = self.start;
        Bytes::from(std::mem::take(&mut self.block)).slice(start..)
    }
}

impl Default for PacketBuf {
    /// A packet of no bytes and no room.
    fn default() -> Self {
        PacketBuf(Some(Box::default()))
    }
}

impl Clone for PacketBuf {
    fn clone(&self) -> Self {
        PacketBuf(self.0.clone())
    }
}

impl Deref for PacketBuf {
    type Target = Packet;
    #[inline]
    fn deref(&self) -> &Packet {
        self.0.as_ref().expect("only drop takes the packet")
    }
}

impl DerefMut for PacketBuf {
    #[inline]
    fn deref_mut(&mut self) -> &mut Packet {
        self.0.as_mut().expect("only drop takes the packet")
    }
}

impl Drop for PacketBuf {
    #[inline]
    fn drop(&mut self) {
        if let Some(packet) = self.0.take() {
            pool::give(packet);
        }
    }
}

impl Packet {
    /// The head: everything not yet pulled, payload slice excluded.
    #[inline]
    pub fn head(&self) -> &[u8] {
        &self.block[self.start..]
    }

    /// The head, to be changed in place.
    #[inline]
    pub fn head_mut(&mut self) -> &mut [u8] {
        &mut self.block[self.start..]
    }

    /// The shared slice behind the head.
    #[inline]
    pub fn payload(&self) -> &Bytes {
        &self.payload
    }

    /// Both parts, in order.
    #[inline]
    pub fn parts(&self) -> [&[u8]; 2] {
        [self.head(), &self.payload]
    }

    /// Bytes in both parts.
    #[inline]
    pub fn len(&self) -> usize {
        self.block.len() - self.start + self.payload.len()
    }

    /// Whether no byte is left.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts `n` zeroed bytes before the head and returns them.
    #[inline]
    pub fn push(&mut self, n: usize) -> &mut [u8] {
        if self.start < n {
            self.grow_headroom(n);
        }
        self.start -= n;
        let fresh = &mut self.block[self.start..self.start + n];
        fresh.fill(0);
        fresh
    }

    /// Puts these bytes before the head.
    #[inline]
    pub fn push_array<const N: usize>(&mut self, bytes: [u8; N]) {
        if self.start < N {
            self.grow_headroom(N);
        }
        self.start -= N;
        self.block[self.start..self.start + N].copy_from_slice(&bytes);
    }

    #[cold]
    fn grow_headroom(&mut self, n: usize) {
        let mut block = vec![0; HEADROOM + n];
        block.extend_from_slice(self.head());
        self.block = block;
        self.start = HEADROOM + n;
    }

    /// Takes the first `n` bytes off the head (they stay reachable by [`Packet::unpull`]). Needs `n <= head().len()`.
    #[inline]
    pub fn pull(&mut self, n: usize) {
        assert!(n <= self.block.len() - self.start, "pulled more than the head holds");
        self.start += n;
    }

    /// Gives the last `n` pulled bytes back to the head.
    #[inline]
    pub fn unpull(&mut self, n: usize) {
        assert!(n <= self.start, "unpulled more than was pulled");
        self.start -= n;
    }

    /// Cuts both parts together to their first `len` bytes (a link's padding, for example). Longer than it is: unchanged.
    pub fn truncate(&mut self, len: usize) {
        let head = self.block.len() - self.start;
        if len < head {
            self.block.truncate(self.start + len);
            self.payload = Bytes::new();
        } else {
            self.payload.truncate(len - head);
        }
    }

    /// Appends zeroes behind the last byte until both parts together have `len` bytes.
    pub fn pad_to(&mut self, len: usize) {
        if self.len() < len {
            self.flatten();
            self.block.resize(self.start + len, 0);
        }
    }

    /// Moves the payload into the head, so that the head is the whole packet.
    pub fn flatten(&mut self) {
        if !self.payload.is_empty() {
            self.block.extend_from_slice(&self.payload);
            self.payload = Bytes::new();
        }
    }

    /// All bytes in one piece, copied.
    pub fn contiguous(&self) -> Vec<u8> {
        self.parts().concat()
    }
}

/// Packets that are gone, kept for the next ones: a packet then costs no allocation.
mod pool {
    use std::cell::RefCell;

    use super::{Bytes, HEADROOM, Packet};

    thread_local! {
        #[expect(clippy::vec_box, reason = "a packet moves between here and its handle without being copied")]
        static PACKETS: RefCell<Vec<Box<Packet>>> = const { RefCell::new(Vec::new()) };
    }

    /// A packet with a block of [`HEADROOM`] bytes; what they hold does not matter, because `push` zeroes what it gives.
    #[inline]
    pub(super) fn take() -> Box<Packet> {
        let used = PACKETS.try_with(|packets| packets.borrow_mut().pop()).ok().flatten();
        let mut packet = used.unwrap_or_default();
        if packet.block.len() != HEADROOM {
            packet.block.resize(HEADROOM, 0);
        }
        packet
    }

    /// Keeps a packet whose block has the usual size; a thread that ends keeps nothing.
    #[inline]
    pub(super) fn give(mut packet: Box<Packet>) {
        if (HEADROOM..=LARGEST).contains(&packet.block.capacity()) {
            packet.payload = Bytes::new();
            let _ = PACKETS.try_with(|packets| {
                let mut packets = packets.borrow_mut();
                if packets.len() < MOST {
                    packets.push(packet);
                }
            });
        }
    }

    /// Larger blocks are received frames: they go back to the allocator.
    const LARGEST: usize = 2 * HEADROOM;
    /// Packets kept by a thread: less than 400 KiB.
    const MOST: usize = 1024;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_pushed_down_and_pulled_up() {
        let mut packet = PacketBuf::new(PacketId(7), Bytes::from_static(b"data"));
        packet.push(2).copy_from_slice(b"TC");
        packet.push(2).copy_from_slice(b"IP");
        assert_eq!((packet.contiguous().as_slice(), packet.len()), (&b"IPTCdata"[..], 8));
        packet.pull(2);
        assert_eq!(packet.head(), b"TC");
        packet.unpull(2);
        packet.pull(4);
        assert_eq!(packet.into_payload(), b"data"[..]);
    }

    #[test]
    fn pushing_beyond_the_headroom_grows_it() {
        let mut packet = PacketBuf::from_vec(PacketId::NONE, b"body".to_vec());
        packet.push(300)[0] = 9;
        assert_eq!((packet.len(), packet.head()[0], &packet.head()[300..]), (304, 9, &b"body"[..]));
    }

    #[test]
    fn cutting_and_padding_count_both_parts() {
        let mut packet = PacketBuf::new(PacketId::NONE, Bytes::from_static(b"payload"));
        packet.push(3).copy_from_slice(b"hdr");
        packet.truncate(5);
        assert_eq!(packet.contiguous(), b"hdrpa");
        packet.pad_to(8);
        assert_eq!(packet.contiguous(), b"hdrpa\0\0\0");
        packet.truncate(2);
        assert_eq!(packet.contiguous(), b"hd");
        packet.pull(1);
        assert_eq!(packet.into_payload(), b"d"[..]);
    }
}
