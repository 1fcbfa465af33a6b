//! Sockets on a link itself: frames without IP, and a byte stream over a reliable link.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use base::{Mac, Port};
use bytes::{Buf, Bytes};
use stack::{BindError, LinkId, LinkMessage, SendError, SocketId};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::Net;

/// Sends and receives the payload of frames of one type at one interface. Dropping it closes it.
#[derive(Debug)]
pub struct LinkSocket {
    net: Net,
    id: LinkId,
    mtu: usize,
}

impl LinkSocket {
    pub(crate) fn open(net: &Net, port: Port, ethertype: u16) -> Result<Self, BindError> {
        let id = net.call(|host| host.link_open(port, ethertype))?;
        let mtu = net.look(|host| host.interfaces().find(|(own, _)| *own == port).map_or(0, |(_, config)| config.mtu));
        Ok(LinkSocket { net: net.clone(), id, mtu })
    }

    /// The most that a frame carries, bytes.
    pub fn mtu(&self) -> usize {
        self.mtu
    }

    /// Sends a frame to a station; waits while enough frames wait in front of the medium.
    pub async fn send_to(&self, data: Bytes, to: Mac) -> Result<(), SendError> {
        poll_fn(|cx| self.poll_send(cx, &data, to)).await
    }

    /// The next frame's payload.
    pub async fn recv(&self) -> LinkMessage {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    fn poll_send(&self, cx: &mut Context<'_>, data: &Bytes, to: Mac) -> Poll<Result<(), SendError>> {
        self.net.call(|host| match host.link_write(self.id, to, data.clone()) {
            Ok(true) => Poll::Ready(Ok(())),
            Ok(false) => {
                host.wake_on_writable(SocketId::Link(self.id), cx.waker());
                Poll::Pending
            }
            Err(error) => Poll::Ready(Err(error)),
        })
    }

    fn poll_recv(&self, cx: &mut Context<'_>) -> Poll<LinkMessage> {
        // A call, not a look: the link may have waited for this read.
        self.net.call(|host| match host.link_read(self.id) {
            Some(message) => Poll::Ready(message),
            None => {
                host.wake_on_readable(SocketId::Link(self.id), cx.waker());
                Poll::Pending
            }
        })
    }
}

impl Drop for LinkSocket {
    fn drop(&mut self) {
        self.net.call(|host| host.link_close(self.id));
    }
}

/// A byte stream over a reliable link between two: what is written at one end is read at the other, in order and once. The
/// link has no notion of an end: the programs agree on one.
#[derive(Debug)]
pub struct LinkStream {
    socket: LinkSocket,
    unread: Bytes,
}

impl LinkStream {
    pub(crate) fn new(socket: LinkSocket) -> Self {
        LinkStream { socket, unread: Bytes::new() }
    }
}

impl AsyncRead for LinkStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        while self.unread.is_empty() {
            self.unread = ready!(self.socket.poll_recv(cx)).data;
        }
        let len = self.unread.len().min(into.remaining());
        into.put_slice(&self.unread[..len]);
        self.unread.advance(len);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for LinkStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        let len = data.len().min(self.socket.mtu);
        if len == 0 {
            return Poll::Ready(Ok(0));
        }
        let frame = Bytes::copy_from_slice(&data[..len]);
        ready!(self.socket.poll_send(cx, &frame, Mac::default())).map_err(io::Error::other)?;
        Poll::Ready(Ok(len))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
