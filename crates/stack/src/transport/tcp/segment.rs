//! A segment between the wire and a connection: my sender's half talks only to your receiver, and the other way round.

use base::event::Flow;
use base::{PacketId, SeqNum};
use bytes::Bytes;
use wire::PacketBuf;
use wire::tcp::{Flags, Header, Options};

/// A received segment.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) seq: SeqNum,
    pub(crate) ack: SeqNum,
    pub(crate) flags: Flags,
    /// As on the wire: not yet scaled.
    pub(crate) window: u16,
    pub(crate) options: Options,
    /// The network marked it: congestion experienced (RFC 3168).
    pub(crate) ce: bool,
    pub(crate) text: Bytes,
}

impl Segment {
    pub(crate) fn new(header: &Header, ce: bool, text: Bytes) -> Self {
        let Header { seq, ack, flags, window, options, .. } = *header;
        Segment { seq, ack, flags, window, options, ce, text }
    }

    pub(crate) fn has(&self, flag: Flags) -> bool {
        self.flags.contains(flag)
    }

    /// SEG.LEN: text, and one each for SYN and FIN.
    pub(crate) fn len(&self) -> u32 {
        self.text.len() as u32 + u32::from(self.has(Flags::SYN)) + u32::from(self.has(Flags::FIN))
    }

    /// Cuts off what lies before `from`, a SYN first.
    pub(crate) fn trim_front(&mut self, from: SeqNum) {
        if from.at_most(self.seq) {
            return;
        }
        let mut cut = from - self.seq;
        self.seq = from;
        if self.has(Flags::SYN) {
            self.flags = self.flags.without(Flags::SYN);
            cut -= 1;
        }
        let text = (cut as usize).min(self.text.len());
        self.text = self.text.slice(text..);
    }

    /// Cuts off the text that lies at or after `to`, with the FIN behind it; answers whether there was any. A FIN needs
    /// no room of its own.
    pub(crate) fn trim_back(&mut self, to: SeqNum) -> bool {
        let end = self.seq + self.text.len() as u32;
        if end.at_most(to) {
            return false;
        }
        self.flags = self.flags.without(Flags::FIN);
        let keep = self.text.len().saturating_sub((end - to) as usize);
        self.text = self.text.slice(..keep);
        true
    }
}

/// What a connection wants to send; the table adds ports, addresses and checksum.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) seq: SeqNum,
    pub(crate) ack: SeqNum,
    pub(crate) flags: Flags,
    pub(crate) window: u16,
    pub(crate) options: Options,
    /// The network may mark it instead of dropping it (ECT(0), RFC 3168).
    pub(crate) ect: bool,
    pub(crate) text: Bytes,
}

impl Outgoing {
    /// The segment as a packet: its text shared, its header and checksum in front.
    pub(crate) fn emit(self, flow: &Flow) -> PacketBuf {
        let Outgoing { seq, ack, flags, window, options, text, .. } = self;
        let mut packet = PacketBuf::new(PacketId::NONE, text);
        let (src_port, dst_port) = (flow.local.port(), flow.remote.port());
        let header = Header { src_port, dst_port, seq, ack, flags, window, options, ..Header::default() };
        header.push(&mut packet, flow.local.ip(), flow.remote.ip());
        packet
    }

    /// A segment without text, options or window.
    pub(crate) fn control(seq: SeqNum, ack: SeqNum, flags: Flags) -> Self {
        Outgoing { seq, ack, flags, window: 0, options: Options::default(), ect: false, text: Bytes::new() }
    }

    /// The reset that answers a segment of no connection.
    //= rfc9293#3.10.7.1
    pub(crate) fn reset_for(segment: &Segment) -> Self {
        let (seq, ack, flags) = if segment.has(Flags::ACK) {
            (segment.ack, SeqNum(0), Flags::RST)
        } else {
            (SeqNum(0), segment.seq + segment.len(), Flags::RST | Flags::ACK)
        };
        Outgoing::control(seq, ack, flags)
    }
}
