//! ARP (RFC 826), told from the frames: who has this address on my network?
//!
//! The visitor's own exchanges are told one by one; those of all the others, which make the packets' way possible, are
//! one step together.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use base::event::{Fact, LinkFact};
use base::{Instant, Mac, NodeId};
use wire::arp::{Operation, Packet};

use super::tell::{Teller, step};
use super::{Layer, Mood, Step};
use crate::words::{count, list, span};

/// One question with its repetitions and its answer.
struct Exchange {
    asker: NodeId,
    question: Packet,
    /// When it was sent, each time, and as which packet.
    sends: Vec<(Instant, usize)>,
    /// When the answer was sent and when it came, who gave it, and what it said.
    answer: Option<(Instant, Instant, NodeId, Mac)>,
}

pub(super) fn tell(teller: &mut Teller<'_>) {
    let exchanges = exchanges(teller);
    let mut others = Vec::new();
    for exchange in exchanges {
        if Some(exchange.asker) == teller.hero {
            own(teller, &exchange);
        } else {
            others.push(exchange);
        }
    }
    together(teller, &others);
    silent(teller);
}

fn exchanges(teller: &Teller<'_>) -> Vec<Exchange> {
    let mut exchanges: Vec<Exchange> = Vec::new();
    let mut open: BTreeMap<(NodeId, Ipv4Addr), usize> = BTreeMap::new();
    for (place, packet) in teller.index.packets.iter().enumerate() {
        let Some(arp) = packet.view.arp() else { continue };
        match arp.operation {
            Operation::Request => {
                let key = (packet.from(), arp.target_ip);
                let pending = open.get(&key).and_then(|at| exchanges.get_mut(*at));
                match pending.filter(|exchange| exchange.answer.is_none()) {
                    Some(exchange) => exchange.sends.push((packet.sent(), place)),
                    None => {
                        open.insert(key, exchanges.len());
                        let sends = vec![(packet.sent(), place)];
                        exchanges.push(Exchange { asker: packet.from(), question: *arp, sends, answer: None });
                    }
                }
            }
            Operation::Reply => {
                let asker = teller.index.node_of(arp.target_ip.into());
                let open = asker.and_then(|asker| open.get(&(asker, arp.sender_ip)).copied());
                let Some(exchange) = open.and_then(|at| exchanges.get_mut(at)) else { continue };
                if let Some(arrived) = teller.index.arrival_at(packet, exchange.asker)
                    && exchange.answer.is_none()
                {
                    exchange.answer = Some((packet.sent(), arrived, packet.from(), arp.sender_mac));
                }
            }
            Operation::Other(_) => {}
        }
    }
    exchanges
}

/// The visitor's question and its answer.
fn own(teller: &mut Teller<'_>, exchange: &Exchange) {
    let Exchange { asker, question, sends, answer } = exchange;
    let target = IpAddr::from(question.target_ip);
    let name = teller.name(*asker);
    let Some(&(first, _)) = sends.first() else { return };
    let last = sends.last().map_or(first, |(at, _)| *at);
    let request = teller.request_at(*asker, first);
    let base = |at, end, what: String| step("ARP", Layer::Link, at, end, what).rfc("RFC 826").request(request);
    let addresses = format!("{} > {}", question.sender_mac, Mac::BROADCAST);
    let what = question_text(teller, exchange);
    teller.tell(base(first, first, what).between(&name, "everyone").addresses(addresses));
    if sends.len() > 1 {
        let lost = teller.loss(sends[0].1).map_or_else(String::new, |loss| format!(" (the first was {loss})"));
        let what = format!("Asks again: no answer came in {}{lost}.", span(sends[1].0.since(first)));
        teller.tell(base(sends[1].0, last, what).between(&name, "everyone").mood(Mood::Trouble));
    }
    if let Some((sent, arrived, node, mac)) = answer {
        let lesson = if teller.first("arp-answer") { " Now the packet that waited can leave." } else { "" };
        let what = format!("{target} is at {mac}.{lesson}");
        let told = base(*sent, *arrived, what).between(teller.name(*node), name);
        teller.tell(told.addresses(format!("{mac} > {}", question.sender_mac)));
    }
}

/// Why it asks: RFC 5227's probe and announcement, or a packet that waits for its next hop.
fn question_text(teller: &mut Teller<'_>, exchange: &Exchange) -> String {
    let question = &exchange.question;
    let target = IpAddr::from(question.target_ip);
    if question.sender_ip.is_unspecified() {
        return format!("Does anybody use {target} already? It was just given this address and makes sure.");
    }
    if question.sender_ip == question.target_ip {
        return format!("{target} is mine from now on, says this announcement.");
    }
    let goal = exchange.answer.and_then(|(_, arrived, _, mac)| waiting(teller, exchange.asker, arrived, mac));
    let why = match goal {
        Some(goal) if goal != target => {
            let goal = teller.who_at(goal);
            format!("The way to {goal} leads through it")
        }
        _ => "It is on this network".into(),
    };
    let lesson = if teller.first("arp-question") { ", and Ethernet needs its hardware address" } else { "" };
    format!("Who has {target}? {why}{lesson}.")
}

/// Where the first IP packet goes that a node sends to a hardware address after a moment.
fn waiting(teller: &Teller<'_>, node: NodeId, after: Instant, mac: Mac) -> Option<IpAddr> {
    let mut packets = teller.index.packets.iter().filter(|packet| packet.from() == node && packet.sent() >= after);
    let to = |packet: &&crate::index::Packet<'_>| packet.view.ethernet.is_some_and(|header| header.dst == mac);
    packets.find(to)?.view.ip().map(|ip| ip.dst)
}

/// What all the others asked, in one step.
fn together(teller: &mut Teller<'_>, others: &[Exchange]) {
    let answered: Vec<&Exchange> = others.iter().filter(|exchange| exchange.answer.is_some()).collect();
    let Some(first) = answered.iter().filter_map(|exchange| exchange.sends.first()).map(|(at, _)| *at).min() else {
        return;
    };
    let mut askers: Vec<String> = Vec::new();
    let mut details = Vec::new();
    for exchange in &answered {
        let asker = teller.name(exchange.asker);
        let ip = exchange.question.target_ip;
        let whose = teller.who(ip.into());
        if let Some((_, _, _, mac)) = exchange.answer {
            details.push(format!("{asker} asks for {ip} ({whose}): {mac}"));
        }
        if !askers.contains(&asker) {
            askers.push(asker);
        }
    }
    let what = format!(
        "{} more along the way: {} each ask for the next hop of their first packet.",
        count(answered.len() as u64, "exchange"),
        list(&askers)
    );
    let what = if askers.len() == 1 {
        what.replace(" each ask for the next hop of their", " asks for the next hop of its")
    } else {
        what
    };
    let mut told: Step = step("ARP", Layer::Link, first, first, what).between("others", "").rfc("RFC 826");
    if let [only] = answered.as_slice() {
        told.from = teller.name(only.asker);
    }
    told.detail = details;
    told.request = teller.hero.and_then(|hero| teller.request_at(hero, first));
    teller.tell(told);
}

/// Questions that nobody answered: one step for each address.
fn silent(teller: &mut Teller<'_>) {
    let mut silent: BTreeMap<(NodeId, IpAddr), Vec<Instant>> = BTreeMap::new();
    for event in teller.recording().events() {
        if let Fact::Link(LinkFact::NeighborSilent { ip, .. }) = &event.fact {
            silent.entry((event.node, *ip)).or_default().push(event.at);
        }
    }
    for ((node, ip), times) in silent {
        let (Some(&first), Some(&last)) = (times.first(), times.last()) else { continue };
        let again = match times.len() {
            1 => String::new(),
            n => format!(" It asked in vain {n} times, until {} later.", span(last.since(first))),
        };
        let what = format!("Nobody answers for {ip}: there is no such host on this network, or it is down.{again}");
        let request = teller.hero.and_then(|hero| teller.request_at(hero, first));
        let told = step("ARP", Layer::Link, first, last, what).between(teller.name(node), "");
        teller.tell(told.rfc("RFC 1122, 2.3.2.2").request(request).mood(Mood::Trouble));
    }
}
