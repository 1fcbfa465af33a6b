//! Ping: ICMP echoes (RFC 792), each of whose fates is recorded.

use base::Duration;
use base::event::AppFact;
use net::{Net, Task};
use schemars::JsonSchema;
use serde::Deserialize;
use services::icmp::{self, EchoOutcome};

use super::dns::end;
use super::registry::Written;
use super::{Commons, Program};
use crate::file::scalar::{Endpoint, Size, Time};

/// Sends ICMP echo requests. Records `ping.reply` (seq, rtt, ttl), `ping.error` (seq, from, said), `ping.silent` (seq),
/// and `ping.done` (sent, received).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ping {
    /// Whom.
    pub to: Endpoint,
    /// How many requests.
    #[serde(default = "four")]
    pub count: u16,
    /// Pause between them.
    pub interval: Option<Time>,
    /// How long each answer is waited for.
    pub patience: Option<Time>,
    /// Bytes of data in each.
    pub size: Option<Size>,
    /// The time to live of the requests.
    pub ttl: Option<u8>,
}

impl Written for Ping {
    const NAME: &'static str = "ping";
    const ABOUT: &'static str = "sends ICMP echo requests and records the answers";
}

impl Program for Ping {
    fn start(&self, net: &Net, world: &Commons) -> Result<Task<()>, String> {
        let to = world.resolve(&self.to.0.host, 0)?.ip();
        let usual = icmp::Ping::default();
        let span = |time: &Option<Time>, usual: Duration| time.as_ref().map_or(usual, |time| time.0);
        let ping = icmp::Ping {
            count: self.count,
            interval: span(&self.interval, usual.interval),
            patience: span(&self.patience, usual.patience),
            size: self.size.as_ref().map_or(usual.size, |size| size.0 as usize),
            ttl: self.ttl.or(usual.ttl),
        };
        let own = net.clone();
        Ok(net.spawn(async move {
            let span = own.new_span();
            let mut received = 0_u64;
            let record = |echo: &icmp::Echo| {
                let seq = u64::from(echo.seq);
                let fact = |step| AppFact::new("ping", step, span).with("seq", seq);
                own.record(match &echo.outcome {
                    EchoOutcome::Reply { rtt, ttl } => {
                        received += 1;
                        fact("reply").with("rtt", *rtt).with("ttl", u64::from(*ttl))
                    }
                    EchoOutcome::Error { from, said } => fact("error").with("from", *from).with("said", said.clone()),
                    other => fact("silent").with("said", format!("{other:?}")),
                });
            };
            let sent = u64::from(ping.count);
            end(&own, "ping", icmp::ping(&own, to, &ping, record).await.err());
            own.record(AppFact::new("ping", "done", span).with("sent", sent).with("received", received));
        }))
    }

    fn is_foreground(&self) -> bool {
        true
    }
}

const fn four() -> u16 {
    4
}
