//! Series: quantities over time, for plots and tables. Each value holds until the next: they step, nothing lies between.
//!
//! | name | unit | of | from |
//! |---|---|---|---|
//! | `cwnd`, `ssthresh`, `in_flight`, `mss` | bytes | an end of a connection | [`TransportFact::Metrics`] |
//! | `srtt`, `rto` | seconds | an end of a connection | [`TransportFact::Metrics`] |
//! | `throughput` | bits a second | an end of a connection | bytes acknowledged in each interval |
//! | `queue` | frames | an interface | [`LinkFact::Queue`] |
//! | `wire` | bits a second | an interface | bytes of the frames that left in each interval |
//!
//! An `ssthresh` that is not set yet has no points. All but `wire` need a recording made with [`crate::Wants::METRICS`].

mod csv;
mod rate;

use std::collections::BTreeMap;

use base::event::{Fact, Flow, LinkFact, TcpMetrics, TransportFact};
use base::{Instant, Nic, NodeId};

pub(crate) use csv::files;

use crate::index::Index;
use crate::recording::Recording;

/// One quantity of one thing.
#[derive(Clone, PartialEq, Debug)]
pub struct Series {
    /// Which quantity: `cwnd`.
    pub name: &'static str,
    /// What it is counted in.
    pub unit: Unit,
    /// Whose.
    pub of: Subject,
    /// From when on it had which value, in order of time. The last point is where it was last heard of.
    pub points: Vec<(Instant, f64)>,
}

/// What a quantity is counted in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// Seconds.
    Seconds,
    /// Frames.
    Frames,
    /// Bits a second.
    BitsPerSecond,
}

/// What has the quantity.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Subject {
    /// At which node.
    pub node: NodeId,
    /// Which part of it.
    pub part: Part,
    /// In words: `client to server`, `r1.eth0`.
    pub label: String,
}

/// The part of a node that has the quantity.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Part {
    /// Its end of a connection.
    Connection(Flow),
    /// An interface.
    Interface(Nic),
}

/// All series of a recording: those of connections by node and flow, then those of interfaces. A quantity that was never
/// told has no series.
pub fn of(recording: &Recording) -> Vec<Series> {
    of_index(&Index::of(recording))
}

pub(crate) fn of_index(index: &Index<'_>) -> Vec<Series> {
    let ends = ends(index);
    let interval = rate::interval(index.recording);
    let mut all: Vec<Series> = Vec::new();
    for end in &ends {
        for (name, unit, value) in QUANTITIES {
            let told = end.samples.iter().filter_map(|(at, metrics)| Some((*at, value(metrics)?)));
            all.push(Series { name, unit, of: end.subject.clone(), points: steps(told) });
        }
        let points = rate::of_end(end, interval);
        all.push(Series { name: "throughput", unit: Unit::BitsPerSecond, of: end.subject.clone(), points });
    }
    all.extend(queues(index));
    all.extend(rate::of_interfaces(index, interval));
    all.retain(|series| !series.points.is_empty());
    all
}

/// One end of a connection, and what its sender reckoned with.
pub(crate) struct End {
    pub(crate) subject: Subject,
    pub(crate) flow: Flow,
    pub(crate) samples: Vec<(Instant, TcpMetrics)>,
}

/// The ends of connections of which metrics were told, by node and flow.
pub(crate) fn ends(index: &Index<'_>) -> Vec<End> {
    let mut samples: BTreeMap<(NodeId, Flow), Vec<(Instant, TcpMetrics)>> = BTreeMap::new();
    for event in index.recording.events() {
        if let Fact::Transport(TransportFact::Metrics { flow, metrics }) = &event.fact {
            samples.entry((event.node, *flow)).or_default().push((event.at, *metrics));
        }
    }
    let mut between: BTreeMap<(NodeId, String), usize> = BTreeMap::new();
    for (node, flow) in samples.keys() {
        *between.entry((*node, index.who(flow.remote.ip()))).or_default() += 1;
    }
    let ends = samples.into_iter().map(|((node, flow), samples)| {
        let (name, peer) = (index.recording.node_name(node), index.who(flow.remote.ip()));
        let alone = between.get(&(node, peer.clone())) == Some(&1);
        let label = match alone {
            true => format!("{name} to {peer}"),
            false => format!("{name}:{} to {peer}:{}", flow.local.port(), flow.remote.port()),
        };
        End { subject: Subject { node, part: Part::Connection(flow), label }, flow, samples }
    });
    ends.collect()
}

/// A quantity of an end of a connection; `None` while it has no value.
type Quantity = (&'static str, Unit, fn(&TcpMetrics) -> Option<f64>);

const QUANTITIES: [Quantity; 6] = [
    ("cwnd", Unit::Bytes, |m| Some(f64::from(m.cwnd))),
    ("ssthresh", Unit::Bytes, |m| (m.ssthresh != u32::MAX).then_some(f64::from(m.ssthresh))),
    ("in_flight", Unit::Bytes, |m| Some(f64::from(m.in_flight))),
    ("mss", Unit::Bytes, |m| Some(f64::from(m.mss))),
    ("srtt", Unit::Seconds, |m| Some(m.srtt?.secs_f64())),
    ("rto", Unit::Seconds, |m| Some(m.rto.secs_f64())),
];

fn queues(index: &Index<'_>) -> Vec<Series> {
    let mut lengths: BTreeMap<Nic, Vec<(Instant, f64)>> = BTreeMap::new();
    for event in index.recording.events() {
        if let Fact::Link(LinkFact::Queue { port, frames }) = event.fact {
            let nic = Nic { node: event.node, port };
            lengths.entry(nic).or_default().push((event.at, f64::from(frames)));
        }
    }
    let series = lengths.into_iter().map(|(nic, points)| {
        let points = steps(points.into_iter());
        Series { name: "queue", unit: Unit::Frames, of: interface(index.recording, nic), points }
    });
    series.collect()
}

/// An interface as a subject.
fn interface(recording: &Recording, nic: Nic) -> Subject {
    Subject { node: nic.node, part: Part::Interface(nic), label: recording.nic_name(nic) }
}

/// Only the changes: of several values of one moment the last, no value twice in a row but at the end.
fn steps(told: impl Iterator<Item = (Instant, f64)>) -> Vec<(Instant, f64)> {
    let mut points: Vec<(Instant, f64)> = Vec::new();
    let mut last = None;
    for (at, value) in told {
        last = Some((at, value));
        if points.last().is_some_and(|point| point.0 == at) {
            points.pop();
        }
        if points.last().is_none_or(|point| point.1 != value) {
            points.push((at, value));
        }
    }
    if let (Some(end), Some(point)) = (last, points.last())
        && point.0 != end.0
    {
        points.push(end);
    }
    points
}

#[cfg(test)]
mod tests;
