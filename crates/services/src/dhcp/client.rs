//! The client as a program: it configures an interface of its host and keeps the lease alive.

use std::future::poll_fn;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use base::event::AppFact;
use base::{Cidr, Instant, Port, Rng};
use net::{BindError, Datagram, Net, Route, SendError, UdpSocket};
use tokio::sync::{Notify, watch};
use wire::dhcp::{CLIENT_PORT, Message, MessageType, SERVER_PORT};

use super::machine::{Action, Lease, Machine, State};
use crate::arp;

/// A DHCP client for one interface.
pub struct Client {
    port: Port,
    leases: watch::Sender<Option<Lease>>,
    stop: Arc<Notify>,
    remembered: Option<Ipv4Addr>,
    checks: bool,
}

/// The rest of the host's view of a client.
#[derive(Clone, Debug)]
pub struct Handle {
    leases: watch::Receiver<Option<Lease>>,
    stop: Arc<Notify>,
}

impl Handle {
    /// Waits until the host has a lease; `None`: the client has ended without one.
    pub async fn bound(&mut self) -> Option<Lease> {
        self.leases.wait_for(Option::is_some).await.ok()?.clone()
    }

    /// The lease, if there is one now.
    pub fn lease(&self) -> Option<Lease> {
        self.leases.borrow().clone()
    }

    /// Gives the address back and ends the client.
    pub fn release(&self) {
        self.stop.notify_one();
    }
}

impl Client {
    /// A client for the interface at `port`, and the handle by which others follow it.
    pub fn new(port: Port) -> (Client, Handle) {
        let (leases, receiver) = watch::channel(None);
        let stop = Arc::new(Notify::new());
        let client = Client { port, leases, stop: stop.clone(), remembered: None, checks: false };
        (client, Handle { leases: receiver, stop })
    }

    /// Asks for an address that was had before, first of all (INIT-REBOOT).
    pub fn remembering(mut self, address: Ipv4Addr) -> Client {
        self.remembered = Some(address);
        self
    }

    /// Asks on the link whether somebody has an address, before using it: that takes some seconds (RFC 5227).
    pub fn checking(mut self) -> Client {
        self.checks = true;
        self
    }

    /// The program: gets a lease, configures the host, renews. It ends when the lease has been released.
    pub async fn run(self, net: Net) -> Result<(), BindError> {
        let socket = net.udp_bind_on(SocketAddr::from((Ipv4Addr::UNSPECIFIED, CLIENT_PORT)), self.port)?;
        let mac = net.interfaces().into_iter().find(|interface| interface.port == self.port).map(|found| found.mac);
        let mac = mac.unwrap_or_default();
        let rng = Rng::root(net.random("dhcp").next_u64());
        let mut machine = Machine::new(mac, Some(net.name().to_owned()), rng);
        if self.checks {
            machine = machine.checking();
        }
        let mut released = pin!(self.stop.notified());
        match self.remembered {
            Some(address) => machine.reboot(net.now(), address),
            None => machine.start(net.now()),
        }
        loop {
            while let Some(wanted) = self.act(&net, &socket, &mut machine) {
                let claimant = arp::probe(&net, self.port, mac, wanted).await;
                if let Some(claimant) = claimant {
                    let fact = AppFact::new("dhcp", "conflict", machine.span()).with("address", IpAddr::V4(wanted));
                    net.record(fact.with("claimant", claimant.to_string()));
                }
                machine.on_checked(net.now(), claimant.is_some());
            }
            match self.wait(&net, &socket, machine.poll_at(), released.as_mut()).await {
                Heard::Message(message) => machine.on_message(net.now(), &message),
                Heard::Timer => machine.on_timer(net.now()),
                Heard::Stop => {
                    machine.release();
                    self.act(&net, &socket, &mut machine);
                    return Ok(());
                }
            }
        }
    }

    async fn wait(
        &self,
        net: &Net,
        socket: &UdpSocket,
        until: Option<Instant>,
        mut stop: std::pin::Pin<&mut impl Future<Output = ()>>,
    ) -> Heard {
        let mut timer = net.sleep_until(until.unwrap_or(Instant::FAR));
        poll_fn(move |cx| {
            if stop.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Heard::Stop);
            }
            while let Poll::Ready(heard) = socket.poll_recv(cx) {
                match heard.as_ref().map(parse) {
                    Ok(Some(message)) => return Poll::Ready(Heard::Message(Box::new(message))),
                    Err(SendError::Closed) => break,
                    _ => {}
                }
            }
            std::pin::Pin::new(&mut timer).poll(cx).map(|()| Heard::Timer)
        })
        .await
    }

    /// Does what the machine says, until there is an address to be checked.
    fn act(&self, net: &Net, socket: &UdpSocket, machine: &mut Machine) -> Option<Ipv4Addr> {
        while let Some(action) = machine.poll_action() {
            let (message, to) = match action {
                Action::Broadcast(message) => (message, Ipv4Addr::BROADCAST),
                Action::Unicast(server, message) => (message, server),
                Action::Use(lease) => {
                    self.configure(net, lease, machine.span());
                    continue;
                }
                Action::Stop(lease) => {
                    self.clear(net, &lease, machine.span());
                    continue;
                }
                Action::Check(address) => return Some(address),
            };
            record(net, &message, machine.state());
            // What the link does not take now is sent again by the machine's timer.
            let _ = socket.send_to(&message.emit(), SocketAddr::from((to, SERVER_PORT)));
        }
        None
    }

    fn configure(&self, net: &Net, lease: Lease, span: u64) {
        net.add_address(self.port, lease.address);
        if let Some(router) = lease.router {
            net.add_route(Route { to: Cidr::ANY_V4, via: Some(IpAddr::V4(router)), port: self.port });
        }
        net.set_resolvers(lease.resolvers.iter().map(|ip| IpAddr::V4(*ip)).collect());
        let mut fact = AppFact::new("dhcp", "bound", span)
            .with("address", lease.address.address())
            .with("network", lease.address.network().to_string());
        if let Some(router) = lease.router {
            fact = fact.with("router", IpAddr::V4(router));
        }
        let resolvers: Vec<String> = lease.resolvers.iter().map(Ipv4Addr::to_string).collect();
        fact = fact.with("resolvers", resolvers.join(", ")).with("lease", lease.span);
        net.record(fact.with("server", IpAddr::V4(lease.server)));
        self.leases.send_replace(Some(lease));
    }

    fn clear(&self, net: &Net, lease: &Lease, span: u64) {
        net.remove_route(Cidr::ANY_V4);
        net.remove_address(self.port, lease.address.address());
        net.set_resolvers(Vec::new());
        let fact = AppFact::new("dhcp", "unbound", span).with("address", lease.address.address());
        net.record(fact);
        self.leases.send_replace(None);
    }
}

enum Heard {
    Message(Box<Message>),
    Timer,
    Stop,
}

fn parse(datagram: &Datagram) -> Option<Message> {
    Message::parse(&datagram.data).ok()
}

fn record(net: &Net, message: &Message, state: State) {
    let step = match message.message_type() {
        Some(MessageType::Discover) => "discover",
        Some(MessageType::Request) => "request",
        Some(MessageType::Decline) => "decline",
        _ => "release",
    };
    let mut fact = AppFact::new("dhcp", step, u64::from(message.xid)).with("client", message.chaddr.to_string());
    if let Some(address) = message.requested_ip() {
        fact = fact.with("address", IpAddr::V4(address));
    } else if !message.ciaddr.is_unspecified() {
        fact = fact.with("address", IpAddr::V4(message.ciaddr));
    }
    if let Some(server) = message.server_id() {
        fact = fact.with("server", IpAddr::V4(server));
    }
    net.record(if step == "request" { fact.with("state", state.name()) } else { fact });
}
