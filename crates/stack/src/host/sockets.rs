//! The programs' calls. None of them blocks, none needs the time; what they change leaves with the next `poll_frame`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::task::Waker;

use base::{Mac, Port};
use bytes::Bytes;
use wire::ip::Protocol;
use wire::{PacketBuf, udp};

use super::Host;
use crate::internet::address;
use crate::internet::ip::{self, Outbound};
use crate::socket::{
    BindError, ConnId, Datagram, ListenerId, RawId, RawPacket, SendError, SocketId, TcpError, TcpInfo, TcpOption, UdpId,
};
use crate::transport::Path;
use crate::transport::udp::{MAX_PAYLOAD, unspecified_like};

impl Host {
    /// Watches who claims an address on the link at `port` (RFC 5227); false when too many are watched.
    pub fn watch_address(&mut self, port: Port, ip: Ipv4Addr) -> bool {
        self.claims.watch(port, ip)
    }

    /// Who has claimed a watched address.
    pub fn claimant(&self, port: Port, ip: Ipv4Addr) -> Option<Mac> {
        self.claims.claimant(port, ip)
    }

    /// Watches an address no more.
    pub fn forget_address(&mut self, port: Port, ip: Ipv4Addr) {
        self.claims.forget(port, ip);
    }

    // --- UDP -------------------------------------------------------------------------------------------------------

    /// `local` may be the unspecified address and port 0 (a random ephemeral port). With `only`, the socket sends out of
    /// and receives from that interface alone, even while it has no address (as a DHCP client needs).
    pub fn udp_bind(&mut self, local: SocketAddr, only: Option<Port>) -> Result<UdpId, BindError> {
        self.check_local(local.ip())?;
        self.udp.bind(local, only, &mut self.rng).map(UdpId)
    }

    /// Where the socket is bound.
    pub fn udp_local(&self, id: UdpId) -> Option<SocketAddr> {
        self.udp.get(id.0).map(|socket| socket.local)
    }

    /// Sends a datagram.
    pub fn udp_send(&mut self, id: UdpId, to: SocketAddr, data: &[u8]) -> Result<(), SendError> {
        let socket = self.udp.get(id.0).ok_or(SendError::Closed)?;
        let (local, only) = (socket.local, socket.only);
        if data.len() > MAX_PAYLOAD || local.is_ipv4() != to.is_ipv4() {
            return Err(SendError::TooBig);
        }
        let path = self.datagram_path(to.ip(), only)?;
        let from = self.datagram_source(local.ip(), &path, only)?;
        let mut packet = PacketBuf::new(self.packet_id(), Bytes::copy_from_slice(data));
        udp::Header::new(local.port(), to.port()).push(&mut packet, from, to.ip());
        self.send_datagram(packet, from, to.ip(), Protocol::UDP, None, path)
    }

    /// `Ok(None)`: nothing there yet. `Err(Refused)`: an ICMP port unreachable came back, reported once.
    pub fn udp_recv(&mut self, id: UdpId) -> Result<Option<Datagram>, SendError> {
        match self.udp.recv(id.0) {
            Some(Ok(datagram)) => Ok(Some(datagram)),
            Some(Err(refused)) => Err(SendError::Refused(refused)),
            None if self.udp.get(id.0).is_none() => Err(SendError::Closed),
            None => Ok(None),
        }
    }

    /// Closes the socket; what waits in it is lost.
    pub fn udp_close(&mut self, id: UdpId) {
        self.udp.close(id.0);
    }

    fn check_local(&self, ip: IpAddr) -> Result<(), BindError> {
        let ours = ip.is_unspecified() || ip.is_loopback() || self.own.contains(ip);
        if ours { Ok(()) } else { Err(BindError::NotOurs(ip)) }
    }

    fn datagram_path(&self, to: IpAddr, only: Option<Port>) -> Result<Path, SendError> {
        let routed = self.path_to(to);
        let Some(port) = only else { return routed.ok_or(SendError::NoRoute(to)) };
        if let Some(path) = routed
            && (path.local || path.port == port)
        {
            return Ok(path);
        }
        // Bound to an interface: everything is reachable on its link.
        let interface = self.interfaces.get(usize::from(port.0)).ok_or(SendError::NoRoute(to))?;
        Ok(Path::new(port, to, interface.config.mtu))
    }

    fn datagram_source(&self, local: IpAddr, path: &Path, only: Option<Port>) -> Result<IpAddr, SendError> {
        if !local.is_unspecified() {
            return Ok(local);
        }
        match self.source_for(path) {
            Some(ip) => Ok(ip),
            //= rfc2131#4.1
            // Only a socket that is bound to its interface may speak without an address.
            None if only.is_some() => Ok(unspecified_like(local)),
            None => Err(SendError::NoAddress),
        }
    }

    /// Our address for packets that take `path`.
    pub(super) fn source_for(&self, path: &Path) -> Option<IpAddr> {
        if path.local {
            return Some(path.next_hop);
        }
        let of = |port: Port| self.interfaces.get(usize::from(port.0))?.source_for(path.next_hop);
        let same_family = |ip: &IpAddr| ip.is_ipv4() == path.next_hop.is_ipv4();
        let bound = of(path.port);
        bound.or_else(|| {
            // An unnumbered interface borrows an address, but only when it can be answered there.
            let routed = self.routes.lookup(path.next_hop).is_some();
            let all = self.interfaces.iter().flat_map(|interface| &interface.addresses);
            all.map(|cidr| cidr.address()).find(same_family).filter(|_| routed)
        })
    }

    fn send_datagram(
        &mut self,
        mut packet: PacketBuf,
        from: IpAddr,
        to: IpAddr,
        protocol: Protocol,
        ttl: Option<u8>,
        path: Path,
    ) -> Result<(), SendError> {
        let queue_full =
            self.interfaces.get(usize::from(path.port.0)).is_none_or(|interface| interface.queue.is_full());
        if self.outbox.len() >= MAX_OUTBOX || (queue_full && !path.local) {
            return Err(SendError::QueueFull);
        }
        let ttl = ttl.unwrap_or(self.config.ttl);
        let out = Outbound { from, to, protocol, ttl, id: self.ident(), dont_fragment: false, traffic_class: 0 };
        ip::push_header(&mut packet, &out);
        self.outbox.push_back((packet, path));
        self.mark_ready(path.port);
        Ok(())
    }

    // --- raw -------------------------------------------------------------------------------------------------------

    /// Receives a copy of every packet of this IP protocol that is for this host (ICMP errors included for protocol 1).
    pub fn raw_open(&mut self, protocol: u8) -> Result<RawId, BindError> {
        self.raw.open(protocol).map(RawId)
    }

    /// Sends `data` behind an IP header of ours.
    pub fn raw_send(&mut self, id: RawId, to: IpAddr, ttl: Option<u8>, data: &[u8]) -> Result<(), SendError> {
        let protocol = self.raw.protocol(id.0).ok_or(SendError::Closed)?;
        if data.len() > MAX_PAYLOAD {
            return Err(SendError::TooBig);
        }
        let path = self.datagram_path(to, None)?;
        let from = self.source_for(&path).ok_or(SendError::NoAddress)?;
        let packet = PacketBuf::new(self.packet_id(), Bytes::copy_from_slice(data));
        self.send_datagram(packet, from, to, Protocol(protocol), ttl, path)
    }

    /// The next packet, if one is there.
    pub fn raw_recv(&mut self, id: RawId) -> Option<RawPacket> {
        self.raw.recv(id.0)
    }

    /// Closes the socket.
    pub fn raw_close(&mut self, id: RawId) {
        self.raw.close(id.0);
    }

    // --- TCP -------------------------------------------------------------------------------------------------------

    /// Waits for connections to `local` (whose address may be unspecified); `backlog` may be half open, and as many wait to
    /// be accepted.
    pub fn tcp_listen(&mut self, local: SocketAddr, backlog: usize) -> Result<ListenerId, BindError> {
        self.check_local(local.ip())?;
        self.tcp.listen(local, backlog).map(ListenerId)
    }

    /// Where the listener is bound.
    pub fn tcp_listener_local(&self, id: ListenerId) -> Option<SocketAddr> {
        self.tcp.listener_local(id.0)
    }

    /// `None`: nobody has connected yet.
    pub fn tcp_accept(&mut self, id: ListenerId) -> Option<ConnId> {
        self.tcp.accept(id.0).map(ConnId)
    }

    /// Listens no more; connections that nobody accepted are reset.
    pub fn tcp_unlisten(&mut self, id: ListenerId) {
        self.tcp_call(|tcp, cx| tcp.unlisten(id.0, cx));
        self.note_ready();
    }

    /// Starts the handshake; it is over when [`tcp_connected`](Host::tcp_connected) says so.
    pub fn tcp_connect(&mut self, remote: SocketAddr) -> Result<ConnId, TcpError> {
        let path = self.path_to(remote.ip()).ok_or(TcpError::NoRoute(remote.ip()))?;
        let from = self.source_for(&path).ok_or(TcpError::NoAddress)?;
        self.tcp_connect_from(SocketAddr::new(from, 0), remote)
    }

    /// The same from a local address and port of the program's choice; port 0 stands for a random one.
    pub fn tcp_connect_from(&mut self, local: SocketAddr, remote: SocketAddr) -> Result<ConnId, TcpError> {
        let path = self.path_to(remote.ip()).ok_or(TcpError::NoRoute(remote.ip()))?;
        //= rfc9293#3.9.2.3 MUST-46
        // Nobody connects to everybody.
        let links = self.interfaces.get(usize::from(path.port.0)).map_or(&[][..], |interface| &interface.addresses);
        let to_all = address::is_broadcast(links, remote.ip());
        if (to_all || !address::is_possible_source(remote.ip())) && !path.local {
            return Err(TcpError::NoRoute(remote.ip()));
        }
        let result = self.tcp.connect(local, remote, path, &mut self.rng);
        self.note_ready();
        result.map(ConnId)
    }

    /// `Ok(false)`: not yet.
    pub fn tcp_connected(&self, id: ConnId) -> Result<bool, TcpError> {
        let connection = self.tcp.connection(id.0).ok_or(TcpError::Closed)?;
        match connection.error() {
            Some(error) => Err(error),
            None if connection.is_at_end() && !connection.is_synchronized() => Err(TcpError::Closed),
            None => Ok(connection.is_synchronized()),
        }
    }

    /// This end and the other.
    pub fn tcp_addresses(&self, id: ConnId) -> Option<(SocketAddr, SocketAddr)> {
        self.tcp.connection(id.0).map(|connection| (connection.flow.local, connection.flow.remote))
    }

    /// The connection's state, by the RFC's name.
    pub fn tcp_state(&self, id: ConnId) -> Option<base::event::TcpState> {
        self.tcp.connection(id.0).map(|connection| connection.state())
    }

    /// Every connection that this host remembers, TIME-WAIT included, in the order of their ids.
    pub fn tcp_connections(&self) -> impl Iterator<Item = (ConnId, base::event::Flow, base::event::TcpState)> + '_ {
        self.tcp.connections().map(|(id, connection)| (ConnId(id), connection.flow, connection.state()))
    }

    /// How many bytes were taken; 0: the buffer is full, wait until writable.
    pub fn tcp_send(&mut self, id: ConnId, data: &[u8]) -> Result<usize, TcpError> {
        let result = self.tcp.with(id.0, |connection| connection.send(data)).ok_or(TcpError::Closed)?;
        self.note_ready();
        result
    }

    /// `None`: nothing there yet; `Some(0)`: the other side has finished sending.
    pub fn tcp_recv(&mut self, id: ConnId, into: &mut [u8]) -> Result<Option<usize>, TcpError> {
        let result = self.tcp.recv(id.0, into);
        self.note_ready();
        result
    }

    /// The same without a copy: the next received slice, at most `limit` bytes; empty at the end.
    pub fn tcp_recv_bytes(&mut self, id: ConnId, limit: usize) -> Result<Option<Bytes>, TcpError> {
        let result = self.tcp.recv_bytes(id.0, limit);
        self.note_ready();
        result
    }

    /// No more will be sent: a FIN follows the last byte. Receiving goes on.
    pub fn tcp_shutdown(&mut self, id: ConnId) {
        self.tcp_call(|tcp, cx| tcp.with(id.0, |connection| connection.close(cx)));
        self.note_ready();
    }

    /// Whether everything sent, the FIN included, has been acknowledged.
    pub fn tcp_flushed(&self, id: ConnId) -> bool {
        self.tcp.connection(id.0).is_none_or(|connection| connection.is_flushed())
    }

    /// Whether small segments wait for company (RFC 896).
    pub fn tcp_set_nagle(&mut self, id: ConnId, on: bool) {
        self.tcp_set(id, TcpOption::Nagle(on));
    }

    /// Changes one setting of one connection.
    pub fn tcp_set(&mut self, id: ConnId, option: TcpOption) {
        self.tcp.with(id.0, |connection| connection.set(option));
        self.note_ready();
    }

    /// Changes one setting for all connections that a listener takes from now on.
    pub fn tcp_set_listener(&mut self, id: ListenerId, option: TcpOption) {
        self.tcp.set_listener(id.0, option, &self.config);
    }

    /// A snapshot of a connection.
    pub fn tcp_info(&self, id: ConnId) -> Option<TcpInfo> {
        self.tcp.info(id.0)
    }

    /// Ends the connection at once with a reset.
    pub fn tcp_abort(&mut self, id: ConnId) {
        self.tcp_call(|tcp, cx| tcp.with(id.0, |connection| connection.abort(TcpError::Aborted, cx)));
        self.note_ready();
    }

    /// The program forgets the connection: it is closed in order, or by a reset when unread data is thrown away.
    pub fn tcp_release(&mut self, id: ConnId) {
        self.tcp_call(|tcp, cx| tcp.release(id.0, cx));
        self.note_ready();
    }

    // --- readiness ---------------------------------------------------------------------------------------------------

    /// Wakes `waker` once when a read (or accept, or connect) may succeed.
    pub fn wake_on_readable(&mut self, id: SocketId, waker: &Waker) {
        match id {
            SocketId::Udp(id) => self.udp.wake_on_readable(id.0, waker, &mut self.wakers),
            SocketId::Raw(id) => self.raw.wake_on_readable(id.0, waker, &mut self.wakers),
            SocketId::Link(id) => self.links.wake_on_readable(id.0, waker, &mut self.wakers),
            SocketId::Listener(id) => self.tcp.wake_on_accept(id.0, waker, &mut self.wakers),
            SocketId::Tcp(id) => self.tcp.wake_on_readable(id.0, waker, &mut self.wakers),
        }
    }

    /// Wakes `waker` once when a write may succeed.
    pub fn wake_on_writable(&mut self, id: SocketId, waker: &Waker) {
        match id {
            SocketId::Tcp(id) => self.tcp.wake_on_writable(id.0, waker, &mut self.wakers),
            SocketId::Link(id) => self.links.wake_on_writable(id.0, waker),
            _ => self.wakers.push(waker.clone()),
        }
    }

    /// Wakers to be called, once the host is not borrowed any more.
    pub fn take_wakers(&mut self) -> Vec<Waker> {
        std::mem::take(&mut self.wakers)
    }
}

/// Datagrams on their way from programs to the interfaces, at most.
const MAX_OUTBOX: usize = 4096;
