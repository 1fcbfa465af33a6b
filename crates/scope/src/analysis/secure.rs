//! TLS handshakes, as far as they are in clear.

use serde::Serialize;

use super::{MAX_ENTRIES, Summary};
use crate::fields::{Layer, Packet};

/// A TLS session.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Session {
    /// The packet with the ClientHello.
    pub packet: u64,
    /// The TCP connection's number.
    pub stream: u32,
    /// The server that the client asks for.
    pub server_name: Option<String>,
    /// Protocols that the client offers to speak inside: `h2`, `http/1.1`.
    pub protocols: Vec<String>,
    /// `TLS 1.3`; none when the server did not answer.
    pub version: Option<&'static str>,
    /// The cipher suite that the server chose.
    pub cipher: Option<String>,
    /// The names in the server's certificate; TLS 1.3 hides it.
    pub certificate: Vec<String>,
    /// Alerts in clear: packet and what it says.
    pub alerts: Vec<(u64, String)>,
    /// Nanoseconds from ClientHello to the server's first encrypted record or, without one, to its hello.
    pub after_ns: Option<u64>,
}

/// For each connection the place of its session in the summary, and when it began.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    streams: Vec<Option<(usize, u64)>>,
}

impl Sessions {
    pub(super) fn take(&mut self, packet: &Packet<'_>, summary: &mut Summary) {
        let Some(segment) = packet.segment else { return };
        let stream = segment.stream as usize;
        for record in packet.layers_of(Layer::Tls) {
            let body = record.get(5..).unwrap_or_default();
            match record[0] {
                HANDSHAKE => messages(body).for_each(|(kind, message)| match kind {
                    CLIENT_HELLO => self.client_hello(packet, segment.stream, message, summary),
                    SERVER_HELLO => {
                        if let Some((session, began)) = self.find(stream, summary) {
                            server_hello(session, message);
                            session.after_ns = Some(packet.raw.time_ns.saturating_sub(began));
                        }
                    }
                    CERTIFICATE => {
                        if let Some((session, _)) = self.find(stream, summary) {
                            session.certificate = certificate_names(message);
                        }
                    }
                    _ => {}
                }),
                ALERT if body.len() == 2 => {
                    if let Some((session, _)) = self.find(stream, summary)
                        && session.alerts.len() < MAX_ALERTS
                    {
                        session.alerts.push((packet.number, alert(body[1])));
                    }
                }
                _ => {}
            }
        }
    }

    fn find<'s>(&self, stream: usize, summary: &'s mut Summary) -> Option<(&'s mut Session, u64)> {
        let (place, began) = (*self.streams.get(stream)?)?;
        Some((summary.sessions.get_mut(place)?, began))
    }

    fn client_hello(&mut self, packet: &Packet<'_>, stream: u32, message: &[u8], summary: &mut Summary) {
        if summary.sessions.len() >= MAX_ENTRIES {
            summary.left_out += 1;
            return;
        }
        let at = stream as usize;
        if at >= self.streams.len() {
            self.streams.resize(at + 1, None);
        }
        if self.streams[at].is_some() {
            return; // a second hello, after the server asked for another one
        }
        self.streams[at] = Some((summary.sessions.len(), packet.raw.time_ns));
        let extensions = client_extensions(message).unwrap_or_default();
        let server_name = extension(extensions, 0).and_then(|body| body.get(5..)).map(text);
        let protocols = extension(extensions, 16).map(protocol_names).unwrap_or_default();
        summary.sessions.push(Session { packet: packet.number, stream, server_name, protocols, ..Session::default() });
    }
}

/// The messages of a handshake record: type and body.
//= rfc8446#4
fn messages(mut body: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let [kind, a, b, c, rest @ ..] = body else { return None };
        let len = usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c);
        let message = rest.get(..len)?;
        body = &rest[len..];
        Some((*kind, message))
    })
}

/// What stands behind a length of one or two bytes, and what follows it.
fn vector(bytes: &[u8], wide: bool) -> Option<(&[u8], &[u8])> {
    let (len, rest) = match (wide, bytes) {
        (false, [len, rest @ ..]) => (usize::from(*len), rest),
        (true, [a, b, rest @ ..]) => (usize::from(u16::from_be_bytes([*a, *b])), rest),
        _ => return None,
    };
    rest.split_at_checked(len)
}

//= rfc8446#4.1.2
fn client_extensions(hello: &[u8]) -> Option<&[u8]> {
    let (_, rest) = vector(hello.get(34..)?, false)?;
    let (_, rest) = vector(rest, true)?;
    let (_, rest) = vector(rest, false)?;
    Some(vector(rest, true)?.0)
}

fn extension(mut list: &[u8], wanted: u16) -> Option<&[u8]> {
    loop {
        let [a, b, rest @ ..] = list else { return None };
        let (body, rest) = vector(rest, true)?;
        if u16::from_be_bytes([*a, *b]) == wanted {
            return Some(body);
        }
        list = rest;
    }
}

fn protocol_names(body: &[u8]) -> Vec<String> {
    let (mut list, _) = vector(body, true).unwrap_or_default();
    let mut names = Vec::new();
    while let Some((name, rest)) = vector(list, false) {
        names.push(text(name));
        list = rest;
    }
    names
}

//= rfc8446#4.1.3
fn server_hello(session: &mut Session, hello: &[u8]) {
    let chosen = || {
        let version = u16::from_be_bytes([*hello.first()?, *hello.get(1)?]);
        let (_, rest) = vector(hello.get(34..)?, false)?;
        let suite = u16::from_be_bytes([*rest.first()?, *rest.get(1)?]);
        let extensions = vector(rest.get(3..)?, true).unwrap_or_default().0;
        let version = extension(extensions, 43)
            .and_then(|body| body.first_chunk::<2>())
            .map_or(version, |v| u16::from_be_bytes(*v));
        Some((version, suite))
    };
    let Some((version, suite)) = chosen() else { return };
    session.version = Some(match version {
        0x0304 => "TLS 1.3",
        0x0303 => "TLS 1.2",
        0x0302 => "TLS 1.1",
        0x0301 => "TLS 1.0",
        _ => "an unknown version",
    });
    session.cipher = Some(
        SUITES
            .iter()
            .find(|(number, _)| *number == suite)
            .map_or_else(|| format!("0x{suite:04x}"), |(_, name)| (*name).into()),
    );
}

/// The DNS names in the first certificate of a chain: found by the mark of the extension that holds them.
//= rfc5280#4.2.1.6
fn certificate_names(message: &[u8]) -> Vec<String> {
    let first = || {
        let chain = message.get(3..)?;
        let [a, b, c, rest @ ..] = chain else { return None };
        rest.get(..usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c))
    };
    let certificate = first().unwrap_or_default();
    let Some(at) = certificate.windows(5).position(|window| window == SUBJECT_ALT_NAME) else { return Vec::new() };
    // Behind the mark: an octet string, and in it a sequence of names.
    let names = || {
        let (_, string) = element(&certificate[at + SUBJECT_ALT_NAME.len()..], 0x04)?;
        Some(element(string, 0x30)?.1)
    };
    let mut list = names().unwrap_or_default();
    let mut found = Vec::new();
    while let Some((len, name)) = list.first().copied().and_then(|tag| element(list, tag)) {
        if list[0] == 0x82 && found.len() < MAX_NAMES {
            found.push(text(name));
        }
        list = &list[len..];
    }
    found
}

/// A DER element with this tag: how many bytes it takes, and its content. "Critical" in front of it is passed over.
fn element(bytes: &[u8], tag: u8) -> Option<(usize, &[u8])> {
    if tag == 0x04 && bytes.starts_with(&[1, 1]) {
        return element(bytes.get(3..)?, tag);
    }
    let (head, len) = match bytes {
        [t, len @ 0..=0x7f, ..] if *t == tag => (2, usize::from(*len)),
        [t, 0x81, len, ..] if *t == tag => (3, usize::from(*len)),
        [t, 0x82, a, b, ..] if *t == tag => (4, usize::from(u16::from_be_bytes([*a, *b]))),
        _ => return None,
    };
    Some((head + len, bytes.get(head..head + len)?))
}

fn text(bytes: &[u8]) -> String {
    crate::words::clean(&String::from_utf8_lossy(bytes))
}

//= rfc8446#6
fn alert(number: u8) -> String {
    let name = match number {
        0 => "close notify",
        10 => "unexpected message",
        20 => "bad record",
        40 => "handshake failure",
        42 => "bad certificate",
        43 => "unsupported certificate",
        44 => "certificate revoked",
        45 => "certificate expired",
        46 => "certificate unknown",
        47 => "illegal parameter",
        48 => "unknown certificate authority",
        50 => "decode error",
        51 => "decrypt error",
        70 => "protocol version",
        80 => "internal error",
        112 => "unrecognized name",
        120 => "no application protocol",
        _ => return format!("alert {number}"),
    };
    name.into()
}

const SUITES: &[(u16, &str)] = &[
    (0x1301, "TLS_AES_128_GCM_SHA256"),
    (0x1302, "TLS_AES_256_GCM_SHA384"),
    (0x1303, "TLS_CHACHA20_POLY1305_SHA256"),
    (0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
    (0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
    (0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
    (0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
    (0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
    (0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"),
];
/// The object identifier 2.5.29.17 with its tag and length.
const SUBJECT_ALT_NAME: [u8; 5] = [6, 3, 0x55, 0x1d, 0x11];
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
const CERTIFICATE: u8 = 11;
/// The most names of a certificate, and the most alerts of a session.
const MAX_NAMES: usize = 100;
const MAX_ALERTS: usize = 100;
