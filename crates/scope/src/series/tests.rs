//! Series of films.

use base::event::{Fact, Flow, LinkFact, TcpMetrics, TransportFact};
use base::{Duration, Instant, PacketId, Port};

use super::*;
use crate::film::{Conn, Fate, Film};

pub(crate) fn metrics(cwnd: u32, delivered: u64) -> TcpMetrics {
    let srtt = (delivered > 0).then_some(Duration::from_millis(20));
    let rto = Duration::from_secs(1);
    TcpMetrics { cwnd, ssthresh: u32::MAX, in_flight: 0, mss: 1460, srtt, rto, delivered, phase: "slow start" }
}

fn recording() -> Recording {
    let mut film = Film::new(&[("client", [192, 0, 2, 10]), ("server", [203, 0, 113, 5])]);
    let mut conn = Conn::new(&film, &["client", "server"], 50_000, 80);
    let flow = Flow { local: conn.client, remote: conn.server };
    let tell = |film: &mut Film, metrics| {
        film.event("client", PacketId::NONE, Fact::Transport(TransportFact::Metrics { flow, metrics }));
    };
    conn.client(&mut film, wire::tcp::Flags::SYN, b"", Fate::Arrives);
    tell(&mut film, metrics(14_600, 0));
    tell(&mut film, metrics(16_060, 1_460));
    film.sleep_ms(10);
    film.event("client", PacketId::NONE, Fact::Link(LinkFact::Queue { port: Port(0), frames: 3 }));
    tell(&mut film, metrics(16_060, 1_460));
    film.sleep_ms(10);
    tell(&mut film, TcpMetrics { ssthresh: 8_030, phase: "recovery", ..metrics(8_030, 4_380) });
    film.sleep_ms(10);
    film.cut()
}

fn named<'a>(all: &'a [Series], name: &str) -> &'a Series {
    all.iter().find(|series| series.name == name).unwrap_or_else(|| panic!("{name}"))
}

#[test]
fn a_series_holds_the_changes_and_the_moment_it_was_last_heard_of() {
    let recording = recording();
    let all = of(&recording);
    let ms = |ms| Instant::ZERO + Duration::from_millis(ms);
    let cwnd = named(&all, "cwnd");
    assert_eq!(cwnd.points, [(ms(1), 16_060.0), (ms(21), 8_030.0)]);
    assert_eq!((cwnd.of.label.as_str(), cwnd.unit), ("client to server", Unit::Bytes));
    assert_eq!(named(&all, "ssthresh").points, [(ms(21), 8_030.0)]);
    assert_eq!(named(&all, "srtt").points, [(ms(1), 0.02), (ms(21), 0.02)]);
    assert_eq!(named(&all, "queue").points, [(ms(11), 3.0)]);
    assert_eq!(named(&all, "queue").of.label, "client.eth0");
}

#[test]
fn throughput_is_what_was_acknowledged_in_each_interval() {
    let recording = recording();
    let all = of(&recording);
    let bits: f64 = named(&all, "throughput").points.windows(2).map(|p| p[0].1 * p[1].0.since(p[0].0).secs_f64()).sum();
    assert!((bits - 4_380.0 * 8.0).abs() < 1e-6, "{bits}");
    assert!(named(&all, "wire").points[0].1 > 0.0);
}

#[test]
fn tables_have_a_heading_and_one_row_a_change() {
    let recording = recording();
    let tables: Vec<(String, String)> =
        files(&Index::of(&recording)).map(|(name, table)| (name, String::from_utf8(table).unwrap())).collect();
    let names: Vec<&str> = tables.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["tcp-client-50000-server-80.csv", "queues.csv", "throughput.csv"]);
    let rows: Vec<&str> = tables[0].1.lines().collect();
    assert_eq!(rows[0], "time_s,cwnd,ssthresh,in_flight,mss,srtt_s,rto_s,delivered,phase");
    assert_eq!(rows[1], "0.001000000,14600,,0,1460,,1.000000000,0,slow start");
    assert_eq!(rows[4], "0.021000000,8030,8030,0,1460,0.020000000,1.000000000,4380,recovery");
    assert_eq!(tables[1].1, "time_s,interface,frames\r\n0.011000000,client.eth0,3\r\n");
}

#[test]
fn an_empty_recording_has_no_series() {
    assert!(of(&Recording::default()).is_empty());
    assert_eq!(files(&Index::of(&Recording::default())).count(), 0);
}
