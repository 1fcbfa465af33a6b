//! The way to a host, hop by hop.

use super::run;

fn world(trace: &str) -> String {
    format!(
        r#"
name = "way"
[node.client]
[[node.client.run]]
program = "traceroute"
to = "server"
{trace}
[node.near]
kind = "router"
[node.far]
kind = "router"
[node.server]
[[link]]
endpoints = ["client:eth0", "near:eth0"]
[[link]]
endpoints = ["near:eth1", "far:eth0"]
[[link]]
endpoints = ["far:eth1", "server:eth0"]
"#
    )
}

//= rfc792#message-formats test
#[test]
fn each_router_on_the_way_tells_of_itself_and_the_end_that_nobody_listens() {
    for probe in ["udp", "echo"] {
        let facts = run(&world(&format!("probe = \"{probe}\"")));
        let hops: Vec<(u64, String)> =
            facts.numbers("traceroute.hop", "ttl").into_iter().zip(facts.texts("traceroute.hop", "answer")).collect();
        assert_eq!(hops.len(), 9, "three probes for each of three hops");
        assert!(hops[..6].iter().all(|(_, answer)| answer == "time exceeded"), "{hops:?}");
        assert!(hops[6..].iter().all(|(ttl, answer)| (*ttl, answer.as_str()) == (3, "arrived")), "{hops:?}");
        assert_eq!(facts.numbers("traceroute.done", "reached"), [1]);
    }
}

#[test]
fn hops_that_are_silent_are_shown_as_such() {
    let cut = "hops = 4\npatience = \"1s\"\n[[at]]\ntime = \"0s\"\ndo = \"crash\"\nnode = \"server\"\n";
    let file = world("hops = 4\npatience = \"1s\"") + &cut[cut.find("[[at]]").unwrap()..];
    let facts = run(&file);
    assert_eq!(facts.numbers("traceroute.done", "reached"), [0]);
    let silent = facts.texts("traceroute.hop", "answer").into_iter().filter(|answer| answer == "silence");
    assert!(silent.count() >= 1);
}
