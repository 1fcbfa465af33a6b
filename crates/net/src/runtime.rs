//! The executor: polls the programs of all hosts, first woken first polled, until none is ready.
//!
//! ```text
//!   Machine (frames, timers) ──wakers──┐
//!   Timers (sleeps) ───────────wakers──┼──> queue ──> run() ──> program ──> Net ──> host: touched
//!   any thread ────────────────wakers──┘                           └──────> facts: drained by the driver
//! ```
//! Nothing here reads a clock: the driver says what time it is, and asks by [`Runtime::poll_at`] when the next sleeper is
//! due.

use std::collections::VecDeque;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU8, AtomicU64};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::SystemTime;

use async_task::Runnable;
use base::{Instant, NodeId, Rng, Sink};
use stack::Host;

use crate::facts::Facts;
use crate::net::Inner;
use crate::task::Life;
use crate::timers::Timers;
use crate::{Machine, Net};

/// Runs the programs of any number of hosts. Several may live in one process and one thread.
///
/// Inputs are [`set_now`](Runtime::set_now), [`on_timer`](Runtime::on_timer), and wakers called by anyone. Then, in this
/// order: [`run`](Runtime::run) until nothing is ready, [`drain`](Runtime::drain) what was recorded,
/// [`take_touched`](Runtime::take_touched) for the hosts that may have something to send, and
/// [`poll_at`](Runtime::poll_at) for the next `on_timer`.
pub struct Runtime {
    shared: Arc<Shared>,
    batch: VecDeque<Runnable<Arc<Life>>>,
    touched: Vec<Net>,
}

/// What the handles share with their runtime. It owns no host.
pub(crate) struct Shared {
    now: AtomicU64,
    epoch: SystemTime,
    ready: Mutex<Ready>,
    pub(crate) timers: Mutex<Timers>,
    pub(crate) facts: Facts,
    touched: Mutex<Vec<Net>>,
    hosts: Mutex<Vec<Weak<Inner>>>,
    /// What happened that the driver has to look at: a set of [`News`].
    news: AtomicU8,
    notify: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

/// One kind of work for the driver. Each is taken by the method that does it.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(crate) enum News {
    /// A program was woken: [`Runtime::run`].
    Ready = 1,
    /// A program called into a host: [`Runtime::take_touched`].
    Touched = 2,
    /// The next sleeper may be another one: [`Runtime::take_new_sleepers`].
    Sleeper = 4,
}

#[derive(Default)]
struct Ready {
    queue: VecDeque<Runnable<Arc<Life>>>,
    closed: bool,
}

impl Runtime {
    /// An empty runtime at [`Instant::ZERO`]. `epoch` is the wall clock's time at that moment.
    pub fn new(epoch: SystemTime) -> Self {
        let shared = Arc::new(Shared {
            now: AtomicU64::new(0),
            epoch,
            ready: Mutex::default(),
            timers: Mutex::default(),
            facts: Facts::new(),
            touched: Mutex::default(),
            hosts: Mutex::default(),
            news: AtomicU8::new(0),
            notify: OnceLock::new(),
        });
        Runtime { shared, batch: VecDeque::new(), touched: Vec::new() }
    }

    /// Takes a host in: the handle for its programs, and the host for its driver. `seed` is the host's own stream, below
    /// which the streams of [`Net::random`] are split by purpose.
    pub fn attach(&self, node: NodeId, name: &str, host: Host, seed: &Rng) -> (Net, Machine) {
        let net = Net::new(Arc::clone(&self.shared), node, name, host, seed.split("program"));
        lock(&self.shared.hosts).push(net.downgrade());
        (net.clone(), Machine::new(net))
    }

    /// Calls `notify` whenever something is there to do after nothing was: a driver that waits for the real world is
    /// woken by it when another thread wakes a program or calls into a host. Only the first one given counts.
    pub fn on_activity(&self, notify: impl Fn() + Send + Sync + 'static) {
        let _ = self.shared.notify.set(Box::new(notify));
    }

    /// Tells which records are wanted, so that nobody keeps what `sink` does not want.
    pub fn set_wanted(&self, sink: &dyn Sink) {
        self.shared.facts.set_wanted(sink);
    }

    /// What time it is from now on.
    pub fn set_now(&self, now: Instant) {
        self.shared.now.store(now.nanos(), Relaxed);
    }

    /// The present moment.
    pub fn now(&self) -> Instant {
        self.shared.now()
    }

    /// Whether anything is there for the driver to do: a program was woken, a host was called into, a sleep began
    /// or ended. Asked after every event of a world, so it costs one load; `false` spares the driver its turn.
    #[inline]
    pub fn has_news(&self) -> bool {
        self.shared.news.load(Relaxed) != 0
    }

    /// Whether [`poll_at`](Runtime::poll_at) may have changed since this was last asked.
    #[inline]
    pub fn take_new_sleepers(&self) -> bool {
        self.shared.take(News::Sleeper)
    }

    /// Polls programs, first woken first polled, until none is ready. Returns how many polls that took.
    ///
    /// A program that panics takes the caller with it; the payload then names its host.
    pub fn run(&mut self) -> usize {
        let mut polls = 0;
        if !self.shared.take(News::Ready) {
            return polls;
        }
        loop {
            std::mem::swap(&mut self.batch, &mut lock(&self.shared.ready).queue);
            if self.batch.is_empty() {
                return polls;
            }
            while let Some(task) = self.batch.pop_front() {
                polls += 1;
                assert!(polls < POLLS_PER_TURN, "{} never becomes idle at {:?}", task.metadata().host(), self.now());
                if !task.metadata().is_over() {
                    task.run();
                }
            }
        }
    }

    /// Wakes the sleepers whose time has come, in order of (time, sequence).
    pub fn on_timer(&self) {
        let now = self.now();
        loop {
            let due = lock(&self.shared.timers).pop_due(now);
            match due {
                Some(waker) => waker.wake(),
                None => return,
            }
        }
    }

    /// When the next sleeper is due.
    pub fn poll_at(&self) -> Option<Instant> {
        lock(&self.shared.timers).poll_at()
    }

    /// The hosts into which programs have called since the last time, in the order of the first call, each once. Appends
    /// them to `into`.
    pub fn take_touched(&mut self, into: &mut Vec<NodeId>) {
        if !self.shared.take(News::Touched) {
            return;
        }
        std::mem::swap(&mut *lock(&self.shared.touched), &mut self.touched);
        for net in self.touched.drain(..) {
            net.inner.touched.store(false, Relaxed);
            into.push(net.node());
        }
    }

    /// Hands over what programs have recorded, in order.
    pub fn drain(&self, sink: &mut dyn Sink) {
        self.shared.facts.drain(sink);
    }

    /// Drops all programs of a host. Its sockets are closed as their handles are dropped; new programs may follow.
    pub fn kill(&mut self, net: &Net) {
        net.doom();
        self.sweep();
    }

    /// Which hosts have a sleeping program, and until when, in order of time.
    pub fn sleepers(&self) -> Vec<(NodeId, Instant)> {
        lock(&self.shared.timers).snapshot().collect()
    }

    /// Drops the queued tasks of killed hosts, outside of the lock: a dropped program may wake another one.
    fn sweep(&mut self) {
        let mut queue = std::mem::take(&mut self.batch);
        queue.append(&mut lock(&self.shared.ready).queue);
        for task in queue {
            if !task.metadata().is_over() {
                self.batch.push_back(task);
            }
        }
        self.shared.stir(News::Ready);
    }
}

impl Drop for Runtime {
    /// Drops all programs, so that no handle inside one keeps a host alive.
    fn drop(&mut self) {
        let hosts = std::mem::take(&mut *lock(&self.shared.hosts));
        for net in hosts.iter().filter_map(Net::upgrade) {
            net.doom();
        }
        drop(std::mem::take(&mut self.batch));
        let queue = {
            let mut ready = lock(&self.shared.ready);
            ready.closed = true;
            std::mem::take(&mut ready.queue)
        };
        drop(queue);
        drop(std::mem::take(&mut *lock(&self.shared.touched)));
    }
}

impl Shared {
    pub(crate) fn now(&self) -> Instant {
        Instant::from_nanos(self.now.load(Relaxed))
    }

    pub(crate) fn wall_time(&self) -> SystemTime {
        self.epoch + std::time::Duration::from_nanos(self.now().nanos())
    }

    /// Puts a woken task at the end of the queue.
    pub(crate) fn schedule(&self, task: Runnable<Arc<Life>>) {
        let first = {
            let mut ready = lock(&self.ready);
            if ready.closed {
                drop(ready);
                return drop(task);
            }
            ready.queue.push_back(task);
            ready.queue.len() == 1
        };
        self.stir(News::Ready);
        if first {
            self.notify();
        }
    }

    /// Lists a host whose state a program may have changed.
    pub(crate) fn touch(&self, net: &Net) {
        let first = {
            let mut touched = lock(&self.touched);
            touched.push(net.clone());
            touched.len() == 1
        };
        self.stir(News::Touched);
        if first {
            self.notify();
        }
    }

    /// Says that the driver has something to do. What it is about is in its place already.
    pub(crate) fn stir(&self, news: News) {
        self.news.fetch_or(news as u8, Release);
    }

    /// Whether there are news of this kind. What they are about is looked at afterwards.
    fn take(&self, news: News) -> bool {
        let there = self.news.load(Relaxed) & news as u8 != 0;
        there && self.news.fetch_and(!(news as u8), Acquire) & news as u8 != 0
    }

    fn notify(&self) {
        if let Some(notify) = self.notify.get() {
            notify();
        }
    }
}

/// A lock whose poison does not matter: what it protects is consistent between calls, and a panic goes on anyway.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Polls in one turn, at most: a program that is woken again and again without time passing would hang the world.
const POLLS_PER_TURN: usize = 1 << 26;
