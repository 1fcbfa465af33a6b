//! Fields of UDP.

use super::layers::Layer;
use super::registry::{Entry, Take, entry, half};
use super::value::{Form, Value};

const fn field(name: &'static str, form: Form, doc: &'static str, take: fn(&[u8]) -> Option<u64>) -> Entry {
    entry(name, form, doc, Take::Number(Layer::Udp, take))
}

pub(super) const FIELDS: &[Entry] = &[
    field("udp.srcport", Form::Number, "From which port", |h| half(h, 0)),
    field("udp.dstport", Form::Number, "To which port", |h| half(h, 2)),
    field("udp.length", Form::Number, "Bytes of the datagram, its 8 of header included", |h| half(h, 4)),
    field("udp.checksum", Form::Hex(4), "The checksum; 0 for none", |h| half(h, 6)),
    entry(
        "udp.stream",
        Form::Number,
        "The conversation's number, counted from 0",
        Take::Frame(|p| p.datagrams.map(|number| Value::Number(number.into()))),
    ),
];
