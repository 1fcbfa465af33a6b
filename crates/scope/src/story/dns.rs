//! DNS (RFC 1034, 1035), told from the frames: the question of a program and the resolver's walk from the root.
//!
//! A question whose answer came without further questions in between is one step; the visitor's own question is two, with
//! the walk between them.

use base::Instant;

use super::tell::{Teller, step};
use super::{Layer, Mood, Step};
use crate::conversation::dns::Query;
use crate::conversation::visit::Request;
use crate::dissect::dns::{Data, Message, PORT};
use crate::words::{list, seconds, span};

pub(super) fn tell(teller: &mut Teller<'_>) {
    let queries = std::mem::take(&mut teller.queries);
    let parents = (0..queries.len()).map(|place| parent(teller, &queries, place)).collect();
    let asked = Asked { queries: &queries, parents };
    for place in 0..queries.len() {
        let request = asked.request(teller, place);
        for told in steps(teller, &asked, place) {
            teller.tell(told.request(request));
        }
    }
    teller.queries = queries;
    over_tcp(teller);
}

/// All questions, each with the one that it helps to answer.
struct Asked<'a> {
    queries: &'a [Query],
    parents: Vec<Option<usize>>,
}

/// The question that made the asker ask: one to the asker that was open at the time, of the same name if there is one.
fn parent(teller: &Teller<'_>, queries: &[Query], place: usize) -> Option<usize> {
    let query = &queries[place];
    let waits = |other: &&usize| {
        let other = &queries[**other];
        teller.index.node_of(other.server.ip()) == Some(query.asker) && other.is_open(query.at())
    };
    let before: Vec<usize> = (place.saturating_sub(MAX_OPEN)..place).collect();
    let same = before.iter().filter(waits).rfind(|other| queries[**other].question.name == query.question.name);
    same.or_else(|| before.iter().rfind(waits)).copied()
}

impl Asked<'_> {
    /// The request that a question serves: the asker's own, or that of whoever waits for the asker's answer.
    fn request(&self, teller: &Teller<'_>, place: usize) -> Option<usize> {
        let own = |query: &Query| {
            let asks = |request: &&Request| {
                request.node == query.asker
                    && request.host.eq_ignore_ascii_case(&query.question.name)
                    && request.start <= query.at()
            };
            teller.requests.iter().rfind(asks).map(|request| request.number)
        };
        let mut place = place;
        for _ in 0..MAX_DEPTH {
            if let Some(request) = own(&self.queries[place]) {
                return Some(request);
            }
            place = self.parents[place]?;
        }
        None
    }

    /// The questions that a server asked others before it answered.
    fn walk<'q>(&'q self, teller: &Teller<'_>, place: usize, until: Instant) -> impl Iterator<Item = &'q Query> {
        let server = teller.index.node_of(self.queries[place].server.ip());
        let later = self.queries[place + 1..].iter().take_while(move |other| other.at() <= until);
        later.filter(move |other| server == Some(other.asker))
    }

    /// The same question to another server, which stayed silent until then.
    fn silent_before(&self, place: usize) -> Option<&Query> {
        let query = &self.queries[place];
        let silent = |other: &&Query| {
            other.asker == query.asker
                && other.question.name == query.question.name
                && other.question.kind == query.question.kind
                && other.server != query.server
                && other.answered().is_none_or(|at| at > query.at())
        };
        self.queries[place.saturating_sub(MAX_OPEN)..place].iter().rfind(silent)
    }

    /// Whether a question is the first of a walk.
    fn starts_walk(&self, place: usize) -> bool {
        let asker = self.queries[place].asker;
        self.parents[place].is_some_and(|parent| !self.queries[parent..place].iter().any(|other| other.asker == asker))
    }
}

fn steps(teller: &mut Teller<'_>, asked: &Asked<'_>, place: usize) -> Vec<Step> {
    let query = &asked.queries[place];
    let (asker, server) = (teller.name(query.asker), teller.who(query.server.ip()));
    let walk = asked.parents[place].is_some();
    let mut steps = Vec::new();
    let base = |at, end, what: String| {
        let told = step("DNS", Layer::Application, at, end, what).ends(query.client, query.server);
        told.rfc(if walk { "RFC 1034, 5.3.3" } else { "RFC 1035, 4.1" })
    };
    let question = match query.repeats {
        Some(before) => Some(repeated(teller, &asked.queries[before], query)),
        None => asked.silent_before(place).map(|before| instead(teller, before, query)),
    };
    let mood = if question.is_some() { Mood::Trouble } else { Mood::Fine };
    let question = question.unwrap_or_else(|| first_question(teller, asked, place, &server));
    let answer = query.answer.as_ref().filter(|answer| answer.arrived.is_some());
    let nested = answer.is_some_and(|answer| asked.walk(teller, place, answer.sent).next().is_some());
    let silent = answer.map_or_else(String::new, |answer| silent_servers(teller, asked, place, answer.sent));
    let at_once = answer.filter(|_| !nested && query.sends.len() == 1);
    if let Some(answer) = at_once {
        let what = format!("{question} {}", answer_text(&query.question.name, &answer.message, &server, walk, &silent));
        let told = base(query.at(), answer.arrived.unwrap_or(answer.sent), what).between(&asker, &server).mood(mood);
        return vec![records(told, &answer.message).mood(mood.max(answer_mood(&answer.message)))];
    }
    steps.push(base(query.at(), query.at(), question).between(&asker, &server).mood(mood));
    for (nth, pair) in query.sends.windows(2).enumerate() {
        let (lost, waited) = (lost(teller, query, nth), span(pair[1].0.since(pair[0].0)));
        let what = format!("{}? Asked again: no answer came in {waited}{lost}.", wanted(query));
        steps.push(base(pair[1].0, pair[1].0, what).between(&asker, &server).mood(Mood::Trouble));
    }
    if let Some(answer) = answer {
        let what = answer_text(&query.question.name, &answer.message, &server, walk, &silent);
        let told = base(answer.sent, answer.arrived.unwrap_or(answer.sent), what).between(&server, &asker);
        let told = Step { addresses: format!("{} > {}", query.server, query.client), ..told };
        steps.push(records(told, &answer.message).mood(answer_mood(&answer.message)));
    }
    steps
}

/// A question for the first time, with its reason.
fn first_question(teller: &mut Teller<'_>, asked: &Asked<'_>, place: usize, server: &str) -> String {
    let wanted = wanted(&asked.queries[place]);
    if asked.parents[place].is_none() && teller.first("dns-question") {
        return format!("{wanted}? Packets need an address; {server} will search for it.");
    }
    if asked.starts_walk(place) && teller.first("dns-walk") {
        return format!("{wanted}? The walk starts here: every resolver knows the root's address.");
    }
    format!("{wanted}?")
}

fn wanted(query: &Query) -> String {
    let name = &query.question.name;
    match query.question.kind.as_str() {
        "A" => format!("Where is {name}"),
        "AAAA" => format!("Where is {name}, in IPv6"),
        "NS" => format!("Who serves {name}"),
        kind => format!("What is the {kind} record of {name}"),
    }
}

/// The same question to the same server, as a new message.
fn repeated(teller: &Teller<'_>, before: &Query, query: &Query) -> String {
    let waited = span(query.at().since(before.sends.last().map_or(Instant::ZERO, |(at, _)| *at)));
    let why = lost(teller, before, before.sends.len().saturating_sub(1));
    format!("{}? Asked again: no answer came in {waited}{why}.", wanted(query))
}

/// The same question to another server, because the first one stays silent.
fn instead(teller: &Teller<'_>, before: &Query, query: &Query) -> String {
    let waited = span(query.at().since(before.at()));
    let silent = teller.who(before.server.ip());
    format!("{}? Asked here because {silent} did not answer in {waited}.", wanted(query))
}

/// `, the question was lost …`: what became of the question that was sent as the `nth`, and of its answer.
fn lost(teller: &Teller<'_>, query: &Query, nth: usize) -> String {
    let Some((sent, packet)) = query.sends.get(nth) else { return String::new() };
    if let Some(loss) = teller.loss(*packet) {
        return format!(", the question was {loss}");
    }
    let next = query.sends.get(nth + 1).map_or(Instant::FAR, |(at, _)| *at);
    let mut answers = query.lost_answers.iter().filter(|(at, _)| at >= sent && *at < next);
    let loss = answers.find_map(|(_, packet)| teller.loss(*packet));
    loss.map_or_else(String::new, |loss| format!(", the answer was {loss}"))
}

/// What an answer says; `silent` names the servers that could not be reached.
fn answer_text(name: &str, message: &Message, server: &str, walk: bool, silent: &str) -> String {
    if message.truncated {
        return format!("The answer is too long for one datagram (TC): ask again over TCP, says {server}.");
    }
    match message.rcode.as_str() {
        "NOERROR" => {}
        "NXDOMAIN" => {
            let limit = negative_ttl(message).map_or_else(String::new, |ttl| format!(", and that holds for {ttl}"));
            return format!("There is no such name{limit} (NXDOMAIN).");
        }
        "SERVFAIL" => return format!("{server} could not find out{silent} (SERVFAIL)."),
        "REFUSED" => return format!("{server} does not answer such questions (REFUSED)."),
        other => return format!("{server} answers with an error ({other})."),
    }
    if let Some((zone, servers)) = message.referral() {
        let named = servers.first().copied().unwrap_or_default();
        let at = message.glue(named).map_or_else(String::new, |ip| format!(" ({ip})"));
        return format!("{server} knows who serves {zone}: {named}{at}.");
    }
    let addresses: Vec<String> = message.addresses().iter().map(ToString::to_string).collect();
    let alias = message.answers.iter().find_map(|record| match &record.data {
        Data::Alias(target) if record.name == name => Some(target.clone()),
        _ => None,
    });
    let ttl = message.answers.iter().map(|record| u64::from(record.ttl)).min();
    let ttl = ttl.map_or_else(String::new, |ttl| format!(", good for {}", seconds(ttl)));
    let who = if walk && message.authoritative { format!("{server} is in charge: ") } else { String::new() };
    match (alias, addresses.is_empty()) {
        (alias, _) if alias.is_some() && who.is_empty() => {
            let alias = alias.unwrap_or_default();
            let at = if addresses.is_empty() { String::new() } else { format!(", which is at {}", list(&addresses)) };
            format!("{name} is another name for {alias}{at}{ttl}.")
        }
        (Some(alias), true) => format!("{who}it is another name for {alias}{ttl}."),
        (Some(alias), false) => format!("{who}it is another name for {alias}, which is at {}{ttl}.", list(&addresses)),
        (None, false) if who.is_empty() => format!("{name} is at {}{ttl}.", list(&addresses)),
        (None, false) => format!("{who}it is at {}{ttl}.", list(&addresses)),
        (None, true) if message.answers.is_empty() => "The name exists, but has no such record.".to_string(),
        (None, true) => format!("{who}{}{ttl}.", message.answers[0].data.text()),
    }
}

/// `, for … did not answer`: whom the server asked in vain.
fn silent_servers(teller: &Teller<'_>, asked: &Asked<'_>, place: usize, until: Instant) -> String {
    let mut silent: Vec<String> = Vec::new();
    for query in asked.walk(teller, place, until).filter(|query| query.answered().is_none()) {
        let name = teller.who(query.server.ip());
        if !silent.contains(&name) {
            silent.push(name);
        }
    }
    if silent.is_empty() { String::new() } else { format!(", for {} did not answer", list(&silent)) }
}

/// Questions over TCP, asked when an answer did not fit into a datagram: one step for each connection.
//= rfc7766#5
fn over_tcp(teller: &mut Teller<'_>) {
    let connections = std::mem::take(&mut teller.connections);
    for connection in connections.iter().filter(|connection| connection.server.port() == PORT) {
        let message = |by_client| {
            let stream = connection.stream_start(&teller.index, by_client, MAX_STREAM);
            let length = usize::from(u16::from_be_bytes(*stream.first_chunk()?));
            Message::parse(stream.get(2..2 + length)?)
        };
        let (Some(question), Some(answer)) = (message(true), message(false)) else { continue };
        let Some(name) = question.question.as_ref().map(|question| question.name.clone()) else { continue };
        let sent = connection.segments.iter().find(|s| s.by_client && s.len > 0).map_or(connection.start(), |s| s.sent);
        let arrived = connection.segments.iter().rfind(|s| !s.by_client && s.len > 0).and_then(|s| s.arrived);
        let (client, server) = (teller.name(connection.client_node), teller.who(connection.server.ip()));
        let text = answer_text(&name, &answer, &server, false, "");
        let told = step("DNS", Layer::Application, sent, arrived.unwrap_or(sent), format!("The same over TCP: {text}"));
        let told = told.between(client, server).ends(connection.client, connection.server).rfc("RFC 7766, 5");
        let request = teller.request_at(connection.client_node, sent);
        teller.tell(records(told, &answer).mood(answer_mood(&answer)).request(request));
    }
    teller.connections = connections;
}

/// For how long a "no" may be remembered.
fn negative_ttl(message: &Message) -> Option<String> {
    message.authority.iter().find_map(|record| match record.data {
        Data::Authority { negative_ttl, .. } => Some(seconds(u64::from(negative_ttl.min(record.ttl)))),
        _ => None,
    })
}

fn answer_mood(message: &Message) -> Mood {
    if message.rcode == "NOERROR" { Mood::Fine } else { Mood::Trouble }
}

/// The message's records, one line each.
fn records(mut told: Step, message: &Message) -> Step {
    let flags = [
        (message.authoritative, "authoritative"),
        (message.recursion_desired, "recursion desired"),
        (message.recursion_available, "recursion available"),
        (message.truncated, "truncated"),
    ];
    let set: Vec<&str> = flags.iter().filter(|(set, _)| *set).map(|(_, name)| *name).collect();
    let set: String = set.iter().map(|name| format!(", {name}")).collect();
    told = told.detail(format!("message {}, {}{set}", message.id, message.rcode));
    let sections =
        [("answer", &message.answers), ("authority", &message.authority), ("additional", &message.additional)];
    for (section, records) in sections {
        for record in records.iter().take(MAX_DETAILS) {
            let data = record.data.text();
            told = told.detail(format!("{section}: {} {} {} {data}", record.name, record.ttl, record.kind));
        }
    }
    told
}

/// How many questions back the one is looked for that a question helps to answer.
const MAX_OPEN: usize = 256;
/// How many questions may stand between a request and one that helps to answer it.
const MAX_DEPTH: usize = 8;
/// Bytes of a TCP stream that are read.
const MAX_STREAM: usize = 1 << 16;
/// Most records of a section told in detail.
const MAX_DETAILS: usize = 8;
