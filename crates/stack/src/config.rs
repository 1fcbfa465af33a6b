//! Every limit and every choice of a host, in one place.

use base::{Cidr, Duration, LinkType, Mac, Port};
use std::net::IpAddr;

/// What a host is told when it is made. `Config::default()` is what everyone uses.
#[derive(Clone, PartialEq, Debug)]
pub struct Config {
    /// Whether packets for others are passed on: a router.
    pub forwarding: bool,
    /// TTL of packets built here.
    pub ttl: u8,
    /// Capacity of a connection's send buffer, bytes.
    pub send_buffer: usize,
    /// Capacity of a connection's receive buffer, bytes: the largest window offered.
    pub receive_buffer: usize,
    /// Sockets and connections, each kind for itself, at most.
    pub max_sockets: usize,
    /// Datagrams waiting in a UDP or raw socket, at most.
    pub datagram_queue: usize,
    /// Offer and use timestamps (RFC 7323). Window scaling is always offered.
    pub timestamps: bool,
    /// Offer and use selective acknowledgements (RFC 2018).
    pub sack: bool,
    /// Hold small segments back while data is unacknowledged (RFC 896).
    pub nagle: bool,
    /// How long an acknowledgement may wait for company (at most 500 ms by RFC 9293).
    pub delayed_ack: Duration,
    /// Congestion control of new connections.
    pub congestion: CongestionControl,
    /// The initial congestion window, segments (RFC 6928).
    pub initial_window: u32,
    /// The least that a retransmission timeout adds to the smoothed round trip. RFC 6298 says 1 s for the sum; deployed
    /// stacks add 200 ms.
    pub min_rto: Duration,
    /// How often data is sent again before the connection is given up.
    pub max_retries: u32,
    /// How often a SYN is sent again. 7 times give up after 255 s: RFC 9293 section 3.8.3 wants at least three minutes.
    pub max_syn_retries: u32,
    /// How often the answer to a SYN is sent again: fewer times, as a listener's places are dear (RFC 4987 section 3.3).
    pub max_syn_ack_retries: u32,
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
            send_buffer: 1 << 20,
            receive_buffer: 1 << 20,
            max_sockets: 1 << 20,
            datagram_queue: 64,
            timestamps: true,
            sack: true,
            nagle: true,
            delayed_ack: Duration::from_millis(40),
            congestion: CongestionControl::Cubic,
            initial_window: 10,
            min_rto: Duration::from_millis(200),
            max_retries: 15,
            max_syn_retries: 7,
            max_syn_ack_retries: 6,
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
}

impl InterfaceConfig {
    /// Ethernet with the usual MTU of 1500.
    pub fn ethernet(name: &str, mac: Mac) -> Self {
        InterfaceConfig { name: name.into(), link_type: LinkType::Ethernet, mac, mtu: 1500, queue_frames: 1000 }
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

/// Which algorithm decides how much may be in flight.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CongestionControl {
    /// RFC 5681.
    NewReno,
    /// RFC 9438.
    Cubic,
}
