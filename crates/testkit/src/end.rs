//! One host of a fixture, and direct socket calls on it: nothing here waits, time passes only when the fixture says so.

use std::cell::{RefCell, RefMut};
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use base::event::TcpState;
use net::{Net, Task};
use stack::{ConnId, Host, ListenerId, TcpError, TcpInfo, TcpOption};

use crate::plan::{Built, Plan};
use crate::seed::Seed;

/// What a fixture and its ends share. The world is built when it is first needed, so that its plan can be changed before.
pub(crate) struct Shared {
    pub(crate) plan: RefCell<Plan>,
    pub(crate) seed: Seed,
    built: RefCell<Option<Built>>,
}

impl Shared {
    pub(crate) fn new(seed: Seed, plan: Plan) -> Rc<Shared> {
        Rc::new(Shared { plan: RefCell::new(plan), seed, built: RefCell::new(None) })
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Plan)) {
        assert!(!self.is_built(), "the network is built already: say what it is like before it is used");
        change(&mut self.plan.borrow_mut());
    }

    /// The world, built if need be.
    pub(crate) fn built(&self) -> RefMut<'_, Built> {
        RefMut::map(self.built.borrow_mut(), |built| built.get_or_insert_with(|| self.plan.borrow().build(&self.seed)))
    }

    /// False also while somebody is calling into the world.
    pub(crate) fn is_built(&self) -> bool {
        self.built.try_borrow().is_ok_and(|built| built.is_some())
    }
}

/// Which host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Who {
    A,
    B,
    Router,
}

/// One host.
#[derive(Clone)]
pub struct End {
    shared: Rc<Shared>,
    who: Who,
}

impl End {
    pub(crate) fn new(shared: &Rc<Shared>, who: Who) -> End {
        End { shared: Rc::clone(shared), who }
    }

    fn node(&self) -> base::NodeId {
        let built = self.shared.built();
        match self.who {
            Who::A => built.a,
            Who::B => built.b,
            Who::Router => built.router.expect("this network has no router: say `.router()`"),
        }
    }

    /// Its address (of a router: towards `a`).
    pub fn ip(&self) -> IpAddr {
        let plan = self.shared.plan.borrow();
        let address = match self.who {
            Who::A => plan.a(),
            Who::B => plan.b(),
            Who::Router => plan.near_router(),
        };
        address.address()
    }

    /// Its address with a port.
    pub fn addr(&self, port: u16) -> SocketAddr {
        SocketAddr::new(self.ip(), port)
    }

    /// Any call into the host itself.
    pub fn host<R>(&self, act: impl FnOnce(&mut Host) -> R) -> R {
        let node = self.node();
        self.shared.built().world.with_host(node, act)
    }

    /// The host as its programs see it.
    pub fn net(&self) -> Net {
        let node = self.node();
        self.shared.built().world.net(node)
    }

    /// Starts a program.
    pub fn spawn<F>(&self, program: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.net().spawn(program)
    }

    /// Starts to connect.
    ///
    /// # Panics
    /// When the host refuses at once: see [`End::try_connect`].
    pub fn connect(&self, to: SocketAddr) -> Conn {
        self.try_connect(to).unwrap_or_else(|error| panic!("cannot connect to {to}: {error}"))
    }

    /// Starts to connect.
    pub fn try_connect(&self, to: SocketAddr) -> Result<Conn, TcpError> {
        self.host(|host| host.tcp_connect(to)).map(|id| self.conn(id))
    }

    /// Starts to connect from a port of one's own choice.
    pub fn connect_from(&self, port: u16, to: SocketAddr) -> Result<Conn, TcpError> {
        let local = self.addr(port);
        self.host(|host| host.tcp_connect_from(local, to)).map(|id| self.conn(id))
    }

    /// Waits for connections.
    pub fn listen(&self, port: u16) -> Listening {
        self.listen_with(port, 16)
    }

    /// Waits for connections with a backlog.
    pub fn listen_with(&self, port: u16, backlog: usize) -> Listening {
        let local = self.addr(port);
        let id = self.host(|host| host.tcp_listen(local, backlog));
        Listening { end: self.clone(), id: id.unwrap_or_else(|error| panic!("cannot listen: {error}")) }
    }

    fn conn(&self, id: ConnId) -> Conn {
        Conn { end: self.clone(), id }
    }

    /// How many TCP connections the host still remembers, TIME-WAIT included.
    pub fn connections(&self) -> usize {
        self.host(|host| host.tcp_connections().count())
    }
}

/// A listener. It listens until it is closed, not until it is dropped.
#[derive(Clone)]
pub struct Listening {
    end: End,
    /// The host's own name for it.
    pub id: ListenerId,
}

impl Listening {
    /// A connection that came, if one came.
    pub fn accept(&self) -> Option<Conn> {
        self.end.host(|host| host.tcp_accept(self.id)).map(|id| self.end.conn(id))
    }

    /// Listens no more.
    pub fn close(&self) {
        self.end.host(|host| host.tcp_unlisten(self.id));
    }
}

/// A connection. It lives until it is released, not until it is dropped.
#[derive(Clone)]
pub struct Conn {
    end: End,
    /// The host's own name for it.
    pub id: ConnId,
}

impl Conn {
    /// Its state; CLOSED once the host has forgotten it.
    pub fn state(&self) -> TcpState {
        self.end.host(|host| host.tcp_state(self.id)).unwrap_or(TcpState::Closed)
    }

    /// Whether it was opened, or why not.
    pub fn connected(&self) -> Result<bool, TcpError> {
        self.end.host(|host| host.tcp_connected(self.id))
    }

    /// This end and the other.
    pub fn addresses(&self) -> (SocketAddr, SocketAddr) {
        self.end.host(|host| host.tcp_addresses(self.id)).expect("the connection is forgotten")
    }

    /// Writes; how many bytes were taken.
    pub fn try_send(&self, data: &[u8]) -> Result<usize, TcpError> {
        self.end.host(|host| host.tcp_send(self.id, data))
    }

    /// Writes all of it.
    ///
    /// # Panics
    /// When the send buffer has no room for it.
    pub fn send(&self, data: &[u8]) {
        assert_eq!(self.try_send(data), Ok(data.len()), "the send buffer took it all");
    }

    /// Reads at most `limit` bytes; `None` when nothing is there yet, nothing at the end of the stream.
    pub fn try_recv(&self, limit: usize) -> Result<Option<Vec<u8>>, TcpError> {
        let mut buffer = vec![0; limit];
        let count = self.end.host(|host| host.tcp_recv(self.id, &mut buffer))?;
        Ok(count.map(|count| buffer[..count].to_vec()))
    }

    /// Reads everything that is there.
    pub fn recv(&self) -> Vec<u8> {
        let mut all = Vec::new();
        while let Ok(Some(part)) = self.try_recv(1 << 16) {
            if part.is_empty() {
                break;
            }
            all.extend(part);
        }
        all
    }

    /// Whether all was read and the other side has finished.
    pub fn at_end(&self) -> bool {
        self.try_recv(1) == Ok(Some(Vec::new()))
    }

    /// What a read answers when it fails.
    pub fn error(&self) -> Option<TcpError> {
        self.try_recv(0).err()
    }

    /// Sends no more; receiving goes on.
    pub fn shutdown(&self) {
        self.end.host(|host| host.tcp_shutdown(self.id));
    }

    /// Writes all of it and finishes, in one go: text and FIN can share a segment.
    ///
    /// # Panics
    /// When the send buffer has no room for it.
    pub fn send_and_finish(&self, data: &[u8]) {
        let taken = self.end.host(|host| {
            let taken = host.tcp_send(self.id, data);
            host.tcp_shutdown(self.id);
            taken
        });
        assert_eq!(taken, Ok(data.len()), "the send buffer took it all");
    }

    /// The program forgets the connection.
    pub fn close(&self) {
        self.end.host(|host| host.tcp_release(self.id));
    }

    /// Ends it at once by a reset.
    pub fn abort(&self) {
        self.end.host(|host| host.tcp_abort(self.id));
    }

    /// Changes a setting.
    pub fn set(&self, option: TcpOption) {
        self.end.host(|host| host.tcp_set(self.id, option));
    }

    /// A snapshot.
    ///
    /// # Panics
    /// When the host has forgotten the connection.
    pub fn info(&self) -> TcpInfo {
        self.end.host(|host| host.tcp_info(self.id)).expect("the connection is forgotten")
    }

    /// Turns Nagle's algorithm on or off.
    pub fn set_nagle(&self, on: bool) {
        self.end.host(|host| host.tcp_set_nagle(self.id, on));
    }
}
