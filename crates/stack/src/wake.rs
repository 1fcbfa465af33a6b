//! A deadline carries its reason, so that a tool can always answer "what is everyone waiting for?".

use std::fmt;
use std::net::IpAddr;

use base::Instant;
use base::event::Flow;

/// When a node wants to be called, and why.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wake {
    /// When.
    pub at: Instant,
    /// Why.
    pub why: Why,
}

/// What a node waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// An ARP request is repeated.
    ArpRetry(IpAddr),
    /// A reassembly gives up.
    Reassembly,
    /// A segment is sent again (RFC 6298).
    TcpRto(Flow),
    /// A zero window is probed.
    TcpProbe(Flow),
    /// An acknowledgement was delayed (RFC 1122, section 4.2.3.2).
    TcpDelayedAck(Flow),
    /// A closed connection waits for the other side's FIN, without a program.
    TcpOrphan(Flow),
    /// TIME-WAIT ends.
    TcpTimeWait(Flow),
    /// Nothing any more: what was waited for has happened.
    Stale,
    /// A program sleeps.
    Sleep,
    /// The next event of a world inside this node.
    World,
    /// Addresses in a switch's table age.
    Ageing,
    /// A bridge of a spanning tree speaks, opens a port, or stops believing its neighbour.
    SpanningTree,
}

impl fmt::Display for Wake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at {}", self.why, self.at)
    }
}
