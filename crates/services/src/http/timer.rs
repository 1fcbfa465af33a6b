//! The host's virtual time for hyper.

use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};
use std::time;

use base::Instant;
use hyper::rt;
use net::Net;

/// hyper's timers on a host. hyper speaks of `std::time::Instant`, which nothing but the operating system makes; so one of
/// them, taken once in a process, stands for the world's start. Only differences from it are ever used.
#[derive(Clone)]
pub(super) struct Timer(pub(super) Net);

impl Timer {
    fn sleep_at(&self, at: Instant) -> Pin<Box<dyn rt::Sleep>> {
        Box::pin(Sleep(self.0.sleep_until(at)))
    }
}

impl rt::Timer for Timer {
    fn sleep(&self, span: time::Duration) -> Pin<Box<dyn rt::Sleep>> {
        self.sleep_at(self.0.now() + span.into())
    }

    fn sleep_until(&self, deadline: time::Instant) -> Pin<Box<dyn rt::Sleep>> {
        self.sleep_at(Instant::ZERO + deadline.saturating_duration_since(start()).into())
    }

    fn now(&self) -> time::Instant {
        start() + time::Duration::from_nanos(self.0.now().nanos())
    }
}

struct Sleep(net::Sleep);

impl Future for Sleep {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl rt::Sleep for Sleep {}

#[allow(clippy::disallowed_methods, reason = "an arbitrary origin; its value never shows")]
fn start() -> time::Instant {
    static START: OnceLock<time::Instant> = OnceLock::new();
    // tidy: allowed, because hyper's timers speak of this type and there is no other way to make one.
    *START.get_or_init(time::Instant::now)
}
