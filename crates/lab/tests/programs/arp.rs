//! Announcements and neighbours.

use base::event::{Fact, LinkFact};
use glassnet_lab::file;

const SPOOF: &str = r#"
name = "spoof"
[node.alice]
address = "192.0.2.1/24"
[[node.alice.run]]
program = "ping"
to = "bob"
count = 4
patience = "500ms"
[node.bob]
address = "192.0.2.2/24"
[node.mallory]
address = "192.0.2.3/24"
[[node.mallory.run]]
program = "announce"
address = "bob"
start = "1500ms"
count = 1
[node.switch]
kind = "switch"
[[link]]
endpoints = ["alice:eth0", "switch:port0"]
[[link]]
endpoints = ["bob:eth0", "switch:port1"]
[[link]]
endpoints = ["mallory:eth0", "switch:port2"]
"#;

#[test]
fn whoever_announces_anothers_address_gets_its_packets() {
    let facts = super::run(SPOOF);
    assert_eq!(facts.numbers("ping.reply", "seq"), [1, 2], "until the announcement");
    assert_eq!(facts.texts("arp.announced", "address"), ["192.0.2.2"]);
    let honest = super::run(&SPOOF.replace("address = \"bob\"", "every = \"1s\""));
    assert_eq!(honest.numbers("ping.reply", "seq"), [1, 2, 3, 4]);
}

#[test]
fn a_neighbour_is_asked_for_once_and_remembered() {
    let lab = file::read(&SPOOF.replace("address = \"bob\"", "every = \"1s\""), "test.toml", &[]).unwrap();
    let outcome = lab.run(1).unwrap();
    let found = outcome
        .recording
        .events()
        .iter()
        .filter(|event| matches!(event.fact, Fact::Link(LinkFact::NeighborFound { .. })));
    // Alice learns of Bob by his answer, Bob of Alice by her question.
    assert_eq!(found.count(), 2);
}
