//! ICMP where it crosses layers: echo, errors that we send, errors about what we sent.

use std::net::SocketAddr;

use base::event::{Fact, Flow, InternetDrop, InternetFact, LinkDrop};
use base::{Cx, Kind};
use bytes::Bytes;
use wire::icmpv4::{Exceeded, Message, Unreachable};
use wire::ip::Protocol;
use wire::{PacketBuf, icmpv4};

use super::Host;
use crate::internet::icmp::{Complaint, may_complain, quote, read_complaint};
use crate::internet::ip::{self, Outbound, Received};

impl Host {
    //= rfc1122#3.2.2
    pub(super) fn deliver_icmp(&mut self, cx: &mut Cx<'_>, packet: PacketBuf, received: Received, broadcast: bool) {
        let (id, cause) = (packet.id, packet.id);
        let Ok(message) = Message::parse(packet.parts()) else {
            return self.dropped(cx, id, InternetDrop::BadIcmp);
        };
        if self.raw.is_wanted(Protocol::ICMP.0) {
            self.deliver_raw(packet.clone(), &received);
        }
        let mut body = packet;
        if body.head().len() < icmpv4::LEN {
            body.flatten();
        }
        body.pull(icmpv4::LEN);
        let data = body.into_payload();
        if let Message::EchoRequest { id, seq } = message {
            //= rfc1122#3.2.2.6
            // Every host answers; a broadcast echo is left to others.
            if !broadcast {
                self.send_icmp(cx, received.to, received.from, Message::EchoReply { id, seq }, data, cause);
            }
            return;
        }
        if let Some(complaint) = read_complaint(&message, &data) {
            self.on_complaint(&complaint);
        }
    }

    fn send_icmp(
        &mut self,
        cx: &mut Cx<'_>,
        from: std::net::IpAddr,
        to: std::net::IpAddr,
        message: Message,
        data: Bytes,
        cause: base::PacketId,
    ) {
        let Some(path) = self.path_to(to) else { return };
        let mut packet = PacketBuf::new(self.packet_id(), data);
        packet.cause = cause;
        message.push(&mut packet);
        let out = Outbound {
            from,
            to,
            protocol: Protocol::ICMP,
            ttl: self.config.ttl,
            id: self.ident(),
            dont_fragment: false,
            traffic_class: 0,
        };
        ip::push_header(&mut packet, &out);
        self.send_packet(cx, packet, path);
    }

    /// Tells the source of `packet` (its IP header in front) what became of it, within the budget.
    pub(super) fn complain(&mut self, cx: &mut Cx<'_>, packet: &PacketBuf, about: &Received, message: Message) {
        if !may_complain(packet, about) || !self.errors.take(cx.now) {
            return;
        }
        let Some(path) = self.path_to(about.from) else { return };
        let Some(from) = self.source_for(&path) else { return };
        let to = about.from;
        let text = match message {
            Message::DestinationUnreachable { code, .. } => code.text(),
            Message::TimeExceeded { code } => code.text(),
            _ => "error",
        };
        cx.record(Kind::Network, packet.id, || Fact::Internet(InternetFact::IcmpErrorSent { to, message: text }));
        self.send_icmp(cx, from, to, message, quote(packet).into(), packet.id);
    }

    /// Somebody on the way, or the other end, could not deliver a packet of ours.
    fn on_complaint(&mut self, complaint: &Complaint) {
        let local = SocketAddr::new(complaint.from, complaint.ports.0);
        let remote = SocketAddr::new(complaint.to, complaint.ports.1);
        match complaint.protocol {
            Protocol::TCP => {
                let flow = Flow { local, remote };
                match complaint.mtu {
                    Some(mtu) => {
                        if self.tcp.on_packet_too_big(&flow, complaint.seq, mtu) {
                            self.path_mtus.learn(complaint.to, mtu, self.now);
                        }
                    }
                    None => {
                        let (seq, text, is_hard) = (complaint.seq, complaint.text, complaint.is_hard);
                        self.tcp_call(|tcp, cx| tcp.on_icmp_error(&flow, seq, (text, is_hard), cx));
                    }
                }
            }
            Protocol::UDP if complaint.port_unreachable => self.udp.on_refused(local, remote, &mut self.wakers),
            _ => {}
        }
    }

    /// ARP found nobody: a router tells the source, a host its own socket.
    pub(super) fn on_neighbor_silent(&mut self, cx: &mut Cx<'_>, mut packet: PacketBuf) {
        self.dropped(cx, packet.id, LinkDrop::NeighborSilent);
        let message = Message::DestinationUnreachable { code: Unreachable::Host, mtu: 0 };
        let Ok(received) = ip::receive_v4(&mut packet) else { return };
        if !self.own.contains(received.from) {
            return self.complain(cx, &packet, &received, message);
        }
        if let Some(complaint) = read_complaint(&message, &packet.contiguous()) {
            self.on_complaint(&complaint);
        }
    }

    /// Gives up on datagrams whose fragments did not all arrive.
    pub(super) fn on_reassembly_timer(&mut self, cx: &mut Cx<'_>) {
        while let Some((id, first)) = self.reassembly.on_timer(cx.now) {
            self.dropped(cx, id, InternetDrop::FragmentTimeout);
            //= rfc1122#3.3.2
            if let Some(mut packet) = first
                && let Ok(received) = ip::receive_v4(&mut packet)
            {
                self.complain(cx, &packet, &received, Message::TimeExceeded { code: Exceeded::Reassembly });
            }
        }
    }
}
