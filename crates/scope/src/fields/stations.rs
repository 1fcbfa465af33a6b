//! Fields of reliable links: AX.25, LLC, and what both have from HDLC.

use wire::hdlc::{Control, Modulus};

use super::layers::Layer;
use super::lower::{POLL, SNAP, ax25_control};
use super::packet::Packet;
use super::registry::{Entry, Take, byte, entry, half};
use super::value::{Form, Value};

const fn ax25(name: &'static str, form: Form, doc: &'static str, take: fn(&[u8]) -> Option<u64>) -> Entry {
    entry(name, form, doc, Take::Number(Layer::Ax25, take))
}

const fn llc(name: &'static str, form: Form, doc: &'static str, take: fn(&[u8]) -> Option<u64>) -> Entry {
    entry(name, form, doc, Take::Number(Layer::Llc, take))
}

pub(super) const FIELDS: &[Entry] = &[
    entry(
        "ax25.dst",
        Form::Text,
        "To which station, as its call sign is written in the frame",
        Take::Of(Layer::Ax25, |h| octets(h.get(..7)?)),
    ),
    entry(
        "ax25.src",
        Form::Text,
        "From which station, written likewise",
        Take::Of(Layer::Ax25, |h| octets(h.get(7..14)?)),
    ),
    ax25("ax25.pid", Form::Hex(2), "What it carries: 0xcc IPv4, 0xcd ARP, 0xf0 bytes", pid),
    ax25("ax25.ctl.n_s", Form::Number, "The information frame's number", |h| i_frame(ctl(h)?).map(|ctl| ctl >> 1 & 7)),
    ax25("ax25.ctl.n_r", Form::Number, "The number of the frame that its sender expects", |h| {
        numbered(ctl(h)?).map(|ctl| ctl >> 5)
    }),
    entry(
        "ax25.ctl.p",
        Form::Flag,
        "A command that asks for an answer",
        Take::Of(Layer::Ax25, |h| poll(ctl(h)?, is_ax25_command(h))),
    ),
    entry(
        "ax25.ctl.f",
        Form::Flag,
        "The answer to that",
        Take::Of(Layer::Ax25, |h| poll(ctl(h)?, !is_ax25_command(h))),
    ),
    ax25("ax25.ctl.ftype_s", Form::Hex(2), "Supervision: 0 RR, 1 RNR, 2 REJ, 3 SREJ", |h| {
        s_frame(ctl(h)?).map(|ctl| ctl >> 2 & 3)
    }),
    ax25("ax25.ctl.u_cmd", Form::Hex(2), "A command without a number: 0x0b SABM, 0x10 DISC", |h| {
        u_frame(ctl(h)?, is_ax25_command(h))
    }),
    ax25("ax25.ctl.u_resp", Form::Hex(2), "A response without a number: 0x18 UA, 0x03 DM", |h| {
        u_frame(ctl(h)?, !is_ax25_command(h))
    }),
    llc("llc.dsap", Form::Hex(2), "To which service access point: 0x06 IP, 0x42 spanning tree, 0xaa SNAP", |h| {
        byte(h, 0)
    }),
    llc("llc.ssap", Form::Hex(2), "From which; its lowest bit is that of a response", |h| byte(h, 1)),
    llc("llc.control.n_s", Form::Number, "The information frame's number", |h| {
        i_frame(wide(h)?.0).map(|first| first >> 1)
    }),
    llc("llc.control.n_r", Form::Number, "The number of the frame that its sender expects", |h| {
        let (first, second) = wide(h)?;
        numbered(first).map(|_| second >> 1)
    }),
    entry(
        "llc.control.p",
        Form::Flag,
        "A command that asks for an answer",
        Take::Of(Layer::Llc, |h| llc_poll(h, false)),
    ),
    entry("llc.control.f", Form::Flag, "The answer to that", Take::Of(Layer::Llc, |h| llc_poll(h, true))),
    llc("llc.control.s_ftype", Form::Hex(4), "Supervision: 0 RR, 1 RNR, 2 REJ, 3 SREJ", |h| {
        s_frame(wide(h)?.0).map(|first| first >> 2 & 3)
    }),
    llc("llc.control.u_modifier_cmd", Form::Hex(2), "A command without a number: 0x1b SABME, 0x00 UI", |h| {
        u_frame(byte(h, 2)?, byte(h, 1)? & 1 == 0)
    }),
    llc("llc.control.u_modifier_resp", Form::Hex(2), "A response without a number: 0x18 UA, 0x03 DM", |h| {
        u_frame(byte(h, 2)?, byte(h, 1)? & 1 == 1)
    }),
    llc("llc.type", Form::Hex(4), "Behind SNAP: what it carries, in Ethernet's numbers", |h| {
        half(h, 6).filter(|_| h.starts_with(&[SNAP, SNAP, 3, 0, 0, 0]))
    }),
    entry(
        "arq.kind",
        Form::Text,
        "What stations of a reliable link say: I, RR, REJ, SABM, UA, and so on",
        Take::Frame(|p| Some(Value::Text(control(p)?.name().into()))),
    ),
    entry(
        "arq.ns",
        Form::Number,
        "The information frame's number N(S)",
        Take::Frame(|p| match control(p)? {
            Control::I { ns, .. } => Some(Value::Number(ns.into())),
            _ => None,
        }),
    ),
    entry(
        "arq.nr",
        Form::Number,
        "The number N(R) of the frame that its sender expects",
        Take::Frame(|p| Some(Value::Number(control(p)?.nr()?.into()))),
    ),
];

/// A call sign as tshark prints it: the bytes that stand in the frame.
#[allow(clippy::unnecessary_wraps, reason = "what the registry takes")]
fn octets(bytes: &[u8]) -> Option<Value<'static>> {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Some(Value::Text(digits.join(":").into()))
}

/// The control field of AX.25.
fn ctl(frame: &[u8]) -> Option<u64> {
    byte(frame, ax25_control(frame)?)
}

fn pid(frame: &[u8]) -> Option<u64> {
    let ctl = ctl(frame)?;
    let has_pid = ctl & 1 == 0 || ctl & !u64::from(POLL) == 3;
    byte(frame, ax25_control(frame)? + 1).filter(|_| has_pid)
}

/// The destination's highest bit is set in commands.
fn is_ax25_command(frame: &[u8]) -> bool {
    frame.get(6).is_some_and(|byte| byte & 0x80 != 0)
}

/// Both bytes of a control field of two.
fn wide(pdu: &[u8]) -> Option<(u64, u64)> {
    Some((byte(pdu, 2)?, byte(pdu, 3)?))
}

fn i_frame(first: u64) -> Option<u64> {
    (first & 1 == 0).then_some(first)
}

fn s_frame(first: u64) -> Option<u64> {
    (first & 3 == 1).then_some(first)
}

/// I and S frames, which have N(R).
fn numbered(first: u64) -> Option<u64> {
    (first & 3 != 3).then_some(first)
}

/// The five bits that tell U frames apart.
fn u_frame(first: u64, is_wanted: bool) -> Option<u64> {
    (first & 3 == 3 && is_wanted).then_some((first & 0xec) >> 2)
}

/// The poll bit is told where it is set, as "poll" of commands and as "final" of responses.
fn poll(control: u64, is_wanted: bool) -> Option<Value<'static>> {
    (is_wanted && control & u64::from(POLL) != 0).then_some(Value::Bool(true))
}

fn llc_poll(pdu: &[u8], of_responses: bool) -> Option<Value<'static>> {
    let is_wanted = (byte(pdu, 1)? & 1 == 1) == of_responses;
    let first = byte(pdu, 2)?;
    if first & 3 == 3 {
        return poll(first, is_wanted);
    }
    (is_wanted && byte(pdu, 3)? & 1 == 1).then_some(Value::Bool(true))
}

/// What a station of a reliable link says. SNAP and spanning tree use LLC, but are no reliable links.
fn control(packet: &Packet<'_>) -> Option<Control> {
    if let Some(frame) = packet.layer(Layer::Ax25) {
        let control = frame.get(ax25_control(frame)?..)?;
        return Control::parse(control, Modulus::Eight).ok().map(|(control, _)| control);
    }
    let pdu = packet.layer(Layer::Llc)?;
    if matches!(pdu.first(), Some(&SNAP | &wire::llc::sap::STP)) {
        return None;
    }
    Control::parse(pdu.get(2..)?, Modulus::OneTwentyEight).ok().map(|(control, _)| control)
}
