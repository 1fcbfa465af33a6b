//! The waterfall as text: bars, then the numbers behind them.

use std::fmt::Write as _;

use base::{Duration, Instant};

use super::{Bar, Waterfall};
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
enum Stage {
    Dns,
    Tcp,
    Tls,
    Wait,
    Receive,
}

impl Stage {
    const ALL: [Stage; 5] = [Stage::Dns, Stage::Tcp, Stage::Tls, Stage::Wait, Stage::Receive];

    const fn name(self) -> &'static str {
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

/// Round numbers of milliseconds over the bars.
fn axis(whole: Duration, area: usize) -> String {
    let mut text = vec![' '; area];
    let (mut step, mut factors) = (1_000_u64, [2_u64, 5, 2, 2].into_iter().cycle());
    // 1, 2, 10, 20 … microseconds up to the first step that leaves room for its number.
    while place(Duration::from_nanos(step), whole, area) < 10 && step < whole.nanos() {
        step = step.saturating_mul(factors.next().unwrap_or(2));
    }
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
    let names = ["time_namelookup", "time_connect", "time_appconnect", "time_starttransfer", "time_total"];
    let mut head = format!("{:>NUMBER$}", "#");
    for name in names {
        let _ = write!(head, "  {name}");
    }
    line(out, &style.paint(Paint::Quiet, &format!("{head}  ms since the request's start")));
    for bar in bars {
        let mut text = format!("{:>NUMBER$}", bar.number);
        let times =
            [bar.time_namelookup, bar.time_connect, bar.time_appconnect, bar.time_starttransfer, bar.time_total];
        for (name, time) in names.iter().zip(times) {
            let _ = write!(text, "  {:>width$}", millis(time.nanos()), width = name.len());
        }
        if bar.reused_connection {
            text.push_str("  (connection was open)");
        }
        line(out, &text);
    }
}

/// `total = DNS + TCP + TLS + transaction`, to the nanosecond, and the round trips of each.
fn identity(out: &mut String, bars: &[Bar], style: Style) {
    let wide = bars.iter().map(|bar| exact(bar.time_total).len()).max().unwrap_or(0).max(11);
    let head = format!(
        "{:>NUMBER$}  {:>wide$} = {:>wide$} + {:>wide$} + {:>wide$} + {:>wide$}",
        "#", "total ms", "DNS", "TCP", "TLS", "transaction"
    );
    line(out, &style.paint(Paint::Quiet, &format!("{head}  round trips")));
    for bar in bars {
        let parts = &bar.parts;
        let [total, dns, tcp, tls, transaction] =
            [bar.time_total, parts.dns, parts.tcp, parts.tls, parts.transaction].map(exact);
        let trips = &bar.round_trips;
        let sum = format!("{} + {} + {} + {} = {}", trips.dns, trips.tcp, trips.tls, trips.http, trips.total());
        line(
            out,
            &format!(
                "{:>NUMBER$}  {total:>wide$} = {dns:>wide$} + {tcp:>wide$} + {tls:>wide$} + {transaction:>wide$}  {sum}",
                bar.number
            ),
        );
    }
}

/// Milliseconds with all nanoseconds.
fn exact(span: Duration) -> String {
    format!("{}.{:06}", span.nanos() / 1_000_000, span.nanos() % 1_000_000)
}

const NUMBER: usize = 3;
const STATUS: usize = 4;
const TOTAL: usize = 11;
