//! The sending half of a synchronized connection: SND.*, what goes next, and the retransmission timer.
//!
//! ```text
//!      SND.UNA          SND.NXT         SND.UNA + SND.WND
//!  ───────┼────────────────┼──────────────────┼─────────
//!  acked  │ in flight      │ may be sent      │ must wait
//! ```

use base::event::{Flow, RetransmitCause, TransportFact};
use base::{Duration, Instant, SeqNum};

use super::congestion::{Acked, Controller, controller};
use super::cx::TcpCx;
use super::loss::{Ack, Recovery, Scoreboard, Verdict};
use super::rtt::RttEstimator;
use super::segment::Segment;
use super::send_buffer::SendBuffer;
use crate::socket::{TcpInfo, Waiting};

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
    flow: Flow,
    snd_una: SeqNum,
    snd_nxt: SeqNum,
    snd_wnd: u32,
    snd_wl1: SeqNum,
    snd_wl2: SeqNum,
    /// The largest window ever offered (RFC 9293's MAX.SND.WND).
    max_wnd: u32,
    /// The peer's window scale.
    scale: u8,
    mss: u32,
    /// Options in every segment, bytes.
    overhead: u32,
    half: SendHalf,
    nagle: bool,
    sack: bool,
    board: Scoreboard,
    recovery: Recovery,
    congestion: Box<dyn Controller>,
    rtt: RttEstimator,
    /// When the oldest segment is sent again, or a closed window probed.
    timer: Option<Instant>,
    /// Doublings of the timeout since the last round trip was measured.
    backoff: u32,
    /// Timeouts since the last news.
    retries: u32,
    /// Probes since the window closed.
    probes: u32,
    /// Send one segment although a window forbids it.
    forced: Option<Forced>,
}

/// Why the next segment may ignore a window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Forced {
    /// The first retransmission of fast recovery leaves whatever the pipe holds (RFC 6675, section 5, step 4.3).
    FirstResend,
    /// One byte into a closed window (RFC 9293, section 3.8.6.1).
    Probe,
    /// The silly-window override: what fits goes, small as it is (RFC 9293, section 3.8.6.2.1).
    Small,
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
    pub(crate) sack: bool,
    /// The round trip of the handshake, unless a SYN had to be sent again.
    pub(crate) rtt: Option<Duration>,
    pub(crate) irs: SeqNum,
    /// A SYN of ours was not answered in time.
    pub(crate) syn_lost: bool,
}

/// The next segment to send.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Planned {
    pub(crate) seq: SeqNum,
    pub(crate) text: u32,
    pub(crate) fin: bool,
    pub(crate) again: bool,
}

impl Planned {
    fn len(&self) -> u32 {
        self.text + u32::from(self.fin)
    }
}

impl Sender {
    pub(crate) fn new(flow: Flow, terms: SendTerms, cx: &TcpCx<'_>) -> Self {
        let SendTerms { iss, mss, window, scale, sack, irs, .. } = terms;
        let mut rtt = RttEstimator::new(cx.config.min_rto, terms.syn_lost);
        //= rfc5681#3.1
        // A lost SYN shrinks the initial window to one segment.
        let segments = if terms.syn_lost { 1 } else { cx.config.initial_window };
        terms.rtt.into_iter().for_each(|sample| rtt.on_sample(sample));
        Sender {
            flow,
            snd_una: iss + 1,
            snd_nxt: iss + 1,
            snd_wnd: window,
            snd_wl1: irs,
            snd_wl2: iss + 1,
            max_wnd: window,
            scale,
            mss,
            overhead: terms.overhead,
            half: SendHalf::Open,
            nagle: cx.config.nagle,
            sack,
            board: Scoreboard::default(),
            recovery: Recovery::new(),
            congestion: controller(cx.config.congestion, mss, segments),
            rtt,
            timer: None,
            backoff: 0,
            retries: 0,
            probes: 0,
            forced: None,
        }
    }

    /// Whether an acknowledgement is plausible at all: not for what was never sent, and not ancient.
    //= rfc5961#5.2
    pub(crate) fn is_acceptable(&self, ack: SeqNum) -> bool {
        ack.at_most(self.snd_nxt) && (self.snd_una - self.max_wnd).at_most(ack)
    }

    /// Step 5: an acceptable acknowledgement. Returns the bytes of text that it released.
    pub(crate) fn on_ack(
        &mut self,
        segment: &Segment,
        ts: Option<Duration>,
        tx: &mut SendBuffer,
        cx: &mut TcpCx<'_>,
    ) -> u32 {
        if self.board.is_empty() && segment.ack == self.snd_una {
            // Nothing is on its way: the other direction's traffic can only move the window.
            self.update_window(segment, cx.now);
            return 0;
        }
        let flight_before = self.board.pipe();
        let duplicate = self.is_duplicate(segment);
        let (covered, sample) = if self.snd_una.before(segment.ack) {
            let covered = self.board.on_ack(segment.ack, cx.now);
            self.snd_una = segment.ack;
            let sample = covered.rtt.or(ts);
            self.on_news(sample, cx.now);
            (covered.bytes, sample)
        } else {
            (0, None)
        };
        let sacked = if self.sack { self.board.on_sack(&segment.options.sack, self.snd_una, self.snd_nxt) } else { 0 };
        self.update_window(segment, cx.now);
        let fin_acked = self.half == SendHalf::FinSent && self.snd_una == self.snd_nxt;
        if fin_acked {
            self.half = SendHalf::FinAcked;
        }
        let text = covered - u32::from(fin_acked);
        tx.on_ack(text as usize);
        let ack = Ack {
            una: self.snd_una,
            nxt: self.snd_nxt,
            acked: covered,
            sacked,
            duplicate,
            sack_in_use: self.sack,
            mss: self.mss,
            sample,
        };
        self.on_verdict(ack, flight_before, cx);
        text
    }

    /// RFC 5681, section 2: outstanding data, no text, no SYN or FIN, the same acknowledgement and window.
    fn is_duplicate(&self, segment: &Segment) -> bool {
        !self.board.is_empty()
            && segment.len() == 0
            && segment.ack == self.snd_una
            && (u32::from(segment.window) << self.scale) == self.snd_wnd
    }

    fn on_news(&mut self, sample: Option<Duration>, now: Instant) {
        self.retries = 0;
        if let Some(sample) = sample {
            self.rtt.on_sample(sample);
            // Karn: a doubled timeout stays until a round trip is measured again.
            self.backoff = 0;
        }
        //= rfc6298#5
        // (5.2), (5.3): restart with every acknowledgement of new data, stop when all is acknowledged.
        self.timer = if self.board.is_empty() { None } else { Some(now + self.rtt.rto(self.backoff)) };
    }

    fn on_verdict(&mut self, ack: Ack, flight_before: u32, cx: &mut TcpCx<'_>) {
        let before = self.congestion.window();
        let why = match self.recovery.on_ack(ack, &mut self.board) {
            Verdict::Repairing => return,
            Verdict::Grow => {
                if ack.acked > 0 {
                    let window_limited = flight_before + self.mss > before
                        || 2 * flight_before > before && before < self.congestion.threshold();
                    let rtt = self.rtt.min();
                    let in_flight = self.board.pipe();
                    let (bytes, now, sample) = (ack.acked, cx.now, ack.sample);
                    self.congestion.on_ack(Acked { bytes, now, sample, rtt, in_flight, window_limited });
                }
                return;
            }
            Verdict::Loss(why) => {
                self.congestion.on_loss(flight_before.max(self.mss), cx.now);
                self.forced = Some(Forced::FirstResend);
                why
            }
            Verdict::Recovered => "the loss is repaired",
        };
        let (flow, cwnd, ssthresh) = (self.flow, (before, self.congestion.window()), self.congestion.threshold());
        cx.facts.add(|| TransportFact::Congestion { flow, why, cwnd, ssthresh });
    }

    //= rfc9293#3.10.7.4
    // The window is taken from segments that are newer than the one it was last taken from.
    fn update_window(&mut self, segment: &Segment, now: Instant) {
        // A repeated segment that acknowledges more counts too: its window belongs to the new SND.UNA, the old one does not.
        let newer = self.snd_wl1.at_most(segment.seq) || self.snd_wl2.before(segment.ack);
        if segment.ack != self.snd_una || !newer {
            return;
        }
        let was_closed = self.snd_wnd == 0;
        self.snd_wnd = u32::from(segment.window) << self.scale;
        self.max_wnd = self.max_wnd.max(self.snd_wnd);
        (self.snd_wl1, self.snd_wl2) = (segment.seq, segment.ack);
        if self.snd_wnd > 0 && was_closed {
            // A probe that is still out was not taken: it goes again, now that there is room.
            self.forced = None;
            (self.backoff, self.retries, self.probes) = (0, 0, 0);
            self.board.resend_first();
            self.timer = if self.board.is_empty() { None } else { Some(now + self.rtt.rto(0)) };
        }
    }

    /// The timer ran out: the oldest segment was lost, or a window stays closed. `Err` when it happened too often.
    pub(crate) fn on_timer(&mut self, cx: &mut TcpCx<'_>) -> Result<(), ()> {
        if self.timer.is_none_or(|at| at > cx.now) {
            return Ok(());
        }
        self.timer = None;
        let flow = self.flow;
        if self.snd_wnd == 0 {
            //= rfc9293#3.8.6.1
            // A peer that answers probes with a closed window is alive: it is probed for ever, at growing intervals.
            self.retries += 1;
            self.probes += 1;
            self.backoff += 1;
            self.board.resend_first();
            self.forced = Some(Forced::Probe);
            return if self.retries > cx.config.max_retries { Err(()) } else { Ok(()) };
        }
        if self.board.is_empty() {
            self.forced = Some(Forced::Small);
            return Ok(());
        }
        self.retries += 1;
        self.backoff += 1;
        if self.retries > cx.config.max_retries {
            return Err(());
        }
        let before = self.congestion.window();
        if self.retries == 1 {
            self.congestion.on_timeout(self.board.pipe().max(self.mss), cx.now);
        }
        self.recovery.on_timeout(self.snd_nxt, &mut self.board);
        let (cwnd, ssthresh) = ((before, self.congestion.window()), self.congestion.threshold());
        cx.facts.add(|| TransportFact::Congestion { flow, why: "retransmission timeout", cwnd, ssthresh });
        let rto = self.rtt.rto(self.backoff);
        cx.facts.add(|| TransportFact::Backoff { flow, rto });
        Ok(())
    }

    /// How often a closed window was probed since it closed.
    pub(crate) fn probes(&self) -> u32 {
        self.probes
    }

    /// A peer that acknowledges, even with a closed window, is alive.
    pub(crate) fn on_sign_of_life(&mut self) {
        if self.snd_wnd == 0 {
            self.retries = 0;
            self.backoff = self.backoff.min(PROBE_BACKOFF);
        }
    }

    /// What may go now: first what was lost, then new text, then the FIN.
    /// `taken` bytes of it go to options that not every segment has.
    pub(crate) fn next_segment(&mut self, tx: &SendBuffer, taken: u32, now: Instant) -> Option<Planned> {
        let mss = self.mss.saturating_sub(taken).max(1);
        let planned = self.next_resend(tx, mss).or_else(|| self.next_new(tx, mss));
        if planned.is_none() && self.timer.is_none() && (!self.board.is_empty() || self.is_blocked_by_window(tx)) {
            self.timer = Some(now + self.rtt.rto(self.backoff));
        }
        planned
    }

    fn next_resend(&self, tx: &SendBuffer, mss: u32) -> Option<Planned> {
        let lost = self.board.next_lost()?;
        let pipe = self.board.pipe();
        let fits = pipe == 0 || pipe + lost.len <= self.congestion.window();
        let allowed = if self.snd_wnd == 0 {
            self.forced == Some(Forced::Probe)
        } else {
            fits || self.forced == Some(Forced::FirstResend)
        };
        if !allowed {
            return None;
        }
        let text_end = self.snd_una + tx.len() as u32;
        let has_fin = text_end.before(lost.seq + lost.len);
        let text = (lost.len - u32::from(has_fin)).min(mss);
        let fin = has_fin && text == lost.len - 1;
        Some(Planned { seq: lost.seq, text, fin, again: true })
    }

    fn next_new(&self, tx: &SendBuffer, mss: u32) -> Option<Planned> {
        if self.half >= SendHalf::FinSent {
            return None;
        }
        let sent = self.snd_nxt - self.snd_una;
        let unsent = tx.len() as u32 - sent;
        let fin_queued = self.half == SendHalf::FinQueued;
        let room = self.snd_wnd.saturating_sub(sent);
        let text = match self.forced {
            Some(Forced::Probe) if sent == 0 => unsent.min(1),
            _ => unsent.min(room).min(mss),
        };
        let (all, pipe) = (text == unsent, self.board.pipe());
        let planned = Planned { seq: self.snd_nxt, text, fin: fin_queued && all, again: false };
        if planned.len() == 0 {
            return None;
        }
        let in_window = pipe == 0 || pipe + text <= self.congestion.window();
        let worth_it = text == mss || self.may_be_small(text, all, sent);
        (in_window && worth_it).then_some(planned)
    }

    /// Whether a segment of less than MSS may leave: Nagle's algorithm and the sender's silly-window avoidance.
    //= rfc9293#3.8.6.2.1
    //= rfc9293#3.7.4
    fn may_be_small(&self, text: u32, all: bool, in_flight: u32) -> bool {
        let nothing_to_wait_for = in_flight == 0 || !self.nagle || self.half == SendHalf::FinQueued;
        (all && nothing_to_wait_for) || text >= self.max_wnd.div_ceil(2).max(1) || self.forced.is_some()
    }

    /// Whether text waits and only the peer's window holds it back.
    fn is_blocked_by_window(&self, tx: &SendBuffer) -> bool {
        let sent = self.snd_nxt - self.snd_una;
        let waiting = self.half < SendHalf::FinSent && tx.len() as u32 > sent;
        waiting && self.board.pipe() == 0 && self.snd_wnd.saturating_sub(sent) < self.mss.min(tx.len() as u32 - sent)
    }

    /// `planned` has left.
    pub(crate) fn on_sent(&mut self, planned: Planned, cx: &mut TcpCx<'_>) {
        let cause = match self.forced {
            Some(Forced::Probe) => RetransmitCause::WindowProbe,
            _ if self.retries > 0 => RetransmitCause::Timeout,
            Some(Forced::FirstResend) => RetransmitCause::FastRetransmit,
            _ => RetransmitCause::Recovery,
        };
        if self.forced == Some(Forced::FirstResend) {
            // The repair takes a round trip, and gets a whole timeout for it.
            self.timer = None;
        }
        self.forced = None;
        if planned.again {
            self.board.on_resend(planned.seq, planned.len(), cx.now);
            let (flow, seq, len) = (self.flow, planned.seq, planned.text as usize);
            cx.facts.add(|| TransportFact::Retransmit { flow, seq, len, cause });
        } else {
            self.board.on_send(planned.seq, planned.len(), cx.now);
            self.snd_nxt += planned.len();
            if planned.fin {
                self.half = SendHalf::FinSent;
            }
        }
        //= rfc6298#5
        // (5.1) Every segment that leaves starts the timer if it is not running.
        if self.timer.is_none() {
            self.timer = Some(cx.now + self.rtt.rto(self.backoff));
        }
    }

    /// The program sends no more.
    pub(crate) fn close(&mut self) {
        self.half = self.half.max(SendHalf::FinQueued);
    }

    pub(crate) fn half(&self) -> SendHalf {
        self.half
    }

    pub(crate) fn set_nagle(&mut self, on: bool) {
        self.nagle = on;
    }

    /// Adds what this half knows to a snapshot.
    pub(super) fn describe(&self, info: &mut TcpInfo) {
        (info.cwnd, info.ssthresh) = (self.congestion.window(), self.congestion.threshold());
        (info.send_mss, info.send_window) = (self.mss, self.snd_wnd);
        info.in_flight = self.snd_nxt - self.snd_una;
        (info.backoff, info.retries) = (self.backoff, self.retries);
        info.options.sack = self.sack;
        info.scales.0 = self.scale;
        info.rto = self.rtt.rto(0);
    }

    /// What keeps the next segment from leaving.
    pub(super) fn waits_for(&self, tx: &SendBuffer) -> Waiting {
        let sent = self.snd_nxt - self.snd_una;
        let unsent = (tx.len() as u32).saturating_sub(sent);
        if unsent == 0 && self.half != SendHalf::FinQueued {
            return if sent == 0 { Waiting::Program } else { Waiting::Acknowledgement };
        }
        if self.snd_wnd.saturating_sub(sent) < unsent.min(self.mss) {
            Waiting::PeerWindow
        } else if self.board.pipe() + unsent.min(self.mss) > self.congestion.window() {
            Waiting::CongestionWindow
        } else if unsent < self.mss && sent > 0 && self.nagle {
            Waiting::Company
        } else {
            Waiting::Interface
        }
    }

    /// The path carries only `mss` bytes of text and options per segment: what was larger goes again, in pieces.
    //= rfc1191#6.5
    pub(crate) fn on_path_mtu(&mut self, mss: u32) {
        let mss = mss.saturating_sub(self.overhead).max(1);
        if mss < self.mss {
            self.mss = mss;
            self.board.mark_larger_lost(mss);
        }
    }

    /// Whether segments may carry blocks: both sides agreed, and text has room beside them.
    pub(crate) fn has_room_for_sack(&self) -> bool {
        self.sack && self.mss >= LEAST_MSS_FOR_SACK
    }

    pub(crate) fn una(&self) -> SeqNum {
        self.snd_una
    }

    pub(crate) fn nxt(&self) -> SeqNum {
        self.snd_nxt
    }

    /// The number of a segment without text: SND.NXT, but never beyond the peer's window, or a probe of a closed window
    /// would make the peer refuse all our acknowledgements.
    pub(crate) fn seq_of_ack(&self) -> SeqNum {
        self.snd_nxt.min(self.snd_una + self.snd_wnd)
    }

    /// When the timer runs out, and whether it then probes a window.
    pub(crate) fn poll_at(&self) -> Option<(Instant, bool)> {
        self.timer.map(|at| (at, self.snd_wnd == 0))
    }
}

/// Probes of a peer that answers come at least this often: 2^6 timeouts, at most a minute.
const PROBE_BACKOFF: u32 = 6;
/// Smaller segments would hold more blocks than text.
const LEAST_MSS_FOR_SACK: u32 = 128;
