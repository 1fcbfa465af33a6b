//! What runs on the hosts of a scenario: one file a family. A program here only says how to start what `services` has.

mod announce;
mod browse;
mod bulk;
mod datagrams;
mod dhcp;
mod dns;
mod echo;
mod fetch;
mod framing;
mod lookup;
mod messages;
pub mod own;
mod ping;
mod reader;
pub mod registry;
mod requests;
mod script;
mod talk;
mod traceroute;
mod transfer;
mod web;
mod website;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use base::{Mac, Rng};
use net::{Net, Task};
use services::tls::{Authority, Trust};
use wire::ip::Protocol;

use crate::scenario::{NodeSpec, Run, Scenario, mac_of};

pub use announce::Announce;
pub use browse::Browse;
pub use bulk::{Bulk, Sink};
pub use datagrams::{Arrivals, Datagrams, Meter, Sizes};
pub use dhcp::{DhcpClient, DhcpServer};
pub use dns::{NameServer, Resolver};
pub use echo::Echo;
pub use fetch::Fetch;
pub use framing::Framing;
pub use lookup::Lookup;
pub use messages::Messages;
pub use ping::Ping;
pub use reader::Reader;
pub use requests::Requests;
pub use script::{Script, Step};
pub use talk::{Listener, Talk};
pub use traceroute::Traceroute;
pub use transfer::{Receiver, Transfer};
pub use web::{Certificate, Web};
pub use website::{Http, Https, WebPage, Website};

/// A program of a scenario.
pub trait Program: fmt::Debug + Send + Sync + 'static {
    /// Starts it on a host. The task ends when the program does; a run waits for those in the foreground.
    fn start(&self, net: &Net, world: &Commons) -> Result<Task<()>, String>;

    /// Whether a run lasts until this program has ended.
    fn is_foreground(&self) -> bool {
        false
    }

    /// Whether it is a name server with zones, which resolvers begin with when they are told of no root.
    fn speaks_for_zones(&self) -> bool {
        false
    }

    /// IP protocols and ports that it takes for itself.
    fn listens(&self) -> Vec<(Protocol, u16)> {
        Vec::new()
    }
}

impl Run {
    /// Whether a run lasts until this program has ended.
    pub fn is_foreground(&self) -> bool {
        self.background.map_or_else(|| self.program.is_foreground(), |background| !background)
    }
}

/// What all programs of a world share: who certifies, whom people trust, and what addresses are called.
pub struct Commons {
    seed: u64,
    epoch: SystemTime,
    /// Made when somebody asks: keys are dear, and most worlds have no certificates.
    authorities: OnceLock<[Authority; 2]>,
    names: Arc<Names>,
}

/// What the addresses of a world are called.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Names {
    addresses: BTreeMap<String, IpAddr>,
    /// The hardware address of each node's first interface.
    stations: BTreeMap<String, Mac>,
    /// Addresses of hosts that speak for zones of the DNS.
    name_servers: Vec<IpAddr>,
}

impl Names {
    /// The names of a scenario's nodes, and the others that it gives.
    fn of(scenario: &Scenario) -> Self {
        let first = |node: &NodeSpec| Some((node.name.clone(), node.addresses().next()?));
        let speaks = |node: &&NodeSpec| node.programs.iter().any(|run| run.program.speaks_for_zones());
        let name_servers = scenario.nodes.iter().filter(speaks).filter_map(first).map(|(_, ip)| ip).collect();
        let nodes = scenario.nodes.iter().filter_map(first);
        let station = |node: &NodeSpec| Some((node.name.clone(), mac_of(&node.name, &node.interfaces.first()?.name)));
        let stations = scenario.nodes.iter().filter_map(station).collect();
        Names { addresses: nodes.chain(scenario.names.iter().cloned()).collect(), stations, name_servers }
    }

    /// All names and their addresses, in the order of the names.
    pub fn hosts(&self) -> Vec<(String, IpAddr)> {
        self.addresses.iter().map(|(name, ip)| (name.clone(), *ip)).collect()
    }

    /// What a host is called: its own name, its other names, its addresses.
    pub fn names_of(&self, net: &Net) -> Vec<String> {
        let addresses = || net.interfaces().into_iter().flat_map(|interface| interface.addresses);
        let own: Vec<IpAddr> = addresses().map(|cidr| cidr.address()).collect();
        let others = self.addresses.iter().filter(|(name, ip)| own.contains(ip) && *name != net.name());
        let names = std::iter::once(net.name().to_owned()).chain(others.map(|(name, _)| name.clone()));
        names.chain(own.iter().map(IpAddr::to_string)).collect()
    }

    /// Addresses of the hosts that speak for zones of the DNS.
    pub fn name_servers(&self) -> &[IpAddr] {
        &self.name_servers
    }

    /// The address that is called `host`, a node's name, another name of it, or an address itself; with a port.
    pub fn resolve(&self, host: &str, port: u16) -> Result<SocketAddr, String> {
        let ip = host.parse().ok().or_else(|| self.addresses.get(host).copied());
        let ip = ip.ok_or_else(|| format!("nobody is called '{host}', or it has no address of its own"))?;
        Ok(SocketAddr::new(ip, port))
    }
}

impl Commons {
    /// Of a run of this scenario with this seed.
    pub fn new(seed: u64, scenario: &Scenario) -> Self {
        let names = Arc::new(Names::of(scenario));
        Commons { seed, epoch: scenario.epoch, authorities: OnceLock::new(), names }
    }

    /// See [`Names::resolve`].
    pub fn resolve(&self, host: &str, port: u16) -> Result<SocketAddr, String> {
        self.names.resolve(host, port)
    }

    /// The hardware address of a node's first interface.
    pub fn station(&self, node: &str) -> Option<Mac> {
        self.names.stations.get(node).copied()
    }

    /// All names, to be kept.
    pub fn names(&self) -> Arc<Names> {
        Arc::clone(&self.names)
    }

    /// The authority that every host of the world trusts.
    pub fn trusted(&self) -> &Authority {
        &self.authorities()[0]
    }

    /// An authority that nobody trusts.
    pub fn unknown(&self) -> &Authority {
        &self.authorities()[1]
    }

    /// The trust store of the world's hosts.
    pub fn trust(&self) -> Trust {
        Trust::in_authority(self.trusted())
    }

    fn authorities(&self) -> &[Authority; 2] {
        self.authorities.get_or_init(|| {
            let rng = Rng::root(self.seed).split("certificates");
            [TRUSTED, UNKNOWN].map(|name| Authority::new(name, &rng, self.epoch))
        })
    }
}

const TRUSTED: &str = "Glassnet";
const UNKNOWN: &str = "Nobody Knows";
