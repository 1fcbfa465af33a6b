//! The peer's window: what it offers, from which segment we know, and how a closed one is probed.

use base::SeqNum;

use super::segment::Segment;

#[derive(Debug)]
pub(crate) struct PeerWindow {
    /// SND.WND, bytes.
    size: u32,
    /// The segment it was taken from (SND.WL1, SND.WL2).
    wl1: SeqNum,
    wl2: SeqNum,
    /// The largest window ever offered (MAX.SND.WND).
    max: u32,
    /// The peer's window scale.
    scale: u8,
}

impl PeerWindow {
    pub(crate) fn new(size: u32, scale: u8, irs: SeqNum, una: SeqNum) -> Self {
        PeerWindow { size, wl1: irs, wl2: una, max: size, scale }
    }

    #[inline]
    pub(crate) fn size(&self) -> u32 {
        self.size
    }

    #[inline]
    pub(crate) fn max(&self) -> u32 {
        self.max
    }

    pub(crate) fn scale(&self) -> u8 {
        self.scale
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.size == 0
    }

    /// What a segment offers.
    #[inline]
    pub(crate) fn offered(&self, segment: &Segment) -> u32 {
        u32::from(segment.window) << self.scale
    }

    /// Takes the window of a segment that acknowledges up to `una`, unless a newer one was taken already. Answers whether
    /// a closed window opened.
    //= rfc9293#3.10.7.4
    #[inline]
    pub(crate) fn update(&mut self, segment: &Segment, una: SeqNum) -> bool {
        self.take(segment.seq, segment.ack, segment.window, una)
    }

    #[inline]
    pub(crate) fn take(&mut self, seq: SeqNum, ack: SeqNum, window: u16, una: SeqNum) -> bool {
        // A repeated segment that acknowledges more counts too: its window belongs to the new SND.UNA, the old one does not.
        let newer = self.wl1.at_most(seq) || self.wl2.before(ack);
        if ack != una || !newer {
            return false;
        }
        let was_closed = self.is_closed();
        self.size = u32::from(window) << self.scale;
        self.max = self.max.max(self.size);
        (self.wl1, self.wl2) = (seq, ack);
        was_closed && self.size > 0
    }
}
