//! A sign of life for work that lasts.

use std::io::{IsTerminal, Write, stderr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Does `work`; when that takes more than a second and a person watches, says on standard error how long it has lasted.
pub(crate) fn during<R>(name: &str, work: impl FnOnce() -> R) -> R {
    if !stderr().is_terminal() {
        return work();
    }
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watch = scope.spawn(|| watch(name, &done));
        let result = work();
        done.store(true, Ordering::Release);
        watch.thread().unpark();
        result
    })
}

fn watch(name: &str, done: &AtomicBool) {
    let begun = Instant::now();
    let mut shown = false;
    while !done.load(Ordering::Acquire) {
        std::thread::park_timeout(TICK);
        if begun.elapsed() >= PATIENCE && !done.load(Ordering::Acquire) {
            shown = true;
            let _ = write!(stderr(), "\r\x1b[2m{name} runs, {} s …\x1b[0m", begun.elapsed().as_secs());
        }
    }
    if shown {
        let _ = write!(stderr(), "\r\x1b[K");
    }
}

const PATIENCE: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(200);
