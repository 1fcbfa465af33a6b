//! What a resolver remembers: record sets until their TTL ends (RFC 1035 section 7.4), and that something does not exist
//! (RFC 2308).

use std::collections::BTreeMap;

use base::{Duration, Instant};
use domain::base::Ttl;

use super::message::{Data, Name, Question, Record, Rtype};

/// How far what was heard can be believed (RFC 2181, section 5.4.1): better knowledge is not replaced by worse.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Credibility {
    /// From a referral: its name servers and their glue.
    Referral,
    /// The answer of a server that speaks for the zone.
    Answer,
}

/// What is remembered of a question.
#[derive(Clone, PartialEq, Debug)]
pub enum Known {
    /// These records, their TTLs counted down.
    Records(Vec<Record>),
    /// The name exists, without such records; the zone's SOA says so.
    NoData(Option<Record>),
    /// The name does not exist; the zone's SOA says so.
    NoName(Option<Record>),
}

#[derive(Clone, Debug)]
struct Entry {
    known: Known,
    credibility: Credibility,
    stored: Instant,
    expires: Instant,
}

/// A cache with a limit.
#[derive(Clone, Debug)]
pub struct Cache {
    entries: BTreeMap<Question, Entry>,
    limit: usize,
}

impl Default for Cache {
    fn default() -> Self {
        Cache::new(MAX_ENTRIES)
    }
}

impl Cache {
    /// An empty cache for so many record sets.
    pub fn new(limit: usize) -> Cache {
        Cache { entries: BTreeMap::new(), limit: limit.max(1) }
    }

    /// Stores records, one set per name and type.
    pub fn on_records(&mut self, now: Instant, credibility: Credibility, records: &[Record]) {
        let mut sets: BTreeMap<Question, Vec<Record>> = BTreeMap::new();
        for record in records {
            let key = Question { name: record.owner().clone(), rtype: record.rtype() };
            sets.entry(key).or_default().push(record.clone());
        }
        for (key, set) in sets {
            //= rfc2181#5.2
            let ttl = set.iter().map(|record| record.ttl().as_secs()).min().unwrap_or(0).min(MAX_TTL_SECS);
            self.insert(now, key, Known::Records(set), credibility, ttl);
        }
    }

    //= rfc2308#5
    /// Stores that a name, or records of a type, do not exist. Without an SOA this is not remembered.
    pub fn on_nothing(&mut self, now: Instant, question: &Question, name_exists: bool, soa: Option<&Record>) {
        let Some(soa) = soa else { return };
        let Data::Soa(data) = soa.data() else { return };
        let ttl = soa.ttl().as_secs().min(data.minimum().as_secs()).min(MAX_NEGATIVE_SECS);
        let (rtype, known) = match name_exists {
            true => (question.rtype, Known::NoData(Some(soa.clone()))),
            false => (Rtype::ANY, Known::NoName(Some(soa.clone()))),
        };
        let key = Question { name: question.name.clone(), rtype };
        self.insert(now, key, known, Credibility::Answer, ttl);
    }

    fn insert(&mut self, now: Instant, key: Question, known: Known, credibility: Credibility, ttl: u32) {
        let better = |old: &Entry| old.expires > now && old.credibility > credibility;
        // A referral is remembered at least for the walk that needs it.
        let ttl = if credibility == Credibility::Referral { ttl.max(1) } else { ttl };
        if ttl == 0 || self.entries.get(&key).is_some_and(better) {
            return;
        }
        if self.entries.len() >= self.limit && !self.entries.contains_key(&key) {
            self.make_room(now);
        }
        let expires = now + Duration::from_secs(u64::from(ttl));
        self.entries.insert(key, Entry { known, credibility, stored: now, expires });
    }

    fn make_room(&mut self, now: Instant) {
        self.entries.retain(|_, entry| entry.expires > now);
        if self.entries.len() >= self.limit {
            let soonest = self.entries.iter().min_by_key(|(_, entry)| entry.expires).map(|(key, _)| key.clone());
            soonest.and_then(|key| self.entries.remove(&key));
        }
    }

    /// What is known about a question now.
    pub fn lookup(&self, now: Instant, question: &Question) -> Option<Known> {
        let missing = Question { name: question.name.clone(), rtype: Rtype::ANY };
        let valid = |key: &Question| self.entries.get(key).filter(|entry| entry.expires > now);
        let entry = valid(question).or_else(|| valid(&missing))?;
        let age = u32::try_from((now - entry.stored).nanos() / 1_000_000_000).unwrap_or(u32::MAX);
        let aged = |record: &Record| {
            let mut record = record.clone();
            record.set_ttl(Ttl::from_secs(record.ttl().as_secs().saturating_sub(age)));
            record
        };
        Some(match &entry.known {
            Known::Records(records) => Known::Records(records.iter().map(aged).collect()),
            Known::NoData(soa) => Known::NoData(soa.as_ref().map(aged)),
            Known::NoName(soa) => Known::NoName(soa.as_ref().map(aged)),
        })
    }

    /// The deepest zone at or above `name` whose name servers are known: the zone and their names.
    pub fn closest_servers(&self, now: Instant, name: &Name) -> Option<(Name, Vec<Name>)> {
        name.iter_suffixes().find_map(|zone| {
            let question = Question { name: zone.clone(), rtype: Rtype::NS };
            let Known::Records(records) = self.lookup(now, &question)? else { return None };
            let hosts: Vec<Name> = records
                .iter()
                .filter_map(|record| match record.data() {
                    Data::Ns(data) => Some(data.nsdname().clone()),
                    _ => None,
                })
                .collect();
            (!hosts.is_empty()).then_some((zone, hosts))
        })
    }

    /// How many record sets it holds, expired ones included.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// Record sets, at most, unless told otherwise.
const MAX_ENTRIES: usize = 10_000;
/// One day: longer TTLs are cut.
const MAX_TTL_SECS: u32 = 86_400;
/// Three hours (RFC 2308, section 5).
const MAX_NEGATIVE_SECS: u32 = 10_800;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::message::name;
    use domain::base::Serial;
    use domain::base::iana::Class;
    use domain::rdata::{A, Ns, Soa};

    fn at(seconds: u64) -> Instant {
        Instant::ZERO + Duration::from_secs(seconds)
    }

    fn question(owner: &str, rtype: Rtype) -> Question {
        Question { name: name(owner).unwrap(), rtype }
    }

    fn record(owner: &str, ttl: u32, data: Data) -> Record {
        Record::new(name(owner).unwrap(), Class::IN, Ttl::from_secs(ttl), data)
    }

    fn address(owner: &str, ttl: u32, last: u8) -> Record {
        record(owner, ttl, Data::A(A::from_octets(192, 0, 2, last)))
    }

    fn soa(ttl: u32, minimum: u32) -> Record {
        let (server, admin) = (name("ns.test").unwrap(), name("admin.test").unwrap());
        let seconds = Ttl::from_secs;
        let data = Soa::new(server, admin, Serial(1), seconds(1), seconds(1), seconds(1), seconds(minimum));
        record("test", ttl, Data::Soa(data))
    }

    #[test]
    fn records_age_and_vanish_at_the_end_of_their_ttl() {
        let mut cache = Cache::default();
        cache.on_records(at(10), Credibility::Answer, &[address("a.test", 100, 1), address("a.test", 90, 2)]);
        let Some(Known::Records(records)) = cache.lookup(at(40), &question("A.TEST", Rtype::A)) else { panic!() };
        assert_eq!(records.iter().map(|record| record.ttl().as_secs()).collect::<Vec<_>>(), [70, 60]);
        assert!(cache.lookup(at(100), &question("a.test", Rtype::A)).is_none());
        assert!(cache.lookup(at(40), &question("a.test", Rtype::AAAA)).is_none());
    }

    //= rfc2308#5 test
    #[test]
    fn what_does_not_exist_is_remembered_for_the_smaller_of_two_times() {
        let mut cache = Cache::default();
        cache.on_nothing(at(0), &question("no.test", Rtype::A), false, Some(&soa(300, 60)));
        cache.on_nothing(at(0), &question("empty.test", Rtype::AAAA), true, Some(&soa(30, 60)));
        assert!(matches!(cache.lookup(at(59), &question("no.test", Rtype::TXT)), Some(Known::NoName(Some(_)))));
        assert!(cache.lookup(at(60), &question("no.test", Rtype::A)).is_none());
        assert!(matches!(cache.lookup(at(29), &question("empty.test", Rtype::AAAA)), Some(Known::NoData(_))));
        assert!(cache.lookup(at(29), &question("empty.test", Rtype::A)).is_none());
        cache.on_nothing(at(0), &question("other.test", Rtype::A), false, None);
        assert!(cache.lookup(at(0), &question("other.test", Rtype::A)).is_none());
    }

    //= rfc2181#5.4.1 test
    #[test]
    fn glue_does_not_replace_an_answer() {
        let mut cache = Cache::default();
        cache.on_records(at(0), Credibility::Answer, &[address("ns.test", 100, 1)]);
        cache.on_records(at(1), Credibility::Referral, &[address("ns.test", 100, 66)]);
        let Some(Known::Records(records)) = cache.lookup(at(1), &question("ns.test", Rtype::A)) else { panic!() };
        assert_eq!(records[0].data().to_string(), "192.0.2.1");
        cache.on_records(at(100), Credibility::Referral, &[address("ns.test", 100, 66)]);
        let Some(Known::Records(records)) = cache.lookup(at(100), &question("ns.test", Rtype::A)) else { panic!() };
        assert_eq!(records[0].data().to_string(), "192.0.2.66");
    }

    #[test]
    fn the_closest_known_zone_is_asked_first() {
        let mut cache = Cache::default();
        let ns = |zone: &str, host: &str| record(zone, 100, Data::Ns(Ns::new(name(host).unwrap())));
        cache.on_records(at(0), Credibility::Referral, &[ns("com", "a.com"), ns("example.com", "ns.example.com")]);
        let found = |text: &str| cache.closest_servers(at(1), &name(text).unwrap()).map(|(zone, _)| zone.to_string());
        assert_eq!(found("www.example.com").as_deref(), Some("example.com"));
        assert_eq!(found("other.com").as_deref(), Some("com"));
        assert_eq!(found("net"), None);
    }

    #[test]
    fn a_full_cache_forgets_what_would_end_first() {
        let mut cache = Cache::new(2);
        for (owner, ttl) in [("a.test", 50), ("b.test", 10), ("c.test", 40)] {
            cache.on_records(at(0), Credibility::Answer, &[address(owner, ttl, 1)]);
        }
        assert_eq!(cache.len(), 2);
        assert!(cache.lookup(at(0), &question("b.test", Rtype::A)).is_none());
    }
}
