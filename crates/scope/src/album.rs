//! Everything that a run leaves, as files: made one after the other, from one reading of the recording.
//!
//! ```text
//! captures/NODE-INTERFACE.pcapng   every frame at one interface, with the reasons beside the frames
//! events.qlog.jsonl                every event, one line of JSON each
//! series/*.csv                     windows, round trips, queues, throughput
//! ladder.txt .svg .mmd             who sent what to whom
//! plots/*.svg                      the series as pictures, with the causes of their changes
//! waterfall.txt .svg .har          where the time of each request went, if there were any
//! ```
//! What would be empty is left out.

use std::sync::Arc;
use std::time::SystemTime;

use crate::index::Index;
use crate::plot::Run;
use crate::recording::Recording;
use crate::render::Style;
use crate::{Ladder, Waterfall, pcapng, qlog, series};

/// What a caller may choose.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Options {
    /// The nodes of the ladder, from left to right; none: all.
    pub ladder: Vec<String>,
    /// Series that get a chart of their own, together, beside the usual ones: `plots/chosen.svg`.
    pub plot: Vec<String>,
}

/// All files: a path below the directory of the run, and what stands in it. `epoch` is the moment of the calendar that the
/// recording counts from. The same recording gives the same bytes.
pub fn files<'a>(
    recording: &'a Recording,
    epoch: SystemTime,
    options: &'a Options,
) -> impl Iterator<Item = (String, Vec<u8>)> + 'a {
    let index = Arc::new(Index::of(recording));
    let captures = pcapng::of_index(Arc::clone(&index), epoch);
    let captures = captures.map(|(name, bytes)| (format!("captures/{name}"), bytes));
    let events = later(move || {
        let mut lines = Vec::new();
        // Writing to memory does not fail.
        let _ = qlog::write(recording, epoch, &mut lines);
        vec![("events.qlog.jsonl".into(), lines)]
    });
    let of_series = Arc::clone(&index);
    let tables =
        later(move || series::files(&of_series).map(|(name, table)| (format!("series/{name}"), table)).collect());
    let of_ladder = Arc::clone(&index);
    let ladder = later(move || ladder(of_ladder, options));
    let of_plots = Arc::clone(&index);
    let plots = later(move || plots(&of_plots, options));
    let waterfall = later(move || waterfall(&index));
    captures.chain(events).chain(tables).chain(ladder).chain(plots).chain(waterfall)
}

type Files = Vec<(String, Vec<u8>)>;

/// Files that are made when their turn comes.
fn later(make: impl FnOnce() -> Files) -> impl Iterator<Item = (String, Vec<u8>)> {
    std::iter::once_with(make).flatten()
}

fn ladder(index: Arc<Index<'_>>, options: &Options) -> Files {
    let ladder = Ladder::of_index(index, &options.ladder);
    if ladder.is_empty() {
        return Vec::new();
    }
    let text = ladder.text(Style { width: TEXT_WIDTH, ..Style::PLAIN });
    [("ladder.txt", text), ("ladder.svg", ladder.svg()), ("ladder.mmd", ladder.mermaid())]
        .map(|(name, picture)| (name.into(), picture.into_bytes()))
        .into()
}

fn plots(index: &Index<'_>, options: &Options) -> Files {
    let run = Run::of_index(index);
    let pictures = run.pictures().into_iter().map(|picture| (picture.name.to_owned(), picture.chart));
    let chosen: Vec<&str> = options.plot.iter().map(String::as_str).collect();
    let chosen = Some(run.chart(&chosen)).filter(|chart| !chart.is_empty()).map(|chart| ("chosen".to_owned(), chart));
    pictures.chain(chosen).map(|(name, chart)| (format!("plots/{name}.svg"), chart.svg().into_bytes())).collect()
}

fn waterfall(index: &Index<'_>) -> Files {
    let waterfall = Waterfall::of_index(index);
    if waterfall.requests.is_empty() {
        return Vec::new();
    }
    vec![("waterfall.txt".into(), waterfall.text(Style { width: TEXT_WIDTH, ..Style::PLAIN }).into_bytes())]
}

/// Columns of pictures in text.
const TEXT_WIDTH: usize = 120;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::film::visit::{Plot, visit};
    use crate::plot::tests::sawtooth;

    fn names(recording: &Recording) -> Vec<String> {
        files(recording, SystemTime::UNIX_EPOCH, &Options::default()).map(|(name, _)| name).collect()
    }

    #[test]
    fn a_run_leaves_captures_events_series_and_plots() {
        let names = names(&sawtooth(1));
        for name in ["captures/client-eth0.pcapng", "events.qlog.jsonl", "plots/run.svg", "plots/cwnd.svg"] {
            assert!(names.iter().any(|n| n == name), "{name} is not in {names:?}");
        }
        assert!(names.contains(&"series/tcp-client-50000-203.0.113.5-80.csv".into()), "{names:?}");
        assert!(!names.iter().any(|name| name.starts_with("waterfall")));
    }

    #[test]
    fn a_visit_leaves_its_ladder_and_waterfall_too() {
        let names = names(&visit(Plot::AllIsWell).cut());
        for name in ["ladder.txt", "ladder.svg", "ladder.mmd", "waterfall.txt"] {
            assert!(names.iter().any(|n| n == name), "{name} is not in {names:?}");
        }
    }

    #[test]
    fn the_same_recording_gives_the_same_bytes() {
        let options =
            Options { plot: vec!["queue".into(), "nonsense".into()], ladder: vec!["web".into(), "laptop".into()] };
        let make = |recording: &Recording| files(recording, SystemTime::UNIX_EPOCH, &options).collect::<Vec<_>>();
        assert_eq!(make(&visit(Plot::AllIsWell).cut()), make(&visit(Plot::AllIsWell).cut()));
    }
}
