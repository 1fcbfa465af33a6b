//! Facts of the link layer: neighbours, and frames that a medium or a network card lost.

use std::net::IpAddr;

use crate::{Mac, Port};

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
    }
}
