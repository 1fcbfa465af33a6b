//! What bridges tell each other: BPDUs of the (rapid) spanning tree, IEEE 802.1D-2004 clause 9.
//!
//! ```text
//! | 0 (2) | version (1) | type (1) | flags (1) | root (8) | cost (4) | bridge (8) | port (2) | 4 times (8) | 0 (1) |
//!                                        │                                                  │             └ RST only
//!                                        │            message age, max age, hello, forward delay: 1/256 s
//!  agreed . forwarding . learning . role (2 bits) . proposal . change
//! ```
//! Carried in an 802.3 frame to [`GROUP`], behind LLC's access point 42. A topology change notification is the first four
//! bytes alone.

use std::fmt;
use std::ops::{BitOr, BitOrAssign, Range};

use base::{Duration, Mac, PacketId};

use crate::dissect::Dissection;
use crate::ethernet::{self, EtherType};
use crate::llc::{self, sap};
use crate::{Error, PacketBuf, Problem, Result};

/// All bridges: frames to this address are never forwarded.
pub const GROUP: Mac = Mac([0x01, 0x80, 0xc2, 0, 0, 0]);

/// Who a bridge is. The smallest one becomes the root.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct BridgeId {
    /// The administrator's choice, 32768 by default; compared first.
    pub priority: u16,
    /// One of its addresses.
    pub mac: Mac,
}

impl fmt::Display for BridgeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.priority, self.mac)
    }
}

/// What the sending port is in the tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Not said.
    Unknown,
    /// Another port of this bridge, or another bridge, serves better.
    AlternateOrBackup,
    /// The way to the root.
    Root,
    /// The way to the root for all that is behind this port.
    Designated,
}

impl Role {
    /// One word.
    pub const fn text(self) -> &'static str {
        match self {
            Role::Unknown => "unknown",
            Role::AlternateOrBackup => "alternate",
            Role::Root => "root",
            Role::Designated => "designated",
        }
    }
}

/// The flags byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Flags(pub u8);

impl Flags {
    /// The topology changed: forget what you learned.
    pub const TOPOLOGY_CHANGE: Flags = Flags(0x01);
    /// A designated port asks whether it may forward at once.
    pub const PROPOSAL: Flags = Flags(0x02);
    /// The port learns addresses.
    pub const LEARNING: Flags = Flags(0x10);
    /// The port forwards.
    pub const FORWARDING: Flags = Flags(0x20);
    /// The answer to a proposal: go ahead.
    pub const AGREEMENT: Flags = Flags(0x40);
    /// A topology change notification was heard.
    pub const CHANGE_ACK: Flags = Flags(0x80);

    /// The flags that say this role.
    pub const fn of_role(role: Role) -> Flags {
        Flags((role as u8) << ROLE_SHIFT)
    }

    /// The role in the flags.
    pub const fn role(self) -> Role {
        match self.0 >> ROLE_SHIFT & 3 {
            0 => Role::Unknown,
            1 => Role::AlternateOrBackup,
            2 => Role::Root,
            _ => Role::Designated,
        }
    }

    /// Whether all of `flags` are set.
    pub const fn has(self, flags: Flags) -> bool {
        self.0 & flags.0 == flags.0
    }
}

impl BitOr for Flags {
    type Output = Flags;
    fn bitor(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }
}

impl BitOrAssign for Flags {
    fn bitor_assign(&mut self, other: Flags) {
        self.0 |= other.0;
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.role().text())?;
        for (flag, name) in NAMES {
            if self.has(flag) {
                write!(f, " {name}")?;
            }
        }
        Ok(())
    }
}

/// What configuration and RST BPDUs say.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Body {
    /// Flags, with the role of the sending port.
    pub flags: Flags,
    /// Whom the sender takes for the root.
    pub root: BridgeId,
    /// What its way there costs.
    pub cost: u32,
    /// The sender.
    pub bridge: BridgeId,
    /// Its port: priority in the high byte, number below.
    pub port: u16,
    /// How old this is: bridges from the root.
    pub message_age: Duration,
    /// What is older is not believed.
    pub max_age: Duration,
    /// How often the root speaks.
    pub hello: Duration,
    /// How long a port listens, and then learns, when nobody agrees faster.
    pub forward_delay: Duration,
}

/// A bridge protocol data unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bpdu {
    /// Of the old spanning tree.
    Configuration(Body),
    /// Of the old spanning tree: tell the root that the topology changed.
    Notification,
    /// Of the rapid spanning tree.
    Rapid(Body),
}

impl Bpdu {
    /// Reads what stands behind LLC. Bytes behind it are padding.
    pub fn parse(pdu: &[u8]) -> Result<Bpdu> {
        let short = |field| Error::new(NAME, field, pdu.len(), Problem::TooShort);
        let Some(&[protocol_high, protocol_low, version, kind]) = pdu.first_chunk::<HEADER_LEN>() else {
            return Err(short("header"));
        };
        if (protocol_high, protocol_low) != (0, 0) {
            return Err(Error::new(NAME, "protocol", 0, Problem::BadValue));
        }
        match kind {
            TYPE_NOTIFICATION => Ok(Bpdu::Notification),
            TYPE_CONFIGURATION => Body::parse(&pdu[HEADER_LEN..]).map(Bpdu::Configuration).ok_or(short("body")),
            TYPE_RAPID if version < VERSION_RAPID => Err(Error::new(NAME, "version", 2, Problem::BadValue)),
            // Later versions append to it.
            TYPE_RAPID if pdu.len() < HEADER_LEN + BODY_LEN + 1 => Err(short("body")),
            TYPE_RAPID => Body::parse(&pdu[HEADER_LEN..]).map(Bpdu::Rapid).ok_or(short("body")),
            _ => Err(Error::new(NAME, "type", 3, Problem::BadValue)),
        }
    }

    /// Writes it in front of a packet.
    pub fn push(&self, packet: &mut PacketBuf) {
        match self {
            Bpdu::Notification => packet.push_array([0, 0, VERSION_OLD, TYPE_NOTIFICATION]),
            Bpdu::Configuration(body) => {
                body.push(packet);
                packet.push_array([0, 0, VERSION_OLD, TYPE_CONFIGURATION]);
            }
            Bpdu::Rapid(body) => {
                packet.push_array([0]);
                body.push(packet);
                packet.push_array([0, 0, VERSION_RAPID, TYPE_RAPID]);
            }
        }
    }

    /// The whole frame, from a port with the address `src`.
    pub fn frame(&self, id: PacketId, src: Mac) -> PacketBuf {
        let mut packet = PacketBuf::new(id, bytes::Bytes::new());
        self.push(&mut packet);
        llc::Header::unnumbered(sap::STP).push(&mut packet);
        let length = EtherType(packet.len() as u16);
        ethernet::Header { dst: GROUP, src, ethertype: length }.push(&mut packet);
        packet.pad_to(ethernet::MIN_FRAME);
        packet
    }

    /// What a frame to [`GROUP`] says.
    pub fn of_frame(frame: &[u8]) -> Result<Bpdu> {
        let header = ethernet::Header::parse(frame)?;
        if !header.ethertype.is_length() {
            return Err(Error::new(NAME, "length", 12, Problem::BadValue));
        }
        let carried = &frame[ethernet::LEN..];
        let carried = &carried[..carried.len().min(usize::from(header.ethertype.0))];
        let (llc, len) = llc::Header::parse(carried)?;
        if llc != llc::Header::unnumbered(sap::STP) {
            return Err(Error::new(NAME, "LLC", ethernet::LEN, Problem::BadValue));
        }
        Bpdu::parse(&carried[len..])
    }
}

impl Body {
    fn parse(bytes: &[u8]) -> Option<Body> {
        let mut rest = bytes;
        Some(Body {
            flags: Flags(take::<1>(&mut rest)?[0]),
            root: take_bridge(&mut rest)?,
            cost: u32::from_be_bytes(take(&mut rest)?),
            bridge: take_bridge(&mut rest)?,
            port: u16::from_be_bytes(take(&mut rest)?),
            message_age: take_time(&mut rest)?,
            max_age: take_time(&mut rest)?,
            hello: take_time(&mut rest)?,
            forward_delay: take_time(&mut rest)?,
        })
    }

    fn push(&self, packet: &mut PacketBuf) {
        for time in [self.forward_delay, self.hello, self.max_age, self.message_age] {
            packet.push_array(((time.nanos() / TICK_NANOS).min(u64::from(u16::MAX)) as u16).to_be_bytes());
        }
        packet.push_array(self.port.to_be_bytes());
        push_bridge(packet, self.bridge);
        packet.push_array(self.cost.to_be_bytes());
        push_bridge(packet, self.root);
        packet.push_array([self.flags.0]);
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (first, behind) = rest.split_first_chunk::<N>()?;
    *rest = behind;
    Some(*first)
}

fn take_bridge(rest: &mut &[u8]) -> Option<BridgeId> {
    Some(BridgeId { priority: u16::from_be_bytes(take(rest)?), mac: Mac(take(rest)?) })
}

fn take_time(rest: &mut &[u8]) -> Option<Duration> {
    Some(Duration::from_nanos(u64::from(u16::from_be_bytes(take(rest)?)) * TICK_NANOS))
}

fn push_bridge(packet: &mut PacketBuf, bridge: BridgeId) {
    packet.push_array(bridge.mac.0);
    packet.push_array(bridge.priority.to_be_bytes());
}

pub(crate) fn dissect(dissection: &mut Dissection<'_>, range: Range<usize>) {
    let bytes = dissection.bytes(range.clone());
    let mut layer = dissection.layer(NAME, range.clone());
    let (kind, body) = match Bpdu::parse(bytes) {
        Ok(Bpdu::Notification) => {
            layer.range.end = range.start + HEADER_LEN;
            layer.field("Type", 3..4, "topology change notification");
            layer.summary = "STP topology change notification".into();
            dissection.push(layer);
            return;
        }
        Ok(Bpdu::Configuration(body)) => ("STP", body),
        Ok(Bpdu::Rapid(body)) => ("RSTP", body),
        Err(error) => {
            dissection.push(layer.malformed(error));
            return;
        }
    };
    let end = HEADER_LEN + BODY_LEN;
    layer.range.end = range.start + if kind == "RSTP" { end + 1 } else { end };
    layer.field("Version", 2..3, bytes[2]);
    layer.field("Type", 3..4, kind);
    layer.field("Flags", 4..5, body.flags);
    layer.field("Root", 5..13, body.root);
    layer.field("Root path cost", 13..17, body.cost);
    layer.field("Bridge", 17..25, body.bridge);
    layer.field("Port", 25..27, format_args!("0x{:04x}", body.port));
    let times = [body.message_age, body.max_age, body.hello, body.forward_delay];
    for (place, (name, time)) in
        ["Message age", "Max age", "Hello time", "Forward delay"].into_iter().zip(times).enumerate()
    {
        let start = 27 + 2 * place;
        layer.field(name, start..start + 2, format_args!("{} s", time.secs_f64()));
    }
    let Body { flags, root, cost, bridge, port, .. } = body;
    layer.summary = format!("{kind} {flags} root={root} cost={cost} bridge={bridge} port=0x{port:04x}");
    dissection.push(layer);
}

const NAME: &str = "STP";
const HEADER_LEN: usize = 4;
const BODY_LEN: usize = 31;
const TYPE_CONFIGURATION: u8 = 0x00;
const TYPE_RAPID: u8 = 0x02;
const TYPE_NOTIFICATION: u8 = 0x80;
const VERSION_OLD: u8 = 0;
const VERSION_RAPID: u8 = 2;
const ROLE_SHIFT: u8 = 2;

/// 1/256 s.
const TICK_NANOS: u64 = 3_906_250;

const NAMES: [(Flags, &str); 6] = [
    (Flags::PROPOSAL, "proposal"),
    (Flags::AGREEMENT, "agreement"),
    (Flags::LEARNING, "learning"),
    (Flags::FORWARDING, "forwarding"),
    (Flags::TOPOLOGY_CHANGE, "topology-change"),
    (Flags::CHANGE_ACK, "change-acknowledged"),
];

#[cfg(test)]
mod tests {
    use base::LinkType;
    use proptest::prelude::*;

    use super::*;
    use crate::dissect::{dissect, summary};

    fn body() -> Body {
        Body {
            flags: Flags::of_role(Role::Designated) | Flags::PROPOSAL,
            root: BridgeId { priority: 4096, mac: Mac::local(1) },
            cost: 20_000,
            bridge: BridgeId { priority: 32768, mac: Mac::local(2) },
            port: 0x8001,
            message_age: Duration::from_secs(1),
            max_age: Duration::from_secs(20),
            hello: Duration::from_secs(2),
            forward_delay: Duration::from_secs(15),
        }
    }

    #[test]
    fn a_frame_is_as_in_the_standard() {
        let frame = Bpdu::Rapid(body()).frame(PacketId::NONE, Mac::local(9));
        let bytes = frame.contiguous();
        assert_eq!(bytes.len(), 60);
        assert_eq!(bytes[..21], *b"\x01\x80\xc2\0\0\0\x02\0\0\0\0\x09\0\x27\x42\x42\x03\0\0\x02\x02");
        assert_eq!(bytes[21..30], *b"\x0e\x10\0\x02\0\0\0\0\x01");
        assert_eq!(bytes[42..53], *b"\x80\x01\x01\0\x14\0\x02\0\x0f\0\0");
        assert_eq!(Bpdu::of_frame(&bytes), Ok(Bpdu::Rapid(body())));
    }

    #[test]
    fn a_frame_is_taken_apart() {
        let bytes = Bpdu::Rapid(body()).frame(PacketId::NONE, Mac::local(9)).contiguous();
        let layers = dissect(LinkType::Ethernet, &bytes);
        assert_eq!(layers.iter().map(|layer| layer.name).collect::<Vec<_>>(), ["Ethernet", "LLC", "STP"]);
        assert_eq!((layers[2].get("Hello time"), layers[0].get("Padding")), (Some("2 s"), Some("7 bytes")));
        let text = "RSTP designated proposal root=4096/02:00:00:00:00:01 cost=20000 bridge=32768/02:00:00:00:00:02 port=0x8001";
        assert_eq!(summary(LinkType::Ethernet, &bytes), text);
        let bytes = Bpdu::Notification.frame(PacketId::NONE, Mac::local(9)).contiguous();
        assert_eq!(summary(LinkType::Ethernet, &bytes), "STP topology change notification");
    }

    #[test]
    fn a_short_or_strange_one_is_refused() {
        assert_eq!(Bpdu::parse(&[0, 0, 2]).unwrap_err().problem, Problem::TooShort);
        assert_eq!(Bpdu::parse(&[0; 34]).unwrap_err().problem, Problem::TooShort);
        assert_eq!(Bpdu::parse(&[0, 0, 1, 2, 0]).unwrap_err().field, "version");
        assert_eq!(Bpdu::parse(&[0, 0, 2, 7, 0]).unwrap_err().field, "type");
        assert_eq!(Bpdu::parse(&[0, 1, 2, 2, 0]).unwrap_err().field, "protocol");
        assert!(Bpdu::parse(&[0; 35]).is_ok());
    }

    prop_compose! {
        fn any_body()(
            (flags, cost, port) in any::<(u8, u32, u16)>(),
            priorities in any::<[u16; 2]>(),
            macs in any::<[[u8; 6]; 2]>(),
            times in any::<[u16; 4]>(),
        ) -> Body {
            let [message_age, max_age, hello, forward_delay] =
                times.map(|ticks| Duration::from_nanos(u64::from(ticks) * TICK_NANOS));
            let [root, bridge] = [0, 1].map(|end| BridgeId { priority: priorities[end], mac: Mac(macs[end]) });
            Body { flags: Flags(flags), root, cost, bridge, port, message_age, max_age, hello, forward_delay }
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(body in any_body(), rapid: bool) {
            let bpdu = if rapid { Bpdu::Rapid(body) } else { Bpdu::Configuration(body) };
            let frame = bpdu.frame(PacketId::NONE, Mac::local(1));
            prop_assert_eq!(Bpdu::of_frame(frame.head()), Ok(bpdu));
        }

        #[test]
        fn no_bytes_make_it_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = (Bpdu::parse(&bytes), Bpdu::of_frame(&bytes));
            if let Some(head) = bytes.first_chunk_mut::<2>() {
                *head = [0; 2];
            }
            let _ = Bpdu::parse(&bytes);
            let frame = [&GROUP.0[..], &[2, 0, 0, 0, 0, 1, 0, bytes.len() as u8, 0x42, 0x42, 3], &bytes].concat();
            dissect(LinkType::Ethernet, &frame);
        }
    }
}
