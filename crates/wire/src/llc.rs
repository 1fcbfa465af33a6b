//! IEEE 802.2 logical link control: a PDU between service access points, in 802.3 and 802.11 frames or alone on a line.
//!
//! ```text
//! | DSAP (1) | SSAP (1) | control (1 or 2) | information ... |          SNAP: | OUI (3) | type (2) | ... |
//! ```
//! Type 1 (UI frames, SAP aa with SNAP, RFC 1042) carries Ethernet's types where there is no room for them; type 2 (I, S and
//! U frames, numbers modulo 128) is HDLC's balanced mode.

use std::ops::Range;

use crate::dissect::{Dissection, Key};
use crate::ethernet::EtherType;
use crate::hdlc::{Control, Modulus, Unnumbered};
use crate::{Error, PacketBuf, Problem, Result};

/// Service access points.
pub mod sap {
    /// Internet protocol.
    pub const IP: u8 = 0x06;
    /// Bytes of nobody's protocol: a number that users may choose.
    pub const BYTES: u8 = 0x44;
    /// Spanning tree.
    pub const STP: u8 = 0x42;
    /// What follows is SNAP.
    pub const SNAP: u8 = 0xaa;
}

/// What stands in front of a PDU's information.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// To which access point.
    pub dsap: u8,
    /// From which.
    pub ssap: u8,
    /// A response, or else a command.
    pub response: bool,
    /// What it is.
    pub control: Control,
}

impl Header {
    /// A type 1 PDU between access points of the same number.
    pub const fn unnumbered(sap: u8) -> Self {
        Header { dsap: sap, ssap: sap, response: false, control: Control::U { kind: Unnumbered::Ui, poll: false } }
    }

    /// Reads the header at the front of a PDU; with its length.
    pub fn parse(pdu: &[u8]) -> Result<(Header, usize)> {
        let Some(&[dsap, ssap]) = pdu.first_chunk::<2>() else {
            return Err(Error::new("LLC", "SAP", pdu.len(), Problem::TooShort));
        };
        let (control, len) = Control::parse(&pdu[2..], Modulus::OneTwentyEight).map_err(|error| Error {
            format: "LLC",
            offset: 2 + error.offset,
            ..error
        })?;
        Ok((Header { dsap, ssap: ssap & !RESPONSE, response: ssap & RESPONSE != 0, control }, 2 + len))
    }

    /// Writes the header in front of the information.
    pub fn push(&self, packet: &mut PacketBuf) {
        self.control.push(packet, Modulus::OneTwentyEight);
        packet.push_array([self.dsap, self.ssap | if self.response { RESPONSE } else { 0 }]);
    }
}

/// LLC and SNAP in front of what an Ethernet frame carries (RFC 1042): bytes.
pub const SNAP_LEN: usize = 8;

/// SNAP: who defined the protocol, and its number there (RFC 1042).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Snap {
    /// The organization; zero: the number is a type of Ethernet.
    pub oui: [u8; 3],
    /// The protocol.
    pub ethertype: EtherType,
}

impl Snap {
    /// Reads LLC and SNAP at the front of a PDU; other PDUs are refused.
    pub fn parse(pdu: &[u8]) -> Result<Snap> {
        match pdu.first_chunk::<SNAP_LEN>() {
            Some([sap::SNAP, sap::SNAP, UI, a, b, c, high, low]) => {
                Ok(Snap { oui: [*a, *b, *c], ethertype: EtherType(u16::from_be_bytes([*high, *low])) })
            }
            Some(_) => Err(Error::new("SNAP", "LLC", 0, Problem::BadValue)),
            None => Err(Error::new("SNAP", "header", pdu.len(), Problem::TooShort)),
        }
    }

    /// Writes LLC and SNAP.
    pub fn push(self, packet: &mut PacketBuf) {
        let ([a, b, c], [high, low]) = (self.oui, self.ethertype.0.to_be_bytes());
        packet.push_array([sap::SNAP, sap::SNAP, UI, a, b, c, high, low]);
    }
}

/// Writes LLC and SNAP for a type of Ethernet.
pub fn push_snap(packet: &mut PacketBuf, ethertype: EtherType) {
    Snap { oui: [0; 3], ethertype }.push(packet);
}

/// The type behind LLC and SNAP, if there is one.
pub fn snap(pdu: &[u8]) -> Option<EtherType> {
    Snap::parse(pdu).ok().filter(|snap| snap.oui == [0; 3]).map(|snap| snap.ethertype)
}

/// What a PDU carries: the type, and where it begins. None: nothing, or nothing with a type.
pub fn payload(pdu: &[u8]) -> Option<(EtherType, usize)> {
    if let Some(ethertype) = snap(pdu) {
        return Some((ethertype, SNAP_LEN));
    }
    let (header, len) = Header::parse(pdu).ok()?;
    let carries = matches!(header.control, Control::I { .. } | Control::U { kind: Unnumbered::Ui, .. });
    (carries && header.dsap == sap::IP).then_some((EtherType::IPV4, len))
}

pub(crate) fn dissect(dissection: &mut Dissection<'_>, range: Range<usize>) {
    let bytes = dissection.bytes(range.clone());
    let mut layer = dissection.layer("LLC", range.clone());
    let (header, len) = match Header::parse(bytes) {
        Ok(parsed) => parsed,
        Err(error) => {
            dissection.push(layer.malformed(error));
            return;
        }
    };
    layer.range.end = range.start + len;
    layer.field("DSAP", 0..1, format_args!("0x{:02x}", header.dsap));
    layer.field("SSAP", 1..2, format_args!("0x{:02x}", header.ssap));
    layer.field("Command or response", 1..2, if header.response { "response" } else { "command" });
    layer.field("Control", 2..len, header.control);
    let unnumbered = matches!(header.control, Control::U { kind: Unnumbered::Ui, .. });
    let kind = if unnumbered { "LLC" } else { "LLC2" };
    layer.summary = match header.dsap {
        sap::IP => format!("{kind} {}", header.control),
        other => format!("{kind} sap=0x{other:02x} {}", header.control),
    };
    let carries = unnumbered || matches!(header.control, Control::I { .. });
    let key = match (Snap::parse(bytes), payload(bytes)) {
        (Ok(snap), typed) => {
            layer.range.end = range.start + SNAP_LEN;
            let [a, b, c] = snap.oui;
            layer.field("SNAP organization", 3..6, format_args!("{a:02x}:{b:02x}:{c:02x}"));
            layer.field("SNAP type", 6..8, snap.ethertype);
            typed.map(|(ethertype, _)| Key::EtherType(ethertype))
        }
        (Err(_), Some((ethertype, _))) => Some(Key::EtherType(ethertype)),
        (Err(_), None) => carries.then_some(Key::Sap(header.dsap)),
    };
    let carried = layer.range.end..range.end;
    dissection.push(layer);
    match key {
        Some(key) => dissection.next(key, carried),
        None => dissection.data(carried),
    }
}

/// An unnumbered information frame's control field.
const UI: u8 = 0x03;
/// The lowest bit of the source: a response.
const RESPONSE: u8 = 0x01;

#[cfg(test)]
mod tests {
    use base::PacketId;
    use proptest::prelude::*;

    use super::*;
    use crate::hdlc::Supervisory;

    #[test]
    fn snap_carries_the_types_of_ethernet() {
        let mut packet = PacketBuf::from_vec(PacketId::NONE, b"ip".to_vec());
        push_snap(&mut packet, EtherType::IPV4);
        assert_eq!(packet.head(), b"\xaa\xaa\x03\0\0\0\x08\0ip");
        assert_eq!(payload(packet.head()), Some((EtherType::IPV4, 8)));
    }

    #[test]
    fn numbers_of_other_organizations_are_no_types() {
        let mut packet = PacketBuf::from_vec(PacketId::NONE, b"pdu".to_vec());
        let snap = Snap { oui: [0, 0, 0x0c], ethertype: EtherType::IPV4 };
        snap.push(&mut packet);
        assert_eq!((Snap::parse(packet.head()), payload(packet.head())), (Ok(snap), None));
        assert_eq!(Snap::parse(b"\x42\x42\x03\0\0\0\x08\0").unwrap_err().field, "LLC");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(sap in 0u8..128, ns in 0u8..128, nr in 0u8..128, poll: bool, response: bool, data: bool) {
            let control = match data {
                true => Control::I { ns, nr, poll },
                false => Control::S { kind: Supervisory::Rnr, nr, poll },
            };
            let header = Header { dsap: sap * 2, ssap: sap * 2, response, control };
            let mut packet = PacketBuf::from_vec(PacketId::NONE, vec![7; 3]);
            header.push(&mut packet);
            prop_assert_eq!(Header::parse(packet.head()), Ok((header, packet.len() - 3)));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..24)) {
            let _ = (Header::parse(&bytes), payload(&bytes));
        }
    }
}
