//! A browser without a window: from a URL to the text of its page.
//!
//! ```text
//!   visit ─▶ document: resolve ─▶ connect ─▶ TLS ─▶ GET ─▶ redirect? ─▶ again
//!        └─▶ resources of the page, then those of its style sheets, until none is left
//!        └─▶ every connection closed
//! ```
//! Each step is recorded with the span of its request: the story and the waterfall are computed from that alone. A step
//! that fails says which party said what, and what to try.

mod connect;
mod failure;
mod fetch;
mod pool;
mod request;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use base::Duration;
use base::event::AppFact;
use net::{Net, Task};
use sha2::{Digest as _, Sha256};

use crate::html::{self, Kind, Resource};
use crate::http::Response;
use crate::tls::{ClientTls, Trust};
use crate::url::Url;

use connect::Names;
use fetch::Clockwork;
use pool::Pool;
use request::Failed;

pub use failure::{Failure, Step};
pub use fetch::{Fetch, Parts, fetch};

/// How a visit is made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// Columns of the page's text.
    pub width: usize,
    /// The visit ends after so long, however far it is.
    pub deadline: Duration,
    /// Redirects followed for one request.
    pub redirects: usize,
    /// Resources fetched for one page.
    pub resources: usize,
    /// Connections to one origin at once.
    pub connections_per_origin: usize,
    /// Requests in work at once.
    pub parallel: usize,
    /// The largest answer, bytes.
    pub body: usize,
    /// Names whose addresses are known without a question to a DNS server, as in a file of hosts.
    pub hosts: Vec<(String, IpAddr)>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            width: 80,
            deadline: Duration::from_secs(900),
            redirects: 10,
            resources: 100,
            connections_per_origin: 2,
            parallel: 4,
            body: 64 << 20,
            hosts: Vec::new(),
        }
    }
}

/// What came of a visit.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Visit {
    /// Where it ended, after redirects.
    pub url: String,
    /// The page, if the server sent one; also that of a 404.
    pub page: Option<Page>,
    /// What the page needed, in the order in which it was found.
    pub resources: Vec<Fetched>,
    /// Why the visit is not a success.
    pub failure: Option<Failure>,
}

impl Visit {
    fn failed(url: &str, failure: Failure) -> Visit {
        Visit { url: url.to_owned(), failure: Some(failure), ..Visit::default() }
    }
}

/// A page as text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// 200, 404, …
    pub status: u16,
    /// Its title.
    pub title: String,
    /// Laid out for the terminal.
    pub text: String,
    /// SHA-256 of the text, hexadecimal.
    pub text_hash: String,
    /// Bytes of the document as it came.
    pub len: u64,
}

/// A resource of a page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fetched {
    /// Where it was asked for.
    pub url: String,
    /// What it is for.
    pub kind: Kind,
    /// 200, 404, …; none: there was no answer, and `error` says why.
    pub status: Option<u16>,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
    /// How many bytes.
    pub len: u64,
    /// Why there is none.
    pub error: Option<Failure>,
}

/// Visits a URL as a browser on this host would. The host has its address, route and resolvers already. To be called by a
/// program of the host: TLS draws its randomness from the host whose program is running.
pub async fn visit(net: &Net, url: &str, trust: &Trust, options: &Options) -> Visit {
    let span = net.new_span();
    net.record(AppFact::new("visit", "start", span).with("url", url));
    let browser = Arc::new(Browser::new(net, trust, options));
    let (visit, last) = match net.timeout(options.deadline, browser.run(url, span)).await {
        Ok(result) => result,
        Err(_) => (Visit::failed(url, Failure::too_slow(options.deadline)), span),
    };
    browser.pool.close(net).await;
    if let Some(failure) = &visit.failure {
        net.record(failure.fact(last));
    }
    visit
}

struct Browser {
    net: Net,
    tls: ClientTls,
    pool: Pool,
    names: Names,
    parts: Clockwork,
    options: Options,
}

/// An answer, and where it came from in the end.
struct Document {
    url: Url,
    span: u64,
    response: Response,
}

/// A resource to fetch.
#[derive(Clone)]
struct Wanted {
    kind: Kind,
    url: Url,
}

impl Browser {
    fn new(net: &Net, trust: &Trust, options: &Options) -> Self {
        Browser {
            net: net.clone(),
            tls: ClientTls::new(net, trust),
            pool: Pool::new(options.connections_per_origin),
            names: Names::default(),
            parts: Clockwork::default(),
            options: options.clone(),
        }
    }

    /// The visit, and the span of its last request: the one that the page came from, or that failed.
    async fn run(self: &Arc<Self>, typed: &str, span: u64) -> (Visit, u64) {
        let url = match Url::typed(typed) {
            Ok(url) => url,
            Err(error) => return (Visit::failed(typed, Failure::bad_url(&error)), span),
        };
        let document = match self.follow(url, "typed", span).await {
            Ok(document) => document,
            Err(Failed { span, failure }) => return (Visit::failed(typed, failure), span),
        };
        let Document { url, span, response } = document;
        let is_html = response.content_type().to_ascii_lowercase().starts_with("text/html");
        let scan = if is_html { html::Page::scan(&response.body) } else { html::Page::default() };
        let resources = self.resources(&url, span, &scan).await;
        let page = self.page(&response, &scan.title, is_html);
        let fact = AppFact::new("visit", "page", span)
            .with("status", u64::from(page.status))
            .with("title", page.title.as_str())
            .with("text_hash", page.text_hash.as_str());
        self.net.record(fact.with("resources", resources.len() as u64));
        let failure = (page.status >= 400).then(|| Failure::status(page.status, &url));
        (Visit { url: url.to_string(), page: Some(page), resources, failure }, span)
    }

    fn page(&self, response: &Response, title: &str, is_html: bool) -> Page {
        let text = if is_html {
            html::to_text(&response.body, self.options.width)
        } else if response.content_type().starts_with("text/") {
            String::from_utf8_lossy(&response.body).into_owned()
        } else {
            format!("[{} bytes of {}]\n", response.body.len(), response.content_type())
        };
        let text_hash = digest(text.as_bytes());
        Page { status: response.status, title: title.to_owned(), text, text_hash, len: response.body.len() as u64 }
    }

    /// Fetches all that a page needs: its own resources, then those of its style sheets, until none is left.
    async fn resources(self: &Arc<Self>, page: &Url, span: u64, scan: &html::Page) -> Vec<Fetched> {
        let base = scan.base.as_ref().and_then(|base| page.join(base).ok()).unwrap_or_else(|| page.clone());
        let mut seen = vec![page.clone()];
        let mut wanted = self.wanted(&mut seen, scan.resources.iter().map(|found| (&base, found)));
        let mut all = Vec::new();
        while !wanted.is_empty() {
            let list: Vec<String> = wanted.iter().map(|wanted| wanted.url.to_string()).collect();
            let fact = AppFact::new("visit", "resources", span).with("count", list.len() as u64);
            self.net.record(fact.with("list", list.join(" ")));
            let fetched = self.round(wanted, span).await;
            let sheets: Vec<(Url, Vec<Resource>)> = (fetched.iter())
                .filter(|(resource, ..)| resource.kind == Kind::Style)
                .filter_map(|(_, document)| document.as_ref())
                .map(|(url, body)| (url.clone(), html::css_references(&String::from_utf8_lossy(body))))
                .collect();
            all.extend(fetched.into_iter().map(|(resource, _)| resource));
            let named = sheets.iter().flat_map(|(url, found)| found.iter().map(move |found| (url, found)));
            wanted = self.wanted(&mut seen, named);
        }
        all
    }

    /// What was not seen before, as far as the limit allows.
    fn wanted<'a>(&self, seen: &mut Vec<Url>, named: impl Iterator<Item = (&'a Url, &'a Resource)>) -> Vec<Wanted> {
        let mut wanted = Vec::new();
        for (base, resource) in named {
            let Ok(url) = base.join(&resource.reference) else { continue };
            // The page itself is the first that was seen.
            if !seen.contains(&url) && seen.len() <= self.options.resources {
                seen.push(url.clone());
                wanted.push(Wanted { kind: resource.kind, url });
            }
        }
        wanted
    }

    /// Fetches resources, several at once; the results in the order of the wishes.
    async fn round(self: &Arc<Self>, wanted: Vec<Wanted>, parent: u64) -> Vec<(Fetched, Option<(Url, bytes::Bytes)>)> {
        let wanted: Arc<[Wanted]> = wanted.into();
        let next = Arc::new(AtomicUsize::new(0));
        let workers: Vec<Task<Vec<_>>> = (0..wanted.len().min(self.options.parallel.max(1)))
            .map(|_| {
                let (browser, wanted, next) = (self.clone(), wanted.clone(), next.clone());
                self.net.spawn(async move {
                    let mut done = Vec::new();
                    while let Some((place, wish)) = {
                        let place = next.fetch_add(1, Relaxed);
                        wanted.get(place).map(|wish| (place, wish))
                    } {
                        let result = browser.follow(wish.url.clone(), "page", parent).await;
                        done.push((place, fetched(wish, result)));
                    }
                    done
                })
            })
            .collect();
        let mut all = Vec::new();
        for worker in workers {
            all.extend(worker.await);
        }
        all.sort_by_key(|(place, _)| *place);
        all.into_iter().map(|(_, result)| result).collect()
    }
}

fn fetched(wish: &Wanted, result: Result<Document, Failed>) -> (Fetched, Option<(Url, bytes::Bytes)>) {
    let mut fetched = Fetched {
        url: wish.url.to_string(),
        kind: wish.kind,
        status: None,
        sha256: String::new(),
        len: 0,
        error: None,
    };
    match result {
        Ok(Document { url, response, .. }) => {
            fetched.status = Some(response.status);
            fetched.sha256 = digest(&response.body);
            fetched.len = response.body.len() as u64;
            let good = response.status < 300;
            (fetched, good.then_some((url, response.body)))
        }
        Err(Failed { failure, .. }) => {
            fetched.error = Some(failure);
            (fetched, None)
        }
    }
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
