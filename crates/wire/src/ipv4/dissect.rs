//! IPv4 headers for people.

use std::fmt;
use std::ops::Range;

use super::{Header, LEN};
use crate::dissect::{Dissection, Key, Layer};
use crate::{Error, Problem};

pub(crate) fn dissect(dissection: &mut Dissection<'_>, range: Range<usize>) {
    let bytes = dissection.bytes(range.clone());
    let Some(fixed) = bytes.first_chunk::<LEN>() else {
        let layer = dissection.layer("IPv4", range);
        dissection.push(layer.malformed(Error::new("IPv4", "header", bytes.len(), Problem::TooShort)));
        return;
    };
    let header = Header::from_fixed(fixed);
    // A quoted packet is longer than its quote.
    let packet_len = if dissection.is_quoted() { usize::MAX } else { bytes.len() };
    let error = Header::parse(bytes, packet_len).err();
    let header_len = header.header_len.clamp(LEN, bytes.len());
    let mut layer = dissection.layer("IPv4", range.start..range.start + header_len);
    let valid = match error {
        None => Some(true),
        Some(error) if error.problem == Problem::BadChecksum => Some(false),
        Some(_) => None,
    };
    fill(&mut layer, &header, fixed, valid);
    options(&mut layer, bytes, header_len);
    layer.summary = summary(&header);
    layer.error = error;
    dissection.push(layer);
    dissection.set_addresses(header.src.into(), header.dst.into());
    let body_end = if valid.is_some() { bytes.len().min(usize::from(header.total_len)) } else { bytes.len() };
    let body = range.start + header_len..range.start + body_end;
    if valid.is_none() || header.is_fragment() {
        dissection.data(body);
    } else {
        dissection.next(Key::Protocol(header.protocol), body);
    }
}

fn fill(layer: &mut Layer, header: &Header, fixed: &[u8; LEN], valid: Option<bool>) {
    layer.field("Version", 0..1, fixed[0] >> 4);
    layer.field("IHL", 0..1, format_args!("{} ({} bytes)", fixed[0] & 15, header.header_len));
    layer.field("DSCP", 1..2, header.dscp_ecn >> 2);
    layer.field("ECN", 1..2, ECN[usize::from(header.dscp_ecn & 3)]);
    layer.field("Total Length", 2..4, header.total_len);
    layer.field("Identification", 4..6, header.id);
    layer.field("Flags", 6..7, FragmentFlags(header));
    layer.field("Fragment Offset", 6..8, header.fragment_offset);
    layer.field("Time to Live", 8..9, header.ttl);
    layer.field("Protocol", 9..10, format_args!("{} ({})", header.protocol.0, header.protocol));
    layer.checksum("Header Checksum", 10..12, u16::from_be_bytes([fixed[10], fixed[11]]), valid);
    layer.field("Source Address", 12..16, header.src);
    layer.field("Destination Address", 16..20, header.dst);
}

//= rfc3168#5
const ECN: [&str; 4] = ["Not-ECT", "ECT(1)", "ECT(0)", "CE"];

struct FragmentFlags<'a>(&'a Header);

impl fmt::Display for FragmentFlags<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.0.dont_fragment, self.0.more_fragments) {
            (false, false) => "none",
            (true, false) => "DF (do not fragment)",
            (false, true) => "MF (more fragments)",
            (true, true) => "DF, MF",
        })
    }
}

/// One field an option; what follows the end of the list is padding.
//= rfc791#3.1
fn options(layer: &mut Layer, bytes: &[u8], header_len: usize) {
    let mut at = LEN;
    while at < header_len {
        let end = match bytes[at] {
            0 => header_len,
            1 => at + 1,
            _ => at + bytes.get(at + 1).map_or(2, |len| usize::from(*len).max(2)),
        };
        let end = end.min(header_len);
        let value = bytes[at..end].iter().skip(2).map(|byte| format!("{byte:02x}")).collect::<String>();
        layer.field(option_name(bytes[at]), at..end, value);
        at = end;
    }
}

const fn option_name(kind: u8) -> &'static str {
    match kind {
        0 => "End of Option List",
        1 => "No Operation",
        7 => "Record Route",
        68 => "Internet Timestamp",
        130 => "Security",
        131 => "Loose Source and Record Route",
        136 => "Stream Identifier",
        137 => "Strict Source and Record Route",
        148 => "Router Alert",
        _ => "Option",
    }
}

fn summary(header: &Header) -> String {
    let Header { src, dst, protocol, .. } = header;
    if !header.is_fragment() {
        return format!("IPv4 {src} > {dst} {protocol}");
    }
    let first = usize::from(header.fragment_offset);
    let last = first + header.payload_len().saturating_sub(1);
    let place = if header.more_fragments { "" } else { ", the last" };
    format!("IPv4 {src} > {dst} {protocol} fragment id={} bytes {first}-{last}{place}", header.id)
}
