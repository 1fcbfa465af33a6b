//! Packets going down: transport, IP header, route, neighbour, interface queue, medium.

use std::net::{IpAddr, Ipv4Addr};

use base::event::{Fact, LinkDrop, LinkFact};
use base::{Cx, Kind, LinkType, Mac, Port};
use wire::PacketBuf;
use wire::ethernet::EtherType;
use wire::ip::Protocol;

use super::Host;
use crate::iface::arp;
use crate::iface::neighbor::{Overdue, Resolved};
use crate::internet::address;
use crate::internet::ip::{self, Outbound};
use crate::transport::Path;
use crate::transport::tcp::Transmit;
use crate::transport::tcp::cx::TcpCx;

impl Host {
    /// The next frame for the medium at `port`: what waits in its queue, then datagrams, then segments, which are only
    /// built when they can leave.
    pub(super) fn next_frame(&mut self, cx: &mut Cx<'_>, port: Port) -> Option<PacketBuf> {
        loop {
            let interface = self.interfaces.get_mut(usize::from(port.0))?;
            if let Some(frame) = interface.queue.pop() {
                self.links.on_room(port, &mut self.wakers);
                self.tell_queue(cx, port);
                return Some(frame);
            }
            if let Some((packet, path)) = self.outbox.pop_front() {
                self.send_packet(cx, packet, path);
                continue;
            }
            let Host { tcp, config, facts, wakers, .. } = self;
            let Some(transmit) = tcp.poll_segment(port, &mut TcpCx { now: cx.now, config, facts, wakers }) else {
                self.interfaces[usize::from(port.0)].ready = false;
                return None;
            };
            if let Some(frame) = self.send_segment(cx, port, transmit) {
                return Some(frame);
            }
        }
    }

    /// The frame of a segment, when it can leave by `port` at once.
    #[inline]
    fn send_segment(&mut self, cx: &mut Cx<'_>, port: Port, transmit: Transmit) -> Option<PacketBuf> {
        let Transmit { mut packet, from, to, path, traffic_class } = transmit;
        packet.id = self.packet_id();
        //= rfc1191#3
        // Segments are sized for the path: none of them may be split on the way.
        let (ttl, id) = (self.config.ttl, self.ident());
        let out = Outbound { from, to, protocol: Protocol::TCP, ttl, id, dont_fragment: true, traffic_class };
        ip::push_header(&mut packet, &out);
        if !path.local && path.port == port && packet.len() <= path.mtu {
            return self.frame(cx, port, path.next_hop, packet);
        }
        self.send_packet(cx, packet, path);
        None
    }

    pub(super) fn ident(&mut self) -> u16 {
        self.next_ident = self.next_ident.wrapping_add(1);
        self.next_ident
    }

    /// A packet of ours, complete with its IP header.
    pub(super) fn send_packet(&mut self, cx: &mut Cx<'_>, mut packet: PacketBuf, path: Path) {
        if !path.local {
            return self.send_fitting(cx, path.port, path.next_hop, packet, path.mtu);
        }
        let parse = if path.next_hop.is_ipv4() { ip::receive_v4 } else { ip::receive_v6 };
        match parse(&mut packet) {
            Ok(received) => self.deliver(cx, path.port, packet, received, false),
            Err(reason) => self.dropped(cx, packet.id, reason),
        }
    }

    /// Hands a packet that fits to an interface, towards the neighbour `next_hop`.
    pub(super) fn transmit(&mut self, cx: &mut Cx<'_>, port: Port, next_hop: IpAddr, packet: PacketBuf) {
        if let Some(frame) = self.frame(cx, port, next_hop, packet) {
            self.enqueue(cx, port, frame);
        }
    }

    /// A packet with its link header; none while its neighbour is being asked for.
    #[inline]
    fn frame(&mut self, cx: &mut Cx<'_>, port: Port, next_hop: IpAddr, mut packet: PacketBuf) -> Option<PacketBuf> {
        let interface = self.interfaces.get(usize::from(port.0))?;
        if interface.config.link_type == LinkType::Ip {
            return Some(packet);
        }
        let ethertype = ethertype_of(&packet);
        if !interface.has_neighbors() {
            interface.push_header(&mut packet, Mac::default(), ethertype);
            return Some(packet);
        }
        if address::is_broadcast(&interface.addresses, next_hop) {
            interface.push_header(&mut packet, Mac::BROADCAST, ethertype);
            return Some(packet);
        }
        let id = packet.id;
        match self.neighbors.resolve(port, next_hop, packet, cx.now) {
            Resolved::To(mac, mut packet) => {
                self.interfaces[usize::from(port.0)].push_header(&mut packet, mac, ethertype);
                return Some(packet);
            }
            Resolved::Waits { ask, pushed_out } => {
                if let Some(oldest) = pushed_out {
                    self.dropped(cx, oldest.id, LinkDrop::NeighborQueueFull);
                }
                if ask {
                    self.ask_for(cx, port, next_hop);
                }
            }
            Resolved::Full => self.dropped(cx, id, LinkDrop::NeighborQueueFull),
        }
        None
    }

    /// Broadcasts an ARP request. (IPv6 neighbours are static until neighbour discovery is here.)
    fn ask_for(&mut self, cx: &mut Cx<'_>, port: Port, target: IpAddr) {
        let IpAddr::V4(target) = target else { return };
        let interface = &self.interfaces[usize::from(port.0)];
        let sender = match interface.source_for(target.into()) {
            Some(IpAddr::V4(ip)) => ip,
            _ => Ipv4Addr::UNSPECIFIED,
        };
        let mac = interface.config.mac;
        let request = arp::request(self.packet_id(), mac, sender, target);
        self.push_arp(cx, port, Mac::BROADCAST, request);
    }

    pub(super) fn push_arp(&mut self, cx: &mut Cx<'_>, port: Port, to: Mac, mut packet: PacketBuf) {
        self.interfaces[usize::from(port.0)].push_header(&mut packet, to, EtherType::ARP);
        self.enqueue(cx, port, packet);
    }

    /// Puts the link header in front of an IP packet.
    pub(super) fn push_link(&mut self, cx: &mut Cx<'_>, port: Port, to: Mac, mut packet: PacketBuf) {
        let ethertype = ethertype_of(&packet);
        self.interfaces[usize::from(port.0)].push_header(&mut packet, to, ethertype);
        self.enqueue(cx, port, packet);
    }

    fn enqueue(&mut self, cx: &mut Cx<'_>, port: Port, mut frame: PacketBuf) {
        let Some(interface) = self.interfaces.get_mut(usize::from(port.0)) else { return };
        if interface.config.mark_above.is_some_and(|most| interface.queue.len() > most) {
            interface.mark(&mut frame);
        }
        match interface.queue.push(frame) {
            Ok(()) => {
                self.mark_ready(port);
                self.tell_queue(cx, port);
            }
            Err(frame) => self.dropped(cx, frame.id, LinkDrop::QueueFull),
        }
    }

    /// Tells those who plot it how many frames wait at `port`.
    #[inline]
    fn tell_queue(&self, cx: &mut Cx<'_>, port: Port) {
        if self.facts.measured {
            let frames = self.queue_len(port) as u32;
            cx.record(Kind::Metrics, base::PacketId::NONE, || Fact::Link(LinkFact::Queue { port, frames }));
        }
    }

    /// Repeats ARP requests, and gives up on neighbours that stay silent.
    pub(super) fn on_neighbor_timer(&mut self, cx: &mut Cx<'_>) {
        while let Some(overdue) = self.neighbors.on_timer(cx.now) {
            match overdue {
                Overdue::AskAgain(port, ip) => self.ask_for(cx, port, ip),
                Overdue::GivenUp(port, ip, waiting) => {
                    cx.record(Kind::Network, base::PacketId::NONE, || {
                        Fact::Link(LinkFact::NeighborSilent { port, ip })
                    });
                    for packet in waiting {
                        self.on_neighbor_silent(cx, packet);
                    }
                }
            }
        }
    }
}

fn ethertype_of(packet: &PacketBuf) -> EtherType {
    let is_v6 = packet.head().first().is_some_and(|byte| byte >> 4 == 6);
    if is_v6 { EtherType::IPV6 } else { EtherType::IPV4 }
}
