//! Half-duplex Ethernet with collisions, between hosts of the stack.

#[path = "common/stations.rs"]
mod stations;

use base::{Blind, Duration, Instant, Mac, NodeId};
use glassnet_sim::{BusConfig, Shape, Tap, World};
use link::csma_cd::{Backoff, Timing};
use stack::{Config, InterfaceConfig};
use stations::{count, talks};

/// Stations that always have a frame for the next one; `payload` bytes each.
fn saturated(stations: u32, payload: usize, timing: Timing, place: Duration, seed: u64) -> (World, Vec<NodeId>) {
    let mut world = World::new(seed, std::time::SystemTime::UNIX_EPOCH, Box::new(Blind));
    let bus = world.add_bus("ether", BusConfig { timing, shape: Shape::Star });
    let mut nodes = Vec::new();
    for n in 0..stations {
        let node = world.add_host(&format!("s{n}"), Config::default());
        let mac = Mac::local(n + 1);
        let port = world.add_interface(node, InterfaceConfig::ethernet("eth0", mac));
        world.share(node, port, bus, Tap { address: Some(mac), place });
        talks(&world, node, (n + 1) % stations + 1, payload);
        nodes.push(node);
    }
    (world, nodes)
}

/// The share of time in which frames that arrived were on the medium.
fn efficiency(stations: u32, payload: usize, timing: Timing, place: Duration, seconds: u64) -> f64 {
    let (mut world, nodes) = saturated(stations, payload, timing, place, 1);
    world.run_until(Instant::ZERO + Duration::from_secs(seconds));
    let sent = count(&world, &nodes, "sent");
    timing.frame((payload + 14).max(60)).secs_f64() * sent as f64 / seconds as f64
}

#[test]
fn an_ideal_back_off_meets_metcalfe_and_boggs() {
    let rate = 3_000_000;
    let timing = |q| Timing {
        slot: Duration::from_micros(16),
        gap: Duration::ZERO,
        jam_bits: 0,
        backoff: Backoff::Ideal(q),
        ..Timing::ethernet(rate)
    };
    for (q, payload) in [(2, 486), (5, 486), (10, 486), (256, 486), (5, 100), (10, 46)] {
        let timing = timing(q);
        let measured = efficiency(q, payload, timing, Duration::ZERO, 20);
        let frame = timing.frame((payload + 14).max(60)).secs_f64();
        let a = (1.0 - 1.0 / f64::from(q)).powi(q as i32 - 1);
        let theory = frame / (frame + (1.0 - a) / a * 16e-6);
        println!("Q={q} payload={payload}: {measured:.4}, theory {theory:.4}");
        assert!((measured / theory - 1.0).abs() < 0.015);
    }
}

#[test]
fn standard_back_off_leaves_most_of_the_wire_for_long_frames() {
    // Known answer E4, a crude slotted model; an order of magnitude.
    for (n, payload, known) in
        [(2, 1500, 0.986), (10, 1500, 0.952), (100, 1500, 0.893), (2, 46, 0.853), (10, 46, 0.817)]
    {
        let measured = efficiency(n, payload, Timing::ethernet(10_000_000), Duration::from_nanos(500), 2);
        assert!((measured / known - 1.0).abs() < 0.08, "N={n} {payload}: {measured:.3}, known {known}");
    }
}
