//! TCP for programs: a byte stream with tokio's `AsyncRead` and `AsyncWrite`.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use stack::{BindError, ConnId, ListenerId, SocketId, TcpError, TcpInfo, TcpOption};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::Net;

/// A TCP connection. Dropping it closes it in order, or by a reset when unread data is thrown away.
#[derive(Debug)]
pub struct TcpStream {
    net: Net,
    id: ConnId,
    local: SocketAddr,
    peer: SocketAddr,
}

impl TcpStream {
    pub(crate) async fn connect(net: &Net, local: Option<SocketAddr>, remote: SocketAddr) -> Result<Self, TcpError> {
        let id = net.call(|host| match local {
            Some(local) => host.tcp_connect_from(local, remote),
            None => host.tcp_connect(remote),
        })?;
        let mut stream = TcpStream { net: net.clone(), id, local: remote, peer: remote };
        poll_fn(|cx| stream.poll_connected(cx)).await?;
        stream.learn_addresses();
        Ok(stream)
    }

    fn accepted(net: &Net, id: ConnId, listening_at: SocketAddr) -> Self {
        let mut stream = TcpStream { net: net.clone(), id, local: listening_at, peer: listening_at };
        stream.learn_addresses();
        stream
    }

    fn learn_addresses(&mut self) {
        if let Some((local, peer)) = self.net.look(|host| host.tcp_addresses(self.id)) {
            (self.local, self.peer) = (local, peer);
        }
    }

    fn poll_connected(&self, cx: &mut Context<'_>) -> Poll<Result<(), TcpError>> {
        self.net.visit(|host| match host.tcp_connected(self.id) {
            Ok(true) => Poll::Ready(Ok(())),
            Ok(false) => {
                host.wake_on_readable(SocketId::Tcp(self.id), cx.waker());
                Poll::Pending
            }
            Err(error) => Poll::Ready(Err(error)),
        })
    }

    /// This end.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// The other end.
    pub fn peer_addr(&self) -> SocketAddr {
        self.peer
    }

    /// The host that this end is on.
    pub fn net(&self) -> &Net {
        &self.net
    }

    /// Sends small segments at once, without waiting for company (RFC 896, turned off).
    pub fn set_nodelay(&self, nodelay: bool) {
        self.set(TcpOption::Nagle(!nodelay));
    }

    /// Changes one setting of this connection.
    pub fn set(&self, option: TcpOption) {
        self.net.call(|host| host.tcp_set(self.id, option));
    }

    /// A snapshot of the connection: windows, round trips, losses, and what it waits for. `None` when the stack has
    /// forgotten it.
    pub fn info(&self) -> Option<TcpInfo> {
        self.net.look(|host| host.tcp_info(self.id))
    }

    /// Ends the connection at once with a reset.
    pub fn abort(&self) {
        self.net.call(|host| host.tcp_abort(self.id));
    }

    /// No more will be sent: a FIN follows the last byte. Receiving goes on.
    pub fn finish(&self) {
        self.net.call(|host| host.tcp_shutdown(self.id));
    }

    /// Whether everything sent, the FIN included, has been acknowledged.
    pub fn is_flushed(&self) -> bool {
        self.net.look(|host| host.tcp_flushed(self.id))
    }

    /// The next received slice without a copy, at most `limit` bytes; empty when the other side has finished.
    pub async fn recv(&self, limit: usize) -> Result<Bytes, TcpError> {
        poll_fn(|cx| self.poll_recv(cx, limit)).await
    }

    fn poll_recv(&self, cx: &mut Context<'_>, limit: usize) -> Poll<Result<Bytes, TcpError>> {
        self.poll_call(|host| match host.tcp_recv_bytes(self.id, limit) {
            Ok(Some(bytes)) => Poll::Ready(Ok(bytes)),
            Ok(None) => {
                host.wake_on_readable(SocketId::Tcp(self.id), cx.waker());
                Poll::Pending
            }
            Err(error) => Poll::Ready(Err(error)),
        })
    }

    /// Waits until some of `data` fits into the send buffer; how many bytes were taken.
    pub async fn send(&self, data: &[u8]) -> Result<usize, TcpError> {
        poll_fn(|cx| self.poll_send(cx, data)).await
    }

    fn poll_send(&self, cx: &mut Context<'_>, data: &[u8]) -> Poll<Result<usize, TcpError>> {
        self.poll_call(|host| match host.tcp_send(self.id, data) {
            Ok(0) if !data.is_empty() => {
                host.wake_on_writable(SocketId::Tcp(self.id), cx.waker());
                Poll::Pending
            }
            result => Poll::Ready(result),
        })
    }

    /// A call that touches the host unless it has to wait: then it changed nothing.
    fn poll_call<T>(&self, act: impl FnOnce(&mut stack::Host) -> Poll<T>) -> Poll<T> {
        let answer = self.net.visit(act);
        if answer.is_ready() {
            self.net.touch();
        }
        answer
    }
}

impl AsyncRead for TcpStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        let into = buf.initialize_unfilled();
        let count = ready!(self.poll_call(|host| match host.tcp_recv(self.id, into) {
            Ok(Some(count)) => Poll::Ready(Ok(count)),
            Ok(None) => {
                host.wake_on_readable(SocketId::Tcp(self.id), cx.waker());
                Poll::Pending
            }
            Err(error) => Poll::Ready(Err(error)),
        }))?;
        buf.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for TcpStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_send(cx, data).map_err(io::Error::from)
    }

    /// Ready at once: what was written is in the send buffer and leaves as soon as TCP allows.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Sends the FIN and is ready at once.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.finish();
        Poll::Ready(Ok(()))
    }
}

impl Drop for TcpStream {
    fn drop(&mut self) {
        self.net.call(|host| host.tcp_release(self.id));
    }
}

/// Takes connections. Dropping it stops listening.
#[derive(Debug)]
pub struct TcpListener {
    net: Net,
    id: ListenerId,
    local: SocketAddr,
}

impl TcpListener {
    pub(crate) fn bind(net: &Net, local: SocketAddr) -> Result<Self, BindError> {
        let id = net.call(|host| host.tcp_listen(local, BACKLOG))?;
        let local = net.look(|host| host.tcp_listener_local(id)).unwrap_or(local);
        Ok(TcpListener { net: net.clone(), id, local })
    }

    /// The next connection, and who opened it.
    pub async fn accept(&self) -> (TcpStream, SocketAddr) {
        let id = poll_fn(|cx| self.poll_accept(cx)).await;
        let stream = TcpStream::accepted(&self.net, id, self.local);
        let peer = stream.peer_addr();
        (stream, peer)
    }

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<ConnId> {
        self.net.visit(|host| match host.tcp_accept(self.id) {
            Some(id) => Poll::Ready(id),
            None => {
                host.wake_on_readable(SocketId::Listener(self.id), cx.waker());
                Poll::Pending
            }
        })
    }

    /// Changes one setting of every connection that is opened from now on.
    pub fn set(&self, option: TcpOption) {
        self.net.call(|host| host.tcp_set_listener(self.id, option));
    }

    /// Where it listens, with the port that was chosen.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }
}

impl Drop for TcpListener {
    fn drop(&mut self) {
        self.net.call(|host| host.tcp_unlisten(self.id));
    }
}

/// Connections that wait to be accepted, at most.
const BACKLOG: usize = 1024;
