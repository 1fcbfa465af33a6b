//! DNS messages (RFC 1035 section 4.1) with EDNS (RFC 6891) and extended errors (RFC 8914), by the crate `domain`.
//!
//! The library has a type per way of holding a message. Here is one plain struct that owns its names: what the servers and
//! clients of this crate speak of.

use std::fmt;

use bytes::{Bytes, BytesMut};
use domain::base::iana::{Class, ExtendedErrorCode, OptRcode};
use domain::base::message_builder::TreeCompressor;
use domain::base::name::FlattenInto;
use domain::base::opt::ExtendedError;
use domain::base::{MessageBuilder, ParsedName, Ttl};
use domain::rdata::ZoneRecordData;

pub use domain::base::iana::{Opcode, Rcode, Rtype};

/// A domain name. Comparing ignores case, and sorts as RFC 4034 section 6.1 does: a name comes right before those below it.
pub type Name = domain::base::Name<Bytes>;
/// What a record says.
pub type Data = ZoneRecordData<Bytes, Name>;
/// A resource record.
pub type Record = domain::base::Record<Name, Data>;

/// Reads a host name.
pub fn name(text: &str) -> Option<Name> {
    Name::bytes_from_str(text).ok()
}

/// What is asked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Question {
    /// Of which name.
    pub name: Name,
    /// Which records.
    pub rtype: Rtype,
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.rtype)
    }
}

/// What the OPT record says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edns {
    /// The largest UDP payload that its sender takes.
    pub payload: u16,
    /// 0 is the only one there is.
    pub version: u8,
    /// Why a question could not be answered, in words for people.
    pub problem: Option<Problem>,
}

impl Edns {
    /// Version 0 with this UDP payload size.
    pub fn new(payload: u16) -> Edns {
        Edns { payload, version: 0, problem: None }
    }
}

/// An extended DNS error (RFC 8914).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// 22: no reachable authority, 23: network error, …
    pub code: u16,
    /// A sentence for people.
    pub text: String,
}

/// A DNS message.
#[derive(Clone, PartialEq, Debug)]
pub struct Message {
    /// Ties an answer to its question.
    pub id: u16,
    /// An answer, not a question.
    pub is_response: bool,
    /// What kind of request it is.
    pub opcode: Opcode,
    /// The server speaks for the zone.
    pub authoritative: bool,
    /// It did not fit: ask again over TCP.
    pub truncated: bool,
    /// Asks the server to find the answer elsewhere.
    pub recursion_desired: bool,
    /// The server would.
    pub recursion_available: bool,
    /// How it went; codes over 15 need EDNS.
    pub rcode: OptRcode,
    /// What is asked. Messages with another number of questions than one are not in use.
    pub question: Option<Question>,
    /// Records that answer.
    pub answer: Vec<Record>,
    /// Name servers to ask instead, or the zone's SOA.
    pub authority: Vec<Record>,
    /// Records that save a question, without OPT.
    pub additional: Vec<Record>,
    /// The OPT record.
    pub edns: Option<Edns>,
}

/// Bytes that are no DNS message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Malformed {
    /// The id, when there was a header: enough to answer with FORMERR.
    pub id: Option<u16>,
    /// Whether it claimed to be a response.
    pub is_response: bool,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("malformed DNS message")
    }
}

impl std::error::Error for Malformed {}

impl Message {
    /// A question.
    pub fn query(id: u16, question: Question, recursion_desired: bool) -> Message {
        Message {
            id,
            is_response: false,
            opcode: Opcode::QUERY,
            authoritative: false,
            truncated: false,
            recursion_desired,
            recursion_available: false,
            rcode: OptRcode::NOERROR,
            question: Some(question),
            answer: Vec::new(),
            authority: Vec::new(),
            additional: Vec::new(),
            edns: None,
        }
    }

    /// An empty answer to this question.
    pub fn reply(&self, rcode: OptRcode) -> Message {
        Message {
            id: self.id,
            is_response: true,
            opcode: self.opcode,
            authoritative: false,
            truncated: false,
            recursion_desired: self.recursion_desired,
            recursion_available: false,
            rcode,
            question: self.question.clone(),
            answer: Vec::new(),
            authority: Vec::new(),
            additional: Vec::new(),
            edns: self.edns.as_ref().map(|_| Edns::new(UDP_PAYLOAD)),
        }
    }

    /// The answer to bytes of which only the header could be read.
    pub fn format_error(id: u16) -> Message {
        let nothing = Question { name: Name::root_bytes(), rtype: Rtype::A };
        let mut message = Message::query(id, nothing, false).reply(OptRcode::FORMERR);
        message.question = None;
        message
    }

    /// Whether it answers `question`.
    pub fn answers(&self, id: u16, question: &Question) -> bool {
        self.is_response && self.id == id && self.question.as_ref() == Some(question)
    }

    /// The largest UDP payload that the sender of this question takes.
    //= rfc6891#6.2.3
    pub fn udp_limit(&self) -> usize {
        self.edns.as_ref().map_or(PLAIN_UDP, |edns| usize::from(edns.payload.min(UDP_PAYLOAD)).max(PLAIN_UDP))
    }

    //= rfc1035#4.1
    /// Reads a message. Records of classes other than IN are left out.
    pub fn parse(bytes: &[u8]) -> Result<Message, Malformed> {
        let no_header = Malformed { id: None, is_response: false };
        let bytes = Bytes::copy_from_slice(bytes);
        let parsed = domain::base::Message::from_octets(bytes).map_err(|_| no_header)?;
        let header = parsed.header();
        read_body(&parsed).ok_or(Malformed { id: Some(header.id()), is_response: header.qr() })
    }

    /// The message's bytes. What does not fit into `limit` bytes is left out: the truncated flag says so when it matters.
    pub fn emit(&self, limit: usize) -> Bytes {
        let whole = self.build(limit.min(usize::from(u16::MAX)), false);
        //= rfc2181#9
        // Nobody reads the rest of a truncated answer, so it has none.
        whole.or_else(|| self.build(usize::MAX >> 1, true)).unwrap_or_default()
    }

    /// `None`: it does not fit.
    fn build(&self, limit: usize, truncate: bool) -> Option<Bytes> {
        let mut builder = MessageBuilder::from_target(TreeCompressor::new(BytesMut::new())).ok()?;
        let header = builder.header_mut();
        header.set_id(self.id);
        header.set_qr(self.is_response);
        header.set_opcode(self.opcode);
        header.set_aa(self.authoritative);
        header.set_tc(self.truncated || truncate);
        header.set_rd(self.recursion_desired);
        header.set_ra(self.recursion_available);
        header.set_rcode(self.rcode.rcode());
        let mut builder = builder.question();
        if let Some(question) = &self.question {
            builder.push((&question.name, question.rtype)).ok()?;
        }
        // The library's limit is the first length that is too long.
        builder.set_push_limit((limit + 1).saturating_sub(self.opt_len()));
        let mut builder = builder.answer();
        if !truncate {
            self.answer.iter().try_for_each(|record| builder.push(record)).ok()?;
        }
        let mut builder = builder.authority();
        if !truncate {
            self.authority.iter().try_for_each(|record| builder.push(record)).ok()?;
        }
        let mut builder = builder.additional();
        if !truncate {
            let all = self.additional.iter().try_for_each(|record| builder.push(record));
            //= rfc2181#9
            // Helpful records may be missing, but a referral without its glue helps nobody.
            if all.is_err() && self.is_referral() {
                return None;
            }
        }
        if let Some(edns) = &self.edns {
            builder.set_push_limit(limit + 1);
            builder
                .opt(|opt| {
                    opt.set_udp_payload_size(edns.payload);
                    opt.set_version(edns.version);
                    opt.set_rcode(self.rcode);
                    match edns.problem.as_ref().and_then(Problem::option) {
                        Some(option) => opt.push(&option),
                        None => Ok(()),
                    }
                })
                .ok()?;
        }
        Some(builder.finish().into_target().freeze())
    }

    /// Bytes of the OPT record.
    fn opt_len(&self) -> usize {
        self.edns.as_ref().map_or(0, |edns| 11 + edns.problem.as_ref().map_or(0, |problem| 6 + problem.text.len()))
    }

    /// Sends the asker to other servers.
    pub fn is_referral(&self) -> bool {
        self.rcode == OptRcode::NOERROR
            && self.answer.is_empty()
            && self.authority.iter().any(|record| record.rtype() == Rtype::NS)
            && !self.authority.iter().any(|record| record.rtype() == Rtype::SOA)
    }
}

impl Problem {
    fn option(&self) -> Option<ExtendedError<Bytes>> {
        ExtendedError::new_with_str(ExtendedErrorCode::from_int(self.code), &self.text).ok()
    }
}

fn read_body(parsed: &domain::base::Message<Bytes>) -> Option<Message> {
    let header = parsed.header();
    let question = match parsed.header_counts().qdcount() {
        0 => None,
        1 => {
            let question = parsed.sole_question().ok()?;
            let name: Name = question.qname().clone().flatten_into();
            (question.qclass() == Class::IN).then_some(Question { name, rtype: question.qtype() })
        }
        _ => return None,
    };
    let (_, answer, authority, additional) = parsed.sections().ok()?;
    let opt = parsed.opt();
    let problem = opt.as_ref().and_then(|opt| opt.opt().first::<ExtendedError<Bytes>>());
    let edns = opt.as_ref().map(|opt| Edns {
        payload: opt.udp_payload_size(),
        version: opt.version(),
        problem: problem.map(|error| Problem {
            code: error.code().to_int(),
            text: match error.text() {
                Some(Ok(text)) => text.to_string(),
                Some(Err(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
                None => String::new(),
            },
        }),
    });
    Some(Message {
        id: header.id(),
        is_response: header.qr(),
        opcode: header.opcode(),
        authoritative: header.aa(),
        truncated: header.tc(),
        recursion_desired: header.rd(),
        recursion_available: header.ra(),
        rcode: parsed.opt_rcode(),
        question,
        answer: read_records(answer)?,
        authority: read_records(authority)?,
        additional: read_records(additional)?,
        edns,
    })
}

fn read_records(section: domain::base::message::RecordSection<'_, Bytes>) -> Option<Vec<Record>> {
    let mut records = Vec::new();
    for record in section {
        let record = record.ok()?;
        if record.rtype() == Rtype::OPT || record.class() != Class::IN {
            continue;
        }
        let Some(record) = record.to_record::<ZoneRecordData<Bytes, ParsedName<Bytes>>>().ok()? else { continue };
        let mut record: Record = record.flatten_into();
        //= rfc2181#8
        if record.ttl().as_secs() > MAX_TTL {
            record.set_ttl(Ttl::ZERO);
        }
        records.push(record);
    }
    Some(records)
}

/// The largest UDP payload without EDNS (RFC 1035, section 2.3.4).
pub const PLAIN_UDP: usize = 512;
/// The largest UDP payload that this crate offers: it passes every path of IPv6's smallest MTU without fragments.
pub const UDP_PAYLOAD: u16 = 1232;
/// A TTL has 31 bits.
const MAX_TTL: u32 = 0x7fff_ffff;

#[cfg(test)]
mod tests {
    use super::*;
    use domain::rdata::{A, Txt};
    use proptest::prelude::*;

    fn question() -> Question {
        Question { name: name("www.example.com").unwrap(), rtype: Rtype::A }
    }

    fn address(owner: &str, last: u8) -> Record {
        let data = Data::A(A::from_octets(192, 0, 2, last));
        Record::new(name(owner).unwrap(), Class::IN, Ttl::from_secs(300), data)
    }

    fn text(len: usize) -> Record {
        let data = Data::Txt(Txt::build_from_slice(&vec![b'x'; len]).unwrap());
        Record::new(question().name, Class::IN, Ttl::from_secs(300), data)
    }

    #[test]
    fn a_message_survives_the_wire() {
        let mut message = Message::query(7, question(), true).reply(OptRcode::NXDOMAIN);
        message.answer = vec![address("www.example.com", 1), address("WWW.example.com", 2)];
        message.additional = vec![address("ns.example.com", 3)];
        let problem = Some(Problem { code: 22, text: "nobody answers".into() });
        message.edns = Some(Edns { payload: 1232, version: 0, problem });
        message.authoritative = true;
        let bytes = message.emit(1232);
        assert_eq!(Message::parse(&bytes), Ok(message));
        assert!(bytes.len() < 140, "names are compressed: {}", bytes.len());
    }

    //= rfc1035#4.2.1 test
    #[test]
    fn an_answer_of_512_bytes_fits_and_one_of_513_is_truncated() {
        let mut message = Message::query(7, question(), false).reply(OptRcode::NOERROR);
        let bare = message.emit(PLAIN_UDP).len();
        message.answer = vec![text(100)];
        let overhead = message.emit(PLAIN_UDP).len() - bare - 100;
        // A second length byte is needed for a text of more than 255 bytes.
        let fits = PLAIN_UDP - bare - overhead - 1;
        message.answer = vec![text(fits)];
        let bytes = message.emit(message.udp_limit());
        assert_eq!(bytes.len(), PLAIN_UDP);
        assert!(!Message::parse(&bytes).unwrap().truncated);
        message.answer = vec![text(fits + 1)];
        let bytes = message.emit(message.udp_limit());
        let parsed = Message::parse(&bytes).unwrap();
        assert!(parsed.truncated && parsed.answer.is_empty() && bytes.len() == bare);
        message.edns = Some(Edns::new(UDP_PAYLOAD));
        assert!(!Message::parse(&message.emit(message.udp_limit())).unwrap().truncated);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(message) = Message::parse(&bytes) {
                let emitted = message.emit(65_535);
                prop_assert!(Message::parse(&emitted).is_ok());
                let _ = message.emit(512);
            }
        }

        #[test]
        fn a_damaged_message_is_read_or_refused(at in 0usize..200, byte: u8) {
            let mut message = Message::query(7, question(), true).reply(OptRcode::NOERROR);
            message.answer = vec![address("www.example.com", 1), text(20)];
            message.edns = Some(Edns::new(1232));
            let mut bytes = message.emit(512).to_vec();
            let at = at % bytes.len();
            bytes[at] = byte;
            if let Ok(message) = Message::parse(&bytes) {
                let _ = message.emit(512);
            }
        }
    }
}
