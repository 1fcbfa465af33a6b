//! What a station tells about itself when it is asked.

use super::setup::State;

/// How many frames did what.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counters {
    /// Information frames sent for the first time.
    pub sent: u64,
    /// Information frames sent again.
    pub resent: u64,
    /// Own information frames that were acknowledged.
    pub acknowledged: u64,
    /// Packets given to the layer above.
    pub delivered: u64,
    /// Frames thrown away: duplicates, out of sequence, without a link, unreadable.
    pub discarded: u64,
    /// REJ sent.
    pub rejects: u64,
    /// SREJ sent.
    pub selective_rejects: u64,
    /// RR and RNR sent.
    pub supervisory: u64,
    /// How often T1 ran out.
    pub timeouts: u64,
    /// FRMR sent: the link was reset.
    pub frame_rejects: u64,
}

/// A station at a moment. All numbers are modulo 2^n.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Snapshot {
    /// Where the link is.
    pub state: State,
    /// V(A): the oldest frame that is not acknowledged.
    pub oldest: u8,
    /// V(S): the number of the next new frame.
    pub next: u8,
    /// V(R): the number of the frame that is expected.
    pub expected: u8,
    /// Frames that are not acknowledged; V(S) - V(A) does not tell none from 2^n.
    pub outstanding: usize,
    /// Packets that wait for the window.
    pub waiting: usize,
    /// Frames beyond the expected one that are held.
    pub held: usize,
    /// What it has done so far.
    pub counters: Counters,
}
