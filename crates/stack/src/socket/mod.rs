//! What a program holds: ids of sockets, and what can be read from them.

mod error;
mod info;
mod option;

use std::net::{IpAddr, SocketAddr};

use base::{Mac, Port};
use bytes::Bytes;

pub use error::{BindError, SendError, TcpError};
pub use info::{Agreed, Board, LossPhase, Rtt, TcpInfo, Totals, Waiting};
pub use option::{Keepalive, TcpOption};

/// A UDP socket of a host.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct UdpId(pub(crate) u64);

/// A raw socket of a host.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RawId(pub(crate) u64);

/// A listening TCP socket of a host.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ListenerId(pub(crate) u64);

/// A TCP connection of a host.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ConnId(pub(crate) u64);

/// A socket on a link of a host.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LinkId(pub(crate) u64);

/// Any of them: what a waker waits at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[expect(missing_docs, reason = "the kinds of id above")]
pub enum SocketId {
    Udp(UdpId),
    Raw(RawId),
    Link(LinkId),
    Listener(ListenerId),
    Tcp(ConnId),
}

/// A received UDP datagram.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Datagram {
    /// Who sent it.
    pub from: SocketAddr,
    /// The address it was sent to.
    pub to: SocketAddr,
    /// The interface it came in by.
    pub port: Port,
    /// Its payload.
    pub data: Bytes,
}

/// A received IP packet's payload, for raw sockets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RawPacket {
    /// Source address.
    pub from: IpAddr,
    /// Destination address.
    pub to: IpAddr,
    /// Time to live (hop limit) on arrival.
    pub ttl: u8,
    /// What follows the IP header.
    pub data: Bytes,
}

/// A received frame's payload, for sockets on a link.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinkMessage {
    /// The station that sent it; unspecified on a line between two.
    pub from: Mac,
    /// What follows the link header. Ethernet's padding is part of it.
    pub data: Bytes,
}
