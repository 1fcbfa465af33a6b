//! Transport: TCP and UDP, and the ports they share.

pub(crate) mod arena;
pub(crate) mod port;
pub(crate) mod raw;
pub(crate) mod tcp;
pub(crate) mod udp;

use std::net::IpAddr;

use base::Port;

/// The way packets to a peer take: what a connection keeps, so that a segment needs no route lookup.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Path {
    /// Out of this interface.
    pub(crate) port: Port,
    /// It does not leave this host at all.
    pub(crate) local: bool,
    /// To this neighbour: a router, or the peer itself.
    pub(crate) next_hop: IpAddr,
    /// The largest IP packet that the interface sends.
    pub(crate) mtu: usize,
    /// What its first link carries: the path back may be wider than the path there is known to be.
    pub(crate) link_mtu: u16,
}

impl Path {
    /// Out of an interface whose packets have at most `mtu` bytes.
    pub(crate) fn new(port: Port, next_hop: IpAddr, mtu: usize) -> Self {
        Path { port, local: false, next_hop, mtu, link_mtu: mtu.min(usize::from(u16::MAX)) as u16 }
    }
}
