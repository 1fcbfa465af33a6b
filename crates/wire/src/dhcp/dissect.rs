//! DHCP messages for people.

use std::net::Ipv4Addr;
use std::ops::Range;

use super::option::{RawOption, code};
use super::{
    COOKIE, DhcpOption, FILE, Message, MessageType, OVERLOAD_FILE, OVERLOAD_SNAME, Op, SNAME, Walk, areas, option_name,
    until_zero,
};
use crate::dissect::{Dissection, Layer};
use crate::{Error, Problem};

pub(crate) fn dissect(dissection: &mut Dissection<'_>, range: Range<usize>) {
    let bytes = dissection.bytes(range.clone());
    let mut layer = dissection.layer("DHCP", range);
    let Some(fixed) = bytes.first_chunk::<{ COOKIE.end }>() else {
        // A quote ends where it ends.
        let error = Error::new("DHCP", "message", bytes.len(), Problem::TooShort);
        layer.error = (!dissection.is_quoted()).then_some(error);
        dissection.push(layer);
        return;
    };
    let parsed = Message::parse(bytes);
    let (areas, overload) = areas(bytes);
    fill(&mut layer, fixed, overload);
    let kind = fill_options(&mut layer, bytes, areas);
    layer.summary = match &parsed {
        Ok(message) => summary(message),
        Err(_) => kind.map_or("DHCP", MessageType::name).into(),
    };
    layer.error = parsed.err().filter(|_| !dissection.is_quoted());
    dissection.push(layer);
}

fn fill(layer: &mut Layer, fixed: &[u8; COOKIE.end], overload: u8) {
    let word = |at: usize| u32::from_be_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]]);
    let half = |at: usize| u16::from_be_bytes([fixed[at], fixed[at + 1]]);
    let hex = |range: Range<usize>| fixed[range].iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":");
    let who = match fixed[0] {
        1 => "BOOTREQUEST",
        2 => "BOOTREPLY",
        _ => "unknown",
    };
    let address_len = usize::from(fixed[2]).min(16);
    layer.field("op", 0..1, format_args!("{} ({who})", fixed[0]));
    layer.field("htype", 1..2, fixed[1]);
    layer.field("hlen", 2..3, fixed[2]);
    layer.field("hops", 3..4, fixed[3]);
    layer.field("xid", 4..8, format_args!("0x{:08x}", word(4)));
    layer.field("secs", 8..10, half(8));
    let broadcast = if fixed[10] & 0x80 != 0 { " (broadcast)" } else { "" };
    layer.field("flags", 10..12, format_args!("0x{:04x}{broadcast}", half(10)));
    for (name, at) in [("ciaddr", 12), ("yiaddr", 16), ("siaddr", 20), ("giaddr", 24)] {
        layer.field(name, at..at + 4, Ipv4Addr::from_bits(word(at)));
    }
    layer.field("chaddr", 28..44, hex(28..28 + address_len));
    for (name, area, bit) in [("sname", SNAME, OVERLOAD_SNAME), ("file", FILE, OVERLOAD_FILE)] {
        if overload & bit != 0 {
            layer.field(name, area, "(holds options)");
        } else {
            layer.field(name, area.clone(), until_zero(&fixed[area]).escape_debug());
        }
    }
    layer.field("magic cookie", COOKIE, hex(COOKIE));
}

/// One field an option, and one for what stands behind the last; answers the message's type.
fn fill_options(layer: &mut Layer, bytes: &[u8], areas: Vec<Range<usize>>) -> Option<MessageType> {
    let mut kind = None;
    for area in areas {
        let mut done = area.start;
        for option in Walk::new(bytes, area.clone()).map_while(Result::ok) {
            fill_gap(layer, bytes, done..option.range.start);
            done = option.range.end;
            let value = &bytes[option.value()];
            let meaning = DhcpOption::decode(option.code, value);
            if let Some(DhcpOption::MessageType(found)) = meaning {
                kind = Some(found);
            }
            layer.field(option_name(option.code), option.range.clone(), text(&option, value, meaning));
        }
        fill_gap(layer, bytes, done..area.end.min(bytes.len()));
    }
    kind
}

fn text(option: &RawOption, value: &[u8], meaning: Option<DhcpOption>) -> String {
    let hex = || value.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    match (option.code, meaning) {
        (code::OVERLOAD, _) => match value {
            [1] => "1 (file)".into(),
            [2] => "2 (sname)".into(),
            [3] => "3 (file and sname)".into(),
            _ => hex(),
        },
        (code, Some(meaning)) if option_name(code) == "Option" => format!("{code}: {meaning}"),
        (_, Some(meaning)) => meaning.to_string(),
        (_, None) => format!("malformed: {}", hex()),
    }
}

fn fill_gap(layer: &mut Layer, bytes: &[u8], gap: Range<usize>) {
    let Some(first) = bytes[gap.clone()].iter().position(|byte| *byte != code::PAD) else {
        if !gap.is_empty() {
            layer.field("Pad", gap.clone(), format_args!("{} bytes", gap.len()));
        }
        return;
    };
    let at = gap.start + first;
    if first > 0 {
        layer.field("Pad", gap.start..at, format_args!("{first} bytes"));
    }
    if bytes[at] == code::END {
        layer.field("End", at..at + 1, "");
        if at + 1 < gap.end {
            layer.field("Pad", at + 1..gap.end, format_args!("{} bytes", gap.end - at - 1));
        }
    } else {
        layer.field("malformed option", at..gap.end, "");
    }
}

/// `DHCPOFFER 192.0.2.100 to 02:00:00:00:00:05 xid=0x3903f326`
fn summary(message: &Message) -> String {
    let kind = message.message_type().map_or("BOOTP", MessageType::name);
    let Message { chaddr, xid, ciaddr, yiaddr, .. } = message;
    let address = match (message.op, message.requested_ip()) {
        (Op::Reply, _) if !yiaddr.is_unspecified() => format!(" {yiaddr}"),
        (Op::Request, Some(wanted)) => format!(" {wanted}"),
        (Op::Request, None) if !ciaddr.is_unspecified() => format!(" {ciaddr}"),
        _ => String::new(),
    };
    let way = if message.op == Op::Reply { "to" } else { "from" };
    let reason = message.reason().map(|text| format!(" \"{}\"", text.escape_debug())).unwrap_or_default();
    format!("{kind}{address} {way} {chaddr} xid=0x{xid:08x}{reason}")
}
