//! Frames as bits and back: by example, for any bytes, and under damage.

use base::Rng;
use proptest::prelude::*;

use super::*;

#[test]
fn five_ones_are_followed_by_a_stuffed_zero() {
    let bits = encode([&[0xff, 0x03], &[]]).to_string();
    assert!(bits.starts_with("01111110" /* flag */), "{bits}");
    assert!(bits[8..].starts_with("11111011111000000"), "ff 03, least significant bit first: {bits}");
    assert!(bits.ends_with("01111110"), "{bits}");
}

#[test]
fn the_check_sequence_is_that_of_x25() {
    assert_eq!(fcs([b"1234", b"56789"]), 0x906e);
}

#[test]
fn one_flag_may_end_a_frame_and_begin_the_next() {
    let (first, second) = (encode([b"first", &[]]), encode([b"second", &[]]));
    let shared: Bits = first.iter().chain(second.iter().skip(8)).collect();
    assert_eq!(decode(&shared), [Ok(b"first".to_vec()), Ok(b"second".to_vec())]);
    let apart: Bits = first.iter().chain([false, true, true, true, true, true, true]).chain(second.iter()).collect();
    assert_eq!(decode(&apart).len(), 2, "flags that share a zero separate frames as well");
}

#[test]
fn seven_ones_abort_a_frame_and_an_idle_line_aborts_nothing() {
    let frame = encode([b"frame", &[]]);
    let broken: Bits = frame.iter().take(30).chain([true; 9]).chain(frame.iter()).collect();
    assert_eq!(decode(&broken), [Err(FrameError::Abort), Ok(b"frame".to_vec())]);
    let mut deframer = Deframer::default();
    let idle = [true; 40];
    let found: Vec<_> = idle.into_iter().chain(frame.iter()).chain(idle).filter_map(|bit| deframer.push(bit)).collect();
    assert_eq!(found, [Ok(b"frame".to_vec())]);
    assert_eq!(deframer.counters(), LineCounters { good: 1, ..LineCounters::default() });
}

#[test]
fn what_is_short_or_no_bytes_is_no_frame() {
    let between_flags = |bits: &[bool]| {
        let mut line = Bits::default();
        line.push_byte(FLAG);
        line.extend(bits.iter().copied());
        line.push_byte(FLAG);
        decode(&line)
    };
    assert_eq!(between_flags(&[]), []);
    assert_eq!(between_flags(&[false; 3]), [Err(FrameError::Short)]);
    assert_eq!(between_flags(&[false; 35]), [Err(FrameError::NotBytes)]);
    assert_eq!(between_flags(&[false; 40]), [Err(FrameError::BadFcs)]);
    assert_eq!(between_flags(&vec![false; 8 * (MAX_FRAME + 3)]), [Err(FrameError::TooLong)]);
}

#[test]
fn a_frame_that_nothing_hits_arrives_as_it_was_sent() {
    let intact = Damaged { frames: vec![b"whole".to_vec()], errors: Vec::new() };
    assert_eq!(damage([b"wh", b"ole"], 20, 0), intact);
    assert_eq!(damage([b"wh", b"ole"], line_bits([b"whole", &[]]), 0xffff), intact);
    assert_eq!(damage([b"wh", b"ole"], 20, 1).errors, [FrameError::BadFcs]);
}

/// A hit on the line may turn data into a flag or an abort, or take a stuffed bit away and shift all that follows. The
/// check sequence then guards bytes that are no longer those that were sent, shifted or cut, and misses about one in
/// 2^16: over many hits some false frame is expected. What must not happen is that they become frequent.
#[test]
fn a_burst_on_the_line_gives_a_false_frame_about_once_in_65536_times() {
    let mut rng = Rng::root(8).split("bursts");
    let mut frame = [0; 60];
    let mut wrong = 0;
    for _ in 0..20_000 {
        rng.fill(&mut frame);
        let bits = line_bits([&frame, &[]]);
        let damaged = damage([&frame, &[]], rng.below(bits), rng.next_u32() as u16 | 1);
        wrong += damaged.frames.iter().filter(|got| got[..] != frame).count();
    }
    assert!(wrong <= 5, "{wrong} false frames in 20000");
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(frame in proptest::collection::vec(any::<u8>(), 2..300), cut in 0usize..300) {
        let (head, rest) = frame.split_at(cut.min(frame.len()));
        prop_assert_eq!(decode(&encode([head, rest])), [Ok(frame.clone())]);
    }

    #[test]
    fn the_count_of_bits_is_exact(
        frame in proptest::collection::vec(prop_oneof![any::<u8>(), Just(0xff)], 0..300), cut in 0usize..300,
    ) {
        let parts = frame.split_at(cut.min(frame.len()));
        prop_assert_eq!(line_bits(parts.into()), encode(parts.into()).len());
    }

    #[test]
    fn no_bits_make_it_panic(
        bits in proptest::collection::vec(prop_oneof![9 => Just(true), 2 => Just(false)], 0..2000),
    ) {
        decode(&bits.into_iter().collect());
    }

    /// What FCS-16 is proven to do: no burst of at most 16 bits of the frame itself goes unnoticed.
    #[test]
    fn a_burst_in_the_frame_is_always_detected(
        frame in proptest::collection::vec(any::<u8>(), 2..200), place in 0usize..2000, pattern in 1u16..,
    ) {
        let mut checked = frame.clone();
        checked.extend(fcs([&frame, &[]]).to_le_bytes());
        let bits = 8 * checked.len();
        let hits = (0..16).filter(|bit| pattern >> bit & 1 == 1).map(|bit| place % bits + bit);
        for bit in hits.filter(|bit| *bit < bits) {
            checked[bit / 8] ^= 1 << (bit % 8);
        }
        let (damaged, check) = checked.split_last_chunk().unwrap();
        let hit = checked[..frame.len()] != frame[..] || u16::from_le_bytes(*check) != fcs([&frame, &[]]);
        prop_assert_eq!(hit, fcs([damaged, &[]]) != u16::from_le_bytes(*check));
    }

    #[test]
    fn damage_never_panics(
        frame in proptest::collection::vec(any::<u8>(), 0..80), place: u64, near in 0u64..800, pattern: u16,
    ) {
        damage([&frame, &[]], place, pattern);
        damage([&[], &frame], near, pattern);
    }
}
