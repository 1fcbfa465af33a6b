//! Frames on the air: from a host's Ethernet frames to 802.11 and back, control frames, and how a capture writes them.

use base::{Duration, Mac, PacketId};
use link::dcf::{Kind, Start};
use wire::dot11::{self, Header};
use wire::{PacketBuf, ethernet, fcs, llc, radiotap};

pub(super) use wire::dot11::FCS_LEN;

/// By which way data goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Addressing {
    /// From station to station: no access point.
    Direct,
    /// To the access point of this address.
    ToAccessPoint(Mac),
    /// From the access point of this address.
    FromAccessPoint(Mac),
}

/// Who sent data first and who is to get it in the end.
pub(super) struct Ends {
    pub(super) destination: Mac,
    pub(super) source: Mac,
}

/// Destination and source of a host's Ethernet frame.
pub(super) fn addresses(frame: &PacketBuf) -> Option<(Mac, Mac)> {
    let header = ethernet::Header::parse(frame.head()).ok()?;
    Some((header.dst, header.src))
}

/// The data frame that carries an Ethernet frame (RFC 1042), and who is to receive it.
pub(super) fn data_frame(mut frame: PacketBuf, addressing: Addressing, sequence: u16) -> (Mac, PacketBuf) {
    let header = ethernet::Header::parse(frame.head()).unwrap_or_default();
    let header_len = ethernet::LEN.min(frame.head().len());
    frame.pull(header_len);
    llc::push_snap(&mut frame, header.ethertype);
    let (dst, src) = (header.dst, header.src);
    let (receiver, transmitter, third, to_ds, from_ds) = match addressing {
        Addressing::Direct => (dst, src, NO_CELL, false, false),
        Addressing::ToAccessPoint(bssid) => (bssid, src, dst, true, false),
        Addressing::FromAccessPoint(bssid) => (dst, bssid, src, false, true),
    };
    let kind = dot11::Kind::Data;
    let data = Header { kind, to_ds, from_ds, retry: false, duration_us: 0, receiver, transmitter, third, sequence };
    data.push(&mut frame);
    (receiver, frame)
}

/// Says in a data frame how long it reserves the medium, and whether it was sent before.
pub(super) fn mark(frame: &mut PacketBuf, reserves: Duration, again: bool) {
    dot11::mark(frame.head_mut(), micros(reserves), again);
}

/// An RTS, CTS or ACK.
pub(super) fn control_frame(id: PacketId, start: &Start, own: Mac) -> PacketBuf {
    let kind = match start.kind {
        Kind::Rts => dot11::Kind::Rts,
        Kind::Cts => dot11::Kind::Cts,
        Kind::Ack | Kind::Data => dot11::Kind::Ack,
    };
    let (to_ds, from_ds, retry, sequence) = (false, false, false, 0);
    let (receiver, duration_us, third) = (start.to, micros(start.reserves), Mac::default());
    let mut packet = PacketBuf::new(id, bytes::Bytes::new());
    Header { kind, to_ds, from_ds, retry, duration_us, receiver, transmitter: own, third, sequence }.push(&mut packet);
    packet
}

/// Who sent a data frame first, and who is to get it.
pub(super) fn ends(frame: &PacketBuf) -> Option<Ends> {
    let header = Header::parse(frame.head()).ok()?;
    Some(Ends { destination: header.destination(), source: header.source() })
}

/// The Ethernet frame that a data frame carries.
pub(super) fn to_ethernet(mut frame: PacketBuf) -> PacketBuf {
    let header = Header::parse(frame.head()).ok();
    if frame.head().len() < dot11::DATA_LEN + llc::SNAP_LEN {
        frame.flatten();
    }
    let ethertype = frame.head().get(dot11::DATA_LEN..).and_then(llc::snap);
    if let Some((header, ethertype)) = header.zip(ethertype) {
        frame.pull(dot11::DATA_LEN + llc::SNAP_LEN);
        ethernet::Header { dst: header.destination(), src: header.source(), ethertype }.push(&mut frame);
    }
    frame
}

/// A frame as a card in monitor mode writes it: radiotap, the frame, its check sequence.
pub(super) fn captured(frame: &PacketBuf, rate_bps: u64, bad_fcs: bool) -> Vec<u8> {
    let rate = u8::try_from(rate_bps / 500_000).unwrap_or(u8::MAX);
    let (channel_mhz, channel_flags) = if rate_bps > 11_000_000 { (5180, 0x0140) } else { (2412, 0x00a0) };
    let header = radiotap::Header { bad_fcs, rate, channel_mhz, channel_flags };
    let [head, payload] = frame.parts();
    let mut check = fcs::Crc32::new().update(head).update(payload).finish();
    if bad_fcs {
        // What came does not fit its check sequence.
        check = !check;
    }
    [&header.bytes()[..], head, payload, &check.to_le_bytes()].concat()
}

/// Durations are rounded up to whole microseconds (802.11, 9.2.5).
fn micros(span: Duration) -> u16 {
    u16::try_from(span.nanos().div_ceil(1000)).unwrap_or(u16::MAX).min(32_767)
}

/// The address of a cell without an access point: a local group of its own.
const NO_CELL: Mac = Mac([0x02, 0x61, 0x64, 0x68, 0x6f, 0x63]);
