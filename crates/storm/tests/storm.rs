//! Two hundred storms, and that a storm repeats itself.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use glassnet_storm::{Storm, Tally};

#[test]
fn two_hundred_storms_pass_without_a_loss() {
    let (next, broken, total) = (AtomicU64::new(0), Mutex::new(Vec::new()), Mutex::new(Tally::default()));
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= SEEDS {
                        return;
                    }
                    let outcome = Storm { seed }.run();
                    total.lock().expect("nobody panics").add(&outcome.tally);
                    if let Some(what) = outcome.broken {
                        broken.lock().expect("nobody panics").push((seed, what));
                    }
                }
            });
        }
    });
    let broken = broken.into_inner().expect("nobody panics");
    let replay = "cargo run --release -p glassnet-storm -- --seed";
    let list: String = broken.iter().map(|(seed, what)| format!("\n{replay} {seed} -v\n{what}\n")).collect();
    assert!(broken.is_empty(), "{} of {SEEDS} seeds broke:{list}", broken.len());
    let total = total.into_inner().expect("nobody panics");
    assert!(total.faults > 500 && total.connections > 1000 && total.bytes > 50_000_000, "storms, not calm: {total:?}");
}

#[test]
fn a_storm_repeats_itself() {
    for seed in [3, 17] {
        assert_eq!(Storm { seed }.run(), Storm { seed }.run());
    }
    assert_ne!(Storm { seed: 3 }.run().described, Storm { seed: 4 }.run().described);
}

const SEEDS: u64 = 200;
