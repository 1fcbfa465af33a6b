//! The tag of a virtual LAN: IEEE 802.1Q clause 9.
//!
//! ```text
//! |  destination (6)  |    source (6)    | 81 00 | priority (3 bits) . drop eligible (1) . VLAN (12) | type (2) | ...
//!                                         └────────────────── the tag: 4 bytes ──────────────────┘
//! ```

use std::ops::Range;

use crate::dissect::{Dissection, Key};
use crate::ethernet::EtherType;
use crate::{Error, PacketBuf, Problem};

/// Bytes of a tag.
pub const LEN: usize = 4;

/// The largest number of a VLAN; 0 means none (a priority alone), 4095 is reserved.
pub const MAX_VID: u16 = 4094;

/// What a tag says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Tag {
    /// Priority code point, 0 to 7.
    pub pcp: u8,
    /// May be dropped first.
    pub dei: bool,
    /// Number of the VLAN, 0 to 4095.
    pub vid: u16,
}

impl Tag {
    /// A tag of this VLAN, of no priority.
    pub const fn of(vid: u16) -> Tag {
        Tag { pcp: 0, dei: false, vid }
    }

    const fn from_control(control: u16) -> Tag {
        Tag { pcp: (control >> 13) as u8, dei: control & DROP_ELIGIBLE != 0, vid: control & VID_MASK }
    }

    const fn control(self) -> u16 {
        (self.pcp as u16 & 7) << 13 | if self.dei { DROP_ELIGIBLE } else { 0 } | (self.vid & VID_MASK)
    }
}

/// The tag of an Ethernet frame, if it has one.
#[inline]
pub fn tag_of(head: &[u8]) -> Option<Tag> {
    let (_, rest) = head.split_first_chunk::<ADDRESSES_LEN>()?;
    let &[type_high, type_low, high, low] = rest.first_chunk()?;
    (u16::from_be_bytes([type_high, type_low]) == EtherType::VLAN.0)
        .then_some(Tag::from_control(u16::from_be_bytes([high, low])))
}

/// Puts a tag behind the addresses of a frame, in front of any other. False: it is too short, and unchanged.
pub fn push_tag(frame: &mut PacketBuf, tag: Tag) -> bool {
    if frame.head().len() < ADDRESSES_LEN {
        frame.flatten();
        if frame.head().len() < ADDRESSES_LEN {
            return false;
        }
    }
    frame.push(LEN);
    let head = frame.head_mut();
    head.copy_within(LEN..LEN + ADDRESSES_LEN, 0);
    head[ADDRESSES_LEN..ADDRESSES_LEN + 2].copy_from_slice(&EtherType::VLAN.0.to_be_bytes());
    head[ADDRESSES_LEN + 2..ADDRESSES_LEN + 4].copy_from_slice(&tag.control().to_be_bytes());
    true
}

/// Takes the outermost tag off a frame.
pub fn pop_tag(frame: &mut PacketBuf) -> Option<Tag> {
    if frame.head().len() < ADDRESSES_LEN + LEN {
        frame.flatten();
    }
    let tag = tag_of(frame.head())?;
    frame.head_mut().copy_within(..ADDRESSES_LEN, LEN);
    frame.pull(LEN);
    Some(tag)
}

/// Priority, a bit, and the number of a virtual LAN, before the type of what follows.
pub(crate) fn dissect(dissection: &mut Dissection<'_>, range: Range<usize>) {
    let bytes = dissection.bytes(range.clone());
    let mut layer = dissection.layer("802.1Q", range.start..range.start + bytes.len().min(LEN));
    let Some(&[high, low, type_high, type_low]) = bytes.first_chunk::<LEN>() else {
        dissection.push(layer.malformed(Error::new("802.1Q", "tag", bytes.len(), Problem::TooShort)));
        return;
    };
    let tag = Tag::from_control(u16::from_be_bytes([high, low]));
    let ethertype = EtherType(u16::from_be_bytes([type_high, type_low]));
    layer.field("Priority code point", 0..1, tag.pcp);
    layer.field("Drop eligible", 0..1, u8::from(tag.dei));
    layer.field("VLAN identifier", 0..2, tag.vid);
    if ethertype.is_length() {
        layer.field("Length", 2..4, ethertype.0);
        layer.summary = format!("802.1Q VLAN {} length {}", tag.vid, ethertype.0);
    } else {
        layer.field("Type", 2..4, ethertype);
        layer.summary = format!("802.1Q VLAN {} type {ethertype}", tag.vid);
    }
    dissection.push(layer);
    let carried = range.start + LEN..range.end;
    if ethertype.is_length() {
        let end = carried.start + usize::from(ethertype.0);
        dissection.next(Key::Llc, carried.start..end.min(carried.end));
    } else {
        dissection.next(Key::EtherType(ethertype), carried);
    }
}

const ADDRESSES_LEN: usize = 12;
const DROP_ELIGIBLE: u16 = 1 << 12;
const VID_MASK: u16 = 0xfff;

#[cfg(test)]
mod tests {
    use base::{LinkType, PacketId};
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;

    const FRAME: &[u8; 18] = b"\xff\xff\xff\xff\xff\xff\x02\0\0\0\0\x07\x88\xb5body";

    #[test]
    fn a_tag_stands_behind_the_addresses() {
        let mut frame = PacketBuf::from_vec(PacketId::NONE, FRAME.to_vec());
        assert_eq!((tag_of(frame.head()), pop_tag(&mut frame)), (None, None));
        assert!(push_tag(&mut frame, Tag { pcp: 5, dei: true, vid: 10 }));
        assert_eq!(frame.head(), b"\xff\xff\xff\xff\xff\xff\x02\0\0\0\0\x07\x81\0\xb0\x0a\x88\xb5body");
        assert_eq!(pop_tag(&mut frame), Some(Tag { pcp: 5, dei: true, vid: 10 }));
        assert_eq!(frame.head(), FRAME);
    }

    #[test]
    fn a_tagged_frame_is_taken_apart() {
        let mut frame = PacketBuf::from_vec(PacketId::NONE, FRAME.to_vec());
        push_tag(&mut frame, Tag::of(10));
        let layers = crate::dissect::dissect(LinkType::Ethernet, frame.head());
        assert_eq!(layers[1].get("VLAN identifier"), Some("10"));
        assert_eq!(layers[1].summary, "802.1Q VLAN 10 type 0x88b5");
        let bpdu = crate::stp::Bpdu::Notification;
        let mut frame = bpdu.frame(PacketId::NONE, base::Mac::local(1));
        push_tag(&mut frame, Tag::of(10));
        let layers = crate::dissect::dissect(LinkType::Ethernet, frame.head());
        assert_eq!(layers.iter().map(|layer| layer.name).collect::<Vec<_>>(), ["Ethernet", "802.1Q", "LLC", "STP"]);
    }

    #[test]
    fn a_runt_gets_no_tag() {
        let mut frame = PacketBuf::from_vec(PacketId::NONE, vec![0; 11]);
        assert!(!push_tag(&mut frame, Tag::of(1)));
        assert_eq!((pop_tag(&mut frame), frame.head()), (None, &[0; 11][..]));
    }

    proptest! {
        #[test]
        fn what_is_pushed_is_popped(
            bytes in proptest::collection::vec(any::<u8>(), 12..40),
            split in 0usize..40,
            (pcp, dei, vid) in (0u8..8, any::<bool>(), 0u16..4096),
        ) {
            let (head, payload) = bytes.split_at(split.min(bytes.len()));
            let mut frame = PacketBuf::new(PacketId::NONE, Bytes::copy_from_slice(payload));
            frame.push(head.len()).copy_from_slice(head);
            let tag = Tag { pcp, dei, vid };
            prop_assert!(push_tag(&mut frame, tag));
            prop_assert_eq!(frame.len(), bytes.len() + LEN);
            prop_assert_eq!(tag_of(frame.head()), Some(tag));
            prop_assert_eq!(pop_tag(&mut frame), Some(tag));
            prop_assert_eq!(frame.contiguous(), bytes);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..24)) {
            let _ = tag_of(&bytes);
            pop_tag(&mut PacketBuf::from_vec(PacketId::NONE, bytes.clone()));
            push_tag(&mut PacketBuf::from_vec(PacketId::NONE, bytes), Tag::of(1));
        }
    }
}
