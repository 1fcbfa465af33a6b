//! The server as a program on one interface.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use base::event::AppFact;
use base::{Duration, Port};
use net::{BindError, Net, SendError};
use wire::dhcp::{CLIENT_PORT, MAX_LEN, Message, MessageType, SERVER_PORT};

use super::leases::{Leases, Pool, To};

/// A DHCP server.
#[derive(Clone, Debug)]
pub struct Server {
    pool: Pool,
}

impl Server {
    /// Lends from this pool.
    pub fn new(pool: Pool) -> Server {
        Server { pool }
    }

    /// The program: serves the hosts on the link at `port` until it is dropped.
    pub async fn run(self, net: Net, port: Port) -> Result<Infallible, BindError> {
        let socket = net.udp_bind_on(SocketAddr::from((Ipv4Addr::UNSPECIFIED, SERVER_PORT)), port)?;
        let mut leases = Leases::new(self.pool);
        loop {
            let datagram = match socket.recv().await {
                Ok(datagram) => datagram,
                Err(SendError::Closed) => std::future::pending().await,
                Err(_) => continue,
            };
            let Ok(message) = Message::parse(&datagram.data) else { continue };
            if let Some((reply, to)) = leases.on_message(net.now(), &message) {
                record(&net, &reply);
                let to = match to {
                    To::Everyone => SocketAddr::from((Ipv4Addr::BROADCAST, CLIENT_PORT)),
                    To::Host(ip, port) => SocketAddr::from((ip, port)),
                };
                let Some(bytes) = reply.emit_within(MAX_LEN) else { continue };
                // What the link does not take now is asked for again.
                let _ = socket.send_to(&bytes, to);
            }
        }
    }
}

fn record(net: &Net, reply: &Message) {
    let step = match reply.message_type() {
        Some(MessageType::Offer) => "offer",
        Some(MessageType::Ack) => "ack",
        _ => "nak",
    };
    let mut fact = AppFact::new("dhcp", step, u64::from(reply.xid)).with("client", reply.chaddr.to_string());
    if let Some(why) = reply.reason() {
        fact = fact.with("reason", why);
    } else {
        fact = fact.with("address", IpAddr::V4(reply.yiaddr));
    }
    if let Some(seconds) = reply.lease_time() {
        fact = fact.with("lease", Duration::from_secs(u64::from(seconds)));
    }
    if let Some(server) = reply.server_id() {
        fact = fact.with("server", IpAddr::V4(server));
    }
    net.record(fact);
}
