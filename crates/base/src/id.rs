//! Small numbers that name things in a run. Their texts are in the recording, given once by `Sink::nic`.

/// A node of a world: a host, a router, a switch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct NodeId(pub u32);

/// A port of a node, counted from 0: where a cable ends. A host's ports are its interfaces.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Port(pub u16);

/// A network interface: one port of one node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Nic {
    /// Whose it is.
    pub node: NodeId,
    /// Which of its ports.
    pub port: Port,
}

/// Follows one packet over every hop: the node that built it and that node's counter. 0 means "none".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct PacketId(pub u64);

impl PacketId {
    /// No packet.
    pub const NONE: PacketId = PacketId(0);

    /// The `counter`-th packet of `node`; counters start at 1.
    pub const fn new(node: NodeId, counter: u64) -> Self {
        PacketId(((node.0 as u64 + 1) << 40) | (counter & ((1 << 40) - 1)))
    }

    /// The `counter`-th frame that the network card itself built (an acknowledgement, say); counters start at 1. Never equal
    /// to a packet of the node's.
    pub const fn of_card(nic: Nic, counter: u64) -> Self {
        let own = 1 << 39 | (nic.port.0 as u64 & 0x7ff) << 28 | (counter & ((1 << 28) - 1));
        PacketId(((nic.node.0 as u64 + 1) << 40) | own)
    }
}
