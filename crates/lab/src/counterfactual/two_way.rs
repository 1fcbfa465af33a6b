//! A TCP server with a handshake of two segments: it believes a connection to be open as soon as it has answered the SYN.
//!
//! ```text
//!   SYN ──────────>  open! the program gets a connection, and greets
//!       <────────── SYN, ACK
//!       <────────── "hello"
//! ```
//! RFC 9293 section 3.5 wants a third segment: without it nobody has said that the SYN was not an old one that strayed.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use base::event::{Flow, TcpState, TransportFact};
use base::{Cx, Fact, Instant, Kind, LinkType, Mac, NodeId, PacketId, Port, SeqNum};
use bytes::Bytes;
use scope::view::{Tcp, View};
use stack::{Node, Wake};
use wire::ethernet::EtherType;
use wire::ip::Protocol;
use wire::tcp::{Flags, Header, Options};
use wire::{PacketBuf, arp, ethernet, ipv4};

/// The server: one interface, one address, every port.
#[derive(Debug)]
pub struct TwoWay {
    mac: Mac,
    address: Option<Ipv4Addr>,
    open: BTreeMap<SocketAddr, Connection>,
    out: VecDeque<PacketBuf>,
    packets: u64,
    told_ready: bool,
}

#[derive(Debug)]
struct Connection {
    peer: Mac,
    snd_nxt: SeqNum,
    rcv_nxt: SeqNum,
}

impl TwoWay {
    /// At this hardware and IP address; without an address it is silent.
    pub fn new(mac: Mac, address: Option<IpAddr>) -> Self {
        let address = address.and_then(|ip| if let IpAddr::V4(ip) = ip { Some(ip) } else { None });
        TwoWay { mac, address, open: BTreeMap::new(), out: VecDeque::new(), packets: 0, told_ready: false }
    }

    fn on_arp(&mut self, node: NodeId, packet: &arp::Packet) {
        if Some(packet.target_ip) != self.address || packet.operation != arp::Operation::Request {
            return;
        }
        let reply = arp::Packet {
            operation: arp::Operation::Reply,
            sender_mac: self.mac,
            sender_ip: packet.target_ip,
            target_mac: packet.sender_mac,
            target_ip: packet.sender_ip,
        };
        let mut frame = PacketBuf::new(self.packet_id(node), Bytes::new());
        reply.push(&mut frame);
        self.send(frame, packet.sender_mac, EtherType::ARP);
    }

    fn on_segment(&mut self, cx: &mut Cx<'_>, from: Mac, segment: &Tcp<'_>, cause: PacketId) {
        let (client, here) = (segment.src, segment.dst);
        let flow = Flow { local: here, remote: client };
        let tell = |cx: &mut Cx<'_>, from, to| {
            let fact = || Fact::Transport(TransportFact::State { flow, from, to });
            cx.record(Kind::Transport, cause, fact);
        };
        let flags = segment.header.flags;
        if flags.contains(Flags::RST) {
            if self.open.remove(&client).is_some() {
                tell(cx, TcpState::Established, TcpState::Closed);
            }
        } else if flags.contains(Flags::SYN) {
            if self.open.len() >= CONNECTIONS {
                return cx.record(Kind::Drop, cause, || Fact::Drop(base::event::TransportDrop::SynQueueFull.into()));
            }
            tell(cx, TcpState::Listen, TcpState::Established);
            let iss = SeqNum(cx.rng.next_u32());
            let connection = Connection { peer: from, snd_nxt: iss + 1, rcv_nxt: segment.header.seq + 1 };
            self.open.insert(client, connection);
            let options = Options { mss: Some(1460), ..Options::default() };
            self.say(cx.node, &flow, iss, Flags::SYN | Flags::ACK, options, Bytes::new());
            self.say(
                cx.node,
                &flow,
                iss + 1,
                Flags::ACK | Flags::PSH,
                Options::default(),
                Bytes::from_static(GREETING),
            );
            if let Some(connection) = self.open.get_mut(&client) {
                connection.snd_nxt = iss + 1 + GREETING.len() as u32;
            }
        } else if let Some(connection) = self.open.get_mut(&client)
            && segment.header.seq == connection.rcv_nxt
        {
            let fin = flags.contains(Flags::FIN);
            connection.rcv_nxt = connection.rcv_nxt + segment.data.len() as u32 + u32::from(fin);
            let seq = connection.snd_nxt;
            let flags = if fin { Flags::ACK | Flags::FIN } else { Flags::ACK };
            if fin || !segment.data.is_empty() {
                self.say(cx.node, &flow, seq, flags, Options::default(), Bytes::new());
            }
            if fin {
                self.open.remove(&client);
                tell(cx, TcpState::Established, TcpState::Closed);
            }
        }
    }

    fn say(&mut self, node: NodeId, flow: &Flow, seq: SeqNum, flags: Flags, options: Options, text: Bytes) {
        let Some(connection) = self.open.get(&flow.remote) else { return };
        let (peer, ack) = (connection.peer, connection.rcv_nxt);
        let (IpAddr::V4(src), IpAddr::V4(dst)) = (flow.local.ip(), flow.remote.ip()) else { return };
        let header = Header {
            src_port: flow.local.port(),
            dst_port: flow.remote.port(),
            seq,
            ack,
            flags,
            window: 65_535,
            options,
            ..Header::default()
        };
        let mut packet = PacketBuf::new(self.packet_id(node), text);
        header.push(&mut packet, src.into(), dst.into());
        let ip = ipv4::Header { src, dst, protocol: Protocol::TCP, ttl: 64, dont_fragment: true, ..Default::default() };
        ip.push(&mut packet);
        self.send(packet, peer, EtherType::IPV4);
    }

    fn send(&mut self, mut frame: PacketBuf, dst: Mac, ethertype: EtherType) {
        ethernet::Header { dst, src: self.mac, ethertype }.push(&mut frame);
        frame.pad_to(ethernet::MIN_FRAME);
        if self.out.len() < QUEUE_FRAMES {
            self.out.push_back(frame);
        }
    }

    fn packet_id(&mut self, node: NodeId) -> PacketId {
        self.packets += 1;
        PacketId::new(node, self.packets)
    }
}

impl Node for TwoWay {
    fn on_frame(&mut self, cx: &mut Cx<'_>, _: Port, frame: PacketBuf) {
        let bytes = frame.contiguous();
        let view = View::of(LinkType::Ethernet, &bytes);
        let Some(link) = view.ethernet else { return };
        if let Some(packet) = view.arp() {
            self.on_arp(cx.node, packet);
        } else if let Some(segment) = view.tcp()
            && Some(segment.dst.ip()) == self.address.map(IpAddr::V4)
        {
            self.on_segment(cx, link.src, &segment, frame.id);
        }
    }

    fn on_timer(&mut self, _: &mut Cx<'_>) {}

    fn poll_ready(&mut self) -> Option<Port> {
        let ready = !self.out.is_empty() && !self.told_ready;
        self.told_ready = ready;
        ready.then_some(Port(0))
    }

    fn poll_frame(&mut self, _: &mut Cx<'_>, _: Port) -> Option<PacketBuf> {
        let frame = self.out.pop_front();
        self.told_ready = frame.is_some();
        frame
    }

    fn has_frame(&mut self, _: Port) -> bool {
        self.told_ready = !self.out.is_empty();
        self.told_ready
    }

    fn poll_at(&self) -> Option<Wake> {
        None
    }

    fn due(&self) -> Instant {
        Instant::FAR
    }
}

/// What the program of the server says to everybody who connects.
const GREETING: &[u8] = b"hello";
/// Connections at a time, at most.
const CONNECTIONS: usize = 1024;
/// Frames that wait, at most.
const QUEUE_FRAMES: usize = 1024;
