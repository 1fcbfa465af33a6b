//! What a connection can say about itself, in the spirit of Linux's `tcp_info`.

use base::event::TcpState;
use base::{Duration, Instant};

use crate::config::CongestionControl;

/// A snapshot of one connection. Lengths are bytes, unless they say segments.
#[derive(Clone, PartialEq, Debug)]
pub struct TcpInfo {
    /// By the RFC's name.
    pub state: TcpState,
    /// What it waits for.
    pub waits_for: Waiting,
    /// Where loss recovery stands.
    pub phase: LossPhase,
    /// Agreed with the peer: timestamps, SACK, window scaling, ECN.
    pub options: Agreed,
    /// Window scale of the peer (applied to its windows) and ours.
    pub scales: (u8, u8),
    /// The congestion controller.
    pub congestion: CongestionControl,
    /// Text per segment, options taken off.
    pub send_mss: u32,
    /// Text per segment that the peer was told it may send, options taken off.
    pub receive_mss: u32,
    /// The largest IP packet that the path is known to carry.
    pub path_mtu: usize,
    /// Congestion window.
    pub cwnd: u32,
    /// Slow-start threshold; `u32::MAX` before the first loss.
    pub ssthresh: u32,
    /// The window that the peer offers.
    pub send_window: u32,
    /// The window that we offer.
    pub receive_window: u32,
    /// Sent and not acknowledged.
    pub in_flight: u32,
    /// Written by the program and not yet sent.
    pub not_sent: u32,
    /// Received and not yet read by the program.
    pub unread: u32,
    /// Smoothed round trip, its variation, and the smallest of the last minutes.
    pub rtt: Option<Rtt>,
    /// The retransmission timeout, without doublings.
    pub rto: Duration,
    /// Doublings of the timeout at present.
    pub backoff: u32,
    /// Timeouts, or unanswered probes, since the last sign of life.
    pub retries: u32,
    /// Segments on the scoreboard: unacknowledged, sacked, lost, sent again and on their way.
    pub board: Board,
    /// How far segments were seen to overtake each other.
    pub reordering: u32,
    /// Totals since the beginning.
    pub totals: Totals,
    /// Rate of pacing, bytes a second, when segments are paced.
    pub pacing_rate: Option<u64>,
    /// Delivery rate of the newest sample, bytes a second, when the controller asks for it.
    pub delivery_rate: Option<u64>,
    /// What an ICMP message said that is no reason to give up (RFC 9293, section 3.9.2.2).
    pub soft_error: Option<&'static str>,
    /// When text was last sent, and last received.
    pub last_sent: Option<Instant>,
    /// When text was last received.
    pub last_received: Option<Instant>,
}

/// Smoothed round trip and its company.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rtt {
    /// RFC 6298's SRTT.
    pub smoothed: Duration,
    /// RFC 6298's RTTVAR.
    pub variation: Duration,
    /// The smallest.
    pub min: Duration,
}

/// Options in use.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Agreed {
    /// RFC 7323.
    pub timestamps: bool,
    /// RFC 2018.
    pub sack: bool,
    /// RFC 7323.
    pub window_scaling: bool,
    /// RFC 3168.
    pub ecn: bool,
}

/// Segments on the scoreboard.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Board {
    /// Sent and not acknowledged cumulatively.
    pub unacknowledged: u32,
    /// Of these, acknowledged selectively.
    pub sacked: u32,
    /// Of these, believed to be lost (sent again or not).
    pub lost: u32,
    /// Of these, sent again and on their way.
    pub resent: u32,
}

/// Totals since the connection began.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Totals {
    /// Segments received.
    pub segments_in: u64,
    /// Segments sent.
    pub segments_out: u64,
    /// Segments with text received.
    pub data_segments_in: u64,
    /// Segments with text sent.
    pub data_segments_out: u64,
    /// Bytes of text sent, repetitions included.
    pub bytes_sent: u64,
    /// Bytes of text sent again.
    pub bytes_resent: u64,
    /// Bytes of text that the peer has acknowledged.
    pub bytes_acked: u64,
    /// Bytes of text received in order.
    pub bytes_received: u64,
    /// Segments sent again.
    pub resent: u64,
    /// D-SACK blocks that told of a needless repetition.
    pub dsacks: u64,
    /// Segments delivered, and of these, delivered with a congestion mark.
    pub delivered: u64,
    /// Segments delivered with a congestion mark (RFC 3168).
    pub delivered_ce: u64,
    /// Retransmission timeouts.
    pub timeouts: u64,
    /// Tail-loss probes (RFC 8985).
    pub tail_probes: u64,
    /// Reductions of the window that were taken back (RFC 4015).
    pub undone: u64,
}

/// Where loss recovery stands, in the words of most stacks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum LossPhase {
    /// Nothing is amiss.
    Open,
    /// Something is sacked or duplicated, nothing is taken for lost.
    Disorder,
    /// The window shrinks after a congestion mark.
    Reduced,
    /// Fast recovery.
    Recovery,
    /// Recovery after a timeout.
    Loss,
}

/// What a connection waits for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Waiting {
    /// The peer's answer to the SYN.
    Handshake,
    /// The program to write.
    Program,
    /// Acknowledgements: as much is in flight as the congestion window allows.
    CongestionWindow,
    /// The peer's window: it does not take more.
    PeerWindow,
    /// Acknowledgements, so that a small segment may leave (Nagle, CORK).
    Company,
    /// The next moment at which pacing lets a segment leave.
    Pacing,
    /// Acknowledgements of what is in flight; there is nothing else to send.
    Acknowledgement,
    /// The interface to take what could be sent now.
    Interface,
    /// The peer's FIN.
    PeerFin,
    /// The end of TIME-WAIT.
    TimeWait,
    /// Nothing: it is over.
    Nothing,
}

impl std::fmt::Display for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Waiting::Handshake => "the answer to its SYN",
            Waiting::Program => "the program to write",
            Waiting::CongestionWindow => "acknowledgements, the congestion window is full",
            Waiting::PeerWindow => "the peer to open its window",
            Waiting::Company => "company for a small segment",
            Waiting::Pacing => "the pace",
            Waiting::Acknowledgement => "acknowledgements",
            Waiting::Interface => "the interface",
            Waiting::PeerFin => "the peer to finish",
            Waiting::TimeWait => "the end of TIME-WAIT",
            Waiting::Nothing => "nothing",
        })
    }
}
