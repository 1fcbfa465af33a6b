//! TCP (RFC 9293), told from the frames: handshakes, what was lost and sent again, closes.

use base::Instant;
use base::event::RetransmitCause;
use wire::tcp::Flags;

use super::tell::{Teller, step};
use super::{Layer, Mood, Step};
use crate::conversation::tcp::{Connection, Segment};
use crate::render::style::millis;
use crate::words::{count, list, span};

pub(super) fn tell(teller: &mut Teller<'_>) {
    let connections = std::mem::take(&mut teller.connections);
    for connection in &connections {
        let told = [opening(teller, connection), again(teller, connection)];
        for told in told.into_iter().flatten() {
            let request = teller.request_on(connection, told.at);
            teller.tell(told.request(request));
        }
    }
    // What is told once is told at the close that comes first.
    let mut closed: Vec<&Connection> = connections.iter().collect();
    closed.sort_by_key(|connection| connection.closes());
    for connection in closed {
        if let Some(told) = closing(teller, connection) {
            let request = teller.request_on(connection, told.at);
            teller.tell(told.request(request));
        }
    }
    teller.connections = connections;
}

fn base(connection: &Connection, at: Instant, end: Instant, what: impl Into<String>) -> Step {
    step("TCP", Layer::Transport, at, end, what).ends(connection.client, connection.server)
}

/// The handshake, or how it failed.
fn opening(teller: &mut Teller<'_>, connection: &Connection) -> Option<Step> {
    let syns: Vec<&Segment> = connection.with(true, Flags::SYN).collect();
    let first = syns.first()?;
    let (client, server) = (teller.name(connection.client_node), teller.who(connection.server.ip()));
    let port = connection.server.port();
    let Some(established) = connection.established() else {
        return Some(not_opened(teller, connection, &syns).between(client, server));
    };
    let acknowledged = connection.with(true, Flags::ACK).find(|s| s.sent >= established && s.arrived.is_some());
    let end = acknowledged.and_then(|ack| ack.arrived).unwrap_or(established);
    let asked = syns.iter().rfind(|syn| syn.sent < established).unwrap_or(first);
    let round_trip = span(established.since(asked.sent));
    let lesson = match teller.first("tcp-handshake") {
        true => ": now each knows that the other hears it",
        false => "",
    };
    let trouble = unanswered(teller, connection, established);
    let what = format!(
        "Opens a connection to port {port} by SYN, SYN-ACK, ACK{lesson} ({round_trip} there and back).{trouble}"
    );
    let mood = if trouble.is_empty() { Mood::Fine } else { Mood::Trouble };
    let mut told = base(connection, first.sent, end, what).between(client, server).rfc("RFC 9293, 3.5").mood(mood);
    let syn_ack = connection.with(false, Flags::SYN | Flags::ACK).next();
    for segment in [Some(*asked), syn_ack, acknowledged].into_iter().flatten() {
        told = told.detail(segment_line(teller, segment));
    }
    Some(told)
}

/// ` The SYN was sent 2 times: …`
fn unanswered(teller: &Teller<'_>, connection: &Connection, established: Instant) -> String {
    let sent = connection.with(true, Flags::SYN).filter(|syn| syn.sent < established).count();
    if sent < 2 {
        return String::new();
    }
    let mut syns = connection.with(true, Flags::SYN);
    let mut answers = connection.with(false, Flags::SYN | Flags::ACK);
    let syn = syns.find_map(|syn| teller.loss(syn.packet)).map(|loss| format!("one was {loss}"));
    let answer = answers.find_map(|answer| teller.loss(answer.packet)).map(|loss| format!("a SYN-ACK was {loss}"));
    let losses: Vec<String> = syn.into_iter().chain(answer).collect();
    let why = if losses.is_empty() { "no answer came in time".into() } else { list(&losses) };
    format!(" The SYN was sent {sent} times: {why}.")
}

/// Refused at once, or silence.
fn not_opened(teller: &mut Teller<'_>, connection: &Connection, syns: &[&Segment]) -> Step {
    let (first, last) = (syns[0], syns[syns.len() - 1]);
    let port = connection.server.port();
    let server = teller.who(connection.server.ip());
    if let Some(reset) = connection.with(false, Flags::RST).next() {
        let what = format!("SYN to port {port}, answered by a reset: {server} is up, but no program listens there.");
        let end = reset.arrived.unwrap_or(reset.sent);
        return base(connection, first.sent, end, what).rfc("RFC 9293, 3.10.7.1").mood(Mood::Trouble);
    }
    let lost = teller.loss(first.packet).map_or_else(String::new, |loss| format!(" (the first was {loss})"));
    let what = match syns.len() {
        1 => format!("SYN to port {port}: no answer{lost}."),
        n => format!(
            "SYN to port {port}, {n} times in {}, with ever longer pauses: no answer{lost}.",
            span(last.sent.since(first.sent))
        ),
    };
    let mut told = base(connection, first.sent, last.sent, what).rfc("RFC 9293, 3.8.3").mood(Mood::Trouble);
    for syn in syns {
        told = told.detail(segment_line(teller, syn));
    }
    told
}

/// `22.000 laptop: SYN seq=0 mss=1460, window scale 7`
fn segment_line(teller: &Teller<'_>, segment: &Segment) -> String {
    let packet = &teller.index.packets[segment.packet];
    let Some(tcp) = packet.view.tcp() else { return String::new() };
    let label = teller.labels.get(segment.packet).map_or("", String::as_str);
    let mut text = format!("{} {}: {label}", millis(segment.sent.nanos()), teller.name(packet.from()));
    if let Some(shift) = tcp.header.options.window_scale {
        text.push_str(&format!(", window scale {shift}"));
    }
    if tcp.header.options.sack_permitted {
        text.push_str(", SACK permitted");
    }
    text
}

/// What was lost and sent again, over the connection's life, the handshake aside.
fn again(teller: &Teller<'_>, connection: &Connection) -> Option<Step> {
    let repeats: Vec<&Segment> =
        connection.segments.iter().filter(|s| s.again && !s.flags.contains(Flags::SYN)).collect();
    let (first, last) = (repeats.first()?, repeats.last()?);
    let all = connection.segments.iter().filter(|s| s.len > 0 || s.flags.contains(Flags::FIN)).count();
    let lost = lost(teller, connection);
    let (client, server) = (teller.name(connection.client_node), teller.who(connection.server.ip()));
    let (by_client, by_server) = (repeats.iter().any(|s| s.by_client), repeats.iter().any(|s| !s.by_client));
    let causes = causes(teller, connection);
    let causes = if causes.is_empty() { String::new() } else { format!(" ({})", list(&causes)) };
    let what = format!("{lost}Sent again: {} of {all} segments{causes}, so that nothing is missing.", repeats.len());
    let told = base(connection, first.sent, last.sent, what).rfc("RFC 6298; RFC 5681, 3.2").mood(Mood::Trouble);
    let mut told = match (by_client, by_server) {
        (true, false) => told.between(client, server),
        (false, true) => told.between(server, client),
        _ => told.between(format!("{client}, {server}"), ""),
    };
    for segment in repeats.iter().take(MAX_DETAILS) {
        told = told.detail(segment_line(teller, segment));
    }
    Some(told)
}

/// `Lost on the way: 2 segments and 1 bare ACK. `
fn lost(teller: &Teller<'_>, connection: &Connection) -> String {
    let after_syn = connection.segments.iter().filter(|s| !s.flags.contains(Flags::SYN));
    let lost = after_syn.filter(|s| teller.loss(s.packet).is_some());
    let (data, bare): (Vec<&Segment>, Vec<&Segment>) = lost.partition(|s| s.len > 0 || s.flags.contains(Flags::FIN));
    let kinds = [(data.len(), "segment"), (bare.len(), "bare ACK")];
    let kinds = kinds.iter().filter(|(n, _)| *n > 0).map(|(n, noun)| count(*n as u64, noun));
    let kinds: Vec<String> = kinds.collect();
    if kinds.is_empty() { String::new() } else { format!("Lost on the way: {}. ", list(&kinds)) }
}

/// `2 after a timeout`, `1 after duplicate ACKs`: from what the ends themselves recorded.
fn causes(teller: &Teller<'_>, connection: &Connection) -> Vec<String> {
    let ends = (connection.client.min(connection.server), connection.client.max(connection.server));
    let known = teller.retransmits.get(&ends).map_or(&[][..], Vec::as_slice);
    let mut counts = [0_u64; 5];
    let is_syn = |seq| connection.segments.iter().any(|s| s.flags.contains(Flags::SYN) && s.seq == seq);
    for (_, _, cause) in known.iter().filter(|(at, seq, _)| *at >= connection.start() && !is_syn(*seq)) {
        counts[*cause as usize] += 1;
    }
    let causes = [
        (RetransmitCause::Timeout, "after a timeout"),
        (RetransmitCause::FastRetransmit, "after duplicate ACKs"),
        (RetransmitCause::Recovery, "while filling holes"),
        (RetransmitCause::WindowProbe, "to probe a closed window"),
        (RetransmitCause::TailProbe, "to probe the tail of a flight"),
    ];
    let told = causes.iter().map(|(cause, text)| (counts[*cause as usize], text)).filter(|(n, _)| *n > 0);
    told.map(|(n, text)| format!("{n} {text}")).collect()
}

/// FIN in both directions, or a reset.
fn closing(teller: &mut Teller<'_>, connection: &Connection) -> Option<Step> {
    connection.established()?;
    let name = |teller: &Teller<'_>, by_client: bool| match by_client {
        true => teller.name(connection.client_node),
        false => teller.who(connection.server.ip()),
    };
    let fins = [true, false].map(|side| connection.with(side, Flags::FIN).next());
    let reset = connection.segments.iter().find(|segment| segment.flags.contains(Flags::RST));
    if let Some(reset) = reset.filter(|_| fins.iter().any(Option::is_none)) {
        let what = "Resets the connection: it is over at once, whatever is still on its way.";
        let told = base(connection, reset.sent, reset.arrived.unwrap_or(reset.sent), what).rfc("RFC 9293, 3.5.2");
        let (from, to) = (name(teller, reset.by_client), name(teller, !reset.by_client));
        return Some(told.between(from, to).mood(Mood::Trouble));
    }
    let first = fins.iter().flatten().min_by_key(|fin| fin.sent)?;
    let (from, to) = (name(teller, first.by_client), name(teller, !first.by_client));
    let second = fins.iter().flatten().find(|fin| fin.by_client != first.by_client);
    let Some(second) = second else {
        let what = format!("Has no more to send (FIN); {to} may go on sending.");
        return Some(base(connection, first.sent, first.sent, what).between(from, to).rfc("RFC 9293, 3.6"));
    };
    let end = connection.segments.last().map_or(second.sent, |last| last.arrived.unwrap_or(last.sent));
    // Who closes first waits; when both FINs crossed on the way, both do.
    let in_turn = first.arrived.is_some_and(|arrived| arrived <= second.sent);
    let lesson = match in_turn && teller.first("tcp-close") {
        true => format!("; {from} keeps the ports for a while (TIME-WAIT), lest a late packet meet a new connection"),
        false => String::new(),
    };
    let what = format!("Closes the connection: FIN and ACK in each direction{lesson}.");
    let mut told = base(connection, first.sent, end, what).between(from, to).rfc("RFC 9293, 3.6");
    for fin in [*first, second] {
        told = told.detail(segment_line(teller, fin));
    }
    Some(told)
}

/// Most segments told in detail.
const MAX_DETAILS: usize = 12;
