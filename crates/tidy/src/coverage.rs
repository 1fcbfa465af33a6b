//! `docs/rfc/coverage.md`: which section of which RFC is obeyed where, and which test proves it. Made from citations.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::citations::citations;
use crate::requirements::{REQUIREMENTS, Requirement};
use crate::waived::{PARTLY, WAIVED};
use crate::{File, Problem, Rule, Source, Tree};

/// The committed page is the one that the citations make.
pub const RULE: Rule = Rule {
    asks: "docs/rfc/coverage.md lists exactly the citations in the code.",
    because: "it is the page that tells a reader how much of an RFC is there; a stale one lies",
    cure: "run `cargo run -p glassnet-tidy -- coverage` and commit what it writes \
           (a new RFC also wants its title in `TITLES` of crates/tidy/src/coverage.rs)",
    check,
};

/// Where the page lies.
pub const PAGE: &str = "docs/rfc/coverage.md";

/// One section: the files whose code cites it, and the tests that do.
#[derive(Default)]
pub(crate) struct Section {
    pub(crate) code: BTreeSet<String>,
    pub(crate) tests: BTreeSet<String>,
}

impl Section {
    /// The citation at `line` of a file.
    fn add(&mut self, file: &File, source: &Source, line: usize, test: bool) {
        if test {
            self.tests.insert(format!("`{}`", function_below(source, line).unwrap_or(&*file.path)));
        } else {
            self.code.insert(format!("[{}](../../{})", short_path(file), file.path));
        }
    }
}

/// The page as the tree's citations make it.
pub fn page(tree: &Tree) -> String {
    let mut rfcs: BTreeMap<u32, BTreeMap<SectionNumber, Section>> = BTreeMap::new();
    for (file, source) in tree.sources().filter(|(file, _)| file.krate().is_some_and(|krate| krate != "tidy")) {
        for (line, citation) in citations(file) {
            let Some(citation) = citation else { continue };
            let section = rfcs.entry(citation.rfc).or_default().entry(SectionNumber(citation.section)).or_default();
            section.add(file, source, line, citation.test);
        }
    }
    let mut text = String::from(HEAD);
    for (rfc, sections) in rfcs {
        let proven = sections.values().filter(|section| !section.tests.is_empty()).count();
        let title = title(rfc).map(|title| format!(": {title}")).unwrap_or_default();
        let _ =
            write!(text, "\n## RFC {rfc}{title}\n{} cited, {proven} with a test\n\n", count(sections.len(), "section"));
        text.push_str("| section | code | tests |\n|---|---|---|\n");
        for (number, section) in sections {
            let list = |places: BTreeSet<String>| places.into_iter().collect::<Vec<_>>().join(", ");
            let _ = writeln!(text, "| {} | {} | {} |", number.0, list(section.code), list(section.tests));
        }
    }
    text.push_str(&requirements_table(tree));
    text
}

/// Every MUST and SHOULD of RFC 9293: who obeys it, which test proves it, or why it is waived.
fn requirements_table(tree: &Tree) -> String {
    let traces = traces(tree);
    let mut text = String::from(REQUIREMENTS_HEAD);
    let (mut tested, mut implemented, mut waived) = (0, 0, 0);
    let mut rows = String::new();
    for Requirement { id, section, level, what } in REQUIREMENTS {
        let trace = traces.get(*id);
        let list = |places: Option<&BTreeSet<String>>| {
            places.map(|places| places.iter().cloned().collect::<Vec<_>>().join(", ")).unwrap_or_default()
        };
        let reason = WAIVED.iter().find(|(waived, _)| waived == id).map(|(_, reason)| *reason);
        let state = match (trace.is_some_and(|trace| !trace.tests.is_empty()), trace.is_some(), reason) {
            (true, ..) => (tested += 1, "tested").1,
            (false, true, _) => (implemented += 1, "implemented").1,
            (false, false, Some(_)) => (waived += 1, "waived").1,
            (false, false, None) => "missing",
        };
        let code = list(trace.map(|trace| &trace.code));
        let mut tests = reason.map_or_else(|| list(trace.map(|trace| &trace.tests)), str::to_owned);
        if let Some((_, rest)) = PARTLY.iter().find(|(partly, _)| partly == id) {
            tests = format!("{tests}; in part: {rest}");
        }
        let _ = writeln!(rows, "| {id} | {section} | {level} | {what} | {state} | {code} | {tests} |");
    }
    let all = REQUIREMENTS.len();
    let _ = write!(text, "{all} requirements: {tested} tested, {implemented} implemented, {waived} waived\n\n");
    text.push_str("| id | section | | what | state | code | tests, or the reason of the waiver |\n|---|---|---|---|---|---|---|\n");
    text.push_str(&rows);
    text
}

/// Where each requirement is cited.
pub(crate) fn traces(tree: &Tree) -> BTreeMap<String, Section> {
    let mut traces: BTreeMap<String, Section> = BTreeMap::new();
    for (file, source) in tree.sources().filter(|(file, _)| file.krate().is_some_and(|krate| krate != "tidy")) {
        for (line, citation) in citations(file) {
            for id in citation.iter().flat_map(|citation| &citation.ids) {
                let test = citation.as_ref().is_some_and(|citation| citation.test);
                traces.entry(id.clone()).or_default().add(file, source, line, test);
            }
        }
    }
    traces
}

const REQUIREMENTS_HEAD: &str = "
## The requirements of RFC 9293
Every MUST and SHOULD of its Appendix B by its number there: tested (cited above a test), implemented (cited above code alone),
or waived with the reason.

";

const HEAD: &str = "# What is obeyed where

Made by `cargo run -p glassnet-tidy -- coverage` from the citations in the code (`//= rfcN#SECTION`); do not edit it by hand.
A section without a test is cited in code alone; one without code is proven by tests of what the whole does.
";

fn check(tree: &Tree) -> Vec<Problem> {
    let committed = tree.file(PAGE).map_or("", |file| file.text.as_str());
    let right = page(tree);
    let mut problems = Vec::new();
    if committed != right {
        let same = committed.lines().zip(right.lines()).take_while(|(a, b)| a == b).count();
        problems.push(Problem::at(PAGE, same + 1, "is stale from here on"));
    }
    let cited: BTreeSet<u32> =
        tree.sources().flat_map(|(file, _)| citations(file)).filter_map(|(_, c)| Some(c?.rfc)).collect();
    let untitled = cited.into_iter().filter(|rfc| title(*rfc).is_none());
    problems.extend(untitled.map(|rfc| Problem::at(PAGE, 0, format!("RFC {rfc} has no title"))));
    problems
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// `stack/src/transport/tcp/rtt.rs` without what every path has.
fn short_path(file: &File) -> String {
    file.path.trim_start_matches("crates/").replacen("/src/", "/", 1)
}

/// The test that a citation stands above.
fn function_below(source: &Source, line: usize) -> Option<&str> {
    source.lines().skip(line).find_map(|(_, code)| {
        let rest = code.trim_start().strip_prefix("fn ").or_else(|| Some(code.split_once(" fn ")?.1))?;
        rest.split(['(', '<']).next()
    })
}

/// Ordered as a person counts: 3.9 before 3.10, and appendices last.
#[derive(PartialEq, Eq)]
struct SectionNumber(String);

impl SectionNumber {
    fn key(&self) -> impl Ord {
        let part = |part: &str| part.parse::<u32>().map_err(|_| part.to_string());
        self.0
            .split('.')
            .map(|text| part(text).map_or_else(|text| (1, 0, text), |n| (0, n, String::new())))
            .collect::<Vec<_>>()
    }
}

impl PartialOrd for SectionNumber {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SectionNumber {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

fn title(rfc: u32) -> Option<&'static str> {
    TITLES.iter().find(|(number, _)| *number == rfc).map(|(_, title)| *title)
}

/// Titles, some shortened.
const TITLES: &[(u32, &str)] = &[
    (768, "User Datagram Protocol"),
    (791, "Internet Protocol"),
    (792, "Internet Control Message Protocol"),
    (813, "Window and acknowledgement strategy in TCP"),
    (815, "IP datagram reassembly algorithms"),
    (826, "An Ethernet address resolution protocol"),
    (894, "IP datagrams over Ethernet networks"),
    (896, "Congestion control in IP/TCP internetworks"),
    (919, "Broadcasting Internet datagrams"),
    (922, "Broadcasting Internet datagrams in the presence of subnets"),
    (950, "Internet standard subnetting procedure"),
    (1027, "Proxy ARP"),
    (1034, "Domain names: concepts and facilities"),
    (1035, "Domain names: implementation and specification"),
    (1042, "IP datagrams over IEEE 802 networks"),
    (1046, "Queueing algorithm for type of service"),
    (1071, "Computing the Internet checksum"),
    (1112, "Host extensions for IP multicasting"),
    (1122, "Requirements for Internet hosts: communication layers"),
    (1123, "Requirements for Internet hosts: application and support"),
    (1191, "Path MTU discovery"),
    (1256, "ICMP router discovery messages"),
    (1337, "TIME-WAIT assassination hazards in TCP"),
    (1349, "Type of service in IP"),
    (1536, "Common DNS implementation errors"),
    (1542, "Clarifications and extensions for the Bootstrap Protocol"),
    (1624, "Computation of the Internet checksum via incremental update"),
    (1661, "The Point-to-Point Protocol"),
    (1812, "Requirements for IP version 4 routers"),
    (1858, "Security considerations for IP fragment filtering"),
    (1918, "Address allocation for private internets"),
    (1982, "Serial number arithmetic"),
    (2018, "TCP selective acknowledgment options"),
    (2104, "HMAC"),
    (2131, "Dynamic Host Configuration Protocol"),
    (2132, "DHCP options and BOOTP vendor extensions"),
    (2181, "Clarifications to the DNS specification"),
    (2308, "Negative caching of DNS queries"),
    (2317, "Classless IN-ADDR.ARPA delegation"),
    (2474, "The differentiated services field"),
    (2606, "Reserved top-level DNS names"),
    (2644, "Changing the default for directed broadcasts in routers"),
    (2675, "IPv6 jumbograms"),
    (2827, "Network ingress filtering"),
    (2845, "TSIG"),
    (2883, "D-SACK"),
    (3021, "31-bit prefixes on IPv4 point-to-point links"),
    (3042, "Limited transmit"),
    (3168, "Explicit congestion notification"),
    (3396, "Encoding long options in DHCPv4"),
    (3397, "DHCP domain search option"),
    (3465, "TCP congestion control with appropriate byte counting"),
    (3492, "Punycode"),
    (3522, "The Eifel detection algorithm for TCP"),
    (3542, "Advanced sockets API for IPv6"),
    (3596, "DNS extensions to support IPv6"),
    (3597, "Handling of unknown DNS resource record types"),
    (3927, "Dynamic configuration of IPv4 link-local addresses"),
    (3986, "Uniform Resource Identifier: generic syntax"),
    (4015, "The Eifel response algorithm for TCP"),
    (4034, "Resource records for DNSSEC"),
    (4291, "IP version 6 addressing architecture"),
    (4343, "DNS case insensitivity"),
    (4443, "ICMPv6"),
    (4592, "The role of wildcards in the DNS"),
    (4632, "Classless inter-domain routing"),
    (4821, "Packetization-layer path MTU discovery"),
    (4861, "Neighbor discovery for IPv6"),
    (4862, "IPv6 stateless address autoconfiguration"),
    (4884, "Extended ICMP to support multi-part messages"),
    (4987, "TCP SYN flooding attacks and common mitigations"),
    (5227, "IPv4 address conflict detection"),
    (5246, "TLS 1.2"),
    (5280, "Internet X.509 public key infrastructure"),
    (5452, "Making DNS more resilient against forged answers"),
    (5482, "TCP user timeout"),
    (5494, "IANA allocation guidelines for ARP"),
    (5681, "TCP congestion control"),
    (5682, "Forward RTO-recovery"),
    (5722, "Handling of overlapping IPv6 fragments"),
    (5737, "IPv4 address blocks for documentation"),
    (5905, "Network time protocol"),
    (5927, "ICMP attacks against TCP"),
    (5961, "Improving TCP's robustness to blind in-window attacks"),
    (6056, "Recommendations for transport-protocol port randomization"),
    (6066, "TLS extensions: definitions"),
    (6125, "Verification of service identity in TLS"),
    (6191, "Reducing the TIME-WAIT state using TCP timestamps"),
    (6265, "HTTP state management"),
    (6298, "Computing TCP's retransmission timer"),
    (6528, "Defending against sequence number attacks"),
    (6582, "The NewReno modification to TCP's fast recovery"),
    (6585, "Additional HTTP status codes"),
    (6604, "xNAME RCODE and status bits"),
    (6633, "Deprecation of ICMP source quench messages"),
    (6672, "DNAME redirection"),
    (6675, "Loss recovery based on selective acknowledgment for TCP"),
    (6691, "TCP options and maximum segment size"),
    (6724, "Default address selection for IPv6"),
    (6761, "Special-use domain names"),
    (6842, "Client identifier option in DHCP server replies"),
    (6864, "Updated specification of the IPv4 ID field"),
    (6890, "Special-purpose IP address registries"),
    (6891, "Extension mechanisms for DNS"),
    (6918, "Formally deprecating some ICMPv4 message types"),
    (6928, "Increasing TCP's initial window"),
    (6937, "Proportional rate reduction"),
    (6979, "Deterministic usage of DSA and ECDSA"),
    (7323, "TCP extensions for high performance"),
    (7413, "TCP fast open"),
    (7661, "Updating TCP to support rate-limited traffic"),
    (7748, "Elliptic curves for security"),
    (7766, "DNS transport over TCP"),
    (8020, "NXDOMAIN: there really is nothing underneath"),
    (8106, "IPv6 router advertisement options for DNS"),
    (8200, "Internet Protocol, version 6"),
    (8305, "Happy eyeballs"),
    (8446, "TLS 1.3"),
    (8499, "DNS terminology"),
    (8504, "IPv6 node requirements"),
    (8767, "Serving stale data"),
    (8981, "Temporary address extensions for IPv6"),
    (8985, "RACK-TLP loss detection"),
    (9110, "HTTP semantics"),
    (9111, "HTTP caching"),
    (9112, "HTTP/1.1"),
    (9156, "DNS query name minimisation"),
    (9293, "Transmission Control Protocol"),
    (9406, "HyStart++: modified slow start for TCP"),
    (9438, "CUBIC for fast and long-distance networks"),
    (9499, "DNS terminology"),
    (9525, "Service identity in TLS"),
    (9937, "Proportional rate reduction"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_lists_code_and_tests_in_the_order_of_the_rfc() {
        let text = "//! x\n//= rfc9293#3.10\nfn a() {}\n//= rfc9293#3.9\nfn b() {}\n#[cfg(test)]\nmod tests {\n    \
                    //= rfc9293#3.9 test\n    #[test]\n    fn b_works() {}\n}\n";
        let tree = Tree::of([("crates/stack/src/x.rs", text)]);
        let page = page(&tree);
        let table = "2 sections cited, 1 with a test\n\n| section | code | tests |\n|---|---|---|\n\
                     | 3.9 | [stack/x.rs](../../crates/stack/src/x.rs) | `b_works` |\n\
                     | 3.10 | [stack/x.rs](../../crates/stack/src/x.rs) |  |\n";
        assert!(page.contains(table), "{page}");
        let with = |page: &str| Tree::of([("crates/stack/src/x.rs", text), (PAGE, page)]);
        assert!(check(&with(&page)).is_empty() && check(&with("old")).len() == 1);
    }
}
