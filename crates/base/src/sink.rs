//! The observer's side of the glass: the one trait through which everything is seen.

use crate::event::Event;
use crate::{Instant, Mac, Nic, PacketId};

/// What an observer may want, so that nobody computes what nobody reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Frames at interfaces.
    Frame,
    /// Verdicts: why a packet was dropped.
    Drop,
    /// Facts of the link and internet layers (carrier, ARP, fragments, routes).
    Network,
    /// Facts of the transport layer (state changes, retransmissions, windows).
    Transport,
    /// Quantities that change all the time: congestion windows, round trips, queues.
    Metrics,
    /// What programs record about themselves.
    App,
    /// TLS keys.
    Secret,
}

/// Seen from the interface at which a frame is recorded.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Direction {
    /// Received by the node.
    In,
    /// Sent by the node.
    Out,
}

/// What the first byte of a recorded frame is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LinkType {
    /// Ethernet II or 802.3, without preamble and FCS.
    Ethernet,
    /// A bare IPv4 or IPv6 packet.
    Ip,
    /// AX.25 as a KISS terminal node controller gives it: a command byte of 0, then the frame without flags and FCS.
    Ax25,
    /// An IEEE 802.2 LLC PDU with nothing around it, as on a point-to-point line.
    Llc,
    /// IEEE 802.11 behind a radiotap header, FCS included.
    Radiotap,
}

/// What happened to the bits of a frame on a medium. Who receives such a frame throws it away.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Flaw {
    /// Bits were damaged: the frame check sequence is wrong.
    Damaged,
    /// It overlapped with another transmission.
    Collision,
    /// It is shorter than the shortest frame: what a collision leaves.
    Runt,
}

impl Flaw {
    /// One plain phrase, without a full stop.
    pub const fn text(self) -> &'static str {
        match self {
            Flaw::Damaged => "damaged on the line: the frame check sequence is wrong",
            Flaw::Collision => "collided with another transmission",
            Flaw::Runt => "a runt: the rest of a collision",
        }
    }
}

/// Names of an interface, given before its first frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NicInfo {
    /// The node's name: `laptop`.
    pub node: String,
    /// The interface's name on that node: `eth0`.
    pub name: String,
    /// How its frames are written.
    pub link_type: LinkType,
    /// Its hardware address, where it has one.
    pub mac: Option<Mac>,
}

/// A frame passing an interface.
#[derive(Clone, Copy, Debug)]
pub struct FrameSeen<'a> {
    /// When: for `Out` the start of its transmission, for `In` the end of its reception.
    pub at: Instant,
    /// Where.
    pub nic: Nic,
    /// Which way.
    pub direction: Direction,
    /// Which packet.
    pub packet: PacketId,
    /// The frame's bytes, in two parts: headers, and what follows them.
    pub bytes: [&'a [u8]; 2],
    /// What its bits suffered on the medium, if anything.
    pub flaw: Option<Flaw>,
}

/// Takes what is seen. Implementations only store: a sink never influences a run.
pub trait Sink: Send {
    /// Whether things of this kind are worth producing. Asked often: must be cheap.
    fn wants(&self, kind: Kind) -> bool;
    /// Introduces an interface before anything is seen there.
    fn nic(&mut self, nic: Nic, info: NicInfo);
    /// A frame passes an interface.
    fn frame(&mut self, frame: FrameSeen<'_>);
    /// A fact or a verdict.
    fn event(&mut self, event: Event);
    /// One line of an NSS key log, given before the records that it opens.
    fn secret(&mut self, at: Instant, key_log_line: &str);
}

/// Sees nothing, costs nothing.
#[derive(Clone, Copy, Default, Debug)]
pub struct Blind;

impl Sink for Blind {
    fn wants(&self, _: Kind) -> bool {
        false
    }
    fn nic(&mut self, _: Nic, _: NicInfo) {}
    fn frame(&mut self, _: FrameSeen<'_>) {}
    fn event(&mut self, _: Event) {}
    fn secret(&mut self, _: Instant, _: &str) {}
}
