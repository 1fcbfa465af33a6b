//! The sending half of a synchronized connection: SND.*, and what an acknowledgement does. What goes next is `plan`'s,
//! when something must happen without an acknowledgement is `clock`'s.
//!
//! ```text
//!      SND.UNA          SND.NXT         SND.UNA + SND.WND
//!  ───────┼────────────────┼──────────────────┼─────────
//!  acked  │ in flight      │ may be sent      │ must wait
//! ```

use base::event::{TcpMetrics, TransportFact};
use base::{Duration, Instant, SeqNum};
use wire::tcp::{Flags, SackBlocks};

use super::clock::{Clock, Suspicion};
use super::congestion::{Acked, Controller, Repair, controller};
use super::cx::TcpCx;
use super::loss::{Ack, AckClock, Board, Covered, Recovery, Sent, Tolerance, Verdict};
use super::metrics;
use super::plan::Forced;
use super::rate::RateSampler;
use super::rtt::RttEstimator;
use super::segment::Segment;
use super::send_buffer::SendBuffer;
use super::settings::Settings;
use super::window::PeerWindow;
use crate::config::CongestionControl;
use crate::socket::{Rtt, TcpInfo, Totals, Waiting};

/// How far this side has come with closing. It only moves forward.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum SendHalf {
    Open,
    FinQueued,
    FinSent,
    FinAcked,
}

#[derive(Debug)]
pub(crate) struct Sender {
    pub(super) snd_una: SeqNum,
    pub(super) snd_nxt: SeqNum,
    pub(super) peer: PeerWindow,
    pub(super) mss: u32,
    /// Options in every segment, bytes.
    pub(super) overhead: u32,
    pub(super) half: SendHalf,
    pub(super) nagle: bool,
    pub(super) cork: bool,
    pub(super) sack: bool,
    scaling: bool,
    pub(super) board: Board,
    pub(super) recovery: Recovery,
    pub(super) congestion: Box<dyn Controller>,
    pub(super) rtt: RttEstimator,
    /// Only for a controller that asks for rates.
    pub(super) rates: Option<Box<RateSampler>>,
    pub(super) clock: Clock,
    /// Send one segment although a window forbids it.
    pub(super) forced: Option<Forced>,
    /// Explicit congestion notification: agreed on, and a CWR is owed to the peer.
    pub(super) ecn: bool,
    pub(super) cwr_due: bool,
    /// How long nothing may be acknowledged (RFC 5482).
    pub(super) user_timeout: Option<Duration>,
    /// The most that was in flight in this round, which ends when `round_end` is acknowledged.
    most_in_flight: u32,
    round_end: SeqNum,
    pub(super) tail_probe: bool,
    pub(super) black_hole: Suspicion,
    initial_window: u32,
}

/// What both sides agreed on, as far as sending goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SendTerms {
    pub(crate) iss: SeqNum,
    /// Text per segment, bytes, options taken off.
    pub(crate) mss: u32,
    /// Options in every segment, bytes.
    pub(crate) overhead: u32,
    pub(crate) window: u32,
    pub(crate) scale: u8,
    pub(crate) scaling: bool,
    pub(crate) sack: bool,
    pub(crate) ecn: bool,
    /// The round trip of the handshake, unless a SYN had to be sent again.
    pub(crate) rtt: Option<Duration>,
    pub(crate) irs: SeqNum,
    /// A SYN of ours was not answered in time.
    pub(crate) syn_lost: bool,
}

/// What the timestamp that a segment echoes says.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Echo {
    /// The echoed value.
    pub(crate) value: Option<u32>,
    /// How long ago it was made: a round trip, to a millisecond.
    pub(crate) age: Option<Duration>,
}

impl Sender {
    pub(crate) fn new(terms: SendTerms, settings: &Settings, cx: &TcpCx<'_>) -> Self {
        let SendTerms { iss, mss, window, scale, sack, irs, .. } = terms;
        let mut rtt = RttEstimator::new(cx.config.initial_rto, cx.config.min_rto, terms.syn_lost);
        //= rfc5681#3.1
        // A lost SYN shrinks the initial window to one segment.
        let segments = if terms.syn_lost { 1 } else { cx.config.initial_window };
        terms.rtt.into_iter().for_each(|sample| rtt.on_sample(sample, cx.now));
        let congestion = controller(settings.congestion, mss, mss * segments);
        Sender {
            snd_una: iss + 1,
            snd_nxt: iss + 1,
            peer: PeerWindow::new(window, scale, irs, iss + 1),
            mss,
            overhead: terms.overhead,
            half: SendHalf::Open,
            nagle: settings.nagle,
            cork: settings.cork,
            sack,
            scaling: terms.scaling,
            board: Board::default(),
            recovery: Recovery::new(sack && cx.config.rack),
            rates: congestion.wants_rates().then(Box::default),
            congestion,
            rtt,
            clock: Clock::new(cx.now),
            forced: None,
            ecn: terms.ecn,
            cwr_due: false,
            user_timeout: settings.user_timeout,
            most_in_flight: 0,
            round_end: iss + 1,
            tail_probe: cx.config.tail_probe,
            black_hole: Suspicion::None,
            initial_window: mss * cx.config.initial_window,
        }
    }

    /// Whether an acknowledgement is plausible at all: not for what was never sent, and not ancient.
    //= rfc5961#5.2
    #[inline]
    pub(crate) fn is_acceptable(&self, ack: SeqNum) -> bool {
        ack.at_most(self.snd_nxt) && (self.snd_una - self.peer.max()).at_most(ack)
    }

    /// Step 5: an acceptable acknowledgement. Returns the bytes of text that it released.
    pub(crate) fn on_ack(
        &mut self,
        segment: &Segment,
        echo: Echo,
        tx: &mut SendBuffer,
        totals: &mut Totals,
        cx: &mut TcpCx<'_>,
    ) -> u32 {
        if self.board.is_empty() && segment.ack == self.snd_una && segment.options.sack.is_empty() {
            // Nothing is on its way: the other direction's traffic can only move the window.
            self.update_window(segment, cx.now);
            return 0;
        }
        let (flight_before, una_before) = (self.board.pipe(), self.snd_una);
        let duplicate = self.is_duplicate(segment);
        let dsack = self.sack && is_dsack(&segment.options.sack, segment.ack);
        let (covered, sacked, original) = self.mark(segment, cx.now);
        let sample = covered.rtt.or(if covered.bytes > 0 { echo.age } else { None });
        if covered.bytes > 0 {
            self.on_news(sample, cx.now);
        }
        self.update_window(segment, cx.now);
        let fin_acked = self.half == SendHalf::FinSent && self.snd_una == self.snd_nxt && una_before != self.snd_una;
        if fin_acked {
            self.half = SendHalf::FinAcked;
        }
        let text = covered.bytes - u32::from(fin_acked);
        tx.on_ack(text as usize);
        totals.bytes_acked += u64::from(text);
        totals.delivered += u64::from((covered.bytes - covered.known + sacked).div_ceil(self.mss));
        totals.dsacks += u64::from(dsack);
        let ack = Ack {
            una: self.snd_una,
            nxt: self.snd_nxt,
            acked: covered.bytes,
            sacked,
            duplicate,
            sack_in_use: self.sack,
            dsack,
            original,
            echo: echo.value,
            has_new: tx.len() as u32 > self.snd_nxt - self.snd_una && !self.peer.is_closed(),
            mss: self.mss,
            clock: self.ack_clock(cx.now),
            tolerance: self.tolerance(),
        };
        if self.ecn && segment.has(Flags::ECE) {
            self.on_mark(flight_before, covered.bytes, totals, cx);
        }
        self.on_verdict(&ack, (flight_before, covered.known, sample), totals, cx);
        self.tell_rate(sample, cx.now);
        self.arm(cx.now);
        text
    }

    /// Marks on the scoreboard what the segment acknowledges, and shows each delivered segment to whoever judges by it.
    fn mark(&mut self, segment: &Segment, now: Instant) -> (Covered, u32, bool) {
        let clock = self.ack_clock(now);
        let point = self.recovery.point();
        let Sender { board, recovery, rates, sack, snd_una, snd_nxt, .. } = self;
        let mut original = false;
        let mut delivered = |sent: &Sent| {
            recovery.on_delivered(sent, clock);
            if let Some(rates) = rates {
                rates.on_delivered(sent.seq, sent.len, now);
            }
            original |= sent.again == 0 && point.is_some_and(|point| sent.end().at_most(point));
        };
        let mut covered = Covered::default();
        if snd_una.before(segment.ack) {
            covered = board.on_ack(segment.ack, now, &mut delivered);
            *snd_una = segment.ack;
        }
        let sacked = match *sack && !segment.options.sack.is_empty() {
            true => board.on_sack(&segment.options.sack, *snd_una, *snd_nxt, &mut delivered),
            false => 0,
        };
        (covered, sacked, original)
    }

    fn ack_clock(&self, now: Instant) -> AckClock {
        AckClock { now, min_rtt: self.rtt.min().unwrap_or_default() }
    }

    pub(super) fn tolerance(&self) -> Tolerance {
        Tolerance {
            min_rtt: self.rtt.min().unwrap_or_default(),
            smoothed: self.rtt.smoothed().unwrap_or_default(),
            recovering: self.recovery.is_repairing(),
            sacked_segments: self.board.sacked().1,
        }
    }

    /// RFC 5681, section 2: outstanding data, no text, no SYN or FIN, the same acknowledgement and window.
    fn is_duplicate(&self, segment: &Segment) -> bool {
        !self.board.is_empty()
            && segment.len() == 0
            && segment.ack == self.snd_una
            && self.peer.offered(segment) == self.peer.size()
    }

    fn on_news(&mut self, sample: Option<Duration>, now: Instant) {
        self.clock.on_news(now);
        if self.black_hole == Suspicion::Tried {
            self.black_hole = Suspicion::Confirmed;
        }
        if let Some(sample) = sample {
            self.rtt.on_sample(sample, now);
            // Karn: a doubled timeout stays until a round trip is measured again.
            self.clock.backoff = 0;
        }
        //= rfc6298#5
        // (5.2), (5.3): restart with every acknowledgement of new data, stop when all is acknowledged.
        self.clock.rto_at = if self.board.is_empty() { None } else { Some(now + self.timeout()) };
    }

    /// A congestion mark: as a loss, once a window, without anything to repair.
    //= rfc3168#6.1.2
    fn on_mark(&mut self, flight: u32, acked: u32, totals: &mut Totals, cx: &mut TcpCx<'_>) {
        totals.delivered_ce += u64::from(acked.div_ceil(self.mss));
        if self.recovery.heeds_marks() {
            let before = self.congestion.window();
            self.congestion.on_loss(flight.max(self.mss), cx.now);
            self.recovery.on_mark(self.snd_nxt);
            if self.congestion.repair() == Repair::Proportional {
                let outstanding = (self.snd_nxt - self.snd_una + acked).saturating_sub(self.board.sacked().0);
                let reduced = (self.congestion.threshold(), self.initial_window);
                // What this very segment delivers is counted with the verdict on it.
                self.recovery.reduce_in_proportion((outstanding, self.board.pipe()), reduced, (0, self.mss));
            }
            self.cwr_due = true;
            self.tell(before, "congestion mark (ECN)", cx);
        }
    }

    fn on_verdict(
        &mut self,
        ack: &Ack,
        (flight, known, sample): (u32, u32, Option<Duration>),
        totals: &mut Totals,
        cx: &mut TcpCx<'_>,
    ) {
        let (before, guessed) = (self.window(), self.board.guessed());
        let why = match self.recovery.on_ack(ack, &mut self.board) {
            Verdict::Grow if ack.acked > 0 => {
                // What was known to have arrived did not make the window grow then, and does not now.
                let known = known + guessed.saturating_sub(self.board.guessed());
                return self.grow((ack.acked + ack.sacked).saturating_sub(known), sample, cx.now);
            }
            Verdict::Grow => return,
            Verdict::Repairing if ack.acked > 0 && self.congestion.repair() == Repair::FirstAck => {
                self.recovery.end_early();
                "the first new acknowledgement ends recovery (Reno)"
            }
            Verdict::Repairing => return,
            Verdict::Loss(why) => {
                let delivered = ack.acked - known + ack.sacked;
                let outstanding = (self.snd_nxt - self.snd_una + delivered).saturating_sub(self.board.sacked().0);
                self.begin_repair(flight, (outstanding, delivered), cx.now);
                why
            }
            Verdict::Repaired(why) => {
                self.congestion.on_loss(flight.max(self.mss), cx.now);
                why
            }
            Verdict::Recovered => "the loss is repaired",
            Verdict::Undone(why) => {
                self.congestion.undo();
                (self.clock.backoff, self.clock.retries) = (0, 0);
                totals.undone += 1;
                why
            }
        };
        self.tell(before, why, cx);
    }

    /// A loss was found; `outstanding` and `delivered` are the bytes in flight before this news, and what it delivered.
    pub(super) fn begin_repair(&mut self, flight: u32, (outstanding, delivered): (u32, u32), now: Instant) {
        self.recovery.undo.begin(self.snd_una, self.board.has_resent());
        self.congestion.on_loss(flight.max(self.mss), now);
        match self.congestion.repair() {
            Repair::SlowStart => self.recovery.start_over(self.snd_nxt, &mut self.board),
            Repair::FirstAck | Repair::Own => self.forced = Some(Forced::FirstResend),
            Repair::Proportional => {
                let (threshold, pipe) = (self.congestion.threshold(), self.board.pipe());
                let reduced = (threshold, self.initial_window);
                self.recovery.reduce_in_proportion((outstanding, pipe), reduced, (delivered, self.mss));
            }
        }
    }

    fn grow(&mut self, bytes: u32, sample: Option<Duration>, now: Instant) {
        let (window, most) = (self.congestion.window(), self.most_in_flight);
        //= rfc7661#4.1
        // Only a window that is used may grow; in slow start half of it is use enough.
        let window_limited = most + self.mss > window || 2 * most > window && window < self.congestion.threshold();
        let (rtt, in_flight) = (self.rtt.min(), self.board.pipe());
        self.congestion.on_ack(Acked { bytes, now, sample, rtt, in_flight, window_limited });
    }

    fn tell_rate(&mut self, rtt: Option<Duration>, now: Instant) {
        let Some(rates) = &mut self.rates else { return };
        rates.on_lost(self.board.lost_total());
        let min_rtt = self.rtt.min().unwrap_or_default();
        if let Some(mut rate) = rates.sample(self.snd_una, self.board.pipe(), now, min_rtt) {
            rate.rtt = rtt;
            self.congestion.on_rate(&rate);
        }
    }

    /// Something left: how much is in flight in this round, at most?
    #[inline]
    pub(super) fn note_flight(&mut self) {
        let flight = self.board.pipe();
        if flight > self.most_in_flight || self.round_end.at_most(self.snd_una) {
            (self.most_in_flight, self.round_end) = (flight, self.snd_nxt);
        }
    }

    /// The window changed from `before` for a reason worth telling.
    pub(super) fn tell(&self, before: u32, why: &'static str, cx: &mut TcpCx<'_>) {
        let (cwnd, ssthresh) = ((before, self.congestion.window()), self.congestion.threshold());
        cx.facts.tell(|flow| TransportFact::Congestion { flow, why, cwnd, ssthresh });
    }

    /// A segment that acknowledges nothing new offers a window.
    #[inline]
    pub(super) fn on_window(&mut self, seq: SeqNum, window: u16, now: Instant) {
        if self.peer.take(seq, self.snd_una, window, self.snd_una) {
            self.on_window_open(now);
        }
    }

    fn update_window(&mut self, segment: &Segment, now: Instant) {
        if self.peer.update(segment, self.snd_una) {
            self.on_window_open(now);
        }
    }

    fn on_window_open(&mut self, now: Instant) {
        // A probe that is still out was not taken: it goes again, now that there is room.
        self.forced = None;
        self.clock.on_window_open();
        self.board.resend_first();
        self.clock.rto_at = if self.board.is_empty() { None } else { Some(now + self.timeout()) };
    }

    /// What may be in flight: the controller's window, or during recovery what its reduction allows by now.
    #[inline]
    pub(super) fn window(&self) -> u32 {
        self.recovery.window().unwrap_or_else(|| self.congestion.window())
    }

    pub(super) fn initial_window(&self) -> u32 {
        self.initial_window
    }

    /// The program sends no more.
    pub(crate) fn close(&mut self) {
        self.half = self.half.max(SendHalf::FinQueued);
    }

    pub(crate) fn half(&self) -> SendHalf {
        self.half
    }

    /// What the program changed.
    pub(crate) fn set(&mut self, settings: &Settings, text_waits: bool) {
        if self.cork && !settings.cork && text_waits {
            self.forced = Some(Forced::Small);
        }
        (self.nagle, self.cork, self.user_timeout) = (settings.nagle, settings.cork, settings.user_timeout);
    }

    /// Another controller goes on with the present window.
    pub(crate) fn set_congestion(&mut self, which: CongestionControl) {
        self.congestion = controller(which, self.mss, self.congestion.window());
        self.rates = self.congestion.wants_rates().then(Box::default);
    }

    /// The path carries only `mss` bytes of text and options per segment: what was larger goes again, in pieces.
    //= rfc1191#6.5
    pub(crate) fn on_path_mtu(&mut self, mss: u32) {
        let mss = mss.saturating_sub(self.overhead).max(1);
        if mss < self.mss {
            self.mss = mss;
            self.congestion.on_mss(mss);
            self.board.mark_larger_lost(mss);
        }
    }

    /// The largest segment, options included, that went through where larger ones vanished; told once.
    #[inline]
    pub(super) fn take_confirmed_mss(&mut self) -> Option<u32> {
        if self.black_hole != Suspicion::Confirmed {
            return None;
        }
        self.black_hole = Suspicion::None;
        Some(self.mss + self.overhead)
    }

    /// Whether segments may carry blocks: both sides agreed, and text has room beside them.
    pub(crate) fn has_room_for_sack(&self) -> bool {
        self.sack && self.mss >= LEAST_MSS_FOR_SACK
    }

    #[inline]
    pub(crate) fn una(&self) -> SeqNum {
        self.snd_una
    }

    #[inline]
    pub(crate) fn nxt(&self) -> SeqNum {
        self.snd_nxt
    }

    /// Whether nothing is in flight.
    #[inline]
    pub(crate) fn is_idle(&self) -> bool {
        self.board.is_empty()
    }

    pub(crate) fn smoothed_rtt(&self) -> Option<Duration> {
        self.rtt.smoothed()
    }

    /// The number of a segment without text: SND.NXT, but never beyond the peer's window, or a probe of a closed window
    /// would make the peer refuse all our acknowledgements.
    #[inline]
    pub(crate) fn seq_of_ack(&self) -> SeqNum {
        self.snd_nxt.min(self.snd_una + self.peer.size())
    }

    /// Adds what this half knows to a snapshot.
    pub(super) fn describe(&self, info: &mut TcpInfo) {
        (info.cwnd, info.ssthresh) = (self.window(), self.congestion.threshold());
        (info.send_mss, info.send_window) = (self.mss, self.peer.size());
        info.in_flight = self.snd_nxt - self.snd_una;
        (info.backoff, info.retries) = (self.clock.backoff, self.clock.retries.max(self.clock.probes));
        (info.options.sack, info.options.ecn) = (self.sack, self.ecn);
        info.scales.0 = self.peer.scale();
        info.options.window_scaling = self.scaling;
        info.rto = self.rtt.rto(0);
        info.phase = self.recovery.phase();
        info.board = self.board.counts();
        info.reordering = self.recovery.overtaken().div_ceil(self.mss).max(3);
        info.pacing_rate = self.congestion.pacing_rate();
        info.delivery_rate = self.rates.as_ref().and_then(|rates| rates.latest());
        info.last_sent = (self.clock.last_sent != Instant::FAR).then_some(self.clock.last_sent);
        info.rtt = self.rtt.smoothed().zip(self.rtt.min()).map(|(smoothed, min)| Rtt {
            smoothed,
            variation: self.rtt.variation(),
            min,
        });
    }

    /// What it reckons with; how much was delivered is counted elsewhere.
    pub(super) fn metrics(&self) -> TcpMetrics {
        let (cwnd, ssthresh) = (self.window(), self.congestion.threshold());
        TcpMetrics {
            cwnd,
            ssthresh,
            in_flight: self.board.pipe(),
            mss: self.mss,
            srtt: self.rtt.smoothed(),
            rto: self.rtt.rto(self.clock.backoff),
            delivered: 0,
            phase: metrics::phase(self.recovery.phase(), self.congestion.phase(), cwnd, ssthresh),
        }
    }

    /// What keeps the next segment from leaving.
    pub(super) fn waits_for(&self, tx: &SendBuffer) -> Waiting {
        let sent = self.snd_nxt - self.snd_una;
        let unsent = (tx.len() as u32).saturating_sub(sent);
        if unsent == 0 && self.half != SendHalf::FinQueued {
            return if sent == 0 { Waiting::Program } else { Waiting::Acknowledgement };
        }
        if self.peer.size().saturating_sub(sent) < unsent.min(self.mss) {
            Waiting::PeerWindow
        } else if self.board.pipe() + unsent.min(self.mss) > self.window() {
            Waiting::CongestionWindow
        } else if unsent < self.mss && (self.cork || sent > 0 && self.nagle) {
            Waiting::Company
        } else if self.clock.is_paced() {
            Waiting::Pacing
        } else {
            Waiting::Interface
        }
    }
}

/// Whether the first block tells of text that arrived twice: it lies below the acknowledgement, or within the second.
//= rfc2883#4
fn is_dsack(blocks: &SackBlocks, ack: SeqNum) -> bool {
    let mut blocks = blocks.iter();
    let Some((start, end)) = blocks.next() else { return false };
    let inside = |(from, to): (SeqNum, SeqNum)| from.at_most(start) && end.at_most(to);
    start.before(ack) || blocks.next().is_some_and(inside)
}

/// Smaller segments would hold more blocks than text.
const LEAST_MSS_FOR_SACK: u32 = 128;
