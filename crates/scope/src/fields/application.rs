//! Fields of TLS and HTTP/1, where they are in clear.

use super::layers::Layer;
use super::packet::Packet;
use super::registry::{Entry, Take, byte, entry, half};
use super::value::{Form, Value};
use crate::dissect::http::Start;
use crate::dissect::tls;

pub(super) const FIELDS: &[Entry] = &[
    entry(
        "tls.record.content_type",
        Form::Number,
        "20 change of cipher, 21 alert, 22 handshake, 23 data",
        Take::Number(Layer::Tls, |r| byte(r, 0)),
    ),
    entry(
        "tls.record.opaque_type",
        Form::Number,
        "23: what it really is, is encrypted (TLS 1.3)",
        Take::Number(Layer::Sealed, |r| byte(r, 0)),
    ),
    entry(
        "tls.record.version",
        Form::Hex(4),
        "0x0303 for TLS 1.2 and 1.3",
        Take::Each(|p, give| records(p, |r| half(r, 1), give)),
    ),
    entry(
        "tls.record.length",
        Form::Number,
        "Bytes of the record",
        Take::Each(|p, give| records(p, |r| half(r, 3), give)),
    ),
    entry(
        "tls.handshake.type",
        Form::Number,
        "1 ClientHello, 2 ServerHello, 11 certificate",
        Take::Each(|p, give| handshakes(p, |h| Some(Value::Number(h.kind.into())), give)),
    ),
    entry(
        "tls.handshake.extensions_server_name",
        Form::Text,
        "The server's name that the client asks for",
        Take::Each(|p, give| handshakes(p, |h| Some(Value::Text(h.server_name.clone()?.into())), give)),
    ),
    entry("http.request.method", Form::Text, "GET, POST, …", Take::Of(Layer::Http, |head| method(head))),
    entry("http.request.uri", Form::Text, "What is asked for", Take::Of(Layer::Http, |head| target(head))),
    entry("http.response.code", Form::Number, "200, 404, …", Take::Number(Layer::Http, status)),
];

fn records<'a>(packet: &Packet<'a>, take: fn(&[u8]) -> Option<u64>, give: &mut dyn FnMut(Value<'a>)) {
    packet.records().filter_map(take).map(Value::Number).for_each(give);
}

fn handshakes<'a>(
    packet: &Packet<'a>,
    take: fn(&tls::Handshake) -> Option<Value<'static>>,
    give: &mut dyn FnMut(Value<'a>),
) {
    for record in packet.layers_of(Layer::Tls).flat_map(tls::records) {
        record.handshakes.iter().filter_map(take).for_each(&mut *give);
    }
}

fn method(head: &[u8]) -> Option<Value<'static>> {
    let Some(Start::Request { method, .. }) = Start::parse(head) else { return None };
    Some(Value::Text(method.into()))
}

fn target(head: &[u8]) -> Option<Value<'static>> {
    let Some(Start::Request { target, .. }) = Start::parse(head) else { return None };
    Some(Value::Text(target.into()))
}

fn status(head: &[u8]) -> Option<u64> {
    let Some(Start::Response { status, .. }) = Start::parse(head) else { return None };
    Some(status.into())
}
