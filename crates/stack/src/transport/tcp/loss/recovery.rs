//! When a loss is repaired: fast retransmit and recovery (RFC 5681, RFC 6675; RFC 6582 without SACK), and the timeout.

use base::{Duration, SeqNum};

use super::Scoreboard;

/// Where the sender stands between losses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    /// Nothing is being repaired.
    Open,
    /// Fast recovery, until everything before the point is acknowledged.
    Fast(SeqNum),
    /// Repair after a timeout, likewise.
    Timeout(SeqNum),
}

#[derive(Debug)]
pub(crate) struct Recovery {
    phase: Phase,
    duplicates: u32,
    /// Highest sequence number sent when the last repair began (RFC 6582's "recover").
    recover: Option<SeqNum>,
}

/// What an acknowledgement means for the congestion controller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// Nothing is lost: the window may grow.
    Grow,
    /// A loss was found: the window shrinks.
    Loss(&'static str),
    /// Still repairing.
    Repairing,
    /// The repair is complete.
    Recovered,
}

/// An acceptable acknowledgement, as recovery sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ack {
    pub(crate) una: SeqNum,
    pub(crate) nxt: SeqNum,
    /// Newly acknowledged bytes.
    pub(crate) acked: u32,
    /// Newly sacked bytes.
    pub(crate) sacked: u32,
    /// A duplicate in the sense of RFC 5681, section 2.
    pub(crate) duplicate: bool,
    pub(crate) sack_in_use: bool,
    pub(crate) mss: u32,
    /// The round trip that it measured.
    pub(crate) sample: Option<Duration>,
}

impl Recovery {
    pub(crate) fn new() -> Self {
        Recovery { phase: Phase::Open, duplicates: 0, recover: None }
    }

    pub(crate) fn on_ack(&mut self, ack: Ack, board: &mut Scoreboard) -> Verdict {
        let duplicate = if ack.sack_in_use { ack.duplicate && ack.sacked > 0 } else { ack.duplicate };
        if duplicate {
            self.duplicates += 1;
            if !ack.sack_in_use {
                board.guess_one_left(ack.mss);
            }
        } else if ack.acked > 0 {
            self.duplicates = 0;
            if !ack.sack_in_use {
                board.unguess(ack.acked, ack.mss);
            }
        }
        match self.phase {
            Phase::Open => self.look_for_loss(ack, board),
            Phase::Fast(point) => self.repair(ack, point, board),
            Phase::Timeout(point) if point.at_most(ack.una) => {
                self.phase = Phase::Open;
                board.forget_guesses();
                Verdict::Grow
            }
            // Slow start out of the hole: everything unsacked is marked lost already.
            Phase::Timeout(_) => Verdict::Grow,
        }
    }

    //= rfc6675#5
    // Enter on DupAcks >= DupThresh, or as soon as IsLost(HighACK + 1).
    fn look_for_loss(&mut self, ack: Ack, board: &mut Scoreboard) -> Verdict {
        let by_blocks = board.mark_lost(ack.mss);
        let by_count = self.duplicates >= 3 && !self.repaired_already(ack);
        if !by_blocks && !by_count {
            return Verdict::Grow;
        }
        board.mark_first_lost();
        self.phase = Phase::Fast(ack.nxt);
        self.recover = Some(ack.nxt);
        Verdict::Loss(if self.duplicates >= 3 { "third duplicate ACK" } else { "SACK blocks show a loss" })
    }

    /// Without SACK, duplicates below the last recovery point may be echoes of our own retransmissions.
    //= rfc6582#3.2
    fn repaired_already(&self, ack: Ack) -> bool {
        !ack.sack_in_use && self.recover.is_some_and(|recover| ack.una.before(recover))
    }

    fn repair(&mut self, ack: Ack, point: SeqNum, board: &mut Scoreboard) -> Verdict {
        if point.at_most(ack.una) {
            self.phase = Phase::Open;
            self.duplicates = 0;
            board.forget_guesses();
            return Verdict::Recovered;
        }
        board.mark_lost(ack.mss);
        //= rfc6582#3.2
        // A partial acknowledgement: the next unacknowledged segment was lost too.
        if ack.acked > 0 && board.first().is_some_and(|first| first.again == 0) {
            board.mark_first_lost();
        }
        Verdict::Repairing
    }

    /// The retransmission timer ran out.
    pub(crate) fn on_timeout(&mut self, nxt: SeqNum, board: &mut Scoreboard) {
        self.phase = Phase::Timeout(nxt);
        self.recover = Some(nxt);
        self.duplicates = 0;
        board.forget_sacks_if_reneged();
        board.mark_all_lost();
    }
}
