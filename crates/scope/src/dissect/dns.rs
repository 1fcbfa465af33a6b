//! DNS messages (RFC 1035), read by the library `domain`.

use std::net::IpAddr;
use std::ops::Range;

use domain::base::iana::Rtype;
use domain::base::{Message as Octets, RecordSection};
use domain::rdata::AllRecordData;

use crate::words::clean;

/// The port of name servers, over UDP and TCP.
pub const PORT: u16 = 53;

/// A message, as far as it could be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// Ties an answer to its question.
    pub id: u16,
    /// An answer, not a question.
    pub response: bool,
    /// AA: the server speaks for this zone.
    pub authoritative: bool,
    /// TC: cut, ask again over TCP.
    pub truncated: bool,
    /// RD: please ask on for me.
    pub recursion_desired: bool,
    /// RA: I do ask on.
    pub recursion_available: bool,
    /// The response code: `NOERROR`, `NXDOMAIN`, …
    pub rcode: String,
    /// What is asked.
    pub question: Option<Question>,
    /// The three sections behind the question.
    pub answers: Vec<Record>,
    /// Who knows more (a referral), or how long a "no" may be remembered (SOA).
    pub authority: Vec<Record>,
    /// Addresses that save a further question (glue), and EDNS.
    pub additional: Vec<Record>,
    /// EDNS: how large a UDP answer may be.
    pub udp_size: Option<u16>,
    /// Whether something behind the question could not be read.
    pub damaged: bool,
}

/// What is asked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Question {
    /// The name in lower case, without the dot at its end; `.` for the root.
    pub name: String,
    /// The type: `A`, `AAAA`, `NS`.
    pub kind: String,
    /// Where in the message.
    pub range: (usize, usize),
}

/// A resource record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// Whose.
    pub name: String,
    /// The type.
    pub kind: String,
    /// For how many seconds it may be remembered.
    pub ttl: u32,
    /// What it says.
    pub data: Data,
    /// Where in the message.
    pub range: Range<usize>,
}

/// What a record says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Data {
    /// A, AAAA.
    Address(IpAddr),
    /// CNAME: ask for that name instead.
    Alias(String),
    /// NS: that server knows.
    Server(String),
    /// SOA with the seconds for which a "no" may be remembered.
    Authority {
        /// The zone's primary server.
        primary: String,
        /// Seconds.
        negative_ttl: u32,
    },
    /// Anything else, as a zone file would write it.
    Other(String),
}

impl Data {
    /// As a zone file would write it, nearly.
    pub fn text(&self) -> String {
        match self {
            Data::Address(ip) => ip.to_string(),
            Data::Alias(name) | Data::Server(name) => name.clone(),
            Data::Authority { primary, negative_ttl } => format!("{primary}, a \"no\" lasts {negative_ttl} s"),
            Data::Other(text) => text.clone(),
        }
    }
}

impl Message {
    /// Reads a message. `None` when not even its header is there.
    pub fn parse(bytes: &[u8]) -> Option<Message> {
        let octets = Octets::from_octets(bytes).ok()?;
        let header = octets.header();
        let mut message = Message {
            id: header.id(),
            response: header.qr(),
            authoritative: header.aa(),
            truncated: header.tc(),
            recursion_desired: header.rd(),
            recursion_available: header.ra(),
            rcode: octets.opt_rcode().to_string(),
            question: None,
            answers: Vec::new(),
            authority: Vec::new(),
            additional: Vec::new(),
            udp_size: octets.opt().map(|opt| opt.udp_payload_size()),
            damaged: false,
        };
        let mut questions = octets.question();
        let start = questions.pos();
        if let Some(question) = questions.next() {
            let Ok(question) = question else { return Some(Message { damaged: true, ..message }) };
            let range = (start, questions.pos());
            let name = plain_name(question.qname());
            message.question = Some(Question { name, kind: question.qtype().to_string(), range });
        }
        let Ok(mut section) = octets.answer() else { return Some(Message { damaged: true, ..message }) };
        for into in [&mut message.answers, &mut message.authority, &mut message.additional] {
            message.damaged |= !read(&mut section, into);
            match section.next_section() {
                Ok(Some(next)) => section = next,
                Ok(None) => break,
                Err(_) => {
                    message.damaged = true;
                    break;
                }
            }
        }
        Some(message)
    }

    /// What is asked: `A www.example.com`.
    pub fn asked(&self) -> String {
        self.question.as_ref().map_or_else(|| "nothing".into(), |q| format!("{} {}", q.kind, q.name))
    }

    /// The addresses in the answer.
    pub fn addresses(&self) -> Vec<IpAddr> {
        let address = |record: &Record| if let Data::Address(ip) = record.data { Some(ip) } else { None };
        self.answers.iter().filter_map(address).collect()
    }

    /// The name servers that a referral names, with the zone they serve.
    pub fn referral(&self) -> Option<(&str, Vec<&str>)> {
        let refers = self.response && !self.authoritative && self.answers.is_empty() && self.rcode == "NOERROR";
        let servers = self.authority.iter().filter_map(|record| match &record.data {
            Data::Server(server) => Some((record.name.as_str(), server.as_str())),
            _ => None,
        });
        let mut servers = servers.peekable();
        let zone = servers.peek().filter(|_| refers)?.0;
        Some((zone, servers.map(|(_, server)| server).collect()))
    }

    /// The address that the additional section gives for a name (glue).
    pub fn glue(&self, name: &str) -> Option<IpAddr> {
        let mut records = self.additional.iter().filter(|record| record.name == name);
        records.find_map(|record| if let Data::Address(ip) = record.data { Some(ip) } else { None })
    }

    /// One line: `A www.example.com?`, `A www.example.com = 203.0.113.5`, `NXDOMAIN nosuch.example.com`.
    pub fn brief(&self) -> String {
        let name = self.question.as_ref().map_or("", |q| &q.name);
        if !self.response {
            return format!("{}?", self.asked());
        }
        if self.truncated {
            return format!("{}: cut, ask over TCP", self.asked());
        }
        if self.rcode != "NOERROR" {
            return format!("{} {name}", self.rcode);
        }
        if let Some((zone, servers)) = self.referral() {
            return format!("{name}: ask {} for {zone}", servers.first().unwrap_or(&"nobody"));
        }
        match self.answers.last() {
            Some(record) => format!("{} = {}", self.asked(), record.data.text()),
            None => format!("{}: no such record", self.asked()),
        }
    }
}

/// Reads the records of one section, as many as can be read; whether that was all of them.
fn read<'a>(section: &mut RecordSection<'a, &'a [u8]>, into: &mut Vec<Record>) -> bool {
    loop {
        let start = section.pos();
        let record = match section.next() {
            None => return true,
            Some(Err(_)) => return false,
            Some(Ok(record)) => record,
        };
        let range = start..section.pos();
        let (name, kind, ttl) = (plain_name(&record.owner()), record.rtype(), record.ttl().as_secs());
        if kind == Rtype::OPT || into.len() >= MAX_RECORDS {
            continue;
        }
        let data = match record.to_any_record::<AllRecordData<_, _>>() {
            Ok(record) => data(record.data()),
            Err(_) => return false,
        };
        into.push(Record { name, kind: kind.to_string(), ttl, data, range });
    }
}

fn data<O: AsRef<[u8]> + domain::dep::octseq::Octets, N: std::fmt::Display>(data: &AllRecordData<O, N>) -> Data {
    match data {
        AllRecordData::A(a) => Data::Address(a.addr().into()),
        AllRecordData::Aaaa(aaaa) => Data::Address(aaaa.addr().into()),
        AllRecordData::Cname(alias) => Data::Alias(plain_name(alias.cname())),
        AllRecordData::Ns(server) => Data::Server(plain_name(server.nsdname())),
        AllRecordData::Soa(soa) => {
            Data::Authority { primary: plain_name(soa.mname()), negative_ttl: soa.minimum().as_secs() }
        }
        other => Data::Other(clean(&other.to_string())),
    }
}

/// A name as people write it.
fn plain_name(name: &impl std::fmt::Display) -> String {
    let text = clean(&name.to_string()).to_ascii_lowercase();
    match text.trim_end_matches('.') {
        "" => ".".into(),
        name => name.into(),
    }
}

/// Most records kept of one section.
const MAX_RECORDS: usize = 256;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::film::dns::{Answer, message};

    #[test]
    fn a_question_and_its_answers_read_as_one_line() {
        let brief = |answer| Message::parse(&message(7, "www.Example.com", answer)).expect("a message").brief();
        assert_eq!(brief(Answer::Question), "A www.example.com?");
        assert_eq!(brief(Answer::Address([203, 0, 113, 5])), "A www.example.com = 203.0.113.5");
        assert_eq!(
            brief(Answer::Referral("com", "a.tld.test", [198, 51, 100, 2])),
            "www.example.com: ask a.tld.test for com"
        );
        assert_eq!(brief(Answer::Alias("web.example.net", [203, 0, 113, 5])), "A www.example.com = 203.0.113.5");
        assert_eq!(brief(Answer::NoSuchName), "NXDOMAIN www.example.com");
    }

    #[test]
    fn a_referral_brings_the_address_of_the_server_it_names() {
        let bytes = message(7, "www.example.com", Answer::Referral("com", "a.tld.test", [198, 51, 100, 2]));
        let referral = Message::parse(&bytes).expect("a message");
        assert_eq!(referral.referral(), Some(("com", vec!["a.tld.test"])));
        assert_eq!(referral.glue("a.tld.test"), Some(IpAddr::from([198, 51, 100, 2])));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            Message::parse(&bytes).map(|message| message.brief());
        }

        #[test]
        fn a_damaged_message_is_read_without_a_panic(at: usize, value: u8, cut: usize) {
            let mut bytes = message(7, "www.example.com", Answer::Referral("com", "a.tld.test", [198, 51, 100, 2]));
            let at = at % bytes.len();
            bytes[at] = value;
            bytes.truncate(bytes.len() - cut % bytes.len());
            Message::parse(&bytes).map(|message| message.brief());
        }
    }
}
