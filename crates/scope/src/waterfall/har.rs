//! The waterfall as an HTTP archive (HAR 1.2, <http://www.softwareishard.com/blog/har-12-spec/>), which browsers' tools read.
//!
//! `connect` includes `ssl`, as HAR wants it; a stage that did not happen is -1. What the recording does not know (headers,
//! cookies, sizes of heads) is empty or -1.

use std::time::SystemTime;

use base::{Duration, Instant};
use serde_json::{Value, json};

use super::{Bar, Waterfall};
use crate::render::calendar::iso_8601;

pub(super) fn archive(waterfall: &Waterfall, epoch: SystemTime) -> Value {
    let entries: Vec<Value> = waterfall.requests.iter().map(|bar| entry(bar, epoch)).collect();
    let creator = json!({ "name": "glassnet", "version": env!("CARGO_PKG_VERSION") });
    json!({ "log": { "version": "1.2", "creator": creator, "pages": [], "entries": entries } })
}

fn entry(bar: &Bar, epoch: SystemTime) -> Value {
    let timings = Timings::of(bar);
    let mut entry = json!({
        "startedDateTime": iso_8601(epoch, bar.start.since(Instant::ZERO)),
        "time": millis(timings.total()),
        "request": request(bar),
        "response": response(bar),
        "cache": {},
        "timings": timings.json(),
    });
    if let Some(remote) = bar.remote {
        entry["serverIPAddress"] = json!(remote.ip().to_string());
    }
    if let Some(local) = bar.local {
        entry["connection"] = json!(local.port().to_string());
    }
    if let Some(failed) = &bar.failed {
        entry["comment"] = json!(failed);
    }
    entry
}

fn request(bar: &Bar) -> Value {
    json!({
        "method": bar.method, "url": bar.url, "httpVersion": HTTP, "cookies": [], "headers": [],
        "queryString": query(&bar.url), "headersSize": -1, "bodySize": -1,
    })
}

fn response(bar: &Bar) -> Value {
    let size = bar.length.map_or(-1, |length| i64::try_from(length).unwrap_or(i64::MAX));
    json!({
        // 0: there was none.
        "status": bar.status.unwrap_or(0), "statusText": "", "httpVersion": HTTP, "cookies": [], "headers": [],
        "content": { "size": size.max(0), "mimeType": bar.content_type }, "redirectURL": bar.location,
        "headersSize": -1, "bodySize": size,
    })
}

/// Names and values behind the question mark.
fn query(url: &str) -> Vec<Value> {
    let query = url.split('#').next().and_then(|url| url.split_once('?')).map_or("", |(_, query)| query);
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

/// HAR's stages; `None` for what did not happen.
struct Timings {
    dns: Option<Duration>,
    connect: Option<Duration>,
    ssl: Option<Duration>,
    wait: Duration,
    receive: Duration,
}

impl Timings {
    fn of(bar: &Bar) -> Timings {
        let happened = |span: Duration| (span > Duration::ZERO).then_some(span);
        let opened = bar.parts.dns + bar.parts.tcp + bar.parts.tls;
        let wait = bar.time_starttransfer.max(opened) - opened;
        Timings {
            dns: happened(bar.parts.dns),
            connect: happened(bar.parts.tcp + bar.parts.tls),
            ssl: happened(bar.parts.tls),
            wait,
            receive: bar.parts.transaction.saturating_sub(wait),
        }
    }

    fn total(&self) -> Duration {
        let parts = [self.dns, self.connect, Some(self.wait), Some(self.receive)];
        parts.into_iter().flatten().fold(Duration::ZERO, |sum, part| sum + part)
    }

    fn json(&self) -> Value {
        let or_none = |span: Option<Duration>| span.map_or(json!(-1), |span| json!(millis(span)));
        json!({
            "blocked": -1, "dns": or_none(self.dns), "connect": or_none(self.connect), "ssl": or_none(self.ssl),
            // A program writes its request in no time; what the wire takes is part of waiting.
            "send": 0, "wait": millis(self.wait), "receive": millis(self.receive),
        })
    }
}

fn millis(span: Duration) -> f64 {
    span.nanos() as f64 / 1e6
}

const HTTP: &str = "HTTP/1.1";
