//! A client that leaves the work to a recursive resolver: what a browser does to turn a name into addresses.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use base::Duration;
use base::event::AppFact;
use domain::base::iana::OptRcode;
use net::Net;

use super::exchange::{Exchange, ExchangeError};
use super::message::{Data, Message, Question, Rtype, name};

/// Where a name leads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lookup {
    /// Its addresses, in the order in which they came; at least one.
    pub addresses: Vec<IpAddr>,
    /// The server that said so.
    pub server: IpAddr,
}

/// Why a name leads nowhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LookupError {
    /// What went wrong.
    pub kind: LookupErrorKind,
    /// Who said so, or did not.
    pub server: Option<IpAddr>,
    /// In words, without a full stop.
    pub said: String,
}

/// What went wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LookupErrorKind {
    /// The host has been told of no resolver.
    NoResolver,
    /// There is no such name.
    NoName,
    /// The name exists but has no address.
    NoAddress,
    /// The resolver could not find out.
    Failed,
    /// The resolver will not answer us.
    Refused,
    /// The resolver did not answer.
    Silent,
}

impl LookupErrorKind {
    fn rcode(self) -> &'static str {
        match self {
            LookupErrorKind::NoName => "NXDOMAIN",
            LookupErrorKind::NoAddress => "NOERROR",
            LookupErrorKind::Failed => "SERVFAIL",
            LookupErrorKind::Refused => "REFUSED",
            LookupErrorKind::NoResolver | LookupErrorKind::Silent => "none",
        }
    }
}

impl fmt::Display for LookupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said)
    }
}

impl std::error::Error for LookupError {}

/// Asks the host's resolvers for the addresses of a name: ten tries, the first waits a second, each next twice as long, at
/// most 8 s. IPv4 first; IPv6 when there is no IPv4.
pub async fn lookup(net: &Net, host: &str, span: u64) -> Result<Lookup, LookupError> {
    let answer = |error: &LookupError| {
        AppFact::new("dns", "answer", span)
            .with("name", host)
            .with("error", error.said.as_str())
            .with("rcode", error.kind.rcode())
    };
    let result = match ask(net, host, Rtype::A, span).await {
        Err(error) if error.kind == LookupErrorKind::NoAddress => {
            // Both questions had an answer without addresses: the first says it best.
            ask(net, host, Rtype::AAAA, span).await.map_err(|second| match second.kind {
                LookupErrorKind::NoAddress => error,
                _ => second,
            })
        }
        result => result,
    };
    match &result {
        Ok(found) => {
            let fact = AppFact::new("dns", "answer", span).with("name", host);
            net.record(fact.with("address", found.addresses[0]).with("rcode", "NOERROR"));
        }
        Err(error) => net.record(answer(error)),
    }
    result
}

async fn ask(net: &Net, host: &str, rtype: Rtype, span: u64) -> Result<Lookup, LookupError> {
    let failure = |kind, server, said: String| LookupError { kind, server, said };
    let resolvers = net.resolvers();
    let Some(&first) = resolvers.first() else {
        let said = "this host has been told of no DNS server".to_owned();
        return Err(failure(LookupErrorKind::NoResolver, None, said));
    };
    let Some(name) = name(host) else {
        return Err(failure(LookupErrorKind::NoName, None, format!("'{host}' is not a domain name")));
    };
    let question = Question { name, rtype };
    let servers: Vec<SocketAddr> = resolvers.iter().map(|&ip| SocketAddr::new(ip, PORT)).collect();
    let exchange = Exchange { question: &question, recursion_desired: true, servers: &servers, waits: &WAITS };
    let on_send = |server: SocketAddr, tries: usize| {
        let step = if tries == 0 { "lookup" } else { "retry" };
        net.record(AppFact::new("dns", step, span).with("name", host).with("server", server.ip()));
    };
    let useful = |_, reply: &Message| [OptRcode::NOERROR, OptRcode::NXDOMAIN].contains(&reply.rcode);
    let (reply, server) = match exchange.run(net, on_send, useful).await {
        Ok((reply, server)) => (reply, server.ip()),
        Err(ExchangeError::Useless(server, reply)) => {
            let (kind, said) = match reply.rcode {
                OptRcode::REFUSED => (LookupErrorKind::Refused, "it refuses to answer us".to_owned()),
                OptRcode::SERVFAIL => (LookupErrorKind::Failed, "it could not find out".to_owned()),
                other => (LookupErrorKind::Failed, format!("it answered {other}")),
            };
            let why = reply.edns.and_then(|edns| edns.problem).filter(|problem| !problem.text.is_empty());
            let said = why.map_or(said.clone(), |problem| format!("{said}: {}", problem.text));
            return Err(failure(kind, Some(server.ip()), said));
        }
        Err(error) => return Err(failure(LookupErrorKind::Silent, Some(first), error.to_string())),
    };
    if reply.rcode == OptRcode::NXDOMAIN {
        return Err(failure(LookupErrorKind::NoName, Some(server), format!("there is no name {host}")));
    }
    let addresses = addresses(&reply, &question);
    if addresses.is_empty() {
        let said = format!("{host} exists but has no address");
        return Err(failure(LookupErrorKind::NoAddress, Some(server), said));
    }
    Ok(Lookup { addresses, server })
}

/// The addresses at the end of the answer's chain of aliases.
fn addresses(reply: &Message, question: &Question) -> Vec<IpAddr> {
    let mut name = &question.name;
    for _ in 0..reply.answer.len() {
        let alias =
            reply.answer.iter().filter(|record| record.owner() == name).find_map(|record| match record.data() {
                Data::Cname(data) => Some(data.cname()),
                _ => None,
            });
        match alias {
            Some(target) => name = target,
            None => break,
        }
    }
    let address = |data: &Data| match data {
        Data::A(data) => Some(IpAddr::V4(data.addr())),
        Data::Aaaa(data) => Some(IpAddr::V6(data.addr())),
        _ => None,
    };
    let own = reply.answer.iter().filter(|record| record.owner() == name && record.rtype() == question.rtype);
    own.filter_map(|record| address(record.data())).collect()
}

/// The port of DNS.
pub const PORT: u16 = 53;

/// 1, 2, 4, then 8 seconds: more than a minute in all.
const WAITS: [Duration; 10] = {
    let mut waits = [Duration::from_secs(8); 10];
    waits[0] = Duration::from_secs(1);
    waits[1] = Duration::from_secs(2);
    waits[2] = Duration::from_secs(4);
    waits
};
