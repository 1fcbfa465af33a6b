//! One interface: its addresses, its queue, and the link header (Ethernet II, or none on a bare IP line).

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
}

impl Interface {
    pub(crate) fn new(config: InterfaceConfig) -> Self {
        let queue = Queue::new(config.queue_frames);
        Interface { config, addresses: Vec::new(), queue, ready: false }
    }

    /// Whose frame, what is in it, and whether it was sent to everybody on the link. The link header is pulled.
    pub(crate) fn accept(&self, frame: &mut PacketBuf) -> Result<(Accepted, bool), LinkDrop> {
        if self.config.link_type == LinkType::Ip {
            return match frame.head().first().map(|byte| byte >> 4) {
                Some(4) => Ok((Accepted::Ipv4, false)),
                Some(6) => Ok((Accepted::Ipv6, false)),
                _ => Err(LinkDrop::UnknownProtocol),
            };
        }
        let header = ethernet::Header::parse(frame.head()).map_err(|_| LinkDrop::Malformed)?;
        if header.dst != self.config.mac && !header.dst.is_group() {
            return Err(LinkDrop::NotForUs);
        }
        frame.pull(ethernet::LEN);
        let what = match header.ethertype {
            EtherType::IPV4 => Accepted::Ipv4,
            EtherType::IPV6 => Accepted::Ipv6,
            EtherType::ARP => Accepted::Arp,
            _ => return Err(LinkDrop::UnknownProtocol),
        };
        Ok((what, header.dst.is_group()))
    }

    /// Puts the link header in front of a packet to the station `dst`.
    //= rfc894#frame-format
    pub(crate) fn push_header(&self, packet: &mut PacketBuf, dst: Mac, ethertype: EtherType) {
        if self.config.link_type == LinkType::Ethernet {
            ethernet::Header { dst, src: self.config.mac, ethertype }.push(packet);
            packet.pad_to(ethernet::MIN_FRAME);
        }
    }

    /// Marks the packet in a frame: congestion experienced, where its sender understands that.
    //= rfc3168#5
    pub(crate) fn mark(&self, frame: &mut PacketBuf) {
        let link = if self.config.link_type == LinkType::Ethernet { ethernet::LEN } else { 0 };
        if let Some(packet) = frame.head_mut().get_mut(link..) {
            wire::ip::mark_congestion(packet);
        }
    }

    /// The address to speak from towards `to`: one in its network, else the first of its family.
    pub(crate) fn source_for(&self, to: IpAddr) -> Option<IpAddr> {
        let of_family = || self.addresses.iter().filter(|cidr| cidr.address().is_ipv4() == to.is_ipv4());
        of_family().find(|cidr| cidr.contains(to)).or_else(|| of_family().next()).map(Cidr::address)
    }
}
