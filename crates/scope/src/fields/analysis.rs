//! What is remarkable about a TCP segment, judged by what was seen before it, with the rules of Wireshark's
//! "TCP Analysis" (its user's guide, 7.5): the same names for the same things, packet for packet.
//!
//! The rules guess, as anybody must who only listens in between: for the true cause of a repetition in our own runs ask
//! the recording's events.

use base::SeqNum;

use super::connections::{ACK, Connection, FIN, PSH, RST, SYN, Segment};
use super::option::{self, Options};
use super::unacknowledged::{Sent, Unacknowledged};

/// What a segment was found to be; several at once are possible.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Marks(u32);

impl Marks {
    /// Sent before, and not one of the more special kinds.
    pub const RETRANSMISSION: Marks = Marks(1);
    /// Sent again right after at least two duplicate ACKs.
    pub const FAST_RETRANSMISSION: Marks = Marks(1 << 1);
    /// Sent again though it had been acknowledged.
    pub const SPURIOUS_RETRANSMISSION: Marks = Marks(1 << 2);
    /// Came behind a segment that was sent after it.
    pub const OUT_OF_ORDER: Marks = Marks(1 << 3);
    /// There is a gap in front of it.
    pub const LOST_SEGMENT: Marks = Marks(1 << 4);
    /// Acknowledges what was not seen.
    pub const ACK_LOST_SEGMENT: Marks = Marks(1 << 5);
    /// Says again what the last acknowledgement said.
    pub const DUPLICATE_ACK: Marks = Marks(1 << 6);
    /// Its sender has no room.
    pub const ZERO_WINDOW: Marks = Marks(1 << 7);
    /// One byte sent to ask a closed window.
    pub const ZERO_WINDOW_PROBE: Marks = Marks(1 << 8);
    /// The answer to it: still closed.
    pub const ZERO_WINDOW_PROBE_ACK: Marks = Marks(1 << 9);
    /// Says nothing but a new window.
    pub const WINDOW_UPDATE: Marks = Marks(1 << 10);
    /// Fills the receiver's window to its edge.
    pub const WINDOW_FULL: Marks = Marks(1 << 11);
    /// Asks whether the other end is still there.
    pub const KEEP_ALIVE: Marks = Marks(1 << 12);
    /// The answer to it.
    pub const KEEP_ALIVE_ACK: Marks = Marks(1 << 13);
    /// The first segment of a connection between ports that had one before.
    pub const REUSED_PORTS: Marks = Marks(1 << 14);

    /// Whether one of `other` is among them.
    #[inline]
    pub const fn any_of(self, other: Marks) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Both.
    pub const fn with(self, other: Marks) -> Marks {
        Marks(self.0 | other.0)
    }

    fn add(&mut self, other: Marks) {
        *self = self.with(other);
    }
}

/// What was found out about a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Analysis {
    /// What it is.
    pub marks: Marks,
    /// A duplicate ACK: the how-manyth, and the frame whose acknowledgement it repeats.
    pub duplicate: Option<(u32, u64)>,
    /// The frame that it acknowledges, and how many nanoseconds after that.
    pub acks: Option<(u64, u64)>,
    /// A repetition: nanoseconds since the segment was sent before, and its frame.
    pub again: Option<(u64, u64)>,
    /// Bytes that are sent and not acknowledged, this segment included.
    pub bytes_in_flight: Option<u32>,
    /// Bytes sent since the last PSH.
    pub push_bytes: Option<u32>,
    /// Nanoseconds from the SYN to the end of the handshake, where anything is remarkable.
    pub initial_rtt_ns: Option<u64>,
}

impl Analysis {
    /// Whether there is anything to tell.
    fn is_empty(&self) -> bool {
        self.marks.is_empty() && self.acks.is_none() && self.bytes_in_flight.is_none() && self.push_bytes.is_none()
    }
}

/// The numbers of a segment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) frame: u64,
    pub(super) at_ns: u64,
    pub(super) seq: SeqNum,
    pub(super) ack: SeqNum,
    pub(super) flags: u16,
    pub(super) window: u32,
    /// None for a segment that an ICMP error quotes.
    pub(super) len: Option<u32>,
}

/// One direction of a connection.
#[derive(Debug)]
pub(super) struct Flow {
    /// The sequence number that counts as 0.
    pub(super) base: Option<SeqNum>,
    /// Behind the highest byte so far; the segment that brought it, when, and how much data it had.
    next: Option<SeqNum>,
    next_at: (u64, u64),
    next_len: u32,
    /// Up to here nothing is missing, as far as one can tell.
    contiguous: Option<SeqNum>,
    unacknowledged: Unacknowledged,
    last_ack: SeqNum,
    last_at_ns: u64,
    window: u32,
    /// The window's shift: -1 for unknown, -2 for not agreed on.
    scale: i32,
    /// Whether its last window was in a SYN, where nothing is scaled.
    window_is_of_syn: bool,
    /// Which frame its last new acknowledgement was in, and how often it was repeated; -1 stands for "say nothing".
    fresh_ack_frame: u64,
    duplicates: i32,
    last_marks: Marks,
    /// Whether the bytes in flight can be told: none is missing, or all before was acknowledged.
    in_flight_known: bool,
    sacked: u32,
    push_bytes: u32,
    last_was_push: bool,
}

impl Default for Flow {
    fn default() -> Self {
        Flow {
            base: None,
            next: None,
            next_at: (0, 0),
            next_len: 0,
            contiguous: None,
            unacknowledged: Unacknowledged::default(),
            last_ack: SeqNum(0),
            last_at_ns: 0,
            window: 0,
            scale: -1,
            window_is_of_syn: false,
            fresh_ack_frame: 0,
            duplicates: 0,
            last_marks: Marks::default(),
            in_flight_known: false,
            sacked: 0,
            push_bytes: 0,
            last_was_push: false,
        }
    }
}

/// Takes a segment into account, and says what it is.
#[inline]
pub(super) fn analyse(connection: &mut Connection, seen: &Seen, header: &[u8], mut segment: Segment) -> Segment {
    let Connection { flows: [low, high], last_syn_ns, first_rtt_ns, .. } = connection;
    let (forth, back) = if segment.from_low { (low, high) } else { (high, low) };
    forth.sacked = 0;
    (segment.seq, segment.ack, segment.window, segment.len) = (seen.seq.0, seen.ack.0, seen.window, seen.len);
    if let Some(len) = seen.len {
        let analysis = segment.analysis;
        let mut judge = Judge { forth, back, seen, len, found: analysis, out_of_order_ns: *first_rtt_ns };
        judge.judge();
        segment.analysis = judge.found;
        segment.seq = seen.seq - forth.base.unwrap_or(seen.seq);
        if seen.flags & ACK != 0 {
            segment.ack = seen.ack - back.base.unwrap_or(seen.ack);
        }
        if seen.flags & SYN == 0 && forth.scale >= 0 {
            segment.window <<= forth.scale;
        }
    }
    if seen.flags & SYN == 0 {
        segment.scale = Some(if forth.scale >= 0 { 1 << forth.scale } else { forth.scale });
    } else {
        forth.window_is_of_syn = true;
        if seen.flags & ACK == 0 {
            *last_syn_ns = Some(seen.at_ns);
        }
    }
    if let (ACK, Some(syn), None) = (seen.flags & (SYN | ACK), *last_syn_ns, *first_rtt_ns) {
        *first_rtt_ns = Some(seen.at_ns.wrapping_sub(syn)).filter(|rtt| *rtt > 0);
    }
    if seen.flags & (SYN | ACK) == ACK {
        forth.window_is_of_syn = false;
    }
    if !segment.analysis.is_empty() {
        segment.analysis.initial_rtt_ns = *first_rtt_ns;
    }
    take_options(forth, back, seen, header);
    segment
}

fn take_options(forth: &mut Flow, back: &mut Flow, seen: &Seen, header: &[u8]) {
    for (kind, body) in Options::of(header) {
        match (kind, body) {
            (option::WINDOW_SCALE, [shift]) => forth.scale = i32::from((*shift).min(MAX_SHIFT)),
            (option::SACK, blocks) => {
                for block in blocks.chunks_exact(8) {
                    let edge = |at: usize| SeqNum(super::layers::u32_at(block, at));
                    forth.sacked = forth.sacked.wrapping_add(edge(4) - edge(0));
                }
            }
            _ => {}
        }
    }
    if seen.flags & (SYN | ACK) == SYN | ACK && (forth.scale == -1 || back.scale == -1) {
        (forth.scale, back.scale) = (-2, -2);
    }
}

/// The largest shift of a window.
//= rfc7323#2.3
const MAX_SHIFT: u8 = 14;

/// One segment before its judge.
struct Judge<'a> {
    forth: &'a mut Flow,
    back: &'a mut Flow,
    seen: &'a Seen,
    len: u32,
    found: Analysis,
    /// How late a segment may come and still count as out of order: the handshake's round trip, where it is known.
    out_of_order_ns: Option<u64>,
}

impl Judge<'_> {
    fn judge(&mut self) {
        self.set_bases();
        if !self.is_window_probe() {
            self.judge_window();
            self.judge_acknowledgement();
        }
        if self.seen.ack != self.forth.last_ack {
            self.forth.fresh_ack_frame = self.seen.frame;
            self.forth.duplicates = 0;
        }
        self.judge_what_it_acknowledges();
        if (self.len > 0 || self.has(SYN | FIN)) && !self.found.marks.any_of(Marks::KEEP_ALIVE) {
            self.judge_repetition();
        }
        self.remember();
        if let Some(sent) = self.back.unacknowledged.acknowledge(self.seen.ack) {
            self.found.acks = Some((sent.frame, self.seen.at_ns.saturating_sub(sent.at_ns)));
        }
        self.count_bytes_in_flight();
    }

    const fn has(&self, flags: u16) -> bool {
        self.seen.flags & flags != 0
    }

    fn mark(&mut self, marks: Marks) {
        self.found.marks.add(marks);
    }

    /// Whether it begins where it should.
    fn is_next(&self) -> bool {
        self.forth.next == Some(self.seen.seq)
    }

    /// No data, no SYN, FIN or RST, and the same numbers as the segment before.
    fn repeats_the_last_ack(&self) -> bool {
        self.len == 0 && !self.has(SYN | FIN | RST) && self.is_next() && self.seen.ack == self.forth.last_ack
    }

    /// Numbers count from the SYN; where it was not seen, from one before the first byte that was.
    fn set_bases(&mut self) {
        let before = if self.has(SYN) { self.seen.seq } else { self.seen.seq - 1 };
        self.forth.base.get_or_insert(before);
        if self.has(ACK) {
            self.back.base.get_or_insert(self.seen.ack - 1);
            self.back.in_flight_known = true;
        }
    }

    fn is_window_probe(&mut self) -> bool {
        let is_probe = self.len == 1 && self.is_next() && self.back.window == 0;
        if is_probe {
            self.mark(Marks::ZERO_WINDOW_PROBE);
        }
        is_probe
    }

    fn judge_window(&mut self) {
        let Seen { seq, window, .. } = *self.seen;
        if window == 0 && !self.has(SYN | FIN | RST) {
            self.mark(Marks::ZERO_WINDOW);
        }
        if self.forth.next.is_some_and(|next| next.before(seq)) && !self.has(RST) {
            self.mark(Marks::LOST_SEGMENT);
            self.forth.in_flight_known = false;
        }
        if self.len <= 1 && self.forth.next.is_some_and(|next| seq == next - 1) && !self.has(SYN | FIN | RST) {
            self.mark(Marks::KEEP_ALIVE);
        }
        if window != 0 && window != self.forth.window && self.repeats_the_last_ack() {
            self.mark(Marks::WINDOW_UPDATE);
        }
        let shift = if self.back.window_is_of_syn { 0 } else { self.back.scale.max(0) };
        let edge = self.back.last_ack + (self.back.window << shift);
        if self.len > 0 && self.back.scale != -1 && seq + self.len == edge && !self.has(SYN | FIN | RST) {
            self.mark(Marks::WINDOW_FULL);
        }
    }

    fn judge_acknowledgement(&mut self) {
        let window = self.seen.window;
        if window != self.forth.window || !self.repeats_the_last_ack() {
            return;
        }
        if window != 0 && self.back.last_marks.any_of(Marks::KEEP_ALIVE) {
            self.mark(Marks::KEEP_ALIVE_ACK);
        } else if window == 0 && self.back.last_marks.any_of(Marks::ZERO_WINDOW_PROBE) {
            self.mark(Marks::ZERO_WINDOW_PROBE_ACK);
        } else if window != 0 {
            self.forth.duplicates = self.forth.duplicates.max(0) + 1;
            self.mark(Marks::DUPLICATE_ACK);
            self.found.duplicate = Some((self.forth.duplicates as u32, self.forth.fresh_ack_frame));
        }
    }

    /// One gap in the other direction is told once.
    fn judge_what_it_acknowledges(&mut self) {
        let back = &mut *self.back;
        let (Some(contiguous), Some(next)) = (back.contiguous, back.next) else { return };
        if !contiguous.before(self.seen.ack) || self.seen.flags & ACK == 0 {
            return;
        }
        if contiguous.before(next) {
            back.contiguous = Some(next);
            self.mark(Marks::ACK_LOST_SEGMENT);
        } else {
            let first = back.duplicates == 0;
            back.duplicates = -1;
            if first {
                self.mark(Marks::ACK_LOST_SEGMENT);
            }
        }
    }

    fn judge_repetition(&mut self) {
        let Seen { seq, at_ns, .. } = *self.seen;
        let next = self.forth.next;
        // More than one byte from one byte before the next: what lies behind a window probe.
        let behind_probe = self.len > 1 && next.is_some_and(|next| next - 1 == seq);
        let not_new = next.is_some_and(|next| seq.before(next)) && !behind_probe;
        let acknowledged = self.back.last_ack;
        if self.len > 0 && acknowledged.0 != 0 && (seq + self.len).at_most(acknowledged) {
            return self.mark(Marks::SPURIOUS_RETRANSMISSION);
        }
        let Some(next) = next.filter(|_| not_new) else { return };
        let since_ack = at_ns.wrapping_sub(self.back.last_at_ns);
        if self.back.duplicates >= 2 && acknowledged == seq && since_ack < FAST_NS {
            return self.mark(Marks::FAST_RETRANSMISSION);
        }
        let limit = self.out_of_order_ns.unwrap_or(OUT_OF_ORDER_NS);
        let is_end = next == seq + self.len + u32::from(self.has(SYN | FIN));
        // Nothing can overtake a SYN that was the last to arrive.
        let came_late = !is_end || (self.forth.next_len == 0 && !self.has(SYN));
        if at_ns.wrapping_sub(self.forth.next_at.1) < limit && came_late {
            return self.mark(Marks::OUT_OF_ORDER);
        }
        self.mark(Marks::RETRANSMISSION);
        let before = self.forth.unacknowledged.oldest_from(seq).map(|sent| (sent.frame, sent.at_ns));
        let (frame, sent_ns) = before.unwrap_or(self.forth.next_at);
        self.found.again = Some((at_ns.saturating_sub(sent_ns), frame));
    }

    fn remember(&mut self) {
        let Seen { frame, at_ns, seq, ack, window, .. } = *self.seen;
        let (is_probe, len) = (self.found.marks.any_of(Marks::ZERO_WINDOW_PROBE), self.len);
        let is_syn_or_fin = self.has(SYN | FIN);
        let forth = &mut *self.forth;
        let mut next = seq + len;
        if (len > 0 || is_syn_or_fin)
            && forth.unacknowledged.push(Sent { frame, at_ns, seq, next: next + u32::from(is_syn_or_fin) })
        {
            next += u32::from(is_syn_or_fin);
        }
        if forth.next.is_none_or(|known| (known + u32::from(is_syn_or_fin)).before(next)) {
            forth.next_len = len;
        }
        if forth.next.is_none_or(|known| known.before(next)) && !is_probe {
            (forth.next, forth.next_at) = (Some(next), (frame, at_ns));
        }
        if forth.contiguous.is_none_or(|known| known == seq) && !is_probe {
            forth.contiguous = forth.next;
        }
        (forth.window, forth.last_ack, forth.last_at_ns) = (window, ack, at_ns);
        forth.last_marks = self.found.marks;
    }

    fn count_bytes_in_flight(&mut self) {
        let forth = &mut *self.forth;
        if self.len == 0 || !forth.in_flight_known {
            return;
        }
        let Some((low, high)) = forth.unacknowledged.span(forth.base.unwrap_or(self.seen.seq)) else { return };
        let in_flight = high.wrapping_sub(low).wrapping_sub(self.back.sacked);
        if (1..MOST_IN_FLIGHT).contains(&in_flight) {
            self.found.bytes_in_flight = Some(in_flight - u32::from(self.seen.flags & (SYN | FIN) != 0));
        }
        let is_push = self.seen.flags & PSH != 0;
        forth.push_bytes = if forth.last_was_push { self.len } else { forth.push_bytes.wrapping_add(self.len) };
        forth.last_was_push = is_push;
        self.found.push_bytes = Some(forth.push_bytes);
    }
}

/// A repetition so soon after a duplicate ACK is its consequence.
const FAST_NS: u64 = 20_000_000;
/// How late a segment may come and still count as out of order when no handshake was seen.
const OUT_OF_ORDER_NS: u64 = 3_000_000;
/// More bytes in flight than this are a mistake.
const MOST_IN_FLIGHT: u32 = 2_000_000_000;
