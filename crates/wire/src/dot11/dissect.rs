//! 802.11 frames for people.

use std::ops::Range;

use super::{Beacon, DATA_LEN, FCS_LEN, Header, Kind, body, check_fcs, flag};
use crate::dissect::{Dissection, Key, Layer};
use crate::{Error, Problem};

/// A frame without check sequence.
pub(crate) fn dissect(dissection: &mut Dissection<'_>, range: Range<usize>) {
    frame(dissection, range, false);
}

/// A frame with its check sequence at its end.
pub(crate) fn dissect_with_fcs(dissection: &mut Dissection<'_>, range: Range<usize>) {
    frame(dissection, range, true);
}

fn frame(dissection: &mut Dissection<'_>, range: Range<usize>, with_fcs: bool) {
    let all = dissection.bytes(range.clone());
    let end = if with_fcs { range.end.saturating_sub(FCS_LEN).max(range.start) } else { range.end };
    let bytes = dissection.bytes(range.start..end);
    let mut layer = dissection.layer("802.11", range.start..end);
    let header = match Header::parse(bytes) {
        Ok(header) => header,
        Err(error) if error.problem == Problem::BadValue => return unknown(dissection, layer, bytes),
        Err(error) => {
            dissection.push(layer.malformed(error));
            return;
        }
    };
    layer.range.end = range.start + header.kind.header_len();
    fields(&mut layer, &header, bytes);
    let check = if with_fcs { all.last_chunk::<FCS_LEN>() } else { None };
    if let Some(check) = check {
        let right = check_fcs(all).is_ok();
        let verdict = if right { "correct" } else { "incorrect" };
        // Relative to the layer's start, but behind what the frame carries.
        layer.field(
            "Frame check sequence",
            bytes.len()..all.len(),
            format_args!("0x{:08x} ({verdict})", u32::from_le_bytes(*check)),
        );
        if !right {
            layer.error = Some(Error::new("802.11", "FCS", bytes.len(), Problem::BadChecksum));
        }
    }
    let carried = layer.range.end..end;
    match header.kind {
        Kind::Data => {
            dissection.push(layer);
            match body(bytes) {
                Some(_) => dissection.next(Key::Llc, carried),
                None => dissection.data(carried),
            }
        }
        Kind::Beacon => {
            beacon(&mut layer, bytes, &header);
            dissection.push(layer);
        }
        Kind::Rts | Kind::Cts | Kind::Ack => {
            dissection.push(layer);
        }
    }
}

/// A good frame of the standard, but none that this crate reads.
fn unknown(dissection: &mut Dissection<'_>, mut layer: Layer, bytes: &[u8]) {
    let behind = layer.range.start + 2..layer.range.end;
    layer.range.end = behind.start;
    let (kind, subtype) = (bytes[0] >> 2 & 3, bytes[0] >> 4);
    layer.field("Type", 0..1, format_args!("{kind}, subtype {subtype}"));
    layer.field("Flags", 1..2, flag::Set(bytes[1]));
    layer.summary = format!("802.11 type {kind} subtype {subtype}");
    dissection.push(layer);
    dissection.data(behind);
}

fn fields(layer: &mut Layer, header: &Header, bytes: &[u8]) {
    let name = header.kind.name();
    layer.field("Type", 0..1, name);
    layer.field("Flags", 1..2, flag::Set(bytes[1]));
    layer.field("Duration", 2..4, format_args!("{} us", header.duration_us));
    layer.summary = format!("802.11 {name} to {}", header.receiver);
    layer.field("Receiver", 4..10, header.receiver);
    if header.kind <= Kind::Rts {
        layer.field("Transmitter", 10..16, header.transmitter);
    }
    if header.kind <= Kind::Beacon {
        if header.kind == Kind::Data {
            layer.field("Destination", if header.to_ds { 16..22 } else { 4..10 }, header.destination());
            layer.field("Source", if header.from_ds { 16..22 } else { 10..16 }, header.source());
        }
        if !header.to_ds && !header.from_ds {
            layer.field("Cell (BSSID)", 16..22, header.third);
        }
        layer.field("Fragment", 22..23, bytes[22] & 0x0f);
        layer.field("Sequence", 22..24, header.sequence);
    }
    if header.retry {
        layer.summary.push_str(" (again)");
    }
}

/// A beacon has nothing above it: its body belongs to the layer.
fn beacon(layer: &mut Layer, bytes: &[u8], header: &Header) {
    layer.range.end = layer.range.start + bytes.len();
    match Beacon::parse(&bytes[DATA_LEN..]) {
        Ok(beacon) => {
            layer.field("Timestamp", 24..32, format_args!("{} us", beacon.timestamp_us));
            layer.field("Beacon interval", 32..34, format_args!("{} x 1024 us", beacon.interval_tu));
            layer.field("Capability", 34..36, format_args!("0x{:04x}", beacon.capability));
            layer.field(
                "Elements",
                36..bytes.len(),
                format_args!("SSID \"{}\", {} rates", beacon.name(), beacon.rates.len()),
            );
            layer.summary = format!("802.11 beacon \"{}\" from {}", beacon.name(), header.transmitter);
        }
        Err(error) => layer.error = layer.error.or(Some(Error { offset: DATA_LEN + error.offset, ..error })),
    }
}
