//! What a packet's conversation tells about it: numbers that count from its start, scaled windows, and whose turn it is.

use std::net::IpAddr;

use base::SeqNum;

use super::analysis::{self, Analysis, Flow, Marks, Seen};
use super::index::{Ends, Index};
use super::layers::{u16_at, u32_at};

/// What the connection tells about a TCP segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Segment {
    /// The connection's number, counted from 0.
    pub stream: u32,
    /// The sequence number, counted from the connection's start.
    pub seq: u32,
    /// The acknowledgment number, counted from the connection's start.
    pub ack: u32,
    /// Bytes of data. A segment that an ICMP error quotes has no length, as its end is not known.
    pub len: Option<u32>,
    /// The window, scaled.
    pub window: u32,
    /// What a window is multiplied by: -1 when that is not known, -2 when it was not agreed on; none in a SYN.
    pub scale: Option<i32>,
    /// Whether the end whose address and port are the lower ones sent it.
    pub from_low: bool,
    /// Nanoseconds since the connection's first segment, and since the one before.
    pub since_ns: (u64, u64),
    /// What is remarkable about it.
    pub analysis: Analysis,
}

/// All conversations of a capture.
#[derive(Debug, Default)]
pub(super) struct Connections {
    tcp: Index,
    connections: Vec<Connection>,
    udp: Index,
    datagrams: u32,
}

/// One TCP connection.
#[derive(Debug, Default)]
pub(super) struct Connection {
    /// By the lower end, by the higher end.
    pub(super) flows: [Flow; 2],
    pub(super) last_syn_ns: Option<u64>,
    pub(super) first_rtt_ns: Option<u64>,
    first_ns: u64,
    last_ns: u64,
}

impl Connections {
    /// The number of a UDP conversation.
    pub(super) fn udp(&mut self, src: (IpAddr, u16), dst: (IpAddr, u16)) -> Option<u32> {
        let (ends, _) = Ends::of(src, dst);
        let known = self.udp.get(&ends);
        if known.is_none() && (self.datagrams as usize) < MAX_CONVERSATIONS {
            self.udp.set(ends, self.datagrams);
            self.datagrams += 1;
            return Some(self.datagrams - 1);
        }
        known
    }

    /// What the connection tells about the segment `header`; `quoted` when an ICMP error quotes it.
    #[inline]
    pub(super) fn tcp(
        &mut self,
        ips: (IpAddr, IpAddr),
        header: &[u8],
        len: Option<u32>,
        place: (u64, u64),
    ) -> Option<Segment> {
        let seen = Seen::of(header, len, place)?;
        let (ports, is_syn) = ((u16_at(header, 0), u16_at(header, 2)), seen.flags & (SYN | ACK));
        let (ends, from_low) = Ends::of((ips.0, ports.0), (ips.1, ports.1));
        let mut analysis = Analysis::default();
        let mut stream = match self.tcp.get(&ends) {
            Some(stream) => stream,
            None => self.open(ends, seen.at_ns)?,
        };
        let base = self.connections[stream as usize].flows[usize::from(!from_low)].base;
        if is_syn == SYN && base.is_some_and(|base| base != seen.seq) {
            stream = self.open(ends, seen.at_ns)?;
            analysis.marks = Marks::REUSED_PORTS;
        } else if is_syn == SYN | ACK && base.is_some_and(|base| base != seen.seq) {
            self.connections[stream as usize].flows[usize::from(!from_low)].base = Some(seen.seq);
            analysis.marks = Marks::REUSED_PORTS;
        }
        let connection = &mut self.connections[stream as usize];
        let since_ns = (seen.at_ns.saturating_sub(connection.first_ns), seen.at_ns.saturating_sub(connection.last_ns));
        connection.last_ns = seen.at_ns;
        let segment = Segment { stream, from_low, since_ns, analysis, ..Segment::default() };
        Some(analysis::analyse(connection, &seen, header, segment))
    }

    fn open(&mut self, ends: Ends, at_ns: u64) -> Option<u32> {
        let stream = self.connections.len();
        if stream >= MAX_CONVERSATIONS {
            return None;
        }
        self.connections.push(Connection { first_ns: at_ns, last_ns: at_ns, ..Connection::default() });
        self.tcp.set(ends, stream as u32);
        Some(stream as u32)
    }
}

impl Seen {
    /// The numbers of a header; `None` when not all of them are there.
    #[inline]
    fn of(header: &[u8], len: Option<u32>, (frame, at_ns): (u64, u64)) -> Option<Seen> {
        let header = header.get(..20)?;
        Some(Seen {
            frame,
            at_ns,
            seq: SeqNum(u32_at(header, 4)),
            ack: SeqNum(u32_at(header, 8)),
            flags: u16_at(header, 12) & 0x0fff,
            window: u32::from(u16_at(header, 14)),
            len,
        })
    }
}

pub(super) const FIN: u16 = 1;
pub(super) const SYN: u16 = 2;
pub(super) const RST: u16 = 4;
pub(super) const PSH: u16 = 8;
pub(super) const ACK: u16 = 16;

/// The most conversations that are told apart, TCP and UDP each; packets of later ones have no conversation.
const MAX_CONVERSATIONS: usize = 1 << 22;
