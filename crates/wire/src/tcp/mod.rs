//! Transmission Control Protocol segments: RFC 9293, section 3.1; options in [`Options`].
//!
//! ```text
//! | source port | destination port |      sequence number      |   acknowledgment number   |
//! | offset, flags | window | checksum | urgent pointer | options, padded to 4 bytes | data
//! ```

mod dissect;
mod flags;
mod options;

pub(crate) use dissect::dissect;
pub use flags::Flags;
pub use options::{MAX_SACK_BLOCKS, MAX_WINDOW_SCALE, Options, SackBlocks};

use std::net::IpAddr;

use base::SeqNum;

use crate::checksum::{self, Sum};
use crate::ip::Protocol;
use crate::{Error, PacketBuf, Problem, Result};

/// Bytes of a header without options.
pub const LEN: usize = 20;

/// Bytes of the longest header.
pub const MAX_LEN: usize = 60;

/// The header of a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// From which port.
    pub src_port: u16,
    /// To which port.
    pub dst_port: u16,
    /// The number of the first byte of data, or of the SYN.
    pub seq: SeqNum,
    /// The next number expected, with [`Flags::ACK`].
    pub ack: SeqNum,
    /// The control bits.
    pub flags: Flags,
    /// The receive window, not yet scaled.
    pub window: u16,
    /// The urgent pointer, with [`Flags::URG`].
    pub urgent: u16,
    /// The options this stack knows; others were skipped.
    pub options: Options,
    /// Bytes of the header with its options. Computed by `push`.
    pub header_len: usize,
}

impl Default for Header {
    fn default() -> Self {
        Header {
            src_port: 0,
            dst_port: 0,
            seq: SeqNum(0),
            ack: SeqNum(0),
            flags: Flags::NONE,
            window: 0,
            urgent: 0,
            options: Options::default(),
            header_len: LEN,
        }
    }
}

impl Header {
    /// Reads the header, which `head` holds whole. The checksum is [`verify`]'s.
    //= rfc9293#3.1
    #[inline]
    pub fn parse(head: &[u8]) -> Result<Header> {
        let Some(fixed) = head.first_chunk::<LEN>() else {
            return Err(Error::new("TCP", "header", head.len(), Problem::TooShort));
        };
        let header_len = usize::from(fixed[12] >> 4) * 4;
        if header_len < LEN {
            return Err(Error::new("TCP", "Data Offset", 12, Problem::BadValue));
        }
        let Some(options) = head.get(LEN..header_len) else {
            return Err(Error::new("TCP", "Data Offset", 12, Problem::BadLength));
        };
        Ok(Self::from_fixed(fixed, Options::parse(options)?))
    }

    /// The fields, as they are.
    #[inline]
    fn from_fixed(fixed: &[u8; LEN], options: Options) -> Header {
        let half = |at: usize| u16::from_be_bytes([fixed[at], fixed[at + 1]]);
        let word = |at: usize| u32::from_be_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]]);
        Header {
            src_port: half(0),
            dst_port: half(2),
            seq: SeqNum(word(4)),
            ack: SeqNum(word(8)),
            flags: Flags(fixed[13]),
            window: half(14),
            urgent: half(18),
            options,
            header_len: usize::from(fixed[12] >> 4) * 4,
        }
    }

    /// Writes the header in front of the segment's data, with length and checksum computed. SACK blocks that find no
    /// room in 40 bytes of options are left out, the last first.
    #[inline]
    pub fn push(&self, packet: &mut PacketBuf, src: IpAddr, dst: IpAddr) {
        if let Some((value, echo)) = self.options.only_timestamps() {
            return self.push_with_timestamps(packet, (src, dst), value, echo);
        }
        let header_len = LEN + self.options.len();
        let mut sum = checksum::pseudo_header(src, dst, Protocol::TCP, header_len + packet.len());
        sum.add(packet.head());
        sum.add(packet.payload());
        let ports = u32::from(self.src_port) << 16 | u32::from(self.dst_port);
        let control = (header_len as u32 / 4) << 28 | u32::from(self.flags.0) << 16 | u32::from(self.window);
        let head = packet.push(header_len);
        let (fixed, options) = head.split_at_mut(LEN);
        let options = self.options.write(options);
        // Summed as numbers: reading back bytes that were just written would cost more than all the rest.
        let mut own = Sum::new();
        for word in [ports, self.seq.0, self.ack.0, control, u32::from(self.urgent)] {
            own.add_u32(word);
        }
        let checksum = sum.after(own).after(options).checksum();
        let last = u32::from(checksum) << 16 | u32::from(self.urgent);
        let words = [ports, self.seq.0, self.ack.0, control, last].map(u32::to_be_bytes);
        fixed.copy_from_slice(words.as_flattened());
    }

    /// The header of nearly every segment: nothing but timestamps behind the fixed part.
    #[inline]
    fn push_with_timestamps(&self, packet: &mut PacketBuf, (src, dst): (IpAddr, IpAddr), value: u32, echo: u32) {
        const WHOLE: usize = LEN + 12;
        let mut sum = checksum::pseudo_header(src, dst, Protocol::TCP, WHOLE + packet.len());
        if !packet.head().is_empty() {
            sum.add(packet.head());
        }
        sum.add(packet.payload());
        let ports = u32::from(self.src_port) << 16 | u32::from(self.dst_port);
        let control = (WHOLE as u32 / 4) << 28 | u32::from(self.flags.0) << 16 | u32::from(self.window);
        let urgent = u32::from(self.urgent);
        let mut words = [ports, self.seq.0, self.ack.0, control, urgent, options::TIMESTAMPS_WORD, value, echo];
        let mut own = Sum::new();
        for word in words {
            own.add_u32(word);
        }
        words[4] |= u32::from(sum.after(own).checksum()) << 16;
        let mut bytes = [0; WHOLE];
        bytes.copy_from_slice(words.map(u32::to_be_bytes).as_flattened());
        packet.push_array(bytes);
    }

    /// The sequence space that the segment takes with `data_len` bytes of data: SYN and FIN count one each.
    //= rfc9293#3.4
    pub const fn segment_len(&self, data_len: usize) -> u32 {
        data_len as u32 + self.flags.contains(Flags::SYN) as u32 + self.flags.contains(Flags::FIN) as u32
    }
}

/// Lowers the MSS option of a SYN (the packet begins with its TCP header) to `most`; answers whether it did. The checksum
/// is adjusted.
pub fn clamp_mss(packet: &mut PacketBuf, most: u16) -> bool {
    if packet.head().len() < MAX_LEN.min(packet.len()) {
        packet.flatten();
    }
    let head = packet.head_mut();
    let Some(fixed) = head.first_chunk::<LEN>() else { return false };
    let (flags, end) = (Flags(fixed[13]), usize::from(fixed[12] >> 4) * 4);
    if !flags.contains(Flags::SYN) || end < LEN || end > head.len() {
        return false;
    }
    let Some(at) = options::mss_at(&head[LEN..end]).map(|at| LEN + at) else { return false };
    let old = u16::from_be_bytes([head[at], head[at + 1]]);
    if old <= most {
        return false;
    }
    head[at..at + 2].copy_from_slice(&most.to_be_bytes());
    // Its two bytes may stand in two words of the sum: then both count with their bytes exchanged.
    let (old, new) = if at % 2 == 0 { (old, most) } else { (old.swap_bytes(), most.swap_bytes()) };
    let checksum = u16::from_be_bytes([head[16], head[17]]);
    head[16..18].copy_from_slice(&checksum::update(checksum, old, new).to_be_bytes());
    true
}

/// Whether the segment in `parts` (header and data, without a link's padding) has a valid checksum.
//= rfc9293#3.1
#[inline]
pub fn verify(src: IpAddr, dst: IpAddr, parts: [&[u8]; 2]) -> bool {
    checksum::verify(src, dst, Protocol::TCP, parts)
}

#[cfg(test)]
mod tests;
