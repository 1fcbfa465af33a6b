//! Name servers: those that have zones, and those that walk the tree for others.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use net::{Net, Task};
use services::dns;

use super::{Commons, Program};

/// An authoritative name server.
#[derive(Clone, Debug)]
pub struct NameServer {
    /// Apex and zone file of each zone.
    pub zones: Vec<(String, String)>,
}

impl NameServer {
    /// With these zones: apex, zone file.
    pub fn new(zones: &[(&str, &str)]) -> Self {
        NameServer { zones: zones.iter().map(|(apex, text)| ((*apex).into(), (*text).into())).collect() }
    }
}

impl Program for NameServer {
    fn start(&self, net: &Net, _: &Commons) -> Result<Task<()>, String> {
        let zones: Result<Vec<_>, _> = self.zones.iter().map(|(apex, text)| dns::Zone::parse(apex, text)).collect();
        let server = dns::NameServer::new(zones.map_err(|error| error.to_string())?);
        let own = net.clone();
        Ok(net.spawn(async move { end(&own, "dns", server.run(own.clone(), any(dns::PORT)).await.err()) }))
    }
}

/// A recursive resolver.
#[derive(Clone, Debug)]
pub struct Resolver {
    /// Addresses of root servers.
    pub roots: Vec<IpAddr>,
}

impl Program for Resolver {
    fn start(&self, net: &Net, _: &Commons) -> Result<Task<()>, String> {
        let resolver = dns::Resolver::new(self.roots.clone());
        let own = net.clone();
        Ok(net.spawn(async move { end(&own, "dns", resolver.run(own.clone(), any(dns::PORT)).await.err()) }))
    }
}

/// Every address of the host.
pub(super) fn any(port: u16) -> SocketAddr {
    SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port)
}

/// A server only ends when it cannot begin: that is on the record.
pub(super) fn end(net: &Net, protocol: &'static str, error: Option<impl std::fmt::Display>) {
    if let Some(error) = error {
        net.record(base::event::AppFact::new(protocol, "cannot-serve", 0).with("error", error.to_string()));
    }
}
