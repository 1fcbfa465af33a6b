//! Facts of the link layer: neighbours, reliable links, shared media, bridges, and frames that a medium or a network card
//! lost.

use std::net::IpAddr;

use crate::{Duration, Mac, Port};

/// What happened at the link layer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LinkFact {
    /// A neighbour's hardware address became known.
    NeighborFound {
        /// On which interface.
        port: Port,
        /// Whose.
        ip: IpAddr,
        /// The answer.
        mac: Mac,
    },
    /// The queue in front of a medium became longer or shorter.
    Queue {
        /// Of which interface.
        port: Port,
        /// Frames that wait now.
        frames: u32,
    },
    /// Nobody answered for this address.
    NeighborSilent {
        /// On which interface.
        port: Port,
        /// Who was asked for.
        ip: IpAddr,
    },
    /// Something happened at one end of a reliable link.
    Arq {
        /// At which interface.
        port: Port,
        /// What.
        fact: ArqFact,
    },
    /// A station's access to a shared medium.
    Access {
        /// At which interface.
        port: Port,
        /// What.
        fact: AccessFact,
    },
    /// A bridge's port changed its part in the spanning tree.
    Bridge {
        /// Which port.
        port: Port,
        /// What.
        fact: BridgeFact,
    },
}

/// What happens at one end of a reliable link (HDLC balanced mode: AX.25, LLC2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ArqFact {
    /// The link was set up, reset, recovers from a timeout, or is gone.
    State {
        /// Before: "disconnected", "connecting", "connected", "recovering", "disconnecting".
        from: &'static str,
        /// After.
        to: &'static str,
    },
    /// The windows moved. All numbers are modulo the sequence space.
    Window {
        /// V(A): the oldest frame that is not acknowledged.
        oldest: u8,
        /// V(S): the number of the next new frame.
        next: u8,
        /// V(R): the number of the frame that is expected.
        expected: u8,
        /// Frames beyond the expected one that are held (selective repeat).
        held: u8,
    },
    /// An information frame is sent again.
    Resend {
        /// N(S).
        number: u8,
        /// One phrase: "timeout", "REJ", "SREJ".
        why: &'static str,
    },
    /// A timer was started, stopped, or ran out.
    Timer {
        /// "T1" (acknowledgement), "T2" (delayed answer), "T3" (idle).
        name: &'static str,
        /// "started", "stopped", "expired".
        what: &'static str,
    },
    /// The information of a frame went up.
    Deliver {
        /// N(S).
        number: u8,
        /// Its length, bytes.
        len: usize,
    },
}

/// What happens while a station tries to use a shared medium.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AccessFact {
    /// Its transmission collided with another one.
    Collision {
        /// How many times this frame has collided, this time included.
        attempt: u32,
        /// Bits sent until it was noticed, preamble included.
        bits: u64,
        /// Later than the slot time allows: the cable is too long.
        late: bool,
    },
    /// It waits a random time before it tries again.
    Backoff {
        /// How many slots it waits.
        slots: u32,
        /// Drawn from 0 to this number less one.
        of: u32,
    },
    /// Nobody acknowledged its frame in time (802.11).
    Unanswered {
        /// How many times this frame was sent, this time included.
        attempt: u32,
    },
    /// It found the medium reserved by others' frames (802.11 NAV).
    Reserved {
        /// For so long.
        span: Duration,
    },
}

/// What happens to a bridge's port in the spanning tree (IEEE 802.1D-2004 clause 17).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BridgeFact {
    /// Its role and state.
    Role {
        /// "root", "designated", "alternate", "backup", "disabled".
        role: &'static str,
        /// "discarding", "learning", "forwarding".
        state: &'static str,
    },
    /// The topology changed: what was learned at this port is forgotten.
    Flush,
    /// Copies of frames that it has forwarded before come back faster than it can send: a loop.
    Storm,
}

super::reasons! {
    /// Why a frame was dropped at the link layer.
    LinkDrop {
        Lost = "lost on the line",
        Damaged = "frame check sequence wrong",
        QueueFull = "queue full",
        NotForUs = "frame for another station",
        TooBig = "frame larger than the MTU",
        Malformed = "malformed link header",
        UnknownProtocol = "unknown protocol in the link header",
        NeighborSilent = "no answer to ARP",
        NeighborQueueFull = "too many packets wait for ARP",
        NoCarrier = "no carrier",
        BadArp = "malformed ARP packet",
        OutOfSequence = "out of sequence",
        DuplicateFrame = "received before",
        NotConnected = "the link is not connected",
        Collision = "collided on the medium",
        LateCollision = "late collision: the cable is longer than its slot time allows",
        ExcessiveCollisions = "16 collisions in a row",
        RetryLimit = "sent as often as allowed, never acknowledged",
        Blocked = "the spanning tree blocks this port",
        WrongVlan = "the port is no member of the frame's VLAN",
    }
}
