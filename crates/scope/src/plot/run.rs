//! The plots of a run: what each sender reckoned with, marked with what made it change its mind.

use std::collections::BTreeMap;

use base::event::{Fact, Flow, RetransmitCause, TransportFact};
use base::{Instant, NodeId};

use super::{Axis, Band, Chart, Curve, Mark, Quantity, Span};
use crate::index::Index;
use crate::recording::Recording;
use crate::series::{self, End, Part, Series, Subject, Unit};
use crate::words;

/// What a run can be plotted from: its series, the causes of their changes, the phases of its senders.
pub struct Run {
    series: Vec<Series>,
    /// The ends that sent, those that delivered most first.
    senders: Vec<Sender>,
    end: Instant,
}

/// A chart and the name of its file.
pub struct Picture {
    /// `cwnd`.
    pub name: &'static str,
    /// The chart.
    pub chart: Chart,
}

/// An end of a connection that sent something.
struct Sender {
    subject: Subject,
    delivered: u64,
    phases: Vec<Span>,
    /// When, which words, more words.
    causes: Vec<(Instant, String, String)>,
    again: Vec<(Instant, RetransmitCause)>,
}

impl Run {
    /// Reads a recording, which should have been made with [`crate::Wants::METRICS`].
    pub fn of(recording: &Recording) -> Run {
        Self::of_index(&Index::of(recording))
    }

    pub(crate) fn of_index(index: &Index<'_>) -> Run {
        let ends = series::ends(index);
        let mut causes = causes(index);
        let mut senders: Vec<Sender> = ends
            .iter()
            .map(|end| Sender::of(end, causes.remove(&(end.subject.node, end.flow)).unwrap_or_default()))
            .collect();
        let any = senders.iter().any(|sender| sender.delivered > 1);
        // A connection's own SYN and FIN are acknowledged too: that is no sending yet.
        senders.retain(|sender| !any || sender.delivered > 1);
        senders.sort_by_key(|sender| std::cmp::Reverse(sender.delivered));
        Run { series: series::of_index(index), senders, end: index.recording.end() }
    }

    /// The series it is drawn from.
    pub fn series(&self) -> &[Series] {
        &self.series
    }

    /// One chart of the series called `names` (see [`mod@crate::series`]): those of one unit share a panel. Names that no
    /// series has are left out.
    pub fn chart(&self, names: &[&str]) -> Chart {
        let mut chart = Chart::new(&self.title(names)).x(Axis::new("time", Quantity::Time));
        let mut groups: Vec<(Unit, Vec<&str>)> = Vec::new();
        for name in names {
            let Some(unit) = self.series.iter().find(|series| series.name == *name).map(|series| series.unit) else {
                continue;
            };
            // An interface's rate is not a connection's.
            let own = |group: &&mut (Unit, Vec<&str>)| group.0 == unit && *name != "wire";
            match groups.iter_mut().find(own) {
                Some(group) => group.1.push(name),
                None => groups.push((unit, vec![name])),
            }
        }
        let mut notes: Vec<String> = Vec::new();
        for (unit, names) in groups {
            let (with_panel, note) = self.panel(chart, unit, &names);
            chart = with_panel;
            notes.extend(note.filter(|note| !notes.contains(note)));
        }
        chart.note(&notes.join(" "))
    }

    /// The default plots: window and threshold, round trip and timeout, queues, throughput, and all of them over one axis.
    /// Those that would be empty are left out.
    pub fn pictures(&self) -> Vec<Picture> {
        let named = [
            ("run", "The run on one axis", &["cwnd", "ssthresh", "srtt", "rto", "queue", "throughput"][..]),
            ("cwnd", "What may be in flight, and why", &["cwnd", "ssthresh", "in_flight"]),
            ("rtt", "Round trip and timeout", &["srtt", "rto"]),
            ("queue", "Frames that wait", &["queue"]),
            ("throughput", "Throughput", &["throughput", "wire"]),
        ];
        let pictures = named.map(|(name, title, names)| {
            let chart = Chart { title: title.into(), ..self.chart(names) };
            Picture { name, chart }
        });
        pictures.into_iter().filter(|picture| !picture.chart.is_empty()).collect()
    }

    fn title(&self, names: &[&str]) -> String {
        let words = names.iter().filter(|name| self.series.iter().any(|series| series.name == **name));
        let words: Vec<String> = words.map(|name| in_words(name).into()).collect();
        let mut title = words::list(&words);
        if let Some(first) = title.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        title
    }

    /// Adds the panel of some quantities of one unit, and says what was left out of it.
    fn panel(&self, chart: Chart, unit: Unit, names: &[&str]) -> (Chart, Option<String>) {
        // Of many connections the bytes in flight would only hide the rest.
        let alone = self.senders.len() == 1;
        let names: Vec<&str> =
            names.iter().copied().filter(|name| alone || *name != "in_flight" || names.len() == 1).collect();
        let names = names.as_slice();
        let mut axis = Axis::new(&names.join(", "), quantity(unit));
        if names.contains(&"rto") {
            axis = axis.log();
        }
        let chart = chart.y(axis);
        let of_interfaces = self
            .series
            .iter()
            .any(|series| names.contains(&series.name) && matches!(series.of.part, Part::Interface(_)));
        if of_interfaces { self.interfaces(chart, names) } else { self.connections(chart, names) }
    }

    fn connections(&self, mut chart: Chart, names: &[&str]) -> (Chart, Option<String>) {
        let alone = self.senders.len() == 1;
        for (n, sender) in self.senders.iter().take(MOST_CURVES).enumerate() {
            for (place, name) in names.iter().enumerate() {
                let Some(series) = self.series_of(name, sender) else { continue };
                let label = match (alone, names.len() > 1) {
                    (true, _) => (*name).to_owned(),
                    (false, true) => format!("{name} {}", sender.subject.label),
                    (false, false) => sender.subject.label.clone(),
                };
                let colour = if *name == "in_flight" && alone { IN_FLIGHT } else { n };
                let curve = Curve::steps(&label, seconds(&series.points)).colour(colour);
                let curve = if place > 0 && *name != "in_flight" { curve.dashed() } else { curve };
                chart = chart.curve(if *name == "ssthresh" { curve.may_leave() } else { curve });
            }
            if names.contains(&"cwnd") {
                chart = self.causes(chart, sender, n);
            }
        }
        if names.contains(&"cwnd") {
            chart = self.repetitions(chart);
        }
        let left_out = self.senders.len() > MOST_CURVES;
        let note = left_out.then(|| {
            format!("{MOST_CURVES} of {} connections are shown: those that delivered most.", self.senders.len())
        });
        (chart, note)
    }

    /// Marks and phases of one sender.
    fn causes(&self, mut chart: Chart, sender: &Sender, n: usize) -> Chart {
        let cwnd = self.series_of("cwnd", sender);
        for (at, text, detail) in &sender.causes {
            let value = cwnd.and_then(|series| value_at(&series.points, *at));
            let mark = Mark::at(at.secs_f64(), text).colour(n).detail(&format!("{} {detail}", clock(*at)));
            chart = chart.mark(Mark { y: value, ..mark });
        }
        chart.band(Band::new(&sender.subject.label, sender.phases.clone()).colour(n))
    }

    /// Where segments were sent again, on the window's curve, by cause.
    fn repetitions(&self, mut chart: Chart) -> Chart {
        let mut dots: BTreeMap<RetransmitCause, Vec<(f64, f64)>> = BTreeMap::new();
        for sender in self.senders.iter().take(MOST_CURVES) {
            let Some(series) = self.series_of("cwnd", sender) else { continue };
            for (at, cause) in &sender.again {
                if let Some(value) = value_at(&series.points, *at) {
                    dots.entry(*cause).or_default().push((at.secs_f64(), value));
                }
            }
        }
        for (n, (cause, mut points)) in dots.into_iter().enumerate() {
            points.sort_by(|a, b| a.0.total_cmp(&b.0));
            let name = format!("sent again: {}", words::retransmit_word(cause));
            chart = chart.curve(Curve::dots(&name, points).colour(AGAIN[n % AGAIN.len()]));
        }
        chart
    }

    /// The interfaces that had the largest values.
    fn interfaces(&self, mut chart: Chart, names: &[&str]) -> (Chart, Option<String>) {
        let area = |series: &Series| -> f64 {
            let spans = series.points.windows(2).map(|pair| pair[0].1 * pair[1].0.since(pair[0].0).secs_f64());
            spans.sum()
        };
        let mut chosen: Vec<&Series> = self.series.iter().filter(|series| names.contains(&series.name)).collect();
        let all = chosen.len();
        let peak = |series: &Series| series.points.iter().map(|point| point.1).fold(0.0, f64::max);
        let highest = chosen.iter().map(|series| peak(series)).fold(0.0, f64::max);
        // An interface at which hardly anything ever waited says nothing about queues.
        chosen.retain(|series| series.name != "queue" || peak(series) >= highest * LEAST_QUEUE);
        let busy = chosen.len();
        chosen.sort_by(|a, b| area(b).total_cmp(&area(a)));
        for series in chosen.into_iter().take(MOST_CURVES) {
            chart = chart.curve(Curve::steps(&series.of.label, seconds(&series.points)));
        }
        let note = (busy > MOST_CURVES).then(|| format!("{MOST_CURVES} of {all} interfaces are shown: the busiest."));
        (chart, note)
    }

    fn series_of(&self, name: &str, sender: &Sender) -> Option<&Series> {
        self.series.iter().find(|series| series.name == name && series.of == sender.subject)
    }

    /// When the run ended.
    pub fn end(&self) -> Instant {
        self.end
    }
}

impl Sender {
    fn of(end: &End, (causes, again): Causes) -> Sender {
        let mut phases: Vec<Span> = Vec::new();
        for (at, metrics) in &end.samples {
            let at = at.secs_f64();
            if let Some(last) = phases.last_mut() {
                last.to = at;
            }
            if phases.last().is_none_or(|last| last.name != metrics.phase) {
                let shade = shade(metrics.phase);
                phases.push(Span { from: at, to: at, name: metrics.phase.into(), shade });
            }
        }
        let delivered = end.samples.iter().map(|(_, metrics)| metrics.delivered).max().unwrap_or(0);
        Sender { subject: end.subject.clone(), delivered, phases, causes, again }
    }
}

type Causes = (Vec<(Instant, String, String)>, Vec<(Instant, RetransmitCause)>);

/// What changed each sender's window, and what it sent again.
fn causes(index: &Index<'_>) -> BTreeMap<(NodeId, Flow), Causes> {
    let mut all: BTreeMap<(NodeId, Flow), Causes> = BTreeMap::new();
    for event in index.recording.events() {
        let Fact::Transport(fact) = &event.fact else { continue };
        let words = words::fact(&event.fact);
        match fact {
            TransportFact::Congestion { flow, why, .. } => {
                let causes = &mut all.entry((event.node, *flow)).or_default().0;
                // A timeout says both that it doubled the timer and what it did to the window.
                causes.retain(|(at, text, _)| *at != event.at || text != BACKOFF);
                causes.push((event.at, (*why).into(), words));
            }
            TransportFact::Backoff { flow, .. } => {
                let causes = &mut all.entry((event.node, *flow)).or_default().0;
                if causes.last().is_none_or(|last| last.0 != event.at) {
                    causes.push((event.at, BACKOFF.into(), words));
                }
            }
            TransportFact::Retransmit { flow, cause, .. } => {
                all.entry((event.node, *flow)).or_default().1.push((event.at, *cause));
            }
            _ => {}
        }
    }
    all
}

/// Calm phases are green and blue, those of repair orange and red.
fn shade(phase: &str) -> usize {
    match phase {
        "slow start" | "startup" => 0,
        "avoidance" | "probe bandwidth" => 1,
        "recovery" | "drain" => 2,
        "loss" => 3,
        "probe rtt" => 4,
        _ => 5,
    }
}

fn in_words(name: &str) -> &str {
    match name {
        "cwnd" => "congestion window",
        "ssthresh" => "slow-start threshold",
        "in_flight" => "bytes in flight",
        "mss" => "segment size",
        "srtt" => "smoothed round trip",
        "rto" => "retransmission timeout",
        "queue" => "queue length",
        "throughput" => "bytes acknowledged",
        "wire" => "bytes on the wire",
        other => other,
    }
}

const fn quantity(unit: Unit) -> Quantity {
    match unit {
        Unit::Bytes => Quantity::Bytes,
        Unit::Seconds => Quantity::Time,
        Unit::Frames => Quantity::Count("frames"),
        Unit::BitsPerSecond => Quantity::Rate,
    }
}

fn seconds(points: &[(Instant, f64)]) -> Vec<(f64, f64)> {
    points.iter().map(|(at, value)| (at.secs_f64(), *value)).collect()
}

/// What held at a moment; before the first point nothing did.
fn value_at(points: &[(Instant, f64)], at: Instant) -> Option<f64> {
    let behind = points.partition_point(|point| point.0 <= at);
    points.get(behind.checked_sub(1)?).map(|point| point.1)
}

fn clock(at: Instant) -> String {
    words::span(at.since(Instant::ZERO))
}

/// What a timer's doubling is called when nothing else was said about it.
const BACKOFF: &str = "timeout";
/// Most connections or interfaces in one panel.
const MOST_CURVES: usize = 6;
/// Queues that never grow to this share of the longest are left out.
const LEAST_QUEUE: f64 = 0.1;
/// The colour of bytes in flight, and those of repetitions.
const IN_FLIGHT: usize = 5;
const AGAIN: [usize; 5] = [1, 3, 6, 4, 7];
