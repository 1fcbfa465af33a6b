//! A host: the only room that knows the order of the layers.

use std::net::{IpAddr, SocketAddr};
use std::task::Waker;

use base::{Cidr, Cx, Mac, NodeId, Port, Rng};
use bytes::Bytes;
use wire::PacketBuf;

use crate::config::{Config, InterfaceConfig, Route};
use crate::socket::{BindError, ConnId, Datagram, ListenerId, RawId, RawPacket, SendError, SocketId, TcpError, UdpId};
use crate::{Node, Wake};

/// A complete TCP/IP host (or router). Socket calls never block and need no time: they set state that the next
/// `poll_frame` turns into packets.
pub struct Host {}

#[allow(unused_variables, clippy::unimplemented, missing_docs, reason = "the shape, before the walls")]
impl Host {
    pub fn new(node: NodeId, config: Config, rng: Rng) -> Self {
        unimplemented!()
    }
    pub fn add_interface(&mut self, config: InterfaceConfig) -> Port {
        unimplemented!()
    }
    pub fn interfaces(&self) -> impl Iterator<Item = (Port, &InterfaceConfig)> {
        std::iter::empty()
    }
    pub fn add_address(&mut self, port: Port, address: Cidr) {
        unimplemented!()
    }
    pub fn remove_address(&mut self, port: Port, address: IpAddr) -> bool {
        unimplemented!()
    }
    pub fn addresses(&self, port: Port) -> &[Cidr] {
        unimplemented!()
    }
    pub fn add_route(&mut self, route: Route) {
        unimplemented!()
    }
    pub fn remove_route(&mut self, to: Cidr) -> bool {
        unimplemented!()
    }
    pub fn routes(&self) -> &[Route] {
        unimplemented!()
    }
    pub fn add_neighbor(&mut self, port: Port, ip: IpAddr, mac: Mac) {
        unimplemented!()
    }

    /// `local` may be the unspecified address and port 0 (a random ephemeral port). With `only`, the socket sends out of
    /// and receives from that interface alone, even while it has no address (as a DHCP client needs).
    pub fn udp_bind(&mut self, local: SocketAddr, only: Option<Port>) -> Result<UdpId, BindError> {
        unimplemented!()
    }
    pub fn udp_local(&self, id: UdpId) -> Option<SocketAddr> {
        unimplemented!()
    }
    pub fn udp_send(&mut self, id: UdpId, to: SocketAddr, data: &[u8]) -> Result<(), SendError> {
        unimplemented!()
    }
    /// `Ok(None)`: nothing there yet. `Err(Refused)`: an ICMP port unreachable came back, reported once.
    pub fn udp_recv(&mut self, id: UdpId) -> Result<Option<Datagram>, SendError> {
        unimplemented!()
    }
    pub fn udp_close(&mut self, id: UdpId) {
        unimplemented!()
    }

    /// Receives a copy of every packet of this IP protocol that is for this host (ICMP errors included for protocol 1).
    pub fn raw_open(&mut self, protocol: u8) -> Result<RawId, BindError> {
        unimplemented!()
    }
    pub fn raw_send(&mut self, id: RawId, to: IpAddr, ttl: Option<u8>, data: &[u8]) -> Result<(), SendError> {
        unimplemented!()
    }
    pub fn raw_recv(&mut self, id: RawId) -> Option<RawPacket> {
        unimplemented!()
    }
    pub fn raw_close(&mut self, id: RawId) {
        unimplemented!()
    }

    pub fn tcp_listen(&mut self, local: SocketAddr, backlog: usize) -> Result<ListenerId, BindError> {
        unimplemented!()
    }
    /// `None`: nobody has connected yet.
    pub fn tcp_accept(&mut self, id: ListenerId) -> Option<ConnId> {
        unimplemented!()
    }
    pub fn tcp_unlisten(&mut self, id: ListenerId) {
        unimplemented!()
    }
    /// Starts the handshake; it is over when `tcp_connected` says so.
    pub fn tcp_connect(&mut self, remote: SocketAddr) -> Result<ConnId, TcpError> {
        unimplemented!()
    }
    /// `Ok(false)`: not yet.
    pub fn tcp_connected(&self, id: ConnId) -> Result<bool, TcpError> {
        unimplemented!()
    }
    pub fn tcp_addresses(&self, id: ConnId) -> Option<(SocketAddr, SocketAddr)> {
        unimplemented!()
    }
    /// How many bytes were taken; 0: the buffer is full, wait until writable.
    pub fn tcp_send(&mut self, id: ConnId, data: &[u8]) -> Result<usize, TcpError> {
        unimplemented!()
    }
    /// `None`: nothing there yet; `Some(0)`: the other side has finished sending.
    pub fn tcp_recv(&mut self, id: ConnId, into: &mut [u8]) -> Result<Option<usize>, TcpError> {
        unimplemented!()
    }
    /// The same without a copy: the next received slice, at most `limit` bytes; empty at the end.
    pub fn tcp_recv_bytes(&mut self, id: ConnId, limit: usize) -> Result<Option<Bytes>, TcpError> {
        unimplemented!()
    }
    /// No more will be sent: a FIN follows the last byte. Receiving goes on.
    pub fn tcp_shutdown(&mut self, id: ConnId) {
        unimplemented!()
    }
    /// Whether everything sent, the FIN included, has been acknowledged.
    pub fn tcp_flushed(&self, id: ConnId) -> bool {
        unimplemented!()
    }
    pub fn tcp_set_nagle(&mut self, id: ConnId, on: bool) {
        unimplemented!()
    }
    /// Ends the connection at once with a reset.
    pub fn tcp_abort(&mut self, id: ConnId) {
        unimplemented!()
    }
    /// The program forgets the connection: it is closed in order, or by a reset when unread data is thrown away.
    pub fn tcp_release(&mut self, id: ConnId) {
        unimplemented!()
    }

    /// Wakes `waker` once when a read (or accept, or connect) may succeed.
    pub fn wake_on_readable(&mut self, id: SocketId, waker: &Waker) {
        unimplemented!()
    }
    /// Wakes `waker` once when a write may succeed.
    pub fn wake_on_writable(&mut self, id: SocketId, waker: &Waker) {
        unimplemented!()
    }
    /// Wakers to be called, once the host is not borrowed any more.
    pub fn take_wakers(&mut self) -> Vec<Waker> {
        unimplemented!()
    }
}

#[allow(unused_variables, clippy::unimplemented, reason = "the shape, before the walls")]
impl Node for Host {
    fn on_frame(&mut self, cx: &mut Cx<'_>, port: Port, frame: PacketBuf) {
        unimplemented!()
    }
    fn on_timer(&mut self, cx: &mut Cx<'_>) {
        unimplemented!()
    }
    fn poll_ready(&mut self) -> Option<Port> {
        unimplemented!()
    }
    fn poll_frame(&mut self, cx: &mut Cx<'_>, port: Port) -> Option<PacketBuf> {
        unimplemented!()
    }
    fn poll_at(&self) -> Option<Wake> {
        unimplemented!()
    }
}
