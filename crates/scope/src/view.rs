//! A frame read once, layer by layer, into typed headers: what every picture starts from.
//!
//! Only what is certain is there: a layer that does not parse leaves [`Net::Other`] or [`Transport::Other`]. For every
//! field of every layer, malformed ones too, there is [`crate::dissect`].

use std::net::{IpAddr, SocketAddr};

use base::LinkType;
use wire::ethernet::EtherType;
use wire::hdlc::Control;
use wire::ip::Protocol;
use wire::{arp, ax25, dot11, ethernet, icmpv4, ipv4, ipv6, llc, radiotap, tcp, udp};

/// The headers of one frame.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The link header, unless the link carries bare IP.
    pub ethernet: Option<ethernet::Header>,
    /// What stations of a reliable line or a radio cell say to each other.
    pub station: Option<Station>,
    /// What the link carries.
    pub net: Net<'a>,
}

/// The header of a frame between stations.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Station {
    /// Of a reliable line: the control field, and how many bytes of information follow.
    Hdlc(Control, usize),
    /// Of a radio cell.
    Air(dot11::Header),
}

impl Station {
    fn of(link_type: LinkType, bytes: &[u8]) -> Option<Station> {
        let hdlc = |control, at: usize, end: usize| Some(Station::Hdlc(control, end.saturating_sub(at)));
        match link_type {
            LinkType::Ax25 => {
                let (header, len) = ax25::Header::parse(bytes.get(1..)?).ok()?;
                hdlc(header.control, 1 + len, bytes.len())
            }
            LinkType::Llc => {
                let (header, len) = llc::Header::parse(bytes).ok()?;
                hdlc(header.control, len, bytes.len())
            }
            LinkType::Ethernet => {
                let length = ethernet::Header::parse(bytes).ok()?.ethertype;
                let (header, len) = llc::Header::parse(bytes.get(ethernet::LEN..)?).ok()?;
                let ours = length.is_length() && header.dsap != llc::sap::STP;
                if ours { hdlc(header.control, len, usize::from(length.0)) } else { None }
            }
            LinkType::Radiotap => {
                let (at, _) = radiotap::parse(bytes).ok()?;
                dot11::Header::parse(bytes.get(at..)?).ok().map(Station::Air)
            }
            LinkType::Ip => None,
        }
    }
}

/// The layer above the link.
#[derive(Clone, Copy, Debug)]
pub enum Net<'a> {
    /// Address resolution.
    Arp(arp::Packet),
    /// IPv4 or IPv6.
    Ip(Ip<'a>),
    /// Something else, or malformed.
    Other,
}

/// An IP packet.
#[derive(Clone, Copy, Debug)]
pub struct Ip<'a> {
    /// Source address.
    pub src: IpAddr,
    /// Destination address.
    pub dst: IpAddr,
    /// Time to live, or hop limit.
    pub ttl: u8,
    /// Whether this is a fragment; only the first one has a transport header.
    pub fragment: bool,
    /// What the packet carries.
    pub transport: Transport<'a>,
}

/// The layer above IP.
#[derive(Clone, Copy, Debug)]
pub enum Transport<'a> {
    /// A TCP segment and its data.
    Tcp(tcp::Header, &'a [u8]),
    /// A UDP datagram and its data.
    Udp(udp::Header, &'a [u8]),
    /// An ICMP message and what follows its eight bytes.
    Icmp(icmpv4::Message, &'a [u8]),
    /// Something else, malformed, or a later fragment.
    Other(Protocol, &'a [u8]),
}

impl<'a> View<'a> {
    /// Reads a frame.
    pub fn of(link_type: LinkType, bytes: &'a [u8]) -> View<'a> {
        let ethernet = ethernet::Header::parse(bytes).ok().filter(|_| link_type == LinkType::Ethernet);
        let net = match wire::dissect::network(link_type, bytes) {
            Some((place, EtherType::ARP)) => arp::Packet::parse(&bytes[place]).map_or(Net::Other, Net::Arp),
            Some((place, EtherType::IPV4 | EtherType::IPV6)) => ip(&bytes[place]),
            _ => Net::Other,
        };
        View { ethernet, station: Station::of(link_type, bytes), net }
    }

    /// The ARP packet in it.
    pub const fn arp(&self) -> Option<&arp::Packet> {
        if let Net::Arp(packet) = &self.net { Some(packet) } else { None }
    }

    /// The IP packet in it.
    pub const fn ip(&self) -> Option<&Ip<'a>> {
        if let Net::Ip(packet) = &self.net { Some(packet) } else { None }
    }

    /// The TCP segment in it, with its ends.
    pub fn tcp(&self) -> Option<Tcp<'a>> {
        let ip = self.ip()?;
        let Transport::Tcp(header, data) = ip.transport else { return None };
        let (src, dst) = (SocketAddr::new(ip.src, header.src_port), SocketAddr::new(ip.dst, header.dst_port));
        Some(Tcp { src, dst, header, data })
    }

    /// The UDP datagram in it, with its ends.
    pub fn udp(&self) -> Option<Udp<'a>> {
        let ip = self.ip()?;
        let Transport::Udp(header, data) = ip.transport else { return None };
        let (src, dst) = (SocketAddr::new(ip.src, header.src_port), SocketAddr::new(ip.dst, header.dst_port));
        Some(Udp { src, dst, data })
    }

    /// The ICMP message in it.
    pub fn icmp(&self) -> Option<(&Ip<'a>, icmpv4::Message, &'a [u8])> {
        let ip = self.ip()?;
        if let Transport::Icmp(message, data) = ip.transport { Some((ip, message, data)) } else { None }
    }
}

/// A TCP segment with its ends.
#[derive(Clone, Copy, Debug)]
pub struct Tcp<'a> {
    /// From.
    pub src: SocketAddr,
    /// To.
    pub dst: SocketAddr,
    /// Its header.
    pub header: tcp::Header,
    /// Its data.
    pub data: &'a [u8],
}

impl Tcp<'_> {
    /// Whether all of `flags` are set.
    pub const fn has(&self, flags: tcp::Flags) -> bool {
        self.header.flags.contains(flags)
    }

    /// The sequence space it takes: data, SYN and FIN.
    pub const fn len(&self) -> u32 {
        self.header.segment_len(self.data.len())
    }

    /// Whether it takes no sequence space: a pure acknowledgement or a reset.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A UDP datagram with its ends.
#[derive(Clone, Copy, Debug)]
pub struct Udp<'a> {
    /// From.
    pub src: SocketAddr,
    /// To.
    pub dst: SocketAddr,
    /// Its data.
    pub data: &'a [u8],
}

fn ip(packet: &[u8]) -> Net<'_> {
    match packet.first().map(|byte| byte >> 4) {
        Some(4) => {
            let Ok(header) = ipv4::Header::parse(packet, packet.len()) else { return Net::Other };
            let body = packet.get(header.header_len..usize::from(header.total_len)).unwrap_or_default();
            let (src, dst) = (header.src.into(), header.dst.into());
            let transport = match header.fragment_offset {
                0 => transport(header.protocol, body),
                _ => Transport::Other(header.protocol, body),
            };
            Net::Ip(Ip { src, dst, ttl: header.ttl, fragment: header.is_fragment(), transport })
        }
        Some(6) => {
            let Ok(header) = ipv6::Header::parse(packet, packet.len()) else { return Net::Other };
            let end = ipv6::LEN + usize::from(header.payload_len);
            let body = packet.get(ipv6::LEN..end).unwrap_or_default();
            let (src, dst) = (header.src.into(), header.dst.into());
            let transport = transport(header.next_header, body);
            Net::Ip(Ip { src, dst, ttl: header.hop_limit, fragment: false, transport })
        }
        _ => Net::Other,
    }
}

fn transport(protocol: Protocol, body: &[u8]) -> Transport<'_> {
    let parsed = match protocol {
        Protocol::TCP => tcp::Header::parse(body).ok().map(|header| {
            let data = body.get(header.header_len..).unwrap_or_default();
            Transport::Tcp(header, data)
        }),
        Protocol::UDP => udp::Header::parse(body, body.len()).ok().map(|header| {
            let data = body.get(udp::LEN..usize::from(header.len)).unwrap_or_default();
            Transport::Udp(header, data)
        }),
        Protocol::ICMP => icmpv4::Message::parse([body, &[]]).ok().map(|message| {
            let data = body.get(icmpv4::LEN..).unwrap_or_default();
            Transport::Icmp(message, data)
        }),
        _ => None,
    };
    parsed.unwrap_or(Transport::Other(protocol, body))
}
