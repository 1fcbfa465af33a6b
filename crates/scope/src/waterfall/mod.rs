//! The waterfall: where the time of each request went.
//!
//! ```text
//!  start   namelookup      connect       appconnect   starttransfer       total
//!    |---DNS---|-----TCP------|-----TLS------|-----wait------|---receive---|
//!                                            |--------- transaction -------|
//! ```
//! The marks have curl's names and count from the request's start; the parts are their differences, so that
//! `total = DNS + TCP + TLS + transaction` holds to the nanosecond. A part that did not happen (a connection found open,
//! an address instead of a name, no TLS) has length zero; the part in which a request failed lasts until the failure.

mod draw;
mod har;
mod svg;
mod trips;

use std::net::SocketAddr;
use std::time::SystemTime;

use base::{Duration, Instant};
use serde::Serialize;

use crate::conversation::{dns, tcp, visit};
use crate::index::Index;
use crate::recording::Recording;
use crate::render::Style;
use crate::render::json;
pub use trips::RoundTrips;

/// All requests of a recording, in the order of their starts.
#[derive(Clone, Default, Debug, Serialize)]
pub struct Waterfall {
    /// One bar a request.
    pub requests: Vec<Bar>,
}

/// One request.
#[derive(Clone, Default, Debug, Serialize)]
pub struct Bar {
    /// Counted from 1.
    pub number: usize,
    /// What was asked for.
    pub url: String,
    /// How: `GET`.
    pub method: String,
    /// What the server said, if it did.
    pub status: Option<u16>,
    /// Why: `typed`, `redirect` or `page`.
    pub initiator: String,
    /// Why it failed, if it did.
    pub failed: Option<String>,
    /// The body's length, bytes.
    #[serde(skip)]
    pub length: Option<u64>,
    /// The body's media type; empty if unknown.
    #[serde(skip)]
    pub content_type: String,
    /// Where a redirect leads; empty if none.
    #[serde(skip)]
    pub location: String,
    /// This end of its connection.
    #[serde(skip)]
    pub local: Option<SocketAddr>,
    /// The other end.
    #[serde(skip)]
    pub remote: Option<SocketAddr>,
    /// Whether it used a connection that was open already.
    pub reused_connection: bool,
    /// When it began.
    #[serde(rename = "start_ns", serialize_with = "json::instant")]
    pub start: Instant,
    /// Until the address was known.
    #[serde(serialize_with = "json::seconds")]
    pub time_namelookup: Duration,
    /// Until the TCP connection stood.
    #[serde(serialize_with = "json::seconds")]
    pub time_connect: Duration,
    /// Until the TLS handshake was over; zero without TLS.
    #[serde(serialize_with = "json::seconds")]
    pub time_appconnect: Duration,
    /// Until the first byte of the response.
    #[serde(serialize_with = "json::seconds")]
    pub time_starttransfer: Duration,
    /// Until the last byte of the response, or the failure.
    #[serde(serialize_with = "json::seconds")]
    pub time_total: Duration,
    /// The parts of `time_total`.
    pub parts: Parts,
    /// Round trips of each part.
    pub round_trips: RoundTrips,
}

/// The parts of a request's time. They add up to its total.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize)]
pub struct Parts {
    /// Finding the address.
    #[serde(rename = "dns_ns", serialize_with = "json::duration")]
    pub dns: Duration,
    /// Opening the connection.
    #[serde(rename = "tcp_ns", serialize_with = "json::duration")]
    pub tcp: Duration,
    /// Agreeing on keys and checking the certificate.
    #[serde(rename = "tls_ns", serialize_with = "json::duration")]
    pub tls: Duration,
    /// Request and response.
    #[serde(rename = "transaction_ns", serialize_with = "json::duration")]
    pub transaction: Duration,
}

impl Parts {
    /// DNS + TCP + TLS + transaction.
    pub fn total(&self) -> Duration {
        self.dns + self.tcp + self.tls + self.transaction
    }
}

impl Waterfall {
    /// Computes the waterfall of a recording.
    pub fn of(recording: &Recording) -> Waterfall {
        Self::of_index(&Index::of(recording))
    }

    pub(crate) fn of_index(index: &Index<'_>) -> Waterfall {
        if visit::requests(index.recording, &[]).is_empty() {
            return Waterfall::default();
        }
        let connections = tcp::connections(index);
        let queries = dns::queries(index);
        let requests = visit::requests(index.recording, &connections);
        let bars = requests
            .iter()
            .map(|request| Bar::of(request, &trips::Seen { queries: &queries, connections: &connections }));
        Waterfall { requests: bars.collect() }
    }

    /// Bars and numbers as text.
    pub fn text(&self, style: Style) -> String {
        draw::waterfall(self, style)
    }

    /// The bars as a self-contained SVG.
    pub fn svg(&self) -> String {
        svg::waterfall(self)
    }

    /// An HTTP archive (HAR 1.2). `epoch` is the moment of the calendar that the recording counts from.
    pub fn har(&self, epoch: SystemTime) -> serde_json::Value {
        har::archive(self, epoch)
    }

    /// For machines, a list of requests: times in seconds under curl's names, parts in whole nanoseconds.
    pub fn json(&self) -> serde_json::Value {
        json::value(&self.requests)
    }
}

impl Bar {
    fn of(request: &visit::Request, seen: &trips::Seen<'_>) -> Bar {
        let since = |at: Instant| at.since(request.start);
        let total = since(request.end());
        // A stage that began and did not end lasts until the request's end; one that never began takes no time.
        let end = |began: Option<Instant>, ended: Option<Instant>, before: Duration| match (began, ended) {
            (_, Some(at)) => since(at).clamp(before, total.max(before)),
            (Some(_), None) => total,
            (None, None) => before,
        };
        let (dns, tcp) = if request.reused {
            (Duration::ZERO, Duration::ZERO)
        } else {
            let dns = end(request.lookup, request.looked_up, Duration::ZERO).min(total);
            (dns, end(request.connect, request.connected, dns))
        };
        let with_tls = !request.reused && request.tls_start.or(request.tls_done).is_some();
        let tls = if with_tls { end(request.tls_start, request.tls_done, tcp) } else { tcp };
        let first_byte = end(request.sent, request.first_byte, tls);
        let parts = Parts { dns, tcp: tcp - dns, tls: tls - tcp, transaction: total - tls };
        debug_assert_eq!(parts.total(), total, "the parts add up");
        Bar {
            number: request.number,
            url: request.url.clone(),
            method: if request.method.is_empty() { "GET".into() } else { request.method.clone() },
            status: request.status,
            initiator: request.initiator.clone(),
            failed: request.failed.as_ref().map(|(_, why)| why.clone()),
            length: request.length,
            content_type: request.content_type.clone(),
            location: request.location.clone(),
            local: request.local,
            remote: request.remote,
            reused_connection: request.reused,
            start: request.start,
            time_namelookup: dns,
            time_connect: tcp,
            time_appconnect: if with_tls { tls } else { Duration::ZERO },
            time_starttransfer: first_byte,
            time_total: total,
            parts,
            round_trips: trips::of(request, &parts, seen),
        }
    }

    /// When it was over.
    pub fn end(&self) -> Instant {
        self.start + self.time_total
    }
}

#[cfg(test)]
mod tests;
