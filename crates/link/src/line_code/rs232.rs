//! Asynchronous characters as RS-232 carries them, 8N1: a start bit, eight data bits, no parity, one stop bit (ITU-T
//! V.4, EIA-232).
//!
//! ```text
//!   mark  ───────┐   ┌───┐       ┌───────────────┐   ┌───┬───────
//!   space        │ 0 │ 1 │ 0   0 │ 1   1   1   1 │ 0 │ 1 │
//!          idle  start  ───── 8 data bits, lowest first ── stop   idle
//! ```
//! There is no clock on the line: the edge of the start bit sets the receiver's for the ten bits of one character.

use base::Duration;

use super::{Decoded, LabelKind, Waveform, bits_of, digit};

/// Bytes at `baud` bits a second (9600 if 0), with `gap` bits of idle line before each and after the last. Without a
/// gap a receiver that is out of step may stay so for long; [`SAFE_GAP`] brings it back.
pub fn encode(bytes: &[u8], baud: u64, gap: usize) -> Waveform {
    let mut wave = Waveform::new(Duration::from_nanos(1_000_000_000 / if baud == 0 { 9600 } else { baud }), 1);
    for byte in bytes {
        wave.levels.resize(wave.levels.len() + gap, MARK);
        let first = wave.levels.len();
        write(&mut wave, !MARK, "start");
        bits_of(*byte).for_each(|bit| write(&mut wave, bit, digit(bit)));
        write(&mut wave, MARK, "stop");
        wave.label(first, LabelKind::Byte, format!("{byte:02x}"));
    }
    wave.levels.resize(wave.levels.len() + gap, MARK);
    wave
}

fn write(wave: &mut Waveform, level: bool, text: &str) {
    let start = wave.levels.len();
    wave.levels.push(level);
    wave.label(start, LabelKind::Bit, text);
}

/// Reads levels, one for each bit: a fall from mark to space begins a character.
///
/// A stop bit that is space is a framing error: the character is thrown away, and the receiver waits for mark and then
/// for the next fall. One misread bit spoils one character if it is a data bit; if it makes or hides a start,
/// characters that follow without a pause may be spoilt as well, up to the next [`SAFE_GAP`].
pub fn decode(levels: &[bool]) -> Decoded {
    let mut decoded = Decoded::default();
    let mut at = 0;
    while let Some(start) = position(levels, at, !MARK) {
        let Some(character) = levels.get(start + 1..start + CHARACTER_BITS) else {
            decoded.error(start, "ends within a character");
            break;
        };
        let (data, stop) = (&character[..8], character[8]);
        at = start + CHARACTER_BITS;
        if stop == MARK {
            decoded.bytes.push(data.iter().enumerate().fold(0, |sum, (place, bit)| sum | u8::from(*bit) << place));
            continue;
        }
        let silent = data.iter().all(|bit| *bit != MARK);
        decoded
            .error(at - 1, if silent { "break: no mark for a whole character" } else { "framing error: no stop bit" });
        let Some(mark) = position(levels, at, MARK) else { break };
        at = mark;
    }
    decoded
}

fn position(levels: &[bool], from: usize, level: bool) -> Option<usize> {
    let rest = levels.get(from..)?;
    rest.iter().position(|found| *found == level).map(|place| from + place)
}

/// Bits of idle line after which a receiver is in step whatever it took for a start before: a character's.
pub const SAFE_GAP: usize = CHARACTER_BITS;
/// Start, data and stop.
const CHARACTER_BITS: usize = 10;
/// The level of an idle line, and of a 1.
const MARK: bool = true;
