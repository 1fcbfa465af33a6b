//! Frames on the air: control frames, what data frames say, and how a capture writes them.

use base::{Duration, Mac, PacketId};
use link::dcf::{Kind, Start};
use wire::dot11::{self, Header};
use wire::{PacketBuf, ethernet, radiotap};

pub(super) use wire::dot11::{FCS_LEN, Way as Addressing, from_ethernet, to_ethernet};

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

/// Who is to receive a frame.
pub(super) fn receiver(frame: &PacketBuf) -> Option<Mac> {
    Header::parse(frame.head()).ok().map(|header| header.receiver)
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

/// A frame as a card in monitor mode writes it: radiotap, the frame, its check sequence.
pub(super) fn captured(frame: &PacketBuf, rate_bps: u64, bad_fcs: bool) -> Vec<u8> {
    let rate = u8::try_from(rate_bps / 500_000).unwrap_or(u8::MAX);
    let (channel_mhz, channel_flags) = if rate_bps > 11_000_000 { (5180, 0x0140) } else { (2412, 0x00a0) };
    let header = radiotap::Header { bad_fcs, rate, channel_mhz, channel_flags };
    let [head, payload] = frame.parts();
    let mut check = dot11::fcs([head, payload]);
    if bad_fcs {
        // What came does not fit its check sequence.
        check = check.map(|byte| !byte);
    }
    [&header.bytes()[..], head, payload, &check].concat()
}

/// Durations are rounded up to whole microseconds (802.11, 9.2.5).
fn micros(span: Duration) -> u16 {
    u16::try_from(span.nanos().div_ceil(1000)).unwrap_or(u16::MAX).min(32_767)
}

/// The address of a cell without an access point: a local group of its own.
pub(super) const NO_CELL: Mac = Mac([0x02, 0x61, 0x64, 0x68, 0x6f, 0x63]);
