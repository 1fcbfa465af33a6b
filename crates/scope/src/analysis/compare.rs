//! Two runs side by side: the first thing in which they differ.

use std::fmt;

use base::{Direction, Duration, Instant};

use super::lines::Lines;
use crate::capture::Gathered;
use crate::fields::{self, Form, Raw, Reader};
use crate::recording::{Frame, Recording};
use crate::{Ladder, Style};

/// What a run left: its captures put together, and its events, line by line.
#[derive(Debug)]
pub struct Left<'a> {
    /// How it is called: the folder's name.
    pub name: &'a str,
    /// Its captures.
    pub captures: &'a Gathered,
    /// The lines of its events in qlog's shape, the header's included.
    pub events: &'a str,
}

/// The first thing in which two runs differ.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// When, from the start of the runs.
    pub at: Instant,
    /// How many frames and events before it are the same.
    pub same: (usize, usize),
    /// What happened in the one and in the other; none when nothing more did.
    pub what: (Option<String>, Option<String>),
    /// The fields in which two frames at the same place differ: name, value in the one, value in the other.
    pub fields: Vec<(&'static str, String, String)>,
    names: (String, String),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nothing = || "nothing more happens".to_owned();
        let (one, other) = (self.what.0.clone().unwrap_or_else(nothing), self.what.1.clone().unwrap_or_else(nothing));
        writeln!(
            f,
            "The runs are the same up to {}: {} frames and {} events. Then",
            Duration::from_nanos(self.at.nanos()),
            self.same.0,
            self.same.1
        )?;
        writeln!(f, "  in {}: {one}", self.names.0)?;
        write!(f, "  in {}: {other}", self.names.1)?;
        let fields: Vec<String> = self.fields.iter().map(|(name, a, b)| format!("{name} ({a} and {b})")).collect();
        if fields.is_empty() { Ok(()) } else { write!(f, "\nThey differ in {}.", fields.join(", ")) }
    }
}

/// One thing that happened: a frame at an interface, or an event.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Item<'a> {
    at_ns: u64,
    place: Option<(String, bool)>,
    content: &'a [u8],
    /// Its place in the recording, which does not count.
    index: Same,
}

/// A number that is equal to every other one.
struct Same(usize);

impl PartialEq for Same {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl Eq for Same {}
impl PartialOrd for Same {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Same {
    fn cmp(&self, _: &Self) -> std::cmp::Ordering {
        std::cmp::Ordering::Equal
    }
}

/// The first difference in the order of time; none when the runs are the same.
pub fn compare(one: &Left<'_>, other: &Left<'_>) -> Option<Difference> {
    let (ours, theirs) = (items(one), items(other));
    let same = ours.iter().zip(&theirs).take_while(|(a, b)| a == b).count();
    let (a, b) = (ours.get(same), theirs.get(same));
    let at_ns = match (a, b) {
        (None, None) => return None,
        (a, b) => a.into_iter().chain(b).map(|item| item.at_ns).min()?,
    };
    let frames = ours[..same].iter().filter(|item| item.place.is_some()).count();
    Some(Difference {
        at: Instant::from_nanos(at_ns),
        same: (frames, same - frames),
        what: (a.map(|item| told(item, one)), b.map(|item| told(item, other))),
        fields: a.zip(b).map(|(a, b)| differing(a, b, (one, other))).unwrap_or_default(),
        names: (one.name.to_owned(), other.name.to_owned()),
    })
}

fn items<'a>(left: &Left<'a>) -> Vec<Item<'a>> {
    let recording = &left.captures.recording;
    let start_ns = left.captures.start_ns.saturating_sub(epoch_ns(left.events).unwrap_or(left.captures.start_ns));
    let frames = recording.frames().map(|frame| Item {
        at_ns: start_ns + frame.at.nanos(),
        place: Some((nic_name(recording, &frame), frame.direction == Direction::Out)),
        content: frame.bytes,
        index: Same(frame.index),
    });
    let events = left.events.lines().filter_map(|line| {
        let at_ns = event_ns(line)?;
        Some(Item { at_ns, place: None, content: line.as_bytes(), index: Same(0) })
    });
    let mut items: Vec<Item<'a>> = frames.chain(events).collect();
    items.sort();
    items
}

fn nic_name(recording: &Recording, frame: &Frame<'_>) -> String {
    match recording.nic_info(frame.nic) {
        Some(info) => format!("{}.{}", info.node, info.name),
        None => recording.node_name(frame.nic.node),
    }
}

/// One item in words.
fn told(item: &Item<'_>, left: &Left<'_>) -> String {
    let at = Duration::from_nanos(item.at_ns);
    let Some((nic, sent)) = &item.place else {
        return format!("at {at}, the event {}", crate::words::clean(&String::from_utf8_lossy(item.content)));
    };
    // Relative numbers need all that came before at the same interface.
    let recording = &left.captures.recording;
    let frame = recording.frame(item.index.0);
    let mut lines = Lines::new();
    let earlier = recording.frames_of(frame.nic).take_while(|earlier| earlier.index < frame.index);
    earlier.for_each(|earlier| drop(lines.label(Raw::of_frame(&earlier))));
    let label = lines.label(Raw::of_frame(&frame));
    let verb = if *sent { "sends" } else { "receives" };
    format!("at {at}, {nic} {verb} {label} ({} bytes)", frame.bytes.len())
}

/// In which fields two frames differ, if they are at the same place.
fn differing(a: &Item<'_>, b: &Item<'_>, (one, other): (&Left<'_>, &Left<'_>)) -> Vec<(&'static str, String, String)> {
    if a.place.is_none() || a.place != b.place {
        return Vec::new();
    }
    let (mut ours, mut theirs) = (Reader::new(), Reader::new());
    let (a, b) = (one.captures.recording.frame(a.index.0), other.captures.recording.frame(b.index.0));
    let (a, b) = (ours.read(Raw::of_frame(&a)), theirs.read(Raw::of_frame(&b)));
    // The frame's own fields, time and number, say nothing about its content.
    let fields = fields::all().filter(|field| !field.name().starts_with("frame.") && field.form() != Form::Bytes);
    let texts = fields.map(|field| (field.name(), a.text(field), b.text(field)));
    texts.filter(|(_, a, b)| a != b).take(MAX_FIELDS).collect()
}

/// The ladder of what happens around a moment, which counts from the start of the run.
pub fn ladder_around(left: &Left<'_>, at: Instant, style: Style) -> String {
    let recording = &left.captures.recording;
    let start_ns = left.captures.start_ns.saturating_sub(epoch_ns(left.events).unwrap_or(left.captures.start_ns));
    let at = Instant::from_nanos(at.nanos().saturating_sub(start_ns));
    let before = recording.frames().filter(|frame| frame.at < at).count();
    let mut part = recording.emptied();
    let window = before.saturating_sub(FRAMES_BEFORE)..before + FRAMES_AFTER;
    for frame in recording.frames().skip(window.start).take(window.len()) {
        part.add_frame(frame.seen());
    }
    Ladder::of(&part).text(style)
}

/// The moment that a line of events tells, in nanoseconds from the start of the run.
fn event_ns(line: &str) -> Option<u64> {
    let time = line.strip_prefix("{\"time\":")?.split(',').next()?;
    let (whole, part) = time.split_once('.').unwrap_or((time, ""));
    let part: String = part.chars().chain(std::iter::repeat('0')).take(6).collect();
    whole.parse::<u64>().ok()?.checked_mul(1_000_000)?.checked_add(part.parse::<u64>().ok()?)
}

/// The moment that events count from, in nanoseconds since 1970: `"epoch":"2026-01-01T00:00:00.000Z"`.
fn epoch_ns(events: &str) -> Option<u64> {
    let text = events.lines().next()?.split_once("\"epoch\":\"")?.1.split('"').next()?;
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<u64>().ok();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let ms = ((number(11..13)? * 60 + number(14..16)?) * 60 + number(17..19)?) * 1_000 + number(20..23)?;
    // Years are counted from March on, so that the leap day is a year's last.
    let year = if month <= 2 { year.checked_sub(1)? } else { year };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * ((month + 9) % 12) + 2) / 5 + day;
    (days.checked_sub(1 + 719_468)? * 86_400_000 + ms).checked_mul(1_000_000)
}

/// How many frames of the ladder stand before the difference, and how many behind it.
const FRAMES_BEFORE: usize = 24;
const FRAMES_AFTER: usize = 24;
/// How many differing fields are named.
const MAX_FIELDS: usize = 4;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::capture::gather;
    use crate::film::visit::{Plot, visit};
    use crate::pcapng;

    const HEADER: &str = r#"{"trace":{"common_fields":{"reference_time":{"epoch":"2026-01-01T00:00:00.000Z"}}}}"#;

    fn gathered(recording: &Recording) -> Gathered {
        let epoch = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_767_225_600);
        let files: Vec<_> = pcapng::of_all(recording, epoch).collect();
        gather(files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())))
    }

    #[test]
    fn the_same_run_twice_has_no_difference_and_a_changed_byte_is_one() {
        let recording = visit(Plot::AllIsWell).cut();
        let one = gathered(&recording);
        let left = |captures, events| Left { name: "a", captures, events };
        assert_eq!(compare(&left(&one, HEADER), &left(&one, HEADER)), None);
        let mut changed = recording.emptied();
        for frame in recording.frames() {
            let mut bytes = frame.bytes.to_vec();
            if frame.index == 20 {
                *bytes.last_mut().expect("it has bytes") ^= 1;
            }
            changed.add_frame(base::FrameSeen { bytes: [&bytes, &[]], ..frame.seen() });
        }
        let other = gathered(&changed);
        let difference = compare(&left(&one, HEADER), &left(&other, HEADER)).expect("a byte differs");
        assert_eq!(difference.at, recording.frame(20).at);
        assert!(!ladder_around(&left(&one, HEADER), difference.at, Style::PLAIN).is_empty());
    }

    #[test]
    fn an_event_counts_too_and_says_when() {
        let one = gathered(&visit(Plot::AllIsWell).cut());
        let events = format!("{HEADER}\n{{\"time\":1.500000,\"name\":\"x\"}}");
        let (a, b) =
            (Left { name: "a", captures: &one, events: HEADER }, Left { name: "b", captures: &one, events: &events });
        let difference = compare(&a, &b).expect("an event more");
        assert_eq!(difference.at, Instant::from_nanos(1_500_000));
        assert!(difference.to_string().contains("the event {\"time\":1.500000,\"name\":\"x\"}"), "{difference}");
    }

    #[test]
    fn an_epoch_is_a_number_of_nanoseconds() {
        assert_eq!(epoch_ns(HEADER), Some(1_767_225_600_000_000_000));
        assert_eq!(epoch_ns(r#""epoch":"1970-01-01T00:00:00.001Z""#), Some(1_000_000));
    }

    proptest! {
        #[test]
        fn any_lines_are_read_without_a_panic(text in ".{0,80}", digits in "[0-9]{0,30}") {
            epoch_ns(&format!("\"epoch\":\"{text}\""));
            epoch_ns(&format!("\"epoch\":\"{digits}\""));
            event_ns(&format!("{{\"time\":{digits}.{digits},"));
            event_ns(&text);
        }
    }
}
