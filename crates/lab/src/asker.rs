//! Somebody at a host of a running world, who asks something of it: what `ping`, `dig` and their like do from outside.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, PoisonError};

use base::{Blind, Duration, Instant, LinkType};
use net::{Net, Task};
use services::dns;
use stack::Node;

use crate::file::words::nearest;
use crate::program::{DhcpClient, Names, Program};
use crate::run::Running;
use crate::scenario::{BuildError, NodeSpec, Scenario};

/// A world in which time only passes while somebody waits for an answer.
pub struct Asker {
    running: Running,
    net: Net,
    /// Whose the addresses are: those of all interfaces, from the start.
    owners: BTreeMap<IpAddr, String>,
    until: Instant,
}

/// Why nothing can be asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AskError {
    /// The world cannot be built.
    World(BuildError),
    /// No host is called so; the nearest that is.
    NoHost(String, Option<String>),
    /// The world has no host at all.
    NoHosts,
    /// The host has no address, and nobody lent it one.
    NoAddress(String),
    /// The answer did not come while the world may last.
    TooLong(Duration),
}

impl fmt::Display for AskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AskError::World(error) => write!(f, "{error}"),
            AskError::NoHost(name, Some(near)) => write!(f, "no host is called '{name}'; did you mean '{near}'?"),
            AskError::NoHost(name, None) => write!(f, "no host is called '{name}'"),
            AskError::NoHosts => f.write_str("there is no host in it"),
            AskError::NoAddress(name) => write!(f, "{name} has no address, and no DHCP server lent it one"),
            AskError::TooLong(span) => write!(f, "no end within {span} of the world's time"),
        }
    }
}

impl std::error::Error for AskError {}

impl From<BuildError> for AskError {
    fn from(error: BuildError) -> Self {
        AskError::World(error)
    }
}

impl Asker {
    /// At the host called `from`, or a sensible one: the host without an address yet (a person's own), a `laptop` or
    /// `client`, else the first. What the world's programs do goes on meanwhile.
    pub fn new(scenario: &Scenario, from: Option<&str>, seed: u64) -> Result<Self, AskError> {
        let hosts = || scenario.nodes.iter().filter(|node| node.is_host());
        let node = match from {
            Some(name) => hosts().find(|node| node.name == name).ok_or_else(|| {
                let near = nearest(name, hosts().map(|node| node.name.as_str()));
                AskError::NoHost(name.to_owned(), near.map(str::to_owned))
            })?,
            None => usual(scenario).ok_or(AskError::NoHosts)?,
        };
        let running = scenario.start(seed, Box::new(Blind))?;
        let net = running.built.world.net(running.built.node(&node.name)?);
        let owners = owners(scenario);
        let mut asker = Asker { running, net, owners, until: Instant::ZERO + LONGEST };
        asker.get_address(node)?;
        Ok(asker)
    }

    /// The host.
    pub fn host(&self) -> &str {
        self.net.name()
    }

    /// The host's network, for programs.
    pub fn net(&self) -> &Net {
        &self.net
    }

    /// The host's own address.
    pub fn address(&self) -> Option<IpAddr> {
        address(&self.net)
    }

    /// What the addresses of the world are called.
    pub fn names(&self) -> Arc<Names> {
        self.running.commons.names()
    }

    /// Whom the world's hosts trust.
    pub fn trust(&self) -> services::tls::Trust {
        self.running.commons.trust()
    }

    /// The node that has an address.
    pub fn owner(&self, ip: IpAddr) -> Option<&str> {
        self.owners.get(&ip).map(String::as_str)
    }

    /// All owners of addresses, to be kept.
    pub fn owners(&self) -> BTreeMap<IpAddr, String> {
        self.owners.clone()
    }

    /// The world's time.
    pub fn now(&self) -> Instant {
        self.running.built.world.now()
    }

    /// Runs a program on the host, and the world until it has ended.
    pub fn run<F>(&mut self, program: F) -> Result<F::Output, AskError>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let result = Arc::new(Mutex::new(None));
        let slot = Arc::clone(&result);
        let task = self.net.spawn(async move {
            let answer = program.await;
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
        });
        self.wait(&task)?;
        let answer = result.lock().unwrap_or_else(PoisonError::into_inner).take();
        answer.ok_or(AskError::TooLong(LONGEST))
    }

    /// The address of a name: one of the world's own, or one that the host's resolvers know.
    pub fn resolve(&mut self, name: &str) -> Result<Result<IpAddr, String>, AskError> {
        if let Ok(found) = self.names().resolve(name, 0) {
            return Ok(Ok(found.ip()));
        }
        let (net, name) = (self.net.clone(), name.to_owned());
        self.run(async move {
            let found = dns::lookup(&net, &name, net.new_span()).await;
            found.map(|found| found.addresses[0]).map_err(|error| error.to_string())
        })
    }

    /// Lets time pass, an event at a time, until a task has ended.
    fn wait(&mut self, task: &Task<()>) -> Result<(), AskError> {
        self.running.run_until(self.now())?;
        while !task.is_finished() && self.now() < self.until {
            let next = self.running.built.world.poll_at().map_or(self.until, |wake| wake.at);
            self.running.run_until(next.min(self.until))?;
        }
        Ok(())
    }

    /// A host without an address gets one by DHCP, as a person's does before anything else.
    fn get_address(&mut self, node: &NodeSpec) -> Result<(), AskError> {
        self.running.run_until(Instant::ZERO)?;
        if address(&self.net).is_some() {
            return Ok(());
        }
        let client = (wire::ip::Protocol::UDP, wire::dhcp::CLIENT_PORT);
        let has_client = node.programs.iter().any(|run| run.program.listens().contains(&client));
        let ethernet = self.net.interfaces().into_iter().find(|interface| interface.link_type == LinkType::Ethernet);
        if let Some(interface) = ethernet.filter(|_| !has_client) {
            let client = DhcpClient::on(&interface.name).start(&self.net, &self.running.commons);
            client.map_err(|_| AskError::NoAddress(node.name.clone()))?.detach();
        }
        let own = self.net.clone();
        let until = self.now() + LEASE_PATIENCE;
        self.run(async move {
            while address(&own).is_none() && own.now() < until {
                own.sleep(LOOK).await;
            }
        })?;
        match address(&self.net) {
            Some(_) => Ok(()),
            None => Err(AskError::NoAddress(node.name.clone())),
        }
    }
}

/// Where a person would sit.
fn usual(scenario: &Scenario) -> Option<&NodeSpec> {
    let hosts = || scenario.nodes.iter().filter(|node| node.kind == crate::scenario::Kind::Host);
    let called = |name: &str| hosts().find(|node| node.name == name);
    let first = || hosts().next().or_else(|| scenario.nodes.iter().find(|node| node.is_host()));
    called("laptop").or_else(|| called("client")).or_else(first)
}

fn owners(scenario: &Scenario) -> BTreeMap<IpAddr, String> {
    scenario.nodes.iter().flat_map(|node| node.addresses().map(|address| (address, node.name.clone()))).collect()
}

fn address(net: &Net) -> Option<IpAddr> {
    let all = net.interfaces().into_iter().flat_map(|interface| interface.addresses);
    all.map(|cidr| cidr.address()).find(|ip| *ip != IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

/// How long an address is waited for.
const LEASE_PATIENCE: Duration = Duration::from_secs(120);
/// How often it is looked whether it is there.
const LOOK: Duration = Duration::from_millis(1);
/// How long the world lasts, at most.
const LONGEST: Duration = Duration::from_secs(3600);
