//! Scenarios of one's own: programs, a timeline, expectations, and what a run leaves.

use std::net::SocketAddr;
use std::time::SystemTime;

use base::event::AppFact;
use base::{Cidr, Duration, Instant};
use glassnet_lab::expect::expect;
use glassnet_lab::program::{Commons, Program};
use glassnet_lab::scenario::{Do, NodeSpec, Scenario};
use net::{Net, Task};
use sim::Cable;

/// Sends a datagram every second, and records what it hears.
#[derive(Debug)]
struct Chat {
    to: [u8; 4],
    times: u64,
}

impl Program for Chat {
    fn start(&self, net: &Net, _: &Commons) -> Result<Task<()>, String> {
        let (own, to, times) = (net.clone(), SocketAddr::from((self.to, 9)), self.times);
        let socket = net.udp_bind(SocketAddr::from(([0, 0, 0, 0], 9))).map_err(|error| error.to_string())?;
        Ok(net.spawn(async move {
            for n in 0..times {
                // An answer that a lost packet provokes is no reason to stop.
                let _ = socket.send_to(&n.to_be_bytes(), to);
                let next = own.now() + Duration::from_secs(1);
                while let Ok(heard) = own.timeout(next.since(own.now()), socket.recv()).await {
                    if heard.is_ok() {
                        own.record(AppFact::new("chat", "heard", 0).with("after_s", own.now().nanos() / 1_000_000_000));
                    }
                }
            }
        }))
    }

    fn is_foreground(&self) -> bool {
        true
    }
}

fn chat(times: u64) -> Scenario {
    let host = |name: &str, own: u8, other: u8| {
        let node = NodeSpec::host(name).ethernet("eth0", &[Cidr::v4([192, 0, 2, own], 24)]);
        node.run(Chat { to: [192, 0, 2, other], times })
    };
    Scenario::new("chat").node(host("ann", 1, 2)).node(host("bob", 2, 1)).link(
        "cable",
        "ann:eth0",
        "bob:eth0",
        Cable::ethernet(1_000_000, Duration::from_millis(1)),
    )
}

fn heard(scenario: &Scenario) -> Vec<u64> {
    let outcome = scenario.run(1).expect("the world can be built");
    let facts = outcome.recording.app_facts().filter(|(_, _, fact)| fact.step == "heard");
    facts.filter_map(|(_, _, fact)| fact.number("after_s")).collect()
}

#[test]
fn a_run_lasts_until_the_programs_in_the_foreground_have_ended() {
    let outcome = chat(3).run(1).expect("the world can be built");
    assert!(outcome.is_as_expected());
    assert_eq!((outcome.scenario.as_str(), outcome.seed, outcome.epoch), ("chat", 1, date(1_767_225_600)));
    assert!((Duration::from_secs(3)..Duration::from_secs(6)).contains(&outcome.now.since(Instant::ZERO)));
    assert_eq!(heard(&chat(3)), [0, 0, 1, 1, 2, 2]);
}

#[test]
fn the_timeline_is_followed_in_the_order_of_time_not_of_writing() {
    let half = |at: u64| Duration::from_millis(at * 1000 + 500);
    let link = |up| Do::SetLink { link: "cable".into(), up };
    let pulled = chat(6).at(half(3), link(true)).at(half(1), link(false));
    assert_eq!(heard(&pulled), [0, 0, 1, 1, 4, 4, 5, 5]);

    let loss = |loss| Do::lose("cable", loss);
    let lost = chat(6).at(half(0), loss(1.0)).at(half(1), loss(1.0)).at(half(2), loss(0.0));
    assert_eq!(heard(&lost), [0, 0, 3, 3, 4, 4, 5, 5], "a new share replaces the old one");

    let off = chat(4).at(half(1), Do::Crash { node: "bob".into() });
    let outcome = off.run(1).expect("the world can be built");
    assert_eq!(outcome.recording.app_facts().count(), 4, "two each, then nobody is there");
}

#[test]
fn a_run_that_does_not_end_says_who_waits_for_what() {
    let endless = Scenario { limit: Duration::from_millis(2500), ..chat(100) };
    let outcome = endless.run(1).expect("the world can be built");
    assert!(!outcome.ended && !outcome.is_as_expected());
    assert_eq!(outcome.now, Instant::ZERO + endless.limit);
    let waiting: Vec<&str> = outcome.waiting.iter().map(|(node, _)| node.as_str()).collect();
    assert!(waiting.contains(&"ann") && waiting.contains(&"bob"), "{waiting:?}");
}

#[test]
fn an_expectation_that_does_not_hold_is_in_the_outcome() {
    let good = chat(1).expect(expect("count(chat.heard) > 0")).expect(expect("count(chat.left) == 0"));
    assert_eq!(good.run(1).map(|outcome| outcome.failures().count()), Ok(0));
    let bad = chat(1).expect(expect("count(chat.left) > 0")).run(1).expect("the world can be built");
    assert_eq!((bad.ended, bad.is_as_expected()), (true, false));
    assert!(bad.failures().all(|failure| failure.contains("count(chat.left) > 0")), "{:?}", bad.expectations);
}

#[test]
fn another_host_changes_no_byte_between_those_that_were_there() {
    let frames = |scenario: &Scenario| -> Vec<Vec<u8>> {
        let outcome = scenario.run(5).expect("the world can be built");
        let nic = outcome.recording.nic_named("ann").expect("she is there");
        outcome.recording.frames_of(nic).map(|frame| frame.bytes.to_vec()).collect()
    };
    let alone = frames(&chat(3));
    let mut crowded = chat(3);
    crowded.nodes.insert(0, NodeSpec::host("carl").ethernet("eth0", &[Cidr::v4([198, 51, 100, 1], 24)]));
    assert!(alone.len() >= 6);
    assert_eq!(alone, frames(&crowded));
}

fn date(unix: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(unix)
}
