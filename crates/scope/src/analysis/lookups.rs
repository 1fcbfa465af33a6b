//! Questions to name servers, with their answers.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Serialize;

use super::{MAX_ENTRIES, Summary};
use crate::dissect::dns::Message;
use crate::fields::{Layer, Packet};

/// A question, and what came of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Lookup {
    /// The packet with the question.
    pub packet: u64,
    /// Who asked.
    pub client: IpAddr,
    /// Whom.
    pub server: IpAddr,
    /// `A www.example.com`
    pub question: String,
    /// What was answered, in a few words; none when nothing was.
    pub answer: Option<String>,
    /// Nanoseconds to the answer.
    pub after_ns: Option<u64>,
    /// Whether it went over TCP.
    pub over_tcp: bool,
    /// Whether the answer was cut, so that the question had to be asked again over TCP.
    pub truncated: bool,
    /// How often the question was sent.
    pub times: u32,
}

/// Who asked whom, from which port, under which id, over TCP or not.
type Key = (IpAddr, IpAddr, u16, u16, bool);

/// Questions without an answer yet: where they are in the summary, and when they were sent.
#[derive(Debug, Default)]
pub(super) struct Lookups {
    open: BTreeMap<Key, (usize, u64)>,
}

impl Lookups {
    pub(super) fn take(&mut self, packet: &Packet<'_>, summary: &mut Summary) {
        let (Some((src, dst)), Some((from, to))) = (packet.addresses(), packet.ports()) else { return };
        let over_tcp = packet.segment.is_some();
        for message in packet.layers_of(Layer::Dns).filter_map(Message::parse) {
            if message.response {
                if let Some((place, asked_ns)) = self.open.remove(&(dst, src, to, message.id, over_tcp)) {
                    let lookup = &mut summary.lookups[place];
                    lookup.answer = Some(answer(&message));
                    lookup.after_ns = Some(packet.raw.time_ns.saturating_sub(asked_ns));
                    lookup.truncated = message.truncated;
                }
                continue;
            }
            let key = (src, dst, from, message.id, over_tcp);
            if let Some((place, _)) = self.open.get(&key) {
                summary.lookups[*place].times += 1;
                continue;
            }
            if summary.lookups.len() >= MAX_ENTRIES {
                summary.left_out += 1;
                continue;
            }
            self.open.insert(key, (summary.lookups.len(), packet.raw.time_ns));
            summary.lookups.push(Lookup {
                packet: packet.number,
                client: src,
                server: dst,
                question: message.asked(),
                answer: None,
                after_ns: None,
                over_tcp,
                truncated: false,
                times: 1,
            });
        }
    }
}

fn answer(message: &Message) -> String {
    if message.truncated {
        return "cut: too long for UDP".into();
    }
    if message.rcode != "NOERROR" {
        return message.rcode.clone();
    }
    if let Some((zone, servers)) = message.referral() {
        return format!("ask {} for {zone}", servers.first().unwrap_or(&"nobody"));
    }
    let addresses: Vec<String> = message.answers.iter().map(|record| record.data.text()).collect();
    if addresses.is_empty() { "no such record".into() } else { addresses.join(", ") }
}
