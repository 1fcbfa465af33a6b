//! Web servers and fetches: pages, certificates, round trips.

use super::{run, span, text, trips};

/// A client, a server, a resolver that is also the root, all 50 ms from each other.
fn world(serve: &str, url: &str) -> String {
    format!(
        r#"
name = "web"
[node.client]
resolvers = ["10.0.2.2"]
[[node.client.run]]
program = "fetch"
url = "{url}"
[node.router]
kind = "router"
[node.server]
names = ["www.example.com"]
{serve}
[node.names]
address = "10.0.2.2/24"
serve = ["dns"]
[[link]]
name = "a"
endpoints = ["client:eth0", "router:eth0"]
kind = "line"
rate = "unlimited"
delay = "25ms"
[[link]]
name = "b"
endpoints = ["router:eth1", "names:eth0"]
kind = "line"
rate = "unlimited"
delay = "25ms"
[[link]]
name = "c"
endpoints = ["router:eth2", "server:eth0"]
kind = "line"
rate = "unlimited"
delay = "25ms"
"#
    )
}

fn budget(serve: &str, url: &str) -> [u64; 4] {
    let facts = run(&world(serve, url));
    let done = facts.one("fetch.done");
    assert_eq!(text(done, "status"), "200", "{done:?}");
    ["dns", "tcp", "tls", "http"].map(|part| trips(span(done, part), 100))
}

#[test]
fn a_url_costs_a_round_trip_for_each_layer_and_one_more_with_tls_1_2() {
    let https = "serve = [\"https\"]";
    assert_eq!(budget("serve = [\"http\"]", "http://www.example.com/"), [1, 1, 0, 1]);
    assert_eq!(budget(https, "https://www.example.com/"), [1, 1, 1, 1]);
    let old = "[[node.server.run]]\nprogram = \"https\"\ntls = [\"1.2\"]";
    assert_eq!(budget(old, "https://www.example.com/"), [1, 1, 2, 1]);
    assert_eq!(run(&world(old, "https://www.example.com/")).texts("tls.done", "version"), ["TLSv1.2"]);
}

#[test]
fn a_host_without_resolvers_knows_the_names_of_the_file() {
    let file = world("serve = [\"https\"]", "https://server/bytes/100000").replace("resolvers", "# resolvers");
    let facts = run(&file);
    let done = facts.one("fetch.done");
    assert_eq!((text(done, "bytes"), span(done, "dns").nanos()), ("100000".into(), 0));
}

#[test]
fn pages_of_ones_own_have_status_headers_and_thinking_time() {
    let serve = r#"
[[node.server.run]]
program = "http"
pages = [
  { path = "/", body = "hello", type = "text/plain", after = "300ms" },
  { path = "/old", status = 301, headers = { location = "/" } },
  { host = "www.example.com", path = "/gone", status = 410 },
]
"#;
    let facts = run(&world(serve, "http://server/old").replace("resolvers", "# resolvers"));
    let done = facts.one("fetch.done");
    assert_eq!((text(done, "bytes"), text(done, "url")), ("5".into(), "http://server/".into()));
    // Two requests of one round trip, and the server's thinking.
    assert_eq!(trips(span(done, "http"), 100), 5);
    let facts = run(&world(serve, "http://www.example.com/gone"));
    assert_eq!(facts.numbers("fetch.done", "status"), [410]);
}

#[test]
fn a_wrong_certificate_fails_the_visit_at_tls() {
    let said = |certificate: &str| {
        let serve = format!("[[node.server.run]]\nprogram = \"https\"\ncertificate = \"{certificate}\"");
        let facts = run(&world(&serve, "https://www.example.com/"));
        let failed = facts.one("fetch.failed");
        assert_eq!(text(failed, "step"), "tls");
        text(failed, "said")
    };
    assert!(said("expired").contains("ended on"));
    assert!(said("unknown-authority").contains("do not trust"));
}
