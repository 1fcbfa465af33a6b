//! Programs: how one is started, which host it belongs to, and how all of a host's are ended.

use std::any::Any;
use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};

use slab::Slab;

use crate::Net;
use crate::runtime::lock;

/// A running program. It is a future of the program's result; dropping it ends the program, [`Task::detach`] lets it go
/// on alone.
#[must_use = "dropping a task ends its program: call `.detach()` to let it run"]
#[derive(Debug)]
pub struct Task<T>(async_task::Task<T, Arc<Life>>);

impl<T> Task<T> {
    /// Lets the program run without anybody waiting for it.
    pub fn detach(self) {
        self.0.detach();
    }

    /// Whether the program has ended.
    pub fn is_finished(&self) -> bool {
        self.0.is_finished()
    }

    /// Ends the program and waits until it is gone; its result, if it had ended already.
    pub async fn cancel(self) -> Option<T> {
        self.0.cancel().await
    }
}

impl<T> Future for Task<T> {
    type Output = T;
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        Pin::new(&mut self.0).poll(cx)
    }
}

/// One life of a host's programs, from its start until it is killed.
#[derive(Debug)]
pub(crate) struct Life {
    host: String,
    over: AtomicBool,
}

impl Life {
    fn new(host: &str) -> Arc<Self> {
        Arc::new(Life { host: host.into(), over: AtomicBool::new(false) })
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Relaxed)
    }
}

/// All programs of a host.
pub(crate) struct Programs {
    life: Arc<Life>,
    /// A waker of each: what a killed host wakes, so that its tasks come by and are dropped.
    wakers: Slab<Waker>,
}

impl Programs {
    pub(crate) fn new(host: &str) -> Self {
        Programs { life: Life::new(host), wakers: Slab::new() }
    }

    /// Ends this life. The wakers are to be called outside of the lock.
    pub(crate) fn doom(&mut self) -> Slab<Waker> {
        self.life.over.store(true, Relaxed);
        self.life = Life::new(&self.life.host);
        std::mem::take(&mut self.wakers)
    }
}

/// Starts `future` on the host of `net`.
pub(crate) fn start<F>(net: &Net, future: F) -> Task<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let mut programs = lock(&net.inner.programs);
    let life = Arc::clone(&programs.life);
    let entry = programs.wakers.vacant_entry();
    let member = Member { net: net.clone(), life: Arc::clone(&life), key: entry.key() };
    let shared = Arc::clone(net.shared());
    let future = async move {
        let member = member;
        let member = &member;
        let mut future = pin!(future);
        let mut net = Some(member.net.clone());
        poll_fn(move |cx| {
            let _scope = Scope::enter(&mut net);
            match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
                Ok(answer) => answer,
                Err(payload) => panic_on(member.life.host(), payload),
            }
        })
        .await
    };
    let (runnable, task) =
        async_task::Builder::new().metadata(life).spawn(|_| future, move |runnable| shared.schedule(runnable));
    entry.insert(runnable.waker());
    drop(programs);
    runnable.schedule();
    Task(task)
}

/// The panic of a program goes on with the name of its host.
#[cold]
fn panic_on(host: &str, payload: Box<dyn Any + Send>) -> ! {
    match payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str)) {
        Some(text) => resume_unwind(Box::new(format!("a program on {host} panicked: {text}"))),
        None => resume_unwind(payload),
    }
}

/// A task's place in its host's list, given back when the task ends in any way.
struct Member {
    net: Net,
    life: Arc<Life>,
    key: usize,
}

impl Drop for Member {
    fn drop(&mut self) {
        if !self.life.is_over() {
            let waker = lock(&self.net.inner.programs).wakers.try_remove(self.key);
            drop(waker);
        }
    }
}

thread_local! {
    /// The host whose program this thread polls right now.
    static CURRENT: RefCell<Option<Net>> = const { RefCell::new(None) };
}

/// While it lives, the net of `home` is the current one. It is moved there and back: no reference count changes.
struct Scope<'a> {
    home: &'a mut Option<Net>,
    outer: Option<Net>,
}

impl<'a> Scope<'a> {
    fn enter(home: &'a mut Option<Net>) -> Self {
        let outer = CURRENT.replace(home.take());
        Scope { home, outer }
    }
}

impl Drop for Scope<'_> {
    fn drop(&mut self) {
        *self.home = CURRENT.replace(self.outer.take());
    }
}

/// The host of the program that is being polled on this thread.
///
/// # Panics
/// Outside of a program.
pub fn current() -> Net {
    try_current().expect("net::current() is for programs: this code runs outside of a task of a Runtime")
}

/// The host of the program that is being polled on this thread, if any.
pub fn try_current() -> Option<Net> {
    CURRENT.with_borrow(Clone::clone)
}

/// Starts a program on the current host.
pub fn spawn<F>(future: F) -> Task<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    start(&current(), future)
}
