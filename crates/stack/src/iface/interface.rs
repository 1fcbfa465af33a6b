//! One interface: its addresses, its queue, and the link header.
//!
//! A radio's card speaks Ethernet to its host, as all such cards do. The station of a reliable link (AX.25, LLC2) wants to
//! know what it carries and nothing else: two bytes with Ethernet's number of the protocol.

use std::net::IpAddr;

use base::event::LinkDrop;
use base::{Cidr, LinkType, Mac};
use wire::PacketBuf;
use wire::ethernet::{self, EtherType};

use super::queue::Queue;
use crate::config::InterfaceConfig;

#[derive(Debug)]
pub(crate) struct Interface {
    pub(crate) config: InterfaceConfig,
    pub(crate) addresses: Vec<Cidr>,
    pub(crate) queue: Queue,
    /// Named by `poll_ready`, and not yet polled until nothing was left.
    pub(crate) ready: bool,
}

/// A frame that is for us, its link header pulled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Accepted {
    Ipv4,
    Ipv6,
    Arp,
    /// For a program on the link itself: from this station.
    Other(EtherType, Mac),
}

impl Interface {
    pub(crate) fn new(config: InterfaceConfig) -> Self {
        let queue = Queue::new(config.queue_frames);
        Interface { config, addresses: Vec::new(), queue, ready: false }
    }

    /// Whose frame, what is in it, and whether it was sent to everybody on the link. The link header is pulled.
    pub(crate) fn accept(&self, frame: &mut PacketBuf) -> Result<(Accepted, bool), LinkDrop> {
        match self.config.link_type {
            LinkType::Ethernet | LinkType::Radiotap => self.accept_ethernet(frame),
            LinkType::Ip => match frame.head().first().map(|byte| byte >> 4) {
                Some(4) => Ok((Accepted::Ipv4, false)),
                Some(6) => Ok((Accepted::Ipv6, false)),
                _ => Err(LinkDrop::UnknownProtocol),
            },
            LinkType::Ax25 | LinkType::Llc => {
                let &[high, low] = frame.head().first_chunk::<TYPE_LEN>().ok_or(LinkDrop::Malformed)?;
                frame.pull(TYPE_LEN);
                Ok((accepted(EtherType(u16::from_be_bytes([high, low])), Mac::default()), false))
            }
        }
    }

    #[inline]
    fn accept_ethernet(&self, frame: &mut PacketBuf) -> Result<(Accepted, bool), LinkDrop> {
        let header = ethernet::Header::parse(frame.head()).map_err(|_| LinkDrop::Malformed)?;
        if header.dst != self.config.mac && !header.dst.is_group() {
            return Err(LinkDrop::NotForUs);
        }
        frame.pull(ethernet::LEN);
        Ok((accepted(header.ethertype, header.src), header.dst.is_group()))
    }

    /// Bytes of its link header.
    pub(crate) const fn header_len(&self) -> usize {
        match self.config.link_type {
            LinkType::Ethernet | LinkType::Radiotap => ethernet::LEN,
            LinkType::Ip => 0,
            LinkType::Ax25 | LinkType::Llc => TYPE_LEN,
        }
    }

    /// Whether packets go to one of several stations, whose address must be known.
    pub(crate) const fn has_neighbors(&self) -> bool {
        matches!(self.config.link_type, LinkType::Ethernet | LinkType::Radiotap)
    }

    /// Puts the link header in front of a packet to the station `dst`.
    //= rfc894#frame-format
    pub(crate) fn push_header(&self, packet: &mut PacketBuf, dst: Mac, ethertype: EtherType) {
        match self.config.link_type {
            LinkType::Ethernet => {
                ethernet::Header { dst, src: self.config.mac, ethertype }.push(packet);
                packet.pad_to(ethernet::MIN_FRAME);
            }
            LinkType::Radiotap => ethernet::Header { dst, src: self.config.mac, ethertype }.push(packet),
            LinkType::Ip => {}
            LinkType::Ax25 | LinkType::Llc => packet.push_array(ethertype.0.to_be_bytes()),
        }
    }

    /// Marks the packet in a frame: congestion experienced, where its sender understands that.
    //= rfc3168#5
    pub(crate) fn mark(&self, frame: &mut PacketBuf) {
        if let Some(packet) = frame.head_mut().get_mut(self.header_len()..) {
            wire::ip::mark_congestion(packet);
        }
    }

    /// The address to speak from towards `to`: one in its network, else the first of its family.
    pub(crate) fn source_for(&self, to: IpAddr) -> Option<IpAddr> {
        let of_family = || self.addresses.iter().filter(|cidr| cidr.address().is_ipv4() == to.is_ipv4());
        of_family().find(|cidr| cidr.contains(to)).or_else(|| of_family().next()).map(Cidr::address)
    }
}

fn accepted(ethertype: EtherType, from: Mac) -> Accepted {
    match ethertype {
        EtherType::IPV4 => Accepted::Ipv4,
        EtherType::IPV6 => Accepted::Ipv6,
        EtherType::ARP => Accepted::Arp,
        other => Accepted::Other(other, from),
    }
}

/// Bytes that say what a reliable link carries.
const TYPE_LEN: usize = 2;
