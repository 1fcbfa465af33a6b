//! UDP (RFC 768): sockets by port, each with a bounded queue of datagrams.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::task::Waker;

use base::event::TransportDrop;
use base::{Port, Rng};
use rustc_hash::FxHashMap;

use super::arena::Arena;
use super::port;
use crate::socket::{BindError, Datagram};

/// All UDP sockets of a host.
pub(crate) struct Udp {
    sockets: Arena<UdpSocket>,
    by_port: FxHashMap<u16, Vec<u64>>,
    queue_limit: usize,
}

pub(crate) struct UdpSocket {
    pub(crate) local: SocketAddr,
    /// Bound to this interface alone.
    pub(crate) only: Option<Port>,
    queue: VecDeque<Datagram>,
    /// A destination that an ICMP message called unreachable, told once.
    refused: Option<SocketAddr>,
    waker: Option<Waker>,
}

impl Udp {
    pub(crate) fn new(max_sockets: usize, queue_limit: usize) -> Self {
        Udp { sockets: Arena::new(max_sockets), by_port: FxHashMap::default(), queue_limit }
    }

    /// Whether nobody bound to the same port could be meant as well.
    fn is_free(&self, local: SocketAddr, only: Option<Port>) -> bool {
        let Some(ids) = self.by_port.get(&local.port()) else { return true };
        !ids.iter().filter_map(|id| self.sockets.get(*id)).any(|other| {
            let same_family = other.local.is_ipv4() == local.is_ipv4();
            let same_ip = other.local.ip() == local.ip();
            same_family && same_ip && (only.is_none() || other.only.is_none() || only == other.only)
        })
    }

    pub(crate) fn bind(&mut self, mut local: SocketAddr, only: Option<Port>, rng: &mut Rng) -> Result<u64, BindError> {
        if local.port() == 0 {
            let free = |port| self.is_free(SocketAddr::new(local.ip(), port), only);
            local.set_port(port::ephemeral(rng, free).ok_or(BindError::NoPortLeft)?);
        } else if !self.is_free(local, only) {
            return Err(BindError::InUse(local));
        }
        let socket = UdpSocket { local, only, queue: VecDeque::new(), refused: None, waker: None };
        let id = self.sockets.insert(socket).ok_or(BindError::TooManySockets)?;
        self.by_port.entry(local.port()).or_default().push(id);
        Ok(id)
    }

    pub(crate) fn get(&self, id: u64) -> Option<&UdpSocket> {
        self.sockets.get(id)
    }

    pub(crate) fn close(&mut self, id: u64) {
        let Some(socket) = self.sockets.remove(id) else { return };
        if let Some(ids) = self.by_port.get_mut(&socket.local.port()) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.by_port.remove(&socket.local.port());
            }
        }
    }

    /// Whether a socket on `port` could take datagrams that arrive by `by`.
    pub(crate) fn listens_on(&self, port: u16, by: Port) -> bool {
        let ids = self.by_port.get(&port).map_or(&[][..], Vec::as_slice);
        ids.iter().filter_map(|id| self.sockets.get(*id)).any(|socket| socket.only == Some(by))
    }

    /// Puts a datagram into the queue of the socket that fits it best: interface, then address, then any.
    pub(crate) fn on_datagram(&mut self, datagram: Datagram, wakers: &mut Vec<Waker>) -> Result<(), TransportDrop> {
        let ids = self.by_port.get(&datagram.to.port()).map_or(&[][..], Vec::as_slice);
        let fit = |id: &&u64| {
            let socket = self.sockets.get(**id)?;
            let ip = socket.local.ip();
            let right_family = ip.is_ipv4() == datagram.to.is_ipv4();
            let right_port = socket.only.is_none_or(|only| only == datagram.port);
            let right_ip = ip.is_unspecified() || ip == datagram.to.ip();
            (right_family && right_port && right_ip).then_some((socket.only.is_some(), !ip.is_unspecified()))
        };
        let best = ids.iter().filter(|id| fit(id).is_some()).max_by_key(fit).copied();
        let socket = best.and_then(|id| self.sockets.get_mut(id)).ok_or(TransportDrop::NoListener)?;
        if socket.queue.len() >= self.queue_limit {
            return Err(TransportDrop::ReceiveQueueFull);
        }
        socket.queue.push_back(datagram);
        wakers.extend(socket.waker.take());
        Ok(())
    }

    /// An ICMP message says that `to` cannot be reached from `from`.
    pub(crate) fn on_refused(&mut self, from: SocketAddr, to: SocketAddr, wakers: &mut Vec<Waker>) {
        let ids = self.by_port.get(&from.port()).cloned().unwrap_or_default();
        for id in ids {
            let Some(socket) = self.sockets.get_mut(id) else { continue };
            if socket.local.ip().is_unspecified() || socket.local.ip() == from.ip() {
                socket.refused = Some(to);
                wakers.extend(socket.waker.take());
            }
        }
    }

    pub(crate) fn recv(&mut self, id: u64) -> Option<Result<Datagram, SocketAddr>> {
        let socket = self.sockets.get_mut(id)?;
        match socket.queue.pop_front() {
            Some(datagram) => Some(Ok(datagram)),
            None => socket.refused.take().map(Err),
        }
    }

    pub(crate) fn wake_on_readable(&mut self, id: u64, waker: &Waker, wakers: &mut Vec<Waker>) {
        match self.sockets.get_mut(id) {
            Some(socket) if socket.queue.is_empty() && socket.refused.is_none() => socket.waker = Some(waker.clone()),
            _ => wakers.push(waker.clone()),
        }
    }
}

/// What IPv4 leaves for the payload of a datagram.
pub(crate) const MAX_PAYLOAD: usize = 65_535 - 20 - 8;

/// The unspecified address of the other address's family.
pub(crate) fn unspecified_like(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => std::net::Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => std::net::Ipv6Addr::UNSPECIFIED.into(),
    }
}
