//! Fields of the frame itself: when, where, how long.

use super::layers::{Layer, Link};
use super::packet::Packet;
use super::registry::{Entry, Take, entry};
use super::value::{Form, Value};

pub(super) const FIELDS: &[Entry] = &[
    entry("frame.number", Form::Number, "Its place in the capture, counted from 1", Take::Frame(|p| number(p.number))),
    entry("frame.time_epoch", Form::Time, "Seconds since 1970", Take::Frame(|p| Some(Value::Time(p.raw.time_ns)))),
    entry(
        "frame.time_relative",
        Form::Time,
        "Seconds since the first frame",
        Take::Frame(|p| Some(Value::Time(p.since_first_ns))),
    ),
    entry("frame.len", Form::Number, "Bytes on the wire", Take::Frame(|p| number(p.raw.len.into()))),
    entry("frame.cap_len", Form::Number, "Bytes that are there", Take::Frame(|p| number(p.raw.bytes.len() as u64))),
    entry("frame.comment", Form::Text, "What somebody wrote beside it", Take::Each(comments)),
    entry(
        "frame.packet_id",
        Form::Number,
        "The number that the packet keeps over all hops",
        Take::Frame(|p| p.raw.packet.map(Value::Number)),
    ),
    entry(
        "frame.packet_flags_crc_error",
        Form::Flag,
        "It was damaged on the medium, where the capture tells",
        Take::Frame(|p| p.raw.flags.map(|_| Value::Bool(p.raw.is_flawed()))),
    ),
    entry(
        "frame.interface_name",
        Form::Text,
        "The interface that saw it",
        Take::Frame(|p| Some(Value::Text(p.raw.interface?.into()))),
    ),
    entry("frame.protocols", Form::Text, "The layers in it, outermost first", Take::Frame(protocols)),
];

#[allow(clippy::unnecessary_wraps, reason = "what the registry takes")]
const fn number(number: u64) -> Option<Value<'static>> {
    Some(Value::Number(number))
}

fn comments<'a>(packet: &Packet<'a>, give: &mut dyn FnMut(Value<'a>)) {
    packet.raw.notes.comments().for_each(|comment| give(Value::Text(comment.into())));
}

/// `eth:ethertype:ip:tcp`
#[allow(clippy::unnecessary_wraps, reason = "what the registry takes")]
fn protocols<'a>(packet: &Packet<'a>) -> Option<Value<'a>> {
    let link = packet.raw.link;
    let mut text = String::from(if link == Link::Ip { "raw" } else { "" });
    let mut say = |name: &str| {
        text.push_str(if text.is_empty() { "" } else { ":" });
        text.push_str(name);
    };
    let mut before = None;
    for layer in packet.layers() {
        let name = protocol(layer, link);
        if before.is_some_and(|before| has_type(before, link)) && layer != Layer::Llc {
            say("ethertype");
        }
        // Bytes of no protocol above.
        if (before, layer) == (Some(Layer::Ax25), Layer::Data) {
            say("ax25_nol3");
        }
        // Several messages of one stream are told once.
        let is_told = before.is_some_and(|before| protocol(before, link) == name);
        if !is_told || !matches!(name, "tls" | "http" | "dns") {
            say(name);
        }
        before = Some(layer);
    }
    if before.is_some_and(|last| has_type(last, link)) {
        say("ethertype");
    }
    Some(Value::Text(text.into()))
}

/// Whether a header says by one of Ethernet's types what follows.
const fn has_type(layer: Layer, link: Link) -> bool {
    match layer {
        Layer::Ethernet | Layer::Vlan | Layer::ProviderVlan => true,
        Layer::Cooked => !matches!(link, Link::Loopback),
        _ => false,
    }
}

const fn protocol(layer: Layer, link: Link) -> &'static str {
    match (layer, link) {
        (Layer::Ethernet, _) => "eth",
        (Layer::Vlan, _) => "vlan",
        (Layer::ProviderVlan, _) => "ieee8021ad",
        (Layer::Cooked, Link::Loopback) => "null",
        (Layer::Cooked, _) => "sll",
        (Layer::Ax25, Link::Kiss) => "ax25_kiss:ax25",
        (Layer::Ax25, _) => "ax25",
        (Layer::Llc, _) => "llc",
        (Layer::Radiotap, _) => "radiotap:wlan_radio",
        (Layer::Wlan, _) => "wlan",
        (Layer::Stp, _) => "stp",
        (Layer::Arp, _) => "arp",
        (Layer::Ip4, _) => "ip",
        (Layer::Ip6, _) => "ipv6",
        (Layer::Icmp, _) => "icmp",
        (Layer::Icmp6, _) => "icmpv6",
        (Layer::Udp, _) => "udp",
        (Layer::Tcp, _) => "tcp",
        (Layer::Dns, _) => "dns",
        (Layer::Dhcp, _) => "dhcp",
        (Layer::Tls | Layer::Sealed, _) => "tls",
        (Layer::Http, _) => "http",
        (Layer::Data, _) => "data",
    }
}
