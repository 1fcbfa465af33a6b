//! Series as CSV (RFC 4180): a heading, one row a change, times in seconds.

use std::fmt::Write as _;

use base::{Duration, Instant};

use super::{End, Series, Unit, ends, of_index};
use crate::index::Index;
use crate::render::files::safe;

/// All tables of a recording, each with its file name: one for each end of a connection, one for all queues, one for all
/// throughputs. A table without rows is left out, and so are connections beyond [`MOST_ENDS`].
pub(crate) fn files(index: &Index<'_>) -> impl Iterator<Item = (String, Vec<u8>)> {
    let ends = ends(index).into_iter().take(MOST_ENDS);
    let tcp = ends.map(|end| (end_name(index, &end), of_end(&end).into_bytes()));
    let series = of_index(index);
    let queues = long(&series, "interface", |s| s.name == "queue");
    let rates = long(&series, "of", |s| s.unit == Unit::BitsPerSecond);
    let named = [("queues.csv", queues), ("throughput.csv", rates)];
    let tables = named.into_iter().filter_map(|(name, table)| Some((name.to_owned(), table?.into_bytes())));
    tcp.chain(tables)
}

/// `tcp-client-49152-server-80.csv`.
fn end_name(index: &Index<'_>, end: &End) -> String {
    let node = index.recording.node_name(end.subject.node);
    let peer = index.who(end.flow.remote.ip());
    format!("tcp-{}-{}-{}-{}.csv", safe(&node), end.flow.local.port(), safe(&peer), end.flow.remote.port())
}

/// Everything that one sender reckoned with; an empty cell where it had no value yet.
fn of_end(end: &End) -> String {
    let mut out = String::from("time_s,cwnd,ssthresh,in_flight,mss,srtt_s,rto_s,delivered,phase\r\n");
    for (at, m) in &end.samples {
        let ssthresh = if m.ssthresh == u32::MAX { String::new() } else { m.ssthresh.to_string() };
        let srtt = m.srtt.map_or_else(String::new, span);
        let (at, rto) = (moment(*at), span(m.rto));
        let _ = write!(out, "{at},{},{ssthresh},{},{},{srtt},{rto},", m.cwnd, m.in_flight, m.mss);
        let _ = write!(out, "{},{}\r\n", m.delivered, m.phase);
    }
    out
}

/// Several series in one table, one behind the other: time, whose, value.
fn long(series: &[Series], whose: &str, which: impl Fn(&Series) -> bool) -> Option<String> {
    let mut chosen = series.iter().filter(|series| which(series)).peekable();
    let unit = match chosen.peek()?.unit {
        Unit::Bytes => "bytes",
        Unit::Seconds => "seconds",
        Unit::Frames => "frames",
        Unit::BitsPerSecond => "bits_per_s",
    };
    let mut out = format!("time_s,{whose},{unit}\r\n");
    for series in chosen {
        let label = quoted(&series.of.label);
        for (at, value) in &series.points {
            let _ = write!(out, "{},{label},{value}\r\n", moment(*at));
        }
    }
    Some(out)
}

/// A cell of text.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.into() }
}

/// Seconds with all nanoseconds.
fn moment(at: Instant) -> String {
    format!("{}.{:09}", at.nanos() / 1_000_000_000, at.nanos() % 1_000_000_000)
}

fn span(span: Duration) -> String {
    moment(Instant::ZERO + span)
}

/// Most ends of connections that get a table of their own.
const MOST_ENDS: usize = 256;
