//! What the sending half sends next: first what was lost, then new text, then the FIN; and what may hold it back.

use base::event::{RetransmitCause, TransportFact};
use base::{Instant, SeqNum};

use super::cx::TcpCx;
use super::send_buffer::SendBuffer;
use super::sender::{SendHalf, Sender};
use crate::socket::Totals;

/// Why the next segment may ignore a window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Forced {
    /// The first retransmission of fast recovery leaves whatever the pipe holds (RFC 6675, section 5, step 4.3).
    FirstResend,
    /// One byte into a closed window (RFC 9293, section 3.8.6.1).
    Probe,
    /// The silly-window override: what fits goes, small as it is (RFC 9293, section 3.8.6.2.1).
    Small,
    /// The tail-loss probe: new text, or the last segment again (RFC 8985, section 7.3).
    Tail,
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
    /// What may go now. `taken` bytes of it go to options that not every segment has.
    pub(crate) fn next_segment(&mut self, tx: &SendBuffer, taken: u32, restart: bool, now: Instant) -> Option<Planned> {
        let mss = self.mss.saturating_sub(taken).max(1);
        if self.board.is_empty() && restart && self.clock.was_idle(now, self.rtt.rto(0)) && !tx.is_empty() {
            //= rfc5681#4.1
            // After a pause the old window says nothing about the path any more.
            self.congestion.on_idle(self.initial_window());
            self.clock.last_sent = now;
        }
        if self.clock.holds_back(now) {
            return None;
        }
        let planned = if self.recovery.wants_new_first() {
            self.next_new(tx, mss)
        } else {
            self.next_resend(tx, mss).or_else(|| self.next_new(tx, mss)).or_else(|| self.next_tail(tx, mss))
        };
        if planned.is_none() {
            self.on_nothing(tx, now);
        }
        planned
    }

    /// Whether `next_segment` may plan something now. It may say so in vain, but not the other way.
    pub(crate) fn may_send(&self, tx: &SendBuffer, now: Instant) -> bool {
        if self.clock.is_ahead(now) {
            return false;
        }
        if self.board.next_lost().is_some() || self.forced.is_some() {
            return true;
        }
        let sent = self.snd_nxt - self.snd_una;
        let unsent = tx.len() as u32 - sent.min(tx.len() as u32);
        if self.rates.is_some() || (unsent > 0 && self.clock.rto_at.is_none()) {
            // Even nothing has something to set in motion: a probe's timer, the end of a rate sample.
            return true;
        }
        let least = self.mss.saturating_sub(MOST_SACK_BYTES);
        let text = unsent.min(self.peer.size().saturating_sub(sent)).min(least);
        let pipe = self.board.pipe();
        let fits = pipe == 0 || pipe + text <= self.window();
        fits && self.half < SendHalf::FinSent && (text > 0 || self.half == SendHalf::FinQueued)
    }

    /// Nothing may leave: something must remind us.
    fn on_nothing(&mut self, tx: &SendBuffer, now: Instant) {
        if self.clock.rto_at.is_none() && (!self.board.is_empty() || self.is_blocked_by_window(tx)) {
            self.clock.rto_at = Some(now + self.timeout());
        }
        let unsent = tx.len() as u32 > self.snd_nxt - self.snd_una;
        if unsent && self.cork && self.board.is_empty() {
            self.clock.wait_for_company(now);
        }
        if let Some(rates) = &mut self.rates
            && !unsent
            && self.board.pipe() < self.congestion.window()
        {
            rates.on_app_limited(self.board.pipe());
        }
    }

    fn next_resend(&self, tx: &SendBuffer, mss: u32) -> Option<Planned> {
        let lost = self.board.next_lost()?;
        let pipe = self.board.pipe();
        let fits = pipe == 0 || pipe + lost.len <= self.window();
        let allowed = if self.peer.is_closed() {
            self.forced == Some(Forced::Probe)
        } else {
            fits || self.forced == Some(Forced::FirstResend)
        };
        if allowed { Some(self.again(tx, (lost.seq, lost.len), mss)) } else { None }
    }

    /// The last segment once more, when a tail-loss probe is due and no new text was there for it.
    //= rfc8985#7.3
    fn next_tail(&self, tx: &SendBuffer, mss: u32) -> Option<Planned> {
        let last = self.board.last().filter(|last| self.forced == Some(Forced::Tail) && !last.lost && !last.sacked)?;
        (last.len <= mss + 1).then(|| self.again(tx, (last.seq, last.len), mss))
    }

    fn again(&self, tx: &SendBuffer, (seq, len): (SeqNum, u32), mss: u32) -> Planned {
        let text_end = self.snd_una + tx.len() as u32;
        let has_fin = text_end.before(seq + len);
        let text = (len - u32::from(has_fin)).min(mss);
        let fin = has_fin && text == len - 1;
        Planned { seq, text, fin, again: true }
    }

    #[inline]
    fn next_new(&self, tx: &SendBuffer, mss: u32) -> Option<Planned> {
        if self.half >= SendHalf::FinSent {
            return None;
        }
        let sent = self.snd_nxt - self.snd_una;
        let unsent = tx.len() as u32 - sent;
        let fin_queued = self.half == SendHalf::FinQueued;
        let room = self.peer.size().saturating_sub(sent);
        let text = match self.forced {
            Some(Forced::Probe) if sent == 0 => unsent.min(1),
            _ => unsent.min(room).min(mss),
        };
        let (all, pipe) = (text == unsent, self.board.pipe());
        let planned = Planned { seq: self.snd_nxt, text, fin: fin_queued && all, again: false };
        if planned.len() == 0 {
            return None;
        }
        let in_window = pipe == 0 || pipe + text <= self.window() || self.forced == Some(Forced::Tail);
        let worth_it = text == mss || self.may_be_small(text, all, sent);
        (in_window && worth_it).then_some(planned)
    }

    /// Whether a segment of less than MSS may leave: Nagle's algorithm and the sender's silly-window avoidance.
    //= rfc9293#3.8.6.2.1
    //= rfc9293#3.7.4
    fn may_be_small(&self, text: u32, all: bool, in_flight: u32) -> bool {
        let closing = self.half == SendHalf::FinQueued;
        let nothing_to_wait_for = (in_flight == 0 || !self.nagle) && !self.cork || closing;
        let half_a_window = text >= self.peer.max().div_ceil(2).max(1) && !self.cork;
        (all && nothing_to_wait_for) || half_a_window || self.forced.is_some()
    }

    /// Whether text waits and only the peer's window holds it back.
    fn is_blocked_by_window(&self, tx: &SendBuffer) -> bool {
        let sent = self.snd_nxt - self.snd_una;
        let waiting = self.half < SendHalf::FinSent && tx.len() as u32 > sent;
        waiting
            && self.board.pipe() == 0
            && self.peer.size().saturating_sub(sent) < self.mss.min(tx.len() as u32 - sent)
    }

    /// `planned` has left, with this timestamp.
    #[inline]
    pub(crate) fn on_sent(
        &mut self,
        planned: Planned,
        timestamp: Option<u32>,
        totals: &mut Totals,
        cx: &mut TcpCx<'_>,
    ) {
        let forced = self.forced.take();
        let (pipe, len) = (self.board.pipe(), planned.len());
        if self.board.is_empty() {
            self.clock.wait_from(cx.now);
        }
        if let Some(rates) = &mut self.rates {
            rates.on_sent(planned.seq, len, pipe, planned.again, cx.now);
        }
        if forced == Some(Forced::Tail) {
            self.recovery.tail.on_probe(self.snd_nxt.max(planned.seq + len), planned.again);
            totals.tail_probes += 1;
        }
        if planned.again {
            self.on_sent_again(planned, forced, timestamp, cx);
            totals.resent += 1;
            totals.bytes_resent += u64::from(planned.text);
        } else {
            self.board.on_send(planned.seq, len, cx.now);
            self.snd_nxt += len;
            if planned.fin {
                self.half = SendHalf::FinSent;
            }
        }
        self.note_flight();
        totals.bytes_sent += u64::from(planned.text);
        totals.data_segments_out += u64::from(planned.text > 0);
        self.recovery.on_sent(planned.text);
        self.clock.on_sent(planned.text + self.overhead + HEADERS, self.congestion.pacing_rate(), cx.now);
        //= rfc6298#5
        // (5.1) Every segment that leaves starts the timer if it is not running.
        if self.clock.rto_at.is_none() || forced == Some(Forced::Tail) {
            self.clock.rto_at = Some(cx.now + self.timeout());
        }
        self.arm(cx.now);
    }

    /// Where the next full segment lies in the buffer, and its length, when nothing stands in its way and nothing else
    /// comes first. With nothing in flight there may have been a pause: that is for the long way.
    #[inline]
    pub(super) fn plain_text(&self, tx: &SendBuffer) -> Option<(usize, usize)> {
        let calm = self.half == SendHalf::Open && self.forced.is_none() && self.rates.is_none() && !self.ecn;
        if !calm || self.recovery.is_repairing() || self.recovery.window().is_some() {
            return None;
        }
        let (sent, mss) = (self.snd_nxt - self.snd_una, self.mss);
        let pipe = self.board.pipe();
        let fits = pipe > 0
            && !self.board.has_lost()
            && sent + mss <= tx.len() as u32
            && sent + mss <= self.peer.size()
            && pipe + mss <= self.congestion.window();
        fits.then_some((sent as usize, mss as usize))
    }

    /// A full segment of new text has left.
    #[inline]
    pub(super) fn on_plain_sent(&mut self, totals: &mut Totals, now: Instant) {
        let mss = self.mss;
        self.board.on_send(self.snd_nxt, mss, now);
        self.snd_nxt += mss;
        self.note_flight();
        totals.bytes_sent += u64::from(mss);
        totals.data_segments_out += 1;
        self.clock.last_sent = now;
        if self.clock.rto_at.is_none() {
            self.clock.rto_at = Some(now + self.timeout());
        }
        self.arm(now);
    }

    fn on_sent_again(&mut self, planned: Planned, forced: Option<Forced>, timestamp: Option<u32>, cx: &mut TcpCx<'_>) {
        let cause = match forced {
            Some(Forced::Probe) => RetransmitCause::WindowProbe,
            Some(Forced::Tail) => RetransmitCause::TailProbe,
            _ if self.clock.retries > 0 => RetransmitCause::Timeout,
            Some(Forced::FirstResend) => RetransmitCause::FastRetransmit,
            _ if self.recovery.is_first_repair() => RetransmitCause::FastRetransmit,
            _ => RetransmitCause::Recovery,
        };
        if cause == RetransmitCause::FastRetransmit {
            // The repair takes a round trip, and gets a whole timeout for it.
            self.clock.rto_at = None;
        }
        match forced {
            Some(Forced::Tail) => self.board.on_tail_resend(cx.now),
            _ => self.board.on_resend(planned.seq, planned.len(), cx.now),
        }
        self.recovery.on_sent_again(timestamp);
        let (seq, len) = (planned.seq, planned.text as usize);
        cx.facts.tell(|flow| TransportFact::Retransmit { flow, seq, len, cause });
    }
}

/// What pacing counts besides the text: headers of IP and TCP.
const HEADERS: u32 = 40;

/// What selective acknowledgements take of a segment's text, at most.
const MOST_SACK_BYTES: u32 = 36;
