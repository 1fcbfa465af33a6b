//! TCP connections as the recording shows them: who opened, what was said when, how it ended.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use base::{Instant, NodeId, SeqNum};
use wire::tcp::Flags;

use crate::index::Index;

/// One connection, or the attempt at one.
pub(crate) struct Connection {
    /// The side that sent the first SYN; without one, the side that spoke first.
    pub(crate) client: SocketAddr,
    pub(crate) server: SocketAddr,
    pub(crate) client_node: NodeId,
    /// In the order in which they were sent.
    pub(crate) segments: Vec<Segment>,
}

/// One segment.
#[derive(Clone, Copy)]
pub(crate) struct Segment {
    /// Its place in the index.
    pub(crate) packet: usize,
    pub(crate) by_client: bool,
    pub(crate) sent: Instant,
    /// When the other side got it, and did not find it damaged.
    pub(crate) arrived: Option<Instant>,
    pub(crate) flags: Flags,
    pub(crate) seq: SeqNum,
    pub(crate) len: usize,
    /// Whether all of it had been sent before.
    pub(crate) again: bool,
}

impl Connection {
    fn new(client: SocketAddr, server: SocketAddr, client_node: NodeId) -> Self {
        Connection { client, server, client_node, segments: Vec::new() }
    }

    /// Whether this is the connection between two addresses.
    pub(crate) fn is_between(&self, one: SocketAddr, other: SocketAddr) -> bool {
        (self.client, self.server) == (one, other) || (self.client, self.server) == (other, one)
    }

    /// The segments with all of `flags` set, of one side.
    pub(crate) fn with(&self, by_client: bool, flags: Flags) -> impl Iterator<Item = &Segment> {
        self.segments.iter().filter(move |s| s.by_client == by_client && s.flags.contains(flags))
    }

    pub(crate) fn start(&self) -> Instant {
        self.segments.first().map_or(Instant::ZERO, |segment| segment.sent)
    }

    /// SYN sent, SYN-ACK arrived: the client's side is established.
    pub(crate) fn established(&self) -> Option<Instant> {
        self.with(false, Flags::SYN | Flags::ACK).find_map(|segment| segment.arrived)
    }

    /// When the first side finished or gave up.
    pub(crate) fn closes(&self) -> Option<Instant> {
        self.segments.iter().find(|s| s.flags.intersects(Flags::FIN | Flags::RST)).map(|segment| segment.sent)
    }

    /// The first bytes that one side sent, in order, as far as there is no hole.
    pub(crate) fn stream_start(&self, index: &Index<'_>, by_client: bool, limit: usize) -> Vec<u8> {
        let mine = self.segments.iter().filter(|s| s.by_client == by_client);
        let Some(first) = mine.clone().find(|s| s.flags.contains(Flags::SYN) || s.len > 0) else { return Vec::new() };
        let start = if first.flags.contains(Flags::SYN) { first.seq + 1 } else { first.seq };
        let mut parts: Vec<(u32, &[u8])> = Vec::new();
        for segment in mine.filter(|s| s.len > 0 && start.at_most(s.seq)) {
            let offset = segment.seq - start;
            let data = index.packets[segment.packet].view.tcp().map_or(&[][..], |tcp| tcp.data);
            if (offset as usize) < limit {
                parts.push((offset, data));
            }
        }
        parts.sort_by_key(|(offset, _)| *offset);
        let mut stream = Vec::new();
        for (offset, data) in parts {
            let have = stream.len();
            let Some(overlap) = have.checked_sub(offset as usize) else { break };
            stream.extend_from_slice(data.get(overlap..).unwrap_or_default());
        }
        stream.truncate(limit);
        stream
    }
}

/// All connections of a recording, in the order in which they were opened.
pub(crate) fn connections(index: &Index<'_>) -> Vec<Connection> {
    let mut connections: Vec<Connection> = Vec::new();
    let mut places: BTreeMap<(SocketAddr, SocketAddr), usize> = BTreeMap::new();
    let mut next: BTreeMap<(SocketAddr, SocketAddr), SeqNum> = BTreeMap::new();
    for (packet_place, packet) in index.packets.iter().enumerate() {
        let Some(tcp) = packet.view.tcp() else { continue };
        let flags = tcp.header.flags;
        let key = (tcp.src.min(tcp.dst), tcp.src.max(tcp.dst));
        let opens = flags.contains(Flags::SYN) && !flags.contains(Flags::ACK);
        let known = places.get(&key).copied();
        // The same pair of ports again, with another initial sequence number, is another connection.
        let reopened = |at: usize| {
            let connection = &connections[at];
            let mut syns = connection.with(connection.client == tcp.src, Flags::SYN);
            opens && syns.next().is_none_or(|syn| syn.seq != tcp.header.seq)
        };
        let place = match known.filter(|at| !reopened(*at)) {
            Some(place) => place,
            None => {
                connections.push(Connection::new(tcp.src, tcp.dst, packet.from()));
                places.insert(key, connections.len() - 1);
                next.remove(&(tcp.src, tcp.dst));
                next.remove(&(tcp.dst, tcp.src));
                connections.len() - 1
            }
        };
        let connection = &mut connections[place];
        let end = tcp.header.seq + tcp.len();
        let sent_up_to = next.entry((tcp.src, tcp.dst)).or_insert(tcp.header.seq);
        let again = !tcp.is_empty() && end.at_most(*sent_up_to);
        *sent_up_to = sent_up_to.max(end);
        connection.segments.push(Segment {
            packet: packet_place,
            by_client: tcp.src == connection.client,
            sent: packet.sent(),
            arrived: index.arrival(packet).filter(|_| index.loss(packet).is_none()),
            flags,
            seq: tcp.header.seq,
            len: tcp.data.len(),
            again,
        });
    }
    connections
}
