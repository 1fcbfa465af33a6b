//! Datagrams at given times, and how long each of them was on its way.

use base::event::AppFact;
use base::{Duration, Instant};
use net::{Net, Random, Task};
use schemars::JsonSchema;
use serde::Deserialize;
use wire::ip::Protocol;

use super::dns::any;
use super::registry::Written;
use super::{Commons, Program};
use crate::file::scalar::{Endpoint, Size, Time};

/// Sends UDP datagrams, numbered and stamped with the time. Records `datagrams.done` (sent, refused).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Datagrams {
    /// To whom; port 5002 unless it says another.
    pub to: Endpoint,
    /// Bytes of data in each: 16 at least, for number and time.
    pub size: Size,
    /// From one to the next; the mean of it when arrivals are random.
    pub every: Time,
    /// How many.
    pub count: u64,
    /// When they are sent.
    #[serde(default)]
    pub arrivals: Arrivals,
    /// How long they are.
    #[serde(default)]
    pub sizes: Sizes,
}

/// When datagrams are sent.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Arrivals {
    /// At equal distances.
    #[default]
    Regular,
    /// As a Poisson process: the distances are exponential.
    Poisson,
}

/// How long datagrams are.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sizes {
    /// All the same.
    #[default]
    Fixed,
    /// Exponential, with their size as the mean; what 64 KiB cannot hold is cut.
    Exponential,
}

impl Written for Datagrams {
    const NAME: &'static str = "datagrams";
    const ABOUT: &'static str = "sends numbered UDP datagrams, regularly or at random, to a meter";
}

impl Program for Datagrams {
    fn start(&self, net: &Net, world: &Commons) -> Result<Task<()>, String> {
        let to = world.resolve(&self.to.0.host, self.to.0.port.unwrap_or(METER_PORT))?;
        let socket = net.udp_bind(any(0)).map_err(|error| error.to_string())?;
        let (own, what) = (net.clone(), self.clone());
        Ok(net.spawn(async move {
            let (rng, mut at, mut refused) = (own.random("datagrams"), own.now(), 0_u64);
            for number in 0..what.count {
                own.sleep_until(at).await;
                let mut data = vec![0; what.len(&rng)];
                data[..8].copy_from_slice(&number.to_be_bytes());
                data[8..STAMP].copy_from_slice(&own.now().nanos().to_be_bytes());
                refused += u64::from(socket.send_to(&data, to).is_err());
                at += what.gap(&rng);
            }
            let fact = AppFact::new("datagrams", "done", own.new_span()).with("sent", what.count - refused);
            own.record(fact.with("refused", refused));
        }))
    }

    fn is_foreground(&self) -> bool {
        true
    }
}

impl Datagrams {
    fn len(&self, rng: &Random) -> usize {
        let len = match self.sizes {
            Sizes::Fixed => self.size.0,
            Sizes::Exponential => (exponential(rng) * self.size.0 as f64).round() as u64,
        };
        len.clamp(STAMP as u64, MOST) as usize
    }

    fn gap(&self, rng: &Random) -> Duration {
        self.arrivals.gap(self.every.0, rng)
    }
}

impl Arrivals {
    /// The time from one thing to the next.
    pub(super) fn gap(self, every: Duration, rng: &Random) -> Duration {
        match self {
            Arrivals::Regular => every,
            Arrivals::Poisson => Duration::from_secs_f64(every.secs_f64() * exponential(rng)),
        }
    }
}

/// From the exponential distribution with mean 1.
fn exponential(rng: &Random) -> f64 {
    -(1.0 - rng.unit()).ln()
}

/// Measures what `datagrams` sends to UDP port 5002: records `meter.datagram` (number, delay, bytes) for each.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Meter {
    /// The port.
    #[serde(default = "meter_port")]
    pub port: u16,
}

impl Written for Meter {
    const NAME: &'static str = "meter";
    const ABOUT: &'static str = "measures how long the datagrams to UDP port 5002 were on their way";
}

impl Program for Meter {
    fn start(&self, net: &Net, _: &Commons) -> Result<Task<()>, String> {
        let socket = net.udp_bind(any(self.port)).map_err(|error| error.to_string())?;
        let own = net.clone();
        Ok(net.spawn(async move {
            loop {
                let Ok(datagram) = socket.recv().await else { continue };
                let Some((stamp, _)) = datagram.data.split_at_checked(STAMP) else { continue };
                let word = |at: usize| u64::from_be_bytes(std::array::from_fn(|n| stamp[at + n]));
                let delay = own.now().since(Instant::from_nanos(word(8)));
                let fact = AppFact::new("meter", "datagram", 0).with("number", word(0)).with("delay", delay);
                own.record(fact.with("bytes", datagram.data.len() as u64));
            }
        }))
    }

    fn listens(&self) -> Vec<(Protocol, u16)> {
        vec![(Protocol::UDP, self.port)]
    }
}

const fn meter_port() -> u16 {
    METER_PORT
}

/// Where a meter listens.
const METER_PORT: u16 = 5002;
/// Number and time at the beginning of a datagram, bytes.
const STAMP: usize = 16;
/// The largest UDP payload over IPv4.
const MOST: u64 = 65_507;
