//! The requests of a visit, from what the visiting program recorded.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use base::event::{AppFact, Value};
use base::{Instant, NodeId};

use super::tcp::Connection;
use crate::recording::Recording;
use crate::words::clean;

/// One request from its first step to its last. Moments are `None` where the step did not happen.
#[derive(Clone, Default, Debug)]
pub(crate) struct Request {
    /// Counted from 1 in the order of their starts.
    pub(crate) number: usize,
    pub(crate) node: NodeId,
    pub(crate) span: u64,
    pub(crate) start: Instant,
    pub(crate) url: String,
    pub(crate) host: String,
    pub(crate) port: u16,
    /// `typed`, `redirect` or `page`.
    pub(crate) initiator: String,
    pub(crate) method: String,
    pub(crate) lookup: Option<Instant>,
    pub(crate) looked_up: Option<Instant>,
    /// The name server that was asked.
    pub(crate) name_server: Option<IpAddr>,
    pub(crate) connect: Option<Instant>,
    /// Where it connects to: from the attempt on.
    pub(crate) remote: Option<SocketAddr>,
    pub(crate) local: Option<SocketAddr>,
    pub(crate) connected: Option<Instant>,
    pub(crate) reused: bool,
    pub(crate) tls_start: Option<Instant>,
    pub(crate) tls_done: Option<Instant>,
    pub(crate) sent: Option<Instant>,
    pub(crate) first_byte: Option<Instant>,
    pub(crate) response: Option<Instant>,
    pub(crate) status: Option<u16>,
    pub(crate) length: Option<u64>,
    pub(crate) content_type: String,
    /// Where a redirect leads.
    pub(crate) location: String,
    pub(crate) failed: Option<(Instant, String)>,
    /// The last moment at which the program said something about it.
    pub(crate) last: Instant,
}

impl Request {
    /// Whether this connection carries the request.
    pub(crate) fn uses(&self, connection: &Connection) -> bool {
        match (self.local, self.remote) {
            (Some(local), Some(remote)) => connection.is_between(local, remote),
            // It never connected: an attempt of this node to that address since the request's start.
            (None, Some(remote)) => {
                let here = connection.client_node == self.node && connection.server == remote;
                here && self.connect.is_some_and(|at| connection.start() >= at) && connection.start() <= self.end()
            }
            _ => false,
        }
    }

    /// When the request was over, well or not.
    pub(crate) fn end(&self) -> Instant {
        self.response.or(self.failed.as_ref().map(|(at, _)| *at)).unwrap_or(self.last)
    }

    fn take(&mut self, at: Instant, fact: &AppFact) {
        self.last = self.last.max(at);
        let mut fail = |text: Option<String>| {
            let text = text.unwrap_or_else(|| format!("{} failed", fact.protocol));
            self.failed = Some((at, text));
        };
        match (fact.protocol, fact.step) {
            ("visit", "request") => self.begin(at, fact),
            ("visit", "reused-connection") => self.reused = true,
            ("dns", "lookup") => {
                self.lookup.get_or_insert(at);
                self.name_server = address(fact, "server").map(|server| server.ip()).or(self.name_server);
            }
            ("dns", "answer") => match text(fact, "error") {
                Some(error) => fail(Some(error)),
                None => self.looked_up = Some(at),
            },
            ("tcp", "connect") => {
                // A connection that was found open turned out to be closed.
                (self.reused, self.failed) = (false, None);
                self.connect.get_or_insert(at);
                self.remote = address(fact, "address").or(self.remote);
            }
            ("tcp", "connected") => {
                self.connected = Some(at);
                self.local = address(fact, "local");
                self.remote = address(fact, "remote").or(self.remote);
            }
            ("tcp" | "tls" | "http", "failed") => fail(text(fact, "error")),
            ("tls", "start") => self.tls_start = Some(at),
            ("tls", "done") => self.tls_done = Some(at),
            ("http", "request") => {
                self.failed = None;
                self.sent.get_or_insert(at);
                self.method = text(fact, "method").unwrap_or_default();
            }
            ("http", "first-byte") => self.first_byte = Some(at),
            ("http", "response") => {
                self.response = Some(at);
                self.status = fact.number("status").and_then(|status| u16::try_from(status).ok());
                self.length = fact.number("length");
                self.content_type = text(fact, "type").unwrap_or_default();
                self.location = text(fact, "location").unwrap_or_default();
            }
            _ => {}
        }
    }

    fn begin(&mut self, at: Instant, fact: &AppFact) {
        self.start = at;
        self.url = text(fact, "url").unwrap_or_default();
        self.host = text(fact, "host").unwrap_or_default();
        self.port = fact.number("port").and_then(|port| u16::try_from(port).ok()).unwrap_or_default();
        self.initiator = text(fact, "initiator").unwrap_or_default();
    }
}

/// A field as clean text, whatever its kind.
pub(crate) fn text(fact: &AppFact, name: &str) -> Option<String> {
    fact.get(name).map(|value| clean(&value.to_string())).filter(|text| !text.is_empty())
}

/// A field that is an address: with a port, with the port in the field `port`, or without.
fn address(fact: &AppFact, name: &str) -> Option<SocketAddr> {
    let port = fact.number("port").and_then(|port| u16::try_from(port).ok()).unwrap_or_default();
    match fact.get(name)? {
        Value::Ip(ip) => Some(SocketAddr::new(*ip, port)),
        Value::Text(text) => {
            text.parse().ok().or_else(|| text.parse().ok().map(|ip: IpAddr| SocketAddr::new(ip, port)))
        }
        _ => None,
    }
}

/// All requests, in the order of their starts.
pub(crate) fn requests(recording: &Recording, connections: &[Connection]) -> Vec<Request> {
    let mut requests: Vec<Request> = Vec::new();
    let mut places: BTreeMap<(NodeId, u64), usize> = BTreeMap::new();
    for (at, node, fact) in recording.app_facts() {
        let key = (node, fact.span);
        if (fact.protocol, fact.step) == ("visit", "request") && !places.contains_key(&key) {
            places.insert(key, requests.len());
            requests.push(Request { node, span: fact.span, number: requests.len() + 1, ..Request::default() });
        }
        if let Some(request) = places.get(&key).and_then(|place| requests.get_mut(*place)) {
            request.take(at, fact);
        }
    }
    for place in 0..requests.len() {
        if requests[place].reused && requests[place].local.is_none() {
            let ends = reused(&requests, place, connections);
            let request = &mut requests[place];
            (request.local, request.remote) = ends.map_or((None, None), |(local, remote)| (Some(local), Some(remote)));
        }
    }
    requests
}

/// Which connection a request found open: of those that earlier requests opened to the same host, the one on which the
/// client first sent data after the request was written.
fn reused(requests: &[Request], place: usize, connections: &[Connection]) -> Option<(SocketAddr, SocketAddr)> {
    let request = &requests[place];
    let same = |other: &&Request| {
        (other.node, &other.host, other.port) == (request.node, &request.host, request.port)
            && other.connected.is_some_and(|at| at <= request.last)
    };
    let written = request.sent.unwrap_or(request.start);
    let spoken = |(local, remote): &(SocketAddr, SocketAddr)| {
        let connection = connections.iter().rev().find(|connection| connection.is_between(*local, *remote))?;
        let mut data = connection.segments.iter().filter(|s| s.by_client && s.len > 0 && !s.again);
        data.find(|segment| segment.sent >= written).map(|segment| segment.sent)
    };
    let ends = requests.iter().filter(same).filter_map(|other| Some((other.local?, other.remote?)));
    ends.min_by_key(|ends| spoken(ends).unwrap_or(Instant::FAR))
}
