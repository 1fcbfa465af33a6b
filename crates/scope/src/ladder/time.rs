//! Where moments stand in a picture of a ladder: later is lower, everything has the room it needs, and long pauses are cut
//! out.

use std::collections::BTreeMap;

use base::{Duration, Instant};

/// What has a place: a hop of a packet, or a note by its number.
pub(super) type Key = (usize, usize, What);

/// Which end of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum What {
    Ends,
    Note,
    Departs,
}

/// Something at a moment and a column.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Thing {
    pub(super) at: Instant,
    pub(super) key: Key,
    pub(super) column: usize,
    /// Height that nothing else of its kind may take at this column.
    pub(super) room: f64,
    /// Whether it is the departure of what arrives.
    pub(super) flies: bool,
}

/// A pause that is not drawn to scale.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Cut {
    pub(super) top: f64,
    pub(super) bottom: f64,
    pub(super) span: Duration,
    /// Rows that are missing there.
    pub(super) rows: usize,
}

/// Moments and their heights.
pub(super) struct Clock {
    places: BTreeMap<Key, f64>,
    moments: Vec<(Instant, f64)>,
    cuts: Vec<Cut>,
    bottom: f64,
}

impl Clock {
    /// Lays out `things` from `top` on. `left_out` says before which moments how many rows are missing.
    pub(super) fn new(mut things: Vec<Thing>, left_out: &[(Instant, usize)], columns: usize, top: f64) -> Clock {
        things.sort_by_key(|thing| (thing.at, thing.key.2, thing.key));
        let scale = scale(&things);
        let mut clock = Clock { places: BTreeMap::new(), moments: Vec::new(), cuts: Vec::new(), bottom: top };
        // From which height on a column is free for arrow ends, notes and departures.
        let mut free = vec![[f64::MIN; 3]; columns.max(1)];
        let mut missing = left_out.iter().copied().peekable();
        let mut before: Option<Instant> = None;
        let mut flying = 0_usize;
        for moment in things.chunk_by(|a, b| a.at == b.at) {
            let at = moment[0].at;
            let mut rows = 0;
            while let Some((_, count)) = missing.next_if(|(before, _)| *before <= at) {
                rows += count;
            }
            let pause = before.map_or(Duration::ZERO, |before| at.since(before));
            let from = clock.bottom;
            let height = pause.secs_f64() * scale;
            let mut base = from + if before.is_some() { height.clamp(LEAST, MOST) } else { 0.0 };
            // While something is on its way nothing is cut out: only what nobody waits for is left away.
            let is_cut = rows > 0 || (height > CUT_FROM && flying == 0);
            if is_cut {
                base = from + CUT;
            }
            // All that happens at one moment begins at one height.
            let mut firsts = free.iter().map(|_| [true; 3]).collect::<Vec<_>>();
            for thing in moment {
                let (column, kind) = (thing.column.min(free.len() - 1), thing.key.2 as usize);
                if std::mem::take(&mut firsts[column][kind]) {
                    // A note may stand a little lower than its moment.
                    let lag = if thing.key.2 == What::Note { NOTE_LAG } else { 0.0 };
                    base = base.max(free[column][kind] - lag);
                }
            }
            if is_cut {
                clock.cuts.push(Cut { top: from + 8.0, bottom: (base - 8.0).max(from + 10.0), span: pause, rows });
            }
            clock.moments.push((at, base));
            for thing in moment {
                let (column, kind) = (thing.column.min(free.len() - 1), thing.key.2 as usize);
                let y = base.max(free[column][kind]);
                free[column][kind] = y + thing.room;
                clock.places.insert(thing.key, y);
                match thing.key.2 {
                    What::Departs => flying += usize::from(thing.flies),
                    What::Ends => flying = flying.saturating_sub(1),
                    What::Note => continue,
                }
                clock.bottom = clock.bottom.max(y);
            }
            clock.bottom = clock.bottom.max(base);
            before = Some(at);
        }
        let notes = free.iter().map(|kinds| kinds[What::Note as usize]);
        clock.bottom = notes.fold(clock.bottom, f64::max);
        clock
    }

    /// The height of something that was laid out.
    pub(super) fn y(&self, key: Key) -> f64 {
        self.places.get(&key).copied().unwrap_or(self.bottom)
    }

    pub(super) fn moments(&self) -> impl Iterator<Item = (Instant, f64)> + '_ {
        self.moments.iter().copied()
    }

    pub(super) fn cuts(&self) -> &[Cut] {
        &self.cuts
    }

    pub(super) fn bottom(&self) -> f64 {
        self.bottom
    }
}

/// Pixels a second: a hop of middling length slants by [`SLANT`].
fn scale(things: &[Thing]) -> f64 {
    let mut departures: BTreeMap<(usize, usize), Instant> = BTreeMap::new();
    let mut spans: Vec<f64> = Vec::new();
    for thing in things {
        let hop = (thing.key.0, thing.key.1);
        match thing.key.2 {
            What::Departs => {
                departures.insert(hop, thing.at);
            }
            What::Ends => spans.extend(departures.get(&hop).map(|sent| thing.at.since(*sent).secs_f64())),
            What::Note => {}
        }
    }
    spans.retain(|span| *span > 0.0);
    spans.sort_by(f64::total_cmp);
    match spans.get(spans.len() / 2) {
        Some(middle) => (SLANT / middle).min(1e12),
        None => 1e3,
    }
}

/// How far a hop of middling length slants.
const SLANT: f64 = 34.0;
/// Least and most height between two moments.
const LEAST: f64 = 1.0;
const MOST: f64 = 60.0;
/// How far a note may stand below its moment.
const NOTE_LAG: f64 = 40.0;
/// Pauses that would be higher than this are cut out, to this height.
const CUT_FROM: f64 = 120.0;
const CUT: f64 = 44.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn thing(ms: u64, n: usize, column: usize, what: What) -> Thing {
        Thing {
            at: Instant::ZERO + Duration::from_millis(ms),
            key: (n, 0, what),
            column,
            room: 16.0,
            flies: what == What::Departs,
        }
    }

    #[test]
    fn later_is_lower_and_labels_of_one_column_keep_their_distance() {
        let things: Vec<Thing> = (0..10)
            .flat_map(|n| [thing(n as u64 / 3, n, 0, What::Departs), thing(10 + n as u64, n, 1, What::Ends)])
            .collect();
        let clock = Clock::new(things, &[], 2, 0.0);
        for n in 1..10 {
            assert!(clock.y((n, 0, What::Departs)) >= clock.y((n - 1, 0, What::Departs)) + 16.0);
            assert!(clock.y((n, 0, What::Ends)) > clock.y((n - 1, 0, What::Ends)));
        }
        assert!(clock.cuts().is_empty());
    }

    #[test]
    fn a_long_pause_is_cut_out_and_missing_rows_are_told() {
        let pair = |ms, n| [thing(ms, n, 0, What::Departs), thing(ms + 10, n, 1, What::Ends)];
        let things = [pair(0, 0), pair(5_000, 1)].concat();
        let clock = Clock::new(things, &[(Instant::ZERO + Duration::from_millis(5_000), 7)], 2, 0.0);
        let [cut] = clock.cuts() else { panic!("{:?}", clock.cuts()) };
        assert_eq!((cut.span, cut.rows), (Duration::from_millis(4_990), 7));
        assert!(clock.bottom() < 200.0);
    }
}
