//! Fields of IPv4 and IPv6.

use super::layers::Layer;
use super::packet::{Packet, ends};
use super::registry::{Entry, Take, byte, entry, half, word};
use super::value::{Form, Value};

const fn v4(name: &'static str, form: Form, doc: &'static str, take: fn(&[u8]) -> Option<u64>) -> Entry {
    entry(name, form, doc, Take::Number(Layer::Ip4, take))
}

const fn v6(name: &'static str, form: Form, doc: &'static str, take: fn(&[u8]) -> Option<u64>) -> Entry {
    entry(name, form, doc, Take::Number(Layer::Ip6, take))
}

pub(super) const FIELDS: &[Entry] = &[
    v4("ip.version", Form::Number, "4", |h| Some(byte(h, 0)? >> 4)),
    v4("ip.hdr_len", Form::Number, "Bytes of the header", |h| Some((byte(h, 0)? & 15) * 4)),
    v4("ip.dsfield", Form::Hex(2), "DSCP and ECN together", |h| byte(h, 1)),
    v4("ip.dsfield.dscp", Form::Number, "How urgent: the differentiated services codepoint", |h| {
        Some(byte(h, 1)? >> 2)
    }),
    v4("ip.dsfield.ecn", Form::Number, "Congestion: 0 cannot, 1 and 2 can, 3 experienced", |h| Some(byte(h, 1)? & 3)),
    v4("ip.len", Form::Number, "Bytes of the packet, header included", |h| half(h, 2)),
    v4("ip.id", Form::Hex(4), "Tells which fragments belong together", |h| half(h, 4)),
    v4("ip.flags", Form::Hex(2), "The three flags as a number", |h| Some(byte(h, 6)? >> 5)),
    entry("ip.flags.df", Form::Flag, "Do not fragment", Take::Of(Layer::Ip4, |h| flag(h, 0x40))),
    entry("ip.flags.mf", Form::Flag, "More fragments follow", Take::Of(Layer::Ip4, |h| flag(h, 0x20))),
    v4("ip.frag_offset", Form::Number, "Where the fragment belongs, in units of 8 bytes", |h| {
        Some(half(h, 6)? & 0x1fff)
    }),
    v4("ip.ttl", Form::Number, "How many more routers it may pass", |h| byte(h, 8)),
    v4("ip.proto", Form::Number, "What it carries: 1 ICMP, 6 TCP, 17 UDP", |h| byte(h, 9)),
    v4("ip.checksum", Form::Hex(4), "The header's checksum", |h| half(h, 10)),
    entry("ip.src", Form::Ip, "From which address", Take::Of(Layer::Ip4, |h| Some(Value::Ip(ends(Layer::Ip4, h)?.0)))),
    entry("ip.dst", Form::Ip, "To which address", Take::Of(Layer::Ip4, |h| Some(Value::Ip(ends(Layer::Ip4, h)?.1)))),
    entry("ip.addr", Form::Ip, "Both addresses", Take::Each(|packet, give| both(Layer::Ip4, packet, give))),
    v6("ipv6.version", Form::Number, "6", |h| Some(byte(h, 0)? >> 4)),
    v6("ipv6.tclass", Form::Hex(8), "Traffic class: DSCP and ECN together", |h| Some(half(h, 0)? >> 4 & 0xff)),
    v6("ipv6.flow", Form::Hex(6), "The flow's label", |h| Some(word(h, 0)? & 0xf_ffff)),
    v6("ipv6.plen", Form::Number, "Bytes behind the header", |h| half(h, 4)),
    v6("ipv6.nxt", Form::Number, "What follows: 6 TCP, 17 UDP, 58 ICMPv6", |h| byte(h, 6)),
    v6("ipv6.hlim", Form::Number, "How many more routers it may pass", |h| byte(h, 7)),
    entry(
        "ipv6.src",
        Form::Ip,
        "From which address",
        Take::Of(Layer::Ip6, |h| Some(Value::Ip(ends(Layer::Ip6, h)?.0))),
    ),
    entry("ipv6.dst", Form::Ip, "To which address", Take::Of(Layer::Ip6, |h| Some(Value::Ip(ends(Layer::Ip6, h)?.1)))),
];

fn flag(header: &[u8], bit: u64) -> Option<Value<'static>> {
    Some(Value::Bool(byte(header, 6)? & bit != 0))
}

fn both<'a>(layer: Layer, packet: &Packet<'a>, give: &mut dyn FnMut(Value<'a>)) {
    for (src, dst) in packet.layers_of(layer).filter_map(|header| ends(layer, header)) {
        give(Value::Ip(src));
        give(Value::Ip(dst));
    }
}
