//! Waterfalls of films.

use proptest::prelude::*;

use super::*;
use crate::film::visit::{Plot, visit};

fn waterfall(plot: Plot) -> Waterfall {
    let waterfall = Waterfall::of(&visit(plot).cut());
    println!("{}", waterfall.text(Style::PLAIN));
    waterfall
}

fn trips(bar: &Bar) -> [u32; 4] {
    [bar.round_trips.dns, bar.round_trips.tcp, bar.round_trips.tls, bar.round_trips.http]
}

#[test]
fn a_first_request_costs_one_round_trip_a_stage() {
    let waterfall = waterfall(Plot::AllIsWell);
    assert_eq!(waterfall.requests.len(), 3);
    let ms = Duration::from_millis;
    let first = &waterfall.requests[0];
    assert_eq!(trips(first), [1, 1, 0, 1]);
    assert_eq!((first.status, first.time_appconnect), (Some(301), Duration::ZERO));
    assert_eq!(first.parts, Parts { dns: ms(18), tcp: ms(4), tls: ms(0), transaction: ms(6) });
    let second = &waterfall.requests[1];
    assert_eq!(trips(second), [0, 1, 1, 1], "the name was known; TLS 1.3 takes one");
    assert_eq!(second.time_appconnect, second.parts.tcp + second.parts.tls);
}

#[test]
fn a_reused_connection_has_no_parts_but_the_transaction() {
    let reused = &waterfall(Plot::AllIsWell).requests[2];
    assert!(reused.reused_connection);
    assert_eq!([reused.time_namelookup, reused.time_connect, reused.time_appconnect], [Duration::ZERO; 3]);
    assert_eq!(reused.parts.transaction, reused.time_total);
    assert_eq!(trips(reused), [0, 0, 0, 1]);
}

#[test]
fn a_failure_lasts_until_it_is_known() {
    let lookup = &waterfall(Plot::SilentTld).requests[0];
    assert_eq!(lookup.parts.dns, lookup.time_total);
    assert_eq!(lookup.failed.as_deref(), Some("SERVFAIL"));
    let refused = &waterfall(Plot::Refused).requests[0];
    assert_eq!(refused.parts.dns + refused.parts.tcp, refused.time_total);
    assert!(refused.parts.tcp > Duration::ZERO && refused.status.is_none());
}

#[test]
fn the_parts_that_are_printed_add_up() {
    let text = waterfall(Plot::AllIsWell).text(Style::PLAIN);
    let sums = text.lines().filter(|line| line.contains(" = ") && line.contains(" + ") && !line.contains("DNS"));
    let mut checked = 0;
    for line in sums {
        let numbers: Vec<f64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        assert!((numbers[1] - numbers[2..6].iter().sum::<f64>()).abs() < 1e-9, "{line}");
        checked += 1;
    }
    assert_eq!(checked, 3);
}

#[test]
fn the_waterfall_is_also_json() {
    let json = Waterfall::of(&visit(Plot::AllIsWell).cut()).json();
    assert_eq!(json[0]["parts"]["dns_ns"], 18_000_000);
    assert_eq!(json[0]["time_namelookup"], 0.018);
    assert_eq!(json[1]["round_trips"]["tls"], 1);
}

#[test]
fn the_archive_has_what_the_format_wants() {
    use std::time::{Duration as Wall, SystemTime};
    let waterfall = Waterfall::of(&visit(Plot::AllIsWell).cut());
    let har = waterfall.har(SystemTime::UNIX_EPOCH + Wall::from_secs(1_767_225_600));
    assert_eq!((&har["log"]["version"], &har["log"]["creator"]["name"]), (&"1.2".into(), &"glassnet".into()));
    let entries = har["log"]["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 3);
    for entry in entries {
        let timings = &entry["timings"];
        let spent =
            ["blocked", "dns", "connect", "send", "wait", "receive"].map(|name| timings[name].as_f64().unwrap());
        let sum: f64 = spent.iter().filter(|span| **span >= 0.0).sum();
        assert!((sum - entry["time"].as_f64().unwrap()).abs() < 1e-9, "{entry}");
        for part in ["startedDateTime", "request", "response", "cache", "timings"] {
            assert!(!entry[part].is_null(), "{part}");
        }
        assert!(entry["startedDateTime"].as_str().unwrap().starts_with("2026-01-01T00:00:00."));
    }
    assert_eq!(entries[0]["timings"]["ssl"], -1);
    assert_eq!(entries[0]["response"]["redirectURL"], "https://www.example.com/");
    assert!(entries[1]["timings"]["ssl"].as_f64() < entries[1]["timings"]["connect"].as_f64());
    assert_eq!([&entries[2]["timings"]["dns"], &entries[2]["timings"]["connect"]], [&serde_json::json!(-1); 2]);
    assert_eq!(entries[1]["serverIPAddress"], "203.0.113.80");
}

#[test]
fn the_waterfall_is_also_a_picture() {
    let svg = Waterfall::of(&visit(Plot::AllIsWell).cut()).svg();
    assert!(svg.contains(">https://www.example.com/style.css</text>") && svg.contains(">receive</text>"));
    assert!(Waterfall::default().svg().ends_with("</svg>\n"));
}

proptest! {
    #[test]
    fn any_times_and_widths_give_a_picture(starts in proptest::collection::vec((0..u64::MAX, 0..u64::MAX), 0..5), width: usize, colour: bool) {
        let requests = starts.iter().map(|(start, total)| Bar {
            start: Instant::from_nanos(*start),
            time_total: Duration::from_nanos(*total),
            ..Bar::default()
        });
        let waterfall = Waterfall { requests: requests.collect() };
        prop_assert!(waterfall.svg().ends_with("</svg>\n"));
        waterfall.har(std::time::SystemTime::UNIX_EPOCH);
        let text = waterfall.text(Style { colour, width, explain: false });
        prop_assert!(!text.is_empty());
    }
}
