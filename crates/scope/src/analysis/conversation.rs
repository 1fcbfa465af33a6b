//! TCP connections and UDP conversations: who, how much, and what stands out.

use std::net::SocketAddr;

use serde::Serialize;

use super::{MAX_ENTRIES, Summary};
use crate::fields::{Analysis, Layer, Marks, Packet, Segment, option};

/// A conversation between two ends. What they do counts as `forth` for the end that spoke first.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Conversation {
    /// `tcp` or `udp`.
    pub protocol: &'static str,
    /// Its number, as tshark's `tcp.stream` and `udp.stream`.
    pub number: u32,
    /// Who spoke first.
    pub client: SocketAddr,
    /// To whom.
    pub server: SocketAddr,
    /// Nanoseconds from the capture's start to its first packet.
    pub start_ns: u64,
    /// And to its last.
    pub end_ns: u64,
    /// From the client.
    pub forth: Direction,
    /// From the server.
    pub back: Direction,
    /// From SYN to the ACK that ends the handshake, where both were seen.
    pub handshake_ns: Option<u64>,
    /// How it ended.
    pub end: End,
    /// Packets that begin with a number that the server refused, and the like: who sent a reset, in which packet.
    pub reset: Option<(SocketAddr, u64)>,
}

/// One direction of a conversation.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Direction {
    /// Packets.
    pub packets: u64,
    /// Bytes of data, repetitions included.
    pub bytes: u64,
    /// What its SYN offered: `mss 1460, window × 1024, SACK, timestamps`.
    pub offers: Option<String>,
    /// The shortest time between a segment and its acknowledgement.
    pub rtt_ns: Option<u64>,
    /// Segments that were sent again.
    pub again: Vec<Repetition>,
    /// Packets with segments that were overtaken.
    pub out_of_order: Vec<u64>,
    /// Packets with a gap before them that the capture shows.
    pub gaps: Vec<u64>,
    /// Acknowledgements that said the same again.
    pub duplicate_acks: u64,
    /// Packets in which its receiver had no room.
    pub zero_windows: Vec<u64>,
    /// Packets that asked whether the other end is still there.
    pub keep_alives: u64,
}

/// A segment that was sent again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Repetition {
    /// In which packet.
    pub packet: u64,
    /// Nanoseconds since it was sent before, where that was seen.
    pub after_ns: Option<u64>,
    /// Why.
    pub cause: Cause,
}

/// Why a segment was sent again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// Duplicate ACKs, or SACK blocks, showed that it was missing.
    DuplicateAcks,
    /// Nothing came back for too long.
    Timeout,
    /// The last segment, sent again early to make its receiver speak.
    TailProbe,
    /// Nobody needed it: it had been acknowledged.
    Spurious,
}

/// How a conversation ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// It was still open when the capture ended.
    Open,
    /// One end has said that it is done.
    HalfClosed,
    /// Both ends have.
    Closed,
    /// By a reset.
    Reset,
    /// The handshake was never finished.
    NeverOpened,
    /// UDP has no end.
    None,
}

/// What is remembered of each connection while its packets go by.
#[derive(Debug, Default)]
pub(super) struct Connections {
    tcp: Vec<Option<Memory>>,
    udp: Vec<Option<usize>>,
}

#[derive(Debug)]
struct Memory {
    /// Its place in the summary.
    place: usize,
    client_is_low: bool,
    /// FINs seen: from the client, from the server.
    fins: [bool; 2],
    /// How many duplicate ACKs each end sent in a row, and whether its last ACK had SACK blocks.
    duplicates: [u32; 2],
    sacked: [bool; 2],
    syn_ns: Option<u64>,
    answered: bool,
    /// The highest sequence number of each end.
    highest: [u32; 2],
}

impl Connections {
    pub(super) fn take(&mut self, packet: &Packet<'_>, summary: &mut Summary) {
        let (Some((src, dst)), Some((from, to))) = (packet.addresses(), packet.ports()) else { return };
        let (src, dst) = (SocketAddr::new(src, from), SocketAddr::new(dst, to));
        match (packet.segment.filter(|segment| segment.len.is_some()), packet.datagrams) {
            (Some(segment), _) => self.segment(packet, &segment, (src, dst), summary),
            (None, Some(number)) => self.datagram(packet, number, (src, dst), summary),
            _ => {}
        }
    }

    fn datagram(&mut self, packet: &Packet<'_>, number: u32, ends: (SocketAddr, SocketAddr), summary: &mut Summary) {
        let number_at = number as usize;
        if number_at >= self.udp.len() {
            self.udp.resize(number_at + 1, None);
        }
        let place = *self.udp[number_at].get_or_insert_with(|| add(summary, "udp", number, ends, packet));
        let Some(conversation) = summary.conversations.get_mut(place) else {
            summary.left_out += 1;
            return;
        };
        let bytes = packet.layer(Layer::Udp).map_or(0, |datagram| datagram.len().saturating_sub(8) as u64);
        let direction = if conversation.client == ends.0 { &mut conversation.forth } else { &mut conversation.back };
        direction.packets += 1;
        direction.bytes += bytes;
        conversation.end_ns = packet.since_first_ns;
    }

    fn segment(
        &mut self,
        packet: &Packet<'_>,
        segment: &Segment,
        ends: (SocketAddr, SocketAddr),
        summary: &mut Summary,
    ) {
        let number = segment.stream as usize;
        if number >= self.tcp.len() {
            self.tcp.resize_with(number + 1, || None);
        }
        let flags = packet.layer(Layer::Tcp).map_or(0, |header| header[13]);
        let memory = self.tcp[number].get_or_insert_with(|| {
            // A SYN ACK is the server's, even when it is the first packet that was captured.
            let server_first = flags & (SYN | ACK) == SYN | ACK;
            let ends = if server_first { (ends.1, ends.0) } else { ends };
            Memory {
                place: add(summary, "tcp", segment.stream, ends, packet),
                client_is_low: segment.from_low != server_first,
                fins: [false; 2],
                duplicates: [0; 2],
                sacked: [false; 2],
                syn_ns: None,
                answered: false,
                highest: [0; 2],
            }
        });
        let Some(conversation) = summary.conversations.get_mut(memory.place) else {
            summary.left_out += 1;
            return;
        };
        conversation.end_ns = packet.since_first_ns;
        memory.take(packet, segment, flags, conversation);
        if flags & RST != 0 && conversation.reset.is_none() {
            conversation.reset = Some((ends.0, packet.number));
        }
        conversation.end = match memory.fins {
            _ if conversation.reset.is_some() => End::Reset,
            [true, true] => End::Closed,
            [false, false] if memory.syn_ns.is_some() && !memory.answered => End::NeverOpened,
            [false, false] => End::Open,
            _ => End::HalfClosed,
        };
    }
}

fn add(
    summary: &mut Summary,
    protocol: &'static str,
    number: u32,
    (client, server): (SocketAddr, SocketAddr),
    packet: &Packet<'_>,
) -> usize {
    if summary.conversations.len() >= MAX_ENTRIES {
        return usize::MAX;
    }
    summary.conversations.push(Conversation {
        protocol,
        number,
        client,
        server,
        start_ns: packet.since_first_ns,
        end_ns: packet.since_first_ns,
        forth: Direction::default(),
        back: Direction::default(),
        handshake_ns: None,
        end: End::None,
        reset: None,
    });
    summary.conversations.len() - 1
}

impl Memory {
    fn take(&mut self, packet: &Packet<'_>, segment: &Segment, flags: u8, conversation: &mut Conversation) {
        let from_client = segment.from_low == self.client_is_low;
        let (me, other) = if from_client { (0, 1) } else { (1, 0) };
        let Analysis { marks, acks, .. } = segment.analysis;
        let is_repetition = marks.any_of(REPETITIONS);
        let cause = is_repetition.then(|| self.cause(packet, segment, flags, (me, other), conversation));
        self.handshake(packet, flags, from_client, conversation);
        let direction = if from_client { &mut conversation.forth } else { &mut conversation.back };
        direction.packets += 1;
        direction.bytes += u64::from(segment.len.unwrap_or(0));
        direction.again.extend(cause.map(|cause| Repetition {
            packet: packet.number,
            after_ns: segment.analysis.again.map(|(after, _)| after),
            cause,
        }));
        let number = packet.number;
        direction.out_of_order.extend(marks.any_of(Marks::OUT_OF_ORDER).then_some(number));
        direction.gaps.extend(marks.any_of(Marks::LOST_SEGMENT).then_some(number));
        direction.zero_windows.extend(marks.any_of(Marks::ZERO_WINDOW).then_some(number));
        direction.keep_alives += u64::from(marks.any_of(Marks::KEEP_ALIVE));
        direction.duplicate_acks += u64::from(marks.any_of(Marks::DUPLICATE_ACK));
        if flags & SYN != 0 && direction.offers.is_none() {
            direction.offers = Some(offers(packet));
        }
        if let Some((_, rtt)) = acks.filter(|(_, rtt)| *rtt > 0) {
            let sender = if from_client { &mut conversation.back } else { &mut conversation.forth };
            sender.rtt_ns = Some(sender.rtt_ns.map_or(rtt, |least| least.min(rtt)));
        }
        self.duplicates[me] = if marks.any_of(Marks::DUPLICATE_ACK) { self.duplicates[me] + 1 } else { 0 };
        self.sacked[me] = packet.tcp_option(option::SACK).is_some();
        self.fins[me] |= flags & FIN != 0;
        self.highest[me] = self.highest[me].max(segment.seq.wrapping_add(segment.len.unwrap_or(0)));
    }

    fn handshake(&mut self, packet: &Packet<'_>, flags: u8, from_client: bool, conversation: &mut Conversation) {
        match (flags & (SYN | ACK), from_client) {
            (SYN, true) => self.syn_ns = Some(packet.raw.time_ns),
            (both, false) if both == SYN | ACK => self.answered = true,
            (ACK, true) if self.answered && conversation.handshake_ns.is_none() => {
                conversation.handshake_ns = self.syn_ns.map(|syn| packet.raw.time_ns.saturating_sub(syn));
            }
            _ => {}
        }
    }

    /// The true cause if a comment tells it, else the likely one.
    fn cause(
        &self,
        packet: &Packet<'_>,
        segment: &Segment,
        flags: u8,
        (me, other): (usize, usize),
        conversation: &Conversation,
    ) -> Cause {
        if let Some(cause) = packet.raw.notes.comments().find_map(told) {
            return cause;
        }
        let Analysis { marks, again, .. } = segment.analysis;
        if marks.any_of(Marks::SPURIOUS_RETRANSMISSION) {
            return Cause::Spurious;
        }
        if flags & SYN == 0 && (self.duplicates[other] >= 2 || self.sacked[other]) {
            return Cause::DuplicateAcks;
        }
        let is_last = segment.seq.wrapping_add(segment.len.unwrap_or(0)) >= self.highest[me];
        let early =
            again.zip(conversation.handshake_ns).is_some_and(|((after, _), rtt)| after < 2 * rtt + PROBE_SLACK_NS);
        if is_last && early && flags & (SYN | FIN) == 0 { Cause::TailProbe } else { Cause::Timeout }
    }
}

/// The cause in a comment of ours: `sent again: the retransmission timer ran out`.
fn told(comment: &str) -> Option<Cause> {
    let why = comment.strip_prefix("sent again: ")?;
    Some(match why {
        _ if why.contains("timer") => Cause::Timeout,
        _ if why.contains("probe") => Cause::TailProbe,
        _ => Cause::DuplicateAcks,
    })
}

/// What a SYN offers.
fn offers(packet: &Packet<'_>) -> String {
    let mut offers = Vec::new();
    if let Some([a, b]) = packet.tcp_option(option::MSS) {
        offers.push(format!("MSS {}", u16::from_be_bytes([*a, *b])));
    }
    if let Some([shift]) = packet.tcp_option(option::WINDOW_SCALE) {
        offers.push(format!("windows × {}", 1u64 << (*shift).min(14)));
    }
    offers.extend(packet.tcp_option(option::SACK_PERMITTED).map(|_| "SACK".to_owned()));
    offers.extend(packet.tcp_option(option::TIMESTAMPS).map(|_| "timestamps".to_owned()));
    if offers.is_empty() { "no options".into() } else { offers.join(", ") }
}

const REPETITIONS: Marks = Marks::RETRANSMISSION.with(Marks::FAST_RETRANSMISSION).with(Marks::SPURIOUS_RETRANSMISSION);
/// A tail probe waits two round trips and a little, for a receiver that delays its ACK.
const PROBE_SLACK_NS: u64 = 50_000_000;
const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const ACK: u8 = 16;
