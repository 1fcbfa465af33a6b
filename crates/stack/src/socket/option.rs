//! What a program may change about one connection; everything else is the host's [`Config`](crate::Config).

use base::Duration;

use crate::config::CongestionControl;

/// One setting of one connection (or of a listener: of every connection that it accepts).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TcpOption {
    /// Small segments wait for company (RFC 896). Off is what `TCP_NODELAY` asks for.
    Nagle(bool),
    /// Nothing but full segments leave, until it is taken off (at most 200 ms).
    Cork(bool),
    /// Acknowledge at once from now on, until the peer's behaviour says otherwise.
    QuickAck,
    /// Probe an idle peer (RFC 9293, section 3.8.4).
    Keepalive(Option<Keepalive>),
    /// How long data may stay unacknowledged before the connection is given up (RFC 5482).
    UserTimeout(Option<Duration>),
    /// Another congestion controller; it begins with the present window.
    Congestion(CongestionControl),
    /// The largest segment to send and to offer, before the connection is open.
    MaxSegment(u16),
    /// Capacity of the send buffer, bytes: it grows no more by itself, and can be filled at once. (Without this a write
    /// places what is in flight and as much again.)
    SendBuffer(usize),
    /// Capacity of the receive buffer, bytes: it grows no more by itself.
    ReceiveBuffer(usize),
    /// The Diffserv field (in the upper six bits; the lower two are RFC 3168's) of all packets from now on, answers included.
    TrafficClass(u8),
    /// No more than this is taken from the program ahead of what is sent, bytes.
    NotSentLimit(Option<usize>),
}

/// When an idle peer is asked whether it is still there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Keepalive {
    /// After so long without a segment from it.
    pub idle: Duration,
    /// Between one probe and the next.
    pub interval: Duration,
    /// Given up after so many without an answer.
    pub probes: u32,
}

impl Default for Keepalive {
    /// RFC 9293 asks for at least two hours; the rest is what most stacks do.
    //= rfc9293#3.8.4
    fn default() -> Self {
        Keepalive { idle: Duration::from_secs(7200), interval: Duration::from_secs(75), probes: 9 }
    }
}
