//! One document without what its page needs, and where its time went.

use std::sync::{Arc, Mutex, PoisonError};

use base::event::AppFact;
use base::{Duration, Instant};
use net::Net;

use super::failure::Failure;
use super::{Browser, Document, Options};
use crate::http::Response;
use crate::tls::Trust;
use crate::url::Url;

/// How long the steps of a fetch took, redirects and repetitions included.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Parts {
    /// From the name to an address.
    pub dns: Duration,
    /// From the first SYN until the connection was open.
    pub tcp: Duration,
    /// The handshake that makes it secure.
    pub tls: Duration,
    /// From the request to the last byte of the answer.
    pub http: Duration,
}

/// What came of a fetch.
#[derive(Clone, Debug)]
pub struct Fetch {
    /// The answer, and where it came from after redirects; or why there is none.
    pub result: Result<(Url, Response), Failure>,
    /// Where the time went.
    pub parts: Parts,
    /// All of it.
    pub time: Duration,
}

/// Fetches one URL as [`visit`](super::visit) does, but nothing that it refers to.
pub async fn fetch(net: &Net, url: &str, trust: &Trust, options: &Options) -> Fetch {
    let (span, began) = (net.new_span(), net.now());
    net.record(AppFact::new("visit", "start", span).with("url", url));
    let browser = Arc::new(Browser::new(net, trust, options));
    let result = match net.timeout(options.deadline, browser.document(url, span)).await {
        Ok(result) => result,
        Err(_) => Err((span, Failure::too_slow(options.deadline))),
    };
    let time = net.now() - began;
    let parts = browser.parts.total();
    browser.pool.close(net).await;
    let result = match result {
        Ok(Document { url, response, .. }) => Ok((url, response)),
        Err((span, failure)) => {
            net.record(failure.fact(span));
            Err(failure)
        }
    };
    Fetch { result, parts, time }
}

/// The times of a browser's steps, summed up.
#[derive(Default)]
pub(super) struct Clockwork(Mutex<Parts>);

impl Clockwork {
    /// Adds the time from `since` to now to a part.
    pub(super) fn add(&self, net: &Net, since: Instant, part: impl FnOnce(&mut Parts) -> &mut Duration) {
        let mut parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let part = part(&mut parts);
        *part = *part + (net.now() - since);
    }

    fn total(&self) -> Parts {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Browser {
    async fn document(&self, typed: &str, span: u64) -> Result<Document, (u64, Failure)> {
        let url = Url::typed(typed).map_err(|error| (span, Failure::bad_url(&error)))?;
        self.follow(url, "typed", span).await.map_err(|failed| (failed.span, failed.failure))
    }
}
