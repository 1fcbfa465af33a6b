//! The waterfall as text: bars, then the numbers behind them.

use std::fmt::Write as _;

use base::{Duration, Instant};

use super::{Bar, RoundTrips, Waterfall};
use crate::render::Style;
use crate::render::style::{Paint, cut, line, millis};
use crate::words::count;

pub(super) fn waterfall(waterfall: &Waterfall, style: Style) -> String {
    let mut out = String::new();
    let bars = &waterfall.requests;
    if bars.is_empty() {
        return "no request was made\n".into();
    }
    draw_bars(&mut out, bars, style);
    out.push('\n');
    curl_table(&mut out, bars, style);
    out.push('\n');
    identity(&mut out, bars, style);
    out
}

/// One bar a request on a common axis.
fn draw_bars(out: &mut String, bars: &[Bar], style: Style) {
    let start = bars.iter().map(|bar| bar.start).min().unwrap_or(Instant::ZERO);
    let end = bars.iter().map(Bar::end).max().unwrap_or(Instant::ZERO);
    let whole = end.since(start);
    let width = style.columns();
    let longest = bars.iter().map(|bar| bar.url.chars().count()).max().unwrap_or(0);
    let names = longest.clamp(10, (width / 5 * 2).max(10));
    let area = width.saturating_sub(NUMBER + STATUS + names + TOTAL + 5).max(10);
    let legend: Vec<String> =
        Stage::ALL.iter().map(|stage| format!("{} {}", stage.cells(1, style), stage.name())).collect();
    let head = format!("{} in {} ms", count(bars.len() as u64, "request"), millis(whole.nanos()));
    line(out, &format!("{}    {}", style.paint(Paint::Heading, &head), legend.join("   ")));
    let axis = format!("{:>NUMBER$} {:>STATUS$} {:names$}  {}", "#", "", "request", axis(whole, area));
    line(out, &style.paint(Paint::Quiet, &format!("{axis}{:>TOTAL$}", "total ms")));
    for bar in bars {
        let status = match (bar.status, &bar.failed) {
            (_, Some(_)) => style.paint(Paint::Bad, &format!("{:>STATUS$}", "fail")),
            (Some(status), None) if status >= 400 => style.paint(Paint::Bad, &format!("{status:>STATUS$}")),
            (Some(status), None) => format!("{status:>STATUS$}"),
            (None, None) => format!("{:>STATUS$}", "-"),
        };
        let url = cut(&bar.url, names);
        let cells = cells(bar, start, whole, area, style);
        let total = millis(bar.time_total.nanos());
        line(out, &format!("{:>NUMBER$} {status} {url:names$}  {cells}{total:>TOTAL$}", bar.number));
    }
}

/// The stages that a bar shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Dns,
    Tcp,
    Tls,
    Wait,
    Receive,
}

impl Stage {
    pub(super) const ALL: [Stage; 5] = [Stage::Dns, Stage::Tcp, Stage::Tls, Stage::Wait, Stage::Receive];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Stage::Dns => "DNS",
            Stage::Tcp => "TCP",
            Stage::Tls => "TLS",
            Stage::Wait => "wait",
            Stage::Receive => "receive",
        }
    }

    fn cells(self, n: usize, style: Style) -> String {
        let (cell, paint) = match self {
            Stage::Dns => ('░', Paint::Application),
            Stage::Tcp => ('▒', Paint::Transport),
            Stage::Tls => ('▓', Paint::Security),
            Stage::Wait => ('-', Paint::Quiet),
            Stage::Receive => ('█', Paint::Good),
        };
        style.paint(paint, &cell.to_string().repeat(n))
    }

    /// What a request did `after` its start.
    fn of(bar: &Bar, after: Duration) -> Stage {
        let tls = bar.parts.dns + bar.parts.tcp + bar.parts.tls;
        match after {
            t if t < bar.parts.dns => Stage::Dns,
            t if t < bar.parts.dns + bar.parts.tcp => Stage::Tcp,
            t if t < tls => Stage::Tls,
            t if t < bar.time_starttransfer => Stage::Wait,
            _ => Stage::Receive,
        }
    }
}

/// The cells of one bar. A cell shows what happened at its middle; a request shorter than a cell still has one.
fn cells(bar: &Bar, start: Instant, whole: Duration, area: usize, style: Style) -> String {
    let scale = |span: Duration| place(span, whole, area);
    let from = scale(bar.start.since(start)).min(area - 1);
    let to = scale(bar.end().since(start)).clamp(from + 1, area);
    let moment = |cell: usize| {
        let middle = u128::from(whole.nanos()) * (2 * cell as u128 + 1) / (2 * area as u128);
        (start + Duration::from_nanos(middle as u64)).since(bar.start).min(bar.time_total)
    };
    let stages: Vec<Stage> = (from..to).map(|cell| Stage::of(bar, moment(cell))).collect();
    let mut text = " ".repeat(from);
    for run in stages.chunk_by(|a, b| a == b) {
        text.push_str(&run[0].cells(run.len(), style));
    }
    text.push_str(&" ".repeat(area - to));
    text
}

/// Where on `area` cells a span lies, of a whole.
fn place(span: Duration, whole: Duration, area: usize) -> usize {
    let whole = u128::from(whole.nanos()).max(1);
    (u128::from(span.nanos()) * area as u128 / whole) as usize
}

/// Round numbers of milliseconds over the bars: steps of 1, 2 or 5 times a power of ten, from a microsecond on.
fn axis(whole: Duration, area: usize) -> String {
    let mut text = vec![' '; area];
    let steps = (3..19).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_u64.pow(power)));
    let roomy = |step: &u64| place(Duration::from_nanos(*step), whole, area) >= MARK;
    let step = steps.clone().find(roomy).unwrap_or(u64::MAX);
    for n in 0.. {
        let at = step.saturating_mul(n);
        let cell = place(Duration::from_nanos(at), whole, area);
        let number = if step % 1_000_000 == 0 { (at / 1_000_000).to_string() } else { millis(at) };
        if cell + number.len() > area || at > whole.nanos() {
            break;
        }
        for (place, c) in text.iter_mut().skip(cell).zip(number.chars()) {
            *place = c;
        }
    }
    text.into_iter().collect()
}

/// The marks, as `curl --write-out` gives them.
fn curl_table(out: &mut String, bars: &[Bar], style: Style) {
    line(out, "Milliseconds from the request's start, with curl's names (an open connection costs nothing):");
    let prefix = if style.columns() < WIDE { "" } else { "time_" };
    let names = ["namelookup", "connect", "appconnect", "starttransfer", "total"].map(|name| format!("{prefix}{name}"));
    let names = names.map(|name| format!("{name:>TIME$}"));
    line(out, &style.paint(Paint::Quiet, &format!("{:>NUMBER$}  {}", "#", names.join("  "))));
    for bar in bars {
        let mut text = format!("{:>NUMBER$}", bar.number);
        let times =
            [bar.time_namelookup, bar.time_connect, bar.time_appconnect, bar.time_starttransfer, bar.time_total];
        for (name, time) in names.iter().zip(times) {
            let _ = write!(text, "  {:>width$}", millis(time.nanos()), width = name.len());
        }
        line(out, &text);
    }
}

/// `total = DNS + TCP + TLS + transaction`, to the nanosecond, and the round trips of each.
fn identity(out: &mut String, bars: &[Bar], style: Style) {
    line(out, "Where the time went, to the nanosecond, and how many round trips each part took:");
    let wide = bars.iter().map(|bar| exact(bar.time_total).len()).max().unwrap_or(0).max(11);
    let columns = ["total ms", "DNS", "TCP", "TLS", "transaction"].map(|name| format!("{name:>wide$}"));
    let [total, parts @ ..] = columns;
    let head = format!("{:>NUMBER$}  {total} = {}", "#", parts.join(" + "));
    // On a narrow terminal the round trips have a line of their own.
    let gap = if head.len() + 2 + TRIPS <= style.columns() { "  ".into() } else { format!("\n{:>NUMBER$}  ", "") };
    line(out, &style.paint(Paint::Quiet, &format!("{head}{gap}DNS+TCP+TLS+HTTP")));
    for bar in bars {
        let parts = [bar.parts.dns, bar.parts.tcp, bar.parts.tls, bar.parts.transaction];
        let parts = parts.map(|part| format!("{:>wide$}", exact(part))).join(" + ");
        let RoundTrips { dns, tcp, tls, http } = bar.round_trips;
        let trips = format!("{dns} + {tcp} + {tls} + {http} = {}", bar.round_trips.total());
        line(out, &format!("{:>NUMBER$}  {:>wide$} = {parts}{gap}{trips}", bar.number, exact(bar.time_total)));
    }
}

/// Milliseconds with all nanoseconds.
fn exact(span: Duration) -> String {
    format!("{}.{:06}", span.nanos() / 1_000_000, span.nanos() % 1_000_000)
}

const NUMBER: usize = 3;
const STATUS: usize = 4;
const TOTAL: usize = 11;
const TIME: usize = 10;
/// Columns for the round trips.
const TRIPS: usize = 18;
/// From this width on, curl's names are written out.
const WIDE: usize = 90;
/// Least cells between two numbers of the axis.
const MARK: usize = 10;
