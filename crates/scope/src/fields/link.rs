//! Fields of Ethernet, 802.1Q, spanning tree and ARP.

use std::net::IpAddr;

use base::Mac;

use super::layers::Layer;
use super::registry::{Entry, Take, byte, entry, half, word};
use super::value::{Form, Value};

pub(super) const FIELDS: &[Entry] = &[
    entry("eth.dst", Form::Mac, "To which station", Take::Of(Layer::Ethernet, |h| mac(h, 0))),
    entry("eth.src", Form::Mac, "From which station", Take::Of(Layer::Ethernet, |h| mac(h, 6))),
    entry(
        "eth.type",
        Form::Hex(4),
        "What it carries: 0x0800 IPv4, 0x0806 ARP",
        Take::Number(Layer::Ethernet, ethertype),
    ),
    entry(
        "eth.len",
        Form::Number,
        "802.3: bytes of what it carries",
        Take::Number(Layer::Ethernet, |h| half(h, 12).filter(|len| *len <= 1500)),
    ),
    entry(
        "vlan.id",
        Form::Number,
        "The virtual LAN's number",
        Take::Number(Layer::Vlan, |h| Some(half(h, 0)? & 0xfff)),
    ),
    entry("vlan.priority", Form::Number, "How urgent: 0 to 7", Take::Number(Layer::Vlan, |h| Some(half(h, 0)? >> 13))),
    entry(
        "stp.type",
        Form::Hex(2),
        "0x00 configuration, 0x02 rapid, 0x80 change",
        Take::Number(Layer::Stp, |h| byte(h, 3)),
    ),
    entry(
        "stp.flags",
        Form::Hex(2),
        "0x01 topology change; of rapid ones role and state too",
        Take::Number(Layer::Stp, |h| byte(h, 4)),
    ),
    entry("stp.root.hw", Form::Mac, "Whom its sender takes for the root", Take::Of(Layer::Stp, |h| mac(h, 7))),
    entry(
        "stp.root.cost",
        Form::Number,
        "How far its sender is from the root",
        Take::Number(Layer::Stp, |h| word(h, 13)),
    ),
    entry("arp.opcode", Form::Number, "1 asks, 2 answers", Take::Number(Layer::Arp, |h| half(h, 6))),
    entry("arp.src.hw_mac", Form::Mac, "The sender's hardware address", Take::Of(Layer::Arp, |h| mac(ipv4(h)?, 8))),
    entry("arp.src.proto_ipv4", Form::Ip, "The sender's IPv4 address", Take::Of(Layer::Arp, |h| ip(ipv4(h)?, 14))),
    entry("arp.dst.hw_mac", Form::Mac, "The target's hardware address", Take::Of(Layer::Arp, |h| mac(ipv4(h)?, 18))),
    entry("arp.dst.proto_ipv4", Form::Ip, "The target's IPv4 address", Take::Of(Layer::Arp, |h| ip(ipv4(h)?, 24))),
];

/// Up to 1500 it is a length (802.3).
fn ethertype(header: &[u8]) -> Option<u64> {
    half(header, 12).filter(|ethertype| *ethertype >= 0x600)
}

fn mac(bytes: &[u8], at: usize) -> Option<Value<'static>> {
    Some(Value::Mac(Mac(*bytes.get(at..)?.first_chunk()?)))
}

fn ip(bytes: &[u8], at: usize) -> Option<Value<'static>> {
    Some(Value::Ip(IpAddr::from(*bytes.get(at..)?.first_chunk::<4>()?)))
}

/// The packet, if it is about IPv4 over six-byte hardware addresses.
fn ipv4(packet: &[u8]) -> Option<&[u8]> {
    (packet.get(2..6)? == [8, 0, 6, 4]).then_some(packet)
}
