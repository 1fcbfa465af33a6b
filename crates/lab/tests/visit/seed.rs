//! A run is a function of scenario and seed: the same seed gives the same bytes at every interface.

use std::collections::BTreeMap;

use base::{Blind, Instant};
use glassnet_lab::Outcome;
use glassnet_lab::visit::Visit;
use scope::view::View;
use scope::{Recorder, Wants, pcapng};

use crate::PAGE;

fn run(seed: u64) -> Outcome {
    Visit { loss: 0.05, ..Visit::new(PAGE) }.run(seed).expect("the world can be built")
}

fn captures(outcome: &Outcome) -> BTreeMap<String, Vec<u8>> {
    pcapng::of_all(&outcome.recording, outcome.epoch).collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_at_every_interface() {
    let (one, two) = (run(7), run(7));
    let (first, second) = (captures(&one), captures(&two));
    assert_eq!(first.len(), 28, "an interface has one capture: {:?}", first.keys());
    for (name, bytes) in &first {
        assert!(second.get(name) == Some(bytes), "{name} differs between two runs with one seed");
    }
    assert_eq!(one.recording.events(), two.recording.events());
    assert_eq!((one.now, first.len()), (two.now, second.len()));
}

#[test]
fn another_seed_gives_other_bytes_wherever_ip_passes() {
    let (one, two) = (run(7), run(8));
    let frames = |outcome: &Outcome, nic| {
        let seen = outcome.recording.frames_of(nic);
        seen.map(|frame| (frame.link_type, frame.bytes.to_vec())).collect::<Vec<_>>()
    };
    let mut compared = 0;
    for (nic, info) in one.recording.nics() {
        let first = frames(&one, nic);
        // Broadcast ARP requests are the same in every run.
        if first.iter().any(|(link_type, bytes)| View::of(*link_type, bytes).ip().is_some()) {
            assert_ne!(first, frames(&two, nic), "{}.{} saw the same frames with two seeds", info.node, info.name);
            compared += 1;
        }
    }
    assert!(compared > 20, "only {compared} interfaces saw packets");
}

#[test]
fn looking_changes_nothing() {
    let with = |sink| {
        let scenario = Visit { loss: 0.05, ..Visit::new(PAGE) }.scenario();
        let mut running = scenario.start(7, sink).expect("the world can be built");
        assert_eq!(running.run_foreground(Instant::ZERO + scenario.limit), Ok(true));
        let world = running.built.world;
        (world.now(), world.stats().events, world.stats().frames, world.explain())
    };
    let (_recorder, watching) = Recorder::new(Wants::ALL);
    assert_eq!(with(watching), with(Box::new(Blind)));
}
