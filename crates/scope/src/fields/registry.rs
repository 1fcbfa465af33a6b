//! The list of all fields, and finding one by its name.

use std::fmt;

use super::layers::{Layer, u16_at, u32_at};
use super::packet::Packet;
use super::value::{Form, Value};
use super::{application, dhcp, dns, frame, icmp, internet, link, radio, stations, tcp, udp};

/// One line of the registry.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) form: Form,
    pub(super) doc: &'static str,
    pub(super) take: Take,
}

/// Where a field's values come from.
pub(super) enum Take {
    /// From the frame, or from what is known about it.
    Frame(for<'a> fn(&Packet<'a>) -> Option<Value<'a>>),
    /// From every layer of this kind; the function is given the layer's bytes.
    Of(Layer, for<'a> fn(&'a [u8]) -> Option<Value<'a>>),
    /// A number in every layer of this kind.
    Number(Layer, fn(&[u8]) -> Option<u64>),
    /// Any number of values.
    Each(for<'a> fn(&Packet<'a>, &mut dyn FnMut(Value<'a>))),
}

impl fmt::Debug for Take {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Take")
    }
}

/// An entry in one line.
pub(super) const fn entry(name: &'static str, form: Form, doc: &'static str, take: Take) -> Entry {
    Entry { name, form, doc, take }
}

/// A number in one byte of a header.
pub(super) fn byte(header: &[u8], at: usize) -> Option<u64> {
    header.get(at).map(|byte| u64::from(*byte))
}

/// A number in two bytes of a header.
pub(super) fn half(header: &[u8], at: usize) -> Option<u64> {
    header.get(at..at + 2).map(|bytes| u16_at(bytes, 0).into())
}

/// A number in four bytes of a header.
pub(super) fn word(header: &[u8], at: usize) -> Option<u64> {
    header.get(at..at + 4).map(|bytes| u32_at(bytes, 0).into())
}

/// A named field. As cheap to copy as a reference.
#[derive(Clone, Copy)]
pub struct Field(pub(super) &'static Entry);

impl Field {
    /// Its name: `tcp.seq`.
    pub const fn name(self) -> &'static str {
        self.0.name
    }

    /// The type of its values.
    pub const fn form(self) -> Form {
        self.0.form
    }

    /// What it says, in one line.
    pub const fn doc(self) -> &'static str {
        self.0.doc
    }

    /// Whether it lies above TCP: reading it means putting TCP's streams together.
    pub fn is_in_stream(self) -> bool {
        ["http.", "tls.", "dns."].iter().any(|protocol| self.name().starts_with(protocol))
            || self.name() == "frame.protocols"
    }
}

impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for Field {}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Field({})", self.0.name)
    }
}

/// A name that no field has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unknown {
    /// The name.
    pub name: String,
    /// The fields with the nearest names, the nearest first.
    pub nearest: Vec<&'static str>,
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no field is called \"{}\"", crate::words::clean(&self.name))
    }
}

impl std::error::Error for Unknown {}

/// The field called `name`, such as `tcp.seq`.
pub fn named(name: &str) -> Result<Field, Unknown> {
    all().find(|field| field.name() == name).ok_or_else(|| Unknown { name: name.into(), nearest: nearest(name) })
}

/// All fields, layer by layer.
pub fn all() -> impl Iterator<Item = Field> {
    ROOMS.iter().copied().flatten().map(Field)
}

static ROOMS: [&[Entry]; 11] = [
    frame::FIELDS,
    link::FIELDS,
    stations::FIELDS,
    radio::FIELDS,
    internet::FIELDS,
    icmp::FIELDS,
    udp::FIELDS,
    tcp::FIELDS,
    dns::FIELDS,
    dhcp::FIELDS,
    application::FIELDS,
];

/// The fields that are the fewest changed letters away, and not more than a third of the name.
fn nearest(name: &str) -> Vec<&'static str> {
    let name = name.get(..name.len().min(MAX_NAME)).unwrap_or_default();
    let mut fields: Vec<_> = all().map(|field| (distance(name, field.name()), field.name())).collect();
    fields.sort_by_key(|(distance, _)| *distance);
    let near = fields.iter().take_while(|(distance, _)| *distance <= 1 + name.len() / 3);
    near.take(SUGGESTIONS).map(|(_, name)| *name).collect()
}

/// How many letters must change, come or go to make one word of the other (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = before + usize::from(x != *y);
            before = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(before + 1);
        }
    }
    row[b.len()]
}

/// How many names are suggested for a wrong one.
const SUGGESTIONS: usize = 3;
/// Longest name that suggestions are looked for.
const MAX_NAME: usize = 80;
