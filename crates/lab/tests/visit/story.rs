//! The story comes from the recording alone: change the world, and the story changes.

use base::Duration;
use glassnet_lab::Scenario;
use glassnet_lab::program::NameServer;
use glassnet_lab::scenario::Do;
use glassnet_lab::visit::Visit;
use glassnet_lab::worlds::internet::zones;

use crate::{PAGE, visit, visit_in};

#[test]
fn the_page_comes_with_all_that_it_needs() {
    let seen = visit(PAGE);
    assert!(seen.succeeded(), "{seen}");
    let page = seen.page();
    assert_eq!((page.status, page.title.as_str()), (200, "Example: a page that crossed a whole internet"));
    assert!(page.text.contains("It works") && page.text.contains("[three hosts and the wires between them]"));
    let urls: Vec<_> = seen.waterfall().requests.into_iter().map(|bar| (bar.url, bar.status)).collect();
    let wanted = ["/", "/style.css", "/logo.svg"].map(|path| format!("https://www.example.com{path}"));
    let all = [&wanted[0], &wanted[1], &"https://static.example.net/app.js".to_owned(), &wanted[2]];
    assert_eq!(urls, all.map(|url| (url.clone(), Some(200))));
}

#[test]
fn every_step_of_the_way_is_told_in_its_order() {
    let seen = visit("http://www.example.com/");
    let mut steps = seen.story().steps.into_iter();
    for (protocol, from, to, words) in [
        ("DHCP", "laptop", "everyone", "Discover"),
        ("DHCP", "home-router", "laptop", "Offer: 192.0.2.100"),
        ("DHCP", "laptop", "everyone", "Request"),
        ("DHCP", "home-router", "laptop", "Ack"),
        ("ARP", "laptop", "everyone", "Who has 192.0.2.1?"),
        ("DNS", "laptop", "resolver", "Where is www.example.com?"),
        ("DNS", "resolver", "root", "root knows who serves com"),
        ("DNS", "resolver", "tld", "tld knows who serves example.com"),
        ("DNS", "resolver", "ns-example", "203.0.113.80"),
        ("TCP", "laptop", "web-1", "Opens a connection to port 80"),
        ("HTTP", "laptop", "web-1", "GET / of www.example.com"),
        ("HTTP", "web-1", "laptop", "301 Moved Permanently: its place is https://www.example.com/ now"),
        ("TCP", "laptop", "web-1", "Opens a connection to port 443"),
        ("TLS", "laptop", "web-1", "handshake"),
        ("TLS", "laptop", "", "Checks the certificate of www.example.com"),
        ("HTTP", "web-1", "laptop", "200 OK"),
        ("DNS", "laptop", "resolver", "Where is static.example.net?"),
        ("TCP", "laptop", "web-2", "Opens a connection to port 443"),
        ("HTTP", "web-2", "laptop", "200 OK"),
        ("TCP", "laptop", "web-1", "Closes the connection"),
    ] {
        let found = steps.any(|step| {
            (step.protocol, step.from.as_str(), step.to.as_str()) == (protocol, from, to) && step.what.contains(words)
        });
        assert!(found, "{protocol} {from} {to} \"{words}\" is missing, or not in its place:\n{seen}");
    }
}

#[test]
fn every_connection_is_closed_at_the_end() {
    let seen = visit("http://www.example.com/");
    let count = |words: &str| seen.told("TCP").iter().filter(|line| line.contains(words)).count();
    assert_eq!((count("Opens a connection"), count("Closes the connection")), (4, 4), "{seen}");
}

#[test]
fn a_name_server_that_is_switched_off_is_asked_again_and_the_failure_explains() {
    let seen = visit_in(Visit::new(PAGE).scenario().at(Duration::ZERO, Do::Crash { node: "tld".into() }));
    seen.assert_told("DNS", &["resolver → tld", "Asked again: no answer came"]);
    seen.assert_told("ICMP", &["core-2 → resolver", "host unreachable"]);
    seen.assert_not_told("DNS", &["ns-example"]);
    let failure = seen.failure();
    assert_eq!(failure.step, "dns");
    assert_eq!(failure.party, "the DNS server 198.51.100.53");
    assert!(failure.said.contains("the name server of com, 203.0.113.20 did not answer"), "{failure:?}");
    assert!(failure.hint.contains("The resolver works, but a server further on does not."), "{failure:?}");
    assert!(!seen.0.is_as_expected() && seen.waterfall().requests[0].failed.is_some());
}

#[test]
fn a_name_server_that_is_silent_for_a_while_only_costs_time() {
    let silence = |loss| Do::lose("tld-cable", loss);
    let scenario = Visit::new(PAGE).scenario();
    let seen = visit_in(scenario.at(Duration::ZERO, silence(1.0)).at(Duration::from_secs(3), silence(0.0)));
    assert!(seen.succeeded(), "{seen}");
    assert_eq!(seen.page().hash, visit(PAGE).page().hash);
    seen.assert_told("DNS", &["resolver → tld", "Asked again"]);
    seen.assert_told("DNS", &["resolver → ns-example", "203.0.113.80"]);
    assert!(seen.waterfall().requests[0].parts.dns > Duration::from_secs(1));
}

#[test]
fn a_pulled_cable_is_seen_where_it_is_pulled() {
    let seen = visit_in(
        Visit::new(PAGE).scenario().at(Duration::ZERO, Do::SetLink { link: "laptop-cable".into(), up: false }),
    );
    let failure = seen.failure();
    assert_eq!((failure.step.as_str(), failure.said.as_str()), ("DHCP", "nothing: no lease was offered"));
}

#[test]
fn a_name_that_is_taken_out_of_the_zone_is_gone() {
    let zone = zones::EXAMPLE_COM.replace("www          300 IN CNAME example.com.\n", "");
    assert_ne!(zone, zones::EXAMPLE_COM);
    let seen = visit_in(with_zones(Visit::new(PAGE).scenario(), &zone, zones::EXAMPLE_NET));
    seen.assert_told("DNS", &["resolver → ns-example", "no such name"]);
    assert_eq!(seen.failure().said, "there is no name www.example.com");
}

#[test]
fn a_name_that_is_added_to_the_zone_is_found() {
    let zone = format!("{}nosuch 300 IN A 203.0.113.40\n", zones::EXAMPLE_COM);
    let seen = visit_in(with_zones(Visit::new("http://nosuch.example.com/").scenario(), &zone, zones::EXAMPLE_NET));
    seen.assert_told("DNS", &["nosuch.example.com", "203.0.113.40"]);
    assert_eq!(seen.failure().step, "tcp", "the name is there, a web server is not:\n{seen}");
}

#[test]
fn two_servers_that_swap_places_are_found_by_their_edited_zones() {
    let (com, net) = (zones::EXAMPLE_COM, zones::EXAMPLE_NET);
    let com = com.replace("203.0.113.81", "elsewhere").replace("203.0.113.80", "203.0.113.81");
    let com = com.replace("elsewhere", "203.0.113.80");
    let net = net.replace("203.0.113.81", "203.0.113.80");
    let mut scenario = with_zones(Visit::new(PAGE).scenario(), &com, &net);
    let [one, two] = ["web-1", "web-2"].map(|name| scenario.node_mut(name).expect("it is there").programs.clone());
    scenario.node_mut("web-1").expect("it is there").programs = two;
    scenario.node_mut("web-2").expect("it is there").programs = one;
    let seen = visit_in(scenario);
    assert!(seen.succeeded(), "{seen}");
    assert_eq!(seen.page(), visit(PAGE).page());
    seen.assert_told("HTTP", &["laptop → web-2: GET / of www.example.com"]);
    seen.assert_told("HTTP", &["laptop → web-1: GET /app.js of static.example.net"]);
    seen.assert_not_told("HTTP", &["laptop → web-1: GET / of"]);
}

/// The same world, with other zones for example.com and example.net.
fn with_zones(mut scenario: Scenario, com: &str, net: &str) -> Scenario {
    let server = NameServer::new(&[("example.com.", com), ("example.net.", net)]);
    let node = scenario.node_mut("ns-example").expect("it is there");
    node.programs.clear();
    *node = node.clone().run(server);
    scenario
}
