//! The registry, and fields of frames that others made.

use proptest::prelude::*;

use super::*;
use crate::film::visit::{Plot, visit};

/// Every value of every field, however the bytes look.
fn read_all(reader: &mut Reader, raw: Raw<'_>) -> usize {
    let packet = reader.read(raw);
    all().map(|field| packet.text(field).len() + usize::from(packet.first(field).is_some())).sum()
}

#[test]
fn names_are_unique_and_every_field_says_what_it_is() {
    let names: std::collections::BTreeSet<_> = all().map(Field::name).collect();
    assert_eq!(names.len(), all().count());
    for field in all() {
        assert!(!field.doc().is_empty() && !field.doc().ends_with('.'), "{}", field.name());
        assert_eq!(named(field.name()), Ok(field));
    }
}

#[test]
fn a_wrong_name_is_answered_with_the_nearest() {
    let nearest = |name| named(name).expect_err("there is no such field").nearest;
    assert_eq!(nearest("tcp.flag.syn")[0], "tcp.flags.syn");
    assert_eq!(nearest("ip.source")[0], "ip.src");
    assert_eq!(nearest("something.entirely.different.from.all"), Vec::<&str>::new());
}

#[test]
fn a_conversation_counts_from_its_start() {
    let recording = visit(Plot::AllIsWell).cut();
    let nic = recording.nic_named("laptop").expect("the film has a laptop");
    let field = |name| named(name).expect(name);
    let (seq, ack, syn) = (field("tcp.seq"), field("tcp.ack"), field("tcp.flags.syn"));
    let mut reader = Reader::new();
    let mut syns = Vec::new();
    for frame in recording.frames_of(nic) {
        let packet = reader.read(Raw::of_frame(&frame));
        if packet.first(syn) == Some(Value::Bool(true)) {
            syns.push((packet.text(seq), packet.text(ack)));
        }
    }
    assert!(syns.len() >= 2);
    for (number, (seq, ack)) in syns.iter().enumerate() {
        assert_eq!((seq.as_str(), ack.as_str()), ("0", if number % 2 == 0 { "0" } else { "1" }));
    }
}

#[test]
fn a_comment_and_a_tab_in_it_stay_in_their_column() {
    let options = [1, 0, 3, 0, b'a', b'\t', b'b', 0, 1, 0, 1, 0, b'c', 0, 0, 0];
    let notes = Notes { options: &options, big_endian: false };
    let mut reader = Reader::new();
    let packet = reader.read(Raw { notes, ..Raw::default() });
    assert_eq!(packet.text(named("frame.comment").expect("it is in the registry")), "a\\tb,c");
}

const LINKS: [Link; 11] = [
    Link::Ethernet,
    Link::Ip,
    Link::Cooked,
    Link::Cooked2,
    Link::Loopback,
    Link::Kiss,
    Link::Ax25,
    Link::Llc,
    Link::Radiotap,
    Link::Wlan,
    Link::Other,
];

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(
        frames in proptest::collection::vec((0usize..LINKS.len(), any::<u32>(), proptest::collection::vec(any::<u8>(), 0..120)), 0..20),
    ) {
        let mut reader = Reader::new();
        for (link, len, bytes) in &frames {
            let notes = Notes { options: bytes, big_endian: len % 2 == 0 };
            read_all(&mut reader, Raw { link: LINKS[*link], bytes, len: *len, notes, ..Raw::default() });
        }
    }

    #[test]
    fn damaged_frames_are_read_without_a_panic(
        marks in proptest::collection::vec((0usize..200, any::<usize>(), any::<u8>(), any::<bool>()), 0..60),
    ) {
        let recording = visit(Plot::AllIsWell).cut();
        let mut reader = Reader::new();
        for frame in recording.frames() {
            let mut bytes = frame.bytes.to_vec();
            for (_, at, value, cut) in marks.iter().filter(|mark| mark.0 == frame.index) {
                let at = at % bytes.len();
                if *cut { bytes.truncate(at.max(1)) } else { bytes[at] = *value }
            }
            read_all(&mut reader, Raw { bytes: &bytes, ..Raw::of_frame(&frame) });
        }
    }
}
