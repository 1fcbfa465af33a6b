//! Charts of numbers and of films.

use base::event::{Fact, Flow, RetransmitCause, TcpMetrics, TransportFact};
use base::{Duration, PacketId, SeqNum};
use proptest::prelude::*;

use super::*;
use crate::film::Film;
use crate::recording::Recording;

/// A sender that doubles its window, loses, recovers and grows again.
pub(crate) fn sawtooth(connections: u16) -> Recording {
    let mut film = Film::new(&[("client", [192, 0, 2, 10]), ("server", [203, 0, 113, 5])]);
    let flow = |n: u16| Flow { local: (film_ip("client"), 50_000 + n).into(), remote: (film_ip("server"), 80).into() };
    for step in 0..60_u32 {
        for n in 0..connections {
            let (cwnd, phase) = match step {
                0..6 => (14_600 << step, "slow start"),
                6 => (233_600, "recovery"),
                step => (233_600 + 1_460 * (step - 6), "avoidance"),
            };
            let metrics = TcpMetrics {
                cwnd: cwnd / (u32::from(n) + 1),
                ssthresh: if step < 6 { u32::MAX } else { 233_600 },
                in_flight: cwnd / 2,
                mss: 1460,
                srtt: Some(Duration::from_millis(20)),
                rto: Duration::from_millis(if step > 40 { 400 } else { 200 }),
                delivered: u64::from(step * 14_600 / (u32::from(n) + 1)),
                phase,
            };
            let tell = |film: &mut Film, fact| film.event("client", PacketId::NONE, Fact::Transport(fact));
            if step == 6 {
                let (why, cwnd) = ("third duplicate ACK", (467_200, 233_600));
                tell(&mut film, TransportFact::Congestion { flow: flow(n), why, cwnd, ssthresh: 233_600 });
                let cause = RetransmitCause::FastRetransmit;
                tell(&mut film, TransportFact::Retransmit { flow: flow(n), seq: SeqNum(1), len: 1460, cause });
            }
            tell(&mut film, TransportFact::Metrics { flow: flow(n), metrics });
        }
        film.sleep_ms(20);
    }
    film.cut()
}

fn film_ip(host: &str) -> std::net::IpAddr {
    if host == "client" { [192, 0, 2, 10].into() } else { [203, 0, 113, 5].into() }
}

#[test]
fn the_plots_of_a_run_show_the_window_with_its_causes_and_phases() {
    let run = Run::of(&sawtooth(1));
    let names: Vec<&str> = run.pictures().iter().map(|picture| picture.name).collect();
    assert_eq!(names, ["run", "cwnd", "rtt", "throughput"]);
    let chart = run.chart(&["cwnd", "ssthresh"]);
    let text = chart.text(Style::PLAIN);
    println!("{text}");
    assert!(text.starts_with("Congestion window and slow-start threshold\n"));
    assert!(text.contains("1 120 ms third duplicate ACK: cwnd 467200 -> 233600, ssthresh 233600"));
    assert!(text.contains("s slow start   r recovery   a avoidance"));
    let svg = chart.svg();
    assert!(svg.contains(">third duplicate ACK</text>") && svg.contains(">sent again: fast retransmit</text>"));
    assert!(svg.contains("prefers-color-scheme:dark") && svg.contains("<desc>"));
}

#[test]
fn of_many_connections_the_largest_are_shown_and_the_rest_is_told() {
    let chart = Run::of(&sawtooth(9)).chart(&["cwnd"]);
    assert!(chart.note.starts_with("6 of 9 connections are shown"));
    let text = chart.text(Style { width: 80, ..Style::PLAIN });
    println!("{text}");
    assert!(text.contains("client:50000 to 203.0.113.5:80") && !text.contains("50006"));
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn theory_stands_dashed_beside_measured_points_with_their_intervals() {
    let losses = [0.001, 0.01, 0.05];
    let measured = losses.map(|p: f64| (p, 1e6 / p.sqrt())).to_vec();
    let bars = measured.iter().map(|(_, y)| (y * 0.9, y * 1.1)).collect();
    let chart = Chart::new("Mathis")
        .x(Axis::new("loss", Quantity::Share).log())
        .y(Axis::new("goodput", Quantity::Rate).log())
        .curve(Curve::dots("measured", measured.clone()).bars(bars))
        .curve(Curve::line("theory", measured).dashed());
    let svg = chart.svg();
    assert_eq!(svg.matches("class=\"bar s0\"").count(), 9, "three intervals of three strokes");
    assert!(svg.contains("class=\"dash s1\"") && svg.contains("loss, %"));
    println!("{}", chart.text(Style::PLAIN));
}

#[test]
fn a_chart_of_nothing_is_still_a_chart() {
    assert!(Run::of(&Recording::default()).pictures().is_empty());
    let chart = Chart::new("").curve(Curve::line("", vec![]));
    assert!(chart.is_empty());
    assert!(chart.svg().ends_with("</svg>\n") && !chart.text(Style::PLAIN).is_empty());
}

#[test]
fn a_hundred_thousand_points_make_a_small_picture() {
    let points = (0..100_000).map(|n| (f64::from(n), f64::from(n * 7919 % 1000))).collect();
    let chart = Chart::new("much").y(Axis::new("y", Quantity::Number)).curve(Curve::steps("all", points));
    assert!(chart.svg().len() < 200_000, "{}", chart.svg().len());
}

proptest! {
    #[test]
    fn any_numbers_give_both_pictures(
        points in proptest::collection::vec((any::<f64>(), any::<f64>()), 0..40),
        log: bool, width in 0usize..300, colour: bool, dashed: bool,
    ) {
        let mut axis = Axis::new("y", Quantity::Bytes);
        axis.log = log;
        let mut curve = Curve::steps("a", points.clone());
        curve.dashed = dashed;
        let dots = Curve::dots("b", points.clone()).bars(points.iter().map(|p| (p.1, p.0)).collect());
        let spans = points.iter().map(|p| Span { from: p.0, to: p.1, name: format!("{}", p.0 > 0.0), shade: 7 }).collect();
        let mut chart = Chart::new("t").x(Axis::new("x", Quantity::Time)).y(axis).curve(curve).curve(dots);
        for (x, y) in &points {
            chart = chart.mark(Mark::on(*x, *y, "mark"));
        }
        let chart = chart.band(Band::new("band", spans));
        prop_assert!(chart.svg().ends_with("</svg>\n"));
        let style = Style { width, colour, explain: false };
        prop_assert!(!chart.text(style).is_empty());
    }
}
