//! What must hold of all segments between two hosts, whatever happened to them on the way: read off the recording.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use base::{Direction, Duration, Instant, LinkType, SeqNum};
use scope::view::{Tcp, View};
use wire::tcp::Flags;
use wire::{ethernet, tcp};

use crate::ladder::Ladder;

/// One direction of a connection, as its sender knows it.
#[derive(Default)]
struct Way {
    /// The SYN's number.
    start: SeqNum,
    /// Every byte of text sent so far; positions count from the number behind the SYN.
    text: Vec<u8>,
    /// Highest position sent, the FIN included.
    sent_to: u32,
    /// Where the FIN stands.
    fin: Option<u32>,
    /// Shift of the windows that this side offers, once both SYNs were seen.
    scale: Option<u8>,
    /// Highest acknowledgement and right edge that this side has told.
    told: Option<(SeqNum, SeqNum)>,
    /// Highest right edge that has reached this side.
    edge: Option<SeqNum>,
}

impl Ladder {
    /// Checks every TCP segment that `a` and `b` sent:
    /// what was sent once is sent again with the same bytes; nothing comes behind a FIN; acknowledgements and the right
    /// edge of the window never go back; nothing is acknowledged that was not sent; text stays within the window, but for
    /// one byte that probes it; and no frame is longer than `mtu` allows.
    ///
    /// # Panics
    /// When one of it does not hold.
    pub fn assert_sound(&self, mtu: usize) {
        let mut ways: BTreeMap<(SocketAddr, SocketAddr), Way> = BTreeMap::new();
        let ends = ["a", "b"].map(|name| self.recording().node(name));
        for frame in self.recording().frames().filter(|frame| ends.contains(&Some(frame.nic.node))) {
            let at = frame.at.since(Instant::ZERO);
            let link = if frame.link_type == LinkType::Ethernet { ethernet::LEN } else { 0 };
            let packet = &frame.bytes[link..];
            assert!(packet.len() <= mtu.max(46), "a packet of {} bytes at {at}", packet.len());
            let view = View::of(frame.link_type, frame.bytes);
            let Some(segment) = view.tcp() else { continue };
            match frame.direction {
                Direction::Out => sent(&mut ways, &segment, at),
                // What was damaged on the way tells its receiver nothing.
                Direction::In if is_intact(packet, &segment) => arrived(&mut ways, &segment),
                Direction::In => {}
            }
        }
    }
}

/// Whether the TCP checksum in an IP packet is right.
fn is_intact(packet: &[u8], segment: &Tcp<'_>) -> bool {
    let bytes = match packet[0] >> 4 {
        4 => {
            let len = u16::from_be_bytes([packet[2], packet[3]]);
            &packet[usize::from(packet[0] & 15) * 4..usize::from(len)]
        }
        _ => &packet[40..40 + usize::from(u16::from_be_bytes([packet[4], packet[5]]))],
    };
    tcp::verify(segment.src.ip(), segment.dst.ip(), [bytes, &[]])
}

fn sent(ways: &mut BTreeMap<(SocketAddr, SocketAddr), Way>, segment: &Tcp<'_>, at: Duration) {
    let header = &segment.header;
    if segment.has(Flags::RST) {
        return;
    }
    let own = (segment.src, segment.dst);
    let peer_scale = ways.get(&(segment.dst, segment.src)).and_then(|peer| peer.scale);
    let peer_sent_to = ways.get(&(segment.dst, segment.src)).map(|peer| peer.start + peer.sent_to + 1);
    let way = ways.entry(own).or_default();
    if segment.has(Flags::SYN) {
        if way.start != header.seq || way.sent_to == 0 {
            *way = Way { start: header.seq, scale: header.options.window_scale, ..Way::default() };
        }
        return;
    }
    let position = (header.seq - way.start).wrapping_sub(1);
    assert!(position < 1 << 31, "a number before the SYN's at {at}");
    check_text(way, segment, position, at);
    if segment.has(Flags::ACK) {
        let scale = way.scale.filter(|_| peer_scale.is_some()).unwrap_or(0);
        let edge = header.ack + (u32::from(header.window) << scale);
        if let Some((ack, told)) = way.told {
            assert!(ack.at_most(header.ack), "the acknowledgement went back at {at}");
            assert!(told.before(edge + (1 << scale)), "the window's edge went back by {} at {at}", told - edge);
        }
        if let Some(peer_sent_to) = peer_sent_to {
            assert!(header.ack.at_most(peer_sent_to), "what was never sent is acknowledged at {at}");
        }
        way.told = Some((header.ack, way.told.map_or(edge, |(_, told)| told.max(edge))));
    }
}

fn check_text(way: &mut Way, segment: &Tcp<'_>, position: u32, at: Duration) {
    let from = position as usize;
    let end = position + segment.data.len() as u32;
    if segment.is_empty() {
        return assert!(position <= way.sent_to, "an acknowledgement from beyond what was sent at {at}");
    }
    assert!(from <= way.text.len(), "text was left out at {at}");
    let known = way.text.len().min(end as usize).saturating_sub(from);
    assert!(way.text[from..from + known] == segment.data[..known], "other bytes the second time at {at}");
    way.text.extend_from_slice(&segment.data[known..]);
    if let Some(fin) = way.fin {
        assert!(end <= fin, "text behind the FIN at {at}");
    }
    if segment.has(Flags::FIN) {
        assert!(way.fin.is_none_or(|fin| fin == end) && way.text.len() == end as usize, "two FINs at {at}");
        way.fin = Some(end);
    }
    let number = way.start + 1 + end;
    if let Some(edge) = way.edge.filter(|_| !segment.data.is_empty()) {
        let probe = segment.data.len() == 1 && number == edge + 1;
        assert!(number.at_most(edge) || probe, "{} bytes beyond the window at {at}", number - edge);
    }
    way.sent_to = way.sent_to.max(end + u32::from(segment.has(Flags::FIN)));
}

fn arrived(ways: &mut BTreeMap<(SocketAddr, SocketAddr), Way>, segment: &Tcp<'_>) {
    let header = &segment.header;
    let scale = |way: Option<&Way>| way.and_then(|way| way.scale);
    let theirs = scale(ways.get(&(segment.src, segment.dst)));
    let ours = scale(ways.get(&(segment.dst, segment.src)));
    let shift = theirs.filter(|_| ours.is_some() && !segment.has(Flags::SYN)).unwrap_or(0);
    let Some(way) = ways.get_mut(&(segment.dst, segment.src)) else { return };
    if segment.has(Flags::ACK) && !segment.has(Flags::RST) {
        let edge = header.ack + (u32::from(header.window) << shift);
        way.edge = Some(way.edge.map_or(edge, |known| known.max(edge)));
    }
}
