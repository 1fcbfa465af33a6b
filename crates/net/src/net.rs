//! The handle of one host for its programs.

use std::fmt;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, Weak};
use std::task::Waker;
use std::time::SystemTime;

use base::event::AppFact;
use base::{Cidr, Duration, Instant, LinkType, Mac, NodeId, Port, Rng};
use bytes::Bytes;
use stack::{BindError, Host, Route, SendError, TcpError};

use crate::random::Streams;
use crate::runtime::{Shared, lock};
use crate::sleep::Timeout;
use crate::task::{Programs, start};
use crate::{LinkSocket, LinkStream, Random, RawSocket, Sleep, Task, TcpListener, TcpStream, UdpSocket};

/// A host, as its programs see it. Cloning it is cheap; it works from any executor and thread.
#[derive(Clone)]
pub struct Net {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) node: NodeId,
    name: String,
    host: Mutex<Host>,
    shared: Arc<Shared>,
    /// Whether the runtime's list of touched hosts holds this one.
    pub(crate) touched: AtomicBool,
    pub(crate) programs: Mutex<Programs>,
    streams: Streams,
    resolvers: Mutex<Vec<IpAddr>>,
    spans: AtomicU64,
    /// How far its wall clock is ahead of the world's, nanoseconds.
    skew: AtomicI64,
}

/// An interface of a host.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Interface {
    /// Which port of the host.
    pub port: Port,
    /// Its name on the host: `eth0`.
    pub name: String,
    /// Its hardware address.
    pub mac: Mac,
    /// The largest IP packet it sends, bytes.
    pub mtu: usize,
    /// Ethernet, or bare IP packets.
    pub link_type: LinkType,
    /// Its addresses.
    pub addresses: Vec<Cidr>,
}

impl Net {
    /// Which node of the world it is.
    pub fn node(&self) -> NodeId {
        self.inner.node
    }

    /// The host's name.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// Opens a connection: ready when the handshake is over.
    pub async fn tcp_connect(&self, remote: SocketAddr) -> Result<TcpStream, TcpError> {
        TcpStream::connect(self, None, remote).await
    }

    /// Opens a connection from a given address and port (0: any).
    pub async fn tcp_connect_from(&self, local: SocketAddr, remote: SocketAddr) -> Result<TcpStream, TcpError> {
        TcpStream::connect(self, Some(local), remote).await
    }

    /// Listens for connections. `local` may be the unspecified address and port 0.
    pub fn tcp_listen(&self, local: SocketAddr) -> Result<TcpListener, BindError> {
        TcpListener::bind(self, local)
    }

    /// A UDP socket. `local` may be the unspecified address and port 0.
    pub fn udp_bind(&self, local: SocketAddr) -> Result<UdpSocket, BindError> {
        UdpSocket::bind(self, local, None)
    }

    /// A UDP socket that sends out of and receives from one interface alone, even while that has no address.
    pub fn udp_bind_on(&self, local: SocketAddr, port: Port) -> Result<UdpSocket, BindError> {
        UdpSocket::bind(self, local, Some(port))
    }

    /// A raw socket for one IP protocol.
    pub fn raw_open(&self, protocol: u8) -> Result<RawSocket, BindError> {
        RawSocket::open(self, protocol)
    }

    /// The host's interfaces with their addresses, in order of their ports.
    pub fn interfaces(&self) -> Vec<Interface> {
        self.look(|host| {
            let describe = |(port, config): (Port, &stack::InterfaceConfig)| Interface {
                port,
                name: config.name.clone(),
                mac: config.mac,
                mtu: config.mtu,
                link_type: config.link_type,
                addresses: host.addresses(port).to_vec(),
            };
            host.interfaces().map(describe).collect()
        })
    }

    /// Gives an interface one more address.
    pub fn add_address(&self, port: Port, address: Cidr) {
        self.call(|host| host.add_address(port, address));
    }

    /// Takes an address away; false when the interface does not have it.
    pub fn remove_address(&self, port: Port, address: IpAddr) -> bool {
        self.call(|host| host.remove_address(port, address))
    }

    /// Adds a route, or replaces the one to the same network.
    pub fn add_route(&self, route: Route) {
        self.call(|host| host.add_route(route));
    }

    /// Removes the route to a network; false when there is none.
    pub fn remove_route(&self, to: Cidr) -> bool {
        self.call(|host| host.remove_route(to))
    }

    /// The host's routes.
    pub fn routes(&self) -> Vec<Route> {
        self.look(|host| host.routes().to_vec())
    }

    /// The DNS servers that the host's programs ask, in order.
    pub fn resolvers(&self) -> Vec<IpAddr> {
        lock(&self.inner.resolvers).clone()
    }

    /// Sets the DNS servers.
    pub fn set_resolvers(&self, resolvers: Vec<IpAddr>) {
        *lock(&self.inner.resolvers) = resolvers;
    }

    /// A socket on a link: for frames whose type field is `ethertype` (0x88b5 and 0x88b6 are free for experiments, IEEE
    /// 802). Reliable links carry them as bare bytes.
    pub fn link_open(&self, port: Port, ethertype: u16) -> Result<LinkSocket, BindError> {
        LinkSocket::open(self, port, ethertype)
    }

    /// A byte stream over the reliable link at `port`, without IP.
    pub fn link_stream(&self, port: Port) -> Result<LinkStream, BindError> {
        LinkSocket::open(self, port, LINK_STREAM).map(LinkStream::new)
    }

    /// Sends a whole frame as it is by one interface: for programs that speak a protocol of the link, such as ARP.
    pub fn link_send(&self, port: Port, frame: Bytes) -> Result<(), SendError> {
        self.call(|host| host.send_frame(port, frame))
    }

    /// Watches who claims an address on a link (RFC 5227); false when the host watches too many.
    pub fn watch_address(&self, port: Port, ip: Ipv4Addr) -> bool {
        self.visit(|host| host.watch_address(port, ip))
    }

    /// Who has claimed a watched address since it is watched.
    pub fn claimant(&self, port: Port, ip: Ipv4Addr) -> Option<Mac> {
        self.look(|host| host.claimant(port, ip))
    }

    /// Watches an address no more.
    pub fn forget_address(&self, port: Port, ip: Ipv4Addr) {
        self.visit(|host| host.forget_address(port, ip));
    }

    /// The present moment.
    pub fn now(&self) -> Instant {
        self.inner.shared.now()
    }

    /// The wall clock's time: the world's epoch and the time since, and by how much this host's clock is wrong.
    pub fn wall_time(&self) -> SystemTime {
        let (right, skew) = (self.inner.shared.wall_time(), self.inner.skew.load(Relaxed));
        let by = std::time::Duration::from_nanos(skew.unsigned_abs());
        let shown = if skew < 0 { right.checked_sub(by) } else { right.checked_add(by) };
        shown.unwrap_or(right)
    }

    /// Sets the host's wall clock ahead of the world's by so many nanoseconds, or behind it. Only what programs are told
    /// changes: timers go on as they are.
    pub fn set_clock_skew(&self, ahead_ns: i64) {
        self.inner.skew.store(ahead_ns, Relaxed);
    }

    /// Waits for `span`.
    pub fn sleep(&self, span: Duration) -> Sleep {
        self.sleep_until(self.now() + span)
    }

    /// Waits until `at`.
    pub fn sleep_until(&self, at: Instant) -> Sleep {
        Sleep::new(self.clone(), at)
    }

    /// Runs `future` for at most `span`.
    pub fn timeout<F: Future>(&self, span: Duration, future: F) -> Timeout<F> {
        Timeout::new(future, self.sleep(span))
    }

    /// Starts a program on this host. It is first polled by the runtime's next turn.
    pub fn spawn<F>(&self, future: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        start(self, future)
    }

    /// The host's random stream of this purpose.
    pub fn random(&self, purpose: &'static str) -> Random {
        self.inner.streams.get(purpose)
    }

    /// Whether [`Net::record`] is heard by anyone.
    pub fn records(&self) -> bool {
        self.inner.shared.facts.wants_app()
    }

    /// Tells the observer a step of a program.
    pub fn record(&self, fact: AppFact) {
        self.inner.shared.facts.app(self.now(), self.node(), fact);
    }

    /// Gives the observer one line of an NSS key log, so that captures can be decrypted.
    pub fn secret(&self, line: &str) {
        self.inner.shared.facts.secret(self.now(), line);
    }

    /// A new number to tie the steps of one activity together; unique on this host, never 0.
    pub fn new_span(&self) -> u64 {
        self.inner.spans.fetch_add(1, Relaxed) + 1
    }
}

impl Net {
    pub(crate) fn new(shared: Arc<Shared>, node: NodeId, name: &str, host: Host, streams: Rng) -> Self {
        Net {
            inner: Arc::new(Inner {
                node,
                name: name.into(),
                host: Mutex::new(host),
                shared,
                touched: AtomicBool::new(false),
                programs: Mutex::new(Programs::new(name)),
                streams: Streams::new(streams),
                resolvers: Mutex::default(),
                spans: AtomicU64::new(0),
                skew: AtomicI64::new(0),
            }),
        }
    }

    pub(crate) fn downgrade(&self) -> Weak<Inner> {
        Arc::downgrade(&self.inner)
    }

    pub(crate) fn upgrade(weak: &Weak<Inner>) -> Option<Self> {
        weak.upgrade().map(|inner| Net { inner })
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.inner.shared
    }

    /// Reads the host's state.
    pub(crate) fn look<R>(&self, read: impl FnOnce(&Host) -> R) -> R {
        read(&lock(&self.inner.host))
    }

    /// A driver's call: the driver asks for output itself.
    pub(crate) fn visit<R>(&self, act: impl FnOnce(&mut Host) -> R) -> R {
        let mut host = lock(&self.inner.host);
        let result = act(&mut host);
        let wakers = host.take_wakers();
        drop(host);
        if !wakers.is_empty() {
            wake(wakers);
        }
        result
    }

    /// A program's call that may give the host something to send.
    pub(crate) fn call<R>(&self, act: impl FnOnce(&mut Host) -> R) -> R {
        let result = self.visit(act);
        self.touch();
        result
    }

    pub(crate) fn touch(&self) {
        if !self.inner.touched.load(Relaxed) && !self.inner.touched.swap(true, Relaxed) {
            self.inner.shared.touch(self);
        }
    }

    /// Ends all programs: they are dropped when they come by in the queue.
    pub(crate) fn doom(&self) {
        let wakers = lock(&self.inner.programs).doom();
        for (_, waker) in wakers {
            waker.wake();
        }
    }
}

/// Out of line: most visits to a host wake nobody.
#[inline(never)]
fn wake(wakers: Vec<Waker>) {
    wakers.into_iter().for_each(Waker::wake);
}

impl fmt::Debug for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Net({})", self.name())
    }
}

/// The type of a bare byte stream's frames: IEEE 802's first number for local experiments.
const LINK_STREAM: u16 = 0x88b5;
