//! Traceroute: the routers on the way, as they tell of themselves.

use base::event::AppFact;
use net::{Net, Task};
use schemars::JsonSchema;
use serde::Deserialize;
use services::icmp::{self, End, HopOutcome, Probe};

use super::dns::end;
use super::registry::Written;
use super::{Commons, Program};
use crate::file::scalar::{Endpoint, Size, Time};

/// Sends packets that may go one hop, two hops, …. Records each probe as `traceroute.hop` (ttl, probe, from, rtt, answer:
/// `time exceeded`, `arrived`, `unreachable` or `silence`), and `traceroute.done` (hops, reached as 0 or 1).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Traceroute {
    /// Whither.
    pub to: Endpoint,
    /// What is sent.
    #[serde(default)]
    pub probe: ProbeKind,
    /// Packets for each hop: 3 when nothing is said.
    pub probes: Option<u16>,
    /// The last hop that is tried: 30 when nothing is said.
    pub hops: Option<u8>,
    /// How long each answer is waited for: 3 s when nothing is said.
    pub patience: Option<Time>,
    /// Bytes of data in each: 32 when nothing is said.
    pub size: Option<Size>,
}

/// What is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProbeKind {
    /// UDP to ports on which hardly anybody listens, from 33434 on.
    #[default]
    Udp,
    /// ICMP echo requests.
    Echo,
}

impl Written for Traceroute {
    const NAME: &'static str = "traceroute";
    const ABOUT: &'static str = "finds the routers on the way, by packets whose time ends";
}

impl Program for Traceroute {
    fn start(&self, net: &Net, world: &Commons) -> Result<Task<()>, String> {
        let to = world.resolve(&self.to.0.host, 0)?.ip();
        let usual = icmp::Traceroute::default();
        let how = icmp::Traceroute {
            probe: match self.probe {
                ProbeKind::Udp => Probe::Udp,
                ProbeKind::Echo => Probe::Echo,
            },
            probes: self.probes.unwrap_or(usual.probes),
            last: self.hops.unwrap_or(usual.last),
            patience: self.patience.as_ref().map_or(usual.patience, |patience| patience.0),
            size: self.size.as_ref().map_or(usual.size, |size| size.0 as usize),
            ..usual
        };
        let own = net.clone();
        Ok(net.spawn(async move {
            let span = own.new_span();
            let mut hops = 0;
            let tell = |hop: &icmp::Hop| {
                hops = u64::from(hop.ttl);
                own.record(fact(hop, span));
            };
            match icmp::traceroute(&own, to, &how, tell).await {
                Ok(reached) => {
                    let fact = AppFact::new("traceroute", "done", span).with("hops", hops);
                    own.record(fact.with("reached", u64::from(reached == End::Reached)));
                }
                Err(error) => end(&own, "traceroute", Some(error)),
            }
        }))
    }

    fn is_foreground(&self) -> bool {
        true
    }
}

fn fact(hop: &icmp::Hop, span: u64) -> AppFact {
    let fact = AppFact::new("traceroute", "hop", span).with("ttl", u64::from(hop.ttl));
    let fact = fact.with("probe", u64::from(hop.probe));
    match &hop.outcome {
        HopOutcome::Passed { from, rtt } => fact.with("answer", "time exceeded").with("from", *from).with("rtt", *rtt),
        HopOutcome::Arrived { from, rtt } => fact.with("answer", "arrived").with("from", *from).with("rtt", *rtt),
        HopOutcome::Unreachable { from, rtt, said } => {
            fact.with("answer", "unreachable").with("from", *from).with("rtt", *rtt).with("said", *said)
        }
        HopOutcome::NotSent(error) => fact.with("answer", "not sent").with("said", error.to_string()),
        HopOutcome::Silence => fact.with("answer", "silence"),
    }
}
