//! tokio's byte streams for hyper.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use hyper::rt;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream as hyper wants it. Reading goes through a block of our own: filling hyper's directly would need unsafe code.
pub(super) struct HyperIo<S> {
    stream: S,
    block: Box<[u8]>,
    tap: Tap,
}

impl<S> HyperIo<S> {
    pub(super) fn new(stream: S, tap: Tap) -> Self {
        HyperIo { stream, block: vec![0; BLOCK].into(), tap }
    }

    pub(super) fn into_inner(self) -> S {
        self.stream
    }
}

type Action = Box<dyn FnOnce() + Send>;

/// Does something once, when the next byte comes in.
#[derive(Clone, Default)]
pub(super) struct Tap(Arc<Mutex<Option<Action>>>);

impl Tap {
    pub(super) fn arm(&self, action: Action) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(action);
    }

    fn fire(&self) {
        let action = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(action) = action {
            action();
        }
    }
}

impl<S: AsyncRead + Unpin> rt::Read for HyperIo<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut into: rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let room = into.remaining().min(this.block.len());
        let mut block = ReadBuf::new(&mut this.block[..room]);
        ready!(Pin::new(&mut this.stream).poll_read(cx, &mut block))?;
        if !block.filled().is_empty() {
            this.tap.fire();
        }
        into.put_slice(block.filled());
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> rt::Write for HyperIo<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Bytes read at once, at most: one TLS record.
const BLOCK: usize = 16_384;
