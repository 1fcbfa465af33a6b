//! Virtual LANs: the tag of IEEE 802.1Q (clause 9) behind the two addresses of an Ethernet frame.
//!
//! ```text
//! | destination (6) | source (6) | 0x8100 | priority (3 bits), drop eligible (1), identifier (12) | type (2) | payload ...
//!                                 └──────────────────── the tag: four bytes ───────────────────┘
//! ```

use std::fmt;
use std::ops::Range;

use crate::dissect::Dissection;
use crate::ethernet::{self, EtherType};
use crate::{Error, PacketBuf, Problem, Result};

/// Bytes that a tag adds to a frame.
pub const LEN: usize = 4;

/// The identifier that names no virtual LAN: the tag is there for its priority.
pub const PRIORITY_ONLY: u16 = 0;

/// The largest identifier; 4095 is reserved.
pub const MAX_VID: u16 = 4094;

/// To which virtual LAN a frame belongs, and how it is to be treated.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Tag {
    /// Priority code point, 0 to 7.
    pub pcp: u8,
    /// Drop eligible: to be lost first when a queue is full.
    pub dei: bool,
    /// The virtual LAN's identifier, 12 bits.
    pub vid: u16,
}

impl Tag {
    /// Reads the tag control, and the type behind it, at the front of what follows type 0x8100.
    pub fn parse(bytes: &[u8]) -> Result<(Tag, EtherType)> {
        let Some(&[high, low, type_high, type_low]) = bytes.first_chunk::<LEN>() else {
            return Err(Error::new("802.1Q", "tag", bytes.len(), Problem::TooShort));
        };
        let vid = u16::from_be_bytes([high & 0x0f, low]);
        let tag = Tag { pcp: high >> 5, dei: high & DEI != 0, vid };
        Ok((tag, EtherType(u16::from_be_bytes([type_high, type_low]))))
    }

    /// Tag control as it is sent. Numbers are cut to their fields.
    pub const fn control(self) -> [u8; 2] {
        let [high, low] = self.vid.to_be_bytes();
        [self.pcp << 5 | if self.dei { DEI } else { 0 } | high & 0x0f, low]
    }
}

/// `VLAN 10`, and the priority if there is one.
impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VLAN {}", self.vid)?;
        if self.pcp != 0 { write!(f, " priority {}", self.pcp) } else { Ok(()) }
    }
}

/// The outermost tag of an Ethernet frame.
pub fn tag_of(frame: &[u8]) -> Option<Tag> {
    let header = ethernet::Header::parse(frame).ok()?;
    let tagged = header.ethertype == EtherType::VLAN;
    let (tag, _) = Tag::parse(frame.get(ethernet::LEN..).filter(|_| tagged)?).ok()?;
    Some(tag)
}

/// Puts a tag behind the two addresses of an Ethernet frame. What is too short for a frame's header is left alone.
pub fn push_tag(frame: &mut PacketBuf, tag: Tag) {
    bring_forward(frame, ethernet::LEN);
    if frame.head().len() < ethernet::LEN {
        return;
    }
    frame.push(LEN);
    let head = frame.head_mut();
    head.copy_within(LEN..LEN + ADDRESSES, 0);
    head[ADDRESSES..ADDRESSES + 2].copy_from_slice(&EtherType::VLAN.0.to_be_bytes());
    head[ADDRESSES + 2..ADDRESSES + LEN].copy_from_slice(&tag.control());
}

/// Takes the outermost tag out of an Ethernet frame. A frame without one is left alone.
pub fn pop_tag(frame: &mut PacketBuf) -> Option<Tag> {
    bring_forward(frame, ethernet::LEN + LEN);
    let tag = tag_of(frame.head())?;
    frame.head_mut().copy_within(..ADDRESSES, LEN);
    frame.pull(LEN);
    Some(tag)
}

/// Frames whose first bytes lie in the payload (none that a host builds) are made one piece.
fn bring_forward(frame: &mut PacketBuf, len: usize) {
    if frame.head().len() < len {
        frame.flatten();
    }
}

pub(crate) fn dissect(dissection: &mut Dissection<'_>, range: Range<usize>) {
    let bytes = dissection.bytes(range.clone());
    let mut layer = dissection.layer("802.1Q", range.start..range.start + bytes.len().min(LEN));
    let (tag, ethertype) = match Tag::parse(bytes) {
        Ok(parsed) => parsed,
        Err(error) => {
            dissection.push(layer.malformed(error));
            return;
        }
    };
    layer.field("Priority code point", 0..1, tag.pcp);
    layer.field("Drop eligible", 0..1, u8::from(tag.dei));
    layer.field("VLAN identifier", 0..2, tag.vid);
    layer.summary = format!("802.1Q {tag} {}", ethernet::named(ethertype));
    ethernet::type_or_length(&mut layer, 2..4, ethertype, bytes.len() - LEN);
    dissection.push(layer);
    ethernet::next(dissection, ethertype, range.start + LEN..range.end);
}

/// Bytes of the two addresses.
const ADDRESSES: usize = 12;
/// The bit of tag control's first byte.
const DEI: u8 = 0x10;

#[cfg(test)]
mod tests {
    use base::{Mac, PacketId};
    use bytes::Bytes;

    use super::*;

    fn untagged() -> PacketBuf {
        let mut frame = PacketBuf::new(PacketId::NONE, Bytes::from_static(b"body"));
        ethernet::Header { dst: Mac::BROADCAST, src: Mac::local(7), ethertype: EtherType::IPV4 }.push(&mut frame);
        frame
    }

    #[test]
    fn a_tag_stands_behind_the_addresses() {
        let mut frame = untagged();
        let tag = Tag { pcp: 5, dei: true, vid: 0x123 };
        push_tag(&mut frame, tag);
        assert_eq!(frame.contiguous(), b"\xff\xff\xff\xff\xff\xff\x02\0\0\0\0\x07\x81\0\xb1\x23\x08\0body");
        assert_eq!(tag_of(frame.head()), Some(tag));
        assert_eq!(tag.to_string(), "VLAN 291 priority 5");
    }

    #[test]
    fn what_was_tagged_twice_is_untagged_twice() {
        let mut frame = untagged();
        let [inner, outer] = [1, 2].map(|vid| Tag { vid, ..Tag::default() });
        push_tag(&mut frame, inner);
        push_tag(&mut frame, outer);
        assert_eq!([pop_tag(&mut frame), pop_tag(&mut frame), pop_tag(&mut frame)], [Some(outer), Some(inner), None]);
        assert_eq!(frame.contiguous(), untagged().contiguous());
    }

    #[test]
    fn a_runt_is_left_alone() {
        let mut frame = PacketBuf::from_vec(PacketId::NONE, vec![0x81; 13]);
        push_tag(&mut frame, Tag::default());
        assert_eq!((frame.len(), pop_tag(&mut frame)), (13, None));
    }

    #[test]
    fn bytes_in_the_payload_are_tagged_too() {
        let mut frame = PacketBuf::new(PacketId::NONE, Bytes::from(untagged().contiguous()));
        push_tag(&mut frame, Tag { vid: 9, ..Tag::default() });
        assert_eq!(frame.len(), 22);
        assert_eq!(pop_tag(&mut frame).map(|tag| tag.vid), Some(9));
        assert_eq!(frame.contiguous(), untagged().contiguous());
    }
}
