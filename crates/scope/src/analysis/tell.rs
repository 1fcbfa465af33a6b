//! The summary in words.

use std::fmt::Write as _;
use std::time::SystemTime;

use base::Duration;

use super::conversation::{Cause, Conversation, Direction, End, Repetition};
use super::{Lookup, Session, Summary};
use crate::capture::Decoder;
use crate::render::calendar;
use crate::render::style::{cut, fold, line};
use crate::{Style, words};

/// One line about the capture itself: format, interface, how many packets, how long, since when.
pub fn heading(name: &str, decoder: &Decoder, summary: &Summary, first_ns: Option<u64>) -> String {
    let mut text = format!("{name}: {}", decoder.format());
    if let Some(application) = decoder.application() {
        let _ = write!(text, " by {application}");
    }
    let interfaces: Vec<&str> =
        decoder.interfaces().iter().filter_map(|i| i.description.as_deref().or(i.name.as_deref())).collect();
    match interfaces.as_slice() {
        [] => {}
        [one] => {
            let _ = write!(text, ", {one}");
        }
        several => {
            let _ = write!(text, ", {} interfaces ({}, …)", several.len(), several[0]);
        }
    }
    let _ = write!(text, ", {}, {}", words::count(summary.packets, "packet"), bytes(summary.bytes));
    if let Some(first_ns) = first_ns {
        let epoch = SystemTime::UNIX_EPOCH + std::time::Duration::from_nanos(first_ns);
        let from = calendar::iso_8601(epoch, Duration::ZERO);
        let _ = write!(text, " in {:.3} s from {from}", seconds(summary.duration_ns));
    }
    text
}

impl Summary {
    /// What happened, section by section; a section without anything in it is left out.
    pub fn text(&self, style: Style) -> String {
        let mut out = String::new();
        section(&mut out, style, "Conversations", &self.conversations_table());
        sentences(&mut out, style, "What stands out", &self.findings());
        section(&mut out, style, "DNS", &table(self.lookups.iter().map(lookup)));
        section(&mut out, style, "TLS", &self.sessions.iter().flat_map(session).collect::<Vec<_>>());
        section(&mut out, style, "HTTP", &self.exchanges_table());
        section(&mut out, style, "DHCP", &self.leases_lines());
        if self.left_out > 0 {
            line(
                &mut out,
                &format!("\n{} more packets belong to what is not listed: too many for this list.", self.left_out),
            );
        }
        out
    }

    fn conversations_table(&self) -> Vec<String> {
        table(self.conversations.iter().take(MAX_LINES).map(|conversation| {
            let Conversation { protocol, number, client, server, forth, back, start_ns, end_ns, end, .. } =
                conversation;
            let ended = match end {
                End::None => "",
                End::Open => "open at the end",
                End::HalfClosed => "half closed",
                End::Closed => "closed",
                End::Reset => "reset",
                End::NeverOpened => "never opened",
            };
            let handshake = conversation.handshake_ns.map_or_else(String::new, |ns| format!("handshake {}", span(ns)));
            vec![
                format!("{protocol} {number}"),
                client.to_string(),
                server.to_string(),
                format!("{} ->", bytes(forth.bytes)),
                format!("<- {}", bytes(back.bytes)),
                words::count(forth.packets + back.packets, "packet"),
                format!("{:.3} s to {:.3} s", seconds(*start_ns), seconds(*end_ns)),
                handshake,
                ended.to_owned(),
            ]
        }))
        .into_iter()
        .chain(more(self.conversations.len()))
        .collect()
    }

    /// One sentence for everything that a person would want to be told.
    pub fn findings(&self) -> Vec<String> {
        let mut findings: Vec<String> = self.conversations.iter().flat_map(of_conversation).collect();
        for conflict in &self.conflicts {
            let (one, two) = &conflict.stations;
            findings
                .push(format!("{} is claimed by {one} and by {two} (packet {}).", conflict.address, conflict.packet));
        }
        for error in &self.errors {
            let about = error.about.map_or_else(String::new, |about| format!(" about a packet to {about}"));
            let times = if error.times > 1 { format!(", {} times", error.times) } else { String::new() };
            findings.push(format!("{} says: {}{about}{times} (packet {}).", error.from, error.message, error.packet));
        }
        for lookup in self.lookups.iter().filter(|lookup| lookup.truncated && !lookup.over_tcp) {
            let again = self.lookups.iter().find(|other| {
                other.over_tcp
                    && other.packet > lookup.packet
                    && other.question == lookup.question
                    && other.client == lookup.client
            });
            let then = again.map_or_else(
                || ", and was not asked again over TCP".into(),
                |again| format!(", so it was asked again over TCP (packet {})", again.packet),
            );
            findings.push(format!(
                "The answer to \"{}\" was too long for UDP{then} (packet {}).",
                lookup.question, lookup.packet
            ));
        }
        for lookup in self.lookups.iter().filter(|lookup| lookup.answer.is_none()) {
            let times = if lookup.times > 1 { format!(" {} times", lookup.times) } else { String::new() };
            findings.push(format!(
                "{} was asked \"{}\"{times} and did not answer (packet {}).",
                lookup.server, lookup.question, lookup.packet
            ));
        }
        for session in &self.sessions {
            for (packet, alert) in session.alerts.iter().filter(|(_, alert)| alert != "close notify") {
                let name = session.server_name.as_deref().unwrap_or("a server");
                findings.push(format!("tcp {}: TLS with {name} failed: {alert} (packet {packet}).", session.stream));
            }
        }
        for exchange in self.exchanges.iter().filter(|exchange| exchange.status.is_none()) {
            findings.push(format!(
                "tcp {}: {} was not answered (packet {}).",
                exchange.stream, exchange.request, exchange.packet
            ));
        }
        findings
    }

    fn exchanges_table(&self) -> Vec<String> {
        table(self.exchanges.iter().map(|exchange| {
            let status =
                exchange.status.map_or_else(|| "no answer".into(), |status| format!("{status} {}", exchange.reason));
            let after = exchange.after_ns.map_or_else(String::new, span);
            vec![format!("tcp {}", exchange.stream), exchange.request.clone(), status, after]
        }))
    }

    fn leases_lines(&self) -> Vec<String> {
        let lines = self.leases.iter().map(|lease| {
            let by = lease.server.map_or_else(String::new, |server| format!(" by {server}"));
            let long = lease.seconds.map_or_else(String::new, |seconds| format!(" for {seconds} s"));
            format!("{} was given to {}{by}{long} (packet {})", lease.address, lease.client, lease.packet)
        });
        lines.collect()
    }
}

fn lookup(lookup: &Lookup) -> Vec<String> {
    let answer = lookup.answer.clone().unwrap_or_else(|| "no answer".into());
    let after = lookup.after_ns.map_or_else(String::new, span);
    let over = if lookup.over_tcp { "over TCP" } else { "" };
    vec![format!("{} -> {}", lookup.client, lookup.server), lookup.question.clone(), answer, after, over.into()]
}

fn session(session: &Session) -> Vec<String> {
    let name = session.server_name.as_deref().unwrap_or("(no name asked for)");
    let version = match (session.version, &session.cipher) {
        (Some(version), Some(cipher)) => format!("{version}, {cipher}"),
        _ => "no answer to the ClientHello".into(),
    };
    let offers = if session.protocols.is_empty() {
        String::new()
    } else {
        format!(", offers {}", session.protocols.join(" and "))
    };
    let after = session.after_ns.map_or_else(String::new, |ns| format!(", answered after {}", span(ns)));
    let mut lines = vec![format!("tcp {}  {name}: {version}{offers}{after}", session.stream)];
    if !session.certificate.is_empty() {
        lines.push(format!("       certificate for {}", session.certificate.join(", ")));
    }
    lines
}

fn of_conversation(conversation: &Conversation) -> Vec<String> {
    let Conversation { client, server, protocol, number, .. } = conversation;
    let mut said = Vec::new();
    for (direction, from, to) in [(&conversation.forth, client, server), (&conversation.back, server, client)] {
        said.extend(again(&direction.again).map(|what| format!("{from} -> {to}: {what}.")));
        said.extend(of_direction(direction).into_iter().map(|what| format!("{from} -> {to}: {what}.")));
    }
    if let Some((who, packet)) = conversation.reset {
        said.push(format!("reset by {who} (packet {packet})."));
    }
    if conversation.end == End::NeverOpened && conversation.reset.is_none() {
        said.push(format!("{server} did not answer the SYN of {client}."));
    }
    said.into_iter().map(|what| format!("{protocol} {number}, {what}")).collect()
}

/// `8 segments were sent again: 6 after duplicate ACKs (packets 5, 7, …), 2 after a timeout of 1.0 s (packets 9 and 11)`
fn again(repetitions: &[Repetition]) -> Option<String> {
    let mut causes = Vec::new();
    for cause in [Cause::DuplicateAcks, Cause::Timeout, Cause::TailProbe, Cause::Spurious] {
        let of_cause: Vec<&Repetition> = repetitions.iter().filter(|repetition| repetition.cause == cause).collect();
        if of_cause.is_empty() {
            continue;
        }
        let spans = of_cause.iter().filter_map(|repetition| repetition.after_ns);
        let (least, most) = (spans.clone().min(), spans.max());
        let why = match (cause, least, most) {
            (Cause::DuplicateAcks, ..) => "after duplicate ACKs".to_owned(),
            (Cause::Timeout, Some(least), Some(most)) if span(least) != span(most) => {
                format!("after timeouts of {} to {}", span(least), span(most))
            }
            (Cause::Timeout, Some(least), _) => format!("after a timeout of {}", span(least)),
            (Cause::Timeout, ..) => "after a timeout".to_owned(),
            (Cause::TailProbe, Some(least), _) => format!("as a probe of the tail, {} later", span(least)),
            (Cause::TailProbe, ..) => "as a probe of the tail".to_owned(),
            (Cause::Spurious, ..) => "needlessly, as it had been acknowledged".to_owned(),
        };
        let numbers: Vec<u64> = of_cause.iter().map(|repetition| repetition.packet).collect();
        causes.push((of_cause.len(), format!("{why} ({})", packets(&numbers))));
    }
    let all = repetitions.len();
    match causes.as_slice() {
        [] => None,
        [(1, why)] => Some(format!("a segment was sent again {why}")),
        [(count, why)] => Some(format!("{count} segments were sent again {why}")),
        several => {
            let list: Vec<String> = several.iter().map(|(count, why)| format!("{count} {why}")).collect();
            Some(format!("{all} segments were sent again: {}", list.join(", ")))
        }
    }
}

fn of_direction(direction: &Direction) -> Vec<String> {
    let mut said = Vec::new();
    let mut say = |numbers: &[u64], one: &str, many: &str| {
        if !numbers.is_empty() {
            let what = if numbers.len() == 1 { one.to_owned() } else { format!("{} {many}", numbers.len()) };
            said.push(format!("{what} ({})", packets(numbers)));
        }
    };
    say(&direction.out_of_order, "a segment was overtaken on the way", "segments were overtaken on the way");
    say(
        &direction.gaps,
        "a gap: what stands before it was lost or not captured",
        "gaps: what stands before them was lost or not captured",
    );
    say(&direction.zero_windows, "no room left to receive", "times no room left to receive");
    if direction.keep_alives > 0 {
        said.push(format!(
            "asked {} whether the other end is still there",
            words::count(direction.keep_alives, "time")
        ));
    }
    said
}

/// `packet 5`, `packets 5 and 7`, `packets 5, 7, 9 and 12 more`
fn packets(numbers: &[u64]) -> String {
    let text = |numbers: &[u64]| numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    match numbers {
        [one] => format!("packet {one}"),
        [first @ .., last] if numbers.len() <= MAX_NUMBERS => format!("packets {} and {last}", text(first)),
        _ => format!("packets {} and {} more", text(&numbers[..MAX_NUMBERS]), numbers.len() - MAX_NUMBERS),
    }
}

fn section(out: &mut String, style: Style, title: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    line(out, "");
    line(out, &style.strong(title));
    for text in lines {
        line(out, &format!("  {text}"));
    }
}

/// Sentences, folded, each behind a dash.
fn sentences(out: &mut String, style: Style, title: &str, sentences: &[String]) {
    let folded = sentences.iter().flat_map(|sentence| {
        let parts = fold(sentence, style.columns() - 4);
        parts.into_iter().enumerate().map(|(at, part)| format!("{}{part}", if at == 0 { "- " } else { "  " }))
    });
    section(out, style, title, &folded.collect::<Vec<_>>());
}

/// Rows with their columns one below the other, two spaces between.
fn table(rows: impl Iterator<Item = Vec<String>>) -> Vec<String> {
    let rows: Vec<Vec<String>> = rows.collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width =
        |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let lines = rows.iter().map(|row| {
        let mut text = String::new();
        for (cell, width) in row.iter().zip(&widths).filter(|(_, width)| **width > 0) {
            let _ = write!(text, "{:<width$}  ", cut(cell, MAX_CELL), width = (*width).min(MAX_CELL));
        }
        text.trim_end().to_owned()
    });
    lines.collect()
}

fn more(len: usize) -> Option<String> {
    (len > MAX_LINES).then(|| format!("… and {} more", len - MAX_LINES))
}

fn bytes(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}

fn span(nanos: u64) -> String {
    Duration::from_nanos(nanos).to_string()
}

/// How many packets' numbers a sentence names.
const MAX_NUMBERS: usize = 6;
/// The most lines of the table of conversations.
const MAX_LINES: usize = 40;
/// The widest column.
const MAX_CELL: usize = 60;
