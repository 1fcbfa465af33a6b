//! Lines that do everything that a line can do: bursts of losses, duplicates, damage that only checksums find, and times
//! that vary so much that hardly anything arrives in its order.

use base::Duration;
use sim::Rule;
use sim::rule::{BurstLoss, Corrupt, CorruptUndetected, Duplicate, Jitter, Of};
use stack::{Config, CongestionControl};
use wire::PacketBuf;

use crate::meeting::{Line, Meeting, ours};
use crate::program::{hash, hash_of_text, say, serve};
use crate::socket::{download, upload};

#[test]
fn bursts_of_losses() {
    exchange("bursts_of_losses", Config::default(), || Box::new(BurstLoss::new(2e-3, 0.3)));
}

#[test]
fn duplicates() {
    exchange("duplicates", Config::default(), || Box::new(Duplicate(0.05)));
}

#[test]
fn damage_that_the_network_card_finds() {
    exchange("damage_that_the_network_card_finds", Config::default(), || Box::new(Corrupt(0.01)));
}

//= rfc9293#3.1 MUST-2 MUST-3 test
#[test]
fn damage_that_only_checksums_find() {
    let ip = |frame: &PacketBuf| frame.contiguous().get(12..14) == Some(&[8, 0]);
    let rule = move || -> Box<dyn Rule> { Box::new(Of { filter: ip, rule: CorruptUndetected(0.01) }) };
    exchange("damage_that_only_checksums_find", Config::default(), rule);
}

#[test]
fn hardly_anything_in_its_order() {
    exchange("hardly_anything_in_its_order", Config::default(), || Box::new(Jitter(Duration::from_millis(4))));
}

#[test]
fn every_controller_against_linux_over_a_line_with_losses() {
    for congestion in CongestionControl::ALL {
        let config = Config { congestion, ..Config::default() };
        exchange("every_controller_against_linux_over_a_line_with_losses", config, || {
            Box::new(BurstLoss::new(2e-3, 0.7))
        });
    }
}

fn exchange(test: &'static str, config: Config, rule: impl Fn() -> Box<dyn Rule>) {
    let line = Line::clean(Duration::from_millis(1));
    let Some(mut meeting) = Meeting::new_or_skipped(test, &[], line, config) else { return };
    meeting.fault(rule);
    meeting.ours(|net| serve(net, ours(9000), hash));
    meeting.ours(|net| serve(net, ours(9001), |stream| say(stream, SIZE)));
    let (hashes, _film) = meeting.run(|| [upload(ours(9000), SIZE), download(ours(9001))]);
    assert_eq!(hashes, [(); 2].map(|()| hash_of_text(SIZE)), "the bytes are not those that were sent");
}

const SIZE: u64 = 4_000_000;
