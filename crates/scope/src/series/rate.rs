//! Throughput: bytes in intervals of equal length, as bits a second.

use std::collections::BTreeMap;

use base::{Direction, Duration, Instant, Nic};

use super::{End, Series, Unit, interface};
use crate::index::Index;
use crate::recording::Recording;

/// About a hundred intervals a run, each a round number: 1, 2 or 5 times a power of ten, a millisecond at least.
pub(super) fn interval(recording: &Recording) -> Duration {
    let wanted = recording.end().nanos() / INTERVALS;
    let mut interval = LEAST;
    for factor in [2, 5, 10].into_iter().cycle() {
        if interval >= wanted {
            break;
        }
        let decade = 10_u64.pow(interval.ilog10());
        interval = match decade.checked_mul(factor) {
            Some(next) => next,
            None => break,
        };
    }
    Duration::from_nanos(interval)
}

/// Of what one end's sender heard acknowledged.
pub(super) fn of_end(end: &End, interval: Duration) -> Vec<(Instant, f64)> {
    let mut bytes = Buckets::new(interval);
    let mut before = 0;
    for (at, metrics) in &end.samples {
        bytes.add(*at, metrics.delivered.saturating_sub(before));
        // A smaller number is another connection between the same ports.
        before = metrics.delivered;
    }
    bytes.points()
}

/// Of what left each interface.
pub(super) fn of_interfaces(index: &Index<'_>, interval: Duration) -> Vec<Series> {
    let mut interfaces: BTreeMap<Nic, Buckets> = BTreeMap::new();
    for frame in index.recording.intact_frames().filter(|frame| frame.direction == Direction::Out) {
        let bytes = interfaces.entry(frame.nic).or_insert_with(|| Buckets::new(interval));
        bytes.add(frame.at, frame.bytes.len() as u64);
    }
    let series = interfaces.into_iter().map(|(nic, bytes)| {
        let of = interface(index.recording, nic);
        Series { name: "wire", unit: Unit::BitsPerSecond, of, points: bytes.points() }
    });
    series.collect()
}

/// Bytes by interval, counted from the start of the run.
struct Buckets {
    interval: Duration,
    bytes: BTreeMap<u64, u64>,
}

impl Buckets {
    fn new(interval: Duration) -> Buckets {
        Buckets { interval, bytes: BTreeMap::new() }
    }

    fn add(&mut self, at: Instant, bytes: u64) {
        *self.bytes.entry(at.nanos() / self.interval.nanos()).or_default() += bytes;
    }

    /// From the first to the last interval in which there was anything; nothing at all if nothing ever came.
    fn points(&self) -> Vec<(Instant, f64)> {
        let start = |place: u64| Instant::from_nanos(place.saturating_mul(self.interval.nanos()));
        let rate = |bytes: u64| bytes as f64 * 8.0 / self.interval.secs_f64();
        let mut points: Vec<(Instant, f64)> = Vec::new();
        let mut next = 0;
        for (place, bytes) in self.bytes.iter().filter(|(_, bytes)| **bytes > 0) {
            if *place > next && !points.is_empty() {
                points.push((start(next), 0.0));
            }
            points.push((start(*place), rate(*bytes)));
            next = place + 1;
        }
        if let Some(last) = points.last().copied() {
            points.push((start(next), last.1));
        }
        points
    }
}

/// How many intervals a run is divided into, about.
const INTERVALS: u64 = 100;
/// The shortest interval, ns.
const LEAST: u64 = 1_000_000;
