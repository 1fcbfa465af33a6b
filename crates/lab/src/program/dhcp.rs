//! DHCP: a server for a network, a client that configures its host.

use std::net::Ipv4Addr;

use base::{Duration, Port};
use net::{Net, Task};
use services::dhcp;

use super::dns::end;
use super::{Commons, Program};

/// A DHCP server on one interface.
#[derive(Clone, Debug)]
pub struct DhcpServer {
    /// The interface that it serves; its first address tells the network.
    pub interface: String,
    /// First address of the pool.
    pub first: Ipv4Addr,
    /// Last address of the pool.
    pub last: Ipv4Addr,
    /// The default gateway it tells.
    pub router: Ipv4Addr,
    /// The resolvers it tells.
    pub resolvers: Vec<Ipv4Addr>,
    /// How long a lease lasts.
    pub lease: Duration,
}

impl Program for DhcpServer {
    fn start(&self, net: &Net, _: &Commons) -> Result<Task<()>, String> {
        let (port, interface) = interface(net, &self.interface)?;
        let server = *interface.addresses.first().ok_or_else(|| format!("{} has no address", self.interface))?;
        let pool = dhcp::Pool {
            router: Some(self.router),
            resolvers: self.resolvers.clone(),
            lease: self.lease,
            ..dhcp::Pool::new(server, self.first, self.last)
        };
        let own = net.clone();
        Ok(net.spawn(async move { end(&own, "dhcp", dhcp::Server::new(pool).run(own.clone(), port).await.err()) }))
    }
}

/// A DHCP client on one interface.
#[derive(Clone, Debug)]
pub struct DhcpClient {
    /// The interface to be configured.
    pub interface: String,
}

impl Program for DhcpClient {
    fn start(&self, net: &Net, _: &Commons) -> Result<Task<()>, String> {
        let (port, _) = interface(net, &self.interface)?;
        let (client, handle) = dhcp::Client::new(port);
        let own = net.clone();
        Ok(net.spawn(async move {
            let _keep = handle;
            end(&own, "dhcp", client.run(own.clone()).await.err());
        }))
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
