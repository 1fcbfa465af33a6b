//! Fields of TCP: the header's, its options', and what the connection tells.

use super::analysis::{Analysis, Marks};
use super::connections::Segment;
use super::layers::{Layer, u32_at};
use super::option::{self, Options};
use super::packet::Packet;
use super::registry::{Entry, Take, byte, entry, half, word};
use super::value::{Form, Value};

/// In the header.
const fn header(name: &'static str, form: Form, doc: &'static str, take: fn(&[u8]) -> Option<u64>) -> Entry {
    entry(name, form, doc, Take::Number(Layer::Tcp, take))
}

type Give<'g, 'a> = &'g mut dyn FnMut(Value<'a>);

pub(super) const FIELDS: &[Entry] = &[
    header("tcp.srcport", Form::Number, "From which port", |h| half(h, 0)),
    header("tcp.dstport", Form::Number, "To which port", |h| half(h, 2)),
    entry("tcp.stream", Form::Number, "The connection's number, counted from 0", Take::Frame(|p| of(p, |s| s.stream))),
    entry("tcp.len", Form::Number, "Bytes of data", Take::Frame(|p| known(p, |s| s.len.map(u64::from)))),
    entry("tcp.seq", Form::Number, "Sequence number, counted from the connection's start", Take::Frame(seq)),
    header("tcp.seq_raw", Form::Number, "Sequence number as it stands there", |h| word(h.get(..20)?, 4)),
    entry("tcp.nxtseq", Form::Number, "The sequence number behind it", Take::Frame(next)),
    entry("tcp.ack", Form::Number, "Acknowledged up to here, counted likewise", Take::Frame(|p| of(p, |s| s.ack))),
    header("tcp.ack_raw", Form::Number, "Acknowledgment number as it stands there", |h| word(h, 8)),
    header("tcp.hdr_len", Form::Number, "Bytes of the header", |h| Some((byte(h, 12)? >> 4) * 4)),
    header("tcp.flags", Form::Hex(4), "All flags as a number", |h| Some(half(h, 12)? & 0x0fff)),
    entry("tcp.flags.cwr", Form::Flag, "Congestion window reduced", Take::Of(Layer::Tcp, |h| flag(h, 0x80))),
    entry("tcp.flags.ece", Form::Flag, "Congestion seen by the receiver", Take::Of(Layer::Tcp, |h| flag(h, 0x40))),
    entry("tcp.flags.urg", Form::Flag, "The urgent pointer counts", Take::Of(Layer::Tcp, |h| flag(h, 0x20))),
    entry("tcp.flags.ack", Form::Flag, "The acknowledgment number counts", Take::Of(Layer::Tcp, |h| flag(h, 0x10))),
    entry("tcp.flags.push", Form::Flag, "Hand it to the program now", Take::Of(Layer::Tcp, |h| flag(h, 8))),
    entry("tcp.flags.reset", Form::Flag, "The connection is over", Take::Of(Layer::Tcp, |h| flag(h, 4))),
    entry("tcp.flags.syn", Form::Flag, "The first sequence number", Take::Of(Layer::Tcp, |h| flag(h, 2))),
    entry("tcp.flags.fin", Form::Flag, "Nothing more will come", Take::Of(Layer::Tcp, |h| flag(h, 1))),
    header("tcp.window_size_value", Form::Number, "The window as it stands there", |h| half(h, 14)),
    entry("tcp.window_size", Form::Number, "Bytes its sender has room for", Take::Frame(|p| of(p, |s| s.window))),
    entry(
        "tcp.window_size_scalefactor",
        Form::Number,
        "What the window is multiplied by; -1 unknown, -2 not agreed on",
        Take::Frame(|p| Some(Value::Signed(p.segment?.scale?.into()))),
    ),
    header("tcp.checksum", Form::Hex(4), "The checksum", |h| half(h, 16)),
    header("tcp.urgent_pointer", Form::Number, "Where urgent data ends", |h| half(h, 18)),
    header("tcp.options.mss_val", Form::Number, "Largest segment its sender can receive", |h| {
        half(Options::of(h).find(option::MSS)?, 0)
    }),
    header("tcp.options.wscale.shift", Form::Number, "Its sender's windows are shifted by so many bits", |h| {
        byte(Options::of(h).find(option::WINDOW_SCALE)?, 0)
    }),
    entry("tcp.options.sack_perm", Form::Bytes, "Its sender understands SACK", Take::Of(Layer::Tcp, sack_permitted)),
    header("tcp.options.timestamp.tsval", Form::Number, "Its sender's clock", |h| timestamp(h, 0)),
    header("tcp.options.timestamp.tsecr", Form::Number, "The other's clock, as last seen", |h| timestamp(h, 4)),
    entry("tcp.options.sack_le", Form::Number, "Where received blocks begin", Take::Each(|p, give| sack(p, 0, give))),
    entry("tcp.options.sack_re", Form::Number, "Where received blocks end", Take::Each(|p, give| sack(p, 4, give))),
    entry(
        "tcp.payload",
        Form::Bytes,
        "The data",
        Take::Frame(|p| p.tcp_data().filter(|d| !d.is_empty()).map(Value::Bytes)),
    ),
    entry(
        "tcp.time_relative",
        Form::Time,
        "Seconds since its first segment",
        Take::Frame(|p| time(p, |s| Some(s.since_ns.0))),
    ),
    entry(
        "tcp.time_delta",
        Form::Time,
        "Seconds since the one before",
        Take::Frame(|p| time(p, |s| Some(s.since_ns.1))),
    ),
    entry("tcp.analysis.retransmission", Form::Flag, "Sent again", Take::Frame(|p| mark(p, ALL_REPETITIONS))),
    entry(
        "tcp.analysis.fast_retransmission",
        Form::Flag,
        "Sent again after duplicate ACKs",
        Take::Frame(|p| mark(p, Marks::FAST_RETRANSMISSION)),
    ),
    entry(
        "tcp.analysis.spurious_retransmission",
        Form::Flag,
        "Sent again though it was acknowledged",
        Take::Frame(|p| mark(p, Marks::SPURIOUS_RETRANSMISSION)),
    ),
    entry("tcp.analysis.out_of_order", Form::Flag, "Overtaken", Take::Frame(|p| mark(p, Marks::OUT_OF_ORDER))),
    entry("tcp.analysis.lost_segment", Form::Flag, "A gap before it", Take::Frame(|p| mark(p, Marks::LOST_SEGMENT))),
    entry(
        "tcp.analysis.ack_lost_segment",
        Form::Flag,
        "Acknowledges what was not seen",
        Take::Frame(|p| mark(p, Marks::ACK_LOST_SEGMENT)),
    ),
    entry(
        "tcp.analysis.duplicate_ack",
        Form::Flag,
        "The same acknowledgement again",
        Take::Frame(|p| mark(p, Marks::DUPLICATE_ACK)),
    ),
    entry(
        "tcp.analysis.duplicate_ack_num",
        Form::Number,
        "For the how-manyth time",
        Take::Frame(|p| found(p, |a| Some(a.duplicate?.0.into()))),
    ),
    entry(
        "tcp.analysis.duplicate_ack_frame",
        Form::Number,
        "The frame that it repeats",
        Take::Frame(|p| found(p, |a| Some(a.duplicate?.1))),
    ),
    entry("tcp.analysis.zero_window", Form::Flag, "No room", Take::Frame(|p| mark(p, Marks::ZERO_WINDOW))),
    entry(
        "tcp.analysis.zero_window_probe",
        Form::Flag,
        "Asks whether there is room again",
        Take::Frame(|p| mark(p, Marks::ZERO_WINDOW_PROBE)),
    ),
    entry(
        "tcp.analysis.zero_window_probe_ack",
        Form::Flag,
        "Still no room",
        Take::Frame(|p| mark(p, Marks::ZERO_WINDOW_PROBE_ACK)),
    ),
    entry(
        "tcp.analysis.window_update",
        Form::Flag,
        "Nothing but a new window",
        Take::Frame(|p| mark(p, Marks::WINDOW_UPDATE)),
    ),
    entry("tcp.analysis.window_full", Form::Flag, "Fills the window", Take::Frame(|p| mark(p, Marks::WINDOW_FULL))),
    entry("tcp.analysis.keep_alive", Form::Flag, "Still there?", Take::Frame(|p| mark(p, Marks::KEEP_ALIVE))),
    entry("tcp.analysis.keep_alive_ack", Form::Flag, "Yes", Take::Frame(|p| mark(p, Marks::KEEP_ALIVE_ACK))),
    entry(
        "tcp.analysis.reused_ports",
        Form::Flag,
        "A new connection between the same ports",
        Take::Frame(|p| mark(p, Marks::REUSED_PORTS)),
    ),
    entry(
        "tcp.analysis.acks_frame",
        Form::Number,
        "The frame that it acknowledges",
        Take::Frame(|p| found(p, |a| Some(a.acks?.0))),
    ),
    entry(
        "tcp.analysis.ack_rtt",
        Form::Time,
        "Seconds since that frame",
        Take::Frame(|p| time(p, |s| Some(s.analysis.acks?.1).filter(|rtt| *rtt > 0))),
    ),
    entry(
        "tcp.analysis.initial_rtt",
        Form::Time,
        "Seconds that the handshake took",
        Take::Frame(|p| time(p, |s| s.analysis.initial_rtt_ns)),
    ),
    entry(
        "tcp.analysis.rto",
        Form::Time,
        "Seconds since it was sent before",
        Take::Frame(|p| time(p, |s| Some(s.analysis.again?.0))),
    ),
    entry(
        "tcp.analysis.rto_frame",
        Form::Number,
        "The frame in which it was sent before",
        Take::Frame(|p| found(p, |a| Some(a.again?.1))),
    ),
    entry(
        "tcp.analysis.bytes_in_flight",
        Form::Number,
        "Bytes sent and not acknowledged",
        Take::Frame(|p| found(p, |a| a.bytes_in_flight.map(u64::from))),
    ),
    entry(
        "tcp.analysis.push_bytes_sent",
        Form::Number,
        "Bytes since the last PSH",
        Take::Frame(|p| found(p, |a| a.bytes_in_flight.and(a.push_bytes).map(u64::from))),
    ),
];

/// tshark calls the special kinds retransmissions too.
const ALL_REPETITIONS: Marks =
    Marks::RETRANSMISSION.with(Marks::FAST_RETRANSMISSION).with(Marks::SPURIOUS_RETRANSMISSION);

#[inline]
fn of(packet: &Packet<'_>, take: fn(&Segment) -> u32) -> Option<Value<'static>> {
    packet.segment.as_ref().map(|segment| Value::Number(take(segment).into()))
}

fn known(packet: &Packet<'_>, take: fn(&Segment) -> Option<u64>) -> Option<Value<'static>> {
    take(packet.segment.as_ref()?).map(Value::Number)
}

fn found(packet: &Packet<'_>, take: fn(&Analysis) -> Option<u64>) -> Option<Value<'static>> {
    take(&packet.segment.as_ref()?.analysis).map(Value::Number)
}

fn time(packet: &Packet<'_>, take: fn(&Segment) -> Option<u64>) -> Option<Value<'static>> {
    take(packet.segment.as_ref()?).map(Value::Time)
}

#[inline]
fn mark(packet: &Packet<'_>, marks: Marks) -> Option<Value<'static>> {
    packet.segment.as_ref()?.analysis.marks.any_of(marks).then_some(Value::Bool(true))
}

fn flag(header: &[u8], bit: u64) -> Option<Value<'static>> {
    Some(Value::Bool(byte(header, 13)? & bit != 0))
}

/// A quoted header can end right behind the sequence number, which is then all that is known of it.
fn seq<'a>(packet: &Packet<'a>) -> Option<Value<'a>> {
    match &packet.segment {
        Some(segment) => Some(Value::Number(segment.seq.into())),
        None => packet.layer(Layer::Tcp).and_then(|header| word(header, 4)).map(Value::Number),
    }
}

fn next<'a>(packet: &Packet<'a>) -> Option<Value<'a>> {
    let segment = packet.segment.as_ref()?;
    let flags = byte(packet.layer(Layer::Tcp)?, 13)?;
    let next = segment.seq.wrapping_add(segment.len?).wrapping_add(u32::from(flags & 3 != 0));
    Some(Value::Number(next.into()))
}

fn sack_permitted(header: &[u8]) -> Option<Value<'_>> {
    Options::of(header).find(option::SACK_PERMITTED).map(|_| Value::Bytes(&[option::SACK_PERMITTED, 2]))
}

fn timestamp(header: &[u8], at: usize) -> Option<u64> {
    word(Options::of(header).find(option::TIMESTAMPS)?, at)
}

/// Edges of the blocks, counted as acknowledgments are.
fn sack<'a>(packet: &Packet<'a>, at: usize, give: Give<'_, 'a>) {
    let (Some(header), Some(segment)) = (packet.layer(Layer::Tcp), packet.segment) else { return };
    let Some(raw) = word(header, 8) else { return };
    let base = (raw as u32).wrapping_sub(segment.ack);
    for block in Options::of(header).filter(|(kind, _)| *kind == option::SACK).flat_map(|(_, b)| b.chunks_exact(8)) {
        give(Value::Number(u32_at(block, at).wrapping_sub(base).into()));
    }
}
