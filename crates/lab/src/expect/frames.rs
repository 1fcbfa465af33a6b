//! Frames as records: where and when they were seen, and the fields of their headers under tshark's names.

use base::Direction;
use scope::Frame;
use scope::fields::{self, Field, Form, Packet};

use super::source::Kind;
use super::tables::Tables;
use super::value::Value;

/// A field of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum FrameField {
    /// Of the sighting: place in [`SIGHTING`].
    Sighting(usize),
    /// In the frame: its place in the registry.
    Header(usize, Field),
    /// Whether there is a header of a protocol: the place of a field that every such header has.
    Protocol(usize, Field),
}

impl FrameField {
    pub(super) fn named(name: &str) -> Option<(FrameField, Kind)> {
        if let Some(place) = SIGHTING.iter().position(|field| field.0 == name) {
            return Some((FrameField::Sighting(place), SIGHTING[place].1));
        }
        if let Some((_, field)) = PROTOCOLS.iter().find(|(protocol, _)| *protocol == name) {
            return header(field).map(|(place, field)| (FrameField::Protocol(place, field), Kind::Bool));
        }
        header(name).map(|(place, field)| (FrameField::Header(place, field), kind(field.form())))
    }

    pub(super) const fn kind(self) -> Kind {
        match self {
            FrameField::Sighting(place) => SIGHTING[place].1,
            FrameField::Header(_, field) => kind(field.form()),
            FrameField::Protocol(..) => Kind::Bool,
        }
    }

    /// Its place in the registry, if the frame's bytes are needed to know it.
    pub(super) const fn header(self) -> Option<(usize, Field)> {
        match self {
            FrameField::Sighting(_) => None,
            FrameField::Header(place, field) | FrameField::Protocol(place, field) => Some((place, field)),
        }
    }

    /// Its value for a frame of a recording.
    pub(super) fn of_frame<'a>(self, tables: &'a Tables<'a>, frame: &Frame<'a>) -> Value<'a> {
        match self {
            FrameField::Sighting(place) => (SIGHTING[place].3)(tables, frame),
            FrameField::Header(place, _) => tables.column(place).get(frame.index),
            FrameField::Protocol(place, _) => Value::Bool(tables.column(place).get(frame.index) != Value::Absent),
        }
    }

    /// Its value for a frame on its way.
    pub(super) fn of_packet<'a>(self, packet: &Packet<'a>) -> Value<'a> {
        match self {
            FrameField::Sighting(_) => Value::Absent,
            FrameField::Header(_, field) => packet.first(field).into(),
            FrameField::Protocol(_, field) => Value::Bool(packet.first(field).is_some()),
        }
    }
}

/// Name, kind and meaning of every field besides `at` and `node`.
pub(super) fn all() -> impl Iterator<Item = (&'static str, Kind, &'static str)> {
    let sighting = SIGHTING.iter().map(|field| (field.0, field.1, field.2));
    let protocols = PROTOCOLS.iter().map(|(protocol, _)| (*protocol, Kind::Bool, "whether there is such a header"));
    let headers = fields::all().map(|field| (field.name(), kind(field.form()), field.doc()));
    sighting.chain(protocols).chain(headers)
}

fn header(name: &str) -> Option<(usize, Field)> {
    fields::all().enumerate().find(|(_, field)| field.name() == name)
}

const fn kind(form: Form) -> Kind {
    match form {
        Form::Number | Form::Hex(_) => Kind::Number,
        Form::Flag => Kind::Bool,
        Form::Time => Kind::Time,
        Form::Text | Form::Ip | Form::Mac | Form::Bytes => Kind::Text,
    }
}

impl<'a> From<fields::Value<'a>> for Value<'a> {
    fn from(value: fields::Value<'a>) -> Self {
        match value {
            fields::Value::Number(number) => Value::Number(number as f64),
            fields::Value::Signed(number) => Value::Number(number as f64),
            fields::Value::Bool(value) => Value::Bool(value),
            fields::Value::Time(ns) => base::Duration::from_nanos(ns).into(),
            fields::Value::Text(text) => Value::Text(text),
            fields::Value::Ip(ip) => Value::Ip(ip),
            fields::Value::Mac(mac) => mac.to_string().into(),
            fields::Value::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into(),
        }
    }
}

type Sighting = (&'static str, Kind, &'static str, for<'a> fn(&'a Tables<'a>, &Frame<'a>) -> Value<'a>);

static SIGHTING: &[Sighting] = &[
    ("nic", Kind::Text, "the interface: 'client.eth0'", |tables, frame| tables.nic_name(frame.nic).into()),
    ("sent", Kind::Bool, "whether the interface sent it", |_, frame| Value::Bool(frame.direction == Direction::Out)),
    ("received", Kind::Bool, "whether the interface got it", |_, frame| Value::Bool(frame.direction == Direction::In)),
    ("len", Kind::Number, "bytes of the whole frame", |_, frame| Value::Number(frame.bytes.len() as f64)),
    ("packet", Kind::Number, "which packet: the same number on every hop", |_, frame| {
        Value::Number(frame.packet.0 as f64)
    }),
];

/// Protocols that are asked for by their name alone, each with a field that is in every one of its headers.
static PROTOCOLS: &[(&str, &str)] = &[
    ("eth", "eth.dst"),
    ("arp", "arp.opcode"),
    ("ip", "ip.ttl"),
    ("ipv6", "ipv6.hlim"),
    ("icmp", "icmp.type"),
    ("icmpv6", "icmpv6.type"),
    ("tcp", "tcp.srcport"),
    ("udp", "udp.srcport"),
    ("dns", "dns.id"),
    ("dhcp", "dhcp.type"),
    ("http", "http.request.method"),
    ("tls", "tls.record.version"),
];

/// A field of every frame of a recording, in as few bytes as its kind allows.
pub(super) enum Column {
    /// Not a number: absent.
    Numbers(Vec<f64>),
    /// No, yes, absent.
    Flags(Vec<u8>),
    Others(Vec<Value<'static>>),
}

impl Column {
    pub(super) fn for_field(field: Field) -> Column {
        match kind(field.form()) {
            Kind::Number => Column::Numbers(Vec::new()),
            Kind::Bool => Column::Flags(Vec::new()),
            _ => Column::Others(Vec::new()),
        }
    }

    pub(super) fn push(&mut self, value: Option<fields::Value<'_>>) {
        match self {
            Column::Numbers(column) => {
                column.push(value.and_then(|value| Value::from(value).number()).unwrap_or(f64::NAN));
            }
            Column::Flags(column) => column.push(match value {
                Some(fields::Value::Bool(value)) => u8::from(value),
                _ => ABSENT,
            }),
            Column::Others(column) => column.push(Value::from(value).into_owned()),
        }
    }

    pub(super) fn get(&self, place: usize) -> Value<'_> {
        match self {
            Column::Numbers(column) => match column.get(place) {
                Some(number) if !number.is_nan() => Value::Number(*number),
                _ => Value::Absent,
            },
            Column::Flags(column) => match column.get(place) {
                Some(&flag) if flag != ABSENT => Value::Bool(flag == 1),
                _ => Value::Absent,
            },
            Column::Others(column) => column.get(place).map_or(Value::Absent, Value::borrowed),
        }
    }
}

/// A flag that a frame does not have.
const ABSENT: u8 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_protocol_is_known_by_a_field_of_its_own() {
        for (protocol, field) in PROTOCOLS {
            assert!(field.starts_with(&format!("{protocol}.")) && fields::named(field).is_ok(), "{protocol}: {field}");
        }
    }
}
