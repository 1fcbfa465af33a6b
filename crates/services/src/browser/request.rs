//! One wish: the request, the tries it takes, and the redirects it meets.

use base::Duration;
use base::event::AppFact;

use super::connect::Trouble;
use super::failure::Failure;
use super::pool::{Open, record_closed};
use super::{Browser, Document};
use crate::http::{Connection, Response};
use crate::url::Url;

/// A failure, and the request that met it.
pub(super) struct Failed {
    pub(super) span: u64,
    pub(super) failure: Failure,
}

impl Browser {
    //= rfc9110#15.4
    /// Asks for a URL and goes where the answers point. (A `GET` stays one, whichever redirect it meets.)
    pub(super) async fn follow(&self, url: Url, initiator: &str, parent: u64) -> Result<Document, Failed> {
        let mut chain: Vec<Url> = Vec::new();
        let (mut url, mut initiator, mut parent) = (url, initiator, parent);
        loop {
            let span = self.net.new_span();
            let fact = AppFact::new("visit", "request", span)
                .with("url", url.to_string())
                .with("host", url.origin.host.to_string())
                .with("port", u64::from(url.origin.port));
            self.net.record(fact.with("initiator", initiator).with("parent", parent));
            let failed = |failure| Failed { span, failure };
            let response = self.request(&url, span).await.map_err(failed)?;
            let location = response.location().filter(|_| [301, 302, 303, 307, 308].contains(&response.status));
            let Some(location) = location else { return Ok(Document { url, span, response }) };
            let bad_location = |error| failed(Failure::bad_location(&url, location, &error));
            let next = url.join(location).map_err(bad_location)?;
            chain.push(url.clone());
            if chain.len() > self.options.redirects {
                return Err(failed(Failure::redirects(&chain, &next)));
            }
            let fact = AppFact::new("visit", "redirect", span).with("from", url.to_string());
            self.net.record(fact.with("to", next.to_string()).with("status", u64::from(response.status)));
            (url, initiator, parent) = (next, "redirect", span);
        }
    }

    /// Asks until there is an answer or no more hope.
    async fn request(&self, url: &Url, span: u64) -> Result<Response, Failure> {
        let origin = &url.origin;
        let _place = self.pool.enter(origin).await;
        if let Some(open) = self.pool.take(origin) {
            let fact = AppFact::new("visit", "reused-connection", span);
            self.net.record(fact.with("host", origin.host.to_string()));
            match self.exchange(open, url, span).await {
                Ok(response) => return Ok(response),
                //= rfc9112#9.3.1
                // The server may have closed it in the meantime: that says nothing about a new one.
                Err(trouble) if trouble.transient => {}
                Err(trouble) => return Err(trouble.failure),
            }
        }
        let mut tries = 1;
        loop {
            let result = match self.connect(origin, span).await {
                Ok(open) => self.exchange(open, url, span).await,
                Err(trouble) => Err(trouble),
            };
            match result {
                Ok(response) => return Ok(response),
                Err(trouble) if trouble.transient && tries < TRIES => self.net.sleep(PAUSE).await,
                Err(trouble) => return Err(trouble.failure),
            }
            tries += 1;
        }
    }

    /// One request on one connection, which is kept when it can take another.
    async fn exchange(&self, mut open: Open, url: &Url, span: u64) -> Result<Response, Trouble> {
        let host = url.origin.host.to_string();
        let fact = AppFact::new("http", "request", span).with("method", "GET");
        self.net.record(fact.with("target", url.target.as_str()));
        let own = self.net.clone();
        let first_byte = move || own.record(AppFact::new("http", "first-byte", span));
        let began = self.net.now();
        let answer = open.connection.get(&url.origin, &url.target, self.options.body, first_byte);
        let answer = self.net.timeout(PATIENCE, answer).await;
        self.parts.add(&self.net, began, |parts| &mut parts.http);
        let failed = match answer {
            Ok(Ok(response)) => {
                self.record_response(span, &response);
                if open.connection.is_open() && !Connection::closes_after(&response) {
                    self.pool.keep(&url.origin, open);
                } else {
                    self.pool.retire(&self.net, open);
                }
                return Ok(response);
            }
            Ok(Err(error)) => Trouble { failure: Failure::http(&host, &error), transient: error.is_transient() },
            Err(_) => Trouble { failure: Failure::silent(&host, PATIENCE), transient: true },
        };
        self.net.record(AppFact::new("http", "failed", span).with("error", failed.failure.said.as_str()));
        let (remote, opened_by) = (open.remote, open.span);
        drop(open);
        record_closed(&self.net, opened_by, remote);
        Err(failed)
    }

    fn record_response(&self, span: u64, response: &Response) {
        let fact = AppFact::new("http", "response", span)
            .with("status", u64::from(response.status))
            .with("length", response.body.len() as u64)
            .with("type", response.content_type());
        self.net.record(match response.location() {
            Some(location) => fact.with("location", location),
            None => fact,
        });
    }
}

/// Tries with a new connection each.
const TRIES: usize = 4;
/// How long an answer may take, from the request to its last byte.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between tries.
const PAUSE: Duration = Duration::from_secs(1);
