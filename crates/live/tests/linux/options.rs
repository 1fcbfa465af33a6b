//! Linux with and without selective acknowledgements, timestamps and window scaling: a little over a line with much loss,
//! much over a line with a little.

use base::{Direction, Duration};
use stack::Config;
use wire::tcp::Options;

use crate::meeting::{Line, Meeting, ours};
use crate::program::{hash, hash_of_text, say, serve};
use crate::socket::{download, sysctl, upload};

#[test]
fn linux_with_everything() {
    exchange("linux_with_everything", MUCH_LOSS, 12 * MB, [true, true, true]);
}

#[test]
fn linux_without_sack() {
    exchange("linux_without_sack", MUCH_LOSS, 12 * MB, [false, true, true]);
}

#[test]
fn linux_without_timestamps() {
    exchange("linux_without_timestamps", MUCH_LOSS, 12 * MB, [true, false, true]);
}

#[test]
fn linux_without_window_scaling() {
    exchange("linux_without_window_scaling", MUCH_LOSS, 12 * MB, [true, true, false]);
}

#[test]
fn linux_with_sack_alone() {
    exchange("linux_with_sack_alone", MUCH_LOSS, 12 * MB, [true, false, false]);
}

#[test]
fn linux_with_timestamps_alone() {
    exchange("linux_with_timestamps_alone", MUCH_LOSS, 12 * MB, [false, true, false]);
}

#[test]
fn linux_with_window_scaling_alone() {
    exchange("linux_with_window_scaling_alone", MUCH_LOSS, 12 * MB, [false, false, true]);
}

#[test]
fn linux_without_any_option() {
    exchange("linux_without_any_option", MUCH_LOSS, 12 * MB, [false, false, false]);
}

#[test]
fn linux_moves_200_mb_without_sack() {
    exchange("linux_moves_200_mb_without_sack", LITTLE_LOSS, 200 * MB, [false, true, true]);
}

#[test]
fn linux_moves_200_mb_without_timestamps() {
    exchange("linux_moves_200_mb_without_timestamps", LITTLE_LOSS, 200 * MB, [true, false, true]);
}

#[test]
fn linux_moves_200_mb_without_window_scaling() {
    exchange("linux_moves_200_mb_without_window_scaling", LITTLE_LOSS, 200 * MB, [true, true, false]);
}

#[test]
fn linux_moves_200_mb_without_any_option() {
    exchange("linux_moves_200_mb_without_any_option", LITTLE_LOSS, 200 * MB, [false, false, false]);
}

//= rfc2018#2 test
//= rfc7323#2.2 test
//= rfc7323#3.2 test
fn exchange(test: &'static str, line: Line, size: u64, [sack, timestamps, scaling]: [bool; 3]) {
    let Some(mut meeting) = Meeting::new_or_skipped(test, &[], line, Config::default()) else { return };
    meeting.ours(|net| serve(net, ours(9000), hash));
    meeting.ours(|net| serve(net, ours(9001), move |stream| say(stream, size)));
    let (hashes, film) = meeting.run(|| {
        for (name, on) in [("tcp_sack", sack), ("tcp_timestamps", timestamps), ("tcp_window_scaling", scaling)] {
            sysctl(name, if on { "1" } else { "0" });
        }
        [upload(ours(9000), size), download(ours(9001))]
    });
    assert_eq!(hashes, [(); 2].map(|()| hash_of_text(size)), "the bytes are not those that were sent");
    let asked =
        |options: Options| (options.sack_permitted, options.timestamps.is_some(), options.window_scale.is_some());
    let syns = film.syns();
    let of = |way| syns.iter().filter(move |(direction, _)| *direction == way).map(|(_, header)| asked(header.options));
    assert!(of(Direction::In).count() >= 2 && of(Direction::Out).count() >= 2, "two handshakes were seen: {syns:?}");
    assert!(of(Direction::In).all(|options| options == (sack, timestamps, scaling)), "Linux asks for this: {syns:?}");
    assert!(of(Direction::Out).all(|options| options == (sack, timestamps, scaling)), "no more is agreed: {syns:?}");
}

const MUCH_LOSS: Line =
    Line { delay: Duration::from_millis(2), loss: 5e-3, reorder: 5e-3, late: Duration::from_millis(2) };
const LITTLE_LOSS: Line =
    Line { delay: Duration::from_micros(200), loss: 5e-5, reorder: 5e-5, late: Duration::from_micros(200) };
const MB: u64 = 1_000_000;
