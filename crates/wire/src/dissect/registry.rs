//! Which dissector takes which bytes: one line a protocol.

use std::ops::Range;

use base::LinkType;

use super::Dissection;
use crate::ethernet::EtherType;
use crate::ip::Protocol;
use crate::llc::sap;
use crate::{arp, ax25, dhcp, dot11, ethernet, icmpv4, ip, ipv4, ipv6, llc, radiotap, stp, tcp, udp, vlan};

/// Takes one layer off a frame and passes the rest on.
pub type Dissector = fn(&mut Dissection<'_>, Range<usize>);

/// How the layer below names the one above.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Key {
    /// The first layer of a frame.
    Link(LinkType),
    /// LLC, in an 802.3 or 802.11 frame.
    Llc,
    /// 802.11 behind a radiotap header.
    Dot11,
    /// By LLC's service access point.
    Sap(u8),
    /// By Ethernet's type field.
    EtherType(EtherType),
    /// By IP's protocol number.
    Protocol(Protocol),
    /// By a TCP port.
    TcpPort(u16),
    /// By a UDP port.
    UdpPort(u16),
}

/// The protocols of this crate.
const STANDARD: [(Key, Dissector); 18] = [
    (Key::Link(LinkType::Ethernet), ethernet::dissect),
    (Key::Link(LinkType::Ip), ip::dissect),
    (Key::Link(LinkType::Ax25), ax25::dissect),
    (Key::Link(LinkType::Llc), llc::dissect),
    (Key::Link(LinkType::Radiotap), radiotap::dissect),
    (Key::Dot11, dot11::dissect),
    (Key::Llc, llc::dissect),
    (Key::Sap(sap::STP), stp::dissect),
    (Key::EtherType(EtherType::ARP), arp::dissect),
    (Key::EtherType(EtherType::IPV4), ipv4::dissect),
    (Key::EtherType(EtherType::IPV6), ipv6::dissect),
    (Key::EtherType(EtherType::VLAN), vlan::dissect),
    (Key::Protocol(Protocol::ICMP), icmpv4::dissect),
    (Key::Protocol(Protocol::UDP), udp::dissect),
    (Key::Protocol(Protocol::TCP), tcp::dissect),
    (Key::Protocol(Protocol::IPV4), ipv4::dissect),
    (Key::UdpPort(dhcp::SERVER_PORT), dhcp::dissect),
    (Key::UdpPort(dhcp::CLIENT_PORT), dhcp::dissect),
];

/// The protocols of this crate, and those that others add.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    added: Vec<(Key, Dissector)>,
}

impl Registry {
    /// The protocols of this crate.
    pub const fn new() -> Registry {
        Registry { added: Vec::new() }
    }

    /// One protocol more; it goes before an older one of the same key.
    #[must_use]
    pub fn with(mut self, key: Key, dissector: Dissector) -> Registry {
        self.added.insert(0, (key, dissector));
        self
    }

    pub(super) fn find(&self, key: Key) -> Option<Dissector> {
        self.added.iter().chain(&STANDARD).find(|(known, _)| *known == key).map(|(_, dissector)| *dissector)
    }
}
