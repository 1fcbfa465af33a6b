//! Name servers: those that have zones, and those that walk the tree for others.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use net::{Net, Task};
use schemars::JsonSchema;
use serde::Deserialize;
use services::dns;
use wire::ip::Protocol;

use super::registry::Written;
use super::{Commons, Program};
use crate::file::scalar::{Endpoint, Size};

/// An authoritative name server. Without zones it knows all names of the file, as a root that delegates nothing.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NameServer {
    /// Zones: the apex, and the zone file (RFC 1035, section 5).
    #[serde(default)]
    pub zones: BTreeMap<String, String>,
    /// Names in the zone of all names whose answer to TXT has exactly so many bytes, EDNS not counted:
    /// `{ "exact.example.com" = 512 }`.
    #[serde(default)]
    pub answers: BTreeMap<String, Size>,
}

impl NameServer {
    /// With these zones: apex, zone file.
    pub fn new(zones: &[(&str, &str)]) -> Self {
        let zones = zones.iter().map(|(apex, text)| ((*apex).into(), (*text).into())).collect();
        NameServer { zones, answers: BTreeMap::new() }
    }

    /// The zone of all names: a root.
    fn all_names(&self, net: &Net, world: &Commons) -> Result<dns::Zone, String> {
        let own = world.names().names_of(net);
        let server = own.first().map_or("server", String::as_str);
        let mut text =
            format!("$TTL 300\n. IN SOA {server}. admin.{server}. ( 1 7200 900 1209600 60 )\n. IN NS {server}.\n");
        for (name, ip) in world.names().hosts() {
            let kind = if ip.is_ipv4() { "A" } else { "AAAA" };
            text.push_str(&format!("{name}. IN {kind} {ip}\n"));
        }
        for (name, size) in &self.answers {
            let name = name.trim_end_matches('.');
            text.push_str(&format!("{name}. IN TXT {}\n", filling(name, size.0)?));
        }
        dns::Zone::parse(".", &text).map_err(|error| error.to_string())
    }
}

/// Strings of a TXT record that make the answer to a question for `name` exactly `size` bytes long.
fn filling(name: &str, size: u64) -> Result<String, String> {
    // Header 12; question: the name (a length more in front, a zero behind), type and class; answer: a pointer to the
    // name, type, class, TTL and length.
    let fixed = 12 + (name.len() as u64 + 2 + 4) + (2 + 10);
    let wrong = || format!("an answer for {name} has between {} and 65535 bytes, not {size}", fixed + 1);
    let mut left = size.checked_sub(fixed).filter(|left| *left > 0 && size <= 65_535).ok_or_else(wrong)?;
    let mut strings = Vec::new();
    while left > 0 {
        // Each string has a byte for its length in front.
        let len = (left - 1).min(255);
        strings.push(format!("\"{}\"", "x".repeat(len as usize)));
        left -= len + 1;
    }
    Ok(strings.join(" "))
}

impl Written for NameServer {
    const NAME: &'static str = "dns";
    const ABOUT: &'static str = "an authoritative name server, for zones or for all names of the file";
}

impl Program for NameServer {
    fn start(&self, net: &Net, world: &Commons) -> Result<Task<()>, String> {
        let zones: Result<Vec<_>, _> = self.zones.iter().map(|(apex, text)| dns::Zone::parse(apex, text)).collect();
        let mut zones = zones.map_err(|error| error.to_string())?;
        if zones.is_empty() || !self.answers.is_empty() {
            zones.push(self.all_names(net, world)?);
        }
        let server = dns::NameServer::new(zones);
        let own = net.clone();
        Ok(net.spawn(async move { end(&own, "dns", server.run(own.clone(), any(dns::PORT)).await.err()) }))
    }

    fn speaks_for_zones(&self) -> bool {
        true
    }

    fn listens(&self) -> Vec<(Protocol, u16)> {
        vec![(Protocol::UDP, dns::PORT), (Protocol::TCP, dns::PORT)]
    }
}

/// A recursive resolver.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resolver {
    /// The root servers: the nodes that serve `dns`, when nothing is said.
    #[serde(default)]
    pub roots: Vec<Endpoint>,
}

impl Resolver {
    /// With root servers at these addresses.
    pub fn new(roots: &[IpAddr]) -> Self {
        let root = |ip: &IpAddr| Endpoint(crate::file::quantity::Target { host: ip.to_string(), port: None });
        Resolver { roots: roots.iter().map(root).collect() }
    }
}

impl Written for Resolver {
    const NAME: &'static str = "resolver";
    const ABOUT: &'static str = "a recursive resolver with a cache";
}

impl Program for Resolver {
    fn start(&self, net: &Net, world: &Commons) -> Result<Task<()>, String> {
        let given: Result<Vec<IpAddr>, String> =
            self.roots.iter().map(|root| world.resolve(&root.0.host, dns::PORT).map(|at| at.ip())).collect();
        let roots = match given? {
            none if none.is_empty() => world.names().name_servers().to_vec(),
            given => given,
        };
        if roots.is_empty() {
            return Err("it knows no root server: give roots, or let a node serve dns".into());
        }
        let resolver = dns::Resolver::new(roots);
        let own = net.clone();
        Ok(net.spawn(async move { end(&own, "dns", resolver.run(own.clone(), any(dns::PORT)).await.err()) }))
    }

    fn listens(&self) -> Vec<(Protocol, u16)> {
        vec![(Protocol::UDP, dns::PORT), (Protocol::TCP, dns::PORT)]
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
