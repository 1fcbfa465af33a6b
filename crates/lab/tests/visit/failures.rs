//! Every failure names the step, who said what, and what to try.

use glassnet_lab::visit::{Failure, Visit};
use scope::Story;

use crate::{visit, visit_in};

#[track_caller]
fn assert_explained(url: &str, [step, party, said, hint]: [&str; 4]) {
    let seen = visit(url);
    assert!(!seen.succeeded(), "{seen}");
    let wanted = Failure { step: step.into(), party: party.into(), said: said.into(), hint: hint.into() };
    assert_eq!(seen.failure(), wanted, "\n{seen}");
    let told = Story::of(&seen.0.recording).failure.unwrap_or_else(|| panic!("the story does not know of it:\n{seen}"));
    let told = Failure { step: told.step, party: told.party, said: told.said, hint: told.advice };
    assert_eq!(told, wanted, "the story tells it otherwise");
}

#[test]
fn a_name_that_does_not_exist() {
    assert_explained(
        "https://nosuch.example.com/",
        [
            "dns",
            "the DNS server 198.51.100.53",
            "there is no name nosuch.example.com",
            "Check the spelling of nosuch.example.com. If it is right, its owner has to add it to the zone.",
        ],
    );
}

#[test]
fn a_closed_port() {
    assert_explained(
        "http://closed.example.com/",
        [
            "tcp",
            "the host closed.example.com (203.0.113.40)",
            "connection refused, nobody listens on port 80",
            "The host is up. Start the web server there, or try another port than 80.",
        ],
    );
}

#[test]
fn a_server_that_is_down() {
    assert_explained(
        "https://down.example.com/",
        [
            "tcp",
            "the host down.example.com (203.0.113.82)",
            "nothing, it did not answer 3 connection attempts in 60.000 s",
            "The server may be down, or packets to it are lost on the way. Ping 203.0.113.82, or try again later.",
        ],
    );
}

#[test]
fn an_expired_certificate() {
    assert_explained(
        "https://expired.example.com/",
        [
            "tls",
            "your own trust check",
            "the server's certificate ended on 2025-12-31 00:00:00 UTC, and it is 2026-01-01 00:00:00 UTC now",
            "The operator of expired.example.com has to install a new certificate. If your own clock is wrong, set it.",
        ],
    );
}

#[test]
fn a_certificate_for_another_name() {
    assert_explained(
        "https://wrong-name.example.com/",
        [
            "tls",
            "your own trust check",
            "the server's certificate is for static.example.net, not for wrong-name.example.com",
            "Check the name wrong-name.example.com. If it is right, somebody else answered, or its operator has to get a \
             certificate for it. Send nothing secret.",
        ],
    );
}

#[test]
fn an_authority_that_nobody_knows() {
    assert_explained(
        "https://unknown-ca.example.com/",
        [
            "tls",
            "your own trust check",
            "the server's certificate was signed by an authority that you do not trust",
            "Somebody may be in the middle: send nothing secret. If you know the authority, add its root certificate to \
             those that you trust.",
        ],
    );
}

#[test]
fn a_page_that_is_not_there() {
    assert_explained(
        "https://www.example.com/missing",
        [
            "http",
            "the web server www.example.com",
            "404 Not Found",
            "The server is there, the page is not. Check the path /missing.",
        ],
    );
    assert_eq!(visit("https://www.example.com/missing").page().status, 404, "what the server showed is shown");
}

#[test]
fn a_server_that_is_overloaded() {
    assert_explained(
        "https://busy.example.com/",
        [
            "http",
            "the web server busy.example.com",
            "503 Service Unavailable",
            "The server is overloaded or being repaired. Try again later.",
        ],
    );
}

#[test]
fn redirects_in_a_circle() {
    assert_explained(
        "https://www.example.com/loop",
        [
            "redirect",
            "the web server www.example.com",
            "it redirected 11 times, in a circle, the last time to https://www.example.com/loop",
            "The site's operator has to end the redirects. Try another page of it.",
        ],
    );
}

#[test]
fn what_is_no_url() {
    for (url, why) in [
        ("ftp://www.example.com/", "only http:// and https:// can be visited"),
        ("mailto:somebody@example.com", "only http:// and https:// can be visited"),
        ("https://", "it names no host"),
        ("https://www.example.com:99999/", "its port is not a number from 1 to 65535"),
    ] {
        let said = format!("'{url}' is not a usable URL: {why}");
        let hint = "Write it like https://www.example.com/page: a scheme, a host, a path.";
        assert_explained(url, ["url", "your own browser", &said, hint]);
        assert_eq!(Visit::new(url).check_url().map_err(|error| error.to_string()), Err(said));
    }
    assert_eq!(Visit::new("www.example.com").check_url(), Ok(()));
}

#[test]
fn a_line_that_loses_everything() {
    let seen = visit_in(Visit { loss: 1.0, ..Visit::new("https://www.example.com/") }.scenario());
    let failure = seen.failure();
    assert_eq!((failure.step.as_str(), failure.party.as_str()), ("dns", "the DNS server 198.51.100.53"));
    assert!(failure.said.contains("10") && failure.hint.contains("ping"), "{failure:?}");
    seen.assert_told("DNS", &["laptop → resolver", "lost on the line"]);
}
