//! A client of the web: one URL, and where its time went.

use base::Duration;
use base::event::AppFact;
use net::{Net, Task};
use schemars::JsonSchema;
use serde::Deserialize;
use services::browser::{self, Options};

use super::registry::Written;
use super::{Commons, Program};
use crate::file::scalar::{Size, Time};

/// Fetches a URL, redirects followed, as often as told. Records the steps of each (`dns.answer`, `tcp.connected`,
/// `tls.done` with version, `http.response` with status), then `fetch.done` (url, status, bytes, time, and of that dns,
/// tcp, tls, http) or `fetch.failed` (step, party, said, time).
///
/// A host without resolvers knows the names of the file without asking anybody.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fetch {
    /// `https://server/bytes/100000`.
    pub url: String,
    /// How many times, one after the other, each with a connection of its own.
    #[serde(default = "once")]
    pub count: u32,
    /// From the end of one to the next.
    pub pause: Option<Time>,
    /// How long one may take.
    pub patience: Option<Time>,
    /// The largest answer that is taken.
    pub limit: Option<Size>,
}

impl Written for Fetch {
    const NAME: &'static str = "fetch";
    const ABOUT: &'static str = "fetches a URL by DNS, TCP, TLS and HTTP";
}

impl Program for Fetch {
    fn start(&self, net: &Net, world: &Commons) -> Result<Task<()>, String> {
        let usual = Options::default();
        let options = Options {
            deadline: self.patience.as_ref().map_or(usual.deadline, |patience| patience.0),
            body: self.limit.as_ref().map_or(usual.body, |limit| limit.0 as usize),
            hosts: if net.resolvers().is_empty() { world.names().hosts() } else { Vec::new() },
            ..usual
        };
        let pause = self.pause.as_ref().map_or(Duration::ZERO, |pause| pause.0);
        let (own, url, count, trust) = (net.clone(), self.url.clone(), self.count, world.trust());
        Ok(net.spawn(async move {
            for number in 0..count {
                if number > 0 {
                    own.sleep(pause).await;
                }
                let fetch = browser::fetch(&own, &url, &trust, &options).await;
                own.record(fact(&url, &fetch, own.new_span()));
            }
        }))
    }

    fn is_foreground(&self) -> bool {
        true
    }
}

fn fact(url: &str, fetch: &browser::Fetch, span: u64) -> AppFact {
    let browser::Parts { dns, tcp, tls, http } = fetch.parts;
    match &fetch.result {
        Ok((found, response)) => AppFact::new("fetch", "done", span)
            .with("url", found.to_string())
            .with("status", u64::from(response.status))
            .with("bytes", response.body.len() as u64)
            .with("time", fetch.time)
            .with("dns", dns)
            .with("tcp", tcp)
            .with("tls", tls)
            .with("http", http),
        Err(failure) => AppFact::new("fetch", "failed", span)
            .with("url", url)
            .with("step", failure.step.name())
            .with("party", failure.party.as_str())
            .with("said", failure.said.as_str())
            .with("time", fetch.time),
    }
}

const fn once() -> u32 {
    1
}
