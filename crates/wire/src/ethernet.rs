//! Ethernet II frames without preamble and FCS: RFC 894, IEEE 802.3 clause 3.
//!
//! ```text
//! |  destination (6)  |    source (6)    | type (2) | payload ... padded to 60 bytes
//! ```

use std::fmt;
use std::ops::Range;

use base::Mac;

use crate::dissect::{Dissection, Key};
use crate::{Error, PacketBuf, Problem, Result};

/// Bytes of the header.
pub const LEN: usize = 14;

/// The shortest frame without its FCS; shorter ones are padded.
pub const MIN_FRAME: usize = 60;

/// What a frame carries.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct EtherType(pub u16);

impl EtherType {
    /// IPv4, RFC 894.
    pub const IPV4: EtherType = EtherType(0x0800);
    /// ARP, RFC 826.
    pub const ARP: EtherType = EtherType(0x0806);
    /// An 802.1Q tag: two bytes of tag control, then the real type.
    pub const VLAN: EtherType = EtherType(0x8100);
    /// IPv6, RFC 2464.
    pub const IPV6: EtherType = EtherType(0x86dd);

    /// The type's name, where this crate knows it.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            EtherType::IPV4 => Some("IPv4"),
            EtherType::ARP => Some("ARP"),
            EtherType::VLAN => Some("802.1Q"),
            EtherType::IPV6 => Some("IPv6"),
            _ => None,
        }
    }

    /// Whether the field is a length (IEEE 802.3) and no type at all.
    pub const fn is_length(self) -> bool {
        self.0 < 0x0600
    }
}

impl fmt::Display for EtherType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "0x{:04x}", self.0),
        }
    }
}

/// The header of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Header {
    /// To whom.
    pub dst: Mac,
    /// From whom.
    pub src: Mac,
    /// What follows.
    pub ethertype: EtherType,
}

impl Header {
    /// Reads the header at the front of a frame.
    #[inline]
    pub fn parse(frame: &[u8]) -> Result<Header> {
        let Some([d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, t0, t1]) = frame.first_chunk::<LEN>() else {
            return Err(Error::new("Ethernet", "header", frame.len(), Problem::TooShort));
        };
        Ok(Header {
            dst: Mac([*d0, *d1, *d2, *d3, *d4, *d5]),
            src: Mac([*s0, *s1, *s2, *s3, *s4, *s5]),
            ethertype: EtherType(u16::from_be_bytes([*t0, *t1])),
        })
    }

    /// Writes the header in front of a packet. Padding to [`MIN_FRAME`] is the interface's work.
    #[inline]
    pub fn push(&self, packet: &mut PacketBuf) {
        let head = packet.push(LEN);
        head[..6].copy_from_slice(&self.dst.0);
        head[6..12].copy_from_slice(&self.src.0);
        head[12..14].copy_from_slice(&self.ethertype.0.to_be_bytes());
    }
}

pub(crate) fn dissect(dissection: &mut Dissection<'_>, range: Range<usize>) {
    let mut layer = dissection.layer("Ethernet", range.start..range.end.min(range.start + LEN));
    let header = match Header::parse(dissection.bytes(range.clone())) {
        Ok(header) => header,
        Err(error) => {
            dissection.push(layer.malformed(error));
            return;
        }
    };
    layer.field("Destination", 0..6, header.dst);
    layer.field("Source", 6..12, header.src);
    if header.ethertype.is_length() {
        layer.field("Length", 12..14, header.ethertype.0);
        layer.summary = format!("Ethernet {} > {} length {}", header.src, header.dst, header.ethertype.0);
    } else {
        layer.field("Type", 12..14, header.ethertype);
        layer.summary = format!("Ethernet {} > {} type {}", header.src, header.dst, header.ethertype);
    }
    let place = dissection.push(layer);
    let carried = range.start + LEN..range.end;
    if header.ethertype.is_length() {
        let end = carried.start + usize::from(header.ethertype.0);
        dissection.next(Key::Llc, carried.start..end.min(carried.end));
    } else {
        dissection.next(Key::EtherType(header.ethertype), carried);
    }
    let padding = dissection.claimed()..range.end;
    if let Some(layer) = dissection.layer_mut(place).filter(|_| !padding.is_empty()) {
        layer.field("Padding", padding.clone(), format_args!("{} bytes", padding.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::PacketId;

    #[test]
    fn a_header_is_written_as_it_is_read() {
        let header = Header { dst: Mac::BROADCAST, src: Mac::local(7), ethertype: EtherType::ARP };
        let mut packet = PacketBuf::from_vec(PacketId::NONE, b"body".to_vec());
        header.push(&mut packet);
        assert_eq!(packet.head(), b"\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x07\x08\x06body");
        assert_eq!(Header::parse(packet.head()), Ok(header));
    }

    #[test]
    fn a_runt_is_refused() {
        let error = Header::parse(&[0; 13]).unwrap_err();
        assert_eq!((error.offset, error.problem), (13, Problem::TooShort));
    }
}
