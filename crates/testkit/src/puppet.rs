//! One host, whose only peer is played by the test, segment by segment.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::rc::Rc;

use base::{Blind, Cx, Duration, Instant, LinkType, NodeId, PacketId, Port, Rng, SeqNum};
use scope::view::View;
use stack::{Config, Node};
use wire::PacketBuf;

use crate::end::{Conn, End, Shared, Who};
use crate::ladder::{Ladder, Seen};
use crate::plan::{Built, Plan};
use crate::report;
use crate::seed::Seed;
use crate::segment::{Seg, seg};

/// A host `a` at the end of a bare IP line; the other end is the test's.
pub struct Puppet {
    /// The host.
    pub a: End,
    shared: Rc<Shared>,
    sent: VecDeque<(Duration, PacketBuf)>,
    packets: u64,
}

/// The peer's side of one connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Peer {
    /// The peer's port.
    pub port: u16,
    /// The host's port.
    pub host_port: u16,
    /// The peer's initial sequence number.
    pub iss: SeqNum,
    /// The next number that the peer sends.
    pub nxt: SeqNum,
    /// The host's initial sequence number.
    pub irs: SeqNum,
    /// The next number that the peer expects.
    pub rcv: SeqNum,
    /// The peer's timestamp and the host's last one, when they are in use.
    pub ts: Option<(u32, u32)>,
}

impl Peer {
    /// An acknowledgement in order, to be changed at will.
    pub fn seg(&self) -> Seg {
        let seg = seg().ports(self.port, self.host_port).seq(self.nxt).ack(self.rcv);
        match self.ts {
            Some((value, echo)) => seg.ts(value, echo),
            None => seg,
        }
    }
}

impl Puppet {
    /// A host that is not yet built.
    pub fn new(seed: Seed) -> Puppet {
        let plan = Plan { alone: true, link_type: LinkType::Ip, ..Plan::default() };
        let shared = Shared::new(seed, plan);
        Puppet { a: End::new(&shared, Who::A), shared, sent: VecDeque::new(), packets: 0 }
    }

    /// Changes the host's configuration.
    pub fn config(self, change: impl FnOnce(&mut Config)) -> Puppet {
        self.shared.change(|plan| change(&mut plan.config_a));
        self
    }

    /// The host speaks IPv6.
    pub fn ipv6(self) -> Puppet {
        self.shared.change(|plan| plan.v6 = true);
        self
    }

    /// The peer's address.
    pub fn peer(&self, port: u16) -> SocketAddr {
        SocketAddr::new(self.shared.plan.borrow().b().address(), port)
    }

    /// The peer sends a segment.
    pub fn send(&mut self, seg: Seg) {
        let (src, dst) = (self.peer(seg.header.src_port), self.a.addr(seg.header.dst_port));
        let packet = seg.packet(self.next_id(), src, dst);
        self.send_packet(packet);
    }

    /// The peer sends segments that arrive together: all are received before the host may send.
    pub fn send_together(&mut self, segs: impl IntoIterator<Item = Seg>) {
        for seg in segs {
            let (src, dst) = (self.peer(seg.header.src_port), self.a.addr(seg.header.dst_port));
            let packet = seg.packet(self.next_id(), src, dst);
            self.drive(|world, cx| world.on_frame(cx, Port(0), packet));
        }
        self.collect();
    }

    /// The peer sends bytes that it calls a packet.
    pub fn send_bytes(&mut self, bytes: Vec<u8>) {
        let packet = PacketBuf::from_vec(self.next_id(), bytes);
        self.send_packet(packet);
    }

    fn next_id(&mut self) -> PacketId {
        self.packets += 1;
        PacketId::new(NodeId(7), self.packets)
    }

    fn send_packet(&mut self, packet: PacketBuf) {
        self.drive(|world, cx| world.on_frame(cx, Port(0), packet));
        self.collect();
    }

    fn drive<R>(&mut self, act: impl FnOnce(&mut sim::World, &mut Cx<'_>) -> R) -> R {
        let mut built = self.shared.built();
        let Built { world, .. } = &mut *built;
        let (mut rng, mut sink) = (Rng::root(0), Blind);
        let mut cx = Cx { now: world.now(), node: NodeId(0), rng: &mut rng, sink: &mut sink };
        act(world, &mut cx)
    }

    /// Takes what the host wants to send now.
    fn collect(&mut self) {
        let now = self.now();
        let fresh = self.drive(|world, cx| {
            let mut fresh = Vec::new();
            while let Some(port) = world.poll_ready() {
                while let Some(packet) = world.poll_frame(cx, port) {
                    fresh.push((now, packet));
                }
            }
            fresh
        });
        self.sent.extend(fresh);
    }

    /// Lets time pass.
    pub fn run_for(&mut self, span: Duration) {
        let end = Instant::ZERO + self.now() + span;
        loop {
            self.collect();
            let next = self.drive(|world, _| world.poll_at()).map_or(Instant::FAR, |wake| wake.at);
            self.drive(|world, _| world.run_until(next.min(end)));
            if next > end {
                return self.collect();
            }
        }
    }

    /// The time since the start.
    pub fn now(&self) -> Duration {
        self.shared.built().since_start()
    }

    /// The next segment that the host has sent, if it sent one.
    pub fn hear(&mut self) -> Option<Seen> {
        self.collect();
        while let Some((at, packet)) = self.sent.pop_front() {
            let bytes = packet.contiguous();
            if let Some(seen) = Seen::of(at, &View::of(LinkType::Ip, &bytes)) {
                return Some(seen);
            }
        }
        None
    }

    /// All segments that the host has sent and nobody took.
    pub fn take(&mut self) -> Vec<Seen> {
        std::iter::from_fn(|| self.hear()).collect()
    }

    /// All packets that the host has sent and nobody took, as bytes.
    pub fn take_packets(&mut self) -> Vec<Vec<u8>> {
        self.collect();
        self.sent.drain(..).map(|(_, packet)| packet.contiguous()).collect()
    }

    /// The peer connects to a listening port of the host; `syn` may add options to its SYN. The host's connection waits
    /// to be accepted.
    pub fn dial(&mut self, host_port: u16, syn: impl FnOnce(Seg) -> Seg) -> Peer {
        let (port, iss) = (40_000 + self.packets as u16, SeqNum(1_000_000));
        let first = syn(seg().ports(port, host_port).syn().seq(iss));
        let ts = first.header.options.timestamps;
        self.send(first);
        let answer = self.take().pop().expect("a SYN to a listener is answered");
        self.confirm(port, host_port, iss, ts, &answer)
    }

    /// The host connects; the peer answers, with options that `syn_ack` may add. Returns both sides.
    pub fn answer(&mut self, syn_ack: impl FnOnce(Seg) -> Seg) -> (Conn, Peer) {
        let conn = self.a.connect(self.peer(80));
        let syn = self.take().pop().expect("a connection begins with a SYN");
        let iss = SeqNum(2_000_000);
        let reply = seg().ports(80, syn.src.port()).syn().seq(iss).ack(syn.header.seq + 1);
        let reply = syn_ack(reply);
        let ts = reply.header.options.timestamps;
        let echo = syn.options().timestamps.map_or(0, |(value, _)| value);
        let reply = if let Some((value, _)) = ts { reply.ts(value, echo) } else { reply };
        self.send(reply);
        self.take();
        let (port, host_port, irs) = (80, syn.src.port(), syn.header.seq);
        let ts = ts.map(|(value, _)| (value, echo));
        (conn, Peer { port, host_port, iss, nxt: iss + 1, irs, rcv: irs + 1, ts })
    }

    fn confirm(&mut self, port: u16, host_port: u16, iss: SeqNum, ts: Option<(u32, u32)>, answer: &Seen) -> Peer {
        let irs = answer.header.seq;
        let ts = match (ts, answer.options().timestamps) {
            (Some((value, _)), Some((echo, _))) => Some((value, echo)),
            _ => None,
        };
        let peer = Peer { port, host_port, iss, nxt: iss + 1, irs, rcv: irs + 1, ts };
        self.send(peer.seg());
        self.take();
        peer
    }

    /// What happened so far.
    pub fn ladder(&self) -> Ladder {
        Ladder::new(self.shared.built().recording())
    }
}

impl Drop for Puppet {
    fn drop(&mut self) {
        if std::thread::panicking() {
            report::failure(&self.shared);
        }
    }
}
