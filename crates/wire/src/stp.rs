//! Bridge protocol data units: what bridges say to each other to agree on a tree (IEEE 802.1D-2004, clause 9).
//!
//! ```text
//! | protocol 0 (2) | version (1) | type (1) | flags (1) | root: priority (2), address (6) | root path cost (4) |
//! | bridge: priority (2), address (6) | port (2) | message age (2) | max age (2) | hello time (2) | forward delay (2) |
//! | version 1 length: 0 (1, only RST) |                            a topology change notification ends after its type
//! ```
//! They travel in 802.3 frames to a group address that no bridge passes on, behind LLC `42 42 03`. Times are in units of
//! 1/256 s.

use std::fmt;
use std::ops::Range;

use base::{Duration, Mac};

use crate::dissect::{Dissection, Layer};
use crate::ethernet::{self, EtherType};
use crate::llc::{self, sap};
use crate::{Error, PacketBuf, Problem, Result};

/// To all bridges on a segment; no bridge passes it on.
pub const GROUP: Mac = Mac([0x01, 0x80, 0xc2, 0, 0, 0]);

/// Bytes of a Configuration BPDU.
pub const CONFIG_LEN: usize = 35;

/// Bytes of an RST BPDU.
pub const RST_LEN: usize = 36;

/// Bytes of a Topology Change Notification.
pub const TCN_LEN: usize = 4;

/// A bridge's name. The lower one is the better root.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct BridgeId {
    /// What an administrator chose; 32768 unless said otherwise.
    pub priority: u16,
    /// Decides between equal priorities.
    pub mac: Mac,
}

/// What part a port has in the tree. In the order of the two bits in the flags.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Role {
    /// Not said.
    #[default]
    Unknown,
    /// Another way to the root, or to the same segment: blocked.
    AlternateOrBackup,
    /// The way to the root.
    Root,
    /// The root's side of a segment.
    Designated,
}

/// The flags of a BPDU.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Flags {
    /// The tree has changed: forget what was learned.
    pub topology_change: bool,
    /// RST: may the sender's port forward at once?
    pub proposal: bool,
    /// RST: the sender's port in the tree.
    pub role: Role,
    /// RST: the sender's port learns addresses.
    pub learning: bool,
    /// RST: the sender's port forwards frames.
    pub forwarding: bool,
    /// RST: the receiver's port may forward at once.
    pub agreement: bool,
    /// A notification has come; always clear in an RST BPDU that is sent.
    pub topology_change_ack: bool,
}

/// What Configuration and RST BPDUs say.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Message {
    /// Changes, and the handshake of two ports.
    pub flags: Flags,
    /// Who the sender takes for the root.
    pub root: BridgeId,
    /// How far that is.
    pub root_path_cost: u32,
    /// Who sends.
    pub bridge: BridgeId,
    /// From which port: priority and number.
    pub port: u16,
    /// How old this is: the root's is 0, each bridge on the way adds some.
    pub message_age: Duration,
    /// What is older than this is forgotten.
    pub max_age: Duration,
    /// How often the root speaks.
    pub hello_time: Duration,
    /// How long a port waits in each state on the way to forwarding.
    pub forward_delay: Duration,
}

/// One BPDU.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bpdu {
    /// Spanning tree, 9.3.1.
    Config(Message),
    /// Spanning tree: the sender asks the root to announce a change, 9.3.2.
    TopologyChangeNotification,
    /// Rapid spanning tree, 9.3.3.
    Rst(Message),
}

impl Flags {
    const fn from_byte(byte: u8) -> Flags {
        let role = match byte >> 2 & 3 {
            1 => Role::AlternateOrBackup,
            2 => Role::Root,
            3 => Role::Designated,
            _ => Role::Unknown,
        };
        Flags {
            topology_change: byte & 0x01 != 0,
            proposal: byte & 0x02 != 0,
            role,
            learning: byte & 0x10 != 0,
            forwarding: byte & 0x20 != 0,
            agreement: byte & 0x40 != 0,
            topology_change_ack: byte & 0x80 != 0,
        }
    }

    fn byte(self) -> u8 {
        u8::from(self.topology_change)
            | u8::from(self.proposal) << 1
            | (self.role as u8) << 2
            | u8::from(self.learning) << 4
            | u8::from(self.forwarding) << 5
            | u8::from(self.agreement) << 6
            | u8::from(self.topology_change_ack) << 7
    }
}

impl Role {
    /// A plain word.
    pub const fn text(self) -> &'static str {
        match self {
            Role::Unknown => "unknown",
            Role::AlternateOrBackup => "alternate",
            Role::Root => "root",
            Role::Designated => "designated",
        }
    }
}

impl Message {
    fn parse(bytes: &[u8; CONFIG_LEN], known_flags: u8) -> Message {
        let word = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
        let id = |at: usize| BridgeId { priority: word(at), mac: Mac(std::array::from_fn(|i| bytes[at + 2 + i])) };
        Message {
            flags: Flags::from_byte(bytes[4] & known_flags),
            root: id(5),
            root_path_cost: u32::from_be_bytes([bytes[13], bytes[14], bytes[15], bytes[16]]),
            bridge: id(17),
            port: word(25),
            message_age: time(word(27)),
            max_age: time(word(29)),
            hello_time: time(word(31)),
            forward_delay: time(word(33)),
        }
    }

    fn write(&self, bytes: &mut [u8], known_flags: u8) {
        bytes[4] = self.flags.byte() & known_flags;
        for (at, id) in [(5, self.root), (17, self.bridge)] {
            bytes[at..at + 2].copy_from_slice(&id.priority.to_be_bytes());
            bytes[at + 2..at + 8].copy_from_slice(&id.mac.0);
        }
        bytes[13..17].copy_from_slice(&self.root_path_cost.to_be_bytes());
        bytes[25..27].copy_from_slice(&self.port.to_be_bytes());
        let times = [self.message_age, self.max_age, self.hello_time, self.forward_delay];
        for (at, span) in (27..).step_by(2).zip(times) {
            bytes[at..at + 2].copy_from_slice(&units(span).to_be_bytes());
        }
    }
}

impl Bpdu {
    /// Reads a BPDU. Bytes behind it belong to later versions, and are stepped over as 9.3.4 asks.
    pub fn parse(bytes: &[u8]) -> Result<Bpdu> {
        let fail = |field, offset, problem| Err(Error::new("STP", field, offset, problem));
        let Some(&[protocol_high, protocol_low, version, kind]) = bytes.first_chunk::<TCN_LEN>() else {
            return fail("header", bytes.len(), Problem::TooShort);
        };
        if [protocol_high, protocol_low] != [0, 0] {
            return fail("Protocol Identifier", 0, Problem::BadValue);
        }
        if kind == TYPE_TCN {
            return Ok(Bpdu::TopologyChangeNotification);
        }
        let Some(own) = bytes.first_chunk::<CONFIG_LEN>() else {
            return fail("message", bytes.len(), Problem::TooShort);
        };
        match kind {
            TYPE_CONFIG => Ok(Bpdu::Config(Message::parse(own, CONFIG_FLAGS))),
            TYPE_RST if version < VERSION_RST => fail("Protocol Version Identifier", 2, Problem::BadValue),
            TYPE_RST if bytes.len() < RST_LEN => fail("Version 1 Length", bytes.len(), Problem::TooShort),
            TYPE_RST => Ok(Bpdu::Rst(Message::parse(own, ALL_FLAGS))),
            _ => fail("BPDU Type", 3, Problem::BadValue),
        }
    }

    /// Writes the BPDU in front of what is there (normally nothing). Times are rounded down to their unit.
    pub fn push(&self, packet: &mut PacketBuf) {
        match self {
            Bpdu::TopologyChangeNotification => packet.push_array([0, 0, 0, TYPE_TCN]),
            // Version and type of a configuration are zero.
            Bpdu::Config(message) => message.write(packet.push(CONFIG_LEN), CONFIG_FLAGS),
            Bpdu::Rst(message) => {
                let bytes = packet.push(RST_LEN);
                bytes[2..4].copy_from_slice(&[VERSION_RST, TYPE_RST]);
                message.write(bytes, ALL_FLAGS);
            }
        }
    }

    /// Writes the whole 802.3 frame that carries the BPDU, padding included, in front of an empty packet.
    pub fn push_frame(&self, src: Mac, packet: &mut PacketBuf) {
        self.push(packet);
        llc::Header::unnumbered(sap::STP).push(packet);
        let length = u16::try_from(packet.len()).unwrap_or(u16::MAX);
        ethernet::Header { dst: GROUP, src, ethertype: EtherType(length) }.push(packet);
        packet.pad_to(ethernet::MIN_FRAME);
    }

    /// The BPDU in an Ethernet frame; `None` if the frame carries something else.
    pub fn of_frame(frame: &[u8]) -> Option<Result<Bpdu>> {
        let header = ethernet::Header::parse(frame).ok().filter(|header| header.ethertype.is_length())?;
        let carried = &frame[ethernet::LEN..];
        let pdu = &carried[..carried.len().min(usize::from(header.ethertype.0))];
        let (own, len) = llc::Header::parse(pdu).ok()?;
        (own == llc::Header::unnumbered(sap::STP)).then(|| Bpdu::parse(&pdu[len..]))
    }

    /// What it says, if it says more than that there was a change.
    pub const fn message(&self) -> Option<&Message> {
        match self {
            Bpdu::Config(message) | Bpdu::Rst(message) => Some(message),
            Bpdu::TopologyChangeNotification => None,
        }
    }
}

/// `32768.02:00:00:00:00:01`
impl fmt::Display for BridgeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.priority, self.mac)
    }
}

/// The flags that are set, one word each.
impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let role = if self.role == Role::Unknown { "" } else { self.role.text() };
        let words = [
            (self.role != Role::Unknown, role),
            (self.learning, "learning"),
            (self.forwarding, "forwarding"),
            (self.proposal, "proposal"),
            (self.agreement, "agreement"),
            (self.topology_change, "topology change"),
            (self.topology_change_ack, "topology change acknowledged"),
        ];
        let set: Vec<_> = words.into_iter().filter(|(set, _)| *set).map(|(_, word)| word).collect();
        f.write_str(&set.join(", "))
    }
}

/// `RSTP root 32768.02:00:00:00:00:01 cost 4 designated, forwarding`
impl fmt::Display for Bpdu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if matches!(self, Bpdu::Rst(_)) { "RSTP" } else { "STP" };
        let Some(message) = self.message() else { return write!(f, "{name} topology change notification") };
        write!(f, "{name} root {} cost {}", message.root, message.root_path_cost)?;
        if message.flags == Flags::default() { Ok(()) } else { write!(f, " {}", message.flags) }
    }
}

pub(crate) fn dissect(dissection: &mut Dissection<'_>, range: Range<usize>) {
    let bytes = dissection.bytes(range.clone());
    let mut layer = dissection.layer("STP", range.clone());
    let bpdu = match Bpdu::parse(bytes) {
        Ok(bpdu) => bpdu,
        Err(error) => {
            dissection.push(layer.malformed(error));
            return;
        }
    };
    let len = match bpdu {
        Bpdu::TopologyChangeNotification => TCN_LEN,
        Bpdu::Config(_) => CONFIG_LEN,
        Bpdu::Rst(_) => RST_LEN,
    };
    layer.range.end = range.start + len;
    layer.summary = bpdu.to_string();
    layer.field("Protocol Identifier", 0..2, 0);
    layer.field("Protocol Version Identifier", 2..3, bytes[2]);
    layer.field("BPDU Type", 3..4, format_args!("0x{:02x}", bytes[3]));
    if let Some(message) = bpdu.message() {
        message_fields(&mut layer, message);
    }
    if len == RST_LEN {
        layer.field("Version 1 Length", 35..36, bytes[35]);
    }
    dissection.push(layer);
    dissection.data(range.start + len..range.end);
}

fn message_fields(layer: &mut Layer, message: &Message) {
    let flags = message.flags.to_string();
    layer.field("Flags", 4..5, if flags.is_empty() { "none" } else { &flags });
    layer.field("Root Identifier", 5..13, message.root);
    layer.field("Root Path Cost", 13..17, message.root_path_cost);
    layer.field("Bridge Identifier", 17..25, message.bridge);
    layer.field("Port Identifier", 25..27, format_args!("0x{:04x}", message.port));
    layer.field("Message Age", 27..29, message.message_age);
    layer.field("Max Age", 29..31, message.max_age);
    layer.field("Hello Time", 31..33, message.hello_time);
    layer.field("Forward Delay", 33..35, message.forward_delay);
}

fn time(units: u16) -> Duration {
    Duration::from_nanos(u64::from(units) * UNIT_NS)
}

fn units(span: Duration) -> u16 {
    u16::try_from(span.nanos() / UNIT_NS).unwrap_or(u16::MAX)
}

/// 1/256 s, nanoseconds: a whole number.
const UNIT_NS: u64 = 3_906_250;
const TYPE_CONFIG: u8 = 0x00;
const TYPE_RST: u8 = 0x02;
const TYPE_TCN: u8 = 0x80;
const VERSION_RST: u8 = 2;
/// Topology change and its acknowledgement: spanning tree knows no other flags.
const CONFIG_FLAGS: u8 = 0x81;
const ALL_FLAGS: u8 = 0xff;

#[cfg(test)]
mod tests {
    use base::PacketId;

    use super::*;

    fn message() -> Message {
        let [root, bridge] = [1, 2].map(|n| BridgeId { priority: 0x8000, mac: Mac::local(n) });
        Message {
            flags: Flags { proposal: true, role: Role::Designated, ..Flags::default() },
            root,
            root_path_cost: 4,
            bridge,
            port: 0x8003,
            message_age: Duration::from_secs(1),
            max_age: Duration::from_secs(20),
            hello_time: Duration::from_secs(2),
            forward_delay: Duration::from_secs(15),
        }
    }

    fn written(bpdu: Bpdu) -> Vec<u8> {
        let mut packet = PacketBuf::new(PacketId::NONE, bytes::Bytes::new());
        bpdu.push(&mut packet);
        packet.contiguous()
    }

    #[test]
    fn an_rst_bpdu_has_the_bytes_of_the_standard() {
        let expected = [
            &[0, 0, 2, 2, 0x0e][..],
            &[0x80, 0, 2, 0, 0, 0, 0, 1],
            &[0, 0, 0, 4],
            &[0x80, 0, 2, 0, 0, 0, 0, 2],
            &[0x80, 3],
            &[1, 0, 20, 0, 2, 0, 15, 0],
            &[0],
        ];
        assert_eq!(written(Bpdu::Rst(message())), expected.concat());
        assert_eq!(Bpdu::parse(&expected.concat()), Ok(Bpdu::Rst(message())));
        let line = "RSTP root 32768.02:00:00:00:00:01 cost 4 designated, proposal";
        assert_eq!(Bpdu::Rst(message()).to_string(), line);
    }

    #[test]
    fn a_configuration_knows_two_flags_only() {
        let bytes = written(Bpdu::Config(message()));
        assert_eq!((bytes.len(), &bytes[..5]), (CONFIG_LEN, &[0, 0, 0, 0, 0][..]));
        assert_eq!(Bpdu::parse(&bytes), Ok(Bpdu::Config(Message { flags: Flags::default(), ..message() })));
    }

    #[test]
    fn a_frame_is_padded_and_its_padding_is_not_read() {
        for bpdu in [Bpdu::Rst(message()), Bpdu::TopologyChangeNotification] {
            let mut packet = PacketBuf::new(PacketId::NONE, bytes::Bytes::new());
            bpdu.push_frame(Mac::local(9), &mut packet);
            let frame = packet.contiguous();
            assert_eq!((frame.len(), &frame[14..17]), (60, &b"\x42\x42\x03"[..]));
            assert_eq!(Bpdu::of_frame(&frame), Some(Ok(bpdu)));
        }
        assert_eq!(Bpdu::of_frame(&[8; 60]), None);
    }

    #[test]
    fn a_bpdu_of_a_later_version_is_read_as_far_as_it_is_known() {
        let mut bytes = written(Bpdu::Rst(message()));
        bytes[2] = 3;
        bytes.extend([0; 40]);
        assert_eq!(Bpdu::parse(&bytes), Ok(Bpdu::Rst(message())));
        bytes[2] = 1;
        assert_eq!(Bpdu::parse(&bytes).unwrap_err().field, "Protocol Version Identifier");
    }
}
