//! IEEE 802.11 MAC frames (802.11-2020, clause 9): what stations of a radio cell say to each other.
//!
//! ```text
//! data  | control (2) | duration (2) | address 1 (6) | address 2 (6) | address 3 (6) | sequence (2) | LLC, ... | FCS (4) |
//! beacon: the same, with a body of its own instead of LLC
//! RTS   | control (2) | duration (2) | receiver (6) | transmitter (6) | FCS (4) |
//! CTS, ACK                           | receiver (6) | FCS (4) |
//! ```
//! Address 1 is always the receiver, address 2 the transmitter; which of three is the destination and which the source
//! follows from the two bits that say whether a frame goes to or comes from an access point.

mod beacon;
mod convert;
mod dissect;

pub use beacon::{Beacon, CAPABILITY_ESS, CAPABILITY_IBSS};
pub use convert::{Way, from_ethernet, to_ethernet};
pub(crate) use dissect::{dissect, dissect_with_fcs};

use std::ops::Range;

use base::Mac;

use crate::fcs::Crc32;
use crate::{Error, PacketBuf, Problem, Result};

/// What a frame is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[expect(missing_docs, reason = "the standard's own names")]
pub enum Kind {
    Data,
    Beacon,
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
    /// Data and beacons: the third address.
    pub third: Mac,
    /// Data and beacons: its number, modulo 4096.
    pub sequence: u16,
}

impl Kind {
    /// Bytes of the header.
    pub const fn header_len(self) -> usize {
        match self {
            Kind::Data | Kind::Beacon => DATA_LEN,
            Kind::Rts => RTS_LEN,
            Kind::Cts | Kind::Ack => ACK_LEN,
        }
    }

    /// As standards write it.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Data => "data",
            Kind::Beacon => "beacon",
            Kind::Rts => "RTS",
            Kind::Cts => "CTS",
            Kind::Ack => "ACK",
        }
    }

    /// Type and subtype, as they stand in the first byte.
    const fn code(self) -> u8 {
        match self {
            Kind::Data => 0x08,
            Kind::Beacon => 0x80,
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
        let known = KINDS.into_iter().find(|kind| kind.code() == code);
        let kind = known.ok_or_else(|| Error::new("802.11", "frame control", 0, Problem::BadValue))?;
        // Frames from one access point to another have a fourth address; no cell here is joined to another by radio.
        if flags & flag::BOTH_DS == flag::BOTH_DS {
            return Err(Error::new("802.11", "frame control", 1, Problem::BadValue));
        }
        if frame.len() < kind.header_len() {
            return Err(short());
        }
        let address =
            |at: usize| frame.get(at..at + 6).and_then(|bytes| bytes.try_into().ok()).map_or(Mac::default(), Mac);
        let of = |from: Kind, at: usize| if kind <= from { address(at) } else { Mac::default() };
        let sequence = if kind <= Kind::Beacon { u16::from_le_bytes([frame[22], frame[23]]) >> 4 } else { 0 };
        Ok(Header {
            kind,
            to_ds: flags & flag::TO_DS != 0,
            from_ds: flags & flag::FROM_DS != 0,
            retry: flags & flag::RETRY != 0,
            duration_us: u16::from_le_bytes([low, high]),
            receiver: address(4),
            transmitter: of(Kind::Rts, 10),
            third: of(Kind::Beacon, 16),
            sequence,
        })
    }

    /// Writes the header in front of what it carries.
    pub fn push(&self, packet: &mut PacketBuf) {
        let head = packet.push(self.kind.header_len());
        head[0] = self.kind.code();
        head[1] = if self.to_ds { flag::TO_DS } else { 0 } | if self.from_ds { flag::FROM_DS } else { 0 };
        head[4..10].copy_from_slice(&self.receiver.0);
        if self.kind <= Kind::Rts {
            head[10..16].copy_from_slice(&self.transmitter.0);
        }
        if self.kind <= Kind::Beacon {
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
        *flags = *flags & !flag::RETRY | if retry { flag::RETRY } else { 0 };
        [*low, *high] = duration_us.to_le_bytes();
    }
}

/// Where the LLC PDU stands in a data frame without check sequence. `None` for other frames, and for pieces and ciphertext,
/// which nobody can read as LLC.
pub fn body(frame: &[u8]) -> Option<Range<usize>> {
    let header = Header::parse(frame).ok().filter(|header| header.kind == Kind::Data)?;
    let unreadable = frame[1] & (flag::MORE_FRAGMENTS | flag::PROTECTED | flag::ORDER) != 0;
    let later_fragment = frame[22] & 0x0f != 0;
    (!unreadable && !later_fragment).then(|| header.kind.header_len()..frame.len())
}

/// The check sequence of a frame, as it is sent behind it.
pub fn fcs(parts: [&[u8]; 2]) -> [u8; FCS_LEN] {
    Crc32::new().update(parts[0]).update(parts[1]).finish().to_le_bytes()
}

/// Writes the check sequence behind a frame.
pub fn append_fcs(frame: &mut PacketBuf) {
    let (check, len) = (fcs(frame.parts()), frame.len());
    frame.pad_to(len + FCS_LEN);
    frame.head_mut()[len..].copy_from_slice(&check);
}

/// The frame in front of its check sequence, if that is right.
pub fn check_fcs(frame: &[u8]) -> Result<&[u8]> {
    let Some((inner, check)) = frame.split_last_chunk::<FCS_LEN>() else {
        return Err(Error::new("802.11", "FCS", frame.len(), Problem::TooShort));
    };
    if fcs([inner, &[]]) != *check {
        return Err(Error::new("802.11", "FCS", inner.len(), Problem::BadChecksum));
    }
    Ok(inner)
}

/// The bits of frame control's second byte.
mod flag {
    use std::fmt;

    pub(super) const TO_DS: u8 = 0x01;
    pub(super) const FROM_DS: u8 = 0x02;
    pub(super) const BOTH_DS: u8 = TO_DS | FROM_DS;
    pub(super) const MORE_FRAGMENTS: u8 = 0x04;
    pub(super) const RETRY: u8 = 0x08;
    pub(super) const POWER_MANAGEMENT: u8 = 0x10;
    pub(super) const MORE_DATA: u8 = 0x20;
    pub(super) const PROTECTED: u8 = 0x40;
    pub(super) const ORDER: u8 = 0x80;

    /// Those that are set, one word each.
    pub(super) struct Set(pub(super) u8);

    impl fmt::Display for Set {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let words = [
                (TO_DS, "to access point"),
                (FROM_DS, "from access point"),
                (MORE_FRAGMENTS, "more fragments"),
                (RETRY, "retry"),
                (POWER_MANAGEMENT, "power management"),
                (MORE_DATA, "more data"),
                (PROTECTED, "protected"),
                (ORDER, "order"),
            ];
            let set: Vec<_> = words.into_iter().filter(|(bit, _)| self.0 & bit != 0).map(|(_, word)| word).collect();
            f.write_str(if set.is_empty() { "none" } else { "" })?;
            f.write_str(&set.join(", "))
        }
    }
}

/// The header of data and beacons, bytes.
pub const DATA_LEN: usize = 24;
/// An RTS without check sequence, bytes.
pub const RTS_LEN: usize = 16;
/// A CTS or ACK without check sequence, bytes.
pub const ACK_LEN: usize = 10;
/// The check sequence behind every frame, bytes.
pub const FCS_LEN: usize = 4;
const KINDS: [Kind; 5] = [Kind::Data, Kind::Beacon, Kind::Rts, Kind::Cts, Kind::Ack];

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
            Kind::Data | Kind::Beacon => (B, C),
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

    #[test]
    fn a_check_sequence_is_behind_the_frame_and_finds_damage() {
        let mut packet = PacketBuf::new(PacketId::NONE, bytes::Bytes::from_static(b"body"));
        header(Kind::Data).push(&mut packet);
        let bare = packet.contiguous();
        append_fcs(&mut packet);
        let mut sent = packet.contiguous();
        assert_eq!((check_fcs(&sent), sent.len()), (Ok(&bare[..]), bare.len() + FCS_LEN));
        sent[30 - 4] ^= 1;
        assert_eq!(check_fcs(&sent).unwrap_err().problem, Problem::BadChecksum);
    }

    #[test]
    fn pieces_ciphertext_and_four_addresses_are_not_read() {
        let mut packet = PacketBuf::from_vec(PacketId::NONE, vec![7; 3]);
        header(Kind::Data).push(&mut packet);
        let frame = packet.contiguous();
        assert_eq!(body(&frame), Some(24..27));
        for (at, bit) in [(1, flag::PROTECTED), (1, flag::MORE_FRAGMENTS), (1, flag::BOTH_DS), (22, 1)] {
            let mut other = frame.clone();
            other[at] |= bit;
            assert_eq!(body(&other), None);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            which in 0usize..5, retry: bool, ds in 0u8..3, duration_us: u16, sequence in 0u16..4096,
        ) {
            let (kind, to_ds, from_ds) = (KINDS[which], ds == 1, ds == 2);
            let sequence = if kind <= Kind::Beacon { sequence } else { 0 };
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
