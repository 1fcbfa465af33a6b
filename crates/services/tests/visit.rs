//! Stories of visits: a laptop that gets its address, then a page.

mod town;

use base::Duration;
use glassnet_services::browser::Step;
use sim::rule::{Blackout, Loss};
use town::*;

#[test]
fn a_page_and_all_it_needs_come_from_two_servers() {
    let mut town = Town::new(1);
    let visit = town.visit("http://www.example.com");
    assert_eq!(visit.failure, None, "{}", town.seen.text());
    let page = visit.page.unwrap();
    assert_eq!((page.status, page.title.as_str(), visit.url.as_str()), (200, "Example", "https://www.example.com/"));
    assert_eq!(page.text, "# Hello\n\nA page with [more].\n\n[Logo]\n");
    let fetched: Vec<_> = visit.resources.iter().map(|one| (one.url.as_str(), one.status, one.len)).collect();
    assert_eq!(
        fetched,
        [
            ("https://www.example.com/style.css", Some(200), 35),
            ("https://static.example.com/app.js", Some(200), 1),
            ("https://www.example.com/logo.svg", Some(200), 6),
            ("https://www.example.com/back.png", Some(200), 5000),
        ]
    );
}

#[test]
fn each_step_of_a_visit_is_recorded_with_its_request() {
    let mut town = Town::new(1);
    town.visit("http://www.example.com");
    let steps = town.seen.steps(town.laptop);
    let begin = [
        "dhcp discover",
        "dhcp request",
        "dhcp bound",
        "visit start",
        "visit request",
        "dns lookup",
        "dns answer",
        "tcp connect",
        "tcp connected",
        "http request",
        "http first-byte",
        "http response",
        "visit redirect",
        "visit request",
        "tcp connect",
        "tcp connected",
        "tls start",
        "tls done",
        "http request",
        "http first-byte",
        "http response",
        "visit resources",
    ];
    assert_eq!(steps[..begin.len()], begin, "{}", town.seen.text());
    assert_eq!(steps.iter().filter(|step| *step == "visit reused-connection").count(), 2);
    assert_eq!(
        steps.iter().filter(|step| *step == "tcp connected").count(),
        steps.iter().filter(|step| *step == "tcp closed").count()
    );
    let facts = town.seen.facts(town.laptop);
    let done = facts.iter().find(|fact| fact.protocol == "tls" && fact.step == "done").unwrap();
    assert_eq!(done.text("version"), Some("TLSv1.3"));
    assert_eq!(done.text("issuer"), Some("Glassnet Intermediate CA"));
    assert_eq!(done.text("subject"), Some("www.example.com"));
    assert_eq!(done.text("not_after"), Some("2028-01-15 08:00:00 UTC"));
    assert!(town.seen.secrets().iter().any(|line| line.starts_with("CLIENT_HANDSHAKE_TRAFFIC_SECRET ")));
    // The walk of the resolver: root, com, example.com; once more for the other host, from the cache downwards.
    let asked: Vec<_> = town
        .seen
        .facts(town.resolver)
        .iter()
        .filter(|fact| fact.step == "query-out")
        .map(|fact| fact.get("server").unwrap().to_string())
        .collect();
    assert_eq!(asked, ["192.0.2.11", "192.0.2.12", "192.0.2.13", "192.0.2.13"]);
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let run = |seed| {
        let mut town = Town::new(seed);
        town.visit("http://www.example.com");
        (town.seen.frames_hash(), town.seen.secrets(), town.seen.text())
    };
    let first = run(7);
    assert_eq!(first, run(7));
    assert_ne!(first.0, run(8).0);
}

#[test]
fn a_fifth_of_all_packets_lost_each_way_changes_nothing_but_the_time() {
    let mut hashes = Vec::new();
    for seed in 0..12 {
        let mut town = Town::new(seed);
        if seed > 0 {
            town.world.rule(town.laptop_cable, Box::new(Loss(0.2)));
        }
        let visit = town.visit("http://www.example.com");
        assert_eq!(visit.failure, None, "seed {seed}\n{}", town.seen.text());
        hashes.push((visit.page.unwrap().text_hash, visit.resources));
    }
    hashes.dedup();
    assert_eq!(hashes.len(), 1);
}

#[test]
fn every_failure_says_who_said_what_at_which_step() {
    for (url, step, party, said) in [
        ("http://", Step::Url, "your own browser", "names no host"),
        ("https://none.example.com/", Step::Dns, "the DNS server 192.0.2.53", "there is no name none.example.com"),
        ("https://www.lame.com/", Step::Dns, "the DNS server 192.0.2.53", "192.0.2.13 answered REFUSED"),
        ("http://www.example.com:81/", Step::Tcp, "the host www.example.com (192.0.2.80)", "nobody listens on port 81"),
        ("http://down.example.com/", Step::Tcp, "down.example.com (192.0.2.99)", ""),
        ("https://expired.example.com/", Step::Tls, "your own trust check", "ended on 2027-01-14 08:00:00 UTC"),
        (
            "https://wrong.example.com/",
            Step::Tls,
            "your own trust check",
            "is for www.example.com, 192.0.2.80, not for wrong",
        ),
        ("https://unknown.example.com/", Step::Tls, "your own trust check", "an authority that you do not trust"),
        ("https://www.example.com/none", Step::Http, "the web server www.example.com", "404 Not Found"),
        ("https://www.example.com/busy", Step::Http, "the web server www.example.com", "503 Service Unavailable"),
        ("https://www.example.com/loop", Step::Redirect, "the web server www.example.com", "in a circle"),
        ("https://www.example.com/away", Step::Redirect, "the web server www.example.com", "only http"),
    ] {
        let mut town = Town::new(1);
        let visit = town.visit(url);
        let failure = visit.failure.unwrap_or_else(|| panic!("{url} did not fail"));
        assert_eq!(failure.step, step, "{url}: {failure}");
        assert!(failure.party.contains(party) && failure.said.contains(said), "{url}: {failure}");
        assert!(failure.advice.ends_with('.') && !failure.said.ends_with('.'), "{url}: {failure}");
        let facts = town.seen.facts(town.laptop);
        let failed = facts.iter().find(|fact| fact.protocol == "visit" && fact.step == "failed").unwrap();
        assert_eq!(failed.text("said"), Some(failure.said.as_str()));
    }
}

#[test]
fn a_silent_server_of_a_zone_is_named_in_the_failure() {
    let mut town = Town::new(1);
    town.world.power_off(town.tld);
    let failure = town.visit("https://www.example.com/").failure.unwrap();
    assert_eq!((failure.step, failure.party.as_str()), (Step::Dns, "the DNS server 192.0.2.53"));
    assert!(failure.said.contains("the name server of com, 192.0.2.12 did not answer"), "{failure}");
}

#[test]
fn a_silent_resolver_is_asked_ten_times() {
    let mut town = Town::new(1);
    town.world.power_off(town.resolver);
    let failure = town.visit("https://www.example.com/").failure.unwrap();
    assert_eq!((failure.step, failure.party.as_str()), (Step::Dns, "the DNS server 192.0.2.53"));
    assert!(failure.said.contains("asked 10 times"), "{failure}");
}

#[test]
fn a_page_by_address_needs_no_name_and_is_trusted_by_address() {
    let mut town = Town::new(1);
    let visit = town.visit("https://192.0.2.80/");
    // The certificate is right; the server has no site for that host.
    assert_eq!(visit.page.unwrap().status, 421);
    assert!(!town.seen.steps(town.laptop).contains(&"dns lookup".to_owned()));
}

#[test]
fn a_large_answer_arrives_whole() {
    let mut town = Town::new(1);
    let visit = town.visit("https://www.example.com/big");
    assert_eq!(visit.failure, None);
    assert_eq!(visit.page.unwrap().len, 3_000_000);
}

#[test]
fn a_server_that_closes_after_its_answer_is_closed_too() {
    let mut town = Town::new(1);
    assert_eq!(town.visit("https://www.example.com/close").page.unwrap().text, "bye\n");
    assert!(town.seen.steps(town.laptop).contains(&"tcp closed".to_owned()));
}

#[test]
fn an_hour_without_a_network_ends_in_a_failure_not_in_a_hang() {
    let mut town = Town::new(1);
    town.on_laptop(|_| async {});
    let from = town.world.now();
    let until = from + Duration::from_secs(3600);
    town.world.rule(town.laptop_cable, Box::new(Blackout { from, until }));
    assert!(town.visit("https://www.example.com/").failure.is_some());
}
