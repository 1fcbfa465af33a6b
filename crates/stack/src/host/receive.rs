//! Frames going up: interface, internet layer, transport, socket.

use std::net::{IpAddr, SocketAddr};

use base::event::{Fact, Flow, InternetDrop, InternetFact, LinkDrop, LinkFact, TransportDrop};
use base::{Cx, Kind, Port};
use wire::icmpv4::{Exceeded, Message, Unreachable};
use wire::ip::Protocol;
use wire::{PacketBuf, arp, tcp, udp};

use super::{Host, find_path, narrowed};
use crate::iface::{Accepted, arp as arp_room};
use crate::internet::ip::{self, Received};
use crate::internet::{address, fragment};
use crate::socket::{Datagram, RawPacket};
use crate::transport::tcp::Segment;
use crate::transport::tcp::cx::TcpCx;

impl Host {
    pub(super) fn receive(&mut self, cx: &mut Cx<'_>, port: Port, mut frame: PacketBuf) {
        let id = frame.id;
        let Some(interface) = self.interfaces.get(usize::from(port.0)) else { return };
        match interface.accept(&mut frame) {
            Ok((Accepted::Ipv4, to_all)) => self.receive_ip(cx, port, frame, to_all, ip::receive_v4),
            Ok((Accepted::Ipv6, to_all)) => self.receive_ip(cx, port, frame, to_all, ip::receive_v6),
            Ok((Accepted::Arp, _)) => self.receive_arp(cx, port, &frame),
            Ok((Accepted::Other(ethertype, from), _)) => self.receive_message(cx, port, ethertype, from, frame),
            Err(reason) => self.dropped(cx, id, reason),
        }
    }

    fn receive_arp(&mut self, cx: &mut Cx<'_>, port: Port, frame: &PacketBuf) {
        let Ok(packet) = arp::Packet::parse(&frame.contiguous()) else {
            return self.dropped(cx, frame.id, LinkDrop::BadArp);
        };
        let reply_id = self.packet_id();
        let interface = &self.interfaces[usize::from(port.0)];
        let is_ours = |ip| interface.addresses.iter().any(|cidr| cidr.address() == IpAddr::V4(ip));
        self.claims.on_packet(port, interface.config.mac, &packet);
        let heard = arp_room::receive(&packet, interface.config.mac, is_ours, reply_id);
        //= rfc5227#2.4
        // Who says that it has our address has a conflict with us, and is no neighbour of that address.
        let sender = heard.sender.filter(|(ip, _)| !self.own.contains(*ip));
        if let Some((ip, mac)) = sender {
            let waiting = self.neighbors.on_answer(port, ip, mac, heard.for_us, cx.now);
            if heard.for_us {
                cx.record(Kind::Network, frame.id, || Fact::Link(LinkFact::NeighborFound { port, ip, mac }));
            }
            for packet in waiting {
                self.push_link(cx, port, mac, packet);
            }
        }
        if let Some((mut reply, to)) = heard.reply {
            reply.cause = frame.id;
            self.push_arp(cx, port, to, reply);
        }
    }

    fn receive_ip(
        &mut self,
        cx: &mut Cx<'_>,
        port: Port,
        mut packet: PacketBuf,
        to_all: bool,
        parse: fn(&mut PacketBuf) -> Result<Received, InternetDrop>,
    ) {
        let received = match parse(&mut packet) {
            Ok(received) => received,
            Err(reason) => return self.dropped(cx, packet.id, reason),
        };
        if !address::is_possible_source(received.from) {
            return self.dropped(cx, packet.id, InternetDrop::BadSource);
        }
        let broadcast = || address::is_broadcast(&self.interfaces[usize::from(port.0)].addresses, received.to);
        if self.own.contains(received.to) {
            // What we say to ourselves never comes in by a cable.
            if self.own.contains(received.from) {
                return self.dropped(cx, packet.id, InternetDrop::BadSource);
            }
            self.deliver(cx, port, packet, received, to_all);
        } else if broadcast() || self.is_being_configured(port, &packet, &received) {
            self.deliver(cx, port, packet, received, true);
        } else if self.config.forwarding && !to_all {
            self.forward(cx, port, packet, received);
        } else {
            self.dropped(cx, packet.id, InternetDrop::NotForUs);
        }
    }

    /// An interface without an address takes datagrams for a socket bound to it: what a DHCP server offers is sent to the
    /// address that is being offered (RFC 2131, section 4.1).
    fn is_being_configured(&self, port: Port, packet: &PacketBuf, received: &Received) -> bool {
        let dst_port = || packet.head().get(received.header_len + 2..received.header_len + 4);
        self.interfaces[usize::from(port.0)].addresses.is_empty()
            && received.protocol == Protocol::UDP
            && dst_port().is_some_and(|p| self.udp.listens_on(u16::from_be_bytes([p[0], p[1]]), port))
    }

    //= rfc1812#5.2.1
    fn forward(&mut self, cx: &mut Cx<'_>, inward: Port, mut packet: PacketBuf, received: Received) {
        if received.from.is_unspecified() {
            return self.dropped(cx, packet.id, InternetDrop::BadSource);
        }
        //= rfc1812#5.3.7
        // Some addresses mean something on their own link only.
        if !address::is_forwardable(received.to) {
            return self.dropped(cx, packet.id, InternetDrop::NotForUs);
        }
        let Some((port, next_hop)) = self.routes.next_hop(received.to) else {
            self.complain(cx, &packet, &received, Message::DestinationUnreachable { code: Unreachable::Net, mtu: 0 });
            return self.dropped(cx, packet.id, InternetDrop::NoRoute);
        };
        //= rfc1812#5.3.1
        if received.ttl <= 1 {
            self.complain(cx, &packet, &received, Message::TimeExceeded { code: Exceeded::Ttl });
            return self.dropped(cx, packet.id, InternetDrop::TtlExpired);
        }
        let Some(interface) = self.interfaces.get(usize::from(port.0)) else { return };
        //= rfc1812#5.3.5.2
        // A packet to all hosts of another link stays outside: by default since RFC 2644.
        if address::is_broadcast(&interface.addresses, next_hop) {
            return self.dropped(cx, packet.id, InternetDrop::NotForUs);
        }
        let mtu = interface.config.mtu;
        self.clamp_mss((inward, port), &mut packet, &received);
        if packet.len() > mtu && received.dont_fragment {
            //= rfc1191#4
            let message = Message::DestinationUnreachable { code: Unreachable::FragmentationNeeded, mtu: mtu as u16 };
            self.complain(cx, &packet, &received, message);
            return self.dropped(cx, packet.id, InternetDrop::FragmentationNeeded);
        }
        ip::decrement_ttl(&mut packet, received.to.is_ipv4());
        self.send_fitting(cx, port, next_hop, packet, mtu);
    }

    /// What the narrower of both links carries bounds what either end is told that the other takes.
    fn clamp_mss(&self, ports: (Port, Port), packet: &mut PacketBuf, received: &Received) {
        let of = |port: Port| self.interfaces.get(usize::from(port.0)).map(|interface| &interface.config);
        let (Some(inward), Some(outward)) = (of(ports.0), of(ports.1)) else { return };
        let wanted = inward.clamp_mss || outward.clamp_mss;
        if wanted && received.protocol == Protocol::TCP && received.fragment.is_none() {
            let headers = received.header_len + tcp::LEN;
            let most = inward.mtu.min(outward.mtu).saturating_sub(headers).min(usize::from(u16::MAX));
            packet.pull(received.header_len);
            tcp::clamp_mss(packet, most as u16);
            packet.unpull(received.header_len);
        }
    }

    /// Sends a packet with its IP header, in pieces where it does not fit.
    pub(super) fn send_fitting(
        &mut self,
        cx: &mut Cx<'_>,
        port: Port,
        next_hop: IpAddr,
        packet: PacketBuf,
        mtu: usize,
    ) {
        if packet.len() <= mtu {
            return self.transmit(cx, port, next_hop, packet);
        }
        let id = packet.id;
        if next_hop.is_ipv6() {
            return self.dropped(cx, id, InternetDrop::FragmentationNeeded);
        }
        let pieces = fragment::split(packet, mtu, || self.packet_id());
        let count = pieces.len();
        cx.record(Kind::Network, id, || Fact::Internet(InternetFact::Fragmented { pieces: count, mtu }));
        for piece in pieces {
            self.transmit(cx, port, next_hop, piece);
        }
    }

    /// A packet for this host, its IP header still in front.
    pub(super) fn deliver(
        &mut self,
        cx: &mut Cx<'_>,
        port: Port,
        mut packet: PacketBuf,
        received: Received,
        broadcast: bool,
    ) {
        if let Some(part) = received.fragment {
            let id = packet.id;
            match self.reassembly.on_fragment(packet, &received, part, cx.now) {
                Ok(None) => return,
                Err(reason) => return self.dropped(cx, id, reason),
                Ok(Some(whole)) => {
                    let len = whole.len();
                    cx.record(Kind::Network, id, || Fact::Internet(InternetFact::Reassembled { len }));
                    // What follows works on a packet with its header: an empty one stands in for it.
                    packet = whole;
                    packet.push(received.header_len);
                }
            }
        }
        packet.pull(received.header_len);
        match received.protocol {
            //= rfc9293#3.9.2.3
            // MUST-57: a segment to everybody is meant for nobody.
            Protocol::TCP if broadcast => self.dropped(cx, packet.id, InternetDrop::NotForUs),
            Protocol::TCP => self.deliver_tcp(cx, packet, received),
            Protocol::UDP => self.deliver_udp(cx, port, packet, received, broadcast),
            Protocol::ICMP if received.to.is_ipv4() => self.deliver_icmp(cx, packet, received, broadcast),
            protocol if self.raw.is_wanted(protocol.0) => self.deliver_raw(packet, &received),
            _ => {
                let id = packet.id;
                packet.unpull(received.header_len);
                let message = Message::DestinationUnreachable { code: Unreachable::Protocol, mtu: 0 };
                // Of a datagram that came in pieces the header is not here any more.
                if !broadcast && received.fragment.is_none() {
                    self.complain(cx, &packet, &received, message);
                }
                self.dropped(cx, id, InternetDrop::UnknownProtocol);
            }
        }
    }

    fn deliver_tcp(&mut self, cx: &mut Cx<'_>, mut packet: PacketBuf, received: Received) {
        let id = packet.id;
        whole_header(&mut packet, tcp::LEN, |head| usize::from(head[12] >> 4) * 4);
        if !tcp::verify(received.from, received.to, packet.parts()) {
            return self.dropped(cx, id, TransportDrop::BadChecksum);
        }
        let Ok(header) = tcp::Header::parse(packet.head()) else {
            return self.dropped(cx, id, TransportDrop::Malformed);
        };
        if self.raw.is_wanted(Protocol::TCP.0) {
            self.deliver_raw(packet.clone(), &received);
        }
        packet.pull(header.header_len);
        let flow = Flow {
            local: SocketAddr::new(received.to, header.dst_port),
            remote: SocketAddr::new(received.from, header.src_port),
        };
        let segment = Segment::new(&header, received.ecn == ip::CE, packet.into_payload());
        let Host { tcp, config, facts, wakers, own, routes, interfaces, path_mtus, .. } = self;
        let path = |to| Some(narrowed(find_path(own, routes, interfaces, to)?, path_mtus, to, cx.now));
        let result = tcp.on_segment(flow, segment, &path, &mut TcpCx { now: cx.now, config, facts, wakers });
        while let Some((to, mtu)) = self.tcp.confirmed.pop() {
            self.path_mtus.learn(to, mtu, cx.now);
        }
        if let Err(reason) = result {
            self.dropped(cx, id, reason);
        }
    }

    fn deliver_udp(&mut self, cx: &mut Cx<'_>, port: Port, mut packet: PacketBuf, received: Received, broadcast: bool) {
        let id = packet.id;
        whole_header(&mut packet, udp::LEN, |_| udp::LEN);
        let Ok(header) = udp::Header::parse(packet.head(), packet.len()) else {
            return self.dropped(cx, id, TransportDrop::Malformed);
        };
        packet.truncate(usize::from(header.len));
        if !udp::verify(received.from, received.to, packet.parts()) {
            return self.dropped(cx, id, TransportDrop::BadChecksum);
        }
        let original = packet.clone();
        packet.pull(udp::LEN);
        let datagram = Datagram {
            from: SocketAddr::new(received.from, header.src_port),
            to: SocketAddr::new(received.to, header.dst_port),
            port,
            data: packet.into_payload(),
        };
        let Err(reason) = self.udp.on_datagram(datagram, &mut self.wakers) else { return };
        //= rfc1122#4.1.3.1
        if reason == TransportDrop::NoListener && !broadcast {
            let mut offending = original;
            if received.fragment.is_none() {
                offending.unpull(received.header_len);
                let message = Message::DestinationUnreachable { code: Unreachable::Port, mtu: 0 };
                self.complain(cx, &offending, &received, message);
            }
        }
        self.dropped(cx, id, reason);
    }

    /// A copy for raw sockets; the packet begins behind its IP header.
    pub(super) fn deliver_raw(&mut self, packet: PacketBuf, received: &Received) {
        let Received { from, to, ttl, protocol, .. } = *received;
        let raw = RawPacket { from, to, ttl, data: packet.into_payload() };
        self.raw.on_packet(protocol.0, &raw, &mut self.wakers);
    }
}

/// Makes sure that the head holds the whole transport header, wherever the packet was cut.
fn whole_header(packet: &mut PacketBuf, least: usize, len: impl Fn(&[u8]) -> usize) {
    let head = packet.head();
    if !packet.payload().is_empty() && (head.len() < least || head.len() < len(head)) {
        packet.flatten();
    }
}
