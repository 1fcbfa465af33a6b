//! UDP for programs.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use base::Port;
use stack::{BindError, Datagram, SendError, SocketId, UdpId};

use crate::Net;

/// A UDP socket. Dropping it closes it.
#[derive(Debug)]
pub struct UdpSocket {
    net: Net,
    id: UdpId,
}

impl UdpSocket {
    pub(crate) fn bind(net: &Net, local: SocketAddr, only: Option<Port>) -> Result<Self, BindError> {
        let id = net.call(|host| host.udp_bind(local, only))?;
        Ok(UdpSocket { net: net.clone(), id })
    }

    /// The address it is bound to, with the port that was chosen.
    pub fn local_addr(&self) -> SocketAddr {
        let unspecified = SocketAddr::from(([0, 0, 0, 0], 0));
        self.net.look(|host| host.udp_local(self.id)).unwrap_or(unspecified)
    }

    /// Sends a datagram. It never waits: what does not fit is refused.
    pub fn send_to(&self, data: &[u8], to: SocketAddr) -> Result<(), SendError> {
        self.net.call(|host| host.udp_send(self.id, to, data))
    }

    /// The next datagram. An error says once that an earlier one was refused by its receiver.
    pub async fn recv(&self) -> Result<Datagram, SendError> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// What has come in already, without waiting.
    pub fn try_recv(&self) -> Result<Option<Datagram>, SendError> {
        self.net.visit(|host| host.udp_recv(self.id))
    }

    /// The poll behind [`UdpSocket::recv`].
    pub fn poll_recv(&self, cx: &mut Context<'_>) -> Poll<Result<Datagram, SendError>> {
        self.net.visit(|host| match host.udp_recv(self.id) {
            Ok(Some(datagram)) => Poll::Ready(Ok(datagram)),
            Ok(None) => {
                host.wake_on_readable(SocketId::Udp(self.id), cx.waker());
                Poll::Pending
            }
            Err(error) => Poll::Ready(Err(error)),
        })
    }
}

impl Drop for UdpSocket {
    fn drop(&mut self) {
        self.net.call(|host| host.udp_close(self.id));
    }
}
