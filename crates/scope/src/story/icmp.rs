//! ICMP (RFC 792), told from the frames: echoes, and errors that came back.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use wire::icmpv4::{Exceeded, Message, Unreachable};
use wire::ip::Protocol;
use wire::ipv4;

use super::tell::{Teller, step};
use super::{Layer, Mood, Step};
use crate::index::Packet;
use crate::view::Ip;
use crate::words::span;

/// An echo request: its packet, and the packet of its reply.
struct Echo {
    seq: u16,
    request: usize,
    reply: Option<usize>,
}

pub(super) fn tell(teller: &mut Teller<'_>) {
    let mut echoes: Vec<Echo> = Vec::new();
    let mut places: BTreeMap<(IpAddr, IpAddr, u16, u16), usize> = BTreeMap::new();
    let mut errors: Vec<(usize, Ip<'_>, Message)> = Vec::new();
    for (place, packet) in teller.index.packets.iter().enumerate() {
        let Some((ip, message, _)) = packet.view.icmp() else { continue };
        match message {
            Message::EchoRequest { id, seq } => {
                places.insert((ip.src, ip.dst, id, seq), echoes.len());
                echoes.push(Echo { seq, request: place, reply: None });
            }
            Message::EchoReply { id, seq } => {
                let request = places.get(&(ip.dst, ip.src, id, seq)).and_then(|at| echoes.get_mut(*at));
                if let Some(echo) = request {
                    echo.reply.get_or_insert(place);
                }
            }
            message => errors.push((place, *ip, message)),
        }
    }
    for echo in echoes {
        tell_echo(teller, &echo);
    }
    let mut told = BTreeSet::new();
    for (place, ip, message) in errors {
        tell_error(teller, place, &ip, message, &mut told);
    }
}

fn tell_echo(teller: &mut Teller<'_>, echo: &Echo) {
    let request = &teller.index.packets[echo.request];
    let Some(ip) = request.view.ip() else { return };
    let sent = request.sent();
    let (from, to) = (teller.who(ip.src), teller.who(ip.dst));
    let reply = echo.reply.map(|reply| &teller.index.packets[reply]);
    let arrived = reply.and_then(|reply| teller.index.arrival_at(reply, request.from()));
    let seq = echo.seq;
    let (what, mood) = match arrived {
        Some(at) => {
            let time = span(at.since(sent));
            (format!("Echo request {seq}, are you there? The reply is back after {time}."), Mood::Fine)
        }
        None => {
            let lost = teller.loss(echo.request).map(|loss| format!("the request was {loss}"));
            let lost = lost.or_else(|| Some(format!("the reply was {}", teller.loss(echo.reply?)?)));
            let lost = lost.map_or_else(String::new, |lost| format!(": {lost}"));
            (format!("Echo request {seq}, are you there? No reply{lost}."), Mood::Trouble)
        }
    };
    let told = step("ICMP", Layer::Internet, sent, arrived.unwrap_or(sent), what).between(from, to).mood(mood);
    tell_packet(teller, echo.request, told.rfc("RFC 792; RFC 1122, 3.2.2.6"));
}

/// The same error about the same packets over and over is told once.
fn tell_error(
    teller: &mut Teller<'_>,
    place: usize,
    ip: &Ip<'_>,
    message: Message,
    told: &mut BTreeSet<(IpAddr, IpAddr, String)>,
) {
    let packet = &teller.index.packets[place];
    let (from, to) = (teller.who(ip.src), teller.who(ip.dst));
    let about = quoted(teller, packet).map_or_else(String::new, |about| format!(" About the packet to {about}."));
    let Some((what, rfc)) = sentence(&from, message) else { return };
    if !told.insert((ip.src, ip.dst, format!("{what}{about}"))) {
        return;
    }
    let arrived = teller.index.arrival(packet).unwrap_or(packet.sent());
    let step = step("ICMP", Layer::Internet, packet.sent(), arrived, format!("{what}{about}"));
    tell_packet(teller, place, step.between(from, to).rfc(rfc).mood(Mood::Trouble));
}

fn tell_packet(teller: &mut Teller<'_>, place: usize, told: Step) {
    let packet = &teller.index.packets[place];
    let addresses = packet.view.ip().map_or_else(String::new, |ip| format!("{} > {}", ip.src, ip.dst));
    let request = teller.hero.and_then(|hero| teller.request_at(hero, told.at));
    teller.tell(told.addresses(addresses).request(request));
}

/// Where the packet was going that an error quotes: `web (203.0.113.5), TCP port 80`.
fn quoted(teller: &Teller<'_>, packet: &Packet<'_>) -> Option<String> {
    let (_, _, data) = packet.view.icmp()?;
    let header = ipv4::Header::parse(data, usize::MAX).ok()?;
    let whom = teller.who_at(header.dst.into());
    let ports = data.get(header.header_len..)?.first_chunk::<4>().filter(|_| header.fragment_offset == 0);
    match (header.protocol, ports) {
        (protocol @ (Protocol::TCP | Protocol::UDP), Some([_, _, high, low])) => {
            Some(format!("{whom}, {protocol} port {}", u16::from_be_bytes([*high, *low])))
        }
        _ => Some(whom),
    }
}

/// What an error says, and where it is specified.
fn sentence(from: &str, message: Message) -> Option<(String, &'static str)> {
    let unreachable = "RFC 792; RFC 1812, 5.2.7.1";
    Some(match message {
        Message::DestinationUnreachable { code, mtu } => {
            let text = match code {
                Unreachable::Port => "Nobody uses that port here (port unreachable).".into(),
                Unreachable::Host => "That host does not answer on its network (host unreachable).".into(),
                Unreachable::Net => format!("{from} knows no way to that network (network unreachable)."),
                Unreachable::FragmentationNeeded => {
                    format!("Too large for the next link's {mtu} bytes, and not to be split (fragmentation needed).")
                }
                code => format!("{from} sends word: {}.", code.text()),
            };
            (text, unreachable)
        }
        Message::TimeExceeded { code: Exceeded::Ttl } => {
            ("The packet passed as many routers as its TTL allowed (time exceeded).".into(), "RFC 792; RFC 1812, 5.3.1")
        }
        Message::TimeExceeded { code } => (format!("{from} sends word: {}.", code.text()), "RFC 792"),
        Message::Redirect { gateway, .. } => {
            (format!("There is a shorter way, through {gateway} (redirect)."), "RFC 792")
        }
        Message::ParameterProblem { pointer, .. } => {
            (format!("The header is wrong at byte {pointer} (parameter problem)."), "RFC 792")
        }
        _ => return None,
    })
}
