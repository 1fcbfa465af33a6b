//! TLS records and handshake messages (RFC 8446, RFC 5246), as far as they can be seen without keys.

use std::ops::Range;

use crate::words::clean;

/// The port of HTTPS.
pub const PORT: u16 = 443;

/// A record: five bytes of header and what it encloses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// What the record says it encloses.
    pub content: Content,
    /// Where it stands in the bytes given.
    pub range: Range<usize>,
    /// Whether all of it is there.
    pub complete: bool,
    /// The handshake messages that start in it, if it is not encrypted.
    pub handshakes: Vec<Handshake>,
}

/// The content type of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Content {
    /// ChangeCipherSpec; in TLS 1.3 without meaning.
    ChangeCipherSpec,
    /// An alert.
    Alert,
    /// A handshake message.
    Handshake,
    /// Encrypted, whatever it is.
    ApplicationData,
}

/// A handshake message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Handshake {
    /// Its type.
    pub kind: u8,
    /// Where it stands in the bytes given.
    pub range: Range<usize>,
    /// In a ClientHello: the name of the server that is wanted (SNI, RFC 6066).
    pub server_name: Option<String>,
    /// In a ServerHello: whether TLS 1.3 was chosen.
    pub tls13: bool,
}

impl Content {
    /// The name in the RFC.
    pub const fn name(self) -> &'static str {
        match self {
            Content::ChangeCipherSpec => "Change Cipher Spec",
            Content::Alert => "Alert",
            Content::Handshake => "Handshake",
            Content::ApplicationData => "Application Data",
        }
    }
}

impl Handshake {
    /// The name in the RFC.
    pub const fn name(&self) -> &'static str {
        match self.kind {
            CLIENT_HELLO => "ClientHello",
            SERVER_HELLO => "ServerHello",
            4 => "NewSessionTicket",
            8 => "EncryptedExtensions",
            11 => "Certificate",
            12 => "ServerKeyExchange",
            13 => "CertificateRequest",
            14 => "ServerHelloDone",
            15 => "CertificateVerify",
            16 => "ClientKeyExchange",
            20 => "Finished",
            _ => "handshake message",
        }
    }
}

impl Record {
    /// One phrase: `ClientHello`, `Application Data`.
    pub fn brief(&self) -> String {
        match self.handshakes.as_slice() {
            [] => self.content.name().into(),
            some => some.iter().map(Handshake::name).collect::<Vec<_>>().join(", "),
        }
    }
}

/// The records from the first byte on, until something is no record.
pub fn records(bytes: &[u8]) -> Vec<Record> {
    let mut records = Vec::new();
    let mut at = 0;
    while let Some(&[kind, major, _, high, low]) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        let Some(content) = content(kind) else { break };
        let len = usize::from(u16::from_be_bytes([high, low]));
        if major != 3 || len == 0 || len > MAX_RECORD {
            break;
        }
        let end = at + HEADER + len;
        let body = at + HEADER..end.min(bytes.len());
        let clear = content == Content::Handshake;
        let handshakes = if clear { handshakes(bytes, body.clone()) } else { Vec::new() };
        records.push(Record { content, range: at..body.end, complete: end <= bytes.len(), handshakes });
        at = end;
    }
    records
}

const fn content(kind: u8) -> Option<Content> {
    match kind {
        20 => Some(Content::ChangeCipherSpec),
        21 => Some(Content::Alert),
        22 => Some(Content::Handshake),
        23 => Some(Content::ApplicationData),
        _ => None,
    }
}

/// The messages in a handshake record. Behind a ChangeCipherSpec of TLS 1.2 the record is encrypted and looks like a
/// message of unknown type: it is left out.
fn handshakes(bytes: &[u8], body: Range<usize>) -> Vec<Handshake> {
    let mut messages = Vec::new();
    let mut at = body.start;
    while let Some(&[kind, a, b, c]) = bytes.get(at..body.end).and_then(|rest| rest.first_chunk()) {
        let len = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        if !KNOWN.contains(&kind) || len > MAX_HANDSHAKE {
            break;
        }
        let end = (at + 4 + len).min(body.end);
        let message = bytes.get(at + 4..end).unwrap_or_default();
        let server_name = if kind == CLIENT_HELLO { server_name(message) } else { None };
        let tls13 = kind == SERVER_HELLO && chooses_tls13(message);
        messages.push(Handshake { kind, range: at..end, server_name, tls13 });
        at = at + 4 + len;
    }
    messages
}

/// Walks a hello message: `None` as soon as a length points outside.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }
    fn u8(&mut self) -> Option<usize> {
        self.take(1).map(|b| usize::from(b[0]))
    }
    fn u16(&mut self) -> Option<usize> {
        self.take(2).map(|b| usize::from(u16::from_be_bytes([b[0], b[1]])))
    }
    /// The extension of this number, in a list of extensions.
    fn extension(&mut self, number: usize) -> Option<Reader<'a>> {
        let len = self.u16()?;
        let mut list = Reader(self.take(len)?);
        loop {
            let (kind, len) = (list.u16()?, list.u16()?);
            let body = list.take(len)?;
            if kind == number {
                return Some(Reader(body));
            }
        }
    }
}

//= rfc8446#4.1.2
//= rfc6066#3
fn server_name(client_hello: &[u8]) -> Option<String> {
    let mut hello = Reader(client_hello);
    hello.take(2 + 32)?;
    let session = hello.u8()?;
    hello.take(session)?;
    let suites = hello.u16()?;
    hello.take(suites)?;
    let compressions = hello.u8()?;
    hello.take(compressions)?;
    let mut names = hello.extension(0)?;
    names.u16()?;
    let (kind, len) = (names.u8()?, names.u16()?);
    let name = names.take(len)?;
    (kind == 0).then(|| clean(&String::from_utf8_lossy(name)))
}

//= rfc8446#4.2.1
fn chooses_tls13(server_hello: &[u8]) -> bool {
    let version = || {
        let mut hello = Reader(server_hello);
        hello.take(2 + 32)?;
        let session = hello.u8()?;
        hello.take(session + 3)?;
        hello.extension(43)?.u16()
    };
    version() == Some(0x0304)
}

const HEADER: usize = 5;
/// The largest record: 2^14 bytes and the overhead that RFC 5246 allows.
const MAX_RECORD: usize = (1 << 14) + 2048;
const MAX_HANDSHAKE: usize = 1 << 18;
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
const KNOWN: [u8; 11] = [CLIENT_HELLO, SERVER_HELLO, 4, 8, 11, 12, 13, 14, 15, 16, 20];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A ClientHello that asks for `a.test`.
    fn client_hello() -> Vec<u8> {
        let name = [&[0, 9, 0, 0, 6][..], b"a.test"].concat();
        let extensions = [&[0, 10, 0, 0, 0, 0, 0, 11][..], &name].concat();
        let mut hello = [&[3, 3][..], &[7; 32], &[0], &[0, 2, 0x13, 1], &[1, 0], &[0, extensions.len() as u8]].concat();
        hello.extend(extensions);
        let message = [&[1, 0, 0, hello.len() as u8][..], &hello].concat();
        [&[22, 3, 1, 0, message.len() as u8][..], &message].concat()
    }

    #[test]
    fn a_client_hello_names_the_server_it_wants() {
        let bytes = [client_hello(), vec![20, 3, 3, 0, 1, 1], vec![23, 3, 3, 0, 200, 9]].concat();
        let records = records(&bytes);
        let briefs: Vec<_> = records.iter().map(Record::brief).collect();
        assert_eq!(briefs, ["ClientHello", "Change Cipher Spec", "Application Data"]);
        assert_eq!(records[0].handshakes[0].server_name.as_deref(), Some("a.test"));
        assert_eq!(records.iter().map(|r| r.complete).collect::<Vec<_>>(), [true, true, false]);
    }

    #[test]
    fn plain_text_is_no_record() {
        assert_eq!(records(b"GET / HTTP/1.1\r\n"), []);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            records(&bytes);
        }

        #[test]
        fn a_damaged_client_hello_is_read_without_a_panic(at in 0usize..80, value: u8, cut in 0usize..80) {
            let mut bytes = client_hello();
            let at = at % bytes.len();
            bytes[at] = value;
            bytes.truncate(bytes.len() - cut % bytes.len());
            records(&bytes);
        }
    }
}
