//! What a switch is told when it is made.

use base::{Duration, Mac};

/// The settings of a switch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SwitchConfig {
    /// How many ports it has.
    pub ports: u16,
    /// Addresses that it remembers, at most; more are not learned, their frames are flooded.
    pub addresses: usize,
    /// How long an address is remembered after its last frame (802.1D recommends 300 s).
    pub ageing: Duration,
    /// Frames that may wait at each port, at most (drop-tail).
    pub queue_frames: usize,
    /// The virtual LANs of each port. Empty: there are none, and tags are bytes like others. Ports beyond its end are
    /// access ports of VLAN 1.
    pub vlans: Vec<PortVlan>,
    /// The rapid spanning tree. None: the switch takes part in none, and a loop is a storm.
    pub spanning_tree: Option<Rstp>,
}

impl SwitchConfig {
    /// The usual limits, for a switch with `ports` ports.
    pub fn new(ports: u16) -> Self {
        SwitchConfig {
            ports,
            addresses: 8192,
            ageing: Duration::from_secs(300),
            queue_frames: 1000,
            vlans: Vec::new(),
            spanning_tree: None,
        }
    }
}

/// To which virtual LANs a port belongs (IEEE 802.1Q).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PortVlan {
    /// To this one; its stations know nothing of it.
    Access(u16),
    /// To many: frames carry tags.
    Trunk {
        /// Which.
        allowed: Vec<u16>,
        /// One more, whose frames carry no tag. None: frames without a tag are dropped.
        native: Option<u16>,
    },
}

/// The settings of a bridge in the rapid spanning tree (IEEE 802.1D-2004 clause 17).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rstp {
    /// The bridge with the smallest priority becomes the root; the address decides between equal ones.
    pub priority: u16,
    /// The bridge's address, from which its BPDUs come. No two bridges may have the same.
    pub address: Mac,
    /// How often it speaks when it is the root: 100 ms to 10 s.
    pub hello: Duration,
    /// Information that came through more bridges than this has seconds is not believed.
    pub max_age: Duration,
    /// How long a port listens, and then learns, when nobody agrees faster.
    pub forward_delay: Duration,
    /// What is said of each port; ports beyond its end are as [`RstpPort::default`].
    pub ports: Vec<RstpPort>,
}

impl Rstp {
    /// The values that the standard recommends, for a bridge with this address.
    pub fn new(address: Mac) -> Self {
        Rstp {
            priority: 32768,
            address,
            hello: Duration::from_secs(2),
            max_age: Duration::from_secs(20),
            forward_delay: Duration::from_secs(15),
            ports: Vec::new(),
        }
    }
}

/// The settings of one port in the spanning tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RstpPort {
    /// What the way through it costs.
    pub cost: u32,
    /// Decides between ways of equal cost, before the port's number; the smaller one is better. Its high four bits count.
    pub priority: u8,
    /// No bridge is behind it: it forwards as soon as it is up. A port that hears no BPDU for 3 s becomes one by itself.
    pub edge: bool,
}

impl RstpPort {
    /// The recommended cost of a cable (802.1D table 17-3): 20 Tbit/s divided by its rate, 20,000 for 1 Gbit/s.
    pub fn cost_of(rate_bps: u64) -> u32 {
        (COST_RATE_BPS / rate_bps.max(1)).clamp(1, u64::from(MAX_COST)) as u32
    }
}

impl Default for RstpPort {
    fn default() -> Self {
        RstpPort { cost: 20_000, priority: 0x80, edge: false }
    }
}

/// A cable of this rate costs 1.
const COST_RATE_BPS: u64 = 20_000_000_000_000;
/// The largest cost of a port.
const MAX_COST: u32 = 200_000_000;
