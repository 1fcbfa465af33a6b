//! Fields of DNS.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::layers::Layer;
use super::packet::Packet;
use super::registry::{Entry, Take, byte, entry, half, word};
use super::value::{Form, Value};

const fn number(name: &'static str, form: Form, doc: &'static str, take: fn(&[u8]) -> Option<u64>) -> Entry {
    entry(name, form, doc, Take::Number(Layer::Dns, take))
}

/// A flag that questions have too.
const fn flag(name: &'static str, doc: &'static str, take: for<'a> fn(&'a [u8]) -> Option<Value<'a>>) -> Entry {
    entry(name, Form::Flag, doc, Take::Of(Layer::Dns, take))
}

pub(super) const FIELDS: &[Entry] = &[
    number("dns.id", Form::Hex(4), "Ties an answer to its question", |m| half(m, 0)),
    number("dns.flags", Form::Hex(4), "All flags as a number", |m| half(m, 2)),
    flag("dns.flags.response", "An answer", |m| bit(m, 0x8000)),
    number("dns.flags.opcode", Form::Number, "0 for a query", |m| Some(half(m, 2)? >> 11 & 15)),
    flag("dns.flags.authoritative", "The server speaks for this zone", |m| bit(answer(m)?, 0x400)),
    flag("dns.flags.truncated", "Cut: ask again over TCP", |m| bit(m, 0x200)),
    flag("dns.flags.recdesired", "Please ask on for me", |m| bit(m, 0x100)),
    flag("dns.flags.recavail", "I do ask on", |m| bit(answer(m)?, 0x80)),
    number("dns.flags.rcode", Form::Number, "0 no error, 2 failure, 3 no such name", |m| {
        Some(half(answer(m)?, 2)? & 15)
    }),
    number("dns.count.queries", Form::Number, "How many questions", |m| half(m, 4)),
    number("dns.count.answers", Form::Number, "How many answers", |m| half(m, 6)),
    number("dns.count.auth_rr", Form::Number, "How many records about who knows", |m| half(m, 8)),
    number("dns.count.add_rr", Form::Number, "How many further records", |m| half(m, 10)),
    entry(
        "dns.qry.name",
        Form::Text,
        "What is asked about",
        Take::Each(|p, give| questions(p, |m, q| Some(Value::Text(name(m, q.name)?.into())), give)),
    ),
    entry(
        "dns.qry.type",
        Form::Number,
        "What is asked for: 1 A, 28 AAAA",
        Take::Each(|p, give| questions(p, |m, q| half(m, q.kind).map(Value::Number), give)),
    ),
    entry(
        "dns.qry.class",
        Form::Hex(4),
        "1 for the Internet",
        Take::Each(|p, give| questions(p, |m, q| half(m, q.kind + 2).map(Value::Number), give)),
    ),
    entry(
        "dns.resp.name",
        Form::Text,
        "Whose record",
        Take::Each(|p, give| records(p, |m, r| Some(Value::Text(name(m, r.name)?.into())), give)),
    ),
    entry(
        "dns.resp.type",
        Form::Number,
        "Of which type",
        Take::Each(|p, give| records(p, |_, r| Some(Value::Number(r.kind.into())), give)),
    ),
    entry(
        "dns.resp.ttl",
        Form::Number,
        "Seconds for which it may be remembered",
        Take::Each(|p, give| records(p, ttl, give)),
    ),
    entry("dns.a", Form::Ip, "An IPv4 address", Take::Each(|p, give| records(p, a, give))),
    entry("dns.aaaa", Form::Ip, "An IPv6 address", Take::Each(|p, give| records(p, aaaa, give))),
    entry(
        "dns.cname",
        Form::Text,
        "The name to ask for instead",
        Take::Each(|p, give| records(p, |m, r| named(m, r, 5, 0), give)),
    ),
    entry(
        "dns.ns",
        Form::Text,
        "A server that knows",
        Take::Each(|p, give| records(p, |m, r| named(m, r, 2, 0), give)),
    ),
    entry(
        "dns.ptr.domain_name",
        Form::Text,
        "The name of an address",
        Take::Each(|p, give| records(p, |m, r| named(m, r, 12, 0), give)),
    ),
    entry(
        "dns.mx.mail_exchange",
        Form::Text,
        "A server for mail",
        Take::Each(|p, give| records(p, |m, r| named(m, r, 15, 2), give)),
    ),
    entry(
        "dns.soa.mname",
        Form::Text,
        "The zone's first server",
        Take::Each(|p, give| records(p, |m, r| named(m, r, 6, 0), give)),
    ),
];

/// A question: where its name and its type stand.
struct Question {
    name: usize,
    kind: usize,
}

/// A resource record.
struct Record {
    name: usize,
    kind: u16,
    /// Where its time to live stands.
    ttl: usize,
    /// Where its data stand.
    data: (usize, usize),
}

type Answer = for<'a> fn(&'a [u8], &Record) -> Option<Value<'a>>;

fn bit(message: &[u8], bit: u64) -> Option<Value<'static>> {
    Some(Value::Bool(half(message, 2)? & bit != 0))
}

fn answer(message: &[u8]) -> Option<&[u8]> {
    (byte(message, 2)? & 0x80 != 0).then_some(message)
}

fn questions<'a>(
    packet: &Packet<'a>,
    take: for<'m> fn(&'m [u8], &Question) -> Option<Value<'m>>,
    give: &mut dyn FnMut(Value<'a>),
) {
    for message in packet.layers_of(Layer::Dns) {
        walk(message, &mut |question| take(message, question).into_iter().for_each(&mut *give), &mut |_| ());
    }
}

fn records<'a>(packet: &Packet<'a>, take: Answer, give: &mut dyn FnMut(Value<'a>)) {
    for message in packet.layers_of(Layer::Dns) {
        walk(message, &mut |_| (), &mut |record| take(message, record).into_iter().for_each(&mut *give));
    }
}

/// Goes over questions and records until one of them is not all there.
fn walk(message: &[u8], question: &mut dyn FnMut(&Question), record: &mut dyn FnMut(&Record)) -> Option<()> {
    let count = |at| half(message, at).map(|count| count as usize);
    let mut at = 12;
    for _ in 0..count(4)? {
        let kind = behind_name(message, at)?;
        message.get(kind..kind + 4)?;
        question(&Question { name: at, kind });
        at = kind + 4;
    }
    for _ in 0..count(6)? + count(8)? + count(10)? {
        let head = behind_name(message, at)?;
        let (start, len) = (head + 10, half(message, head + 8)? as usize);
        message.get(start..start + len)?;
        record(&Record { name: at, kind: half(message, head)? as u16, ttl: head + 4, data: (start, start + len) });
        at = start + len;
    }
    Some(())
}

/// Where a name ends.
fn behind_name(message: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *message.get(at)? {
            0 => return Some(at + 1),
            0xc0.. => return Some(at + 2),
            len => at += 1 + usize::from(len),
        }
    }
}

/// A name with its dots. A pointer may only point back, so that this ends.
//= rfc1035#4.1.4
fn name(message: &[u8], mut at: usize) -> Option<String> {
    let mut text = String::new();
    let mut before = at;
    loop {
        match *message.get(at)? {
            0 => break,
            high @ 0xc0.. => {
                let to = usize::from(high & 0x3f) << 8 | usize::from(*message.get(at + 1)?);
                if to >= before {
                    return None;
                }
                (at, before) = (to, to);
            }
            len => {
                let label = message.get(at + 1..at + 1 + usize::from(len))?;
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(&String::from_utf8_lossy(label));
                if text.len() > MAX_NAME {
                    return None;
                }
                at += 1 + usize::from(len);
            }
        }
    }
    Some(if text.is_empty() { "<Root>".into() } else { text })
}

/// OPT, a pseudo-record, has other things in the place of the time to live.
fn ttl(message: &[u8], record: &Record) -> Option<Value<'static>> {
    word(message, record.ttl).filter(|_| record.kind != 41).map(Value::Number)
}

fn data<'a>(message: &'a [u8], record: &Record, kind: u16) -> Option<&'a [u8]> {
    message.get(record.data.0..record.data.1).filter(|_| record.kind == kind)
}

fn a<'a>(message: &'a [u8], record: &Record) -> Option<Value<'a>> {
    Some(Value::Ip(Ipv4Addr::from(*data(message, record, 1)?.first_chunk::<4>()?).into()))
}

fn aaaa<'a>(message: &'a [u8], record: &Record) -> Option<Value<'a>> {
    Some(Value::Ip(Ipv6Addr::from(*data(message, record, 28)?.first_chunk::<16>()?).into()))
}

/// A name in the data of records of one type, `offset` bytes behind their start.
fn named<'a>(message: &'a [u8], record: &Record, kind: u16, offset: usize) -> Option<Value<'a>> {
    data(message, record, kind)?;
    Some(Value::Text(name(message, record.data.0 + offset)?.into()))
}

/// Longest name: 255 bytes, and what is not UTF-8 in it can become three times as long.
const MAX_NAME: usize = 765;
