//! The typed readings of this folder as layers of a dissection.

use std::ops::Range;

use wire::dissect::Dissection;
use wire::{Error, Problem};

use super::dns::{Message, Record as DnsRecord};
use super::http::Start;
use super::tls::{self, Record};
use crate::words::clean;

/// A DNS message in a datagram.
//= rfc1035#4.2.1
pub(super) fn dns_datagram(dissection: &mut Dissection<'_>, range: Range<usize>) {
    dns(dissection, range);
}

/// A DNS message behind its length, as in a TCP stream.
//= rfc1035#4.2.2
pub(super) fn dns_stream(dissection: &mut Dissection<'_>, range: Range<usize>) {
    let bytes = dissection.bytes(range.clone());
    let length = bytes.first_chunk().map(|length| usize::from(u16::from_be_bytes(*length)));
    match length {
        // A segment from the middle of a message does not start with its length.
        Some(length) if length + 2 == bytes.len() => dns(dissection, range.start + 2..range.end),
        _ => dissection.data(range),
    }
}

fn dns(dissection: &mut Dissection<'_>, range: Range<usize>) {
    let bytes = dissection.bytes(range.clone());
    let mut layer = dissection.layer("DNS", range);
    let Some(message) = Message::parse(bytes) else {
        let problem = Problem::TooShort;
        layer.error = Some(Error { format: "DNS", field: "header", offset: bytes.len(), problem });
        dissection.push(layer);
        return;
    };
    layer.field("ID", 0..2, message.id);
    layer.field("Flags", 2..4, dns_flags(&message));
    layer.field("RCODE", 3..4, &message.rcode);
    if let Some(question) = &message.question {
        layer.field("Question", question.range.0..question.range.1, message.asked());
    }
    let sections =
        [("Answer", &message.answers), ("Authority", &message.authority), ("Additional", &message.additional)];
    for (section, records) in sections {
        for DnsRecord { name, kind, ttl, data, range } in records {
            layer.field(section, range.clone(), format_args!("{name} {ttl} {kind} {}", data.text()));
        }
    }
    layer.summary = format!("DNS {}", message.brief());
    if message.damaged && !dissection.is_quoted() {
        let offset = message.question.map_or(12, |question| question.range.1);
        layer.error = Some(Error { format: "DNS", field: "records", offset, problem: Problem::BadValue });
    }
    dissection.push(layer);
}

fn dns_flags(message: &Message) -> String {
    let flags = [
        (message.response, "QR"),
        (message.authoritative, "AA"),
        (message.truncated, "TC"),
        (message.recursion_desired, "RD"),
        (message.recursion_available, "RA"),
    ];
    flags.iter().filter(|(set, _)| *set).map(|(_, name)| *name).collect::<Vec<_>>().join(" ")
}

/// TLS records, each a layer; a segment that starts inside a record is data.
pub(super) fn tls(dissection: &mut Dissection<'_>, range: Range<usize>) {
    let records = tls::records(dissection.bytes(range.clone()));
    let mut end = range.start;
    for record in records.iter().take(MAX_RECORDS) {
        let Record { content, range: place, complete, handshakes } = record;
        end = range.start + place.end;
        let mut layer = dissection.layer("TLS", range.start + place.start..end);
        layer.field("Content Type", 0..1, content.name());
        layer.field("Length", 3..5, place.len().saturating_sub(5));
        for shake in handshakes {
            let within = shake.range.start - place.start..shake.range.end - place.start;
            layer.field("Handshake", within.clone(), shake.name());
            if let Some(name) = &shake.server_name {
                layer.field("Server Name", within, name);
            }
        }
        let more = if *complete { "" } else { " (goes on in the next segment)" };
        layer.summary = format!("TLS {}{more}", record.brief());
        dissection.push(layer);
    }
    dissection.data(end..range.end);
}

/// The head of an HTTP/1 message; the body is data.
//= rfc9112#2.1
pub(super) fn http(dissection: &mut Dissection<'_>, range: Range<usize>) {
    let bytes = dissection.bytes(range.clone());
    let Some(start) = Start::parse(bytes) else { return dissection.data(range) };
    let blank = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let head = blank.map_or(bytes.len(), |at| at + 4);
    let mut layer = dissection.layer("HTTP", range.start..range.start + head);
    let mut at = 0;
    for (n, line) in bytes[..head].split(|byte| *byte == b'\n').take(MAX_HEADER_LINES).enumerate() {
        let text = String::from_utf8_lossy(line);
        let text = clean(text.trim_end_matches('\r'));
        if !text.is_empty() {
            layer.field(if n == 0 { "Start Line" } else { "Field" }, at..at + line.len(), text);
        }
        at += line.len() + 1;
    }
    layer.summary = format!("HTTP {}", start.brief());
    dissection.push(layer);
    dissection.data(range.start + head..range.end);
}

/// Most records of one segment that become layers.
const MAX_RECORDS: usize = 8;
const MAX_HEADER_LINES: usize = 100;

#[cfg(test)]
mod tests {
    use base::LinkType;
    use proptest::prelude::*;
    use wire::tcp::{Flags, Header};

    use crate::dissect::{dissect, summary};
    use crate::film::Film;
    use crate::film::dns::{Answer, message};

    fn film() -> Film {
        Film::new(&[("a", [192, 0, 2, 1]), ("b", [192, 0, 2, 2])])
    }

    fn segment(port: u16, data: &[u8]) -> Vec<u8> {
        let film = film();
        let header = Header { flags: Flags::ACK, ..Header::default() };
        film.tcp((film.ip("a"), 50_000).into(), (film.ip("b"), port).into(), header, data).contiguous()
    }

    fn names(frame: &[u8]) -> Vec<&'static str> {
        dissect(LinkType::Ethernet, frame).iter().map(|layer| layer.name).collect()
    }

    #[test]
    fn a_frame_is_taken_apart_up_to_the_application() {
        let film = film();
        let answer = message(7, "www.example.com", Answer::Address([203, 0, 113, 5]));
        let frame = film.udp((film.ip("b"), 53).into(), (film.ip("a"), 50_000).into(), &answer).contiguous();
        assert_eq!(names(&frame), ["Ethernet", "IPv4", "UDP", "DNS"]);
        let layers = dissect(LinkType::Ethernet, &frame);
        assert_eq!(layers[3].get("Answer"), Some("www.example.com 300 A 203.0.113.5"));
        assert!(layers.iter().all(|layer| layer.error.is_none()));
        assert_eq!(summary(LinkType::Ethernet, &frame), "DNS A www.example.com = 203.0.113.5");
    }

    #[test]
    fn http_shows_its_head_and_tls_its_records() {
        let http = segment(80, b"GET /a HTTP/1.1\r\nHost: x\r\n\r\nbody");
        assert_eq!(names(&http), ["Ethernet", "IPv4", "TCP", "HTTP", "data"]);
        assert_eq!(dissect(LinkType::Ethernet, &http)[3].get("Field"), Some("Host: x"));
        let tls = segment(443, &[20, 3, 3, 0, 1, 1, 23, 3, 3, 0, 9, 1, 2]);
        assert_eq!(names(&tls), ["Ethernet", "IPv4", "TCP", "TLS", "TLS"]);
        assert!(summary(LinkType::Ethernet, &tls).contains("Application Data (goes on"));
        assert_eq!(names(&segment(443, &[9; 40])), ["Ethernet", "IPv4", "TCP", "data"]);
    }

    #[test]
    fn dns_over_tcp_has_its_length_in_front() {
        let question = message(7, "www.example.com", Answer::Question);
        let framed = [&(question.len() as u16).to_be_bytes()[..], &question].concat();
        assert_eq!(names(&segment(53, &framed)), ["Ethernet", "IPv4", "TCP", "DNS"]);
        assert_eq!(names(&segment(53, &framed[1..])), ["Ethernet", "IPv4", "TCP", "data"]);
    }

    proptest! {
        #[test]
        fn any_bytes_above_transport_are_dissected(port in prop_oneof![Just(53), Just(80), Just(443)], data in proptest::collection::vec(any::<u8>(), 0..200)) {
            let frame = segment(port, &data);
            for layer in dissect(LinkType::Ethernet, &frame) {
                prop_assert!(layer.range.end <= frame.len());
                for field in &layer.fields {
                    prop_assert!(field.range.end <= frame.len(), "{field:?}");
                }
            }
        }
    }
}
