//! HTTP (RFC 9110) and the visit around it, told from what the visiting program recorded: inside TLS nobody else knows.

use base::event::AppFact;
use base::{Instant, NodeId};

use super::tell::{Teller, step};
use super::{Failure, Layer, Mood, Step};
use crate::conversation::visit::{Request, text};
use crate::dissect::http::phrase;
use crate::words::{bytes, count, span};

pub(super) fn tell(teller: &mut Teller<'_>) {
    let recording = teller.recording();
    for (at, node, fact) in recording.app_facts() {
        match (fact.protocol, fact.step) {
            ("visit", "reused-connection") => reused(teller, at, node, fact),
            ("http", "request") => request(teller, at, node, fact),
            ("http", "response") => response(teller, at, node, fact),
            ("http", "failed") => http_failed(teller, at, node, fact),
            ("dns", "cache-hit") => cache_hit(teller, at, node, fact),
            ("visit", "resources") => resources(teller, at, node, fact),
            ("visit", "page") => page(teller, at, node, fact),
            ("visit", "failed") => failed(teller, at, node, fact),
            _ => {}
        }
    }
}

fn base(request: Option<&Request>, at: Instant, end: Instant, what: String) -> Step {
    let told = step("HTTP", Layer::Application, at, end, what).request(request.map(|request| request.number));
    match request.and_then(|request| Some((request.local?, request.remote?))) {
        Some((local, remote)) => told.ends(local, remote),
        None => told,
    }
}

/// Something that a node does by itself.
fn alone(teller: &Teller<'_>, at: Instant, node: NodeId, span: u64, what: String) -> Step {
    let request = teller.request_of(node, span).map(|request| request.number);
    step("visit", Layer::Application, at, at, what).between(teller.name(node), "").request(request)
}

fn reused(teller: &mut Teller<'_>, at: Instant, node: NodeId, fact: &AppFact) {
    let host = text(fact, "host").unwrap_or_default();
    let what = format!("The connection to {host} is still open: no lookup, no handshakes.");
    let told = alone(teller, at, node, fact.span, what).rfc("RFC 9112, 9.3");
    teller.tell(Step { protocol: "HTTP", ..told });
}

fn request(teller: &mut Teller<'_>, at: Instant, node: NodeId, fact: &AppFact) {
    let request = teller.request_of(node, fact.span).cloned();
    let (client, server) = (teller.name(node), teller.server_of(request.as_ref()));
    let method = text(fact, "method").unwrap_or_else(|| "GET".into());
    let target = text(fact, "target").unwrap_or_default();
    let host = request.as_ref().map_or("", |request| &request.host);
    let what = match request.as_ref().map(|request| request.initiator.as_str()) {
        Some("page") => format!("{method} {target} of {host}: the page needs it."),
        Some("redirect") => format!("{method} {target} of {host}: that is where the redirect leads."),
        _ => format!("{method} {target} of {host}: the page that was asked for."),
    };
    teller.tell(base(request.as_ref(), at, at, what).between(client, server).rfc("RFC 9110, 9.3"));
}

fn response(teller: &mut Teller<'_>, at: Instant, node: NodeId, fact: &AppFact) {
    let request = teller.request_of(node, fact.span).cloned();
    let (client, server) = (teller.name(node), teller.server_of(request.as_ref()));
    let status = fact.number("status").and_then(|status| u16::try_from(status).ok()).unwrap_or_default();
    let named = format!("{status} {}", phrase(status));
    let named = named.trim_end();
    let kind = text(fact, "type").map(|kind| kind.split(';').next().unwrap_or_default().trim().to_string());
    let body = match (fact.number("length"), kind) {
        (Some(length), Some(kind)) => format!("{} of {kind}", bytes(length)),
        (Some(length), None) => bytes(length),
        (None, Some(kind)) => kind,
        (None, None) => "no body".into(),
    };
    let first = request.as_ref().and_then(|request| request.first_byte);
    let sent = request.as_ref().and_then(|request| request.sent);
    let waited = match (sent, first) {
        (Some(sent), Some(first)) => format!(", first byte after {}", span(first.since(sent))),
        _ => String::new(),
    };
    let location = text(fact, "location");
    let what = match (status, location) {
        (301 | 308, Some(location)) => {
            format!("{named}: its place is {location} now, so the visit goes on there.")
        }
        (300..400, Some(location)) => format!("{named}: for now it is at {location}, so the visit goes on there."),
        (404, _) => format!("{named}: the server is there, but has nothing under that path ({body})."),
        (503, _) => format!("{named}: the server is there, but cannot serve now ({body})."),
        (400..500, _) => format!("{named}: the server says that the request is at fault ({body})."),
        (500.., _) => format!("{named}: the server says that it failed itself ({body})."),
        _ => format!("{named}: {body}{waited}."),
    };
    let mood = if status >= 400 { Mood::Trouble } else { Mood::Fine };
    let told = base(request.as_ref(), first.unwrap_or(at), at, what).between(server, client).mood(mood);
    teller.tell(told.rfc("RFC 9110, 15"));
}

fn http_failed(teller: &mut Teller<'_>, at: Instant, node: NodeId, fact: &AppFact) {
    let request = teller.request_of(node, fact.span).cloned();
    let (client, server) = (teller.name(node), teller.server_of(request.as_ref()));
    let error = text(fact, "error").unwrap_or_else(|| "the exchange failed".into());
    let what = format!("The exchange ends: {error}.");
    teller.tell(base(request.as_ref(), at, at, what).between(client, server).rfc("RFC 9112").mood(Mood::Trouble));
}

fn cache_hit(teller: &mut Teller<'_>, at: Instant, node: NodeId, fact: &AppFact) {
    let name = text(fact, "name").unwrap_or_default();
    let what = match teller.first("dns-cache") {
        true => format!(
            "Remembers {name} from before, as the record's time to live allows: that part of the walk is saved."
        ),
        false => format!("Remembers {name} from before."),
    };
    let request = teller.hero.and_then(|hero| teller.request_at(hero, at));
    let told = step("DNS", Layer::Application, at, at, what).between(teller.name(node), "").request(request);
    teller.tell(told.rfc("RFC 1034, 5.3.3"));
}

fn resources(teller: &mut Teller<'_>, at: Instant, node: NodeId, fact: &AppFact) {
    let n = fact.number("count").unwrap_or_default();
    let list = text(fact, "list").unwrap_or_default();
    let list = list.split([' ', ',']).filter(|url| !url.is_empty()).collect::<Vec<_>>().join(", ");
    let what = match n {
        0 => "The page refers to nothing else that must be fetched.".into(),
        n => format!("The page needs {}: {}.", count(n, "more file"), list.trim_end_matches('.')),
    };
    let told = alone(teller, at, node, fact.span, what);
    teller.tell(told.rfc("HTML, 4.2 and 4.8"));
}

fn page(teller: &mut Teller<'_>, at: Instant, node: NodeId, fact: &AppFact) {
    let title = text(fact, "title").map_or_else(String::new, |title| format!(" \"{title}\""));
    let n = fact.number("resources").unwrap_or_default();
    let with = if n == 0 { String::new() } else { format!(" with its {}", count(n, "file")) };
    let what = format!("The page{title} is here{with} and can be shown.");
    let told = alone(teller, at, node, 0, what);
    teller.tell(told);
}

/// The end of a visit that did not work out.
fn failed(teller: &mut Teller<'_>, at: Instant, node: NodeId, fact: &AppFact) {
    let field = |name| text(fact, name).unwrap_or_default();
    let failure = Failure { at, step: field("step"), party: field("party"), said: field("said"), advice: field("try") };
    let party = if failure.party.is_empty() { teller.name(node) } else { failure.party.clone() };
    let what = format!("The visit ends here: {party} said \"{}\".", failure.said);
    let told = alone(teller, at, node, fact.span, what).mood(Mood::Failure);
    let told = if failure.advice.is_empty() { told } else { told.detail(format!("try: {}", failure.advice)) };
    teller.tell(told);
    teller.failure.get_or_insert(failure);
}
