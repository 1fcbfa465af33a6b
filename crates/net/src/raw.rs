//! Raw IP sockets for programs: ping and traceroute live on them.

use std::future::poll_fn;
use std::net::IpAddr;
use std::task::{Context, Poll};

use stack::{BindError, RawId, RawPacket, SendError, SocketId};

use crate::Net;

/// A socket that sends and receives whole payloads of one IP protocol. Dropping it closes it.
#[derive(Debug)]
pub struct RawSocket {
    net: Net,
    id: RawId,
}

impl RawSocket {
    pub(crate) fn open(net: &Net, protocol: u8) -> Result<Self, BindError> {
        let id = net.call(|host| host.raw_open(protocol))?;
        Ok(RawSocket { net: net.clone(), id })
    }

    /// Sends an IP packet with this payload; `ttl` none: the host's usual one.
    pub fn send_to(&self, to: IpAddr, ttl: Option<u8>, data: &[u8]) -> Result<(), SendError> {
        self.net.call(|host| host.raw_send(self.id, to, ttl, data))
    }

    /// The next packet.
    pub async fn recv(&self) -> RawPacket {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// The poll behind [`RawSocket::recv`].
    pub fn poll_recv(&self, cx: &mut Context<'_>) -> Poll<RawPacket> {
        self.net.visit(|host| match host.raw_recv(self.id) {
            Some(packet) => Poll::Ready(packet),
            None => {
                host.wake_on_readable(SocketId::Raw(self.id), cx.waker());
                Poll::Pending
            }
        })
    }
}

impl Drop for RawSocket {
    fn drop(&mut self) {
        self.net.call(|host| host.raw_close(self.id));
    }
}
