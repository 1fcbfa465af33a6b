//! When a loss is repaired: fast recovery (RFC 5681, RFC 6675, RFC 8985; RFC 6582 without SACK), the timeout, and what
//! shows that a timeout was needless (F-RTO, RFC 5682).
//!
//! ```text
//!          a loss is seen                 everything before the point is acknowledged
//!   Open ────────────────> Fast(point) ──────────────────────────────────────────────> Open
//!    │ └──timeout──> Timeout(point) ────────────────────────────────────────────────────^
//!    └──congestion mark──> Reduced(point) ──────────────────────────────────────────────^
//! ```

use base::{Instant, SeqNum};

use super::rack::{AckClock, Rack, Tolerance};
use super::scoreboard::Sent;
use super::tail::Probed;
use super::{Prr, Scoreboard, Tail, Undo};
use crate::socket::LossPhase;

/// Where the sender stands between losses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    /// Nothing is being repaired.
    Open,
    /// The window shrank for a congestion mark; one reduction a window.
    Reduced(SeqNum),
    /// Fast recovery, until everything before the point is acknowledged.
    Fast(SeqNum),
    /// Repair after a timeout, likewise.
    Timeout(SeqNum, Frto),
}

/// RFC 5682's question, after a timeout: were the originals only slow?
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Frto {
    /// Not asked, or answered.
    Off,
    /// The first segment was sent again.
    Asked,
    /// Its acknowledgement was followed by new text instead of more repetitions.
    NewSent,
}

#[derive(Debug)]
pub(crate) struct Recovery {
    phase: Phase,
    duplicates: u32,
    /// Highest sequence number sent when the last repair began (RFC 6582's "recover").
    recover: Option<SeqNum>,
    /// Losses are found by time: SACK is in use, and RACK wanted.
    by_time: bool,
    /// What time tells, once something was delivered.
    rack: Option<Box<Rack>>,
    pub(crate) tail: Tail,
    pub(crate) undo: Undo,
    prr: Option<Box<Prr>>,
    /// When what may be reordered now counts as lost.
    pub(crate) reorder_at: Option<Instant>,
    /// The last acknowledgement told of a new loss.
    lost_more: bool,
}

/// What an acknowledgement means for the congestion controller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// Nothing is lost: the window may grow.
    Grow,
    /// A loss was found: the window shrinks, the repair begins.
    Loss(&'static str),
    /// A loss was found that is repaired already: the window shrinks.
    Repaired(&'static str),
    /// Still repairing.
    Repairing,
    /// The repair is complete.
    Recovered,
    /// The loss was none: the window gets back what it lost.
    Undone(&'static str),
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
    /// It tells of a segment that arrived twice (RFC 2883).
    pub(crate) dsack: bool,
    /// A segment that was sent once, before the repair began, was delivered.
    pub(crate) original: bool,
    /// The timestamp of ours that it echoes.
    pub(crate) echo: Option<u32>,
    /// There is text that was never sent, and the peer takes it.
    pub(crate) has_new: bool,
    pub(crate) mss: u32,
    pub(crate) clock: AckClock,
    pub(crate) tolerance: Tolerance,
}

impl Recovery {
    pub(crate) fn new(by_time: bool) -> Self {
        Recovery {
            phase: Phase::Open,
            duplicates: 0,
            recover: None,
            by_time,
            rack: None,
            tail: Tail::default(),
            undo: Undo::default(),
            prr: None,
            reorder_at: None,
            lost_more: false,
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open | Phase::Reduced(_))
    }

    /// Whether a timeout or fast recovery is being repaired.
    pub(crate) fn is_repairing(&self) -> bool {
        !self.is_open()
    }

    /// Whether a congestion mark may shrink the window now.
    pub(crate) fn heeds_marks(&self) -> bool {
        self.phase == Phase::Open
    }

    pub(crate) fn on_mark(&mut self, nxt: SeqNum) {
        self.phase = Phase::Reduced(nxt);
    }

    pub(crate) fn phase(&self) -> LossPhase {
        match self.phase {
            Phase::Open if self.duplicates > 0 => LossPhase::Disorder,
            Phase::Open => LossPhase::Open,
            Phase::Reduced(_) => LossPhase::Reduced,
            Phase::Fast(_) => LossPhase::Recovery,
            Phase::Timeout(..) => LossPhase::Loss,
        }
    }

    /// How far segments were seen to overtake each other, bytes.
    pub(crate) fn overtaken(&self) -> u32 {
        self.rack.as_ref().map_or(0, |rack| rack.overtaken())
    }

    /// Behind what a delivered segment is no news about the losses under repair.
    pub(crate) fn point(&self) -> Option<SeqNum> {
        match self.phase {
            Phase::Fast(point) | Phase::Timeout(point, _) => Some(point),
            _ => None,
        }
    }

    /// What may be in flight during fast recovery, when proportional rate reduction decides it.
    #[inline]
    pub(crate) fn window(&self) -> Option<u32> {
        self.prr.as_ref().map(|prr| prr.window())
    }

    /// F-RTO wants new text to go before more repetitions.
    pub(crate) fn wants_new_first(&self) -> bool {
        matches!(self.phase, Phase::Timeout(_, Frto::NewSent))
    }

    /// Whether the next repetition is the first of fast recovery.
    pub(crate) fn is_first_repair(&self) -> bool {
        self.prr.as_ref().is_some_and(|prr| prr.is_new())
    }

    /// Whether the end of a flight is probed (RFC 8985, section 7.2): not while anything is amiss, one probe at a time.
    #[inline]
    pub(crate) fn probes_tails(&self) -> bool {
        self.by_time && self.is_open() && !self.tail.is_out()
    }

    /// Something was sent again, at this time of our timestamp clock.
    pub(crate) fn on_sent_again(&mut self, timestamp: Option<u32>) {
        self.undo.on_again(timestamp);
    }

    #[inline]
    pub(crate) fn on_sent(&mut self, bytes: u32) {
        if let Some(prr) = &mut self.prr {
            prr.on_sent(bytes);
        }
    }

    #[inline]
    pub(crate) fn on_delivered(&mut self, sent: &Sent, clock: AckClock) {
        if self.by_time {
            self.rack.get_or_insert_with(|| Box::new(Rack::new(sent.seq))).on_delivered(sent, clock);
        }
    }

    pub(crate) fn on_ack(&mut self, ack: &Ack, board: &mut Scoreboard) -> Verdict {
        self.count(ack, board);
        if ack.dsack {
            self.undo.on_dsack();
            if let Some(rack) = &mut self.rack {
                rack.on_dsack(ack.una, ack.nxt);
            }
        }
        let plain_duplicate = ack.duplicate && ack.sacked == 0;
        if self.tail.on_ack(ack.una, ack.dsack, plain_duplicate) == Probed::Repaired && self.is_open() {
            self.phase = Phase::Reduced(ack.nxt);
            return Verdict::Repaired("a tail-loss probe repaired a loss");
        }
        if let Some(why) = self.needless(ack) {
            return self.take_back(why, board);
        }
        match self.phase {
            Phase::Open => self.look_for_loss(ack, board),
            Phase::Reduced(point) => self.reduce(ack, point, board),
            Phase::Fast(point) => self.repair(ack, point, board),
            Phase::Timeout(point, frto) => self.repair_timeout(ack, (point, frto), board),
        }
    }

    /// Duplicates, and without SACK what they stand for.
    fn count(&mut self, ack: &Ack, board: &mut Scoreboard) {
        let duplicate = if ack.sack_in_use { ack.duplicate && ack.sacked > 0 } else { ack.duplicate };
        if duplicate {
            self.duplicates += 1;
            // Out of a hole in slow start, what duplicates stand for is sent again: it has not left.
            if !ack.sack_in_use && !matches!(self.phase, Phase::Timeout(..)) {
                board.guess_one_left(ack.mss);
            }
        } else if ack.acked > 0 {
            self.duplicates = 0;
            if !ack.sack_in_use {
                board.unguess(ack.acked, ack.mss);
            }
        }
    }

    /// Why the reduction was needless, once that is known.
    fn needless(&mut self, ack: &Ack) -> Option<&'static str> {
        if ack.acked > 0 && self.is_repairing() && self.undo.original_arrived(ack.echo) {
            return Some("the original arrived, by its timestamp");
        }
        if ack.dsack && self.undo.all_explained() {
            return Some("everything sent again arrived twice");
        }
        //= rfc5682#3.1
        // (3b) Something that was not sent again was delivered: the timeout was only impatience.
        match self.phase {
            Phase::Timeout(_, Frto::Asked | Frto::NewSent) if ack.original => Some("the timeout was spurious (F-RTO)"),
            _ => None,
        }
    }

    //= rfc4015#3.2
    fn take_back(&mut self, why: &'static str, board: &mut Scoreboard) -> Verdict {
        board.unmark_lost();
        board.forget_guesses();
        self.undo.forget();
        self.finish();
        Verdict::Undone(why)
    }

    fn finish(&mut self) {
        self.phase = Phase::Open;
        self.duplicates = 0;
        self.prr = None;
        if let Some(rack) = &mut self.rack {
            rack.on_recovered();
        }
    }

    /// After a mark the window comes down in proportion to what is delivered, as in fast recovery.
    fn reduce(&mut self, ack: &Ack, point: SeqNum, board: &mut Scoreboard) -> Verdict {
        if point.at_most(ack.una) {
            (self.phase, self.prr) = (Phase::Open, None);
        }
        match (self.look_for_loss(ack, board), &mut self.prr) {
            (Verdict::Grow, Some(prr)) => {
                prr.on_ack(ack.acked + ack.sacked, board.pipe(), ack.acked > 0);
                Verdict::Repairing
            }
            (verdict, _) => verdict,
        }
    }

    /// Marks what is lost by now, by time or by counting.
    fn detect(&mut self, ack: &Ack, board: &mut Scoreboard) -> bool {
        self.lost_more =
            if self.by_time { self.mark_late(ack.tolerance, ack.clock.now, board) } else { board.mark_lost(ack.mss) };
        self.lost_more
    }

    /// Marks what is too late by now, and notes when to look again. Nothing is before anything was delivered.
    fn mark_late(&mut self, tolerance: Tolerance, now: Instant, board: &mut Scoreboard) -> bool {
        let Some(rack) = &self.rack else { return false };
        let (any, again_at) = board.mark_late(rack.newest(tolerance), now);
        self.reorder_at = again_at;
        any
    }

    /// The time after which what was out of order counts as lost has come.
    pub(crate) fn on_reorder_timer(
        &mut self,
        (tolerance, now, nxt): (Tolerance, Instant, SeqNum),
        board: &mut Scoreboard,
    ) -> Verdict {
        match (self.mark_late(tolerance, now, board), self.is_open()) {
            (true, true) => self.enter(nxt, "too late for reordering (RACK)"),
            _ => Verdict::Repairing,
        }
    }

    fn enter(&mut self, nxt: SeqNum, why: &'static str) -> Verdict {
        self.phase = Phase::Fast(nxt);
        self.recover = Some(nxt);
        self.tail.forget();
        Verdict::Loss(why)
    }

    //= rfc6675#5
    // Enter on DupAcks >= DupThresh, or as soon as a segment is taken for lost.
    fn look_for_loss(&mut self, ack: &Ack, board: &mut Scoreboard) -> Verdict {
        let seen = self.detect(ack, board);
        let by_count = !self.by_time && self.duplicates >= 3 && !self.repaired_already(ack);
        if !seen && !by_count {
            return Verdict::Grow;
        }
        if by_count {
            board.mark_first_lost();
        }
        let why = if self.duplicates >= 3 { "third duplicate ACK" } else { "SACK blocks show a loss" };
        self.enter(ack.nxt, why)
    }

    /// Without SACK, duplicates below the last recovery point may be echoes of our own retransmissions.
    //= rfc6582#3.2
    fn repaired_already(&self, ack: &Ack) -> bool {
        !ack.sack_in_use && self.recover.is_some_and(|recover| ack.una.before(recover))
    }

    fn repair(&mut self, ack: &Ack, point: SeqNum, board: &mut Scoreboard) -> Verdict {
        if point.at_most(ack.una) {
            self.finish();
            board.forget_guesses();
            self.detect(ack, board);
            // What was sent since then and got lost is another loss.
            return if board.has_lost() {
                self.enter(ack.nxt, "another loss in the next window")
            } else {
                Verdict::Recovered
            };
        }
        self.detect(ack, board);
        //= rfc6582#3.2
        // A partial acknowledgement: the next unacknowledged segment was lost too.
        if !self.by_time && ack.acked > 0 && board.first().is_some_and(|first| first.again == 0) {
            board.mark_first_lost();
        }
        if let Some(prr) = &mut self.prr {
            prr.on_ack(ack.acked + ack.sacked, board.pipe(), ack.acked > 0 && !self.lost_more);
        }
        Verdict::Repairing
    }

    /// RFC 5681 as written: the first new acknowledgement ends the repair.
    pub(crate) fn end_early(&mut self) {
        self.finish();
    }

    /// Fast recovery began: what may leave is in proportion to what arrives. `flight` counts what was outstanding before
    /// the acknowledgement that began it.
    pub(crate) fn reduce_in_proportion(
        &mut self,
        (flight, pipe): (u32, u32),
        (threshold, restart): (u32, u32),
        (delivered, mss): (u32, u32),
    ) {
        let mut prr = Prr::new(flight, threshold, mss);
        prr.on_ack(delivered, pipe, false);
        if pipe == 0 {
            prr.restart(restart);
        }
        self.prr = Some(Box::new(prr));
    }

    //= rfc5682#3.1
    fn repair_timeout(&mut self, ack: &Ack, (point, frto): (SeqNum, Frto), board: &mut Scoreboard) -> Verdict {
        if point.at_most(ack.una) {
            self.finish();
            board.forget_guesses();
            return if board.has_lost() { self.enter(ack.nxt, "a loss after the timeout") } else { Verdict::Grow };
        }
        match frto {
            // (2b) It acknowledges new data: new text tells more than another repetition.
            Frto::Asked if ack.acked > 0 && ack.has_new => self.phase = Phase::Timeout(ack.nxt, Frto::NewSent),
            // (2a), (3a) The loss was real.
            Frto::Asked if ack.acked > 0 || ack.duplicate => self.phase = Phase::Timeout(point, Frto::Off),
            Frto::NewSent => self.phase = Phase::Timeout(point, Frto::Off),
            _ => {}
        }
        if self.by_time {
            self.detect(ack, board);
        }
        // Slow start out of the hole: everything unsacked is marked lost already.
        Verdict::Grow
    }

    /// The retransmission timer ran out. `ask`: whether it may have been needless.
    pub(crate) fn on_timeout(&mut self, (una, nxt): (SeqNum, SeqNum), ask: bool, board: &mut Scoreboard) {
        if !matches!(self.phase, Phase::Timeout(..)) {
            self.undo.begin(una, board.has_resent());
        }
        let unknown = self.duplicates == 0 && board.sacked().0 == 0;
        let frto = if ask && self.is_open() && unknown { Frto::Asked } else { Frto::Off };
        self.start_over(nxt, board);
        self.phase = Phase::Timeout(nxt, frto);
    }

    /// Everything that is not sacked goes again, in slow start.
    pub(crate) fn start_over(&mut self, nxt: SeqNum, board: &mut Scoreboard) {
        self.phase = Phase::Timeout(nxt, Frto::Off);
        self.recover = Some(nxt);
        self.duplicates = 0;
        self.prr = None;
        self.reorder_at = None;
        self.tail.forget();
        board.forget_sacks_if_reneged();
        board.mark_all_lost();
    }
}
