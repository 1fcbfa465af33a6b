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
//! What would be empty is left out. `report.html` is the caller's: [`Album::report`] gives what a recording can tell.

use std::cell::OnceCell;
use std::sync::Arc;
use std::time::SystemTime;

use crate::index::Index;
use crate::plot::{Chart, Run};
use crate::recording::Recording;
use crate::render::Style;
use crate::report::{self, Report};
use crate::{Ladder, Waterfall, pcapng, qlog, series};

/// What a caller may choose.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Options {
    /// The nodes of the ladder, from left to right; none: the busiest, at most [`MOST_COLUMNS`].
    pub ladder: Vec<String>,
    /// Series that get a chart of their own, together, beside the usual ones: `plots/chosen.svg`.
    pub plot: Vec<String>,
}

/// All pictures of one recording. What several of them need is computed once, when it is first asked for.
pub struct Album<'a> {
    index: Arc<Index<'a>>,
    options: Options,
    ladder: OnceCell<Ladder<'a>>,
    run: OnceCell<Run>,
    waterfall: OnceCell<Waterfall>,
}

/// A path below the directory of the run, and what stands in it.
pub type File = (String, Vec<u8>);

/// All files of a run. `epoch` is the moment of the calendar that the recording counts from. The same recording gives the
/// same bytes.
pub fn files<'a>(recording: &'a Recording, epoch: SystemTime, options: &Options) -> impl Iterator<Item = File> + 'a {
    let album = Album::of(recording, options);
    let captures = album.captures(epoch);
    captures.chain(std::iter::once_with(move || album.pictures(epoch).collect::<Vec<_>>()).flatten())
}

impl<'a> Album<'a> {
    /// Of a recording, which should have been made with [`crate::Wants::METRICS`].
    pub fn of(recording: &'a Recording, options: &Options) -> Album<'a> {
        let index = Arc::new(Index::of(recording));
        let (ladder, run, waterfall) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Album { index, options: options.clone(), ladder, run, waterfall }
    }

    /// All files, made one after the other.
    pub fn files(&self, epoch: SystemTime) -> impl Iterator<Item = File> {
        self.captures(epoch).chain(self.pictures(epoch))
    }

    /// A report with the pictures and tables that the recording gives; title, explanation, verdicts, command and files are
    /// for the caller to add.
    pub fn report(&self) -> Report {
        let recording = self.index.recording;
        let mut pictures: Vec<(String, String)> = Vec::new();
        let mut add = |heading: &str, picture: String| pictures.push((heading.into(), picture));
        if let Some(chart) = self.chosen() {
            add("The series", chart.svg());
        }
        let run = self.run().pictures().into_iter().next();
        if let Some(picture) = run {
            add("How it went", picture.chart.svg());
        }
        if !self.waterfall().requests.is_empty() {
            add("Where the time of each request went", self.waterfall().svg());
        }
        if !self.ladder().is_empty() {
            add("Who sent what to whom", self.ladder().svg());
        }
        Report {
            notes: recording.truncated().map(ToString::to_string).into_iter().collect(),
            pictures,
            drops: report::drops(recording),
            interfaces: report::interfaces(recording),
            ..Report::default()
        }
    }

    fn captures(&self, epoch: SystemTime) -> impl Iterator<Item = File> + use<'a> {
        let captures = pcapng::of_index(Arc::clone(&self.index), epoch);
        captures.map(|(name, bytes)| (format!("captures/{name}"), bytes))
    }

    /// Everything but the captures.
    fn pictures(&self, epoch: SystemTime) -> impl Iterator<Item = File> {
        let makers: [Box<dyn FnOnce() -> Vec<File> + '_>; 5] = [
            Box::new(move || self.event_files(epoch)),
            Box::new(|| series::files(&self.index).map(|(name, table)| (format!("series/{name}"), table)).collect()),
            Box::new(|| self.ladder_files()),
            Box::new(|| self.plot_files()),
            Box::new(move || self.waterfall_files(epoch)),
        ];
        makers.into_iter().flat_map(|make| make())
    }

    fn event_files(&self, epoch: SystemTime) -> Vec<File> {
        let mut lines = Vec::new();
        // Writing to memory does not fail.
        let _ = qlog::write(self.index.recording, epoch, &mut lines);
        vec![("events.qlog.jsonl".into(), lines)]
    }

    fn ladder_files(&self) -> Vec<File> {
        let ladder = self.ladder();
        if ladder.is_empty() {
            return Vec::new();
        }
        let text = ladder.text(Style { width: TEXT_WIDTH, ..Style::PLAIN });
        named([("ladder.txt", text), ("ladder.svg", ladder.svg()), ("ladder.mmd", ladder.mermaid())])
    }

    fn plot_files(&self) -> Vec<File> {
        let pictures = self.run().pictures().into_iter().map(|picture| (picture.name, picture.chart));
        let all = pictures.chain(self.chosen().map(|chart| ("chosen", chart)));
        all.map(|(name, chart)| (format!("plots/{name}.svg"), chart.svg().into_bytes())).collect()
    }

    fn waterfall_files(&self, epoch: SystemTime) -> Vec<File> {
        let waterfall = self.waterfall();
        if waterfall.requests.is_empty() {
            return Vec::new();
        }
        let text = waterfall.text(Style { width: TEXT_WIDTH, ..Style::PLAIN });
        let har = format!("{:#}\n", waterfall.har(epoch));
        named([("waterfall.txt", text), ("waterfall.svg", waterfall.svg()), ("waterfall.har", har)])
    }

    /// The chart that the caller chose.
    fn chosen(&self) -> Option<Chart> {
        let names: Vec<&str> = self.options.plot.iter().map(String::as_str).collect();
        Some(self.run().chart(&names)).filter(|chart| !chart.is_empty())
    }

    fn ladder(&self) -> &Ladder<'a> {
        self.ladder.get_or_init(|| Ladder::of_index(Arc::clone(&self.index), &self.options.ladder, MOST_COLUMNS))
    }

    fn run(&self) -> &Run {
        self.run.get_or_init(|| Run::of_index(&self.index))
    }

    fn waterfall(&self) -> &Waterfall {
        self.waterfall.get_or_init(|| Waterfall::of_index(&self.index))
    }
}

fn named(pictures: [(&str, String); 3]) -> Vec<File> {
    pictures.map(|(name, picture)| (name.into(), picture.into_bytes())).into()
}

/// Columns of pictures in text.
const TEXT_WIDTH: usize = 120;
/// Most nodes of a ladder, unless the caller names them.
pub const MOST_COLUMNS: usize = 8;

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
        for name in ["ladder.txt", "ladder.svg", "ladder.mmd", "waterfall.txt", "waterfall.svg", "waterfall.har"] {
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
