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
        let (control, len) = Control::parse(&pdu[2..], Modulus::OneTwentyEight)?;
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

/// Writes LLC and SNAP for a type of Ethernet.
pub fn push_snap(packet: &mut PacketBuf, ethertype: EtherType) {
    let [high, low] = ethertype.0.to_be_bytes();
    packet.push_array([sap::SNAP, sap::SNAP, 0x03, 0, 0, 0, high, low]);
}

/// The type behind LLC and SNAP, if there is one.
pub fn snap(pdu: &[u8]) -> Option<EtherType> {
    match pdu.first_chunk::<SNAP_LEN>()? {
        [sap::SNAP, sap::SNAP, 0x03, 0, 0, 0, high, low] => Some(EtherType(u16::from_be_bytes([*high, *low]))),
        _ => None,
    }
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
    layer.field("Control", 2..len, header.control);
    let kind = if matches!(header.control, Control::U { kind: Unnumbered::Ui, .. }) { "LLC" } else { "LLC2" };
    layer.summary = format!("{kind} sap=0x{:02x} {}", header.dsap, header.control);
    if let Some(ethertype) = snap(bytes) {
        layer.range.end = range.start + SNAP_LEN;
        layer.field("SNAP type", 6..8, ethertype);
        dissection.push(layer);
        return dissection.next(Key::EtherType(ethertype), range.start + SNAP_LEN..range.end);
    }
    dissection.push(layer);
    let information = range.start + len..range.end;
    match (header.dsap, payload(bytes)) {
        (_, Some((ethertype, _))) => dissection.next(Key::EtherType(ethertype), information),
        (sap::STP, None) => dissection.next(Key::Sap(sap::STP), information),
        _ => dissection.data(information),
    }
}

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
