//! Captures that we wrote, captures that are damaged, and bytes that are none.

use std::time::{Duration, SystemTime};

use base::{Direction, Flaw, PacketId};
use proptest::prelude::*;

use super::*;
use crate::fields::Link;
use crate::film::Film;
use crate::film::visit::{Plot, visit};
use crate::pcapng;

fn epoch() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000)
}

/// Time, length and packet id of each frame, and how the file ended.
type Frames = (Vec<(u64, usize, Option<u64>)>, Result<(), Damage>);

fn read(bytes: &[u8]) -> Frames {
    let mut seen = Vec::new();
    let (_, end) = frames(bytes, |frame| seen.push((frame.raw.time_ns, frame.raw.bytes.len(), frame.raw.packet)));
    (seen, end)
}

/// A pcap file with one frame of six bytes.
fn pcap(big_endian: bool, nanos: bool, link_type: u32) -> Vec<u8> {
    let number = |n: u32| if big_endian { n.to_be_bytes() } else { n.to_le_bytes() };
    let magic = number(if nanos { 0xa1b2_3c4d } else { 0xa1b2_c3d4 });
    let header = [magic, number(0x0004_0002), number(0), number(0), number(65535), number(link_type)].concat();
    let record = [number(7), number(5), number(6), number(60)].concat();
    [header, record, b"abcdef".to_vec()].concat()
}

#[test]
fn a_capture_of_ours_gives_back_the_frames_times_ids_and_keys() {
    let recording = visit(Plot::AllIsWell).cut();
    let nic = recording.nic_named("laptop").expect("the film has a laptop");
    let file = pcapng::of_nic(&recording, nic, epoch());
    let mut seen = Vec::new();
    let (decoder, end) = frames(&file, |frame| {
        seen.push((frame.raw.time_ns, frame.direction, frame.raw.packet, frame.raw.bytes.to_vec()));
    });
    assert_eq!(end, Ok(()));
    let since_1970 = 1_790_000_000_000_000_000;
    let expected: Vec<_> = recording
        .frames_of(nic)
        .map(|f| (since_1970 + f.at.nanos(), Some(f.direction), Some(f.packet.0), f.bytes.to_vec()))
        .collect();
    assert_eq!(seen, expected);
    assert_eq!(decoder.interfaces()[0].description.as_deref(), Some("eth0 of laptop"));
    assert_eq!((decoder.format(), decoder.application()), ("pcapng", Some("glassnet")));
}

#[test]
fn the_captures_of_a_run_are_a_recording_again() {
    let recording = visit(Plot::AllIsWell).cut();
    let files: Vec<_> = pcapng::of_all(&recording, epoch()).collect();
    let Gathered { recording: again, start_ns, damaged, .. } =
        gather(files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())));
    assert!(damaged.is_empty());
    let first = recording.frames().next().expect("a film has frames").at.nanos();
    assert_eq!(start_ns, 1_790_000_000_000_000_000 + first);
    assert_eq!(again.frames().len(), recording.frames().len());
    let names = |recording: &crate::Recording| {
        let names: std::collections::BTreeSet<_> =
            recording.nics().map(|(_, i)| format!("{}.{}", i.node, i.name)).collect();
        names
    };
    assert_eq!(names(&again), names(&recording));
    let ids =
        |recording: &crate::Recording| recording.frames().map(|f| f.packet).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(ids(&again), ids(&recording));
}

#[test]
fn what_a_frame_suffered_is_read_back_and_nobody_received_it() {
    let mut film = Film::new(&[("a", [192, 0, 2, 1]), ("b", [192, 0, 2, 2])]);
    let id = PacketId::new(film.node("a"), 1);
    let packet = film.udp((film.ip("a"), 5000).into(), (film.ip("b"), 53).into(), b"x");
    let flaws = [Some(Flaw::Collision), Some(Flaw::Damaged), Some(Flaw::Runt), None];
    for flaw in flaws {
        film.see_flawed("a", Direction::Out, id, &packet, flaw);
        film.sleep_ms(1);
    }
    let recording = film.cut();
    assert_eq!(recording.intact_frames().count(), 1);
    let index = crate::index::Index::of(&recording);
    assert_eq!(index.packets[0].frames, [3], "only the last was sent");
    let file = pcapng::of_nic(&recording, recording.nic_named("a").expect("a station"), epoch());
    let flags: Vec<_> = {
        let mut flags = Vec::new();
        let _ = frames(&file, |frame| flags.push(frame.raw.flags));
        flags
    };
    assert_eq!(flags, [Some(0x0100_0002), Some(0x0100_0002), Some(0x0500_0002), Some(2)]);
    let again = gather([("a.pcapng", file.as_slice())]).recording;
    assert_eq!(again.frames().map(|frame| frame.flaw).collect::<Vec<_>>(), flaws);
    let (mut reader, mut analyst) = (crate::fields::Reader::new(), crate::analysis::Analyst::new());
    let _ = frames(&file, |frame| analyst.take(&reader.read(frame.raw)));
    assert_eq!(analyst.finish().conversations[0].forth.packets, 1);
}

#[test]
fn both_byte_orders_and_both_units_of_time_are_read() {
    for (big_endian, nanos, time) in [
        (false, false, 7_000_005_000),
        (true, false, 7_000_005_000),
        (false, true, 7_000_000_005),
        (true, true, 7_000_000_005),
    ] {
        assert_eq!(read(&pcap(big_endian, nanos, 1)), (vec![(time, 6, None)], Ok(())));
    }
}

#[test]
fn link_types_are_known_by_their_numbers() {
    for (number, link) in [
        (1, Link::Ethernet),
        (101, Link::Ip),
        (113, Link::Cooked),
        (276, Link::Cooked2),
        (0, Link::Loopback),
        (202, Link::Kiss),
        (3, Link::Ax25),
        (100, Link::Llc),
        (127, Link::Radiotap),
        (105, Link::Wlan),
        (147, Link::Other),
    ] {
        let mut seen = None;
        let _ = frames(&pcap(false, false, number), |frame| seen = Some(frame.raw.link));
        assert_eq!(seen, Some(link), "link type {number}");
    }
}

#[test]
fn a_file_that_is_cut_short_says_where_and_keeps_what_came_before() {
    let mut file = pcap(false, false, 1);
    let whole = file.clone();
    file.extend_from_slice(&whole[24..whole.len() - 2]);
    let (seen, end) = read(&file);
    assert_eq!(seen.len(), 1);
    assert_eq!(
        end.expect_err("it is cut").to_string(),
        "at byte 46: the file ends inside of a frame: 20 of 22 bytes are there"
    );
    assert_eq!(read(b"GIF89a").1.expect_err("no capture").what, "neither pcap nor pcapng begins like this");
    assert_eq!(read(b""), (vec![], Ok(())));
}

#[test]
fn a_clock_may_tick_as_it_likes() {
    let recording = visit(Plot::AllIsWell).cut();
    let nic = recording.nic_named("laptop").expect("the film has a laptop");
    let file = pcapng::of_nic(&recording, nic, SystemTime::UNIX_EPOCH);
    let at = file.windows(5).position(|window| window == [9, 0, 1, 0, 9]).expect("the resolution is there") + 4;
    let last = |resolution: u8| {
        let mut file = file.clone();
        file[at] = resolution;
        read(&file).0.last().expect("frames").0
    };
    assert_eq!(last(6), last(9) * 1000);
    assert_eq!(last(12), last(9) / 1000);
    assert_eq!(last(0x80 | 10), (u128::from(last(9)) * 1_000_000_000 / 1024).min(u128::from(u64::MAX)) as u64);
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(start in 0usize..6, bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let recording = visit(Plot::AllIsWell).cut();
        let nic = recording.nic_named("laptop").expect("the film has a laptop");
        let ng = pcapng::of_nic(&recording, nic, epoch());
        let heads: [&[u8]; 6] = [&[], &pcap(false, false, 1)[..24], &pcap(true, true, 0)[..24], &[0x0a, 0x0d, 0x0d, 0x0a], &ng[..200], &ng[..48]];
        let file = [heads[start], &bytes].concat();
        let _ = read(&file);
        gather([("x.pcap", file.as_slice())]);
    }

    #[test]
    fn a_damaged_file_gives_what_stands_before_the_damage(at in any::<usize>(), value: u8) {
        let recording = visit(Plot::AllIsWell).cut();
        let nic = recording.nic_named("laptop").expect("the film has a laptop");
        let mut file = pcapng::of_nic(&recording, nic, epoch());
        let whole = read(&file).0;
        let at = at % file.len();
        file[at] = value;
        let (seen, end) = read(&file);
        let same = seen.iter().zip(&whole).take_while(|(a, b)| a == b).count();
        prop_assert!(end.is_ok() || end.is_err_and(|damage| damage.offset as usize <= at));
        prop_assert!(same == whole.len() || file.len() > at);
    }

    #[test]
    fn a_window_of_any_size_gives_the_same_frames(size in 1usize..200) {
        let recording = visit(Plot::AllIsWell).cut();
        let nic = recording.nic_named("laptop").expect("the film has a laptop");
        let file = pcapng::of_nic(&recording, nic, epoch());
        let (mut decoder, mut at, mut window, mut seen) = (Decoder::new(), 0, size, Vec::new());
        loop {
            let end = file.len().min(at + window);
            match decoder.step(&file[at..end], end == file.len()).expect("it is whole") {
                (_, Step::Needs(bytes)) => { prop_assert!(bytes > window); window = bytes; continue }
                (_, Step::End) => break,
                (used, Step::Frame(frame)) => { seen.push((frame.raw.time_ns, frame.raw.bytes.len(), frame.raw.packet)); at += used }
                (used, Step::Other) => at += used,
            }
            window = size;
        }
        prop_assert_eq!(seen, read(&file).0);
    }
}
