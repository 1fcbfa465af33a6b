//! A million SYNs from everywhere: who is connected notices nothing, and the host's memory stays as it was.

use std::collections::BTreeMap;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use base::event::{DropReason, TcpState, TransportDrop};
use base::{
    Blind, Cidr, Cx, Duration, Event, Fact, FrameSeen, Instant, Kind, Nic, NicInfo, NodeId, PacketId, Port, Rng,
};
use base::{SeqNum, Sink};
use glassnet_testkit::{Seg, pattern, seg};
use stack::{Config, ConnId, Host, InterfaceConfig, ListenerId, Node, TcpInfo};
use wire::PacketBuf;
use wire::ip::Protocol;
use wire::tcp::{Flags, Header};

//= rfc4987#3.6 test
#[test]
fn a_flood_of_a_million_syns_leaves_everything_as_it_was_with_cookies() {
    let mut town = Town::new(true);
    town.flood();
    assert_eq!(town.drops, Drops::default(), "every SYN is answered");
    // A peer who answers the cookie is let in, during the flood.
    let newcomer = town.connect(60_000).expect("the SYN is answered");
    let conn = town.host.tcp_accept(town.listener).expect("the cookie came back");
    town.converse(conn, newcomer);
    town.everyone_goes_on();
}

//= rfc4987#3.2 test
#[test]
fn a_flood_of_a_million_syns_leaves_everything_as_it_was_without_cookies() {
    let mut town = Town::new(false);
    town.flood();
    let full = DropReason::from(TransportDrop::SynQueueFull);
    assert_eq!(town.drops.0, [(full, u64::from(FLOOD) - BACKLOG as u64)].into(), "told and counted");
    assert!(town.connect(60_000).is_none(), "the queue is full, and that is all");
    town.everyone_goes_on();
    // Those who never answered are forgotten, and there is room again.
    town.wait(Duration::from_secs(200));
    let newcomer = town.connect(60_001).expect("the SYN is answered");
    let conn = town.host.tcp_accept(town.listener).expect("the handshake is over");
    town.converse(conn, newcomer);
}

/// A host on a bare IP line, with connections in the middle of a conversation.
struct Town {
    host: Host,
    listener: ListenerId,
    rng: Rng,
    now: Instant,
    packets: u64,
    friends: Vec<(ConnId, Friend)>,
    drops: Drops,
    sent: Vec<PacketBuf>,
}

/// Counts why segments were dropped.
#[derive(Default, PartialEq, Eq, Debug)]
struct Drops(BTreeMap<DropReason, u64>);

impl Sink for Drops {
    fn wants(&self, kind: Kind) -> bool {
        kind == Kind::Drop
    }
    fn nic(&mut self, _: Nic, _: NicInfo) {}
    fn frame(&mut self, _: FrameSeen<'_>) {}
    fn event(&mut self, event: Event) {
        if let Fact::Drop(reason) = event.fact {
            *self.0.entry(reason).or_default() += 1;
        }
    }
    fn secret(&mut self, _: Instant, _: &str) {}
}

/// A peer's side of a connection.
#[derive(Clone, Copy)]
struct Friend {
    addr: SocketAddr,
    nxt: SeqNum,
    rcv: SeqNum,
}

impl Town {
    fn new(syn_cookies: bool) -> Town {
        let mut host = Host::new(NodeId(0), Config { syn_cookies, ..Config::default() }, Rng::root(1));
        let port = host.add_interface(InterfaceConfig::point_to_point("ppp0"));
        host.add_address(port, Cidr::v4(SERVER.octets(), 24));
        host.add_route(stack::Route { to: Cidr::ANY_V4, via: None, port });
        let listener = host.tcp_listen(at(80), BACKLOG).expect("a free port");
        let (rng, sent) = (Rng::root(2), Vec::new());
        let mut town = Town {
            host,
            listener,
            rng,
            now: Instant::ZERO,
            packets: 0,
            friends: Vec::new(),
            drops: Drops::default(),
            sent,
        };
        for port in 0..FRIENDS {
            let friend = town.connect(10_000 + port).expect("the SYN is answered");
            let conn = town.host.tcp_accept(listener).expect("the handshake is over");
            town.host.tcp_send(conn, &pattern(1, 500)).expect("open");
            town.friends.push((conn, friend));
        }
        town.turn();
        town.sent.clear();
        town
    }

    /// The next packet, from `from`.
    fn receive(&mut self, from: SocketAddr, seg: &Seg) {
        self.packets += 1;
        let packet = seg.packet(PacketId::new(NodeId(1), self.packets), from, at(80));
        self.give(packet);
    }

    fn give(&mut self, packet: PacketBuf) {
        let Town { host, rng, now, drops, .. } = self;
        host.on_frame(&mut Cx { now: *now, node: NodeId(0), rng, sink: drops }, Port(0), packet);
        self.turn();
    }

    /// Lets the host send.
    fn turn(&mut self) {
        let Town { host, rng, now, sent, .. } = self;
        let mut sink = Blind;
        let mut cx = Cx { now: *now, node: NodeId(0), rng, sink: &mut sink };
        while let Some(port) = host.poll_ready() {
            while let Some(frame) = host.poll_frame(&mut cx, port) {
                sent.push(frame);
            }
        }
    }

    fn wait(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(wake) = self.host.poll_at().filter(|wake| wake.at <= end) {
            self.now = self.now.max(wake.at);
            let Town { host, rng, now, .. } = self;
            host.on_timer(&mut Cx { now: *now, node: NodeId(0), rng, sink: &mut Blind });
            self.turn();
            self.sent.clear();
        }
        self.now = end;
    }

    /// A peer connects, if it is answered.
    fn connect(&mut self, port: u16) -> Option<Friend> {
        let addr = SocketAddr::new(FRIEND.into(), port);
        let seg = seg().ports(port, 80);
        self.sent.clear();
        self.receive(addr, &seg.clone().syn().seq(SeqNum(1000)).mss(1460));
        let mut headers = self.sent.drain(..).filter_map(|packet| header(&packet));
        let answer = headers.find(|header| header.dst_port == port)?;
        drop(headers);
        assert!(answer.flags.contains(Flags::SYN | Flags::ACK), "{answer:?}");
        let friend = Friend { addr, nxt: SeqNum(1001), rcv: answer.seq + 1 };
        self.receive(addr, &seg.seq(friend.nxt).ack(friend.rcv));
        Some(friend)
    }

    /// Both ways work.
    fn converse(&mut self, conn: ConnId, friend: Friend) {
        let seg = seg().ports(friend.addr.port(), 80).seq(friend.nxt).ack(friend.rcv);
        self.receive(friend.addr, &seg.text(b"still there?"));
        let mut heard = [0; 20];
        assert_eq!(self.host.tcp_recv(conn, &mut heard), Ok(Some(12)));
        assert_eq!(&heard[..12], b"still there?");
    }

    fn infos(&self) -> Vec<TcpInfo> {
        self.friends.iter().map(|(conn, _)| self.host.tcp_info(*conn).expect("it is open")).collect()
    }

    fn flood(&mut self) {
        let (before, memory) = (self.infos(), resident());
        let mut dice = Rng::root(3);
        for _ in 0..FLOOD {
            let from = Ipv4Addr::from(0x0b00_0000 | dice.next_u32() & 0x00ff_ffff);
            let from = SocketAddr::new(from.into(), 1024 + (dice.next_u32() % 60_000) as u16);
            self.receive(from, &seg().ports(from.port(), 80).syn().seq(SeqNum(dice.next_u32())).mss(1460));
            self.sent.clear();
        }
        assert_eq!(self.infos(), before, "who is connected notices nothing");
        let open = self.host.tcp_connections().filter(|(.., state)| *state == TcpState::Established).count();
        let half_open = self.host.tcp_connections().count() - open;
        assert_eq!(open, usize::from(FRIENDS));
        assert!(half_open <= BACKLOG, "{half_open} half-open connections");
        let grown = resident().saturating_sub(memory);
        assert!(grown < MAY_GROW, "{grown} bytes more than before");
    }

    /// All acknowledge what was sent to them before the flood, and say something.
    fn everyone_goes_on(&mut self) {
        for (conn, mut friend) in self.friends.clone() {
            friend.rcv += 500;
            self.converse(conn, friend);
            let info = self.host.tcp_info(conn).expect("it is open");
            assert_eq!((info.in_flight, info.not_sent), (0, 0));
        }
    }
}

fn header(packet: &PacketBuf) -> Option<Header> {
    let bytes = packet.contiguous();
    (bytes.get(9) == Some(&Protocol::TCP.0)).then_some(())?;
    Header::parse(bytes.get(20..)?).ok()
}

fn at(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(SERVER), port)
}

/// Bytes of this process that are in memory; nothing where the system does not say.
fn resident() -> usize {
    let pages = fs::read_to_string("/proc/self/statm").ok();
    pages.and_then(|text| text.split(' ').nth(1)?.parse::<usize>().ok()).map_or(0, |pages| pages * 4096)
}

const SERVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const FRIEND: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);
const FRIENDS: u16 = 500;
const BACKLOG: usize = 256;
const FLOOD: u32 = 1_000_000;
/// Two tests share a process; a full queue of half-open connections is far less.
const MAY_GROW: usize = 8 << 20;
