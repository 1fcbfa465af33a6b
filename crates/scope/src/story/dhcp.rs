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
        MessageType::Discover => {
            "Discover: it has no address yet and knows nobody here, so it asks everyone for one.".into()
        }
        MessageType::Offer => format!("Offer: {}{}.", message.yiaddr, terms(message)),
        MessageType::Request if message.ciaddr.is_unspecified() => {
            "Request: takes that offer, aloud, so that other servers can withdraw theirs.".into()
        }
        MessageType::Request => format!("Request: may I keep {}? Half of the lease is over.", message.ciaddr),
        MessageType::Ack if message.yiaddr.is_unspecified() => "Ack: here is the rest of your configuration.".into(),
        MessageType::Ack => {
            format!("Ack: {} is {receiver}'s{}; now it can send IP packets.", message.yiaddr, lease(message))
        }
        MessageType::Nak => format!("Nak{}: this address is not to be had, start again.", reason(message)),
        MessageType::Decline => {
            let address = message.requested_ip().unwrap_or(Ipv4Addr::UNSPECIFIED);
            format!("Decline: somebody uses {address} already.")
        }
        MessageType::Release => format!("Release: {} is not needed any more.", message.ciaddr),
        MessageType::Inform => "Inform: I have an address; what else should I know?".into(),
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
        MessageType::Discover => "Discover",
        MessageType::Request => "Request",
        _ => "Message",
    };
    let why = loss.map_or_else(String::new, |loss| format!(", for the last one was {loss}"));
    format!("{kind} once more: no answer came in {waited}{why}.")
}

/// ` for 1 hour; router 192.0.2.1, name server 198.51.100.53`
fn terms(message: &Message) -> String {
    let router = message.routers().first().map(|router| format!("router {router}"));
    let server = message.dns_servers().first().map(|server| format!("name server {server}"));
    let parts: Vec<String> = router.into_iter().chain(server).collect();
    let parts = if parts.is_empty() { String::new() } else { format!("; {}", list(&parts)) };
    format!("{}{parts}", lease(message))
}

/// ` for 1 hour`
fn lease(message: &Message) -> String {
    match message.lease_time() {
        Some(u32::MAX) => " for good".into(),
        Some(lease) => format!(" for {}", seconds(u64::from(lease))),
        None => String::new(),
    }
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
