//! The sending half's clock: a table of what happens when no acknowledgement comes, and the pace.
//!
//! | timer | runs while | when it is over |
//! |---|---|---|
//! | `rto_at` | something is in flight, or a window is closed | the oldest goes again (RFC 6298), or one byte as a probe |
//! | `Early::Tail` | the end of a flight is unacknowledged | a tail-loss probe (RFC 8985) |
//! | `Early::Reorder` | something is out of order | it counts as lost (RFC 8985) |
//! | `Early::Company` | a corked segment waits | it goes alone |
//! | pace | a paced controller sends | the next segment may leave |

use base::event::TransportFact;
use base::{Duration, Instant};

use super::cx::TcpCx;
use super::loss::Verdict;
use super::plan::Forced;
use super::sender::Sender;
use crate::socket::Totals;

#[derive(Debug)]
pub(crate) struct Clock {
    /// When the oldest segment is sent again, or a closed window probed.
    pub(super) rto_at: Option<Instant>,
    early_at: Instant,
    early: Early,
    /// Before this no segment leaves; and whether one would.
    pace_at: Instant,
    paced: bool,
    /// Doublings of the timeout since the last round trip was measured.
    pub(super) backoff: u32,
    /// Timeouts since the last news.
    pub(super) retries: u32,
    /// Probes since the window closed.
    pub(super) probes: u32,
    /// When anything was last acknowledged, or something began to be in flight.
    news_at: Instant,
    /// When text last left; never: `FAR`.
    pub(super) last_sent: Instant,
}

/// Whether a size of segment was given up because larger ones vanished (RFC 4821).
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) enum Suspicion {
    #[default]
    None,
    /// A smaller size is being tried.
    Tried,
    /// It went through: others should know.
    Confirmed,
}

/// What may happen before the retransmission timeout.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Early {
    Tail,
    Reorder,
    Company,
}

impl Clock {
    pub(super) fn new(now: Instant) -> Self {
        Clock {
            rto_at: None,
            early_at: Instant::FAR,
            early: Early::Tail,
            pace_at: Instant::ZERO,
            paced: false,
            backoff: 0,
            retries: 0,
            probes: 0,
            news_at: now,
            last_sent: Instant::FAR,
        }
    }

    pub(super) fn on_news(&mut self, now: Instant) {
        self.retries = 0;
        self.news_at = now;
    }

    /// From now on something is in flight.
    #[inline]
    pub(super) fn wait_from(&mut self, now: Instant) {
        self.news_at = now;
    }

    pub(super) fn on_window_open(&mut self) {
        (self.backoff, self.retries, self.probes) = (0, 0, 0);
    }

    /// Whether nothing was sent for longer than a timeout.
    pub(super) fn was_idle(&self, now: Instant, rto: Duration) -> bool {
        self.last_sent != Instant::FAR && now.since(self.last_sent) > rto
    }

    #[inline]
    pub(super) fn on_sent(&mut self, bytes: u32, rate: Option<u64>, now: Instant) {
        self.last_sent = now;
        if let Some(rate) = rate {
            let nanos = u64::from(bytes) * 1_000_000_000 / rate.max(1);
            self.pace_at = self.pace_at.max(now) + Duration::from_nanos(nanos);
        }
    }

    /// Whether the pace holds the next segment back.
    #[inline]
    pub(super) fn holds_back(&mut self, now: Instant) -> bool {
        self.paced = self.is_ahead(now);
        self.paced
    }

    /// Whether the pace keeps the next segment until later.
    pub(super) fn is_ahead(&self, now: Instant) -> bool {
        self.pace_at > now
    }

    pub(super) fn is_paced(&self) -> bool {
        self.paced
    }

    pub(super) fn wait_for_company(&mut self, now: Instant) {
        if self.early_at == Instant::FAR || self.early != Early::Company {
            (self.early_at, self.early) = (now + CORK_PATIENCE, Early::Company);
        }
    }
}

impl Sender {
    /// The retransmission timeout, doubled as often as it should be.
    pub(super) fn timeout(&self) -> Duration {
        self.rtt.rto(self.clock.backoff)
    }

    /// Sets what may happen before the retransmission timeout.
    #[inline]
    pub(super) fn arm(&mut self, now: Instant) {
        if let Some(at) = self.recovery.reorder_at {
            (self.clock.early_at, self.clock.early) = (at, Early::Reorder);
            return;
        }
        //= rfc8985#7.2
        // Never later than the timeout: then the probe goes in its place.
        let probe = self.tail_probe_at(now).map_or(Instant::FAR, |at| at.min(self.clock.rto_at.unwrap_or(at)));
        (self.clock.early_at, self.clock.early) = (probe, Early::Tail);
    }

    /// When the tail is probed: two round trips after the last news, and time for a delayed acknowledgement.
    //= rfc8985#7.2
    #[inline]
    fn tail_probe_at(&self, now: Instant) -> Option<Instant> {
        let smoothed = self.rtt.smoothed()?;
        let wanted =
            self.tail_probe && self.recovery.probes_tails() && !self.board.is_empty() && !self.peer.is_closed();
        if !wanted || self.board.sacked().0 > 0 {
            return None;
        }
        let alone = self.board.first().map(|sent| sent.seq) == self.board.last().map(|sent| sent.seq);
        Some(now + smoothed * 2 + if alone { WORST_DELAYED_ACK } else { SLACK })
    }

    /// A timer ran out: the oldest segment was lost, or a window stays closed. `Err` when it happened too often.
    pub(crate) fn on_timer(&mut self, totals: &mut Totals, cx: &mut TcpCx<'_>) -> Result<(), ()> {
        //= rfc5482#3
        if self.impatient_at().is_some_and(|at| at <= cx.now) {
            return Err(());
        }
        if self.clock.paced && self.clock.pace_at <= cx.now {
            self.clock.paced = false;
        }
        if self.clock.early_at <= cx.now {
            self.clock.early_at = Instant::FAR;
            self.on_early(self.clock.early, cx);
        }
        if self.clock.rto_at.is_none_or(|at| at > cx.now) {
            return Ok(());
        }
        self.clock.rto_at = None;
        if self.peer.is_closed() {
            return self.on_probe_timer(cx);
        }
        if self.board.is_empty() {
            self.forced = Some(Forced::Small);
            return Ok(());
        }
        self.on_timeout(totals, cx)
    }

    fn on_early(&mut self, early: Early, cx: &mut TcpCx<'_>) {
        match early {
            Early::Company => self.forced = Some(Forced::Small),
            Early::Tail => {
                self.forced = Some(Forced::Tail);
                // Its departure starts the timeout anew.
                self.clock.rto_at = Some(cx.now + self.timeout());
            }
            Early::Reorder => {
                let before = self.window();
                let flight = self.board.pipe();
                let judge = (self.tolerance(), cx.now, self.snd_nxt);
                if let Verdict::Loss(why) = self.recovery.on_reorder_timer(judge, &mut self.board) {
                    let outstanding = (self.snd_nxt - self.snd_una).saturating_sub(self.board.sacked().0);
                    self.begin_repair(flight, (outstanding, 0), cx.now);
                    self.tell(before, why, cx);
                }
                self.arm(cx.now);
            }
        }
    }

    //= rfc9293#3.8.6.1
    // A peer that answers probes with a closed window is alive: it is probed for ever, at growing intervals.
    fn on_probe_timer(&mut self, cx: &TcpCx<'_>) -> Result<(), ()> {
        self.clock.retries += 1;
        self.clock.probes += 1;
        self.clock.backoff += 1;
        self.board.resend_first();
        self.forced = Some(Forced::Probe);
        self.check_patience(cx)
    }

    fn on_timeout(&mut self, totals: &mut Totals, cx: &mut TcpCx<'_>) -> Result<(), ()> {
        self.clock.retries += 1;
        self.clock.backoff += 1;
        totals.timeouts += 1;
        self.check_patience(cx)?;
        let (before, flight, first) = (self.window(), self.board.pipe(), self.clock.retries == 1);
        self.recovery.on_timeout((self.snd_una, self.snd_nxt), first && cx.config.frto, &mut self.board);
        if first {
            self.congestion.on_timeout(flight.max(self.mss), cx.now);
        }
        (self.clock.early_at, self.forced) = (Instant::FAR, None);
        if cx.config.mtu_probing && self.clock.retries >= BLACK_HOLE_RETRIES {
            self.suspect_black_hole();
        }
        self.tell(before, "retransmission timeout", cx);
        let rto = self.timeout();
        cx.facts.tell(|flow| TransportFact::Backoff { flow, rto });
        Ok(())
    }

    /// Large segments vanish and nobody says why: perhaps they are too large (RFC 4821, section 7.7).
    //= rfc4821#7.7
    fn suspect_black_hole(&mut self) {
        if self.board.first().is_some_and(|first| first.len > LEAST_SURE_MSS) {
            let mss = (self.mss / 2).max(LEAST_SURE_MSS);
            self.on_path_mtu(mss + self.overhead);
            self.black_hole = Suspicion::Tried;
        }
    }

    /// When the program wants the connection to be given up.
    #[inline]
    fn impatient_at(&self) -> Option<Instant> {
        let limit = self.user_timeout?;
        let waits = !self.board.is_empty() || self.clock.probes > 0;
        waits.then(|| self.clock.news_at + limit)
    }

    fn check_patience(&self, cx: &TcpCx<'_>) -> Result<(), ()> {
        if self.clock.retries > cx.config.max_retries { Err(()) } else { Ok(()) }
    }

    /// How often a closed window was probed since it closed.
    pub(crate) fn probes(&self) -> u32 {
        self.clock.probes
    }

    /// A peer that acknowledges, even with a closed window, is alive.
    pub(crate) fn on_sign_of_life(&mut self, now: Instant) {
        if self.peer.is_closed() {
            self.clock.on_news(now);
            self.clock.backoff = self.clock.backoff.min(PROBE_BACKOFF);
        }
    }

    /// When a timer runs out, and whether it then probes a window.
    #[inline]
    pub(crate) fn poll_at(&self) -> Option<(Instant, bool)> {
        let far = Instant::FAR;
        let early = self.clock.early_at;
        let pace = if self.clock.paced { self.clock.pace_at } else { far };
        let impatient = self.impatient_at().unwrap_or(far);
        let at = self.clock.rto_at.unwrap_or(far).min(early).min(pace).min(impatient);
        (at != far).then_some((at, self.peer.is_closed()))
    }
}

/// Probes of a peer that answers come at least this often: 2^6 timeouts, at most a minute.
const PROBE_BACKOFF: u32 = 6;
/// A lone segment's acknowledgement may be delayed (RFC 8985's WCDelAckT).
const WORST_DELAYED_ACK: Duration = Duration::from_millis(200);
/// Two round trips to the nanosecond would race with the acknowledgement.
const SLACK: Duration = Duration::from_millis(2);
/// How long a corked segment waits.
const CORK_PATIENCE: Duration = Duration::from_millis(200);
/// Timeouts in a row before the size of the segments is suspected, and the size that is not.
const BLACK_HOLE_RETRIES: u32 = 3;
const LEAST_SURE_MSS: u32 = 512;
