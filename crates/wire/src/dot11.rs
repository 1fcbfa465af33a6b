//! IEEE 802.11 MAC frames (802.11-2020, clause 9): what stations of a radio cell say to each other.
//!
//! ```text
//! data  | control (2) | duration (2) | address 1 (6) | address 2 (6) | address 3 (6) | sequence (2) | LLC, SNAP, ... | FCS (4) |
//! RTS   | control (2) | duration (2) | receiver (6) | transmitter (6) | FCS (4) |
//! CTS, ACK                           | receiver (6) | FCS (4) |
//! ```
//! Address 1 is always the receiver, address 2 the transmitter; which of three is the destination and which the source
//! follows from the two bits that say whether a frame goes to or comes from an access point.

use std::ops::Range;

use base::Mac;

use crate::dissect::{Dissection, Key};
use crate::{Error, PacketBuf, Problem, Result};

/// What a frame is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[expect(missing_docs, reason = "the standard's own names")]
pub enum Kind {
    Data,
    Rts,
    Cts,
    Ack,
}

/// The header of a frame, without what follows and without the check sequence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// What it is.
    pub kind: Kind,
    /// Data: it goes to an access point.
    pub to_ds: bool,
    /// Data: it comes from an access point.
    pub from_ds: bool,
    /// It was sent before.
    pub retry: bool,
    /// For how long the medium is reserved from its end on, microseconds.
    pub duration_us: u16,
    /// Who is to receive it.
    pub receiver: Mac,
    /// Who sends it; CTS and ACK do not say.
    pub transmitter: Mac,
    /// Data: the third address.
    pub third: Mac,
    /// Data: its number, modulo 4096.
    pub sequence: u16,
}

impl Kind {
    /// Bytes of the header.
    pub const fn header_len(self) -> usize {
        match self {
            Kind::Data => DATA_LEN,
            Kind::Rts => 16,
            Kind::Cts | Kind::Ack => 10,
        }
    }

    /// As standards write it.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Data => "data",
            Kind::Rts => "RTS",
            Kind::Cts => "CTS",
            Kind::Ack => "ACK",
        }
    }

    /// Type and subtype, as they stand in the first byte.
    const fn code(self) -> u8 {
        match self {
            Kind::Data => 0x08,
            Kind::Rts => 0xb4,
            Kind::Cts => 0xc4,
            Kind::Ack => 0xd4,
        }
    }
}

impl Header {
    /// Reads the header at the front of a frame.
    pub fn parse(frame: &[u8]) -> Result<Header> {
        let short = || Error::new("802.11", "header", frame.len(), Problem::TooShort);
        let [code, flags, low, high, ..] = *frame else { return Err(short()) };
        let known = [Kind::Data, Kind::Rts, Kind::Cts, Kind::Ack].into_iter().find(|kind| kind.code() == code);
        let kind = known.ok_or_else(|| Error::new("802.11", "frame control", 0, Problem::BadValue))?;
        if frame.len() < kind.header_len() {
            return Err(short());
        }
        let address =
            |at: usize| frame.get(at..at + 6).and_then(|bytes| bytes.try_into().ok()).map_or(Mac::default(), Mac);
        let of = |from: Kind, at: usize| if kind <= from { address(at) } else { Mac::default() };
        let sequence = if kind == Kind::Data { u16::from_le_bytes([frame[22], frame[23]]) >> 4 } else { 0 };
        Ok(Header {
            kind,
            to_ds: flags & TO_DS != 0,
            from_ds: flags & FROM_DS != 0,
            retry: flags & RETRY != 0,
            duration_us: u16::from_le_bytes([low, high]),
            receiver: address(4),
            transmitter: of(Kind::Rts, 10),
            third: of(Kind::Data, 16),
            sequence,
        })
    }

    /// Writes the header in front of what it carries.
    pub fn push(&self, packet: &mut PacketBuf) {
        let head = packet.push(self.kind.header_len());
        head[0] = self.kind.code();
        head[1] = if self.to_ds { TO_DS } else { 0 } | if self.from_ds { FROM_DS } else { 0 };
        head[4..10].copy_from_slice(&self.receiver.0);
        if self.kind <= Kind::Rts {
            head[10..16].copy_from_slice(&self.transmitter.0);
        }
        if self.kind == Kind::Data {
            head[16..22].copy_from_slice(&self.third.0);
            head[22..24].copy_from_slice(&(self.sequence << 4).to_le_bytes());
        }
        mark(head, self.duration_us, self.retry);
    }

    /// Who sent the data first.
    pub const fn source(&self) -> Mac {
        if self.from_ds { self.third } else { self.transmitter }
    }

    /// Who is to get it in the end.
    pub const fn destination(&self) -> Mac {
        if self.to_ds { self.third } else { self.receiver }
    }
}

/// Says in a finished header for how long it reserves the medium, and whether it was sent before.
pub fn mark(header: &mut [u8], duration_us: u16, retry: bool) {
    if let [_, flags, low, high, ..] = header {
        *flags = *flags & !RETRY | if retry { RETRY } else { 0 };
        [*low, *high] = duration_us.to_le_bytes();
    }
}

pub(crate) fn dissect(dissection: &mut Dissection<'_>, range: Range<usize>) {
    let mut layer = dissection.layer("802.11", range.clone());
    let header = match Header::parse(dissection.bytes(range.clone())) {
        Ok(header) => header,
        Err(error) => {
            dissection.push(layer.malformed(error));
            return;
        }
    };
    let len = header.kind.header_len();
    layer.range.end = range.start + len;
    layer.field("Type", 0..1, header.kind.name());
    layer.field("Retry", 1..2, header.retry);
    layer.field("Duration", 2..4, format_args!("{} us", header.duration_us));
    layer.field("Receiver", 4..10, header.receiver);
    layer.summary = format!("802.11 {} to {}", header.kind.name(), header.receiver);
    if header.kind <= Kind::Rts {
        layer.field("Transmitter", 10..16, header.transmitter);
    }
    if header.kind == Kind::Data {
        layer.field("Destination", if header.to_ds { 16..22 } else { 4..10 }, header.destination());
        layer.field("Source", if header.from_ds { 16..22 } else { 10..16 }, header.source());
        layer.field("Sequence", 22..24, header.sequence);
        if header.retry {
            layer.summary.push_str(" (again)");
        }
    }
    dissection.push(layer);
    // The check sequence is the card's own matter.
    let end = range.end.saturating_sub(FCS_LEN).max(range.start + len);
    if header.kind == Kind::Data {
        dissection.next(Key::Llc, range.start + len..end);
    }
}

/// A data frame's header, bytes.
pub const DATA_LEN: usize = 24;
/// The check sequence behind every frame, bytes.
pub const FCS_LEN: usize = 4;
const TO_DS: u8 = 0x01;
const FROM_DS: u8 = 0x02;
const RETRY: u8 = 0x08;

#[cfg(test)]
mod tests {
    use base::PacketId;
    use proptest::prelude::*;

    use super::*;

    const A: Mac = Mac::local(1);
    const B: Mac = Mac::local(2);
    const C: Mac = Mac::local(3);

    fn header(kind: Kind) -> Header {
        let none = Mac::default();
        let (transmitter, third) = match kind {
            Kind::Data => (B, C),
            Kind::Rts => (B, none),
            _ => (none, none),
        };
        let (to_ds, from_ds, sequence) = (false, false, 0);
        Header { kind, to_ds, from_ds, retry: false, duration_us: 300, receiver: A, transmitter, third, sequence }
    }

    #[test]
    fn an_acknowledgement_has_ten_bytes_and_no_transmitter() {
        let mut packet = PacketBuf::from_vec(PacketId::NONE, Vec::new());
        header(Kind::Ack).push(&mut packet);
        assert_eq!(packet.head(), b"\xd4\0\x2c\x01\x02\0\0\0\0\x01");
    }

    #[test]
    fn source_and_destination_depend_on_the_way() {
        let data = header(Kind::Data);
        assert_eq!((data.source(), data.destination()), (B, A));
        let up = Header { to_ds: true, ..data };
        assert_eq!((up.source(), up.destination()), (B, C));
        let down = Header { from_ds: true, ..data };
        assert_eq!((down.source(), down.destination()), (C, A));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            which in 0usize..4, retry: bool, to_ds: bool, from_ds: bool, duration_us: u16, sequence in 0u16..4096,
        ) {
            let kind = [Kind::Data, Kind::Rts, Kind::Cts, Kind::Ack][which];
            let sequence = if kind == Kind::Data { sequence } else { 0 };
            let header = Header { retry, to_ds, from_ds, duration_us, sequence, ..header(kind) };
            let mut packet = PacketBuf::from_vec(PacketId::NONE, vec![7; 3]);
            header.push(&mut packet);
            prop_assert_eq!(Header::parse(packet.head()), Ok(header));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = Header::parse(&bytes);
        }
    }
}
