//! Recordings made by hand, for tests: hosts in a row, packets carried from one to the next.

pub(crate) mod dns;
pub(crate) mod visit;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use base::event::{AppFact, DropReason, Event, Fact, Flow, LinkDrop, TcpState, TransportFact};
use base::{
    Direction, Duration, Flaw, FrameSeen, Instant, LinkType, Mac, Nic, NicInfo, NodeId, PacketId, Port, SeqNum,
};
use bytes::Bytes;
use wire::tcp::Flags;
use wire::{PacketBuf, arp, ethernet, ip, ipv4, tcp, udp};

use crate::recording::Recording;

/// A recording being made.
pub(crate) struct Film {
    pub(crate) recording: Recording,
    pub(crate) now: Instant,
    /// What one hop takes.
    pub(crate) hop: Duration,
    hosts: Vec<(&'static str, Ipv4Addr)>,
    packets: u64,
}

/// What becomes of a packet.
#[derive(Clone, Copy)]
pub(crate) enum Fate {
    Arrives,
    /// Lost after this many nodes have sent it.
    Lost(usize),
    /// Dropped by the n-th node (0 sends it).
    Dropped(usize, DropReason),
}

impl Film {
    pub(crate) fn new(hosts: &[(&'static str, [u8; 4])]) -> Film {
        let mut recording = Recording::default();
        for (n, (name, _)) in hosts.iter().enumerate() {
            let mac = Some(mac(n));
            let info = NicInfo { node: (*name).into(), name: "eth0".into(), link_type: LinkType::Ethernet, mac };
            recording.add_nic(nic(n), info);
        }
        let hosts = hosts.iter().map(|(name, ip)| (*name, Ipv4Addr::from(*ip))).collect();
        Film { recording, now: Instant::ZERO, hop: Duration::from_millis(1), hosts, packets: 0 }
    }

    fn place(&self, host: &str) -> usize {
        self.hosts.iter().position(|(name, _)| *name == host).expect("a host of this film")
    }

    pub(crate) fn node(&self, host: &str) -> NodeId {
        NodeId(self.place(host) as u32)
    }

    pub(crate) fn ip(&self, host: &str) -> IpAddr {
        self.hosts[self.place(host)].1.into()
    }

    pub(crate) fn rename(&mut self, host: &'static str, ip: [u8; 4]) {
        let place = self.place(host);
        self.hosts[place].1 = ip.into();
    }

    pub(crate) fn sleep_ms(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
    }

    /// Ends the film.
    pub(crate) fn cut(mut self) -> Recording {
        self.recording.put_in_order();
        self.recording
    }

    pub(crate) fn fact(&mut self, host: &str, fact: AppFact) {
        self.event(host, PacketId::NONE, Fact::App(fact));
    }

    pub(crate) fn event(&mut self, host: &str, cause: PacketId, fact: Fact) {
        let event = Event { at: self.now, node: self.node(host), cause, fact };
        self.recording.add_event(event);
    }

    pub(crate) fn state(&mut self, host: &str, cause: PacketId, flow: Flow, from: TcpState, to: TcpState) {
        self.event(host, cause, Fact::Transport(TransportFact::State { flow, from, to }));
    }

    /// Carries a packet along `path`; the film's time moves to its arrival.
    pub(crate) fn carry(&mut self, path: &[&str], packet: &PacketBuf, fate: Fate) -> PacketId {
        self.packets += 1;
        let id = PacketId::new(self.node(path[0]), self.packets);
        let start = self.now;
        for (n, pair) in path.windows(2).enumerate() {
            if let Fate::Dropped(by, reason) = fate
                && by == n
            {
                self.event(path[n], id, Fact::Drop(reason));
                return id;
            }
            let packet = &self.addressed(pair, packet);
            self.see(pair[0], Direction::Out, id, packet);
            self.now += self.hop;
            if matches!(fate, Fate::Lost(after) if after == n + 1) {
                self.event(pair[1], id, Fact::Drop(LinkDrop::Lost.into()));
                self.now = start;
                return id;
            }
            self.see(pair[1], Direction::In, id, packet);
        }
        if let Fate::Dropped(by, reason) = fate
            && by + 1 == path.len()
        {
            self.event(path[by], id, Fact::Drop(reason));
        }
        id
    }

    /// The frame of one hop, with its hardware addresses; broadcasts and ARP stay as they are.
    fn addressed(&self, hop: &[&str], packet: &PacketBuf) -> PacketBuf {
        let mut packet = packet.clone();
        let head = packet.head_mut();
        if head[12..14] == [8, 0] && head[30..34] != [255; 4] {
            head[..6].copy_from_slice(&mac(self.place(hop[1])).0);
            head[6..12].copy_from_slice(&mac(self.place(hop[0])).0);
        }
        packet
    }

    pub(crate) fn see(&mut self, host: &str, direction: Direction, packet: PacketId, bytes: &PacketBuf) {
        self.see_flawed(host, direction, packet, bytes, None);
    }

    pub(crate) fn see_flawed(
        &mut self,
        host: &str,
        direction: Direction,
        packet: PacketId,
        bytes: &PacketBuf,
        flaw: Option<Flaw>,
    ) {
        let nic = nic(self.place(host));
        self.recording.add_frame(FrameSeen { at: self.now, nic, direction, packet, bytes: bytes.parts(), flaw });
    }

    pub(crate) fn udp(&self, src: SocketAddr, dst: SocketAddr, data: &[u8]) -> PacketBuf {
        let mut packet = PacketBuf::new(PacketId::NONE, Bytes::copy_from_slice(data));
        udp::Header::new(src.port(), dst.port()).push(&mut packet, src.ip(), dst.ip());
        self.enclose(packet, ip::Protocol::UDP, src.ip(), dst.ip())
    }

    pub(crate) fn tcp(&self, src: SocketAddr, dst: SocketAddr, header: tcp::Header, data: &[u8]) -> PacketBuf {
        let mut packet = PacketBuf::new(PacketId::NONE, Bytes::copy_from_slice(data));
        tcp::Header { src_port: src.port(), dst_port: dst.port(), ..header }.push(&mut packet, src.ip(), dst.ip());
        self.enclose(packet, ip::Protocol::TCP, src.ip(), dst.ip())
    }

    pub(crate) fn enclose(&self, mut packet: PacketBuf, protocol: ip::Protocol, src: IpAddr, dst: IpAddr) -> PacketBuf {
        let (IpAddr::V4(src), IpAddr::V4(dst)) = (src, dst) else { panic!("films are in IPv4") };
        ipv4::Header { protocol, src, dst, ..ipv4::Header::default() }.push(&mut packet);
        let header = ethernet::Header { dst: Mac::BROADCAST, src: Mac::local(1), ethertype: ethernet::EtherType::IPV4 };
        header.push(&mut packet);
        packet.pad_to(ethernet::MIN_FRAME);
        packet
    }

    /// `asker` asks for `target`'s address and gets an answer.
    pub(crate) fn arp(&mut self, asker: &str, target: &str) {
        let (asked, target_mac) = (v4(self.ip(target)), mac(self.place(target)));
        let question = arp::Packet {
            operation: arp::Operation::Request,
            sender_mac: mac(self.place(asker)),
            sender_ip: v4(self.ip(asker)),
            target_mac: Mac::default(),
            target_ip: asked,
        };
        let answer = arp::Packet {
            operation: arp::Operation::Reply,
            sender_mac: target_mac,
            sender_ip: asked,
            target_mac: question.sender_mac,
            target_ip: question.sender_ip,
        };
        self.carry(&[asker, target], &arp_frame(Mac::BROADCAST, &question), Fate::Arrives);
        self.carry(&[target, asker], &arp_frame(question.sender_mac, &answer), Fate::Arrives);
    }
}

fn arp_frame(dst: Mac, arp: &arp::Packet) -> PacketBuf {
    let mut packet = PacketBuf::new(PacketId::NONE, Bytes::new());
    arp.push(&mut packet);
    ethernet::Header { dst, src: arp.sender_mac, ethertype: ethernet::EtherType::ARP }.push(&mut packet);
    packet.pad_to(ethernet::MIN_FRAME);
    packet
}

pub(crate) fn v4(ip: IpAddr) -> Ipv4Addr {
    if let IpAddr::V4(v4) = ip { v4 } else { Ipv4Addr::UNSPECIFIED }
}

fn nic(n: usize) -> Nic {
    Nic { node: NodeId(n as u32), port: Port(0) }
}

fn mac(n: usize) -> Mac {
    Mac::local(n as u32 + 1)
}

/// A TCP connection between the ends of a path.
pub(crate) struct Conn {
    path: Vec<&'static str>,
    pub(crate) client: SocketAddr,
    pub(crate) server: SocketAddr,
    seq: [SeqNum; 2],
}

impl Conn {
    pub(crate) fn new(film: &Film, path: &[&'static str], client_port: u16, server_port: u16) -> Conn {
        let client = SocketAddr::new(film.ip(path[0]), client_port);
        let server = SocketAddr::new(film.ip(path[path.len() - 1]), server_port);
        Conn { path: path.to_vec(), client, server, seq: [SeqNum(1000), SeqNum(u32::MAX - 5)] }
    }

    /// FIN, ACK, FIN, ACK.
    pub(crate) fn close(&mut self, film: &mut Film) {
        self.client(film, Flags::FIN | Flags::ACK, b"", Fate::Arrives);
        self.server(film, Flags::ACK, b"", Fate::Arrives);
        self.server(film, Flags::FIN | Flags::ACK, b"", Fate::Arrives);
        self.client(film, Flags::ACK, b"", Fate::Arrives);
    }

    pub(crate) fn client(&mut self, film: &mut Film, flags: Flags, data: &[u8], fate: Fate) -> PacketId {
        self.segment(film, 0, flags, data, fate)
    }

    pub(crate) fn server(&mut self, film: &mut Film, flags: Flags, data: &[u8], fate: Fate) -> PacketId {
        self.segment(film, 1, flags, data, fate)
    }

    /// Sends what was sent last once more.
    pub(crate) fn client_again(&mut self, film: &mut Film, flags: Flags, data: &[u8], fate: Fate) -> PacketId {
        let len = tcp::Header { flags, ..tcp::Header::default() }.segment_len(data.len());
        self.seq[0] = self.seq[0] - len;
        self.segment(film, 0, flags, data, fate)
    }

    pub(crate) fn server_again(&mut self, film: &mut Film, flags: Flags, data: &[u8], fate: Fate) -> PacketId {
        let len = tcp::Header { flags, ..tcp::Header::default() }.segment_len(data.len());
        self.seq[1] = self.seq[1] - len;
        self.segment(film, 1, flags, data, fate)
    }

    fn segment(&mut self, film: &mut Film, side: usize, flags: Flags, data: &[u8], fate: Fate) -> PacketId {
        let ends = [self.client, self.server];
        let mut path = self.path.clone();
        if side == 1 {
            path.reverse();
        }
        let mss = flags.contains(Flags::SYN).then_some(1460);
        let options = tcp::Options { mss, ..tcp::Options::default() };
        let ack = if flags.contains(Flags::ACK) { self.seq[1 - side] } else { SeqNum(0) };
        let header = tcp::Header { seq: self.seq[side], ack, flags, window: 65535, options, ..tcp::Header::default() };
        let packet = film.tcp(ends[side], ends[1 - side], header, data);
        self.seq[side] += header.segment_len(data.len());
        film.carry(&path, &packet, fate)
    }
}
