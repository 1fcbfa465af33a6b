//! Connections that can take another request, by origin.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base::event::AppFact;
use net::{Net, Task};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::http::Connection;
use crate::url::Origin;

/// An open connection.
pub(super) struct Open {
    pub(super) connection: Connection,
    pub(super) remote: SocketAddr,
    /// The request for which it was opened.
    pub(super) span: u64,
}

/// All connections of a browser that wait for work, and how many more there may be.
pub(super) struct Pool {
    per_origin: usize,
    origins: Mutex<BTreeMap<Origin, Slot>>,
    /// Connections on their way out.
    closing: Mutex<Vec<Task<()>>>,
}

struct Slot {
    room: Arc<Semaphore>,
    idle: Vec<Open>,
}

impl Pool {
    pub(super) fn new(per_origin: usize) -> Pool {
        Pool { per_origin: per_origin.max(1), origins: Mutex::default(), closing: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Origin, Slot>> {
        self.origins.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the right to use one connection to an origin.
    pub(super) async fn enter(&self, origin: &Origin) -> Option<OwnedSemaphorePermit> {
        let room = {
            let mut origins = self.lock();
            let slot = origins
                .entry(origin.clone())
                .or_insert_with(|| Slot { room: Arc::new(Semaphore::new(self.per_origin)), idle: Vec::new() });
            slot.room.clone()
        };
        room.acquire_owned().await.ok()
    }

    /// A connection to the origin that is open and idle.
    pub(super) fn take(&self, origin: &Origin) -> Option<Open> {
        let mut origins = self.lock();
        let idle = &mut origins.get_mut(origin)?.idle;
        idle.retain(|open| open.connection.is_open());
        (!idle.is_empty()).then(|| idle.remove(0))
    }

    /// Keeps a connection for the next request.
    pub(super) fn keep(&self, origin: &Origin, open: Open) {
        if let Some(slot) = self.lock().get_mut(origin) {
            slot.idle.push(open);
        }
    }

    /// Closes a connection in order, without making anybody wait.
    pub(super) fn retire(&self, net: &Net, open: Open) {
        let own = net.clone();
        let closing = net.spawn(async move {
            open.connection.close().await;
            record_closed(&own, open.span, open.remote);
        });
        self.closing.lock().unwrap_or_else(PoisonError::into_inner).push(closing);
    }

    /// Closes all of them at once, and waits until each is closed.
    pub(super) async fn close(&self, net: &Net) {
        let idle: Vec<Open> = self.lock().values_mut().flat_map(|slot| std::mem::take(&mut slot.idle)).collect();
        idle.into_iter().for_each(|open| self.retire(net, open));
        let closing = std::mem::take(&mut *self.closing.lock().unwrap_or_else(PoisonError::into_inner));
        for closed in closing {
            closed.await;
        }
    }
}

pub(super) fn record_closed(net: &Net, span: u64, remote: SocketAddr) {
    net.record(AppFact::new("tcp", "closed", span).with("remote", remote.to_string()));
}
