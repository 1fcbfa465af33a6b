//! One pass over the frames of a capture.

use super::connections::Connections;
use super::layers::{Cutter, Layer, Parts, Source, u16_at};
use super::packet::{Packet, Raw, ends};
use super::registry::Field;

/// Reads the frames of one capture, or of one interface of a recording, in order of time.
///
/// One [`Reader::read`] a frame; the packet that it gives lives until the next one. Frames of several interfaces in one
/// reader would make every segment that passes two of them look like a repetition.
#[derive(Debug, Default)]
pub struct Reader {
    frames: u64,
    first_ns: Option<u64>,
    connections: Connections,
}

impl Reader {
    /// A reader that knows nothing yet, for all fields.
    pub fn new() -> Reader {
        Reader::default()
    }

    /// A reader that does only what these fields need.
    pub fn of_fields(_fields: &[Field]) -> Reader {
        Reader::default()
    }

    /// Reads the next frame.
    #[inline]
    pub fn read<'a>(&'a mut self, raw: Raw<'a>) -> Packet<'a> {
        self.frames += 1;
        let first_ns = *self.first_ns.get_or_insert(raw.time_ns);
        let mut cutter = Cutter { bytes: raw.bytes, source: Source::Frame, parts: Parts::default() };
        cutter.frame(raw.link, (raw.len as usize).max(raw.bytes.len()));
        let mut packet = Packet {
            raw,
            number: self.frames,
            since_first_ns: raw.time_ns.saturating_sub(first_ns),
            segment: None,
            datagrams: None,
            parts: cutter.parts,
            datagram: &[],
            stream: &[],
        };
        self.converse(&mut packet);
        packet
    }

    /// Asks the conversation of the packet's TCP or UDP header.
    #[inline]
    fn converse(&mut self, packet: &mut Packet<'_>) {
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
                    packet.segment = self.connections.tcp(ips, header, len, (packet.number, packet.raw.time_ns));
                }
                Layer::Udp => {
                    let Some((src, dst)) = below else { return };
                    let ports = (u16_at(header, 0), u16_at(header, 2));
                    packet.datagrams = self.connections.udp((src, ports.0), (dst, ports.1));
                }
                _ => {}
            }
        }
    }
}
