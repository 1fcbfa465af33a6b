//! The segment that everybody expects: the next text, nothing else new. What it does is what the steps of RFC 9293
//! section 3.10.7.4 come to when none of their conditions hold.

use base::SeqNum;
use bytes::Bytes;

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
