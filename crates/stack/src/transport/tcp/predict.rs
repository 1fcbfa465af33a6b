//! The segment that everybody expects, both ways: the next text, nothing else new. What it does on arrival is what the
//! steps of RFC 9293 section 3.10.7.4 come to when none of their conditions hold; what leaves is what `plan` would plan.

use base::{PacketId, SeqNum};
use bytes::Bytes;
use wire::PacketBuf;
use wire::tcp::{Flags, Header, Options};

use super::connection::{Connection, Phase};
use super::cx::TcpCx;
use super::table::Tcp;

/// An in-order segment with text and timestamps and no flag but ACK and PSH.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Predicted {
    pub(crate) seq: SeqNum,
    pub(crate) ack: SeqNum,
    pub(crate) window: u16,
    pub(crate) timestamp: u32,
    pub(crate) len: u32,
}

impl Tcp {
    /// The connection that was heard last, when these addresses and ports (as in the headers) are its own.
    #[inline]
    pub(crate) fn expected(&self, ends: &[u8]) -> Option<u64> {
        self.demux.expected(ends)
    }

    #[inline]
    pub(crate) fn takes_predicted(&self, id: u64, segment: &Predicted) -> bool {
        self.connections.get(id).is_some_and(|entry| entry.connection.takes_predicted(segment))
    }

    #[inline]
    pub(crate) fn on_predicted(&mut self, id: u64, segment: &Predicted, text: Bytes, cx: &mut TcpCx<'_>) {
        let Some(entry) = self.connections.get_mut(id) else { return };
        entry.connection.may_grow = self.grown < cx.config.buffer_budget;
        let due = entry.connection.on_predicted(segment, text, cx);
        self.count_growth(id);
        if due {
            self.after_input(id);
        } else {
            self.arm(id);
        }
    }
}

impl Connection {
    #[inline]
    fn takes_predicted(&self, segment: &Predicted) -> bool {
        let Phase::Synchronized(open) = &self.phase else { return false };
        !self.program.released
            && open.snd.is_idle()
            && segment.ack == open.snd.una()
            && !open.snd.ecn
            && open.rcv.expects(segment.seq, segment.len, segment.timestamp)
    }

    /// The next full segment, when there is nothing to think about: no loss, no mark, no closing, room in both windows.
    #[inline]
    pub(super) fn poll_plain(&mut self, cx: &mut TcpCx<'_>) -> Option<PacketBuf> {
        let Phase::Synchronized(open) = &mut self.phase else { return None };
        let (offset, recent) = (open.ts_offset?, open.rcv.ts_recent()?);
        let busy = self.urgent.is_some() || self.program.released || self.program.finished;
        if busy || open.rcv.has_blocks() {
            return None;
        }
        let (position, len) = open.snd.plain_text(&self.tx)?;
        let (seq, free) = (open.snd.nxt(), open.rcv.free(self.rx.len()));
        let flags = if position + len == self.tx.len() { Flags::ACK | Flags::PSH } else { Flags::ACK };
        let header = Header {
            src_port: self.flow.local.port(),
            dst_port: self.flow.remote.port(),
            seq,
            ack: open.rcv.rcv_nxt(),
            flags,
            window: open.rcv.offer(free, open.rcv.tuner.capacity()),
            options: Options { timestamps: Some((cx.timestamp(offset), recent)), ..Options::default() },
            ..Header::default()
        };
        self.rx.freed = false;
        let mut packet = PacketBuf::new(PacketId::NONE, self.tx.slice(position, len));
        header.push(&mut packet, self.flow.local.ip(), self.flow.remote.ip());
        open.totals.segments_out += 1;
        open.acks.on_sent();
        open.snd.on_plain_sent(&mut open.totals, cx.now);
        Some(packet)
    }

    /// Takes it; answers whether an acknowledgement is due now.
    #[inline]
    fn on_predicted(&mut self, segment: &Predicted, text: Bytes, cx: &mut TcpCx<'_>) -> bool {
        let Phase::Synchronized(open) = &mut self.phase else { return false };
        let unread = self.rx.len();
        open.watch.on_heard(cx.now);
        open.totals.segments_in += 1;
        open.totals.data_segments_in += 1;
        open.totals.bytes_received += u64::from(segment.len);
        open.snd.on_window(segment.seq, segment.window, cx.now);
        open.rcv.take_expected(segment.timestamp, text, &mut self.rx, cx.now);
        if self.may_grow {
            open.rcv.tuner.on_text(segment.len as usize, unread, open.snd.smoothed_rtt(), cx.now);
        }
        open.acks.on_text(segment.len, open.receive_mss, cx.now, cx.config.delayed_ack);
        cx.wake(&mut self.program.reader);
        open.acks.is_due()
    }
}
