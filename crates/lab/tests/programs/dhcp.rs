//! Leases: granted, renewed, refused, declined, given back.

use base::Duration;

use super::{run, text};

fn world(client: &str, more: &str) -> String {
    format!(
        r#"
name = "lease"
limit = "20min"
[node.client]
address = "dhcp"
[[node.client.run]]
program = "dhcp-client"
{client}
[[node.client.run]]
program = "ping"
to = "192.0.2.1"
start = "900s"
count = 1
[node.server]
address = "192.0.2.1/24"
resolvers = ["192.0.2.53"]
[[node.server.run]]
program = "dhcp"
lease = "800s"
[node.switch]
kind = "switch"
[[link]]
endpoints = ["client:eth0", "switch:port0"]
[[link]]
endpoints = ["server:eth0", "switch:port1"]
{more}
"#
    )
}

//= rfc2131#4.4.5 test
#[test]
fn a_lease_is_renewed_at_half_of_its_time() {
    let facts = run(&world("", ""));
    let bound = facts.of("dhcp.bound");
    assert_eq!(text(bound[0], "address"), "192.0.2.100");
    assert_eq!((text(bound[0], "router"), text(bound[0], "resolvers")), ("192.0.2.1".into(), "192.0.2.53".into()));
    assert_eq!(facts.texts("dhcp.request", "state"), ["REQUESTING", "RENEWING", "RENEWING"]);
    // A lease runs from the moment at which it was asked for.
    assert_eq!(facts.timed("dhcp.request")[1].0.nanos() / 1_000_000_000, 400);
    assert_eq!(facts.numbers("ping.done", "received"), [1]);
}

//= rfc2131#4.4.5 test
#[test]
fn a_silent_server_is_asked_until_anybody_is_asked_and_the_lease_ends() {
    let facts = run(&world("", "[[at]]\ntime = \"1s\"\ndo = \"crash\"\nnode = \"server\"\n"));
    let states = facts.texts("dhcp.request", "state");
    assert!(states.contains(&"RENEWING".into()) && states.contains(&"REBINDING".into()), "{states:?}");
    let rebinding = facts.timed("dhcp.request").into_iter().find(|(_, fact)| text(fact, "state") == "REBINDING");
    assert_eq!(rebinding.unwrap().0.nanos() / 1_000_000_000, 700, "T2 is seven eighths of the lease");
    let unbound = facts.timed("dhcp.unbound");
    assert_eq!(unbound[0].0.nanos() / 1_000_000_000, 800);
}

//= rfc2131#4.4.6 test
#[test]
fn an_address_is_given_back() {
    let facts = run(&world("release_after = \"100s\"", ""));
    let (at, release) = facts.timed("dhcp.release")[0];
    assert_eq!((text(release, "address"), at.nanos() / 1_000_000_000), ("192.0.2.100".into(), 100));
    assert_eq!(facts.of("dhcp.unbound").len(), 1);
}

//= rfc2131#3.1 test
#[test]
fn an_address_that_somebody_has_is_declined_for_another() {
    let squatter = r#"
[node.squatter]
address = "192.0.2.100/24"
[[link]]
endpoints = ["squatter:eth0", "switch:port2"]
"#;
    let facts = run(&world("check = true", squatter));
    assert_eq!(text(facts.one("dhcp.conflict"), "address"), "192.0.2.100");
    assert_eq!(text(facts.one("dhcp.decline"), "address"), "192.0.2.100");
    assert_eq!(facts.texts("dhcp.bound", "address")[0], "192.0.2.101");
    let (declined, bound) = (facts.timed("dhcp.decline")[0].0, facts.timed("dhcp.bound")[0].0);
    assert!(bound.since(declined) >= Duration::from_secs(10));
}

//= rfc2131#3.2 test
#[test]
fn an_address_of_another_network_is_refused() {
    let facts = run(&world("remembers = \"198.51.100.7\"", ""));
    assert!(text(facts.one("dhcp.nak"), "reason").contains("another network"));
    assert_eq!(facts.texts("dhcp.request", "state")[..2], ["REBOOTING", "REQUESTING"]);
    assert_eq!(facts.texts("dhcp.bound", "address")[0], "192.0.2.100");
}
