//! ICMP messages for people.

use std::ops::Range;

use super::{Exceeded, LEN, Message, Unreachable, kind};
use crate::dissect::{Dissection, Key, Layer};
use crate::ethernet::EtherType;
use crate::{Error, Problem};

pub(crate) fn dissect(dissection: &mut Dissection<'_>, range: Range<usize>) {
    let bytes = dissection.bytes(range.clone());
    let mut layer = dissection.layer("ICMP", range.start..range.start + bytes.len().min(LEN));
    let Some(header) = bytes.first_chunk::<LEN>() else {
        dissection.push(layer.malformed(Error::new("ICMP", "header", bytes.len(), Problem::TooShort)));
        return;
    };
    let message = Message::from_header(*header);
    let error = if dissection.is_quoted() { None } else { Message::parse([bytes, &[]]).err() };
    let valid = (!dissection.is_quoted()).then_some(error.is_none());
    layer.field("Type", 0..1, format_args!("{} ({})", header[0], kind_text(header[0])));
    layer.field("Code", 1..2, CodeText(header[0], header[1]));
    layer.checksum("Checksum", 2..4, u16::from_be_bytes([header[2], header[3]]), valid);
    rest(&mut layer, &message);
    layer.summary = summary(&message);
    layer.error = error;
    let place = dissection.push(layer);
    let data = range.start + LEN..range.end;
    if !message.is_error() {
        dissection.data(data);
        return;
    }
    //= rfc792#message-formats
    // An error quotes the header and the first bytes of the packet that it is about.
    let about = dissection.quote(Key::EtherType(EtherType::IPV4), data);
    if let (Some(layer), Some(about)) = (dissection.layer_mut(place), about) {
        layer.summary.push_str(&format!(", about {about}"));
    }
}

/// Bytes 4 to 7, whose meaning depends on the type.
fn rest(layer: &mut Layer, message: &Message) {
    match message {
        Message::EchoRequest { id, seq } | Message::EchoReply { id, seq } => {
            layer.field("Identifier", 4..6, id);
            layer.field("Sequence Number", 6..8, seq);
        }
        Message::DestinationUnreachable { mtu, .. } => {
            layer.field("unused", 4..6, "");
            layer.field("Next-Hop MTU", 6..8, mtu);
        }
        Message::TimeExceeded { .. } => layer.field("unused", 4..8, ""),
        Message::Redirect { gateway, .. } => layer.field("Gateway Internet Address", 4..8, gateway),
        Message::ParameterProblem { pointer, .. } => {
            layer.field("Pointer", 4..5, pointer);
            layer.field("unused", 5..8, "");
        }
        Message::Other { rest, .. } => {
            layer.field("Rest of Header", 4..8, format_args!("{:08x}", u32::from_be_bytes(*rest)));
        }
    }
}

fn summary(message: &Message) -> String {
    match message {
        Message::EchoRequest { id, seq } => format!("ICMP echo request id={id} seq={seq}"),
        Message::EchoReply { id, seq } => format!("ICMP echo reply id={id} seq={seq}"),
        Message::DestinationUnreachable { code: code @ Unreachable::FragmentationNeeded, mtu } => {
            format!("ICMP {} mtu={mtu}", code.text())
        }
        Message::DestinationUnreachable { code, .. } => format!("ICMP {}", code.text()),
        Message::TimeExceeded { code } => format!("ICMP {}", code.text()),
        Message::Redirect { gateway, .. } => format!("ICMP redirect to {gateway}"),
        Message::ParameterProblem { pointer, .. } => format!("ICMP parameter problem at byte {pointer}"),
        Message::Other { kind, code, .. } => format!("ICMP {} code {code}", kind_text(*kind)),
    }
}

const fn kind_text(kind: u8) -> &'static str {
    match kind {
        kind::ECHO_REPLY => "echo reply",
        kind::UNREACHABLE => "destination unreachable",
        kind::SOURCE_QUENCH => "source quench",
        kind::REDIRECT => "redirect",
        kind::ECHO_REQUEST => "echo request",
        kind::TIME_EXCEEDED => "time exceeded",
        kind::PARAMETER_PROBLEM => "parameter problem",
        9 => "router advertisement",
        10 => "router solicitation",
        13 => "timestamp",
        14 => "timestamp reply",
        _ => "unknown type",
    }
}

/// A code under its type.
struct CodeText(u8, u8);

impl std::fmt::Display for CodeText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let CodeText(kind, code) = *self;
        match kind {
            kind::UNREACHABLE => write!(f, "{code} ({})", Unreachable::from(code).text()),
            kind::TIME_EXCEEDED => write!(f, "{code} ({})", Exceeded::from(code).text()),
            _ => write!(f, "{code}"),
        }
    }
}
