//! A question to the domain name system, asked exactly as told.

use std::net::{IpAddr, SocketAddr};

use base::Duration;
use base::event::AppFact;
use net::{Net, Task};
use schemars::JsonSchema;
use serde::Deserialize;
use services::dns::{self, Data, Message, Progress, Query, Question, Rtype};

use super::registry::Written;
use super::{Commons, Program};
use crate::file::scalar::{Endpoint, Size, Time};

/// Asks a name server. Records `dns.query` (name, type, server, transport, tries), `dns.answer` (name, type, rcode,
/// transport, bytes, truncated and authoritative as 0 or 1, answers: how many records, text: the first, address), and
/// in the end `lookup.done` (rcode, answers, transport of the answer, time) or `lookup.failed` (error, time).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// `www.example.com`.
    pub name: String,
    /// `A` when nothing is said.
    #[serde(rename = "type", default = "address")]
    pub kind: String,
    /// Whom to ask: the host's first resolver when nothing is said.
    pub server: Option<Endpoint>,
    /// Over UDP, where a truncated answer is asked for again over TCP; or over TCP from the start.
    #[serde(default)]
    pub transport: Transport,
    /// The largest UDP payload that is said to be taken (EDNS, RFC 6891); 0: a question without EDNS.
    #[serde(default = "usual_payload")]
    pub edns: Size,
    /// How many times, one after the other.
    #[serde(default = "once")]
    pub count: u32,
    /// From the end of one to the next.
    pub pause: Option<Time>,
    /// How long the first try waits; each next one twice as long, three in all.
    pub patience: Option<Time>,
}

/// What carries a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// RFC 768.
    #[default]
    Udp,
    /// RFC 9293.
    Tcp,
}

impl Transport {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
        }
    }
}

impl Written for Lookup {
    const NAME: &'static str = "lookup";
    const ABOUT: &'static str = "asks a name server, over UDP or TCP, with EDNS or without";
}

impl Lookup {
    fn query(&self, net: &Net, world: &Commons) -> Result<Query, String> {
        let server = match &self.server {
            Some(server) => world.resolve(&server.0.host, server.0.port.unwrap_or(dns::PORT))?,
            // What DHCP tells comes later: the host is asked again when the question is.
            None => SocketAddr::new(net.resolvers().first().copied().unwrap_or(NOBODY), dns::PORT),
        };
        let name = dns::name(&self.name).ok_or_else(|| format!("'{}' is not a domain name", self.name))?;
        let kind: Rtype = self.kind.to_ascii_uppercase().parse().map_err(|_| {
            format!("'{}' is no type of record; there are A, AAAA, CNAME, MX, NS, PTR, SOA, SRV, TXT, …", self.kind)
        })?;
        let edns = u16::try_from(self.edns.0).map_err(|_| "edns is at most 65535 bytes".to_owned())?;
        let first = self.patience.as_ref().map_or(FIRST_WAIT, |patience| patience.0);
        Ok(Query {
            question: Question { name, rtype: kind },
            server,
            tcp: self.transport == Transport::Tcp,
            edns: (edns > 0).then_some(edns),
            recursion_desired: true,
            waits: (0..TRIES).map(|tries| first * (1 << tries)).collect(),
        })
    }
}

impl Program for Lookup {
    fn start(&self, net: &Net, world: &Commons) -> Result<Task<()>, String> {
        let mut query = self.query(net, world)?;
        let (own, count) = (net.clone(), self.count);
        let pause = self.pause.as_ref().map_or(Duration::ZERO, |pause| pause.0);
        Ok(net.spawn(async move {
            for number in 0..count {
                if number > 0 {
                    own.sleep(pause).await;
                }
                if query.server.ip() == NOBODY {
                    match own.resolvers().first() {
                        Some(&resolver) => query.server.set_ip(resolver),
                        None => {
                            let fact = AppFact::new("lookup", "failed", own.new_span());
                            own.record(fact.with("error", "this host has been told of no DNS server"));
                            continue;
                        }
                    }
                }
                ask(&own, &query).await;
            }
        }))
    }

    fn is_foreground(&self) -> bool {
        true
    }
}

async fn ask(net: &Net, query: &Query) {
    let (span, began) = (net.new_span(), net.now());
    let (mut by_tcp, question) = (query.tcp, &query.question);
    let about = |step| {
        let fact = AppFact::new("dns", step, span).with("name", question.name.to_string());
        fact.with("type", question.rtype.to_string())
    };
    let tell = |progress: Progress<'_>| match progress {
        Progress::Sent { tcp, tries } => {
            by_tcp = tcp;
            let fact = about("query").with("server", query.server.ip()).with("transport", carrier(tcp).name());
            net.record(fact.with("tries", tries as u64));
        }
        Progress::Answer { tcp, reply, bytes } => {
            let fact = about("answer").with("rcode", reply.rcode.to_string()).with("transport", carrier(tcp).name());
            let fact = fact.with("bytes", bytes as u64).with("truncated", u64::from(reply.truncated));
            let fact = fact.with("authoritative", u64::from(reply.authoritative));
            net.record(with_first(fact.with("answers", reply.answer.len() as u64), reply));
        }
    };
    let result = query.run(net, tell).await;
    let fact = |step| AppFact::new("lookup", step, span).with("name", question.name.to_string());
    let time = net.now() - began;
    net.record(match result {
        Ok(reply) => fact("done")
            .with("rcode", reply.rcode.to_string())
            .with("answers", reply.answer.len() as u64)
            .with("transport", carrier(by_tcp).name())
            .with("time", time),
        Err(error) => fact("failed").with("error", error.to_string()).with("time", time),
    });
}

fn carrier(tcp: bool) -> Transport {
    if tcp { Transport::Tcp } else { Transport::Udp }
}

/// What the answer says first: the record as text, and the first address.
fn with_first(fact: AppFact, reply: &Message) -> AppFact {
    let address = reply.answer.iter().find_map(|record| match record.data() {
        Data::A(data) => Some(IpAddr::V4(data.addr())),
        Data::Aaaa(data) => Some(IpAddr::V6(data.addr())),
        _ => None,
    });
    let fact = match reply.answer.first().map(|record| record.data().to_string()) {
        Some(text) if text.len() <= SHORT => fact.with("text", text),
        _ => fact,
    };
    match address {
        Some(ip) => fact.with("address", ip),
        None => fact,
    }
}

fn address() -> String {
    "A".into()
}

const fn once() -> u32 {
    1
}

const fn usual_payload() -> Size {
    Size(dns::UDP_PAYLOAD as u64)
}

const NOBODY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);
const TRIES: u64 = 3;
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// Text that is worth recording is at most so long, bytes.
const SHORT: usize = 200;
