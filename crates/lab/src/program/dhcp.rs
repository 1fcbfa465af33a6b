//! DHCP: a server for a network, a client that configures its host.

use std::net::{IpAddr, Ipv4Addr};

use base::{Cidr, Duration, Port};
use net::{Net, Task};
use schemars::JsonSchema;
use serde::Deserialize;
use services::dhcp;
use wire::ip::Protocol;

use super::dns::end;
use super::registry::Written;
use super::{Commons, Program};
use crate::file::scalar::Time;

/// A DHCP server on one interface. Records `dhcp.offer`, `dhcp.ack` (client, address, lease, server) and `dhcp.nak`
/// (client, reason).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DhcpServer {
    /// The interface that it serves; its first address tells the network. The first with an address, when nothing is
    /// said.
    pub interface: Option<String>,
    /// First address of the pool: .100 of the network, or the one behind its own in a small network.
    pub first: Option<Ipv4Addr>,
    /// Last address of the pool: .199, or the last of a small network.
    pub last: Option<Ipv4Addr>,
    /// The default gateway it tells: itself, when nothing is said.
    pub router: Option<Ipv4Addr>,
    /// The resolvers it tells: those of its node, when nothing is said.
    pub resolvers: Option<Vec<Ipv4Addr>>,
    /// How long a lease lasts: an hour, when nothing is said. It is renewed after half of it (T1), and by any server after
    /// seven eighths (T2).
    pub lease: Option<Time>,
}

impl Written for DhcpServer {
    const NAME: &'static str = "dhcp";
    const ABOUT: &'static str = "a DHCP server that lends addresses of its interface's network";
}

impl Program for DhcpServer {
    fn start(&self, net: &Net, _: &Commons) -> Result<Task<()>, String> {
        let (port, interface) = match &self.interface {
            Some(name) => interface(net, name)?,
            None => {
                let all = net.interfaces();
                let found = all.into_iter().find(|interface| interface.addresses.iter().any(is_v4));
                found.map(|found| (found.port, found)).ok_or("no interface of the node has an IPv4 address")?
            }
        };
        let server = interface.addresses.iter().copied().find(is_v4);
        let server = server.ok_or_else(|| format!("{} has no IPv4 address", interface.name))?;
        let (first, last) = usual_pool(server);
        let usual = dhcp::Pool::new(server, self.first.unwrap_or(first), self.last.unwrap_or(last));
        let own_resolvers = || net.resolvers().into_iter().filter_map(v4).collect();
        let pool = dhcp::Pool {
            router: self.router.or(usual.router),
            resolvers: self.resolvers.clone().unwrap_or_else(own_resolvers),
            lease: self.lease.as_ref().map_or(HOUR, |lease| lease.0),
            ..usual
        };
        let own = net.clone();
        Ok(net.spawn(async move { end(&own, "dhcp", dhcp::Server::new(pool).run(own.clone(), port).await.err()) }))
    }

    fn listens(&self) -> Vec<(Protocol, u16)> {
        vec![(Protocol::UDP, wire::dhcp::SERVER_PORT)]
    }
}

fn is_v4(cidr: &Cidr) -> bool {
    cidr.address().is_ipv4()
}

fn v4(ip: IpAddr) -> Option<Ipv4Addr> {
    match ip {
        IpAddr::V4(ip) => Some(ip),
        IpAddr::V6(_) => None,
    }
}

/// What is lent when nothing is said: .100 to .199, or in a network too small for that what lies behind the server.
fn usual_pool(server: Cidr) -> (Ipv4Addr, Ipv4Addr) {
    let own = v4(server.address()).unwrap_or(Ipv4Addr::UNSPECIFIED).to_bits();
    let network = v4(server.network().address()).unwrap_or(Ipv4Addr::UNSPECIFIED).to_bits();
    let last = server.broadcast().map_or(own, |ip| ip.to_bits().saturating_sub(1));
    let (first, last) = match server.prefix() {
        0..=24 => (network + 100, network + 199),
        _ if own < last => (own + 1, last),
        _ => (network + 1, own.saturating_sub(1)),
    };
    (Ipv4Addr::from_bits(first), Ipv4Addr::from_bits(last))
}

/// A DHCP client on one interface: it configures the host, and keeps the lease alive. Records `dhcp.discover`,
/// `dhcp.request` (state: SELECTING, RENEWING, REBINDING, …), `dhcp.bound` (address, network, router, resolvers, lease,
/// server), `dhcp.conflict` (address, claimant) and `dhcp.decline`, `dhcp.release`, `dhcp.unbound`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DhcpClient {
    /// The interface to be configured: the first without an address, when nothing is said.
    pub interface: Option<String>,
    /// Gives the address back after so long, and ends.
    pub release_after: Option<Time>,
    /// Asks on the link whether somebody has the address already, and declines it then (RFC 5227; it takes 4 to 6 s).
    #[serde(default)]
    pub check: bool,
    /// An address that it had before and asks for again (INIT-REBOOT).
    pub remembers: Option<Ipv4Addr>,
}

impl DhcpClient {
    /// For the interface of this name.
    pub fn on(interface: &str) -> Self {
        DhcpClient { interface: Some(interface.into()), ..DhcpClient::default() }
    }
}

impl Written for DhcpClient {
    const NAME: &'static str = "dhcp-client";
    const ABOUT: &'static str = "gets an address by DHCP and keeps it";
}

impl Program for DhcpClient {
    fn start(&self, net: &Net, _: &Commons) -> Result<Task<()>, String> {
        let port = match &self.interface {
            Some(name) => interface(net, name)?.0,
            None => {
                let bare = net.interfaces().into_iter().find(|interface| interface.addresses.is_empty());
                bare.ok_or("every interface of the node has an address: name the one to be configured")?.port
            }
        };
        let (mut client, handle) = dhcp::Client::new(port);
        if self.check {
            client = client.checking();
        }
        if let Some(address) = self.remembers {
            client = client.remembering(address);
        }
        if let Some(after) = &self.release_after {
            let (own, handle, after) = (net.clone(), handle.clone(), after.0);
            let release = async move {
                own.sleep(after).await;
                handle.release();
            };
            net.spawn(release).detach();
        }
        let own = net.clone();
        Ok(net.spawn(async move {
            let _keep = handle;
            end(&own, "dhcp", client.run(own.clone()).await.err());
        }))
    }

    fn is_foreground(&self) -> bool {
        self.release_after.is_some()
    }

    fn listens(&self) -> Vec<(Protocol, u16)> {
        vec![(Protocol::UDP, wire::dhcp::CLIENT_PORT)]
    }
}

/// An interface of a host by its name.
pub(super) fn interface(net: &Net, name: &str) -> Result<(Port, net::Interface), String> {
    let all = net.interfaces();
    let names: Vec<String> = all.iter().map(|interface| interface.name.clone()).collect();
    let found = all.into_iter().find(|interface| interface.name == name);
    let found = found.ok_or_else(|| format!("it has no interface '{name}', only: {}", names.join(", ")))?;
    Ok((found.port, found))
}

const HOUR: Duration = Duration::from_secs(3600);
