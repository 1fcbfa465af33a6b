//! The waterfall as SVG: a bar for each request on a common axis.

use base::{Duration, Instant};

use super::draw::Stage;
use super::{Bar, Waterfall};
use crate::plot::scale::Scale;
use crate::plot::{Axis, Quantity};
use crate::render::style::{cut, millis};
use crate::render::svg::{Anchor, Canvas, text_width};
use crate::words::count;

pub(super) fn waterfall(waterfall: &Waterfall) -> String {
    let shown = &waterfall.requests[..waterfall.requests.len().min(MAX_ROWS)];
    let start = shown.iter().map(|bar| bar.start).min().unwrap_or(Instant::ZERO);
    let end = shown.iter().map(Bar::end).max().unwrap_or(Instant::ZERO);
    let whole = end.since(start);
    let requests = count(waterfall.requests.len() as u64, "request");
    let title = format!("{requests} in {} ms", millis(whole.nanos()));
    let about = "One bar a request: finding the address, opening the connection, TLS, waiting, receiving.";
    let mut canvas = Canvas::new(&title, about);
    canvas.text("head", Anchor::Start, (MARGIN, 26.0), &title);
    legend(&mut canvas);
    let bottom = TOP + shown.len() as f64 * ROW;
    let scale = Scale::new(&Axis::new("", Quantity::Time), 0.0, whole.secs_f64().max(1e-9), 8);
    let place = |after: Duration| LEFT + scale.place(after.secs_f64()).unwrap_or_default().clamp(0.0, 1.0) * AREA;
    for (value, label) in &scale.ticks {
        let x = LEFT + scale.place(*value).unwrap_or_default() * AREA;
        canvas.line("grid", (x, TOP - 6.0), (x, bottom));
        canvas.text("small soft", Anchor::Middle, (x, TOP - 10.0), label);
    }
    canvas.text("small soft", Anchor::End, (WIDTH - MARGIN, TOP - 10.0), &format!("total, {}", scale.unit));
    for (n, bar) in shown.iter().enumerate() {
        let y = TOP + n as f64 * ROW;
        canvas.group(&hint(bar));
        heading(&mut canvas, bar, y + ROW - 7.0);
        for (stage, from, to) in stages(bar) {
            let offset = bar.start.since(start);
            let (x0, x1) = (place(offset + from), place(offset + to));
            canvas.rect(class(stage), (x0, y + 4.0), (x1 - x0).max(0.8), ROW - 8.0);
        }
        let total = millis(bar.time_total.nanos());
        canvas.text("small mono", Anchor::End, (WIDTH - MARGIN, y + ROW - 7.0), &total);
        canvas.end();
    }
    let more = waterfall.requests.len() - shown.len();
    if more > 0 {
        let text = format!("{} more left out", count(more as u64, "request"));
        canvas.text("small soft", Anchor::Start, (MARGIN, bottom + 16.0), &text);
    }
    canvas.size(WIDTH, bottom + if more > 0 { 28.0 } else { 12.0 });
    canvas.finish()
}

fn legend(canvas: &mut Canvas) {
    let mut x = MARGIN;
    for stage in Stage::ALL {
        canvas.rect(class(stage), (x, 40.0), 14.0, 10.0);
        canvas.text("small", Anchor::Start, (x + 19.0, 49.0), stage.name());
        x += 19.0 + text_width(stage.name(), 11.0) + 18.0;
    }
}

/// Number, status and address of a request.
fn heading(canvas: &mut Canvas, bar: &Bar, y: f64) {
    canvas.text("small soft", Anchor::End, (MARGIN + 18.0, y), &bar.number.to_string());
    let (class, status) = match (bar.status, &bar.failed) {
        (_, Some(_)) => ("small strong red", "fail".to_owned()),
        (Some(status), None) if status >= 400 => ("small strong red", status.to_string()),
        (Some(status), None) => ("small", status.to_string()),
        (None, None) => ("small soft", "-".into()),
    };
    canvas.text(class, Anchor::Start, (MARGIN + 26.0, y), &status);
    canvas.text("small", Anchor::Start, (MARGIN + 56.0, y), &cut(&bar.url, URL));
}

/// The stages of a bar that took time, with when each began and ended.
fn stages(bar: &Bar) -> Vec<(Stage, Duration, Duration)> {
    let tcp = bar.parts.dns + bar.parts.tcp;
    let tls = tcp + bar.parts.tls;
    let first = bar.time_starttransfer.max(tls);
    let ends = [bar.parts.dns, tcp, tls, first, bar.time_total.max(first)];
    let mut before = Duration::ZERO;
    let spans = Stage::ALL.into_iter().zip(ends).map(|(stage, end)| {
        let span = (stage, before, end);
        before = end;
        span
    });
    spans.filter(|(_, from, to)| to > from).collect()
}

const fn class(stage: Stage) -> &'static str {
    match stage {
        Stage::Dns => "f5",
        Stage::Tcp => "f4",
        Stage::Tls => "f3",
        Stage::Wait => "p5",
        Stage::Receive => "f2",
    }
}

fn hint(bar: &Bar) -> String {
    let mut text = format!("{} {}", bar.method, bar.url);
    for (stage, from, to) in stages(bar) {
        text += &format!("\n{}: {} ms", stage.name(), millis((to - from).nanos()));
    }
    if bar.reused_connection {
        text += "\non a connection that was open";
    }
    if let Some(failed) = &bar.failed {
        text += &format!("\n{failed}");
    }
    text
}

const WIDTH: f64 = 960.0;
const MARGIN: f64 = 16.0;
/// Where the bars' area begins, and how wide it is.
const LEFT: f64 = 370.0;
const AREA: f64 = WIDTH - LEFT - 90.0;
const TOP: f64 = 84.0;
const ROW: f64 = 22.0;
/// Characters of an address.
const URL: usize = 46;
/// Most requests of a picture.
const MAX_ROWS: usize = 500;
