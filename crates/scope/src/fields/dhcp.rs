//! Fields of DHCP.

use std::net::Ipv4Addr;

use base::Mac;

use super::layers::Layer;
use super::packet::Packet;
use super::registry::{Entry, Take, byte, entry, half, word};
use super::value::{Form, Value};

const fn number(name: &'static str, form: Form, doc: &'static str, take: fn(&[u8]) -> Option<u64>) -> Entry {
    entry(name, form, doc, Take::Number(Layer::Dhcp, take))
}

pub(super) const FIELDS: &[Entry] = &[
    number("dhcp.type", Form::Number, "1 from a client, 2 from a server", |m| byte(m, 0)),
    number("dhcp.id", Form::Hex(8), "Ties an answer to its question", |m| word(m, 4)),
    number("dhcp.secs", Form::Number, "Seconds since the client began", |m| half(m, 8)),
    entry("dhcp.ip.client", Form::Ip, "The client's address, if it has one", Take::Of(Layer::Dhcp, |m| ip(m, 12))),
    entry("dhcp.ip.your", Form::Ip, "The address it may have", Take::Of(Layer::Dhcp, |m| ip(m, 16))),
    entry("dhcp.ip.server", Form::Ip, "The next server", Take::Of(Layer::Dhcp, |m| ip(m, 20))),
    entry("dhcp.ip.relay", Form::Ip, "The relay", Take::Of(Layer::Dhcp, |m| ip(m, 24))),
    entry("dhcp.hw.mac_addr", Form::Mac, "The client's hardware address", Take::Each(macs)),
    number("dhcp.option.dhcp", Form::Number, "1 discover, 2 offer, 3 request, 5 ack, 6 nak", |m| {
        byte(option(m, 53)?, 0)
    }),
    number("dhcp.option.ip_address_lease_time", Form::Number, "Seconds of the lease", |m| word(option(m, 51)?, 0)),
    number("dhcp.option.renewal_time_value", Form::Number, "Ask again after so many seconds", |m| {
        word(option(m, 58)?, 0)
    }),
    number("dhcp.option.rebinding_time_value", Form::Number, "Ask anybody after so many", |m| word(option(m, 59)?, 0)),
    entry("dhcp.option.subnet_mask", Form::Ip, "The net's mask", Take::Of(Layer::Dhcp, |m| ip(option(m, 1)?, 0))),
    entry("dhcp.option.router", Form::Ip, "The routers", Take::Each(|p, give| ips(p, 3, give))),
    entry("dhcp.option.domain_name_server", Form::Ip, "The resolvers", Take::Each(|p, give| ips(p, 6, give))),
    entry("dhcp.option.hostname", Form::Text, "The client's name", Take::Of(Layer::Dhcp, |m| text(option(m, 12)?))),
    entry("dhcp.option.domain_name", Form::Text, "The net's domain", Take::Of(Layer::Dhcp, |m| text(option(m, 15)?))),
    entry(
        "dhcp.option.requested_ip_address",
        Form::Ip,
        "The address it wants",
        Take::Of(Layer::Dhcp, |m| ip(option(m, 50)?, 0)),
    ),
    entry(
        "dhcp.option.dhcp_server_id",
        Form::Ip,
        "Which server is meant",
        Take::Of(Layer::Dhcp, |m| ip(option(m, 54)?, 0)),
    ),
];

fn ip(bytes: &[u8], at: usize) -> Option<Value<'static>> {
    Some(Value::Ip(Ipv4Addr::from(*bytes.get(at..)?.first_chunk::<4>()?).into()))
}

#[allow(clippy::unnecessary_wraps, reason = "what the registry takes")]
fn text(bytes: &[u8]) -> Option<Value<'_>> {
    Some(Value::Text(String::from_utf8_lossy(bytes)))
}

/// The value of the first option with this number.
fn option(message: &[u8], code: u8) -> Option<&[u8]> {
    options(message).find_map(|(found, value)| (found == code).then_some(value))
}

/// Number and value of each option behind the magic cookie.
pub(super) fn options(message: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = message.get(236..).and_then(|rest| rest.strip_prefix(&[99, 130, 83, 99])).unwrap_or_default();
    std::iter::from_fn(move || {
        loop {
            let (code, behind) = rest.split_first()?;
            match *code {
                0 => rest = behind,
                255 => return None,
                code => {
                    let len = usize::from(*behind.first()?);
                    let value = behind.get(1..1 + len)?;
                    rest = &behind[1 + len..];
                    return Some((code, value));
                }
            }
        }
    })
}

/// In the header, and again in the client identifier.
fn macs<'a>(packet: &Packet<'a>, give: &mut dyn FnMut(Value<'a>)) {
    for message in packet.layers_of(Layer::Dhcp) {
        let header = message.get(28..34).filter(|_| message[1..3] == [1, 6]);
        let identifier = option(message, 61).filter(|value| value.len() == 7 && value[0] == 1).map(|value| &value[1..]);
        for mac in header.into_iter().chain(identifier).filter_map(|bytes| bytes.first_chunk()) {
            give(Value::Mac(Mac(*mac)));
        }
    }
}

fn ips<'a>(packet: &Packet<'a>, code: u8, give: &mut dyn FnMut(Value<'a>)) {
    for value in packet.layers_of(Layer::Dhcp).filter_map(|message| option(message, code)) {
        value.chunks_exact(4).filter_map(|bytes| ip(bytes, 0)).for_each(&mut *give);
    }
}
