//! Every limit and every choice of a host, in one place.

use std::net::IpAddr;

use base::{Cidr, Duration, LinkType, Mac, Port};

use crate::socket::Keepalive;

/// What a host is told when it is made. `Config::default()` is what everyone uses.
#[derive(Clone, PartialEq, Debug)]
pub struct Config {
    /// Whether packets for others are passed on: a router.
    pub forwarding: bool,
    /// TTL of packets built here.
    pub ttl: u8,
    /// A connection's send buffer.
    pub send_buffer: Buffer,
    /// A connection's receive buffer: what limits the window that is offered.
    pub receive_buffer: Buffer,
    /// What the buffers of all connections may have grown to, together, bytes. Beyond it none grows any more.
    pub buffer_budget: usize,
    /// Sockets and connections, each kind for itself, at most.
    pub max_sockets: usize,
    /// Datagrams waiting in a UDP or raw socket, at most.
    pub datagram_queue: usize,
    /// Offer and use timestamps (RFC 7323).
    pub timestamps: bool,
    /// Drop segments without a timestamp once timestamps are in use, as RFC 7323 section 3.2 asks.
    pub require_timestamps: bool,
    /// Offer and use window scaling (RFC 7323).
    pub window_scaling: bool,
    /// Offer and use selective acknowledgements (RFC 2018).
    pub sack: bool,
    /// Tell the peer of text that arrived twice (RFC 2883).
    pub dsack: bool,
    /// Congestion marks instead of drops (RFC 3168).
    pub ecn: Ecn,
    /// Detect losses by time, and probe a lost tail (RFC 8985); else by counting alone (RFC 6675).
    pub rack: bool,
    /// Probe the tail of a flight (RFC 8985, section 7), with `rack`.
    pub tail_probe: bool,
    /// Notice timeouts that were needless (RFC 5682).
    pub frto: bool,
    /// Hold small segments back while data is unacknowledged (RFC 896).
    pub nagle: bool,
    /// How long an acknowledgement may wait for company (at most 500 ms by RFC 9293).
    pub delayed_ack: Duration,
    /// Congestion control of new connections.
    pub congestion: CongestionControl,
    /// The initial congestion window, segments (RFC 6928).
    pub initial_window: u32,
    /// Start slowly again after a pause of a retransmission timeout (RFC 5681, section 4.1).
    pub restart_after_idle: bool,
    /// The retransmission timeout before a round trip was measured (RFC 6298 says 1 s).
    pub initial_rto: Duration,
    /// The least that a retransmission timeout adds to the smoothed round trip. RFC 6298 says 1 s for the sum; deployed
    /// stacks add 200 ms.
    pub min_rto: Duration,
    /// How often data is sent again before the connection is given up.
    pub max_retries: u32,
    /// How often a SYN is sent again. 7 times give up after 255 s: RFC 9293 section 3.8.3 wants at least three minutes.
    pub max_syn_retries: u32,
    /// How often the answer to a SYN is sent again: fewer times, as a listener's places are dear (RFC 4987 section 3.3).
    pub max_syn_ack_retries: u32,
    /// Answer SYNs without remembering them when a listener's queue is full (RFC 4987, section 3.6).
    pub syn_cookies: bool,
    /// Probe idle peers; a program may choose otherwise for its connection.
    pub keepalive: Option<Keepalive>,
    /// Give a connection up when data stays unacknowledged for so long (RFC 5482).
    pub user_timeout: Option<Duration>,
    /// Look for a smaller path MTU when large segments vanish without a word (RFC 4821).
    pub mtu_probing: bool,
    /// Half of the time a closed connection is remembered (RFC 9293 says 2 minutes; deployed stacks use 30 s).
    pub msl: Duration,
    /// ICMP errors sent, at most, per second.
    pub icmp_errors_per_second: u32,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            forwarding: false,
            ttl: 64,
            send_buffer: Buffer { start: 16 << 10, most: 32 << 20 },
            receive_buffer: Buffer { start: 128 << 10, most: 32 << 20 },
            buffer_budget: 1 << 30,
            max_sockets: 1 << 20,
            datagram_queue: 64,
            timestamps: true,
            require_timestamps: true,
            window_scaling: true,
            sack: true,
            dsack: true,
            ecn: Ecn::Answer,
            rack: true,
            tail_probe: true,
            frto: true,
            nagle: true,
            delayed_ack: Duration::from_millis(40),
            congestion: CongestionControl::Cubic,
            initial_window: 10,
            restart_after_idle: true,
            initial_rto: Duration::from_secs(1),
            min_rto: Duration::from_millis(200),
            max_retries: 15,
            max_syn_retries: 7,
            max_syn_ack_retries: 6,
            syn_cookies: true,
            keepalive: None,
            user_timeout: None,
            mtu_probing: true,
            msl: Duration::from_secs(30),
            icmp_errors_per_second: 100,
        }
    }
}

/// An interface of a host.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InterfaceConfig {
    /// Its name on the host: `eth0`.
    pub name: String,
    /// Ethernet, or bare IP packets (point to point: no ARP).
    pub link_type: LinkType,
    /// Its hardware address; unused on bare IP.
    pub mac: Mac,
    /// The largest IP packet it sends, bytes.
    pub mtu: usize,
    /// Frames that may wait in front of the medium, at most (drop-tail).
    pub queue_frames: usize,
    /// Mark packets that bear it, instead of dropping them later, while more than so many frames wait (RFC 3168).
    pub mark_above: Option<usize>,
    /// Lower the MSS that others' SYNs offer on their way through here, in or out, to what fits (a router in front of a
    /// tunnel does so).
    pub clamp_mss: bool,
}

impl InterfaceConfig {
    /// Ethernet with the usual MTU of 1500.
    pub fn ethernet(name: &str, mac: Mac) -> Self {
        InterfaceConfig {
            name: name.into(),
            link_type: LinkType::Ethernet,
            mac,
            mtu: 1500,
            queue_frames: 1000,
            mark_above: None,
            clamp_mss: false,
        }
    }

    /// A point-to-point line that carries bare IP packets, with an MTU of 1500.
    pub fn point_to_point(name: &str) -> Self {
        InterfaceConfig { link_type: LinkType::Ip, ..Self::ethernet(name, Mac::default()) }
    }
}

/// Where packets to a network go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Route {
    /// For these destinations.
    pub to: Cidr,
    /// By this router; none: the destination is on the link itself.
    pub via: Option<IpAddr>,
    /// Out of this interface.
    pub port: Port,
}

/// How large a buffer is, bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Buffer {
    /// At first.
    pub start: usize,
    /// At most: it grows up to here when the path is long and fast enough to need it.
    pub most: usize,
}

impl Buffer {
    /// Always the same.
    pub const fn fixed(bytes: usize) -> Self {
        Buffer { start: bytes, most: bytes }
    }

    /// The smallest window scale with which all of it can be offered (RFC 7323).
    pub(crate) const fn scale(&self) -> u8 {
        let bits = (usize::BITS - (self.most >> 16).leading_zeros()) as u8;
        if bits < wire::tcp::MAX_WINDOW_SCALE { bits } else { wire::tcp::MAX_WINDOW_SCALE }
    }
}

/// Explicit congestion notification (RFC 3168).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Ecn {
    /// Never used.
    Off,
    /// Used when the peer asks for it.
    Answer,
    /// Asked for, and used when the peer agrees.
    Offer,
}

/// Which algorithm decides how much may be in flight.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CongestionControl {
    /// Slow start and fast retransmit, without fast recovery: what came first.
    Tahoe,
    /// RFC 5681 as written: recovery ends with the first new acknowledgement.
    Reno,
    /// RFC 6582: recovery lasts until everything sent before it is acknowledged.
    NewReno,
    /// RFC 9438, with HyStart++ (RFC 9406).
    Cubic,
    /// A model of the path's bandwidth and round trip (draft-ietf-ccwg-bbr), paced.
    Bbr,
}

impl CongestionControl {
    /// All of them, oldest first.
    pub const ALL: [CongestionControl; 5] = [
        CongestionControl::Tahoe,
        CongestionControl::Reno,
        CongestionControl::NewReno,
        CongestionControl::Cubic,
        CongestionControl::Bbr,
    ];

    /// Its name, as people type it.
    pub const fn name(self) -> &'static str {
        match self {
            CongestionControl::Tahoe => "tahoe",
            CongestionControl::Reno => "reno",
            CongestionControl::NewReno => "newreno",
            CongestionControl::Cubic => "cubic",
            CongestionControl::Bbr => "bbr",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|control| control.name() == name)
    }
}
