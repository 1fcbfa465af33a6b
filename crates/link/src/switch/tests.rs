//! The switch by example, and against a naive table.

use std::collections::BTreeMap;

use base::{Blind, Duration, NodeId, Rng};
use proptest::prelude::*;

use super::*;

struct Bench {
    switch: Switch,
    rng: Rng,
    now: Instant,
}

impl Bench {
    fn new(config: SwitchConfig) -> Self {
        Bench { switch: Switch::new(config), rng: Rng::root(1), now: Instant::ZERO }
    }

    fn send(&mut self, port: u16, destination: Mac, source: Mac) {
        let frame = [&destination.0[..], &source.0, &[0x88, 0xb5], b"hello"].concat();
        self.send_bytes(port, frame);
    }

    fn send_bytes(&mut self, port: u16, bytes: Vec<u8>) {
        let mut blind = Blind;
        let mut cx = Cx { now: self.now, node: NodeId(0), rng: &mut self.rng, sink: &mut blind };
        self.switch.on_frame(&mut cx, Port(port), PacketBuf::from_vec(PacketId::NONE, bytes));
    }

    fn link(&mut self, port: u16, up: bool) {
        let mut blind = Blind;
        let mut cx = Cx { now: self.now, node: NodeId(0), rng: &mut self.rng, sink: &mut blind };
        self.switch.on_link(&mut cx, Port(port), up);
    }

    /// Where frames come out, in the order in which the ports are named; all are taken.
    fn outputs(&mut self) -> Vec<(u16, usize)> {
        let mut list = Vec::new();
        while let Some(port) = self.switch.poll_ready() {
            let count = std::iter::from_fn(|| self.switch.poll_frame(port)).count();
            list.push((port.0, count));
        }
        list
    }
}

const A: Mac = Mac::local(1);
const B: Mac = Mac::local(2);

#[test]
fn an_unknown_destination_is_flooded_and_a_known_one_is_not() {
    let mut bench = Bench::new(SwitchConfig::new(4));
    bench.send(0, B, A);
    assert_eq!(bench.outputs(), [(1, 1), (2, 1), (3, 1)]);
    bench.send(2, A, B);
    assert_eq!(bench.outputs(), [(0, 1)]);
    bench.send(0, B, A);
    assert_eq!(bench.outputs(), [(2, 1)]);
    assert_eq!(bench.switch.counters(), Counters { forwarded: 2, flooded: 1, ..Counters::default() });
}

#[test]
fn broadcast_is_flooded_and_bridge_addresses_stay() {
    let mut bench = Bench::new(SwitchConfig::new(3));
    bench.send(1, Mac::BROADCAST, A);
    assert_eq!(bench.outputs(), [(0, 1), (2, 1)]);
    bench.send(1, "01:80:c2:00:00:00".parse().unwrap(), A);
    assert_eq!(bench.outputs(), []);
    bench.send(1, "01:80:c2:00:00:10".parse().unwrap(), A);
    assert_eq!(bench.outputs(), [(0, 1), (2, 1)]);
}

#[test]
fn a_destination_on_the_same_port_is_filtered() {
    let mut bench = Bench::new(SwitchConfig::new(3));
    bench.send(1, B, A);
    bench.outputs();
    bench.send(1, A, B);
    assert_eq!((bench.outputs(), bench.switch.counters().filtered), (vec![], 1));
}

#[test]
fn an_address_is_forgotten_when_it_is_silent_for_too_long() {
    let mut bench = Bench::new(SwitchConfig::new(3));
    bench.send(0, B, A);
    bench.outputs();
    bench.now = Instant::ZERO + Duration::from_secs(300);
    bench.send(1, A, B);
    assert_eq!(bench.outputs(), [(0, 1), (2, 1)]);
    assert_eq!(bench.switch.addresses(bench.now), [(B, Port(1))]);
}

#[test]
fn a_station_that_moves_is_found_at_its_new_port() {
    let mut bench = Bench::new(SwitchConfig::new(3));
    bench.send(0, B, A);
    bench.send(1, B, A);
    bench.outputs();
    bench.send(2, A, B);
    assert_eq!(bench.outputs(), [(1, 1)]);
    bench.link(1, false);
    bench.send(2, A, B);
    assert_eq!(bench.outputs(), [(0, 1), (1, 1)]);
}

#[test]
fn a_full_queue_drops_the_newest() {
    let mut bench = Bench::new(SwitchConfig { queue_frames: 2, ..SwitchConfig::new(2) });
    for _ in 0..5 {
        bench.send(0, B, A);
    }
    assert_eq!(bench.outputs(), [(1, 2)]);
    assert_eq!(bench.switch.counters().queue_full, 3);
}

#[test]
fn a_full_table_floods_what_it_cannot_learn() {
    let mut bench = Bench::new(SwitchConfig { addresses: 1, ..SwitchConfig::new(3) });
    bench.send(0, B, A);
    bench.send(1, A, B);
    bench.outputs();
    bench.send(0, B, A);
    assert_eq!(bench.outputs(), [(1, 1), (2, 1)]);
    bench.now = Instant::ZERO + Duration::from_secs(301);
    bench.send(1, A, B);
    assert_eq!(bench.switch.addresses(bench.now), [(B, Port(1))]);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40), port in 0u16..3) {
        let mut bench = Bench::new(SwitchConfig::new(3));
        bench.send_bytes(port, bytes);
        bench.outputs();
    }

    /// A table without limit and with ageing, as a plain map.
    #[test]
    fn it_forwards_as_a_naive_table_does(
        frames in proptest::collection::vec((0u16..4, 0u32..6, 0u32..6, 0u64..200), 1..80),
    ) {
        let mut bench = Bench::new(SwitchConfig::new(4));
        let mut naive: BTreeMap<Mac, (u16, Instant)> = BTreeMap::new();
        for (port, destination, source, wait) in frames {
            bench.now += Duration::from_secs(wait);
            let (destination, source) = (Mac::local(destination), Mac::local(source));
            naive.insert(source, (port, bench.now));
            let fresh = |seen: Instant| bench.now.since(seen) < Duration::from_secs(300);
            let expected: Vec<_> = match naive.get(&destination) {
                Some(&(out, seen)) if fresh(seen) => if out == port { vec![] } else { vec![(out, 1)] },
                _ => (0..4).filter(|other| *other != port).map(|other| (other, 1)).collect(),
            };
            bench.send(port, destination, source);
            prop_assert_eq!(bench.outputs(), expected);
        }
    }
}
