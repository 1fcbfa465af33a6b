//! The newer format, a row of blocks: <https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html>.
//!
//! ```text
//! | type 4 | length 4 | body, padded to a multiple of four bytes | length again 4 |
//! ```

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::decoder::{Captured, Decoder, Interface, Step, Taken};
use super::pcap::link_of;
use super::{Damage, MAX_BLOCK};
use crate::fields::{Notes, Raw};
use crate::pcapng::flags;

/// The first bytes of a section, and so of the file; the same backwards.
pub(super) const SECTION: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

/// How the numbers of the section are written, and where its interfaces begin in the decoder's list.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pcapng {
    big_endian: bool,
    first_interface: usize,
}

impl Pcapng {
    #[inline]
    pub(super) fn step<'a>(mut self, decoder: &'a mut Decoder, window: &'a [u8], is_whole: bool) -> Taken<'a> {
        let Some(head) = window.first_chunk::<12>() else {
            return decoder.needs(window, 12, is_whole, "a block's header");
        };
        let is_section = head.starts_with(&SECTION);
        if is_section {
            self = Pcapng { first_interface: decoder.interfaces.len(), ..self };
            self.big_endian = match head[8..] {
                [0x1a, 0x2b, 0x3c, 0x4d] => true,
                [0x4d, 0x3c, 0x2b, 0x1a] => false,
                _ => return Err(decoder.damage("a section that does not say how its numbers are written")),
            };
            decoder.begin_section(self);
        }
        let (kind, len) = (self.word(head, 0), self.word(head, 4) as usize);
        if len < 12 || !len.is_multiple_of(4) || len > MAX_BLOCK {
            return Err(decoder.damage(format!("a block of {len} bytes: from 12 to {MAX_BLOCK}, by fours, can be")));
        }
        let Some(block) = window.get(..len) else {
            return decoder.needs(window, len, is_whole, "a block");
        };
        if self.word(block, len - 4) as usize != len {
            return Err(decoder.damage("a block whose two lengths differ"));
        }
        let body = &block[8..len - 4];
        match kind {
            ENHANCED => return self.enhanced(decoder, body, len),
            SIMPLE => return self.simple(decoder, body, len),
            OBSOLETE => return self.obsolete(decoder, body, len),
            INTERFACE => self.interface(decoder, body)?,
            NAMES => self.names(decoder, body),
            SECRETS => self.secrets(decoder, body),
            _ if is_section => self.section(decoder, body),
            _ => {}
        }
        Ok((decoder.took(len), Step::Other))
    }

    /// Enhanced Packet Block: `| interface 4 | time 8 | bytes here 4 | bytes on the wire 4 | the bytes | options |`
    #[inline]
    fn enhanced<'a>(self, decoder: &'a mut Decoder, body: &'a [u8], used: usize) -> Taken<'a> {
        if body.len() < 20 {
            return Err(decoder.damage("a packet block without its header"));
        }
        let time = u64::from(self.word(body, 4)) << 32 | u64::from(self.word(body, 8));
        let interface = self.word(body, 0) as usize;
        self.packet(decoder, (interface, time), (self.word(body, 12), self.word(body, 16)), &body[20..], used)
    }

    /// The block that came before it: `| interface 2 | drops 2 | time 8 | ...`
    fn obsolete<'a>(self, decoder: &'a mut Decoder, body: &'a [u8], used: usize) -> Taken<'a> {
        if body.len() < 20 {
            return Err(decoder.damage("a packet block without its header"));
        }
        let time = u64::from(self.word(body, 4)) << 32 | u64::from(self.word(body, 8));
        let interface = usize::from(self.half(body, 0));
        self.packet(decoder, (interface, time), (self.word(body, 12), self.word(body, 16)), &body[20..], used)
    }

    /// Simple Packet Block: `| bytes on the wire 4 | the bytes |`, of the first interface, at no time.
    fn simple<'a>(self, decoder: &'a mut Decoder, body: &'a [u8], used: usize) -> Taken<'a> {
        if body.len() < 4 {
            return Err(decoder.damage("a packet block without its header"));
        }
        let len = self.word(body, 0);
        let here = len.min((body.len() - 4) as u32);
        self.packet(decoder, (0, 0), (here, len), &body[4..], used)
    }

    #[inline]
    fn packet<'a>(
        self,
        decoder: &'a mut Decoder,
        (interface, time): (usize, u64),
        (here, len): (u32, u32),
        rest: &'a [u8],
        used: usize,
    ) -> Taken<'a> {
        let index = self.first_interface + interface;
        if index >= decoder.interfaces.len() {
            return Err(decoder.damage(format!("a packet of interface {interface}, which no block describes")));
        }
        let Some(bytes) = rest.get(..here as usize) else {
            return Err(decoder.damage(format!("a packet of {here} bytes in a block that is shorter")));
        };
        let options = rest.get((here as usize).next_multiple_of(4)..).unwrap_or_default();
        let notes = Notes { options, big_endian: self.big_endian };
        decoder.took(used);
        let interface = &decoder.interfaces[index];
        let mut raw = Raw {
            time_ns: interface.clock.nanos(time),
            link: interface.link,
            bytes,
            len,
            interface: interface.name.as_deref(),
            packet: None,
            flags: None,
            notes,
        };
        for (code, value) in notes.options() {
            match (code, value) {
                (FLAGS, [_, _, _, _]) => raw.flags = Some(self.word(value, 0)),
                (PACKET_ID, [_, _, _, _, _, _, _, _]) => raw.packet = Some(self.long(value)),
                _ => {}
            }
        }
        let direction = raw.flags.and_then(flags::direction);
        Ok((used, Step::Frame(Captured { raw, interface: index, direction })))
    }

    /// Interface Description Block: `| link type 2 | reserved 2 | snap length 4 | options |`
    fn interface(self, decoder: &mut Decoder, body: &[u8]) -> Result<(), Damage> {
        if body.len() < 8 {
            return Err(decoder.damage("an interface block without its header"));
        }
        let link_type = self.half(body, 0);
        let mut interface = Interface { link: link_of(link_type), link_type, ..Interface::default() };
        let text = |value: &[u8]| Some(crate::words::clean(&String::from_utf8_lossy(value)));
        for (code, value) in (Notes { options: &body[8..], big_endian: self.big_endian }).options() {
            match (code, value) {
                (2, name) => interface.name = text(name),
                (3, description) => interface.description = text(description),
                (9, [resolution]) => interface.clock.tick = tick_of(*resolution),
                (14, [_, _, _, _, _, _, _, _]) => interface.clock.offset_s = self.long(value) as i64,
                _ => {}
            }
        }
        decoder.add_interface(interface)
    }

    /// Section Header Block: `| byte order 4 | version 4 | section length 8 | options |`
    fn section(self, decoder: &mut Decoder, body: &[u8]) {
        let options = Notes { options: body.get(16..).unwrap_or_default(), big_endian: self.big_endian };
        if let Some((_, name)) = options.options().find(|(code, _)| *code == 4) {
            decoder.application = Some(crate::words::clean(&String::from_utf8_lossy(name)));
        }
    }

    /// Name Resolution Block: records of type, length, address, and names that end with a zero byte each.
    fn names(self, decoder: &mut Decoder, body: &[u8]) {
        for (kind, value) in (Notes { options: body, big_endian: self.big_endian }).options() {
            let (address, names) = match kind {
                1 => match value.split_first_chunk::<4>() {
                    Some((ip, names)) => (IpAddr::from(Ipv4Addr::from(*ip)), names),
                    None => continue,
                },
                2 => match value.split_first_chunk::<16>() {
                    Some((ip, names)) => (IpAddr::from(Ipv6Addr::from(*ip)), names),
                    None => continue,
                },
                _ => continue,
            };
            let name = names.split(|byte| *byte == 0).next().unwrap_or_default();
            if decoder.names.len() < MAX_NAMES && !name.is_empty() {
                decoder.names.push((address, crate::words::clean(&String::from_utf8_lossy(name))));
            }
        }
    }

    /// Decryption Secrets Block: `| type 4 | length 4 | secrets |`
    fn secrets(self, decoder: &mut Decoder, body: &[u8]) {
        let is_key_log = body.len() >= 8 && self.word(body, 0) == TLS_KEY_LOG;
        let Some(text) = body.get(8..).filter(|_| is_key_log) else { return };
        let text = text.get(..self.word(body, 4) as usize).unwrap_or(text);
        let room = MAX_SECRETS.saturating_sub(decoder.secrets.len());
        let lines = String::from_utf8_lossy(text);
        decoder.secrets.extend(lines.lines().filter(|line| !line.is_empty()).take(room).map(str::to_owned));
    }

    fn half(self, bytes: &[u8], at: usize) -> u16 {
        let two = [bytes[at], bytes[at + 1]];
        if self.big_endian { u16::from_be_bytes(two) } else { u16::from_le_bytes(two) }
    }

    #[inline]
    fn word(self, bytes: &[u8], at: usize) -> u32 {
        let four = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
        if self.big_endian { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) }
    }

    fn long(self, bytes: &[u8]) -> u64 {
        let (one, two) = (u64::from(self.word(bytes, 0)), u64::from(self.word(bytes, 4)));
        if self.big_endian { one << 32 | two } else { two << 32 | one }
    }
}

/// Nanoseconds of a tick, as a fraction: a negative power of ten, or of two when the highest bit is set.
const fn tick_of(resolution: u8) -> (u64, u64) {
    let power = resolution as u32 & 0x7f;
    if resolution & 0x80 != 0 {
        return (1_000_000_000, 1 << if power > 63 { 63 } else { power });
    }
    match power {
        0..=9 => (10u64.pow(9 - power), 1),
        10..=28 => (1, 10u64.pow(power - 9)),
        _ => (1, u64::MAX),
    }
}

const INTERFACE: u32 = 1;
const OBSOLETE: u32 = 2;
const SIMPLE: u32 = 3;
const NAMES: u32 = 4;
const ENHANCED: u32 = 6;
const SECRETS: u32 = 10;

const FLAGS: u16 = 2;
const PACKET_ID: u16 = 5;
/// "TLSK"
const TLS_KEY_LOG: u32 = 0x544c_534b;
/// The most names and the most lines of keys that are kept.
const MAX_NAMES: usize = 100_000;
const MAX_SECRETS: usize = 100_000;
