//! The waterfall: where the time went, and what the access line has to do with it.

use base::Duration;
use glassnet_lab::visit::Visit;
use scope::waterfall::Bar;

use crate::{PAGE, visit, visit_in};

#[test]
fn the_parts_add_up_to_the_total_to_the_nanosecond() {
    let lossy = Visit { loss: 0.1, ..Visit::new("http://www.example.com/") };
    for seen in [visit(PAGE), visit_in(lossy.scenario()), visit("https://expired.example.com/")] {
        for bar in seen.waterfall().requests {
            let parts = bar.parts.dns + bar.parts.tcp + bar.parts.tls + bar.parts.transaction;
            assert_eq!(parts, bar.time_total, "{}\n{seen}", bar.url);
            let marks = [bar.time_namelookup, bar.time_connect, bar.time_starttransfer, bar.time_total];
            assert!(marks.is_sorted(), "{}: {marks:?}", bar.url);
        }
    }
}

#[test]
fn on_a_clean_network_each_stage_takes_one_round_trip() {
    let seen = visit(PAGE);
    let trips = |bar: &Bar| [bar.round_trips.dns, bar.round_trips.tcp, bar.round_trips.tls, bar.round_trips.http];
    let bars = seen.waterfall().requests;
    assert_eq!(bars.iter().map(trips).collect::<Vec<_>>(), [[1, 1, 1, 1], [0, 0, 0, 1], [1, 1, 1, 1], [0, 1, 1, 1]]);
    // 17 ms of cables each way, plus the time that the bits take.
    for part in [bars[0].parts.tcp, bars[0].parts.tls, bars[0].parts.transaction] {
        assert!((Duration::from_millis(34)..Duration::from_millis(35)).contains(&part), "{part}");
    }
}

#[test]
fn a_far_line_costs_its_delay_once_in_each_direction_of_each_round_trip() {
    let bars = |delay| visit_in(Visit { delay: Some(delay), ..Visit::new(PAGE) }.scenario()).waterfall().requests;
    let (near, far) = (bars(Duration::from_millis(5)), bars(Duration::from_millis(80)));
    for (near, far) in near.iter().zip(&far) {
        let trips = u64::from(near.round_trips.total());
        assert_eq!(far.time_total - near.time_total, Duration::from_millis(2 * 75) * trips, "{}", near.url);
    }
}

#[test]
fn a_slow_line_costs_the_time_of_its_bits() {
    let total = |rate| {
        visit_in(Visit { rate_bps: Some(rate), ..Visit::new(PAGE) }.scenario()).waterfall().requests[0].time_total
    };
    let (fast, slow) = (total(1_000_000_000), total(64_000));
    // At least 4000 bytes cross the line for the page alone, at 8 bytes a millisecond.
    assert!(slow - fast > Duration::from_millis(500) && slow < Duration::from_secs(3), "{fast} and {slow}");
}
