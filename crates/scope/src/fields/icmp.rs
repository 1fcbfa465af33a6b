//! Fields of ICMP and ICMPv6.

use super::layers::Layer;
use super::registry::{Entry, Take, byte, entry, half};
use super::value::{Form, Value};

const fn v4(name: &'static str, form: Form, doc: &'static str, take: fn(&[u8]) -> Option<u64>) -> Entry {
    entry(name, form, doc, Take::Number(Layer::Icmp, take))
}

const fn v6(name: &'static str, form: Form, doc: &'static str, take: fn(&[u8]) -> Option<u64>) -> Entry {
    entry(name, form, doc, Take::Number(Layer::Icmp6, take))
}

pub(super) const FIELDS: &[Entry] = &[
    v4("icmp.type", Form::Number, "0 and 8 echo, 3 unreachable, 11 time exceeded", |h| byte(h, 0)),
    v4("icmp.code", Form::Number, "What exactly, by type", |h| byte(h, 1)),
    v4("icmp.checksum", Form::Hex(4), "The message's checksum", |h| half(h, 2)),
    v4("icmp.ident", Form::Number, "Which ping", |h| half(echo(h)?, 4)),
    v4("icmp.seq", Form::Number, "Which of its echo requests", |h| half(echo(h)?, 6)),
    v4("icmp.mtu", Form::Number, "The next link's MTU, of a packet too big for it", too_big),
    entry(
        "icmp.redir_gw",
        Form::Ip,
        "The better router",
        Take::Of(Layer::Icmp, |h| Some(Value::Ip((*h.get(4..8).filter(|_| h[0] == 5)?.first_chunk::<4>()?).into()))),
    ),
    v6("icmpv6.type", Form::Number, "1 to 4 errors, 128 and 129 echo, 133 to 137 neighbours", |h| byte(h, 0)),
    v6("icmpv6.code", Form::Number, "What exactly, by type", |h| byte(h, 1)),
    v6("icmpv6.checksum", Form::Hex(4), "The message's checksum", |h| half(h, 2)),
];

/// Echo, timestamp, information and address mask have an identifier and a number.
fn echo(message: &[u8]) -> Option<&[u8]> {
    message.first().is_some_and(|kind| matches!(kind, 0 | 8 | 13..=18)).then_some(message)
}

fn too_big(message: &[u8]) -> Option<u64> {
    half(message, 6).filter(|_| message.starts_with(&[3, 4]))
}
