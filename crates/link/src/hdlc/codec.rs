//! A station's frames as bytes, in three framings: the state machine is the same behind all of them.
//!
//! ```text
//!   AX.25           | destination | source | control | PID |  information               numbers of 3 bits
//!   LLC                    | DSAP | SSAP |  control  |        information               numbers of 7 bits
//!   LLC in 802.3    | destination | source | length | DSAP | SSAP | control | information | padding to 60
//! ```

use base::event::LinkDrop;
use base::{LinkType, Mac};
use wire::ax25::{self, Pid};
use wire::ethernet::{self, EtherType};
use wire::hdlc::{Control, Unnumbered};
use wire::llc::{self, sap};
use wire::{PacketBuf, Problem};

/// How the frames of a line are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Framing {
    /// AX.25 v2.2: numbers of up to three bits.
    Ax25 {
        /// This station.
        local: ax25::Address,
        /// The station at the other end.
        remote: ax25::Address,
    },
    /// IEEE 802.2 type 2 alone on a line: numbers of up to seven bits.
    Llc,
    /// The same in IEEE 802.3 frames.
    Llc8023 {
        /// This station.
        local: Mac,
        /// The station at the other end.
        remote: Mac,
    },
}

/// What a frame says, its header taken off.
pub(super) struct Received {
    pub(super) control: Control,
    /// A command, or else a response.
    pub(super) command: bool,
    /// What an information frame carries, as an EtherType.
    pub(super) protocol: u16,
    /// The control field as it came.
    pub(super) raw: [u8; 2],
}

/// Why a frame is not read.
pub(super) enum Refused {
    /// It is thrown away.
    Drop(LinkDrop),
    /// Its control field means nothing (frame reject, condition W): the field.
    Control([u8; 2]),
}

impl Framing {
    /// Its name in a sentence.
    pub const fn name(&self) -> &'static str {
        match self {
            Framing::Ax25 { .. } => "AX.25",
            Framing::Llc => "LLC",
            Framing::Llc8023 { .. } => "LLC in 802.3",
        }
    }

    /// How a recording names it. An AX.25 frame is recorded with a KISS command byte of 0 in front.
    pub const fn link_type(&self) -> LinkType {
        match self {
            Framing::Ax25 { .. } => LinkType::Ax25,
            Framing::Llc => LinkType::Llc,
            Framing::Llc8023 { .. } => LinkType::Ethernet,
        }
    }

    /// Bits of a frame number, at most.
    pub const fn number_bits(&self) -> u8 {
        match self {
            Framing::Ax25 { .. } => 3,
            Framing::Llc | Framing::Llc8023 { .. } => 7,
        }
    }

    /// The longest information field that fits what usually goes over it, bytes: an Ethernet's packet; in 802.3 four
    /// bytes less, which LLC takes.
    pub const fn max_info(&self) -> usize {
        match self {
            Framing::Ax25 { .. } | Framing::Llc => ETHERNET_MTU,
            Framing::Llc8023 { .. } => ETHERNET_MTU - LLC_LEN,
        }
    }

    /// The command that sets up a link with this framing's numbers.
    pub(super) const fn set_mode(&self) -> Unnumbered {
        match self {
            Framing::Ax25 { .. } => Unnumbered::Sabm,
            Framing::Llc | Framing::Llc8023 { .. } => Unnumbered::Sabme,
        }
    }

    /// Writes a frame's header in front of its information. `protocol` is what an information frame carries.
    pub(super) fn push(&self, frame: &mut PacketBuf, control: Control, command: bool, protocol: u16) {
        match *self {
            Framing::Ax25 { local, remote } => {
                let pid = match EtherType(protocol) {
                    EtherType::IPV4 => Pid::IPV4,
                    EtherType::ARP => Pid::ARP,
                    _ => Pid::NO_LAYER_3,
                };
                ax25::Header { dst: remote, src: local, command, control, pid: Some(pid) }.push(frame);
            }
            Framing::Llc => push_llc(frame, control, command, protocol),
            Framing::Llc8023 { local, remote } => {
                push_llc(frame, control, command, protocol);
                // With a length where Ethernet II has its type.
                let length = EtherType(u16::try_from(frame.len()).unwrap_or(u16::MAX));
                ethernet::Header { dst: remote, src: local, ethertype: length }.push(frame);
                frame.pad_to(ethernet::MIN_FRAME);
            }
        }
    }

    /// Takes the header and what pads a frame off, if the frame is for this station.
    pub(super) fn pull(&self, frame: &mut PacketBuf) -> Result<Received, Refused> {
        if frame.head().len() < LONGEST_HEADER {
            frame.flatten();
        }
        match *self {
            Framing::Ax25 { local, remote } => {
                let raw = control_at(frame, AX25_CONTROL);
                let (header, len) = ax25::Header::parse(frame.head()).map_err(|error| refused(error, raw))?;
                if header.dst != local || header.src != remote {
                    return Err(Refused::Drop(LinkDrop::NotForUs));
                }
                frame.pull(len);
                let protocol = header.pid.and_then(ax25::ethertype).unwrap_or(BYTES);
                Ok(Received { control: header.control, command: header.command, protocol: protocol.0, raw })
            }
            Framing::Llc => pull_llc(frame),
            Framing::Llc8023 { local, remote } => {
                let header = ethernet::Header::parse(frame.head()).map_err(|error| refused(error, [0; 2]))?;
                if header.dst != local || header.src != remote {
                    return Err(Refused::Drop(LinkDrop::NotForUs));
                }
                let length = usize::from(header.ethertype.0);
                if !header.ethertype.is_length() || length > frame.len() - ethernet::LEN {
                    return Err(Refused::Drop(LinkDrop::Malformed));
                }
                frame.pull(ethernet::LEN);
                frame.truncate(length);
                pull_llc(frame)
            }
        }
    }

    /// The information of a frame reject: the control field that was refused, V(S), V(R), and the reason (AX.25 v2.0
    /// section 2.3.4.3.3; IEEE 802.2 section 5.4.2.3.5).
    pub(super) fn reject_info(&self, raw: [u8; 2], next: u8, expected: u8, reason: Reason) -> Vec<u8> {
        let bits = match reason {
            Reason::Control => 0x01,
            Reason::Number => 0x08,
        };
        match self {
            Framing::Ax25 { .. } => vec![raw[0], expected << 5 | (next & 7) << 1, bits],
            Framing::Llc | Framing::Llc8023 { .. } => vec![raw[0], raw[1], next << 1, expected << 1, bits],
        }
    }
}

/// Why a frame is rejected for good.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reason {
    /// W: a control field that means nothing.
    Control,
    /// Z: an N(R) that acknowledges what was never sent, or an N(S) that is no number of this link.
    Number,
}

/// A link has one pair of access points in IEEE 802.2; here the pair says what an information frame carries, and all of
/// them belong to one link.
fn push_llc(frame: &mut PacketBuf, control: Control, command: bool, protocol: u16) {
    let bytes = matches!(control, Control::I { .. }) && protocol != EtherType::IPV4.0;
    let point = if bytes { sap::BYTES } else { sap::IP };
    llc::Header { dsap: point, ssap: point, response: !command, control }.push(frame);
}

fn pull_llc(frame: &mut PacketBuf) -> Result<Received, Refused> {
    let raw = control_at(frame, LLC_CONTROL);
    let (header, len) = llc::Header::parse(frame.head()).map_err(|error| refused(error, raw))?;
    let protocol = match header.dsap {
        sap::IP => EtherType::IPV4,
        sap::BYTES => BYTES,
        _ => return Err(Refused::Drop(LinkDrop::NotForUs)),
    };
    frame.pull(len);
    Ok(Received { control: header.control, command: !header.response, protocol: protocol.0, raw })
}

/// The bytes of a control field; a single one is followed by whatever follows.
fn control_at(frame: &PacketBuf, at: usize) -> [u8; 2] {
    frame.head().get(at..).map_or([0; 2], |rest| [0, 1].map(|place| rest.get(place).copied().unwrap_or(0)))
}

fn refused(error: wire::Error, raw: [u8; 2]) -> Refused {
    match (error.field, error.problem) {
        ("control", Problem::BadValue) => Refused::Control(raw),
        _ => Refused::Drop(LinkDrop::Malformed),
    }
}

/// Stands for what no layer above knows: the first of IEEE's two types for experiments.
const BYTES: EtherType = EtherType(0x88b5);
const ETHERNET_MTU: usize = 1500;
/// Behind two addresses.
const AX25_CONTROL: usize = 14;
/// Behind two access points.
const LLC_CONTROL: usize = 2;
/// Two access points and a control field.
const LLC_LEN: usize = 4;
/// Of all framings: 802.3 and LLC.
const LONGEST_HEADER: usize = ethernet::LEN + LLC_LEN;
