//! Gratuitous ARP (RFC 5227, section 2.3): that an address is here, whether it is true or not.

use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use base::event::AppFact;
use base::{Duration, LinkType, Mac, Port};
use net::{Net, Task};
use schemars::JsonSchema;
use serde::Deserialize;
use services::arp;
use wire::arp::Operation;

use super::dhcp::interface;
use super::registry::Written;
use super::{Commons, Program};
use crate::file::scalar::{Endpoint, Time};

/// Tells everybody on the link that an address is at a hardware address. Records `arp.announced` (address, mac) for each,
/// and `arp.failed` (error).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Announce {
    /// The IP address, or whose it is: the first of the interface itself, when nothing is said.
    pub address: Option<Endpoint>,
    /// The hardware address that is told: the interface's own, when nothing is said. `02:00:00:00:00:99`.
    pub mac: Option<String>,
    /// On which interface: the first of Ethernet, when nothing is said.
    pub interface: Option<String>,
    /// How many times: twice, when nothing is said.
    pub count: Option<u32>,
    /// From one to the next: 2 s, when nothing is said.
    pub every: Option<Time>,
    /// As a request for the address itself, or as a reply that nobody asked for.
    #[serde(default)]
    pub operation: Spoken,
}

/// The form of an announcement.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Spoken {
    /// As RFC 5227 wants it.
    #[default]
    Request,
    /// As some do.
    Reply,
}

impl Written for Announce {
    const NAME: &'static str = "announce";
    const ABOUT: &'static str = "says by ARP, unasked, that an address is here: its own, or another's";
}

impl Program for Announce {
    fn start(&self, net: &Net, world: &Commons) -> Result<Task<()>, String> {
        let (port, own_interface) = match &self.interface {
            Some(name) => interface(net, name)?,
            None => ethernet(net)?,
        };
        let mac = match &self.mac {
            Some(text) => Mac::from_str(text).map_err(|_| format!("'{text}' is no hardware address"))?,
            None => own_interface.mac,
        };
        let first = || own_interface.addresses.first().map(|cidr| cidr.address());
        let address = match &self.address {
            Some(whose) => Some(world.resolve(&whose.0.host, 0)?.ip()),
            None => first(),
        };
        let ip: Ipv4Addr = match address {
            Some(IpAddr::V4(ip)) => ip,
            _ => return Err(format!("{} has no IPv4 address to tell of: give address", own_interface.name)),
        };
        let operation = match self.operation {
            Spoken::Request => Operation::Request,
            Spoken::Reply => Operation::Reply,
        };
        let every = self.every.as_ref().map_or(ANNOUNCE_INTERVAL, |every| every.0);
        let (own, count) = (net.clone(), self.count.unwrap_or(ANNOUNCEMENTS));
        Ok(net.spawn(async move {
            let (span, began) = (own.new_span(), own.now());
            for number in 0..count {
                own.sleep_until(began + every * u64::from(number)).await;
                let told = arp::announce(&own, port, mac, ip, operation);
                let fact = |step| AppFact::new("arp", step, span).with("address", IpAddr::V4(ip));
                own.record(match told {
                    Ok(()) => fact("announced").with("mac", mac.to_string()),
                    Err(error) => fact("failed").with("error", error.to_string()),
                });
            }
        }))
    }

    fn is_foreground(&self) -> bool {
        true
    }
}

fn ethernet(net: &Net) -> Result<(Port, net::Interface), String> {
    let found = net.interfaces().into_iter().find(|interface| interface.link_type == LinkType::Ethernet);
    found.map(|found| (found.port, found)).ok_or_else(|| "the node has no interface of Ethernet".into())
}

/// RFC 5227, section 1.1.
const ANNOUNCEMENTS: u32 = 2;
const ANNOUNCE_INTERVAL: Duration = Duration::from_secs(2);
