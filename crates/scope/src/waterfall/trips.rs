//! Round trips, counted from the frames at the client's interface.
//!
//! A round trip is something sent that had to be waited for: a frame that carries data (or a SYN) goes out, and one that
//! carries data (or a SYN) comes in on the same conversation. Bare acknowledgements count for nothing. A response larger
//! than the congestion window comes in bursts, a round trip apart: each burst behind the first counts as one more.

use base::{Duration, Instant};
use serde::Serialize;
use wire::tcp::Flags;

use super::Parts;
use crate::conversation::dns::Query;
use crate::conversation::tcp::{Connection, Segment};
use crate::conversation::visit::Request;

/// Round trips of each part of a request.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize)]
pub struct RoundTrips {
    /// Finding the address.
    pub dns: u32,
    /// Opening the connection.
    pub tcp: u32,
    /// The TLS handshake.
    pub tls: u32,
    /// Request and response.
    pub http: u32,
}

impl RoundTrips {
    /// All of them.
    pub const fn total(&self) -> u32 {
        self.dns + self.tcp + self.tls + self.http
    }
}

/// What was seen of the network.
pub(super) struct Seen<'a> {
    pub(super) queries: &'a [Query],
    pub(super) connections: &'a [Connection],
}

/// Something that left the client, or came to it.
#[derive(Clone, Copy)]
struct Sight {
    at: Instant,
    out: bool,
}

pub(super) fn of(request: &Request, parts: &Parts, seen: &Seen<'_>) -> RoundTrips {
    let dns = request.start + parts.dns;
    let tcp = dns + parts.tcp;
    let tls = tcp + parts.tls;
    let end = tls + parts.transaction;
    let connection = seen.connections.iter().rev().find(|connection| request.uses(connection));
    let stage = |from: Instant, to: Instant, which: fn(&Segment) -> bool| match connection {
        Some(connection) if from < to => trips(&sights(connection, from, to, which), round_trip_time(connection)),
        _ => 0,
    };
    RoundTrips {
        dns: if parts.dns > Duration::ZERO { lookups(request, dns, seen.queries) } else { 0 },
        tcp: stage(dns, tcp, |segment| segment.flags.contains(Flags::SYN)),
        tls: stage(tcp, tls, |segment| segment.len > 0),
        http: stage(tls, end, |segment| segment.len > 0),
    }
}

/// The client's own questions for the request's host.
fn lookups(request: &Request, end: Instant, queries: &[Query]) -> u32 {
    let host = request.host.to_ascii_lowercase();
    let mine = |query: &&Query| {
        query.asker == request.node && query.question.name == host && query.at() >= request.start && query.at() <= end
    };
    let mut sights: Vec<Sight> = Vec::new();
    for query in queries.iter().filter(mine) {
        sights.push(Sight { at: query.at(), out: true });
        sights.extend(query.answered().map(|at| Sight { at, out: false }));
    }
    sights.sort_by_key(|sight| (sight.at, !sight.out));
    turns(&sights)
}

/// The segments of one stage as the client's interface saw them. An arrival at the very moment at which the stage begins
/// ended the stage before.
fn sights(connection: &Connection, from: Instant, to: Instant, which: fn(&Segment) -> bool) -> Vec<Sight> {
    let mut sights: Vec<Sight> = Vec::new();
    for segment in connection.segments.iter().filter(|segment| which(segment)) {
        match (segment.by_client, segment.arrived) {
            (true, _) if segment.sent >= from && segment.sent < to => {
                sights.push(Sight { at: segment.sent, out: true })
            }
            (false, Some(at)) if at > from && at <= to => sights.push(Sight { at, out: false }),
            _ => {}
        }
    }
    sights.sort_by_key(|sight| (sight.at, sight.out));
    sights
}

/// Changes from out to in.
fn turns(sights: &[Sight]) -> u32 {
    let changes = sights.windows(2).filter(|pair| pair[0].out && !pair[1].out);
    changes.count() as u32
}

/// Turns, and waits between bursts of what comes in.
fn trips(sights: &[Sight], round_trip: Option<Duration>) -> u32 {
    let Some(round_trip) = round_trip else { return turns(sights) };
    let waits = sights.windows(2).filter(|pair| {
        let inward = !pair[0].out && !pair[1].out;
        inward && pair[1].at.since(pair[0].at) * 4 >= round_trip * 3
    });
    let turns = turns(sights);
    if turns == 0 { 0 } else { turns + waits.count() as u32 }
}

/// What the handshake took, repetitions aside.
fn round_trip_time(connection: &Connection) -> Option<Duration> {
    let answered = connection.established()?;
    let asked = connection.with(true, Flags::SYN).filter(|syn| syn.sent < answered).last()?;
    Some(answered.since(asked.sent)).filter(|span| *span > Duration::ZERO)
}
