//! The table of connections: who gets a segment, who has something to send, who waits for what.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

use base::event::{Flow, TcpState, TransportDrop};
use base::{Duration, Instant, Port, Rng, SeqNum};
use wire::PacketBuf;
use wire::tcp::Flags;

use super::connection::{Arrived, Connection, Phase};
use super::cookie::Oven;
use super::cx::TcpCx;
use super::demux::Demux;
use super::handshake::Handshake;
use super::isn::IsnGenerator;
use super::listener::Listener;
use super::segment::{Outgoing, Segment};
use super::settings::Settings;
use super::timers::Timers;
use crate::config::Config;
use crate::socket::TcpError;
use crate::transport::Path;
use crate::transport::arena::Arena;
use crate::wake::{Wake, Why};

/// All TCP of a host.
pub(crate) struct Tcp {
    pub(super) connections: Arena<Entry>,
    pub(super) listeners: Arena<Listener>,
    pub(super) demux: Demux,
    pub(super) isn: IsnGenerator,
    /// Connections that may have something to send, one line per interface.
    ready: Vec<VecDeque<u64>>,
    /// Interfaces whose line was empty and is not any more; the host takes them.
    pub(crate) newly_ready: Vec<Port>,
    timers: Timers,
    /// Resets for segments of no connection, bounded.
    strays: VecDeque<Transmit>,
    /// Bytes that the buffers of all connections have grown by.
    pub(super) grown: usize,
    /// What connections are told unless somebody chose otherwise.
    pub(super) defaults: Arc<Settings>,
    /// What black holes let through, by destination, for the host to remember.
    pub(crate) confirmed: Vec<(IpAddr, usize)>,
}

pub(super) struct Entry {
    pub(super) connection: Connection,
    pub(super) path: Path,
    /// Listener that this connection came in by, until it is accepted.
    pub(super) listener: Option<u64>,
    /// Whether it stands in a line of `ready`.
    queued: bool,
    /// Whether `demux` leads to it: until it is closed.
    reachable: bool,
    /// The earliest entry of `timers` that names it.
    timer: Instant,
    /// What its buffers have grown by, as counted in the host's budget.
    grown: usize,
}

/// A segment to be sent: a packet that begins with its TCP header, and what the internet layer needs.
pub(crate) struct Transmit {
    pub(crate) packet: PacketBuf,
    pub(crate) from: IpAddr,
    pub(crate) to: IpAddr,
    pub(crate) path: Path,
    /// What was the type of service: Diffserv, and whether the network may mark it instead of dropping it.
    pub(crate) traffic_class: u8,
}

impl Transmit {
    fn plain(connection: &Connection, path: Path, packet: PacketBuf) -> Self {
        let Connection { flow, settings, .. } = connection;
        let traffic_class = settings.traffic_class;
        Transmit { packet, from: flow.local.ip(), to: flow.remote.ip(), path, traffic_class }
    }

    fn of(connection: &Connection, path: Path, segment: Outgoing) -> Self {
        //= rfc9293#3.9.1.9 SHLD-22
        let traffic_class = connection.settings.traffic_class | if segment.ect { ECT_0 } else { 0 };
        let packet = segment.emit(&connection.flow);
        Transmit { traffic_class, ..Self::plain(connection, path, packet) }
    }

    /// To somebody who has no connection here.
    fn stray(flow: &Flow, path: Path, segment: Outgoing) -> Self {
        let packet = segment.emit(flow);
        Transmit { packet, from: flow.local.ip(), to: flow.remote.ip(), path, traffic_class: 0 }
    }
}

impl Tcp {
    pub(crate) fn new(config: &Config, rng: &Rng) -> Self {
        Tcp {
            connections: Arena::new(config.max_sockets),
            listeners: Arena::new(config.max_sockets),
            demux: Demux::default(),
            isn: IsnGenerator::new(rng.split("isn")),
            ready: Vec::new(),
            newly_ready: Vec::new(),
            timers: Timers::default(),
            strays: VecDeque::new(),
            grown: 0,
            defaults: Arc::new(Settings::new(config)),
            confirmed: Vec::new(),
        }
    }

    // --- input -----------------------------------------------------------------------------------------------------

    /// A segment with a valid checksum. `path` leads back to its sender.
    pub(crate) fn on_segment(
        &mut self,
        flow: Flow,
        segment: Segment,
        path: &dyn Fn(IpAddr) -> Option<Path>,
        cx: &mut TcpCx<'_>,
    ) -> Result<(), TransportDrop> {
        let mut isn_after = None;
        if let Some(id) = self.demux.find(&flow) {
            isn_after = self.gives_way(id, &segment);
            if isn_after.is_none() {
                return self.on_segment_of(id, segment, cx);
            }
            self.end_wait(id, cx);
        }
        if let Some(listener) = self.demux.listener(flow.local) {
            let isn = self.isn.isn(cx.now, &flow);
            let iss = isn_after.map_or(isn, |last: SeqNum| isn.max(last + ISN_GAP));
            return self.on_segment_listen((listener, iss), flow, segment, path, cx);
        }
        self.refuse(flow, &segment, path);
        Err(TransportDrop::NoListener)
    }

    fn on_segment_of(&mut self, id: u64, segment: Segment, cx: &mut TcpCx<'_>) -> Result<(), TransportDrop> {
        let Some(entry) = self.connections.get_mut(id) else { return Err(TransportDrop::NoConnection) };
        if let Some(listener) = entry.listener
            && entry.connection.state() == TcpState::SynReceived
            && !segment.has(Flags::RST)
            && self.listeners.get(listener).is_some_and(|listener| !listener.takes_connection())
        {
            // The last ACK of the handshake waits until the program has accepted somebody.
            return Err(TransportDrop::AcceptQueueFull);
        }
        entry.connection.may_grow = self.grown < cx.config.buffer_budget;
        let arrived = entry.connection.on_segment(segment, cx);
        if let Phase::Synchronized(open) = &mut entry.connection.phase
            && let Some(mss) = open.snd.take_confirmed_mss()
        {
            let to = entry.connection.flow.remote.ip();
            self.confirmed.push((to, mss as usize + if to.is_ipv4() { 40 } else { 60 }));
        }
        self.count_growth(id);
        if arrived == Arrived::Established {
            self.on_established(id, cx);
        }
        self.after_input(id);
        match arrived {
            Arrived::Dropped(reason) => Err(reason),
            _ => Ok(()),
        }
    }

    /// When a connection in TIME-WAIT yields to a new SYN between the same ends: the last number that it used.
    fn gives_way(&self, id: u64, segment: &Segment) -> Option<SeqNum> {
        if !segment.has(Flags::SYN) || segment.has(Flags::ACK) || segment.has(Flags::RST) {
            return None;
        }
        match &self.connections.get(id)?.connection.phase {
            Phase::TimeWait(wait) if wait.yields_to(segment) => Some(wait.last_sent()),
            _ => None,
        }
    }

    /// TIME-WAIT is over before its time. What its program has not read stays readable.
    fn end_wait(&mut self, id: u64, cx: &mut TcpCx<'_>) {
        let Some(entry) = self.connections.get_mut(id) else { return };
        cx.facts.state(entry.connection.flow, TcpState::TimeWait, TcpState::Closed);
        entry.connection.phase = Phase::Closed;
        self.after_input(id);
    }

    //= rfc9293#3.10.7.2
    fn on_segment_listen(
        &mut self,
        (listener, iss): (u64, SeqNum),
        flow: Flow,
        segment: Segment,
        path: &dyn Fn(IpAddr) -> Option<Path>,
        cx: &mut TcpCx<'_>,
    ) -> Result<(), TransportDrop> {
        if segment.has(Flags::RST) {
            return Err(TransportDrop::NoConnection);
        }
        if segment.has(Flags::ACK) {
            let expected = self.listeners.get(listener).is_some_and(|owner| owner.expects_cookie(cx.now));
            if expected
                && !segment.has(Flags::SYN)
                && let Some(path) = path(flow.remote.ip())
                && let Some(syn) = self.oven((&flow, &path), &self.settings_of(listener), cx).read(&flow, &segment)
            {
                let room = self.listeners.get(listener).is_some_and(|owner| owner.takes_connection());
                let id = if room { self.take_cookie((listener, syn), flow, &segment, path, cx) } else { None };
                let Some(id) = id else { return Err(TransportDrop::AcceptQueueFull) };
                return self.on_segment_of(id, segment, cx);
            }
            self.refuse(flow, &segment, path);
            return Err(TransportDrop::NoConnection);
        }
        if !segment.has(Flags::SYN) {
            return Err(TransportDrop::NoAckFlag);
        }
        let Some(owner) = self.listeners.get_mut(listener) else { return Err(TransportDrop::NoListener) };
        let Some(path) = path(flow.remote.ip()) else { return Err(TransportDrop::NoConnection) };
        if !owner.takes_connection() {
            return Err(TransportDrop::SynQueueFull);
        }
        if !owner.takes_syn() {
            if !cx.config.syn_cookies || self.strays.len() >= MAX_STRAYS {
                return Err(TransportDrop::SynQueueFull);
            }
            owner.cookies_until = Some(cx.now + COOKIE_LIFETIME);
            let settings = self.settings_of(listener);
            let answer = self.oven((&flow, &path), &settings, cx).answer(&flow, &segment);
            self.push_stray(Transmit::stray(&flow, path, answer));
            return Ok(());
        }
        let offset = self.isn.timestamp_offset(&flow);
        let settings = self.settings_of(listener);
        let handshake = Handshake::accept(
            iss,
            offered_mss(&flow, &path, &settings),
            offset,
            settings.receive_buffer,
            &segment,
            cx.now,
        );
        let id = self.insert(flow, handshake, path, Some(listener), settings).ok_or(TransportDrop::SynQueueFull)?;
        if let Some(owner) = self.listeners.get_mut(listener) {
            owner.half_open += 1;
        }
        cx.facts.state(flow, TcpState::Listen, TcpState::SynReceived);
        self.after_input(id);
        Ok(())
    }

    fn oven<'a>(&'a self, (flow, path): (&Flow, &Path), settings: &Settings, cx: &'a TcpCx<'_>) -> Oven<'a> {
        let (buffer, mss) = (settings.receive_buffer, offered_mss(flow, path, settings));
        Oven { isn: &self.isn, config: cx.config, buffer, now: cx.now, mss }
    }

    /// What a listener tells the connections that it takes.
    fn settings_of(&self, listener: u64) -> Arc<Settings> {
        let own = self.listeners.get(listener).and_then(|listener| listener.settings.as_ref());
        own.unwrap_or(&self.defaults).clone()
    }

    /// A connection out of a cookie that came back: everything else about its SYN was forgotten.
    //= rfc4987#3.6
    fn take_cookie(
        &mut self,
        (listener, syn): (u64, Segment),
        flow: Flow,
        ack: &Segment,
        path: Path,
        cx: &mut TcpCx<'_>,
    ) -> Option<u64> {
        let settings = self.settings_of(listener);
        let offset = self.isn.timestamp_offset(&flow);
        let (mss, buffer) = (offered_mss(&flow, &path, &settings), settings.receive_buffer);
        let mut handshake = Handshake::accept(ack.ack - 1, mss, offset, buffer, &syn, cx.now);
        handshake.was_answered(cx.now);
        let id = self.insert(flow, handshake, path, Some(listener), settings)?;
        self.listeners.get_mut(listener)?.half_open += 1;
        cx.facts.state(flow, TcpState::Listen, TcpState::SynReceived);
        Some(id)
    }

    fn push_stray(&mut self, stray: Transmit) {
        self.newly_ready.push(stray.path.port);
        self.strays.push_back(stray);
    }

    pub(super) fn insert(
        &mut self,
        flow: Flow,
        mut handshake: Handshake,
        path: Path,
        listener: Option<u64>,
        settings: Arc<Settings>,
    ) -> Option<u64> {
        //= rfc1191#6.1
        // What is offered is what our link takes; what is sent fits the path as it is known.
        handshake.path_mss = mss_for(&flow, path.mtu);
        let connection = Connection::new(flow, handshake, settings);
        let entry = Entry { connection, path, listener, queued: false, reachable: true, timer: Instant::FAR, grown: 0 };
        let id = self.connections.insert(entry)?;
        self.demux.add_connection(&flow, id);
        Some(id)
    }

    /// A passive connection is open: the program may accept it.
    fn on_established(&mut self, id: u64, cx: &mut TcpCx<'_>) {
        let Some(listener) = self.connections.get(id).and_then(|entry| entry.listener) else { return };
        let Some(listener) = self.listeners.get_mut(listener) else { return };
        listener.half_open -= 1;
        listener.accept.push_back(id);
        cx.wake(&mut listener.waker);
    }

    /// A segment of no connection is answered by a reset, unless it is one.
    fn refuse(&mut self, flow: Flow, segment: &Segment, path: &dyn Fn(IpAddr) -> Option<Path>) {
        if segment.has(Flags::RST) || self.strays.len() >= MAX_STRAYS {
            return;
        }
        if let Some(path) = path(flow.remote.ip()) {
            self.push_stray(Transmit::stray(&flow, path, Outgoing::reset_for(segment)));
        }
    }

    /// An ICMP error about a segment of ours. Only a number in flight makes it credible (RFC 5927, section 4.1).
    //= rfc5927#4
    pub(crate) fn on_icmp_error(
        &mut self,
        flow: &Flow,
        seq: SeqNum,
        (what, is_hard): (&'static str, bool),
        cx: &mut TcpCx<'_>,
    ) {
        let Some(id) = self.demux.connection(flow) else { return };
        let Some(entry) = self.connections.get_mut(id) else { return };
        let credible = match &entry.connection.phase {
            Phase::Handshake(handshake) => handshake.iss() == seq,
            Phase::Synchronized(open) => open.snd.una().at_most(seq) && seq.before(open.snd.nxt()),
            _ => false,
        };
        //= rfc9293#3.9.2.2
        // A soft error: told to the program if the connection fails for it, but nothing ends because of it.
        if credible {
            entry.connection.hint = Some(what);
        }
        //= rfc5927#5.2
        // A hard error ends only an attempt to connect: a connection that works is worth more than a message.
        if credible && is_hard && entry.connection.state() == TcpState::SynSent {
            entry.connection.abort(TcpError::Unreachable(what), cx);
            self.after_input(id);
        }
    }

    /// The path of a packet of ours carries no more than `mtu` bytes (RFC 1191).
    /// Answers whether the message was credible.
    pub(crate) fn on_packet_too_big(&mut self, flow: &Flow, seq: SeqNum, mtu: usize) -> bool {
        let Some(id) = self.demux.connection(flow) else { return false };
        let Some(entry) = self.connections.get_mut(id) else { return false };
        let Phase::Synchronized(open) = &mut entry.connection.phase else { return false };
        let credible = open.snd.una().at_most(seq) && seq.before(open.snd.nxt()) && (68..entry.path.mtu).contains(&mtu);
        if credible {
            entry.path.mtu = mtu;
            open.snd.on_path_mtu(u32::from(mss_for(flow, entry.path.mtu)));
            self.after_input(id);
        }
        credible
    }

    pub(crate) fn on_timer(&mut self, cx: &mut TcpCx<'_>) {
        while let Some((at, id)) = self.timers.pop_due(cx.now) {
            let Some(entry) = self.connections.get_mut(id) else { continue };
            if entry.timer != at {
                continue;
            }
            entry.timer = Instant::FAR;
            entry.connection.on_timer(cx);
            self.after_input(id);
        }
    }

    // --- output ----------------------------------------------------------------------------------------------------

    /// The next segment to leave by `port`.
    pub(crate) fn poll_segment(&mut self, port: Port, cx: &mut TcpCx<'_>) -> Option<Transmit> {
        if let Some(stray) = self.strays.iter().position(|stray| stray.path.port == port) {
            return self.strays.remove(stray);
        }
        loop {
            let id = *self.ready.get(usize::from(port.0))?.front()?;
            let line = &mut self.ready[usize::from(port.0)];
            let Some(entry) = self.connections.get_mut(id) else {
                line.pop_front();
                continue;
            };
            if let Phase::Handshake(handshake) = &mut entry.connection.phase
                && handshake.is_new()
                && handshake.active
            {
                // The number is that of the moment at which the SYN leaves: a call by a program knows no time.
                handshake.begin(self.isn.isn(cx.now, &entry.connection.flow));
            }
            let plain = entry.connection.poll_plain(cx);
            if let Some(packet) = plain {
                if line.len() > 1 {
                    line.rotate_left(1);
                }
                self.timers.arm(id, entry.connection.poll_at(), &mut entry.timer);
                entry.connection.measure(cx.facts);
                return Some(Transmit::plain(&entry.connection, entry.path, packet));
            }
            match entry.connection.poll_segment(cx) {
                Some(segment) => {
                    // To the back of the line: connections take turns.
                    if line.len() > 1 {
                        line.rotate_left(1);
                    }
                    self.timers.arm(id, entry.connection.poll_at(), &mut entry.timer);
                    entry.connection.measure(cx.facts);
                    return Some(Transmit::of(&entry.connection, entry.path, segment));
                }
                None => {
                    line.pop_front();
                    entry.queued = false;
                    self.timers.arm(id, entry.connection.poll_at(), &mut entry.timer);
                    self.reap(id);
                }
            }
        }
    }

    /// Whether `poll_segment` may give a segment now. Who has nothing to send leaves the line.
    pub(crate) fn has_segment(&mut self, port: Port) -> bool {
        let Some(line) = self.ready.get_mut(usize::from(port.0)) else { return !self.strays.is_empty() };
        while let Some(id) = line.front() {
            if let Some(entry) = self.connections.get_mut(*id) {
                if entry.connection.may_send(Instant::FAR) {
                    return true;
                }
                entry.queued = false;
            }
            line.pop_front();
        }
        !self.strays.is_empty()
    }

    pub(crate) fn due(&self) -> Instant {
        self.timers.first().map_or(Instant::FAR, |(at, _)| at)
    }

    pub(crate) fn poll_at(&self) -> Option<Wake> {
        let (at, id) = self.timers.first()?;
        Some(Wake { at, why: self.connections.get(id).map_or(Why::Stale, |entry| why(&entry.connection, at)) })
    }

    /// What every connection waits for, in the order of their ids.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = Wake> + '_ {
        self.connections.iter().filter_map(|(_, entry)| {
            let at = entry.connection.poll_at()?;
            Some(Wake { at, why: why(&entry.connection, at) })
        })
    }

    /// Keeps the host's account of what buffers have grown by.
    #[inline]
    pub(super) fn count_growth(&mut self, id: u64) {
        let Some(entry) = self.connections.get_mut(id) else { return };
        let grown = entry.connection.grown();
        if grown != entry.grown {
            self.grown = self.grown - entry.grown + grown;
            entry.grown = grown;
        }
    }

    #[inline]
    pub(super) fn arm(&mut self, id: u64) {
        if let Some(entry) = self.connections.get_mut(id) {
            self.timers.arm(id, entry.connection.poll_at(), &mut entry.timer);
        }
    }

    /// After anything that may have changed what a connection wants: it stands in line, its deadline is known.
    pub(super) fn after_input(&mut self, id: u64) {
        let Some(entry) = self.connections.get_mut(id) else { return };
        if entry.reachable && matches!(entry.connection.phase, Phase::Closed) {
            // Its program may still hold it, but segments between these ends are a stranger's from now on.
            entry.reachable = false;
            self.demux.remove_connection(&entry.connection.flow);
        }
        if !entry.queued && entry.connection.may_send(Instant::FAR) {
            entry.queued = true;
            let line = usize::from(entry.path.port.0);
            if self.ready.len() <= line {
                self.ready.resize_with(line + 1, VecDeque::new);
            }
            if self.ready[line].is_empty() {
                self.newly_ready.push(entry.path.port);
            }
            self.ready[line].push_back(id);
        }
        self.timers.arm(id, entry.connection.poll_at(), &mut entry.timer);
    }

    /// Forgets a connection that is over, once its program knows and its last segment has left.
    fn reap(&mut self, id: u64) {
        let Some(entry) = self.connections.get(id) else { return };
        let over = matches!(entry.connection.phase, Phase::Closed) && entry.connection.urgent.is_none();
        if over && (entry.connection.program.released || entry.listener.is_some()) {
            self.forget(id);
        }
    }

    fn forget(&mut self, id: u64) {
        let Some(entry) = self.connections.remove(id) else { return };
        self.grown -= entry.grown;
        if entry.reachable {
            self.demux.remove_connection(&entry.connection.flow);
        }
        if let Some(listener) = entry.listener.and_then(|listener| self.listeners.get_mut(listener)) {
            let before = listener.accept.len();
            listener.accept.retain(|waiting| *waiting != id);
            if before == listener.accept.len() {
                listener.half_open -= 1;
            }
        }
    }

    /// Routes changed: every connection looks for its way again.
    pub(crate) fn reroute(&mut self, path: &dyn Fn(IpAddr) -> Option<Path>) {
        let mut moved = Vec::new();
        for (id, entry) in self.connections.iter_mut() {
            if let Some(path) = path(entry.connection.flow.remote.ip())
                && (path.port, path.next_hop) != (entry.path.port, entry.path.next_hop)
            {
                entry.path = path;
                moved.push(id);
            }
        }
        for line in &mut self.ready {
            line.retain(|id| !moved.contains(id));
        }
        for id in moved {
            if let Some(entry) = self.connections.get_mut(id) {
                entry.queued = false;
            }
            self.after_input(id);
        }
    }
}

/// What we offer to receive, and send at most: what fits the path, or less when the program says so.
pub(super) fn offered_mss(flow: &Flow, path: &Path, settings: &Settings) -> u16 {
    mss_for(flow, usize::from(path.link_mtu)).min(settings.max_segment.unwrap_or(u16::MAX))
}

/// The largest segment that fits one packet: the MTU less 20 or 40 bytes of IP and 20 of TCP.
fn mss_for(flow: &Flow, mtu: usize) -> u16 {
    let headers = if flow.remote.is_ipv4() { 40 } else { 60 };
    mtu.saturating_sub(headers).min(usize::from(u16::MAX)) as u16
}

fn why(connection: &Connection, at: Instant) -> Why {
    let flow = connection.flow;
    match &connection.phase {
        Phase::Handshake(_) => Why::TcpRto(flow),
        Phase::Synchronized(open) if open.acks.poll_at() == Some(at) => Why::TcpDelayedAck(flow),
        Phase::Synchronized(open) => match open.snd.poll_at() {
            Some((due, true)) if due == at => Why::TcpProbe(flow),
            Some((due, false)) if due == at => Why::TcpRto(flow),
            _ => Why::TcpOrphan(flow),
        },
        Phase::TimeWait(_) => Why::TcpTimeWait(flow),
        Phase::Closed => Why::Stale,
    }
}

/// The sender understands marks (RFC 3168, section 5).
const ECT_0: u8 = 2;
/// How far a connection that follows one in TIME-WAIT begins behind the numbers of that one, at least: what a window
/// without scaling holds (RFC 1122, section 4.2.2.13).
const ISN_GAP: u32 = 0x1_0001;
/// How long after a cookie one may come back.
const COOKIE_LIFETIME: Duration = Duration::from_secs(128);
/// Resets waiting to be sent, at most.
const MAX_STRAYS: usize = 64;
