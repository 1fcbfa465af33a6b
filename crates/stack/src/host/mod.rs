//! A host: the only room that knows the order of the layers.
//!
//! ```text
//!   programs ──sockets──┐
//!                 transport (tcp, udp, raw)
//!   `receive` ▲           │ `send`
//!                 internet (routes, fragments, icmp)
//!                 iface (neighbours, queue)
//!   on_frame ─┘           └─> poll_frame
//! ```
//! One file per crossing: `receive` (frames going up; `predict`, the short way of the
//! expected ones), `send` (packets going down), `icmp` (errors, both ways), `sockets`
//! (the programs' calls), `links` (those on a link itself), `configure` (addresses and routes).

mod configure;
mod icmp;
mod links;
mod predict;
mod receive;
mod send;
mod sockets;

use std::collections::VecDeque;
use std::net::IpAddr;
use std::task::Waker;

use base::event::{DropReason, Fact};
use base::{Cx, Event, Instant, Kind, NodeId, PacketId, Port, Rng};
use wire::PacketBuf;

use crate::config::Config;
use crate::iface::Interface;
use crate::iface::claim::Claims;
use crate::iface::link_socket::LinkSockets;
use crate::iface::neighbor::Neighbors;
use crate::internet::address::OwnAddresses;
use crate::internet::icmp::ErrorBudget;
use crate::internet::pmtu::PathMtus;
use crate::internet::reassembly::Reassembly;
use crate::internet::route::Routes;
use crate::transport::Path;
use crate::transport::raw::Raw;
use crate::transport::tcp::Tcp;
use crate::transport::tcp::cx::{Facts, TcpCx};
use crate::transport::udp::Udp;
use crate::{Node, Wake};

/// A complete TCP/IP host, or a router when its configuration says `forwarding`.
///
/// Socket calls never block and need no time: they set state that the next [`poll_frame`](Node::poll_frame) turns into
/// packets. After any of them the driver asks as after any other input (see [`Node`]), and calls what
/// [`take_wakers`](Host::take_wakers) gives it.
pub struct Host {
    node: NodeId,
    config: Config,
    rng: Rng,
    /// Packets built here so far.
    packets: u64,
    /// IPv4 identification of the next datagram.
    next_ident: u16,
    /// The time of the last input.
    now: Instant,
    interfaces: Vec<Interface>,
    /// Interfaces that became ready to send and were not yet named by `poll_ready`.
    ready: VecDeque<Port>,
    own: OwnAddresses,
    routes: Routes,
    neighbors: Neighbors,
    claims: Claims,
    links: LinkSockets,
    reassembly: Reassembly,
    errors: ErrorBudget,
    path_mtus: PathMtus,
    tcp: Tcp,
    udp: Udp,
    raw: Raw,
    /// Datagrams of programs, IP header in front, on their way to an interface.
    outbox: VecDeque<(PacketBuf, Path)>,
    wakers: Vec<Waker>,
    facts: Facts,
}

impl Host {
    /// A host without interfaces. `rng` is its own random stream.
    pub fn new(node: NodeId, config: Config, mut rng: Rng) -> Self {
        Host {
            node,
            packets: 0,
            next_ident: rng.next_u32() as u16,
            now: Instant::ZERO,
            interfaces: Vec::new(),
            ready: VecDeque::new(),
            own: OwnAddresses::default(),
            routes: Routes::default(),
            neighbors: Neighbors::default(),
            claims: Claims::default(),
            links: LinkSockets::default(),
            reassembly: Reassembly::default(),
            errors: ErrorBudget::new(config.icmp_errors_per_second),
            path_mtus: PathMtus::default(),
            tcp: Tcp::new(&config, &rng),
            udp: Udp::new(config.max_sockets, config.datagram_queue),
            raw: Raw::new(config.max_sockets, config.datagram_queue),
            outbox: VecDeque::new(),
            wakers: Vec::new(),
            facts: Facts::default(),
            config,
            rng,
        }
    }

    /// What the host was told when it was made.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What this host waits for, in no order.
    pub fn waiting(&self) -> impl Iterator<Item = Wake> + '_ {
        self.tcp.waiting().chain(self.neighbors.poll_at()).chain(self.reassembly.poll_at())
    }

    fn packet_id(&mut self) -> PacketId {
        self.packets += 1;
        PacketId::new(self.node, self.packets)
    }

    fn enter(&mut self, cx: &Cx<'_>) {
        self.now = cx.now;
        self.facts.wanted = cx.sink.wants(Kind::Transport);
        self.facts.measured = self.facts.wanted && cx.sink.wants(Kind::Metrics);
    }

    /// Turns the facts of this call into events, and interfaces that TCP wants into ready ones.
    fn leave(&mut self, cx: &mut Cx<'_>, cause: PacketId) {
        if !self.facts.list.is_empty() {
            for fact in self.facts.list.drain(..) {
                cx.sink.event(Event { at: cx.now, node: self.node, cause, fact: Fact::Transport(fact) });
            }
        }
        self.note_ready();
    }

    fn note_ready(&mut self) {
        while let Some(port) = self.tcp.newly_ready.pop() {
            self.mark_ready(port);
        }
    }

    fn mark_ready(&mut self, port: Port) {
        if let Some(interface) = self.interfaces.get_mut(usize::from(port.0))
            && !interface.ready
        {
            interface.ready = true;
            self.ready.push_back(port);
        }
    }

    fn dropped(&self, cx: &mut Cx<'_>, packet: PacketId, reason: impl Into<DropReason>) {
        cx.record(Kind::Drop, packet, || Fact::Drop(reason.into()));
    }

    /// The way to `to`, from the routes and our own addresses.
    fn path_to(&self, to: IpAddr) -> Option<Path> {
        let path = find_path(&self.own, &self.routes, &self.interfaces, to)?;
        Some(narrowed(path, &self.path_mtus, to, self.now))
    }

    /// The parts of the host that a call into TCP needs.
    fn tcp_call<T>(&mut self, call: impl FnOnce(&mut Tcp, &mut TcpCx<'_>) -> T) -> T {
        let Host { tcp, config, facts, wakers, now, .. } = self;
        call(tcp, &mut TcpCx { now: *now, config, facts, wakers })
    }
}

fn find_path(own: &OwnAddresses, routes: &Routes, interfaces: &[Interface], to: IpAddr) -> Option<Path> {
    if own.contains(to) || is_loopback(to) {
        return Some(Path { local: true, ..Path::new(Port(0), to, LOCAL_MTU) });
    }
    let (port, next_hop) = routes.next_hop(to)?;
    let mtu = interfaces.get(usize::from(port.0))?.config.mtu;
    Some(Path::new(port, next_hop, mtu))
}

/// The path as far as it is known to be narrower than its first link.
fn narrowed(mut path: Path, mtus: &PathMtus, to: IpAddr, now: Instant) -> Path {
    path.mtu = path.mtu.min(mtus.to(to, now).unwrap_or(path.mtu));
    path
}

fn is_loopback(ip: IpAddr) -> bool {
    ip.is_loopback()
}

impl Node for Host {
    fn on_frame(&mut self, cx: &mut Cx<'_>, port: Port, frame: PacketBuf) {
        self.enter(cx);
        let Some(frame) = self.receive_predicted(cx, port, frame) else { return self.note_ready() };
        let id = frame.id;
        self.receive(cx, port, frame);
        self.leave(cx, id);
    }

    fn on_timer(&mut self, cx: &mut Cx<'_>) {
        self.enter(cx);
        self.tcp_call(|tcp, cx| tcp.on_timer(cx));
        self.on_neighbor_timer(cx);
        self.on_reassembly_timer(cx);
        self.leave(cx, PacketId::NONE);
    }

    fn poll_ready(&mut self) -> Option<Port> {
        self.ready.pop_front()
    }

    fn poll_frame(&mut self, cx: &mut Cx<'_>, port: Port) -> Option<PacketBuf> {
        self.enter(cx);
        let frame = self.next_frame(cx, port);
        self.leave(cx, PacketId::NONE);
        frame
    }

    fn can_take(&self, port: Port) -> bool {
        self.links.have_room(port)
    }

    fn has_frame(&mut self, port: Port) -> bool {
        let Some(interface) = self.interfaces.get_mut(usize::from(port.0)) else { return false };
        interface.ready = interface.queue.len() > 0 || !self.outbox.is_empty() || self.tcp.has_segment(port);
        interface.ready
    }

    fn due(&self) -> Instant {
        let rare = [self.neighbors.poll_at(), self.reassembly.poll_at()];
        rare.into_iter().flatten().map(|wake| wake.at).fold(self.tcp.due(), Instant::min)
    }

    fn poll_at(&self) -> Option<Wake> {
        let sources = [self.tcp.poll_at(), self.neighbors.poll_at(), self.reassembly.poll_at()];
        sources.into_iter().flatten().min_by_key(|wake| wake.at)
    }
}

/// The largest packet that never leaves the host.
const LOCAL_MTU: usize = 65_535;
