//! Names: zones made of a file, resolvers, truncation, questions over TCP.

use super::{run, text};

fn world(lookup: &str) -> String {
    format!(
        r#"
name = "names"
[node.client]
resolvers = ["10.0.1.2"]
[[node.client.run]]
program = "lookup"
{lookup}
[node.server]
names = ["www.example.com"]
address = "10.0.1.2/24"
[[node.server.run]]
program = "dns"
answers = {{ "small.example.com" = 512, "big.example.com" = 513, "huge.example.com" = 1221, "over.example.com" = 1222 }}
[[link]]
endpoints = ["client:eth0", "server:eth0"]
"#
    )
}

fn answers(name: &str, more: &str) -> Vec<(String, u64, u64)> {
    let facts = run(&world(&format!("name = \"{name}\"\ntype = \"TXT\"\n{more}")));
    assert_eq!(text(facts.one("lookup.done"), "rcode"), "NOERROR");
    let fact = |fact: &&base::event::AppFact| {
        (text(fact, "transport"), fact.number("bytes").unwrap(), fact.number("truncated").unwrap())
    };
    facts.of("dns.answer").iter().map(fact).collect()
}

//= rfc1035#4.2.1 test
#[test]
fn an_answer_of_512_bytes_passes_over_udp_and_one_of_513_comes_by_tcp() {
    assert_eq!(answers("small.example.com", "edns = 0"), [("udp".into(), 512, 0)]);
    let [cut, whole] = &answers("big.example.com", "edns = 0")[..] else { panic!() };
    assert_eq!((cut.0.as_str(), cut.2, cut.1 < 512), ("udp", 1, true));
    assert_eq!(*whole, ("tcp".into(), 513, 0));
}

//= rfc6891#6.2.3 test
#[test]
fn with_edns_an_answer_of_1232_bytes_passes_over_udp() {
    // The OPT record adds 11 bytes.
    assert_eq!(answers("big.example.com", ""), [("udp".into(), 524, 0)]);
    assert_eq!(answers("huge.example.com", "edns = 1232"), [("udp".into(), 1232, 0)]);
    assert_eq!(answers("over.example.com", "edns = 1232").len(), 2);
    assert_eq!(answers("big.example.com", "edns = 0\ntransport = \"tcp\""), [("tcp".into(), 513, 0)]);
}

#[test]
fn a_name_server_without_zones_knows_all_names_of_the_file() {
    let facts = run(&world("name = \"www.example.com\""));
    let answer = facts.one("dns.answer");
    assert_eq!((text(answer, "address"), text(answer, "rcode")), ("10.0.1.2".into(), "NOERROR".into()));
    let facts = run(&world("name = \"none.example.com\""));
    assert_eq!(text(facts.one("lookup.done"), "rcode"), "NXDOMAIN");
}

#[test]
fn a_resolver_begins_with_the_nodes_that_serve_zones_and_remembers() {
    let file = r#"
name = "resolver"
[node.client]
resolvers = ["10.0.1.2"]
[[node.client.run]]
program = "lookup"
name = "www.example.com"
count = 2
[node.resolver]
address = { eth0 = "10.0.1.2/24" }
serve = ["resolver"]
[node.root]
names = ["ns.root"]
[[node.root.run]]
program = "dns"
zones = { "." = """
$TTL 600
@ IN SOA ns.root. admin.root. ( 1 7200 900 1209600 60 )
@ IN NS ns.root.
ns.root. IN A 10.0.2.2
com. IN NS ns.com.
ns.com. IN A 10.0.3.2
""" }
[node.com]
[[node.com.run]]
program = "dns"
zones = { "com" = """
$TTL 600
@ IN SOA ns admin ( 1 7200 900 1209600 60 )
@ IN NS ns
ns IN A 10.0.3.2
www.example IN A 192.0.2.80
""" }
[[link]]
endpoints = ["client:eth0", "resolver:eth0"]
[[link]]
endpoints = ["resolver:eth1", "root:eth0"]
[[link]]
endpoints = ["resolver:eth2", "com:eth0"]
"#;
    let facts = run(file);
    assert_eq!(facts.texts("dns.answer", "address").iter().filter(|found| *found == "192.0.2.80").count(), 2);
    let times: Vec<_> = facts.of("lookup.done").into_iter().map(|fact| super::span(fact, "time")).collect();
    assert!(times[1] < times[0], "{times:?}");
}
