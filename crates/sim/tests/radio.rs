//! Radio cells between hosts of the stack.

#[path = "common/stations.rs"]
mod stations;

use base::{Blind, Duration, Instant, LinkType, Mac, NodeId};
use glassnet_sim::{MediumId, RadioConfig, Tap, World};
use link::dcf::{Counting, Timing};
use stack::{Config, InterfaceConfig};
use stations::{count, talks};

fn cell(timing: Timing, seed: u64) -> (World, MediumId) {
    let mut world = World::new(seed, std::time::SystemTime::UNIX_EPOCH, Box::new(Blind));
    let air = world.add_radio("air", RadioConfig { timing, delay: Duration::from_micros(1) });
    (world, air)
}

fn station(world: &mut World, air: MediumId, n: u32) -> NodeId {
    let node = world.add_host(&format!("s{n}"), Config::default());
    let mac = Mac::local(n);
    let config =
        InterfaceConfig { link_type: LinkType::Radiotap, mtu: 2000, ..InterfaceConfig::ethernet("wlan0", mac) };
    let port = world.add_interface(node, config);
    world.share(node, port, air, Tap { address: Some(mac), place: Duration::ZERO });
    node
}

/// Bits per second of payload from `n` stations to one that only listens; frames of `mpdu` bytes with check sequence.
fn saturated(timing: Timing, n: u32, mpdu: usize, counted: usize, seconds: u64, seed: u64) -> f64 {
    let (mut world, air) = cell(timing, seed);
    station(&mut world, air, 1000);
    let nodes: Vec<NodeId> = (1..=n).map(|n| station(&mut world, air, n)).collect();
    for node in &nodes {
        talks(&world, *node, 1000, mpdu - 36);
    }
    world.run_until(Instant::ZERO + Duration::from_secs(seconds));
    count(&world, &nodes, "sent") as f64 * counted as f64 * 8.0 / seconds as f64
}

#[test]
fn saturated_cells_carry_what_bianchi_reckons() {
    for (timing, expected) in [
        (Timing::bianchi(), [0.8097, 0.6788]),
        (Timing { counting: Counting::Freeze, ..Timing::bianchi() }, [0.8056, 0.6794]),
        (Timing { rts_threshold: 0, ..Timing::bianchi() }, [0.8342, 0.8356]),
        (Timing { window_min: 128, window_max: 1024, ..Timing::bianchi() }, [0.8250, 0.7981]),
    ] {
        for (n, known) in [5, 20].into_iter().zip(expected) {
            let measured = saturated(timing, n, 34 + 1023, 1023, 100, 1) / 1e6;
            assert!((measured / known - 1.0).abs() < 0.015, "n={n}: {measured:.4}, known {known}");
        }
    }
}

#[test]
fn a_cell_of_802_11a_carries_what_the_reference_table_says() {
    for (rate, basic, known) in [(6_000_000, 6_000_000, [4.6899, 3.9589]), (54_000_000, 24_000_000, [29.2861, 25.3325])]
    {
        let timing = Timing { rate_bps: rate, basic_rate_bps: basic, attempts: None, ..Timing::a() }.completed();
        for (n, known) in [5, 20].into_iter().zip(known) {
            let measured = saturated(timing, n, 1534, 1500, 20, 1) / 1e6;
            assert!((measured / known - 1.0).abs() < 0.03, "n={n}: {measured:.4}, known {known}");
        }
    }
}
