//! The codes by example, there and back, and with a unit read wrong.

use proptest::prelude::*;

use super::*;

fn drawn(wave: &Waveform) -> String {
    wave.levels().iter().map(|level| if *level { '#' } else { '_' }).collect()
}

fn row(wave: &Waveform, kind: LabelKind) -> Vec<&str> {
    wave.labels().iter().filter(|label| label.kind == kind).map(|label| label.text.as_str()).collect()
}

/// The same levels with one of them read wrong.
fn flipped(wave: &Waveform, unit: usize) -> Vec<bool> {
    let mut levels = wave.levels().to_vec();
    levels[unit] = !levels[unit];
    levels
}

fn differences(left: &[u8], right: &[u8]) -> usize {
    assert_eq!(left.len(), right.len());
    left.iter().zip(right).filter(|(left, right)| left != right).count()
}

fn right(bytes: &[u8]) -> Decoded {
    Decoded { bytes: bytes.to_vec(), errors: Vec::new() }
}

#[test]
fn manchester_rises_for_a_one_and_falls_for_a_zero() {
    let wave = manchester::encode(&[0b0000_0101], false);
    assert_eq!(drawn(&wave), "_##__##_#_#_#_#_");
    assert_eq!(row(&wave, LabelKind::Bit), ["1", "0", "1", "0", "0", "0", "0", "0"]);
    assert_eq!((row(&wave, LabelKind::Byte), wave.duration()), (vec!["05"], Duration::from_nanos(800)));
    let framed = manchester::encode(b"\x4a", true);
    assert_eq!(row(&framed, LabelKind::Byte)[6..], ["preamble", "SFD", "4a"]);
    assert_eq!(framed.labels().last().map(|label| (label.start, label.units)), Some((128, 16)));
}

#[test]
fn manchester_tells_which_bit_has_no_transition() {
    let wave = manchester::encode(b"abc", false);
    let decoded = manchester::decode(&flipped(&wave, 25), false);
    assert_eq!(decoded.errors, [CodeError { bit: 12, what: "no transition in the middle of the bit" }]);
    assert_eq!((decoded.bytes[0], decoded.bytes[2]), (b'a', b'c'));
}

#[test]
fn manchester_finds_its_step_from_any_half_bit_of_the_preamble() {
    let wave = manchester::encode(b"frame", true);
    for missing in 0..100 {
        assert_eq!(manchester::decode(&wave.levels()[missing..], true).bytes, b"frame", "without {missing} half bits");
    }
    assert_eq!(
        manchester::decode(&wave.levels()[..90], true).errors.last().map(|error| error.what),
        Some("no start frame delimiter")
    );
}

#[test]
fn four_bits_are_sent_as_five_between_delimiters() {
    let wave = nrzi_4b5b::encode(b"\x2e");
    assert_eq!(row(&wave, LabelKind::Symbol), ["I", "I", "J", "K", "e", "2", "T", "R", "I", "I"]);
    assert_eq!(row(&wave, LabelKind::Byte), ["start", "2e", "end"]);
    let code: String = row(&wave, LabelKind::Bit).concat();
    assert_eq!(code, "1111111111 1100010001 1110010100 0110100111 1111111111".replace(' ', ""));
    assert_eq!(drawn(&wave)[..10], *"#_#_#_#_#_", "a one is a change");
    assert_eq!(drawn(&wave)[10..20], *"#____####_");
}

#[test]
fn a_damaged_start_loses_one_frame_and_the_next_start_is_found() {
    let (first, second) = (nrzi_4b5b::encode(b"first"), nrzi_4b5b::encode(b"second"));
    let mut levels = flipped(&first, 12);
    // The second one begins three units late and at the level at which the first one ends.
    levels.extend([*levels.last().unwrap(); 3]);
    let level = *levels.last().unwrap();
    levels.extend(second.levels().iter().map(|unit| unit ^ level));
    let decoded = nrzi_4b5b::decode(&levels);
    assert_eq!(decoded.bytes, b"second");
    assert_eq!(decoded.errors[0].what, "neither idle nor a start delimiter");
}

#[test]
fn rs232_frames_a_byte_by_a_start_and_a_stop_bit() {
    let wave = rs232::encode(b"K", 9600, 2);
    assert_eq!(drawn(&wave), "##_##_#__#_###");
    assert_eq!(row(&wave, LabelKind::Bit), ["start", "1", "1", "0", "1", "0", "0", "1", "0", "stop"]);
    assert_eq!((row(&wave, LabelKind::Byte), wave.unit()), (vec!["4b"], Duration::from_nanos(104_166)));
}

#[test]
fn a_missing_stop_bit_is_a_framing_error() {
    let wave = rs232::encode(b"AB", 9600, rs232::SAFE_GAP);
    let decoded = rs232::decode(&flipped(&wave, 19));
    assert_eq!(decoded.errors, [CodeError { bit: 19, what: "framing error: no stop bit" }]);
    assert_eq!(decoded.bytes, b"B");
    assert_eq!(
        rs232::decode(&[false; 40]).errors,
        [CodeError { bit: 9, what: "break: no mark for a whole character" }]
    );
}

/// Without a pause one misread bit can keep the receiver out of step.
#[test]
fn without_a_gap_a_hidden_start_bit_spoils_more_than_one_character() {
    let wave = rs232::encode(&[0x0f; 20], 9600, 0);
    let decoded = rs232::decode(&flipped(&wave, 0));
    assert!(differences(&decoded.bytes, &[0x0f; 19]) == 19, "{decoded:?}");
}

fn some_bytes() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 1..20)
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(bytes in proptest::collection::vec(any::<u8>(), 0..40), gap in 0usize..30) {
        prop_assert_eq!(manchester::decode(manchester::encode(&bytes, false).levels(), false), right(&bytes));
        prop_assert_eq!(manchester::decode(manchester::encode(&bytes, true).levels(), true), right(&bytes));
        prop_assert_eq!(nrzi_4b5b::decode(nrzi_4b5b::encode(&bytes).levels()), right(&bytes));
        prop_assert_eq!(rs232::decode(rs232::encode(&bytes, 0, gap).levels()), right(&bytes));
    }

    #[test]
    fn one_wrong_half_bit_spoils_one_byte_of_manchester(bytes in some_bytes(), at: prop::sample::Index) {
        for preamble in [false, true] {
            let wave = manchester::encode(&bytes, preamble);
            let unit = at.index(wave.levels().len());
            let decoded = manchester::decode(&flipped(&wave, unit), preamble);
            prop_assert!(differences(&decoded.bytes, &bytes) <= 1);
            prop_assert_eq!(decoded.errors.len(), 1);
            prop_assert_eq!(decoded.errors[0].bit, unit / 2);
        }
    }

    #[test]
    fn one_wrong_level_spoils_two_bytes_of_4b5b(bytes in some_bytes(), at: prop::sample::Index) {
        let wave = nrzi_4b5b::encode(&bytes);
        // Between the start delimiter and the idle line behind the end.
        let unit = 20 + at.index(wave.levels().len() - 20);
        let decoded = nrzi_4b5b::decode(&flipped(&wave, unit));
        prop_assert!(differences(&decoded.bytes, &bytes) <= 2, "{decoded:?}");
    }

    #[test]
    fn one_wrong_bit_of_rs232_spoils_what_stands_before_the_next_gap(
        groups in proptest::collection::vec(some_bytes(), 1..5), at: prop::sample::Index,
    ) {
        let mut levels = Vec::new();
        let mut ends = Vec::new();
        for group in &groups {
            levels.extend(vec![true; rs232::SAFE_GAP]);
            levels.extend(rs232::encode(group, 0, 0).levels());
            ends.push(levels.len());
        }
        levels.extend(vec![true; rs232::SAFE_GAP]);
        let unit = at.index(levels.len());
        levels[unit] = !levels[unit];
        let hit = ends.iter().filter(|end| **end <= unit).count();
        let decoded = rs232::decode(&levels).bytes;
        prop_assert!(decoded.starts_with(&groups[..hit].concat()), "{decoded:?}");
        prop_assert!(decoded.ends_with(&groups[groups.len().min(hit + 1)..].concat()), "{decoded:?}");
    }

    #[test]
    fn no_levels_make_a_decoder_panic(runs in proptest::collection::vec((any::<bool>(), 1usize..12), 0..200)) {
        let levels: Vec<bool> = runs.into_iter().flat_map(|(level, units)| vec![level; units]).collect();
        manchester::decode(&levels, false);
        manchester::decode(&levels, true);
        nrzi_4b5b::decode(&levels);
        rs232::decode(&levels);
    }
}
