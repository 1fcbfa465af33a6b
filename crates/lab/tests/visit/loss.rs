//! Whatever the access line loses, the page that arrives is the same.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use glassnet_lab::visit::{Visit, failure, page};

use crate::{PAGE, visit};

#[test]
fn with_a_fifth_of_all_frames_lost_each_way_the_page_is_the_same_for_two_hundred_seeds() {
    let wanted = visit(PAGE).page();
    let next = AtomicU64::new(1);
    let threads = thread::available_parallelism().map_or(2, |n| n.get());
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > SEEDS {
                        break;
                    }
                    let outcome = Visit { loss: 0.2, ..Visit::new(PAGE) }.run(seed).expect("the world can be built");
                    let replay = format!("replay with: glassnet visit {PAGE} --loss 20% --seed {seed}");
                    assert_eq!(failure(&outcome.recording), None, "{replay}");
                    assert_eq!(page(&outcome.recording).as_ref(), Some(&wanted), "{replay}");
                    assert!(outcome.is_as_expected(), "{:?}\n{replay}", outcome.failures().collect::<Vec<_>>());
                }
            });
        }
    });
}

const SEEDS: u64 = 200;
