//! AX.25 v2.2 frames (section 3) without flags and check sequence: HDLC's balanced mode with call signs for addresses.
//!
//! ```text
//! | destination (7)  |  source (7)  | control (1) | PID (1, I and UI) | information ... |
//! ```
//! Repeaters' addresses are refused: there are none on a line between two. Recorded frames have a KISS command byte of 0 in
//! front, as terminal node controllers give them to their hosts.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use crate::dissect::{Dissection, Key};
use crate::ethernet::EtherType;
use crate::hdlc::{Control, Modulus, Unnumbered};
use crate::{Error, PacketBuf, Problem, Result};

/// A station: a call sign and a number from 0 to 15.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Address {
    /// Capital letters and digits, filled with spaces.
    call: [u8; 6],
    ssid: u8,
}

/// What an information frame carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pid(pub u8);

impl Pid {
    /// An IPv4 packet.
    pub const IPV4: Pid = Pid(0xcc);
    /// An ARP packet.
    pub const ARP: Pid = Pid(0xcd);
    /// Nothing of a layer above: bytes.
    pub const NO_LAYER_3: Pid = Pid(0xf0);
}

/// What stands in front of a frame's information.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// To whom.
    pub dst: Address,
    /// From whom.
    pub src: Address,
    /// A command, or else a response.
    pub command: bool,
    /// What it is.
    pub control: Control,
    /// What it carries, if it carries anything.
    pub pid: Option<Pid>,
}

impl Header {
    /// Reads the header at the front of a frame; with its length.
    pub fn parse(frame: &[u8]) -> Result<(Header, usize)> {
        let Some(addresses) = frame.first_chunk::<ADDRESSES>() else {
            return Err(Error::new("AX.25", "address", frame.len(), Problem::TooShort));
        };
        let (dst, to_bits) = Address::read(&addresses[..7], 0)?;
        let (src, from_bits) = Address::read(&addresses[7..], 7)?;
        if to_bits & LAST != 0 || from_bits & LAST == 0 {
            return Err(Error::new("AX.25", "address", 6, Problem::BadValue));
        }
        let (control, len) = Control::parse(&frame[ADDRESSES..], Modulus::Eight).map_err(|error| Error {
            format: "AX.25",
            offset: ADDRESSES + error.offset,
            ..error
        })?;
        let mut header = Header { dst, src, command: to_bits & COMMAND != 0, control, pid: None };
        let mut at = ADDRESSES + len;
        if header.has_pid() {
            let pid = *frame.get(at).ok_or_else(|| Error::new("AX.25", "PID", at, Problem::TooShort))?;
            header.pid = Some(Pid(pid));
            at += 1;
        }
        Ok((header, at))
    }

    /// Writes the header in front of the information.
    pub fn push(&self, packet: &mut PacketBuf) {
        if self.has_pid() {
            packet.push_array([self.pid.unwrap_or(Pid::NO_LAYER_3).0]);
        }
        self.control.push(packet, Modulus::Eight);
        packet.push_array(self.src.written(LAST | if self.command { 0 } else { COMMAND }));
        packet.push_array(self.dst.written(if self.command { COMMAND } else { 0 }));
    }

    fn has_pid(&self) -> bool {
        matches!(self.control, Control::I { .. } | Control::U { kind: Unnumbered::Ui, .. })
    }
}

impl Address {
    fn read(bytes: &[u8], at: usize) -> Result<(Address, u8)> {
        let wrong = |offset| Error::new("AX.25", "address", at + offset, Problem::BadValue);
        let mut call = [0; 6];
        for (offset, (letter, byte)) in call.iter_mut().zip(bytes).enumerate() {
            *letter = byte >> 1;
            let known = letter.is_ascii_uppercase() || letter.is_ascii_digit() || *letter == b' ';
            // The bit that ends the addresses belongs to the last byte.
            if byte & LAST != 0 || !known {
                return Err(wrong(offset));
            }
        }
        // Spaces fill a call sign up; they do not stand in one.
        let letters = call.trim_ascii_end();
        if letters.is_empty() || letters.contains(&b' ') {
            return Err(wrong(0));
        }
        let bits = *bytes.get(6).ok_or_else(|| wrong(6))?;
        Ok((Address { call, ssid: bits >> 1 & 0xf }, bits))
    }

    fn written(self, bits: u8) -> [u8; 7] {
        let mut bytes = [0; 7];
        for (byte, letter) in bytes.iter_mut().zip(self.call) {
            *byte = letter << 1;
        }
        bytes[6] = RESERVED | self.ssid << 1 | bits;
        bytes
    }
}

impl Default for Address {
    fn default() -> Self {
        Address { call: *b"NOCALL", ssid: 0 }
    }
}

/// No call sign.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoCallSign;

impl fmt::Display for NoCallSign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a call sign has one to six letters and digits, and perhaps a number up to 15: ALICE-1")
    }
}

impl std::error::Error for NoCallSign {}

impl FromStr for Address {
    type Err = NoCallSign;
    fn from_str(text: &str) -> std::result::Result<Self, NoCallSign> {
        let (name, number) = text.split_once('-').unwrap_or((text, "0"));
        let fits = (1..=6).contains(&name.len()) && name.bytes().all(|letter| letter.is_ascii_alphanumeric());
        let ssid = number.parse().ok().filter(|ssid: &u8| *ssid < 16);
        let ssid = ssid.filter(|_| fits).ok_or(NoCallSign)?;
        let mut call = *b"      ";
        for (place, letter) in call.iter_mut().zip(name.bytes()) {
            *place = letter.to_ascii_uppercase();
        }
        Ok(Address { call, ssid })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let call = String::from_utf8_lossy(&self.call);
        let call = call.trim_end();
        if self.ssid == 0 { f.write_str(call) } else { write!(f, "{call}-{}", self.ssid) }
    }
}

impl fmt::Display for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Pid::IPV4 => f.write_str("IPv4"),
            Pid::ARP => f.write_str("ARP"),
            Pid::NO_LAYER_3 => f.write_str("none"),
            Pid(other) => write!(f, "0x{other:02x}"),
        }
    }
}

/// What a PID means in Ethernet's numbers.
pub const fn ethertype(pid: Pid) -> Option<EtherType> {
    match pid {
        Pid::IPV4 => Some(EtherType::IPV4),
        Pid::ARP => Some(EtherType::ARP),
        _ => None,
    }
}

/// The command byte of KISS in front of a recorded frame.
pub const KISS_LEN: usize = 1;

/// The frame behind the command byte of KISS; other commands than "data" carry none.
pub fn behind_kiss(recorded: &[u8]) -> Option<&[u8]> {
    recorded.split_first().filter(|(command, _)| **command == 0).map(|(_, frame)| frame)
}

/// A frame behind its KISS command byte, which belongs to the layer.
pub(crate) fn dissect(dissection: &mut Dissection<'_>, range: Range<usize>) {
    let mut layer = dissection.layer("AX.25", range.clone());
    let Some(frame) = behind_kiss(dissection.bytes(range.clone())) else {
        let problem = if range.is_empty() { Problem::TooShort } else { Problem::BadValue };
        dissection.push(layer.malformed(Error::new("AX.25", "KISS command", 0, problem)));
        return;
    };
    let (header, len) = match Header::parse(frame) {
        Ok((header, len)) => (header, KISS_LEN + len),
        Err(error) => {
            dissection.push(layer.malformed(Error { offset: KISS_LEN + error.offset, ..error }));
            return;
        }
    };
    layer.range.end = range.start + len;
    layer.field("KISS command", 0..1, "0 (data)");
    layer.field("Destination", 1..8, header.dst);
    layer.field("Source", 8..15, header.src);
    layer.field("Command or response", 7..8, if header.command { "command" } else { "response" });
    layer.field("Control", 15..16, header.control);
    layer.summary = format!("AX.25 {} > {} {}", header.src, header.dst, header.control);
    if let Some(pid) = header.pid {
        layer.field("Protocol identifier", 16..17, pid);
        if pid != Pid::NO_LAYER_3 {
            layer.summary.push_str(&format!(" pid={pid}"));
        }
    }
    dissection.push(layer);
    match header.pid.and_then(ethertype) {
        Some(ethertype) => dissection.next(Key::EtherType(ethertype), range.start + len..range.end),
        None => dissection.data(range.start + len..range.end),
    }
}

/// Two addresses, bytes.
const ADDRESSES: usize = 14;
/// The lowest bit of an address' last byte: no address follows.
const LAST: u8 = 0x01;
/// The highest: of the destination, that the frame is a command; of the source, that it is a response.
const COMMAND: u8 = 0x80;
/// Two bits that are set.
const RESERVED: u8 = 0x60;

#[cfg(test)]
mod tests {
    use base::PacketId;
    use proptest::prelude::*;

    use super::*;
    use crate::hdlc::Supervisory;

    fn header(control: Control, command: bool) -> Header {
        let (dst, src) = ("SERVER".parse().unwrap(), "ME-3".parse().unwrap());
        Header { dst, src, command, control, pid: None }
    }

    #[test]
    fn a_frame_has_the_bytes_of_the_standard() {
        let mut packet = PacketBuf::from_vec(PacketId::NONE, b"hi".to_vec());
        let control = Control::I { ns: 1, nr: 2, poll: false };
        Header { pid: Some(Pid::IPV4), ..header(control, true) }.push(&mut packet);
        let expected = [
            &[b'S' << 1, b'E' << 1, b'R' << 1, b'V' << 1, b'E' << 1, b'R' << 1, 0xe0][..],
            &[b'M' << 1, b'E' << 1, b' ' << 1, b' ' << 1, b' ' << 1, b' ' << 1, 0x67],
            &[0x42, 0xcc],
            b"hi",
        ];
        assert_eq!(packet.contiguous(), expected.concat());
    }

    #[test]
    fn call_signs_read_as_they_print() {
        for text in ["A", "SERVER", "ME-15"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        for wrong in ["", "TOOLONG", "A-16", "A B", "A-x"] {
            assert_eq!(wrong.parse::<Address>(), Err(NoCallSign));
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(ns in 0u8..8, nr in 0u8..8, poll: bool, command: bool, data: bool) {
            let control = match data {
                true => Control::I { ns, nr, poll },
                false => Control::S { kind: Supervisory::Rej, nr, poll },
            };
            let header = Header { pid: data.then_some(Pid::NO_LAYER_3), ..header(control, command) };
            let mut packet = PacketBuf::from_vec(PacketId::NONE, vec![7; 3]);
            header.push(&mut packet);
            prop_assert_eq!(Header::parse(packet.head()), Ok((header, packet.len() - 3)));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..24)) {
            let _ = Header::parse(&bytes);
        }
    }
}
