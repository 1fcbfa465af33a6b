//! One pass over the frames of a capture.

use base::SeqNum;

use super::connections::{ACK, Connections, FIN, SYN};
use super::fragments::Fragments;
use super::layers::{Cutter, Layer, Parts, Source, u16_at, u32_at};
use super::packet::{Packet, Raw, ends};
use super::registry::Field;
use super::stream::{Arrival, Delivery, Streams};

/// Reads the frames of one capture, or of one interface of a recording, in order of time.
///
/// One [`Reader::read`] a frame; the packet that it gives lives until the next one. Frames of several interfaces in one
/// reader would make every segment that passes two of them look like a repetition.
#[derive(Debug, Default)]
pub struct Reader {
    frames: u64,
    first_ns: Option<u64>,
    connections: Connections,
    fragments: Fragments,
    /// The datagram that the last fragment completed.
    datagram: Vec<u8>,
    streams: Option<Streams>,
    /// Whether frames that nobody received count as part of their conversations, as tshark has it.
    takes_flawed: bool,
    delivery: Delivery,
}

impl Reader {
    /// A reader that knows nothing yet, for all fields. Frames with a flaw, which nobody received, belong to no
    /// conversation.
    pub fn new() -> Reader {
        Reader { streams: Some(Streams::default()), ..Reader::default() }
    }

    /// A reader that does only what these fields need: TCP's streams are put together only for what lies above them. Like
    /// tshark it reads frames with a flaw as if they had been received.
    pub fn of_fields(fields: &[Field]) -> Reader {
        let reader = if fields.iter().any(|field| field.is_in_stream()) { Reader::new() } else { Reader::default() };
        Reader { takes_flawed: true, ..reader }
    }

    /// A reader that also gives the bytes of TCP's streams, in order: [`Packet::in_order`].
    pub fn with_text() -> Reader {
        Reader { streams: Some(Streams::with_text()), ..Reader::default() }
    }

    /// Reads the next frame.
    #[inline]
    pub fn read<'a>(&'a mut self, raw: Raw<'a>) -> Packet<'a> {
        self.frames += 1;
        let first_ns = *self.first_ns.get_or_insert(raw.time_ns);
        let mut cutter = Cutter { bytes: raw.bytes, source: Source::Frame, parts: Parts::default(), fragment: None };
        cutter.frame(raw.link, (raw.len as usize).max(raw.bytes.len()));
        let mut parts = cutter.parts;
        let counts = self.takes_flawed || !raw.is_flawed();
        if let Some(fragment) = cutter.fragment.filter(|_| counts) {
            parts = self.complete(raw.bytes, fragment, parts);
        }
        let mut packet = Packet {
            raw,
            number: self.frames,
            since_first_ns: raw.time_ns.saturating_sub(first_ns),
            segment: None,
            datagrams: None,
            parts,
            datagram: &self.datagram,
            stream: &[],
            messages: &[],
            in_order: &[],
        };
        if !counts {
            return packet;
        }
        converse(&mut self.connections, &mut packet);
        if let Some(streams) = &mut self.streams {
            self.delivery.clear();
            if let Some(arrival) = arrival(&packet) {
                streams.take(&arrival, &mut self.delivery);
            }
            packet.stream = &self.delivery.bytes;
            packet.messages = &self.delivery.messages;
            packet.in_order = &self.delivery.text;
        }
        packet
    }

    /// Puts a fragment to the others of its datagram; with the last of them come the datagram's layers.
    fn complete(&mut self, frame: &[u8], start: usize, mut parts: Parts) -> Parts {
        let Some(part) = parts.last() else { return parts };
        let Some(packet) = frame.get(start..frame.len().min(part.end as usize)) else { return parts };
        let Some((src, dst)) = ends(Layer::Ip4, packet) else { return parts };
        let (word, protocol) = (u16_at(packet, 6), packet[9]);
        let body = packet.get(usize::from(packet[0] & 15) * 4..).unwrap_or_default();
        let is_whole = part.end as usize <= frame.len();
        let offset = usize::from(word & 0x1fff) * 8;
        let key = (src, dst, u16_at(packet, 4), protocol);
        if is_whole && let Some(whole) = self.fragments.take(key, offset, word & 0x2000 == 0, body) {
            self.datagram = whole;
            let mut cutter = Cutter { bytes: &self.datagram, source: Source::Datagram, parts, fragment: None };
            cutter.transport(protocol, 0, self.datagram.len());
            parts = cutter.parts;
        }
        parts
    }
}

/// Asks the conversation of the packet's TCP or UDP header.
#[inline]
fn converse(connections: &mut Connections, packet: &mut Packet<'_>) {
    let parts = packet.parts;
    let mut below = None;
    for (at, part) in parts.iter().enumerate() {
        let header = packet.bytes_of(part);
        match part.layer {
            Layer::Ip4 | Layer::Ip6 => below = ends(part.layer, header),
            Layer::Tcp => {
                let Some(ips) = below else { return };
                let header_len = header.get(12).map_or(0, |byte| u32::from(byte >> 4) * 4);
                let is_quoted = at >= usize::from(parts.quoted);
                let len = if is_quoted { None } else { (part.end - part.start).checked_sub(header_len) };
                packet.segment = connections.tcp(ips, header, len, (packet.number, packet.raw.time_ns));
            }
            Layer::Udp => {
                let Some((src, dst)) = below else { return };
                let ports = (u16_at(header, 0), u16_at(header, 2));
                packet.datagrams = connections.udp((src, ports.0), (dst, ports.1));
            }
            _ => {}
        }
    }
}

/// What the packet brings to its stream.
fn arrival<'a>(packet: &Packet<'a>) -> Option<Arrival<'a>> {
    let segment = packet.segment.filter(|segment| segment.len.is_some())?;
    let header = packet.layer(Layer::Tcp)?;
    let flags = u16_at(header, 12);
    Some(Arrival {
        stream: segment.stream,
        from_low: segment.from_low,
        ports: (u16_at(header, 0), u16_at(header, 2)),
        seq: SeqNum(u32_at(header, 4)),
        ack: (flags & ACK != 0).then(|| SeqNum(u32_at(header, 8))),
        is_syn: flags & SYN != 0,
        is_fin: flags & FIN != 0,
        data: packet.tcp_data()?,
    })
}
