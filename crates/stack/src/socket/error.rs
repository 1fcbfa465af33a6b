//! What a socket call answers when it cannot do what was asked: small enums, one per kind of call.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// A local address cannot be taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BindError {
    /// Somebody has it.
    InUse(SocketAddr),
    /// No interface of this host has it.
    NotOurs(IpAddr),
    /// All ephemeral ports are taken.
    NoPortLeft,
    /// The host has as many sockets as its `Config` allows.
    TooManySockets,
}

/// A datagram cannot be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SendError {
    /// No route leads there.
    NoRoute(IpAddr),
    /// The interface towards it has no address yet.
    NoAddress,
    /// Larger than a datagram may be, or than the socket's family allows.
    TooBig,
    /// The interface's queue is full: try again later.
    QueueFull,
    /// An ICMP message said that an earlier datagram did not arrive.
    Refused(SocketAddr),
    /// The socket is closed.
    Closed,
}

/// A connection cannot be opened, or ended otherwise than by both sides closing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TcpError {
    /// The other side answered the SYN with a reset: nobody listens there.
    Refused,
    /// The other side reset the connection.
    Reset,
    /// This side aborted it.
    Aborted,
    /// Nothing was acknowledged for too long.
    TimedOut,
    /// A router or the peer said that it cannot be reached.
    Unreachable(&'static str),
    /// No route leads there.
    NoRoute(IpAddr),
    /// The interface towards it has no address.
    NoAddress,
    /// All ephemeral ports towards this peer are taken.
    NoPortLeft,
    /// The host has as many connections as its `Config` allows.
    TooManySockets,
    /// The sending half is already closed.
    Closed,
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BindError::InUse(address) => write!(f, "{address} is in use"),
            BindError::NotOurs(ip) => write!(f, "{ip} is not an address of this host"),
            BindError::NoPortLeft => f.write_str("no ephemeral port is left"),
            BindError::TooManySockets => f.write_str("the host's socket table is full"),
        }
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SendError::NoRoute(ip) => write!(f, "no route to {ip}"),
            SendError::NoAddress => f.write_str("the interface has no address"),
            SendError::TooBig => f.write_str("too big for a datagram"),
            SendError::QueueFull => f.write_str("the interface's queue is full"),
            SendError::Refused(to) => write!(f, "{to} refused an earlier datagram"),
            SendError::Closed => f.write_str("the socket is closed"),
        }
    }
}

impl fmt::Display for TcpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TcpError::Refused => f.write_str("connection refused"),
            TcpError::Reset => f.write_str("connection reset by the other side"),
            TcpError::Aborted => f.write_str("connection aborted"),
            TcpError::TimedOut => f.write_str("connection timed out"),
            TcpError::Unreachable(why) => f.write_str(why),
            TcpError::NoRoute(ip) => write!(f, "no route to {ip}"),
            TcpError::NoAddress => f.write_str("the interface has no address"),
            TcpError::NoPortLeft => f.write_str("no ephemeral port is left"),
            TcpError::TooManySockets => f.write_str("the host's connection table is full"),
            TcpError::Closed => f.write_str("the sending half is closed"),
        }
    }
}

impl std::error::Error for BindError {}
impl std::error::Error for SendError {}
impl std::error::Error for TcpError {}

impl From<TcpError> for std::io::Error {
    fn from(error: TcpError) -> Self {
        use std::io::ErrorKind;
        let kind = match error {
            TcpError::Refused => ErrorKind::ConnectionRefused,
            TcpError::Reset => ErrorKind::ConnectionReset,
            TcpError::Aborted => ErrorKind::ConnectionAborted,
            TcpError::TimedOut => ErrorKind::TimedOut,
            TcpError::Unreachable(_) | TcpError::NoRoute(_) => ErrorKind::HostUnreachable,
            TcpError::Closed => ErrorKind::BrokenPipe,
            TcpError::NoAddress | TcpError::NoPortLeft | TcpError::TooManySockets => ErrorKind::AddrNotAvailable,
        };
        std::io::Error::new(kind, error)
    }
}
