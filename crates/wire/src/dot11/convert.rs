//! From Ethernet to 802.11 and back: the same packet with other addresses and with LLC in front (RFC 1042).
//!
//! ```text
//! Ethernet  |              destination, source | type | payload ...
//! 802.11    | control, receiver, transmitter, third, sequence | LLC and SNAP with the type | payload ...
//! ```
//! What stands behind a length in an 802.3 frame is LLC already, and goes over as it is, without the padding.

use base::Mac;

use super::{DATA_LEN, Header, Kind};
use crate::ethernet::{self, EtherType};
use crate::{Error, PacketBuf, Problem, Result, llc};

/// By which way data goes through a cell.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Way {
    /// From station to station, in the cell of this name: no access point.
    Direct(Mac),
    /// To the access point of this address.
    ToAccessPoint(Mac),
    /// From the access point of this address.
    FromAccessPoint(Mac),
}

/// The data frame that carries an Ethernet frame, without check sequence; its duration is not yet said.
pub fn from_ethernet(mut frame: PacketBuf, way: Way, sequence: u16) -> Result<PacketBuf> {
    if frame.head().len() < ethernet::LEN {
        frame.flatten();
    }
    let header = ethernet::Header::parse(frame.head())?;
    frame.pull(ethernet::LEN);
    if header.ethertype.is_length() {
        frame.truncate(usize::from(header.ethertype.0));
    } else {
        llc::push_snap(&mut frame, header.ethertype);
    }
    let (dst, src) = (header.dst, header.src);
    let (receiver, transmitter, third, to_ds, from_ds) = match way {
        Way::Direct(cell) => (dst, src, cell, false, false),
        Way::ToAccessPoint(bssid) => (bssid, src, dst, true, false),
        Way::FromAccessPoint(bssid) => (dst, bssid, src, false, true),
    };
    let (kind, retry, duration_us) = (Kind::Data, false, 0);
    Header { kind, to_ds, from_ds, retry, duration_us, receiver, transmitter, third, sequence }.push(&mut frame);
    Ok(frame)
}

/// The Ethernet frame that a data frame without check sequence carries. Padding it is the interface's work.
pub fn to_ethernet(mut frame: PacketBuf) -> Result<PacketBuf> {
    if frame.head().len() < DATA_LEN + llc::SNAP_LEN {
        frame.flatten();
    }
    let header = Header::parse(frame.head())?;
    if header.kind != Kind::Data {
        return Err(Error::new("802.11", "frame control", 0, Problem::BadValue));
    }
    frame.pull(DATA_LEN);
    let ethertype = match llc::snap(frame.head()) {
        // A length that pretends to be a type would be read as LLC on the other side.
        Some(ethertype) if !ethertype.is_length() => {
            frame.pull(llc::SNAP_LEN);
            ethertype
        }
        _ => length(frame.len())?,
    };
    ethernet::Header { dst: header.destination(), src: header.source(), ethertype }.push(&mut frame);
    Ok(frame)
}

fn length(len: usize) -> Result<EtherType> {
    let length = u16::try_from(len).ok().map(EtherType).filter(|length| length.is_length());
    length.ok_or_else(|| Error::new("802.11", "LLC", DATA_LEN, Problem::BadLength))
}

#[cfg(test)]
mod tests {
    use base::PacketId;

    use super::*;
    use crate::llc::sap;

    const A: Mac = Mac::local(1);
    const B: Mac = Mac::local(2);
    const CELL: Mac = Mac::local(3);

    fn ethernet_frame(ethertype: EtherType, body: &[u8]) -> PacketBuf {
        let mut frame = PacketBuf::new(PacketId::NONE, bytes::Bytes::copy_from_slice(body));
        ethernet::Header { dst: B, src: A, ethertype }.push(&mut frame);
        frame
    }

    #[test]
    fn a_frame_comes_back_as_it_was_whichever_way_it_took() {
        for way in [Way::Direct(CELL), Way::ToAccessPoint(CELL), Way::FromAccessPoint(CELL)] {
            let data = from_ethernet(ethernet_frame(EtherType::IPV4, b"packet"), way, 7).unwrap();
            let header = Header::parse(data.head()).unwrap();
            assert_eq!((header.destination(), header.source(), header.sequence), (B, A, 7));
            assert_eq!(&data.head()[DATA_LEN..], b"\xaa\xaa\x03\0\0\0\x08\0");
            let back = to_ethernet(data).unwrap();
            assert_eq!(back.contiguous(), ethernet_frame(EtherType::IPV4, b"packet").contiguous());
        }
    }

    #[test]
    fn llc_goes_over_as_it_is_and_its_padding_stays_behind() {
        let body = [sap::STP, sap::STP, 3, 1, 2, 0, 0, 0];
        let data = from_ethernet(ethernet_frame(EtherType(5), &body), Way::Direct(CELL), 0).unwrap();
        assert_eq!(data.contiguous()[DATA_LEN..], body[..5]);
        let back = to_ethernet(data).unwrap();
        assert_eq!(back.contiguous(), ethernet_frame(EtherType(5), &body[..5]).contiguous());
    }

    #[test]
    fn what_is_no_data_is_refused() {
        assert!(from_ethernet(PacketBuf::default(), Way::Direct(CELL), 0).is_err());
        let ack = b"\xd4\0\x2c\x01\x02\0\0\0\0\x01".to_vec();
        let error = to_ethernet(PacketBuf::from_vec(PacketId::NONE, ack)).unwrap_err();
        assert_eq!(error.field, "frame control");
    }
}
