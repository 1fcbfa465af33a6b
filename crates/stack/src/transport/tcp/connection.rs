//! One connection: the steps of RFC 9293 section 3.10.7 in their order, each a named call into its room.

use std::sync::Arc;
use std::task::Waker;

use base::event::{Flow, RetransmitCause, TcpState, TransportDrop, TransportFact};
use base::{Duration, Instant, SeqNum};
use bytes::Bytes;
use wire::tcp::{Flags, Options, SackBlocks};

use super::ack::Acks;
use super::cx::TcpCx;
use super::handshake::{Agreed, Handshake};
use super::keepalive::{Due, Watch};
use super::plan::Planned;
use super::receiver::{ReceiveQueue, Receiver, Text};
use super::segment::{Outgoing, Segment};
use super::send_buffer::SendBuffer;
use super::sender::{Echo, Sender};
use super::settings::Settings;
use super::state;
use super::teardown::TimeWait;
use crate::socket::{TcpError, TcpInfo, Totals};

/// A connection, from its first SYN until nothing of it needs to be remembered.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) flow: Flow,
    pub(crate) phase: Phase,
    pub(crate) tx: SendBuffer,
    pub(crate) rx: ReceiveQueue,
    /// The program's side.
    pub(crate) program: Program,
    /// The segment that is due before anything else: a reset, or an answer out of turn.
    pub(crate) urgent: Option<Box<Outgoing>>,
    /// Why it ended, when not by both sides closing.
    failure: Option<Box<TcpError>>,
    /// An ICMP message that names a reason, told when the connection gives up.
    pub(crate) hint: Option<&'static str>,
    /// Whether the host's budget lets its buffers grow.
    pub(crate) may_grow: bool,
    pub(crate) settings: Arc<Settings>,
}

/// What the program does with the connection.
#[derive(Debug, Default)]
pub(crate) struct Program {
    /// It holds no handle any more.
    pub(crate) released: bool,
    /// It sends no more, said before the connection was open.
    pub(crate) finished: bool,
    pub(crate) reader: Option<Waker>,
    pub(crate) writer: Option<Waker>,
}

#[derive(Debug)]
pub(crate) enum Phase {
    Handshake(Box<Handshake>),
    Synchronized(Box<Synchronized>),
    TimeWait(TimeWait),
    Closed,
}

/// Both halves of an open connection, and who closed first.
#[derive(Debug)]
pub(crate) struct Synchronized {
    pub(crate) snd: Sender,
    pub(crate) rcv: Receiver,
    pub(crate) acks: Acks,
    /// Where our timestamp clock starts, when timestamps are in use.
    pub(super) ts_offset: Option<u32>,
    pub(super) receive_mss: u32,
    pub(super) totals: Totals,
    pub(super) watch: Watch,
    pub(super) we_closed_first: bool,
    /// The next segment without text asks for an answer.
    keepalive_due: bool,
    /// An orphan in FIN-WAIT-2 is not kept for ever.
    orphan_until: Option<Instant>,
}

impl Synchronized {
    pub(super) fn new(agreed: Agreed, settings: &Settings, cx: &TcpCx<'_>) -> Self {
        let Agreed { send, irs, offered, scale, timestamps, receive_mss } = agreed;
        Synchronized {
            snd: Sender::new(send, settings, cx),
            rcv: Receiver::new(
                irs,
                (offered, scale),
                receive_mss,
                timestamps.map(|(_, recent)| recent),
                settings.receive_buffer,
                cx.now,
            ),
            acks: Acks::new(),
            ts_offset: timestamps.map(|(offset, _)| offset),
            receive_mss,
            totals: Totals::default(),
            watch: Watch::new(cx.now),
            we_closed_first: false,
            keepalive_due: false,
            orphan_until: None,
        }
    }

    /// A segment outside of the window, or older than its neighbours.
    fn on_unacceptable(&mut self, segment: &Segment, cx: &TcpCx<'_>) {
        if self.rcv.is_silent_about(segment) {
            return;
        }
        // Only text is always answered: two sides that disagree must not answer each other's answers for ever.
        if segment.len() > 0 {
            self.acks.at_once();
        } else {
            self.acks.challenge(cx.now);
        }
        if !self.rcv.is_repetition(segment) {
            return;
        }
        if cx.config.dsack {
            let end = segment.seq + segment.text.len() as u32;
            self.rcv.note_duplicate(segment.seq, end.min(self.rcv.rcv_nxt()));
        }
        // A repeated segment or a probe, just left of the window, is a sign of life; anything else may be forged.
        if self.snd.is_acceptable(segment.ack) {
            self.watch.on_heard(cx.now);
            self.snd.on_sign_of_life(cx.now);
        }
    }

    /// Adds what this connection knows to a snapshot.
    pub(super) fn describe(&self, info: &mut TcpInfo) {
        info.options.timestamps = self.ts_offset.is_some();
        (info.receive_mss, info.totals) = (self.receive_mss, self.totals);
        info.last_received = Some(self.watch.heard());
        self.snd.describe(info);
        self.rcv.describe(info);
    }

    pub(crate) fn state(&self) -> TcpState {
        state::synchronized(self.snd.half(), self.rcv.finished(), self.we_closed_first)
    }
}

/// What a segment did that others must know of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Arrived {
    /// Handled.
    Done,
    /// The handshake is complete: a passive connection may be accepted.
    Established,
    /// Dropped, for a reason.
    Dropped(TransportDrop),
}

impl Connection {
    pub(crate) fn new(flow: Flow, handshake: Handshake, settings: Arc<Settings>) -> Self {
        Connection {
            flow,
            phase: Phase::Handshake(Box::new(handshake)),
            tx: SendBuffer::new(settings.send_buffer.most),
            rx: ReceiveQueue::default(),
            program: Program::default(),
            urgent: None,
            failure: None,
            hint: None,
            may_grow: true,
            settings,
        }
    }

    /// Why it ended, when not by both sides closing.
    pub(crate) fn error(&self) -> Option<TcpError> {
        self.failure.as_deref().copied()
    }

    pub(crate) fn state(&self) -> TcpState {
        match &self.phase {
            Phase::Handshake(handshake) if handshake.is_received() => TcpState::SynReceived,
            Phase::Handshake(_) => TcpState::SynSent,
            Phase::Synchronized(open) => open.state(),
            Phase::TimeWait(_) => TcpState::TimeWait,
            Phase::Closed => TcpState::Closed,
        }
    }

    // --- input -----------------------------------------------------------------------------------------------------

    pub(crate) fn on_segment(&mut self, segment: Segment, cx: &mut TcpCx<'_>) -> Arrived {
        let before = self.state();
        cx.facts.about(&self.flow);
        let arrived = match &mut self.phase {
            Phase::Handshake(handshake) if !handshake.is_received() => self.on_segment_syn_sent(segment, cx),
            Phase::Handshake(_) => self.on_segment_syn_received(segment, cx),
            Phase::Synchronized(_) => self.on_segment_synchronized(segment, cx),
            Phase::TimeWait(wait) => wait.on_segment(&segment, cx),
            Phase::Closed => Arrived::Dropped(TransportDrop::NoConnection),
        };
        cx.facts.state(self.flow, before, self.state());
        self.measure(cx.facts);
        arrived
    }

    //= rfc9293#3.10.7.4
    pub(super) fn on_segment_synchronized(&mut self, mut segment: Segment, cx: &mut TcpCx<'_>) -> Arrived {
        let Phase::Synchronized(open) = &mut self.phase else { return Arrived::Done };
        open.totals.segments_in += 1;
        open.totals.data_segments_in += u64::from(!segment.text.is_empty());
        // First: the sequence number, and by RFC 7323 the timestamp before it.
        let strict = cx.config.require_timestamps;
        let checked = open.rcv.check_timestamp(&segment, strict, cx.now);
        if let Err(reason) = checked.and_then(|()| open.rcv.check_sequence(&segment)) {
            open.on_unacceptable(&segment, cx);
            return Arrived::Dropped(reason);
        }
        open.watch.on_heard(cx.now);
        open.rcv.note_timestamp(&segment, cx.now);
        // Second: a reset, believed only at exactly RCV.NXT.
        //= rfc5961#3.2
        if segment.has(Flags::RST) {
            if segment.seq != open.rcv.rcv_nxt() {
                open.acks.challenge(cx.now);
                return Arrived::Dropped(TransportDrop::ChallengeAck);
            }
            self.fail(TcpError::Reset, cx);
            return Arrived::Done;
        }
        // Fourth: a SYN on a synchronized connection.
        //= rfc5961#4.2
        if segment.has(Flags::SYN) {
            open.acks.challenge(cx.now);
            return Arrived::Dropped(TransportDrop::ChallengeAck);
        }
        // Fifth: the acknowledgement.
        if !segment.has(Flags::ACK) {
            return Arrived::Dropped(TransportDrop::NoAckFlag);
        }
        if !open.snd.is_acceptable(segment.ack) {
            open.acks.challenge(cx.now);
            return Arrived::Dropped(TransportDrop::BadAck);
        }
        self.on_ack(&segment, cx);
        // Seventh and eighth: the text and the FIN, as far as the window allows.
        let Phase::Synchronized(open) = &mut self.phase else { return Arrived::Done };
        if segment.seq.before(open.rcv.rcv_nxt()) && !segment.text.is_empty() && cx.config.dsack {
            open.rcv.note_duplicate(segment.seq, open.rcv.rcv_nxt());
        }
        segment.trim_front(open.rcv.rcv_nxt());
        let beyond = segment.trim_back(open.rcv.edge());
        if beyond {
            open.acks.at_once();
        }
        let fin = segment.has(Flags::FIN).then(|| segment.seq + segment.text.len() as u32);
        let arrived = match segment.text.is_empty() {
            true if beyond => Arrived::Dropped(TransportDrop::OutOfWindow),
            true => Arrived::Done,
            false => self.on_text(segment, cx),
        };
        self.on_fin(fin, cx);
        arrived
    }

    fn on_ack(&mut self, segment: &Segment, cx: &mut TcpCx<'_>) {
        let Phase::Synchronized(open) = &mut self.phase else { return };
        let echo = open.ts_offset.map_or(Echo::default(), |offset| echo(segment, cx.timestamp(offset)));
        open.snd.on_sign_of_life(cx.now);
        let released = open.snd.on_ack(segment, echo, &mut self.tx, &mut open.totals, cx);
        if released > 0 {
            cx.wake(&mut self.program.writer);
        }
        self.settle(cx);
    }

    fn on_text(&mut self, segment: Segment, cx: &mut TcpCx<'_>) -> Arrived {
        let Phase::Synchronized(open) = &mut self.phase else { return Arrived::Done };
        if self.program.released {
            //= rfc9293#3.6.1
            // Nobody will read this: the peer must be told that its data is lost, in the words said to strangers.
            self.fail(TcpError::Aborted, cx);
            self.urgent = Some(Box::new(Outgoing::reset_for(&segment)));
            return Arrived::Dropped(TransportDrop::Closed);
        }
        if open.snd.ecn {
            open.rcv.note_mark(&segment);
        }
        let len = segment.text.len() as u32;
        let (before, seq) = (open.rcv.rcv_nxt(), segment.seq);
        if cx.config.dsack && open.rcv.has_blocks() {
            open.rcv.note_overlap(seq, len);
        }
        let arrived = open.rcv.on_text(segment.seq, segment.text, &mut self.rx);
        let advanced = open.rcv.rcv_nxt() - before;
        open.totals.bytes_received += u64::from(advanced);
        if advanced > 0 && self.may_grow {
            let rtt = open.snd.smoothed_rtt();
            open.rcv.tuner.on_text(advanced as usize, self.rx.len() - advanced as usize, rtt, cx.now);
        }
        match arrived {
            Ok(Text::InOrder) => {
                open.acks.on_text(len, open.receive_mss, cx.now, cx.config.delayed_ack);
                cx.wake(&mut self.program.reader);
            }
            //= rfc5681#4.2
            // A gap, and its filling, are acknowledged at once.
            Ok(Text::FilledGap) => {
                open.acks.at_once();
                cx.wake(&mut self.program.reader);
            }
            Ok(Text::OutOfOrder) => open.acks.at_once(),
            Err(reason) => {
                open.acks.at_once();
                return Arrived::Dropped(reason);
            }
        }
        Arrived::Done
    }

    fn on_fin(&mut self, at: Option<SeqNum>, cx: &mut TcpCx<'_>) {
        let Phase::Synchronized(open) = &mut self.phase else { return };
        if at.is_some() {
            // In order or not: the peer waits for the answer.
            open.acks.at_once();
        }
        if open.rcv.on_fin(at) {
            open.acks.at_once();
            cx.wake(&mut self.program.reader);
            self.settle(cx);
        }
    }

    pub(crate) fn on_timer(&mut self, cx: &mut TcpCx<'_>) {
        let before = self.state();
        cx.facts.about(&self.flow);
        match &mut self.phase {
            Phase::Handshake(handshake) => {
                let (flow, seq) = (self.flow, handshake.iss());
                match handshake.on_timer(cx) {
                    Ok(None) => {}
                    Ok(Some(rto)) => {
                        let cause = RetransmitCause::Timeout;
                        cx.facts.add(|| TransportFact::Backoff { flow, rto });
                        cx.facts.add(|| TransportFact::Retransmit { flow, seq, len: 0, cause });
                    }
                    Err(()) => self.give_up(cx),
                }
            }
            Phase::Synchronized(open) => {
                open.acks.on_timer(cx.now);
                let orphaned = open.orphan_until.is_some_and(|until| until <= cx.now);
                let watched = match &self.settings.keepalive {
                    Some(keepalive) if open.snd.is_idle() => open.watch.on_timer(keepalive, cx.now),
                    _ => Due::Nothing,
                };
                if watched == Due::Probe {
                    // One number below the next: the peer must answer that it has it already.
                    open.acks.at_once();
                    open.keepalive_due = true;
                }
                if watched == Due::GivenUp || open.snd.on_timer(&mut open.totals, cx).is_err() {
                    self.give_up(cx);
                } else if orphaned {
                    self.phase = Phase::Closed;
                } else if self.program.released && open.snd.probes() > ORPHAN_PROBES {
                    // Whoever keeps its window closed must not make us keep an orphan's text for ever.
                    self.reset(TcpError::TimedOut, cx);
                }
            }
            Phase::TimeWait(wait) => {
                if wait.is_over(cx.now) {
                    self.phase = Phase::Closed;
                }
            }
            Phase::Closed => {}
        }
        cx.facts.state(self.flow, before, self.state());
        self.measure(cx.facts);
    }

    fn give_up(&mut self, cx: &mut TcpCx<'_>) {
        let error = self.hint.map_or(TcpError::TimedOut, TcpError::Unreachable);
        self.fail(error, cx);
    }

    // --- output ----------------------------------------------------------------------------------------------------

    /// Whether `poll_segment` may give a segment now.
    pub(crate) fn may_send(&self, now: Instant) -> bool {
        match &self.phase {
            Phase::Synchronized(open) => {
                self.urgent.is_some()
                    || self.program.released
                    || self.program.finished
                    || open.acks.is_due()
                    || self.rx.freed
                        && open.rcv.owes_window_update(open.rcv.free(self.rx.len()), open.rcv.tuner.capacity())
                    || open.snd.may_send(&self.tx, now)
            }
            _ => true,
        }
    }

    /// The next segment, or nothing. Called until it says nothing.
    pub(crate) fn poll_segment(&mut self, cx: &mut TcpCx<'_>) -> Option<Outgoing> {
        if self.urgent.is_some() {
            return self.urgent.take().map(|segment| *segment);
        }
        match &mut self.phase {
            Phase::Handshake(handshake) => {
                let first = handshake.is_new() && handshake.active;
                let segment = handshake.poll_segment(cx);
                if segment.is_some() && first {
                    cx.facts.state(self.flow, TcpState::Closed, TcpState::SynSent);
                }
                segment
            }
            Phase::Synchronized(_) => self.poll_synchronized(cx),
            Phase::TimeWait(wait) => wait.poll_segment(cx),
            Phase::Closed => None,
        }
    }

    fn poll_synchronized(&mut self, cx: &mut TcpCx<'_>) -> Option<Outgoing> {
        cx.facts.about(&self.flow);
        if self.program.released || self.program.finished {
            // It may have been closed before it was open.
            self.close(cx);
            self.settle(cx);
        }
        let Phase::Synchronized(open) = &mut self.phase else { return None };
        let capacity = open.rcv.tuner.capacity();
        let free = open.rcv.free(self.rx.len());
        //= rfc9293#3.7.1
        // MUST-16: the text leaves room for the options of this very segment.
        let blocks = open.rcv.has_blocks() && open.snd.has_room_for_sack();
        let sack_bytes = if blocks { 4 + 8 * open.rcv.sack_count() as u32 } else { 0 };
        let (planned, text) = match open.snd.next_segment(&self.tx, sack_bytes, cx.config.restart_after_idle, cx.now) {
            Some(planned) => {
                let position = (planned.seq - open.snd.una()) as usize;
                (planned, self.tx.slice(position, planned.text as usize))
            }
            None if open.acks.is_due() || (self.rx.freed && open.rcv.owes_window_update(free, capacity)) => {
                //= rfc9293#3.8.4
                let back = u32::from(std::mem::take(&mut open.keepalive_due));
                (Planned { seq: open.snd.seq_of_ack() - back, text: 0, fin: false, again: false }, Bytes::new())
            }
            None => return None,
        };
        let mut flags = if open.rcv.is_marked() { Flags::ACK | Flags::ECE } else { Flags::ACK };
        let ect = open.snd.ecn && planned.text > 0 && !planned.again;
        if ect && std::mem::take(&mut open.snd.cwr_due) {
            flags |= Flags::CWR;
        }
        if planned.fin {
            flags |= Flags::FIN;
        }
        let last = planned.seq + planned.text - open.snd.una() == self.tx.len() as u32;
        if planned.text > 0 && last {
            //= rfc9293#3.9.1.2
            flags |= Flags::PSH;
        }
        let recent = open.rcv.ts_recent().unwrap_or(0);
        let timestamp = open.ts_offset.map(|offset| cx.timestamp(offset));
        let timestamps = timestamp.map(|value| (value, recent));
        let sack = if blocks { open.rcv.sack_blocks() } else { SackBlocks::NONE };
        let options = Options { timestamps, sack, ..Options::default() };
        let window = open.rcv.offer(free, capacity);
        self.rx.freed = false;
        let segment = Outgoing { seq: planned.seq, ack: open.rcv.rcv_nxt(), flags, window, options, ect, text };
        open.totals.segments_out += 1;
        open.acks.on_sent();
        if planned.text > 0 || planned.fin {
            open.snd.on_sent(planned, timestamp, &mut open.totals, cx);
        }
        Some(segment)
    }

    pub(crate) fn poll_at(&self) -> Option<Instant> {
        match &self.phase {
            Phase::Handshake(handshake) => handshake.poll_at(),
            Phase::Synchronized(open) => {
                let far = Instant::FAR;
                let timer = open.snd.poll_at().map_or(far, |(at, _)| at);
                let watch = match &self.settings.keepalive {
                    Some(keepalive) if open.snd.is_idle() => open.watch.poll_at(keepalive),
                    _ => far,
                };
                let at = timer.min(open.acks.poll_at().unwrap_or(far)).min(open.orphan_until.unwrap_or(far)).min(watch);
                (at != far).then_some(at)
            }
            Phase::TimeWait(wait) => Some(wait.until()),
            Phase::Closed => None,
        }
    }

    pub(super) fn reset(&mut self, error: TcpError, cx: &mut TcpCx<'_>) {
        let mut timestamps = None;
        let reset = match &self.phase {
            Phase::Synchronized(open) => {
                //= rfc7323#3.2
                let recent = open.rcv.ts_recent().unwrap_or(0);
                timestamps = open.ts_offset.map(|offset| (cx.timestamp(offset), recent));
                Some((open.snd.seq_of_ack(), open.rcv.rcv_nxt()))
            }
            Phase::Handshake(handshake) => handshake.irs().map(|irs| (handshake.iss() + 1, irs + 1)),
            Phase::TimeWait(_) => None,
            Phase::Closed => return,
        };
        self.fail(error, cx);
        self.urgent = reset.map(|(seq, ack)| {
            let options = Options { timestamps, ..Options::default() };
            Box::new(Outgoing { options, ..Outgoing::control(seq, ack, Flags::RST | Flags::ACK) })
        });
    }

    /// Moves on where both halves allow it: to TIME-WAIT, to CLOSED, or starts an orphan's clock.
    fn settle(&mut self, cx: &mut TcpCx<'_>) {
        let Phase::Synchronized(open) = &mut self.phase else { return };
        match open.state() {
            TcpState::TimeWait => {
                let (seq, ack, due) = (open.snd.nxt(), open.rcv.rcv_nxt(), open.acks.is_due());
                let timestamps = open.ts_offset.map(|offset| (offset, open.rcv.ts_recent().unwrap_or(0)));
                self.phase = Phase::TimeWait(TimeWait::new(seq, ack, timestamps, due, cx));
            }
            TcpState::Closed => self.phase = Phase::Closed,
            TcpState::FinWait2 if self.program.released && open.orphan_until.is_none() => {
                open.orphan_until = Some(cx.now + ORPHAN_PATIENCE);
            }
            _ => return,
        }
        cx.wake(&mut self.program.reader);
        cx.wake(&mut self.program.writer);
    }

    /// The connection is over, and the program hears why. Whoever calls this tells the change of state.
    pub(super) fn fail(&mut self, error: TcpError, cx: &mut TcpCx<'_>) {
        let flow = self.flow;
        self.phase = Phase::Closed;
        self.failure = Some(Box::new(error));
        self.tx = SendBuffer::new(0);
        cx.facts.add(|| TransportFact::Failed { flow, why: reason(error) });
        cx.wake(&mut self.program.reader);
        cx.wake(&mut self.program.writer);
    }

    /// Bytes that its buffers have grown by.
    #[inline]
    pub(crate) fn grown(&self) -> usize {
        match &self.phase {
            Phase::Synchronized(open) => open.rcv.tuner.grown(),
            _ => 0,
        }
    }
}

/// How long ago the peer's echo of our timestamp was made: a round trip, to a millisecond.
fn echo(segment: &Segment, now: u32) -> Echo {
    let Some((_, value)) = segment.options.timestamps else { return Echo::default() };
    let age = SeqNum(now) - SeqNum(value);
    let believed = value != 0 && age < 1 << 24;
    Echo { value: Some(value), age: believed.then(|| Duration::from_millis(u64::from(age.max(1)))) }
}

fn reason(error: TcpError) -> &'static str {
    match error {
        TcpError::Refused => "connection refused",
        TcpError::Reset => "connection reset by the peer",
        TcpError::Aborted => "aborted by this side",
        TcpError::TimedOut => "no answer for too long",
        TcpError::Unreachable(why) => why,
        _ => "closed",
    }
}

/// How long an orphan waits in FIN-WAIT-2 for the peer's FIN.
const ORPHAN_PATIENCE: Duration = Duration::from_secs(60);
/// How often an orphan probes a closed window.
const ORPHAN_PROBES: u32 = 8;
