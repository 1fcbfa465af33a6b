//! DNS (RFC 1034, 1035), told from the frames: the question of a program and the resolver's walk from the root.
//!
//! A question whose answer came without further questions in between is one step; the visitor's own question is two, with
//! the walk between them.

use base::Instant;

use super::tell::{Teller, step};
use super::{Layer, Mood, Step};
use crate::conversation::dns::{Answer, Query};
use crate::dissect::dns::{Data, Message};
use crate::words::{list, seconds, span};

pub(super) fn tell(teller: &mut Teller<'_>) {
    let queries = std::mem::take(&mut teller.queries);
    for place in 0..queries.len() {
        let request = request(teller, &queries, place);
        for mut told in steps(teller, &queries, place) {
            told.request = request;
            teller.tell(told);
        }
    }
    teller.queries = queries;
}

/// The request that a question serves: the asker's own, or that of whoever waits for the asker's answer.
fn request(teller: &Teller<'_>, queries: &[Query], place: usize) -> Option<usize> {
    let query = &queries[place];
    let own = |query: &Query| {
        let asks = |request: &&crate::conversation::visit::Request| {
            request.node == query.asker
                && request.host.eq_ignore_ascii_case(&query.question.name)
                && request.start <= query.at()
        };
        teller.requests.iter().rfind(asks).map(|request| request.number)
    };
    own(query).or_else(|| parent(teller, queries, place).and_then(|parent| own(&queries[parent])))
}

/// The question that made the asker ask: one to the asker that was open at the time, of the same name if there is one.
fn parent(teller: &Teller<'_>, queries: &[Query], place: usize) -> Option<usize> {
    let query = &queries[place];
    let waits = |(_, other): &(usize, &Query)| {
        teller.index.node_of(other.server.ip()) == Some(query.asker) && other.is_open(query.at())
    };
    let mut waiting = queries.iter().enumerate().filter(waits);
    let same = waiting.clone().find(|(_, other)| other.question.name == query.question.name);
    same.or_else(|| waiting.next()).map(|(place, _)| place)
}

/// Whether a question is part of a resolver's walk.
fn is_walk(teller: &Teller<'_>, queries: &[Query], place: usize) -> bool {
    parent(teller, queries, place).is_some()
}

fn steps(teller: &mut Teller<'_>, queries: &[Query], place: usize) -> Vec<Step> {
    let query = &queries[place];
    let (asker, server) = (teller.name(query.asker), teller.who(query.server.ip()));
    let walk = is_walk(teller, queries, place);
    let mut steps = Vec::new();
    let base = |at, end, what: String| {
        let told = step("DNS", Layer::Application, at, end, what).ends(query.client, query.server);
        told.rfc(if walk { "RFC 1034, 5.3.3" } else { "RFC 1035, 4.1" })
    };
    let question = match query.repeats {
        Some(before) => Some(repeated(teller, &queries[before], query)),
        None => instead(teller, queries, place),
    };
    let mood = if question.is_some() { Mood::Trouble } else { Mood::Fine };
    let question = question.unwrap_or_else(|| first_question(teller, queries, place, &server, walk));
    let answer = query.answer.as_ref().filter(|answer| answer.arrived.is_some());
    let nested = answer.is_some_and(|answer| has_walk(teller, queries, query, answer));
    let at_once = answer.filter(|_| !nested && query.sends.len() == 1);
    if let Some(answer) = at_once {
        let what = format!("{question} {}", answer_text(teller, queries, query, answer, &server, walk));
        let told = base(query.at(), answer.arrived.unwrap_or(answer.sent), what).between(&asker, &server).mood(mood);
        return vec![detailed(told, answer).mood(mood.max(answer_mood(&answer.message)))];
    }
    steps.push(base(query.at(), query.at(), question).between(&asker, &server).mood(mood));
    for pair in query.sends.windows(2) {
        let lost = teller.loss(pair[0].1).map_or_else(String::new, |loss| format!(", the question was {loss}"));
        let waited = span(pair[1].0.since(pair[0].0));
        let what = format!("{}? Asked again: no answer came in {waited}{lost}.", wanted(query));
        steps.push(base(pair[1].0, pair[1].0, what).between(&asker, &server).mood(Mood::Trouble));
    }
    if let Some(answer) = answer {
        let what = answer_text(teller, queries, query, answer, &server, walk);
        let told = base(answer.sent, answer.arrived.unwrap_or(answer.sent), what).between(&server, &asker);
        let told = Step { addresses: format!("{} > {}", query.server, query.client), ..told };
        steps.push(detailed(told, answer).mood(answer_mood(&answer.message)));
    }
    steps
}

/// Whether the server asked others before it answered.
fn has_walk(teller: &Teller<'_>, queries: &[Query], query: &Query, answer: &Answer) -> bool {
    let server = teller.index.node_of(query.server.ip());
    let within = |other: &Query| other.at() >= query.at() && other.at() <= answer.sent;
    server.is_some() && queries.iter().any(|other| Some(other.asker) == server && within(other))
}

/// A question for the first time, with its reason.
fn first_question(teller: &mut Teller<'_>, queries: &[Query], place: usize, server: &str, walk: bool) -> String {
    let query = &queries[place];
    let wanted = wanted(query);
    if !walk {
        let lesson = format!("Packets need an address; {server} will search for it.");
        return if teller.first("dns-question") { format!("{wanted}? {lesson}") } else { format!("{wanted}?") };
    }
    let start = parent(teller, queries, place).is_none_or(|parent| {
        let earlier = |other: &Query| other.asker == query.asker && other.at() >= queries[parent].at();
        !queries[..place].iter().any(earlier)
    });
    if start && teller.first("dns-walk") {
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
    let why = lost(teller, before).map_or_else(String::new, |why| format!(", {why}"));
    format!("Where is {}? Asked again: no answer came in {waited}{why}.", query.question.name)
}

/// The same question to another server, because the first one stays silent.
fn instead(teller: &Teller<'_>, queries: &[Query], place: usize) -> Option<String> {
    let query = &queries[place];
    let silent = |other: &&Query| {
        other.asker == query.asker
            && other.question == query.question
            && other.server != query.server
            && other.answered().is_none_or(|at| at > query.at())
    };
    let before = queries[..place].iter().rfind(silent)?;
    let waited = span(query.at().since(before.at()));
    let name = &query.question.name;
    Some(format!("Where is {name}? Asked here because {} did not answer in {waited}.", teller.who(before.server.ip())))
}

/// What became of a question without an answer.
fn lost(teller: &Teller<'_>, query: &Query) -> Option<String> {
    let asked = query.sends.last().and_then(|(_, packet)| teller.loss(*packet));
    let answered = query.answer.as_ref().and_then(|answer| teller.loss(answer.packet));
    asked.map(|loss| format!("the question was {loss}")).or(answered.map(|loss| format!("the answer was {loss}")))
}

fn answer_text(
    teller: &mut Teller<'_>,
    queries: &[Query],
    query: &Query,
    answer: &Answer,
    server: &str,
    walk: bool,
) -> String {
    let message = &answer.message;
    let name = &query.question.name;
    if message.truncated {
        return format!("The answer is too long for one datagram (TC): ask again over TCP, says {server}.");
    }
    match message.rcode.as_str() {
        "NOERROR" => {}
        "NXDOMAIN" => {
            let limit = negative_ttl(message).map_or_else(String::new, |ttl| format!(", and that holds for {ttl}"));
            return format!("There is no such name{limit} (NXDOMAIN).");
        }
        "SERVFAIL" => {
            let why = silent_servers(teller, queries, query, answer);
            return format!("{server} could not find out{why} (SERVFAIL).");
        }
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
        Data::Alias(target) if record.name == *name => Some(target.clone()),
        _ => None,
    });
    let ttl = message.answers.iter().map(|record| u64::from(record.ttl)).min();
    let ttl = ttl.map_or_else(String::new, |ttl| format!(", good for {}", seconds(ttl)));
    let who = if walk && message.authoritative { format!("{server} is in charge: ") } else { String::new() };
    match (alias, addresses.is_empty()) {
        (Some(alias), true) => format!("{who}it is another name for {alias}{ttl}."),
        (Some(alias), false) => format!("{who}it is another name for {alias}, which is at {}{ttl}.", list(&addresses)),
        (None, false) if who.is_empty() => format!("{name} is at {}{ttl}.", list(&addresses)),
        (None, false) => format!("{who}it is at {}{ttl}.", list(&addresses)),
        (None, true) if message.answers.is_empty() => "The name exists, but has no such record.".to_string(),
        (None, true) => format!("{who}{}{ttl}.", message.answers[0].data.text()),
    }
}

/// `, for … did not answer`: whom the server asked in vain.
fn silent_servers(teller: &Teller<'_>, queries: &[Query], query: &Query, answer: &Answer) -> String {
    let node = teller.index.node_of(query.server.ip());
    let mut silent: Vec<String> = Vec::new();
    for other in queries.iter().filter(|other| Some(other.asker) == node && other.at() >= query.at()) {
        let name = teller.who(other.server.ip());
        if other.at() <= answer.sent && other.answered().is_none() && !silent.contains(&name) {
            silent.push(name);
        }
    }
    if silent.is_empty() { String::new() } else { format!(", for {} did not answer", list(&silent)) }
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
fn detailed(mut told: Step, answer: &Answer) -> Step {
    let message = &answer.message;
    let flags = [
        (message.authoritative, "authoritative"),
        (message.recursion_desired, "recursion desired"),
        (message.recursion_available, "recursion available"),
        (message.truncated, "truncated"),
    ];
    let set: Vec<&str> = flags.iter().filter(|(set, _)| *set).map(|(_, name)| *name).collect();
    told = told.detail(format!("message {}, {}, {}", message.id, message.rcode, set.join(", ")));
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

/// Most records of a section told in detail.
const MAX_DETAILS: usize = 8;
