//! Waiting: exact nanoseconds of the runtime's time.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use base::{Duration, Instant};

use crate::runtime::{News, lock};
use crate::timers::Key;
use crate::{Net, current};

/// A future that is ready when its time has come.
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Sleep {
    net: Net,
    at: Instant,
    key: Option<Key>,
}

impl Sleep {
    pub(crate) fn new(net: Net, at: Instant) -> Self {
        Sleep { net, at, key: None }
    }

    /// When it is over.
    pub fn deadline(&self) -> Instant {
        self.at
    }

    /// Waits for another time instead.
    pub fn reset(&mut self, at: Instant) {
        self.forget();
        self.at = at;
    }

    fn forget(&mut self) {
        if let Some(key) = self.key.take() {
            let waker = lock(&self.net.shared().timers).remove(key);
            drop(waker);
            self.net.shared().stir(News::Sleeper);
        }
    }
}

impl Future for Sleep {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.net.now() >= self.at {
            self.forget();
            return Poll::Ready(());
        }
        let this = &mut *self;
        let mut timers = lock(&this.net.shared().timers);
        let kept = this.key.is_some_and(|key| timers.update(key, cx.waker()));
        if !kept {
            this.key = Some(timers.insert(this.at, this.net.node(), cx.waker().clone()));
            drop(timers);
            this.net.shared().stir(News::Sleeper);
        }
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.forget();
    }
}

/// A future with a time limit.
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Timeout<F> {
    future: Pin<Box<F>>,
    limit: Sleep,
}

impl<F> Timeout<F> {
    pub(crate) fn new(future: F, limit: Sleep) -> Self {
        Timeout { future: Box::pin(future), limit }
    }
}

impl<F: Future> Future for Timeout<F> {
    type Output = Result<F::Output, Elapsed>;
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Poll::Ready(output) = self.future.as_mut().poll(cx) {
            return Poll::Ready(Ok(output));
        }
        Pin::new(&mut self.limit).poll(cx).map(|()| Err(Elapsed))
    }
}

/// The time limit came first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Elapsed;

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("timed out")
    }
}

impl std::error::Error for Elapsed {}

impl From<Elapsed> for std::io::Error {
    fn from(elapsed: Elapsed) -> Self {
        std::io::Error::new(std::io::ErrorKind::TimedOut, elapsed)
    }
}

/// The present moment of the current program.
pub fn now() -> Instant {
    current().now()
}

/// Waits for `span`, in the current program.
pub fn sleep(span: Duration) -> Sleep {
    current().sleep(span)
}

/// Runs `future` for at most `span`, in the current program.
pub fn timeout<F: Future>(span: Duration, future: F) -> Timeout<F> {
    current().timeout(span, future)
}
