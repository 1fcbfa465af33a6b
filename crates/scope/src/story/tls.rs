//! TLS (RFC 8446, RFC 5246): the handshake from the frames, the certificate check from what the visitor recorded.

use base::event::AppFact;
use base::{Instant, NodeId};

use super::tell::{Teller, step};
use super::{Layer, Mood, Step};
use crate::conversation::tcp::Connection;
use crate::conversation::visit::{Request, text};
use crate::dissect::tls::{Content, Record, records};
use crate::words::span;

pub(super) fn tell(teller: &mut Teller<'_>) {
    let recording = teller.recording();
    for (at, node, fact) in recording.app_facts().filter(|(_, _, fact)| fact.protocol == "tls") {
        match fact.step {
            "done" => done(teller, at, node, fact),
            "failed" => failed(teller, at, node, fact),
            _ => {}
        }
    }
}

fn base(request: Option<&Request>, at: Instant, end: Instant, what: String) -> Step {
    let told = step("TLS", Layer::Security, at, end, what).request(request.map(|request| request.number));
    match request.and_then(|request| Some((request.local?, request.remote?))) {
        Some((local, remote)) => told.ends(local, remote),
        None => told,
    }
}

/// The handshake, then the certificate.
fn done(teller: &mut Teller<'_>, at: Instant, node: NodeId, fact: &AppFact) {
    let request = teller.request_of(node, fact.span).cloned();
    let start = request.as_ref().and_then(|request| request.tls_start).unwrap_or(at);
    let (client, server) = (teller.name(node), teller.server_of(request.as_ref()));
    let version = text(fact, "version").map_or_else(|| "TLS".into(), |version| version.replace("TLSv", "TLS "));
    let old = version.contains("1.2");
    let lesson = match teller.first("tls-handshake") {
        true => ": each sends half of a key agreement, and the key made of both never crosses the wire",
        false => "",
    };
    let what = format!("{version} handshake{lesson} ({}).", span(at.since(start)));
    let rfc = if old { "RFC 5246, 7.3" } else { "RFC 8446, 2" };
    let mut told = base(request.as_ref(), start, at, what).between(&client, &server).rfc(rfc);
    told.detail = flights(teller, request.as_ref(), &client, &server);
    if let Some(cipher) = text(fact, "cipher") {
        told.detail.push(format!("cipher suite {cipher}"));
    }
    teller.tell(told);
    let issuer = text(fact, "issuer").map_or_else(String::new, |issuer| format!("signed by {issuer}, "));
    let subject = text(fact, "subject").unwrap_or_else(|| server.clone());
    let until = text(fact, "not_after").map_or_else(String::new, |until| format!("valid until {}, ", day(&until)));
    let what = format!("Checks the certificate of {subject}: {issuer}{until}with a root that it trusts.");
    let told = base(request.as_ref(), at, at, what).between(client, "").rfc("RFC 5280, 6; RFC 9525, 6");
    teller.tell(told);
}

/// The day of a date with a time.
fn day(date: &str) -> &str {
    match date.split_once(' ') {
        Some((day, _)) if day.len() == 10 && day.matches('-').count() == 2 => day,
        _ => date,
    }
}

fn failed(teller: &mut Teller<'_>, at: Instant, node: NodeId, fact: &AppFact) {
    let request = teller.request_of(node, fact.span).cloned();
    let (client, server) = (teller.name(node), teller.server_of(request.as_ref()));
    let start = request.as_ref().and_then(|request| request.tls_start).unwrap_or(at);
    let error = text(fact, "error").unwrap_or_else(|| "the handshake failed".into());
    let party = text(fact, "party").unwrap_or_else(|| client.clone());
    let what = format!("The TLS handshake ends: {party} says \"{error}\".");
    let mut told = base(request.as_ref(), start, at, what).between(&client, &server).rfc("RFC 8446, 6.2");
    told.detail = flights(teller, request.as_ref(), &client, &server);
    teller.tell(told.mood(Mood::Trouble));
}

/// The records of the handshake as each side sent them: what is in the clear by name, the rest by number.
fn flights(teller: &Teller<'_>, request: Option<&Request>, client: &str, server: &str) -> Vec<String> {
    let carries = |connection: &&Connection| request.is_some_and(|request| request.uses(connection));
    let Some(connection) = teller.connections.iter().rfind(carries) else { return Vec::new() };
    let mut lines = Vec::new();
    for (by_client, name) in [(true, client), (false, server)] {
        let stream = connection.stream_start(&teller.index, by_client, MAX_HANDSHAKE);
        let records = records(&stream);
        let sni = records.iter().flat_map(|record| &record.handshakes).find_map(|shake| shake.server_name.clone());
        let sni = sni.map_or_else(String::new, |name| format!(" for {name}"));
        let clear: Vec<String> = records.iter().filter(|record| !is_sealed(record)).map(Record::brief).collect();
        let sealed = records.iter().filter(|record| is_sealed(record)).count();
        if !clear.is_empty() {
            lines.push(format!(
                "{name} in the clear: {}{sni}; then encrypted records ({sealed} seen)",
                clear.join(", ")
            ));
        }
    }
    lines
}

fn is_sealed(record: &Record) -> bool {
    record.content == Content::ApplicationData
}

/// Bytes of a stream in which the handshake is looked for.
const MAX_HANDSHAKE: usize = 16 << 10;
