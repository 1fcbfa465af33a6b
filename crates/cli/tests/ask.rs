//! `ping`, `traceroute`, `dig` and `fetch`: questions from a host of a world.

mod common;

use common::{folder, glassnet, text};

#[test]
fn ping_tells_each_round_trip_and_the_sum_of_them() {
    let run = glassnet(&["ping", "www.example.com", "-c", "3"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.out.starts_with("ping 203.0.113.80 (web-1) from 192.0.2.100 (laptop): 56 bytes"), "{}", run.out);
    assert!(run.out.contains("   3  56 bytes, ttl 60, 34."), "{}", run.out);
    assert!(run.out.contains("3 sent, 3 answered, 0 % lost; round trip"), "{}", run.out);
    assert_eq!(run.out, glassnet(&["ping", "www.example.com", "-c", "3"]).out, "the same seed, the same times");
}

#[test]
fn a_host_that_is_down_does_not_answer() {
    let run = glassnet(&["ping", "web-3", "-c", "2", "--json"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    let all: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((&all["sent"], &all["answered"]), (&2.into(), &0.into()));
}

#[test]
fn traceroute_names_every_router_on_the_way() {
    for more in [&[][..], &["-I"]] {
        let run = glassnet(&[&["traceroute", "www.example.com"], more].concat());
        assert_eq!(run.code, Some(0), "{run:?}");
        let routers = ["home-router", "access", "core-1", "core-2", "web-1"];
        let lines: Vec<&str> = run.out.lines().skip(1).collect();
        assert_eq!(lines.len(), routers.len(), "{}", run.out);
        for (line, router) in lines.iter().zip(routers) {
            assert!(line.contains(&format!("({router})")), "{line}");
            assert_eq!(line.matches(" ms").count(), 3, "{line}");
        }
    }
}

#[test]
fn dig_shows_the_records_and_how_they_came() {
    let run = glassnet(&["dig", "www.example.com"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.out.contains("asked 198.51.100.53 (resolver), EDNS 1232 bytes"), "{}", run.out);
    assert!(run.out.contains("203.0.113.80"), "{}", run.out);
    let run = glassnet(&["dig", "example.com", "NS", "@root", "--no-recurse", "--tcp", "--json"]);
    let all: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((all["answers"][0]["transport"].as_str(), all["rcode"].as_str()), (Some("TCP"), Some("NOERROR")));
    assert!(all["authority"][0]["type"] == "NS", "{all}");
}

#[test]
fn fetch_writes_what_the_server_sends() {
    let file = folder("fetch").join("page.html");
    let run = glassnet(&["fetch", common::PAGE, "-v", "-o", text(&file)]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.err.contains("200 https://www.example.com/") && run.err.contains("server: glassnet"), "{}", run.err);
    let whole = std::fs::read(&file).unwrap();
    assert_eq!(glassnet(&["fetch", common::PAGE]).out.as_bytes(), whole);
    let run = glassnet(&["fetch", "https://expired.example.com/"]);
    assert_eq!(run.code, Some(1));
    assert!(run.err.contains("failed at tls") && run.err.contains("ended on"), "{}", run.err);
}

const WORLD: &str = r#"
name = "two"
[node.alice]
[node.bob]
names = ["www.bob.example"]
serve = ["http", "dns"]
[[link]]
endpoints = ["alice:eth0", "bob:eth0"]
delay = "10ms"
"#;

#[test]
fn worlds_of_ones_own_can_be_asked_too() {
    let file = folder("ask").join("two.toml");
    std::fs::write(&file, WORLD).unwrap();
    let world = ["--in", text(&file)];
    let ask = |words: &[&str]| glassnet(&[words, &world].concat());
    assert!(ask(&["ping", "bob", "-c", "1"]).out.contains("(alice)"), "the first host asks");
    assert!(ask(&["ping", "alice", "-c", "1", "--from", "bob"]).out.contains("from 10.0.1.2 (bob)"));
    let page = ask(&["fetch", "http://www.bob.example/bytes/5000", "--json"]);
    let all: serde_json::Value = serde_json::from_str(&page.out).unwrap();
    assert_eq!((&all["status"], &all["bytes"]), (&200.into(), &5000.into()));
    let said = ask(&["dig", "www.bob.example", "@bob"]);
    assert!(said.out.contains("10.0.1.2"), "{said:?}");
    let wrong = ask(&["ping", "bob", "--from", "alcie"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.err.contains("did you mean 'alice'?"), "{}", wrong.err);
}

#[test]
fn what_cannot_be_asked_is_said_with_what_to_try() {
    let wrong = |words: &[&str]| {
        let run = glassnet(words);
        assert_eq!(run.code, Some(2), "{run:?}");
        run.err
    };
    assert!(wrong(&["ping", "x", "--in", "nowhere.toml"]).contains("name of a shipped lab"));
    assert!(wrong(&["dig", "example.com", "NOSUCH"]).contains("no type of record"));
    assert!(wrong(&["fetch", "ftp://example.com/"]).contains("nothing can be fetched"));
    let run = glassnet(&["ping", "nosuch.example.com"]);
    assert_eq!(run.code, Some(1));
    assert!(run.err.contains("no name"), "{}", run.err);
}
