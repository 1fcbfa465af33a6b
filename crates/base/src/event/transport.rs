//! Facts of the transport layer.

use std::fmt;
use std::net::SocketAddr;

use crate::{Duration, SeqNum};

/// A connection, seen from this end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Flow {
    /// This end.
    pub local: SocketAddr,
    /// The other end.
    pub remote: SocketAddr,
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} <-> {}", self.local, self.remote)
    }
}

/// The eleven states of RFC 9293, section 3.3.2.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[expect(missing_docs, reason = "the RFC's own names")]
pub enum TcpState {
    Closed,
    Listen,
    SynSent,
    SynReceived,
    Established,
    FinWait1,
    FinWait2,
    CloseWait,
    Closing,
    LastAck,
    TimeWait,
}

impl fmt::Display for TcpState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            TcpState::Closed => "CLOSED",
            TcpState::Listen => "LISTEN",
            TcpState::SynSent => "SYN-SENT",
            TcpState::SynReceived => "SYN-RECEIVED",
            TcpState::Established => "ESTABLISHED",
            TcpState::FinWait1 => "FIN-WAIT-1",
            TcpState::FinWait2 => "FIN-WAIT-2",
            TcpState::CloseWait => "CLOSE-WAIT",
            TcpState::Closing => "CLOSING",
            TcpState::LastAck => "LAST-ACK",
            TcpState::TimeWait => "TIME-WAIT",
        })
    }
}

/// Why a segment was sent again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum RetransmitCause {
    /// The retransmission timer ran out (RFC 6298).
    Timeout,
    /// Duplicate acknowledgements or SACK blocks show the loss (RFC 5681, RFC 6675).
    FastRetransmit,
    /// A partial acknowledgement or the scoreboard names the next hole during recovery.
    Recovery,
    /// A tail-loss probe: the last segment again, to learn whether it arrived (RFC 8985, section 7).
    TailProbe,
    /// A probe of a zero window (RFC 9293, section 3.8.6.1).
    WindowProbe,
}

/// The quantities by which a sender decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TcpMetrics {
    /// Congestion window, bytes.
    pub cwnd: u32,
    /// Slow-start threshold, bytes; `u32::MAX`: none yet.
    pub ssthresh: u32,
    /// Sent and neither acknowledged nor thought lost, bytes.
    pub in_flight: u32,
    /// Largest segment, bytes.
    pub mss: u32,
    /// Smoothed round trip.
    pub srtt: Option<Duration>,
    /// Retransmission timeout.
    pub rto: Duration,
    /// Acknowledged since the connection began, bytes.
    pub delivered: u64,
    /// What the sender is doing: "slow start", "avoidance", "recovery", "loss".
    pub phase: &'static str,
}

/// What happened at the transport layer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TransportFact {
    /// A connection changed its state.
    State {
        /// Which connection.
        flow: Flow,
        /// Before.
        from: TcpState,
        /// After.
        to: TcpState,
    },
    /// A segment was sent again.
    Retransmit {
        /// Which connection.
        flow: Flow,
        /// First byte.
        seq: SeqNum,
        /// Length, bytes.
        len: usize,
        /// Why.
        cause: RetransmitCause,
    },
    /// The congestion window changed for a reason worth telling.
    Congestion {
        /// Which connection.
        flow: Flow,
        /// One phrase: "third duplicate ACK".
        why: &'static str,
        /// Congestion window, bytes, before and after.
        cwnd: (u32, u32),
        /// Slow-start threshold after, bytes.
        ssthresh: u32,
    },
    /// What a sender reckons with; told after everything that changed a part of it.
    Metrics {
        /// Which connection.
        flow: Flow,
        /// The quantities.
        metrics: TcpMetrics,
    },
    /// The retransmission timer ran out and was doubled.
    Backoff {
        /// Which connection.
        flow: Flow,
        /// The next timeout.
        rto: Duration,
    },
    /// The connection ended with an error.
    Failed {
        /// Which connection.
        flow: Flow,
        /// One phrase: "connection refused".
        why: &'static str,
    },
}

super::reasons! {
    /// Why a segment or datagram was dropped at the transport layer.
    TransportDrop {
        Malformed = "malformed transport header",
        BadChecksum = "transport checksum wrong",
        NoListener = "nobody listens on that port",
        ReceiveQueueFull = "the socket's receive queue is full",
        OutOfWindow = "outside the receive window",
        BadAck = "acknowledges what was never sent",
        OldTimestamp = "timestamp older than the last one (PAWS)",
        NoConnection = "belongs to no connection",
        SynQueueFull = "too many half-open connections",
        AcceptQueueFull = "too many connections wait to be accepted",
        OutOfOrderFull = "out-of-order memory full",
        Closed = "the program closed the connection",
        ChallengeAck = "reset or SYN not at the expected number, answered by a challenge ACK",
        DuplicateSegment = "nothing new in it",
        NoAckFlag = "a segment without ACK on a synchronized connection",
    }
}
