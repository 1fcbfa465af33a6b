//! DNS messages for films.

use std::net::Ipv4Addr;
use std::str::FromStr;

use domain::base::iana::{Class, Rcode, Rtype};
use domain::base::{MessageBuilder, Name, Ttl};
use domain::rdata::{A, Cname, Ns, Soa};

/// What a message says.
#[derive(Clone, Copy)]
pub(crate) enum Answer<'a> {
    Question,
    Address([u8; 4]),
    /// An alias and the address of what it points to.
    Alias(&'a str, [u8; 4]),
    /// Zone, its server, that server's address.
    Referral(&'a str, &'a str, [u8; 4]),
    NoSuchName,
    Failure,
}

pub(crate) fn message(id: u16, name: &str, answer: Answer<'_>) -> Vec<u8> {
    let name = parse(name);
    let mut builder = MessageBuilder::new_vec();
    let header = builder.header_mut();
    header.set_id(id);
    header.set_rd(true);
    header.set_qr(!matches!(answer, Answer::Question));
    header.set_aa(matches!(answer, Answer::Address(_) | Answer::Alias(..) | Answer::NoSuchName));
    match answer {
        Answer::NoSuchName => header.set_rcode(Rcode::NXDOMAIN),
        Answer::Failure => header.set_rcode(Rcode::SERVFAIL),
        _ => {}
    }
    let mut question = builder.question();
    question.push((&name, Rtype::A)).expect("room");
    let mut section = question.answer();
    let (class, ttl) = (Class::IN, Ttl::from_secs(300));
    match answer {
        Answer::Address(ip) => section.push((&name, class, ttl, A::new(ip.into()))).expect("room"),
        Answer::Alias(alias, ip) => {
            section.push((&name, class, ttl, Cname::new(parse(alias)))).expect("room");
            section.push((parse(alias), class, ttl, A::new(ip.into()))).expect("room");
        }
        _ => {}
    }
    let mut section = section.authority();
    match answer {
        Answer::Referral(zone, server, _) => {
            section.push((parse(zone), class, ttl, Ns::new(parse(server)))).expect("room");
        }
        Answer::NoSuchName => {
            let (primary, mail) = (parse("ns1.example.com"), parse("hostmaster.example.com"));
            let soa = Soa::new(primary, mail, 1.into(), ttl, ttl, ttl, ttl);
            section.push((parse("example.com"), class, ttl, soa)).expect("room");
        }
        _ => {}
    }
    let mut section = section.additional();
    if let Answer::Referral(_, server, ip) = answer {
        section.push((parse(server), class, ttl, A::new(Ipv4Addr::from(ip)))).expect("room");
    }
    section.finish()
}

fn parse(name: &str) -> Name<Vec<u8>> {
    Name::from_str(name).expect("a name")
}
