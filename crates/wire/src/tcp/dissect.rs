//! TCP segments for people.

use std::ops::Range;

use super::options::{Items, kind};
use super::{Flags, Header, LEN, Options, SackBlocks, verify};
use crate::dissect::{Dissection, Key, Layer};
use crate::{Error, Problem};

pub(crate) fn dissect(dissection: &mut Dissection<'_>, range: Range<usize>) {
    let bytes = dissection.bytes(range.clone());
    let Some(fixed) = bytes.first_chunk::<LEN>() else {
        dissect_cut(dissection, range);
        return;
    };
    let parsed = Header::parse(bytes);
    let header_len = (usize::from(fixed[12] >> 4) * 4).clamp(LEN, bytes.len());
    let mut layer = dissection.layer("TCP", range.start..range.start + header_len);
    let valid = match dissection.addresses() {
        Some((src, dst)) if !dissection.is_quoted() => Some(verify(src, dst, [bytes, &[]])),
        _ => None,
    };
    let header = Header::from_fixed(fixed, parsed.map_or_else(|_| Options::default(), |header| header.options));
    fill(&mut layer, &header, fixed, valid);
    fill_options(&mut layer, &bytes[LEN..header_len]);
    layer.summary = summary(&header, bytes.len() - header_len, dissection.is_quoted());
    let wrong_sum = (valid == Some(false)).then_some(Error::new("TCP", "Checksum", 16, Problem::BadChecksum));
    // The quote may end within the options.
    layer.error = parsed.err().filter(|_| !dissection.is_quoted()).or(wrong_sum);
    dissection.push(layer);
    let data = range.start + header_len..range.end;
    if parsed.is_ok() {
        dissection.next_by_port(Key::TcpPort, header.src_port, header.dst_port, data);
    } else {
        dissection.data(data);
    }
}

/// The first eight bytes are what every ICMP error quotes at least; less is malformed.
fn dissect_cut(dissection: &mut Dissection<'_>, range: Range<usize>) {
    let bytes = dissection.bytes(range.clone());
    let mut layer = dissection.layer("TCP", range);
    if let Some(&[a, b, c, d, e, f, g, h]) = bytes.first_chunk::<8>() {
        let (src, dst) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        let seq = u32::from_be_bytes([e, f, g, h]);
        layer.field("Source Port", 0..2, src);
        layer.field("Destination Port", 2..4, dst);
        layer.field("Sequence Number", 4..8, seq);
        layer.summary = format!("TCP {src} > {dst} seq={seq}");
    }
    if !dissection.is_quoted() || bytes.len() < 8 {
        layer = layer.malformed(Error::new("TCP", "header", bytes.len(), Problem::TooShort));
    }
    dissection.push(layer);
}

fn fill(layer: &mut Layer, header: &Header, fixed: &[u8; LEN], valid: Option<bool>) {
    layer.field("Source Port", 0..2, header.src_port);
    layer.field("Destination Port", 2..4, header.dst_port);
    layer.field("Sequence Number", 4..8, header.seq);
    layer.field("Acknowledgment Number", 8..12, header.ack);
    layer.field("Data Offset", 12..13, format_args!("{} ({} bytes)", fixed[12] >> 4, header.header_len));
    layer.field("Control bits", 13..14, flag_names(header.flags));
    layer.field("Window", 14..16, header.window);
    layer.checksum("Checksum", 16..18, u16::from_be_bytes([fixed[16], fixed[17]]), valid);
    layer.field("Urgent Pointer", 18..20, header.urgent);
}

fn flag_names(flags: Flags) -> String {
    let names = Flags::NAMES.iter().enumerate().filter(|(bit, _)| flags.0 >> bit & 1 == 1);
    let names: Vec<&str> = names.map(|(_, name)| *name).collect();
    if names.is_empty() { "none".into() } else { names.join(", ") }
}

/// One field an option; each run of bytes between options is one field too.
fn fill_options(layer: &mut Layer, bytes: &[u8]) {
    let mut done = 0;
    for item in Items::new(bytes).map_while(Result::ok) {
        fill_gap(layer, bytes, done..item.at);
        done = item.at + 2 + item.body.len();
        let (name, value) = option_text(item.kind, item.body);
        layer.field(name, LEN + item.at..LEN + done, value);
    }
    fill_gap(layer, bytes, done..bytes.len());
}

fn fill_gap(layer: &mut Layer, bytes: &[u8], mut gap: Range<usize>) {
    while gap.start < gap.end && bytes[gap.start] == kind::NOP {
        layer.field("No-Operation", LEN + gap.start..LEN + gap.start + 1, "");
        gap.start += 1;
    }
    if !gap.is_empty() {
        let name = if bytes[gap.start] == kind::END { "End of Option List" } else { "malformed option" };
        layer.field(name, LEN + gap.start..LEN + gap.end, "");
    }
}

fn option_text(kind: u8, body: &[u8]) -> (&'static str, String) {
    let hex = || body.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    let mut options = Options::default();
    if options.take(kind, body).is_err() {
        return ("malformed option", hex());
    }
    match kind {
        kind::MSS => ("Maximum Segment Size", options.mss.unwrap_or(0).to_string()),
        kind::WINDOW_SCALE => {
            let shift = options.window_scale.unwrap_or(0);
            ("Window Scale", format!("{shift} (window counts times {})", 1u64 << shift.min(63)))
        }
        kind::SACK_PERMITTED => ("SACK-Permitted", String::new()),
        kind::TIMESTAMPS => {
            let (value, echo) = options.timestamps.unwrap_or((0, 0));
            ("Timestamps", format!("TSval {value}, TSecr {echo}"))
        }
        kind::SACK => ("SACK", sack_text(&options.sack)),
        _ => ("Unknown option", format!("kind {kind}: {}", hex())),
    }
}

fn sack_text(sack: &SackBlocks) -> String {
    sack.iter().map(|(left, right)| format!("{left}-{right}")).collect::<Vec<_>>().join(",")
}

/// `TCP 50000 > 443 [SA] seq=1 ack=2 win=64240 len=0 mss=1460 …`
fn summary(header: &Header, data_len: usize, quoted: bool) -> String {
    let Header { src_port, dst_port, flags, seq, ack, window, options, .. } = header;
    let mut text = format!("TCP {src_port} > {dst_port} [{flags}] seq={seq}");
    let mut add = |part: String| text += &part;
    if flags.contains(Flags::ACK) {
        add(format!(" ack={ack}"));
    }
    add(format!(" win={window}"));
    if !quoted {
        add(format!(" len={data_len}"));
    }
    if let Some(mss) = options.mss {
        add(format!(" mss={mss}"));
    }
    if options.sack_permitted {
        add(" sackOK".into());
    }
    if let Some((value, echo)) = options.timestamps {
        add(format!(" ts={value}/{echo}"));
    }
    if let Some(shift) = options.window_scale {
        add(format!(" wscale={shift}"));
    }
    if !options.sack.is_empty() {
        add(format!(" sack={}", sack_text(&options.sack)));
    }
    text
}
