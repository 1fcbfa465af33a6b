//! DHCP (RFC 2131), told from the frames: how a host gets its address.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use base::Instant;
use wire::dhcp::{CLIENT_PORT, Message, MessageType, SERVER_PORT};

use super::tell::{Teller, step};
use super::{Layer, Mood, Step};
use crate::words::{clean, list, seconds, span};

pub(super) fn tell(teller: &mut Teller<'_>) {
    let mut asked: BTreeMap<(u32, MessageType), (Instant, usize)> = BTreeMap::new();
    for place in 0..teller.index.packets.len() {
        let packet = &teller.index.packets[place];
        let Some(datagram) = packet.view.udp() else { continue };
        let ports = [datagram.src.port(), datagram.dst.port()];
        if !ports.iter().all(|port| [CLIENT_PORT, SERVER_PORT].contains(port)) {
            continue;
        }
        let Ok(message) = Message::parse(datagram.data) else { continue };
        let Some(kind) = message.message_type() else { continue };
        let (sent, arrived) = (packet.sent(), teller.index.arrival(packet));
        let from_client = datagram.src.port() == CLIENT_PORT;
        let sender = teller.name(packet.from());
        let receiver = match from_client {
            true => teller.who(datagram.dst.ip()),
            false => teller.owner_of(message.chaddr).unwrap_or_else(|| teller.who(datagram.dst.ip())),
        };
        let before = asked.insert((message.xid, kind), (sent, place)).filter(|_| from_client);
        let (what, mood) = match before {
            Some((at, before)) => (again(kind, teller.loss(before).as_deref(), &span(sent.since(at))), Mood::Trouble),
            None => (sentence(kind, &message, &receiver), mood(kind)),
        };
        let mut told = step("DHCP", Layer::Application, sent, arrived.unwrap_or(sent), what)
            .between(sender, receiver)
            .ends(datagram.src, datagram.dst)
            .rfc(section(kind))
            .detail(format!("{kind}, transaction {:#010x}, hardware address {}", message.xid, message.chaddr))
            .mood(mood);
        told = details(told, &message);
        teller.tell(told);
    }
}

fn sentence(kind: MessageType, message: &Message, receiver: &str) -> String {
    match kind {
        MessageType::Discover => "Who gives out addresses here? It has none yet and knows nobody, so it asks everyone on its network (discover).".into(),
        MessageType::Offer => format!("{} is free{} (offer).", message.yiaddr, terms(message)),
        MessageType::Request if message.ciaddr.is_unspecified() => {
            let server = message.server_id().map_or_else(String::new, |server| format!(" from {server}"));
            let wanted = message.requested_ip().unwrap_or(Ipv4Addr::UNSPECIFIED);
            format!("I take {wanted}{server}: said to everyone, so that other servers keep what they offered (request).")
        }
        MessageType::Request => format!("May I keep {}? Half of the lease is over (request).", message.ciaddr),
        MessageType::Ack if message.yiaddr.is_unspecified() => "Here is the rest of your configuration (ack).".into(),
        MessageType::Ack => {
            let lease = message.lease_time().map_or_else(|| "for good".into(), |s| format!("for {}", seconds(u64::from(s))));
            format!("{} is yours {lease}: from now on {receiver} can send and receive IP packets (ack).", message.yiaddr)
        }
        MessageType::Nak => format!("No{}: the address is not to be had, start again (nak).", reason(message)),
        MessageType::Decline => {
            let address = message.requested_ip().unwrap_or(Ipv4Addr::UNSPECIFIED);
            format!("No thanks: somebody uses {address} already (decline).")
        }
        MessageType::Release => format!("{} is not needed any more (release).", message.ciaddr),
        MessageType::Inform => "I have an address; what else should I know (inform)?".into(),
    }
}

const fn mood(kind: MessageType) -> Mood {
    match kind {
        MessageType::Nak | MessageType::Decline => Mood::Trouble,
        _ => Mood::Fine,
    }
}

/// A message that the client sends once more.
fn again(kind: MessageType, loss: Option<&str>, waited: &str) -> String {
    let kind = match kind {
        MessageType::Discover => "discover",
        MessageType::Request => "request",
        _ => "message",
    };
    let why = loss.map_or_else(String::new, |loss| format!(": the {kind} was {loss}"));
    format!("Asks again, no answer came in {waited}{why} ({kind}).")
}

/// `: you may use it for 1 hour; send to other networks through …, ask … for names`.
fn terms(message: &Message) -> String {
    let mut parts = Vec::new();
    if let Some(lease) = message.lease_time() {
        parts.push(format!("for {}", seconds(u64::from(lease))));
    }
    if let Some(router) = message.routers().first() {
        parts.push(format!("with {router} as the way to other networks"));
    }
    if let Some(server) = message.dns_servers().first() {
        parts.push(format!("{server} to ask for names"));
    }
    if parts.is_empty() { String::new() } else { format!(", {}", list(&parts)) }
}

fn reason(message: &Message) -> String {
    message.reason().map_or_else(String::new, |reason| format!(", {}", clean(reason)))
}

fn details(mut told: Step, message: &Message) -> Step {
    let addresses = |list: &[Ipv4Addr]| list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if let Some(mask) = message.subnet_mask() {
        told = told.detail(format!("network mask {mask}"));
    }
    if !message.routers().is_empty() {
        told = told.detail(format!("routers {}", addresses(message.routers())));
    }
    if !message.dns_servers().is_empty() {
        told = told.detail(format!("name servers {}", addresses(message.dns_servers())));
    }
    if let (Some(t1), Some(t2)) = (message.renewal_time(), message.rebinding_time()) {
        told = told.detail(format!(
            "renew after {} (T1), ask any server after {} (T2)",
            seconds(t1.into()),
            seconds(t2.into())
        ));
    }
    told
}

const fn section(kind: MessageType) -> &'static str {
    match kind {
        MessageType::Discover | MessageType::Offer | MessageType::Ack => "RFC 2131, 3.1",
        MessageType::Request => "RFC 2131, 4.3.2",
        MessageType::Nak => "RFC 2131, 3.1",
        MessageType::Decline => "RFC 2131, 4.4.4",
        MessageType::Release => "RFC 2131, 4.4.6",
        MessageType::Inform => "RFC 2131, 3.4",
    }
}
