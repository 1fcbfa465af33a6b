//! ICMP (RFC 792), told from the frames: echoes, and errors that came back.

use std::collections::BTreeMap;
use std::net::IpAddr;

use base::Instant;
use wire::icmpv4::{Exceeded, Message, Unreachable};

use super::tell::{Teller, step};
use super::{Layer, Mood, Step};
use crate::words::span;

pub(super) fn tell(teller: &mut Teller<'_>) {
    let mut echoes: BTreeMap<(IpAddr, IpAddr, u16, u16), usize> = BTreeMap::new();
    let mut steps: Vec<(Step, usize)> = Vec::new();
    let mut told_errors: BTreeMap<(IpAddr, &'static str), usize> = BTreeMap::new();
    for (place, packet) in teller.index.packets.iter().enumerate() {
        let Some((ip, message, _)) = packet.view.icmp() else { continue };
        let (from, to) = (teller.who(ip.src), teller.who(ip.dst));
        let (sent, arrived) = (packet.sent(), teller.index.arrival(packet));
        let addresses = format!("{} > {}", ip.src, ip.dst);
        let base = |at, what: String| {
            step("ICMP", Layer::Internet, at, at, what).between(from.clone(), to.clone()).addresses(addresses.clone())
        };
        match message {
            Message::EchoRequest { id, seq } => {
                echoes.insert((ip.src, ip.dst, id, seq), steps.len());
                steps.push((base(sent, format!("Echo request {seq}: are you there?")).rfc("RFC 792"), place));
            }
            Message::EchoReply { id, seq } => {
                let Some(arrived) = arrived else { continue };
                if let Some((step, _)) = echoes.get(&(ip.dst, ip.src, id, seq)).and_then(|at| steps.get_mut(*at)) {
                    answered(step, seq, arrived);
                }
            }
            _ => {
                let Some((what, rfc)) = error(&from, message) else { continue };
                // The same error over and over is told once.
                if told_errors.insert((ip.src, what.1), place).is_none() {
                    let end = arrived.unwrap_or(sent);
                    let told = Step { end, ..base(sent, what.0) };
                    steps.push((told.rfc(rfc).mood(Mood::Trouble), place));
                }
            }
        }
    }
    for (mut told, place) in steps {
        let unanswered = told.what.ends_with("there?");
        if unanswered {
            let loss = teller.loss(place).map_or_else(|| "no answer".into(), |loss| format!("it was {loss}"));
            told.what = format!("{} No: {loss}.", told.what);
            told.mood = Mood::Trouble;
        }
        told.request = teller.hero.and_then(|hero| teller.request_at(hero, told.at));
        teller.tell(told);
    }
}

fn answered(step: &mut Step, seq: u16, at: Instant) {
    step.end = at;
    step.what =
        format!("Echo request {seq} and its reply: {} is there, {} away and back.", step.to, span(at.since(step.at)));
}

/// An error message: what it says (with the key that makes it the same as another one), and where it is specified.
#[expect(clippy::type_complexity, reason = "a pair of a sentence with its key, and a reference")]
fn error(from: &str, message: Message) -> Option<((String, &'static str), &'static str)> {
    let unreachable = "RFC 792; RFC 1812, 5.2.7.1";
    Some(match message {
        Message::DestinationUnreachable { code, mtu } => {
            let text = match code {
                Unreachable::Port => "Nobody uses that port here (port unreachable).".into(),
                Unreachable::Host => {
                    format!("{from} cannot reach that host: nobody answers for it (host unreachable).")
                }
                Unreachable::Net => format!("{from} knows no way to that network (network unreachable)."),
                Unreachable::FragmentationNeeded => {
                    format!(
                        "The packet is too large for the next link, whose MTU is {mtu}, and must not be split (fragmentation needed)."
                    )
                }
                code => format!("{from} sends word: {}.", code.text()),
            };
            ((text, code.text()), unreachable)
        }
        Message::TimeExceeded { code: Exceeded::Ttl } => {
            let text =
                format!("The packet passed as many routers as its TTL allowed, and ended at {from} (time exceeded).");
            ((text, Exceeded::Ttl.text()), "RFC 792; RFC 1812, 5.3.1")
        }
        Message::TimeExceeded { code } => ((format!("{from} sends word: {}.", code.text()), code.text()), "RFC 792"),
        Message::Redirect { gateway, .. } => {
            ((format!("There is a shorter way through {gateway} (redirect)."), "redirect"), "RFC 792")
        }
        Message::ParameterProblem { pointer, .. } => {
            ((format!("The header is wrong at byte {pointer} (parameter problem)."), "parameter problem"), "RFC 792")
        }
        _ => return None,
    })
}
