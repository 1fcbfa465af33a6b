//! A recursive resolver: walks from the root to the zone that knows, and remembers what it heard on the way
//! (RFC 1034 section 5.3.3, RFC 2308).
//!
//! ```text
//!   client ─▶ Resolver::respond ─▶ Hunt::resolve   follows aliases
//!                                   └▶ Hunt::step     cache, or the closest known zone's servers
//!                                       ├▶ Hunt::servers_of  glue, or another resolve
//!                                       └▶ Exchange::run     ask, retry, TCP
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base::event::AppFact;
use base::{Duration, Instant};
use domain::base::iana::OptRcode;
use net::{BindError, Net};

use super::cache::{Cache, Credibility, Known};
use super::exchange::{Exchange, ExchangeError};
use super::message::{Data, Edns, Message, Name, Problem, Question, Record, Rtype, UDP_PAYLOAD};
use super::serve::{Responder, serve};
use super::stub::PORT;

/// A resolver for other hosts. Clones share one cache.
#[derive(Clone)]
pub struct Resolver {
    state: Arc<State>,
}

struct State {
    /// Where every walk begins.
    roots: Vec<IpAddr>,
    cache: Mutex<Cache>,
    /// Questions in work: one that comes again meanwhile has its answer on the way.
    busy: Mutex<BTreeSet<(SocketAddr, u16, Question)>>,
}

impl Resolver {
    /// A resolver that knows the addresses of the root servers and nothing else.
    pub fn new(roots: impl IntoIterator<Item = IpAddr>) -> Resolver {
        Resolver {
            state: Arc::new(State {
                roots: roots.into_iter().collect(),
                cache: Mutex::default(),
                busy: Mutex::default(),
            }),
        }
    }

    /// The program: serves over UDP and TCP until it is dropped.
    pub async fn run(self, net: Net, at: SocketAddr) -> Result<Infallible, BindError> {
        serve(net, at, self).await
    }
}

impl State {
    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn busy(&self) -> MutexGuard<'_, BTreeSet<(SocketAddr, u16, Question)>> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a question off the list of those in work, however its work ends.
struct Busy<'a>(&'a State, (SocketAddr, u16, Question));

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.busy().remove(&self.1);
    }
}

impl Responder for Resolver {
    async fn respond(&self, net: &Net, from: SocketAddr, query: Message) -> Option<Message> {
        let question = query.question.clone()?;
        let mut reply = query.reply(OptRcode::NOERROR);
        reply.recursion_available = true;
        let zone_transfer = [Rtype::AXFR, Rtype::IXFR, Rtype::ANY].contains(&question.rtype);
        if !query.recursion_desired || zone_transfer {
            reply.rcode = OptRcode::REFUSED;
            return Some(reply);
        }
        let key = (from, query.id, question.clone());
        if !self.state.busy().insert(key.clone()) {
            return None;
        }
        let _busy = Busy(&self.state, key);
        let mut hunt = Hunt { net, state: &self.state, span: net.new_span(), asked: 0, over: net.now() + PATIENCE };
        let outcome = hunt.resolve(&question, 0).await;
        match outcome {
            Ok(found) => {
                reply.answer = found.answer;
                reply.rcode = if found.name_exists { OptRcode::NOERROR } else { OptRcode::NXDOMAIN };
                reply.authority.extend(found.soa);
            }
            Err(trouble) => {
                reply.rcode = OptRcode::SERVFAIL;
                if reply.edns.is_some() {
                    let problem = Some(Problem { code: trouble.code, text: trouble.said });
                    reply.edns = Some(Edns { problem, ..Edns::new(UDP_PAYLOAD) });
                }
            }
        }
        Some(reply)
    }
}

/// What a walk found: records, or that there are none.
#[derive(Default)]
struct Found {
    answer: Vec<Record>,
    name_exists: bool,
    soa: Option<Record>,
}

/// Why a walk failed (RFC 8914).
struct Trouble {
    code: u16,
    said: String,
}

/// What one name gives.
enum Step {
    Records(Vec<Record>),
    Alias(Record, Name),
    Nothing { name_exists: bool, soa: Option<Record> },
}

/// The work on one question.
struct Hunt<'a> {
    net: &'a Net,
    state: &'a State,
    span: u64,
    /// Questions sent so far.
    asked: usize,
    /// When the client will have given up.
    over: Instant,
}

type Boxed<'b, T> = Pin<Box<dyn Future<Output = T> + Send + 'b>>;

impl Hunt<'_> {
    /// Follows aliases to their end. `depth`: how many name servers' addresses are being looked for on the way here.
    fn resolve<'b>(&'b mut self, question: &'b Question, depth: usize) -> Boxed<'b, Result<Found, Trouble>> {
        Box::pin(async move {
            let mut found = Found { name_exists: true, ..Found::default() };
            let mut name = question.name.clone();
            for _ in 0..MAX_ALIASES {
                let asked = Question { name: name.clone(), rtype: question.rtype };
                match self.step(&asked, depth).await? {
                    Step::Records(records) => {
                        found.answer.extend(records);
                        return Ok(found);
                    }
                    Step::Nothing { name_exists, soa } => {
                        (found.name_exists, found.soa) = (name_exists, soa);
                        return Ok(found);
                    }
                    Step::Alias(record, target) => {
                        if found.answer.iter().any(|known| known.owner() == record.owner()) {
                            break;
                        }
                        found.answer.push(record);
                        name = target;
                    }
                }
            }
            Err(Trouble { code: OTHER, said: format!("the aliases of {} never end", question.name) })
        })
    }

    /// One name, without following where it points.
    async fn step(&mut self, question: &Question, depth: usize) -> Result<Step, Trouble> {
        for _ in 0..MAX_REFERRALS {
            if let Some(step) = self.recall(question) {
                return Ok(step);
            }
            let (zone, servers) = self.closest(&question.name, depth).await?;
            let reply = self.ask(&zone, &servers, question).await?;
            if let Some(step) = self.learn(&zone, question, &reply) {
                return Ok(step);
            }
        }
        Err(Trouble { code: OTHER, said: format!("{} is delegated too often", question.name) })
    }

    /// What the cache knows.
    fn recall(&self, question: &Question) -> Option<Step> {
        let alias = Question { name: question.name.clone(), rtype: Rtype::CNAME };
        let now = self.net.now();
        let cache = self.state.cache();
        let step = match cache.lookup(now, question).or_else(|| cache.lookup(now, &alias))? {
            Known::Records(records) => sort_out(question, records)?,
            Known::NoData(soa) => Step::Nothing { name_exists: true, soa },
            Known::NoName(soa) => Step::Nothing { name_exists: false, soa },
        };
        if self.asked == 0 {
            let fact = AppFact::new("dns", "cache-hit", self.span).with("name", question.name.to_string());
            self.net.record(fact.with("type", question.rtype.to_string()));
        }
        Some(step)
    }

    /// The deepest zone on the way to `name` whose servers can be reached, and their addresses.
    async fn closest(&mut self, name: &Name, depth: usize) -> Result<(Name, Vec<IpAddr>), Trouble> {
        let mut below = name.clone();
        loop {
            let now = self.net.now();
            let known = self.state.cache().closest_servers(now, &below);
            let Some((zone, hosts)) = known else { return Ok((Name::root_bytes(), self.state.roots.clone())) };
            match (self.servers_of(&zone, hosts, depth).await, zone.parent()) {
                (Ok(servers), _) => return Ok((zone, servers)),
                // Its glue may have been forgotten: the zone above gives it again.
                (Err(_), Some(parent)) => below = parent,
                (Err(trouble), None) => return Err(trouble),
            }
        }
    }

    /// The addresses of a zone's name servers: from the cache, or else looked for.
    async fn servers_of(&mut self, zone: &Name, hosts: Vec<Name>, depth: usize) -> Result<Vec<IpAddr>, Trouble> {
        let now = self.net.now();
        let known: Vec<IpAddr> = {
            let cache = self.state.cache();
            let records = hosts.iter().flat_map(|host| {
                let question = Question { name: host.clone(), rtype: Rtype::A };
                match cache.lookup(now, &question) {
                    Some(Known::Records(records)) => records,
                    _ => Vec::new(),
                }
            });
            addresses(records)
        };
        if !known.is_empty() {
            return Ok(known);
        }
        // A server inside the zone it serves cannot be found without glue.
        let elsewhere = hosts.iter().filter(|host| !host.ends_with(zone)).take(MAX_HOSTS);
        let mut last = None;
        for host in elsewhere {
            if depth >= MAX_DEPTH {
                break;
            }
            let question = Question { name: host.clone(), rtype: Rtype::A };
            match self.resolve(&question, depth + 1).await {
                Ok(found) => {
                    let found = addresses(found.answer.into_iter());
                    if !found.is_empty() {
                        return Ok(found);
                    }
                }
                Err(trouble) => last = Some(trouble),
            }
        }
        let said = || format!("no name server of {} has a known address", shown(zone));
        Err(last.unwrap_or_else(|| Trouble { code: NO_AUTHORITY, said: said() }))
    }

    /// Asks the servers of a zone until one gives an answer that leads on.
    async fn ask(&mut self, zone: &Name, servers: &[IpAddr], question: &Question) -> Result<Message, Trouble> {
        let now = self.net.now();
        if self.asked >= MAX_QUESTIONS || now >= self.over {
            return Err(Trouble { code: OTHER, said: format!("{} takes too long to find", question.name) });
        }
        // Where to begin among equals is left to chance.
        let mut servers: Vec<SocketAddr> = servers.iter().map(|&ip| SocketAddr::new(ip, PORT)).collect();
        if servers.len() > 1 {
            let by = self.net.random("dns").below(servers.len() as u64);
            servers.rotate_left(by as usize);
        }
        let waits = waits(servers.len(), self.over - now);
        let exchange = Exchange { question, recursion_desired: false, servers: &servers, waits: &waits };
        let (net, span) = (self.net, self.span);
        let mut sent = 0;
        let on_send = |server: SocketAddr, _| {
            sent += 1;
            let fact = AppFact::new("dns", "query-out", span).with("name", question.name.to_string());
            net.record(fact.with("type", question.rtype.to_string()).with("server", server.ip()));
        };
        let result = exchange.run(net, on_send, |_, reply| leads_on(zone, question, reply)).await;
        self.asked += sent;
        match result {
            Ok((reply, server)) => {
                let fact = AppFact::new("dns", "answer-in", span).with("name", question.name.to_string());
                net.record(fact.with("server", server.ip()).with("says", gist(question, &reply)));
                Ok(reply)
            }
            Err(error) => {
                let code = match &error {
                    ExchangeError::Useless(..) => OTHER,
                    _ => NO_AUTHORITY,
                };
                let said = format!("the name server of {}, {error}", shown(zone));
                Err(Trouble { code, said })
            }
        }
    }

    /// Remembers an answer. `None`: it was a referral, ask on.
    fn learn(&self, zone: &Name, question: &Question, reply: &Message) -> Option<Step> {
        let now = self.net.now();
        let mut cache = self.state.cache();
        let soa = reply.authority.iter().find(|record| record.rtype() == Rtype::SOA && record.owner().ends_with(zone));
        let answers: Vec<Record> =
            reply.answer.iter().filter(|record| record.owner().ends_with(zone)).cloned().collect();
        let own: Vec<Record> = answers.iter().filter(|record| record.owner() == &question.name).cloned().collect();
        if let Some(step) = sort_out(question, own) {
            // The rest of a chain of aliases saves questions, as far as this zone may speak for it.
            cache.on_records(now, Credibility::Answer, &answers);
            return Some(step);
        }
        if reply.is_referral() {
            let cut = new_cut(zone, question, reply)?;
            let servers: Vec<Record> = reply
                .authority
                .iter()
                .filter(|record| record.rtype() == Rtype::NS && *record.owner() == cut)
                .cloned()
                .collect();
            let names: Vec<&Name> = servers.iter().filter_map(server_name).collect();
            // Glue is believed only for servers just named, inside the zone whose server names them.
            let glue: Vec<Record> = reply
                .additional
                .iter()
                .filter(|record| names.contains(&record.owner()) && record.owner().ends_with(zone))
                .cloned()
                .collect();
            cache.on_records(now, Credibility::Referral, &servers);
            cache.on_records(now, Credibility::Referral, &glue);
            return None;
        }
        let name_exists = reply.rcode != OptRcode::NXDOMAIN;
        cache.on_nothing(now, question, name_exists, soa);
        Some(Step::Nothing { name_exists, soa: soa.cloned() })
    }
}

/// The records of the asked type, or the alias, among a name's own records.
fn sort_out(question: &Question, own: Vec<Record>) -> Option<Step> {
    if own.iter().any(|record| record.rtype() == question.rtype) {
        let wanted = own.into_iter().filter(|record| record.rtype() == question.rtype).collect();
        return Some(Step::Records(wanted));
    }
    own.into_iter().find_map(|record| match record.data() {
        Data::Cname(data) => {
            let target = data.cname().clone();
            Some(Step::Alias(record, target))
        }
        _ => None,
    })
}

/// Whether an answer brings us nearer; a lame server's does not.
fn leads_on(zone: &Name, question: &Question, reply: &Message) -> bool {
    match reply.rcode {
        OptRcode::NXDOMAIN => true,
        OptRcode::NOERROR if reply.is_referral() => new_cut(zone, question, reply).is_some(),
        OptRcode::NOERROR => {
            let answers = reply.answer.iter().any(|record| record.owner() == &question.name);
            answers || reply.authoritative || reply.authority.iter().any(|record| record.rtype() == Rtype::SOA)
        }
        _ => false,
    }
}

/// The zone that a referral names: deeper than the one asked, and on the way to the name.
fn new_cut(zone: &Name, question: &Question, reply: &Message) -> Option<Name> {
    let servers = reply.authority.iter().filter(|record| record.rtype() == Rtype::NS);
    let deeper = |cut: &&Name| cut.ends_with(zone) && *cut != zone && question.name.ends_with(cut);
    servers.map(|record| record.owner()).find(deeper).cloned()
}

fn server_name(record: &Record) -> Option<&Name> {
    match record.data() {
        Data::Ns(data) => Some(data.nsdname()),
        _ => None,
    }
}

/// Each address once, in order.
fn addresses(records: impl Iterator<Item = Record>) -> Vec<IpAddr> {
    let mut seen: BTreeMap<IpAddr, ()> = BTreeMap::new();
    let ips = records.filter_map(|record| match record.data() {
        Data::A(data) => Some(IpAddr::V4(data.addr())),
        Data::Aaaa(data) => Some(IpAddr::V6(data.addr())),
        _ => None,
    });
    ips.filter(|ip| seen.insert(*ip, ()).is_none()).collect()
}

/// What an answer says, for the recording.
fn gist(question: &Question, reply: &Message) -> String {
    if reply.rcode == OptRcode::NXDOMAIN {
        return "no such name".to_owned();
    }
    if reply.is_referral() {
        let zone = reply.authority.iter().find(|record| record.rtype() == Rtype::NS);
        return zone.map_or_else(String::new, |record| format!("ask the servers of {}", shown(record.owner())));
    }
    let own: Vec<String> = (reply.answer.iter())
        .filter(|record| [question.rtype, Rtype::CNAME].contains(&record.rtype()))
        .map(|record| record.data().to_string().trim_end_matches('.').to_owned())
        .collect();
    if own.is_empty() { "no such records".to_owned() } else { own.join(", ") }
}

fn shown(zone: &Name) -> String {
    if zone.is_root() { "the root zone".to_owned() } else { zone.to_string() }
}

/// Half a second for every server, then twice as long, up to 4 s, until all patience is used up.
fn waits(servers: usize, patience: Duration) -> Vec<Duration> {
    let mut waits = Vec::new();
    let (mut used, mut wait) = (Duration::ZERO, FIRST_WAIT);
    while waits.len() < MAX_TRIES && used + wait < patience {
        waits.push(wait);
        used = used + wait;
        if waits.len() % servers.max(1) == 0 {
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }
    if waits.is_empty() { vec![patience] } else { waits }
}

/// A client's question may take so long in all: a little less than clients wait.
const PATIENCE: Duration = Duration::from_secs(30);
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(4);
/// Tries of one question at the servers of one zone.
const MAX_TRIES: usize = 10;
/// Questions sent for one client's question.
const MAX_QUESTIONS: usize = 100;
/// Aliases followed.
const MAX_ALIASES: usize = 10;
/// Zone cuts on the way to one name.
const MAX_REFERRALS: usize = 20;
/// Name servers' names looked for to find a name server's address to find a name server's …
const MAX_DEPTH: usize = 4;
/// Name servers of one zone whose addresses are looked for.
const MAX_HOSTS: usize = 4;
/// Extended errors (RFC 8914): "other" and "no reachable authority".
const OTHER: u16 = 0;
const NO_AUTHORITY: u16 = 22;
