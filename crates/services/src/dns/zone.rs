//! A zone, and how a server that has it answers: RFC 1034 section 4.3.2, RFC 2308 (negative answers), RFC 4592 (wildcards).

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use domain::base::Ttl;
use domain::base::iana::OptRcode;
use domain::base::name::FlattenInto;
use domain::zonefile::inplace::{Entry, Zonefile};

use super::message::{Data, Message, Name, Question, Record, Rtype, name};

/// All records of a zone, below its apex.
#[derive(Clone, PartialEq, Debug)]
pub struct Zone {
    apex: Name,
    soa: Record,
    /// By name, in an order in which a name comes right before those below it; then by type.
    names: BTreeMap<Name, BTreeMap<Rtype, Vec<Record>>>,
}

/// A text that is no zone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ZoneError {
    origin: String,
    said: String,
}

impl fmt::Display for ZoneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "zone {}: {}", self.origin, self.said)
    }
}

impl std::error::Error for ZoneError {}

impl Zone {
    //= rfc1035#5
    /// Reads a zone file. `origin` is the zone's apex, to which names without a final dot belong.
    pub fn parse(origin: &str, text: &str) -> Result<Zone, ZoneError> {
        let wrong = |said: String| ZoneError { origin: origin.to_owned(), said };
        let apex = name(origin).ok_or_else(|| wrong("the origin is not a domain name".to_owned()))?;
        let mut file = Zonefile::with_capacity(text.len() + 1);
        file.extend_from_slice(text.as_bytes());
        // The scanner wants the last line to end.
        file.extend_from_slice(b"\n");
        file.set_origin(apex.clone());
        let mut names: BTreeMap<Name, BTreeMap<Rtype, Vec<Record>>> = BTreeMap::new();
        loop {
            let record: Record = match file.next_entry() {
                Ok(Some(Entry::Record(record))) => record.flatten_into(),
                Ok(Some(Entry::Include { .. })) => return Err(wrong("$INCLUDE is not supported".to_owned())),
                Ok(None) => break,
                Err(error) => return Err(wrong(format!("just before line {error}"))),
            };
            if !record.owner().ends_with(&apex) {
                return Err(wrong(format!("{} lies outside of it", record.owner())));
            }
            let set = names.entry(record.owner().clone()).or_default().entry(record.rtype()).or_default();
            if !set.iter().any(|known| known.data() == record.data()) {
                set.push(record);
            }
        }
        Zone::check(apex, names).map_err(wrong)
    }

    fn check(apex: Name, names: BTreeMap<Name, BTreeMap<Rtype, Vec<Record>>>) -> Result<Zone, String> {
        let soa = match names.get(&apex).and_then(|types| types.get(&Rtype::SOA)).map(Vec::as_slice) {
            Some([soa]) => soa.clone(),
            Some([_, _, ..]) => return Err("it has more than one SOA record".to_owned()),
            _ => return Err("it has no SOA record".to_owned()),
        };
        for (owner, types) in &names {
            //= rfc1034#3.6.2
            if types.contains_key(&Rtype::CNAME) && (types.len() > 1 || types[&Rtype::CNAME].len() > 1) {
                return Err(format!("{owner} has a CNAME record and others beside it"));
            }
        }
        Ok(Zone { apex, soa, names })
    }

    /// The name of the zone.
    pub fn apex(&self) -> &Name {
        &self.apex
    }

    //= rfc1034#4.3.2
    /// Answers a question about a name at or below the apex.
    pub(super) fn answer(&self, question: &Question, reply: &mut Message) {
        let mut name = question.name.clone();
        reply.authoritative = true;
        for _ in 0..MAX_ALIASES {
            if let Some(cut) = self.delegation(&name, question.rtype) {
                self.refer(cut, reply);
                return;
            }
            let (types, synthesized) = match self.names.get(&name) {
                Some(types) => (types, false),
                None if self.has_descendants(&name) => return self.nothing(OptRcode::NOERROR, reply),
                None => match self.wildcard(&name) {
                    Some(types) => (types, true),
                    None => return self.nothing(OptRcode::NXDOMAIN, reply),
                },
            };
            let with_name = |record: &Record| match synthesized {
                //= rfc4592#3.3.1
                true => Record::new(name.clone(), record.class(), record.ttl(), record.data().clone()),
                false => record.clone(),
            };
            let alias = types.get(&Rtype::CNAME).filter(|_| ![Rtype::CNAME, Rtype::ANY].contains(&question.rtype));
            if let Some(alias) = alias.and_then(|set| set.first()) {
                reply.answer.push(with_name(alias));
                let Data::Cname(target) = alias.data() else { return };
                let target = target.cname().clone();
                if !target.ends_with(&self.apex) {
                    return;
                }
                name = target;
                continue;
            }
            let before = reply.answer.len();
            for (rtype, set) in types {
                if question.rtype == *rtype || question.rtype == Rtype::ANY {
                    reply.answer.extend(set.iter().map(with_name));
                }
            }
            if reply.answer.len() == before {
                return self.nothing(OptRcode::NOERROR, reply);
            }
            self.add_addresses(reply);
            return;
        }
    }

    /// The name servers of the zone cut at or above `name`, if there is one.
    fn delegation(&self, name: &Name, rtype: Rtype) -> Option<&Vec<Record>> {
        // From the apex down: the first cut on the way hides all below it.
        let mut ancestors: Vec<Name> =
            name.iter_suffixes().take_while(|suffix| suffix.label_count() > self.apex.label_count()).collect();
        ancestors.reverse();
        // The parent's side speaks for DS records (RFC 4035, section 3.1.4.1).
        ancestors.retain(|ancestor| rtype != Rtype::DS || ancestor != name);
        ancestors.iter().find_map(|ancestor| self.names.get(ancestor)?.get(&Rtype::NS))
    }

    fn refer(&self, cut: &[Record], reply: &mut Message) {
        reply.authoritative = !reply.answer.is_empty();
        reply.authority.extend_from_slice(cut);
        self.add_addresses(reply);
    }

    //= rfc2308#3
    fn nothing(&self, rcode: OptRcode, reply: &mut Message) {
        reply.rcode = rcode;
        let mut soa = self.soa.clone();
        if let Data::Soa(data) = soa.data() {
            soa.set_ttl(Ttl::from_secs(soa.ttl().as_secs().min(data.minimum().as_secs())));
        }
        reply.authority.push(soa);
    }

    /// Whether something exists below `name`, so that it exists too, empty.
    fn has_descendants(&self, name: &Name) -> bool {
        self.names.range(name.clone()..).next().is_some_and(|(next, _)| next.ends_with(name))
    }

    //= rfc4592#3.3.1
    /// The records of `*` below the closest ancestor that exists.
    fn wildcard(&self, name: &Name) -> Option<&BTreeMap<Rtype, Vec<Record>>> {
        let encloser = name
            .iter_suffixes()
            .skip(1)
            .take_while(|suffix| suffix.ends_with(&self.apex))
            .find(|suffix| self.names.contains_key(suffix) || self.has_descendants(suffix))?;
        let mut star = Vec::with_capacity(encloser.len() + 2);
        star.extend_from_slice(b"\x01*");
        star.extend_from_slice(encloser.as_slice());
        self.names.get(&Name::from_octets(Bytes::from(star)).ok()?)
    }

    /// Adds the addresses that this zone knows of the hosts just named.
    fn add_addresses(&self, reply: &mut Message) {
        let named = reply.answer.iter().chain(&reply.authority).filter_map(|record| match record.data() {
            Data::Ns(data) => Some(data.nsdname()),
            Data::Mx(data) => Some(data.exchange()),
            Data::Srv(data) => Some(data.target()),
            _ => None,
        });
        let mut hosts: Vec<&Name> = Vec::new();
        for host in named {
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        let found: Vec<Record> = hosts
            .into_iter()
            .filter_map(|host| self.names.get(host))
            .flat_map(|types| [Rtype::A, Rtype::AAAA].into_iter().filter_map(|rtype| types.get(&rtype)))
            .flatten()
            .cloned()
            .collect();
        reply.additional.extend(found);
    }
}

/// Aliases followed inside one zone, at most.
const MAX_ALIASES: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EXAMPLE: &str = "
$TTL 300
@        IN SOA ns1 admin ( 1 7200 900 1209600 60 )
         IN NS  ns1
         IN MX  10 mail
ns1      IN A   192.0.2.53
www      IN A   192.0.2.80
         IN AAAA 2001:db8::80
mail     IN A   192.0.2.25
alias    IN CNAME www
away     IN CNAME www.example.net.
lost     IN CNAME nowhere
loop1    IN CNAME loop2
loop2    IN CNAME loop1
deep.down IN A  192.0.2.99
*.wild   IN TXT \"anything\"
sub      IN NS  ns.sub
sub      IN NS  ns.elsewhere.test.
ns.sub   IN A   192.0.2.54";

    fn ask(text: &str, rtype: Rtype) -> Message {
        let zone = Zone::parse("example.com", EXAMPLE).unwrap();
        let question = Question { name: name(text).unwrap(), rtype };
        let mut reply = Message::query(1, question.clone(), false).reply(OptRcode::NOERROR);
        zone.answer(&question, &mut reply);
        reply
    }

    fn shown(records: &[Record]) -> Vec<String> {
        records
            .iter()
            .map(|record| format!("{} {} {}", record.owner(), record.ttl().as_secs(), record.data()))
            .collect()
    }

    #[test]
    fn a_name_in_the_zone_is_answered_with_authority_whatever_its_case() {
        let reply = ask("WWW.example.COM", Rtype::A);
        assert!(reply.authoritative && reply.rcode == OptRcode::NOERROR);
        assert_eq!(shown(&reply.answer), ["www.example.com 300 192.0.2.80"]);
    }

    #[test]
    fn an_alias_is_followed_inside_the_zone_and_not_beyond() {
        assert_eq!(
            shown(&ask("alias.example.com", Rtype::A).answer),
            ["alias.example.com 300 www.example.com.", "www.example.com 300 192.0.2.80"]
        );
        assert_eq!(shown(&ask("away.example.com", Rtype::A).answer), ["away.example.com 300 www.example.net."]);
        assert_eq!(ask("lost.example.com", Rtype::A).rcode, OptRcode::NXDOMAIN);
        assert_eq!(ask("alias.example.com", Rtype::CNAME).answer.len(), 1);
        assert!(ask("loop1.example.com", Rtype::A).answer.len() <= MAX_ALIASES);
    }

    //= rfc2308#2 test
    #[test]
    fn a_missing_name_and_a_missing_type_both_carry_the_soa() {
        let reply = ask("none.example.com", Rtype::A);
        assert_eq!(reply.rcode, OptRcode::NXDOMAIN);
        assert_eq!((reply.authority[0].rtype(), reply.authority[0].ttl().as_secs()), (Rtype::SOA, 60));
        let reply = ask("mail.example.com", Rtype::AAAA);
        assert!(reply.rcode == OptRcode::NOERROR && reply.answer.is_empty());
        assert_eq!(reply.authority[0].rtype(), Rtype::SOA);
        assert!(!reply.is_referral());
        // A name that only has names below it exists, too.
        assert_eq!(ask("down.example.com", Rtype::A).rcode, OptRcode::NOERROR);
    }

    #[test]
    fn a_delegated_name_is_referred_with_glue() {
        let reply = ask("host.sub.example.com", Rtype::A);
        assert!(reply.is_referral() && !reply.authoritative);
        assert_eq!(reply.authority.len(), 2);
        assert_eq!(shown(&reply.additional), ["ns.sub.example.com 300 192.0.2.54"]);
    }

    //= rfc4592#3.3.1 test
    #[test]
    fn a_wildcard_answers_for_names_that_do_not_exist() {
        assert_eq!(shown(&ask("a.b.wild.example.com", Rtype::TXT).answer), ["a.b.wild.example.com 300 \"anything\""]);
        assert_eq!(ask("a.wild.example.com", Rtype::A).rcode, OptRcode::NOERROR);
        assert_eq!(ask("wild.example.com", Rtype::TXT).answer.len(), 0);
    }

    #[test]
    fn the_addresses_of_named_hosts_come_along() {
        let reply = ask("example.com", Rtype::MX);
        assert_eq!(shown(&reply.additional), ["mail.example.com 300 192.0.2.25"]);
    }

    #[test]
    fn wrong_zones_are_refused_with_the_place() {
        let said = |text: &str| Zone::parse("example.com", text).unwrap_err().to_string();
        assert!(said("").contains("no SOA"), "{}", said(""));
        assert!(
            said("@ 60 IN SOA a b 1 2 3 4 5\nwww 60 IN A 300.1.1.1")
                .ends_with("just before line 3:1: expected IPv4 address")
        );
        assert!(said("@ 60 IN SOA a b 1 2 3 4 5\nx.test. 60 IN A 192.0.2.1").contains("outside"));
        assert!(said("@ 60 IN SOA a b 1 2 3 4 5\nx 60 IN A 192.0.2.1\nx 60 IN CNAME y").contains("CNAME"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[ -~\n\t]{0,200}", tail in "([a-z@*.$]{0,8}| |\n|IN|A|CNAME|\\(|\\)|\"|;|[0-9]{1,4}){0,60}") {
            let _ = Zone::parse("example.com", &text);
            let _ = Zone::parse("example.com", &format!("{EXAMPLE}\n{tail}"));
        }
    }
}
