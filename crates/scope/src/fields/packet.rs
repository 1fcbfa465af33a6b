//! A frame with its layers, and what the frames before it tell about it.

use std::net::IpAddr;

use base::{Flaw, LinkType};

use super::connections::Segment;
use super::layers::{Layer, Link, Part, Parts, Source, u16_at};
use super::option::Options;
use super::registry::{Field, Take};
use super::value::Value;
use crate::pcapng::flags;
use crate::recording::Frame;

/// A frame as it comes from a capture or a recording.
#[derive(Clone, Copy, Debug, Default)]
pub struct Raw<'a> {
    /// When, in nanoseconds since 1970, or since the start of the run.
    pub time_ns: u64,
    /// What the first byte is.
    pub link: Link,
    /// The bytes that are there.
    pub bytes: &'a [u8],
    /// How many bytes there were on the wire.
    pub len: u32,
    /// The interface's name.
    pub interface: Option<&'a str>,
    /// The id that the packet keeps over all hops.
    pub packet: Option<u64>,
    /// Which way it went and what was wrong with its bits, as pcapng's `epb_flags` have it.
    pub flags: Option<u32>,
    /// What somebody wrote beside it.
    pub notes: Notes<'a>,
}

impl<'a> Raw<'a> {
    /// A frame of a recording.
    pub const fn of_frame(frame: &Frame<'a>) -> Raw<'a> {
        let link = match frame.link_type {
            LinkType::Ethernet => Link::Ethernet,
            LinkType::Ip => Link::Ip,
            LinkType::Ax25 => Link::Kiss,
            LinkType::Llc => Link::Llc,
            LinkType::Radiotap => Link::Radiotap,
        };
        let packet = if frame.packet.0 == 0 { None } else { Some(frame.packet.0) };
        Raw {
            time_ns: frame.at.nanos(),
            link,
            bytes: frame.bytes,
            len: frame.bytes.len() as u32,
            interface: None,
            packet,
            flags: Some(flags::of(frame)),
            notes: Notes { options: &[], big_endian: false },
        }
    }

    /// Whether it was damaged on the medium, so that nobody received it.
    pub fn is_flawed(&self) -> bool {
        self.flags.is_some_and(flags::is_flawed)
    }

    /// What its bits suffered, if anything.
    pub fn flaw(&self) -> Option<Flaw> {
        flags::flaw(self.flags?, self.notes.comments())
    }
}

/// The comments beside a frame: options of a pcapng block, read when somebody asks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Notes<'a> {
    /// The options as they stand in the file.
    pub options: &'a [u8],
    /// Whether the file's numbers have their first byte first.
    pub big_endian: bool,
}

impl<'a> Notes<'a> {
    /// The comments, in their order.
    pub fn comments(self) -> impl Iterator<Item = &'a str> {
        self.options().filter(|(code, _)| *code == COMMENT).filter_map(|(_, text)| std::str::from_utf8(text).ok())
    }

    /// All options: number and value. A length that points outside ends them.
    pub(crate) fn options(self) -> impl Iterator<Item = (u16, &'a [u8])> {
        let Notes { mut options, big_endian } = self;
        std::iter::from_fn(move || {
            let (head, rest) = options.split_first_chunk::<4>()?;
            let number = |bytes: [u8; 2]| {
                if big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) }
            };
            let (code, len) = (number([head[0], head[1]]), usize::from(number([head[2], head[3]])));
            let value = rest.get(..len).filter(|_| code != END_OF_OPTIONS)?;
            options = rest.get(len.next_multiple_of(4)..).unwrap_or_default();
            Some((code, value))
        })
    }
}

const END_OF_OPTIONS: u16 = 0;
const COMMENT: u16 = 1;

/// A frame that was read.
#[derive(Clone, Debug)]
pub struct Packet<'a> {
    /// What it came from.
    pub raw: Raw<'a>,
    /// Its place, counted from 1.
    pub number: u64,
    /// Nanoseconds since the first frame.
    pub since_first_ns: u64,
    /// What the connection tells about its TCP segment.
    pub segment: Option<Segment>,
    /// The number of its UDP conversation, counted from 0.
    pub datagrams: Option<u32>,
    pub(super) parts: Parts,
    pub(super) datagram: &'a [u8],
    pub(super) stream: &'a [u8],
    pub(super) messages: &'a [Part],
    /// The bytes of its TCP stream that are in order with it, if the reader was made to give them.
    pub in_order: &'a [u8],
}

impl<'a> Packet<'a> {
    /// The first value of a field.
    #[inline]
    pub fn first(&self, field: Field) -> Option<Value<'a>> {
        match &field.0.take {
            Take::Frame(take) => take(self),
            Take::Of(layer, take) => {
                let mut parts = self.parts_of(*layer);
                parts.find_map(|part| take(self.bytes_of(part)))
            }
            Take::Number(layer, take) => {
                let mut parts = self.parts_of(*layer);
                parts.find_map(|part| take(self.bytes_of(part))).map(Value::Number)
            }
            Take::Each(take) => {
                let mut first = None;
                take(self, &mut |value| {
                    first.get_or_insert(value);
                });
                first
            }
        }
    }

    /// Every value of a field, in the order in which they stand in the frame.
    #[inline]
    pub fn each(&self, field: Field, give: &mut dyn FnMut(Value<'a>)) {
        match &field.0.take {
            Take::Frame(take) => take(self).into_iter().for_each(give),
            Take::Of(layer, take) => {
                for part in self.parts_of(*layer) {
                    take(self.bytes_of(part)).into_iter().for_each(&mut *give);
                }
            }
            Take::Number(layer, take) => {
                for part in self.parts_of(*layer) {
                    take(self.bytes_of(part)).map(Value::Number).into_iter().for_each(&mut *give);
                }
            }
            Take::Each(take) => take(self, give),
        }
    }

    /// Appends every value of a field as tshark prints them, with commas between.
    pub fn write(&self, field: Field, out: &mut String) {
        let mut any = false;
        self.each(field, &mut |value| {
            if any {
                out.push(',');
            }
            any = true;
            field.form().write(&value, out);
        });
    }

    /// Every value of a field as tshark prints them; empty when there is none.
    pub fn text(&self, field: Field) -> String {
        let mut text = String::new();
        self.write(field, &mut text);
        text
    }

    /// The layers, outermost first.
    pub fn layers(&self) -> impl Iterator<Item = Layer> {
        self.all_parts().map(|part| part.layer)
    }

    /// The bytes of the first layer of a kind, from its header to its end.
    pub fn layer(&self, layer: Layer) -> Option<&'a [u8]> {
        self.parts_of(layer).next().map(|part| self.bytes_of(part))
    }

    /// The bytes of every layer of a kind.
    pub fn layers_of(&self, layer: Layer) -> impl Iterator<Item = &'a [u8]> {
        self.parts_of(layer).map(|part| self.bytes_of(part))
    }

    /// The TLS records that it completed, encrypted ones too; of those only the header.
    pub fn records(&self) -> impl Iterator<Item = &'a [u8]> {
        let records = self.messages.iter().filter(|part| matches!(part.layer, Layer::Tls | Layer::Sealed));
        records.map(|part| self.bytes_of(part))
    }

    /// From whom to whom: the outermost IP header's addresses.
    pub fn addresses(&self) -> Option<(IpAddr, IpAddr)> {
        let part = self.parts.iter().find(|part| matches!(part.layer, Layer::Ip4 | Layer::Ip6))?;
        ends(part.layer, self.bytes_of(part))
    }

    /// The ports of its own TCP or UDP header, not of a quoted one.
    pub fn ports(&self) -> Option<(u16, u16)> {
        let own = |layer| self.parts.find(layer).filter(|(_, quoted)| !quoted);
        let (part, _) = own(Layer::Tcp).or_else(|| own(Layer::Udp))?;
        let header = self.bytes_of(part);
        Some((u16_at(header, 0), u16_at(header, 2)))
    }

    /// The data behind its own TCP header.
    pub fn tcp_data(&self) -> Option<&'a [u8]> {
        let (part, _) = self.parts.find(Layer::Tcp).filter(|(_, quoted)| !quoted)?;
        let header = self.bytes_of(part);
        Some(header.get(usize::from(header[12] >> 4) * 4..).unwrap_or_default())
    }

    /// Its own layers, and the messages that its stream brought.
    fn all_parts(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().chain(self.messages)
    }

    #[inline]
    fn parts_of(&self, layer: Layer) -> impl Iterator<Item = &Part> {
        self.all_parts().filter(move |part| part.layer == layer)
    }

    /// The value of an option in its own TCP header.
    pub fn tcp_option(&self, kind: u8) -> Option<&'a [u8]> {
        Options::of(self.layer(Layer::Tcp)?).find(kind)
    }

    #[inline]
    pub(super) fn bytes_of(&self, part: &Part) -> &'a [u8] {
        let all = match part.source {
            Source::Frame => self.raw.bytes,
            Source::Datagram => self.datagram,
            Source::Stream => self.stream,
        };
        all.get(part.start as usize..all.len().min(part.end as usize)).unwrap_or_default()
    }
}

/// The addresses in an IP header: IPv6's where `layer` says so, else IPv4's.
#[inline]
pub fn ends(layer: Layer, header: &[u8]) -> Option<(IpAddr, IpAddr)> {
    if layer == Layer::Ip4 {
        let (src, dst) = (header.get(12..16)?.first_chunk::<4>()?, header.get(16..20)?.first_chunk::<4>()?);
        return Some(((*src).into(), (*dst).into()));
    }
    let (src, dst) = (header.get(8..24)?.first_chunk::<16>()?, header.get(24..40)?.first_chunk::<16>()?);
    Some(((*src).into(), (*dst).into()))
}
