//! 4B5B and NRZI as FDDI and 100BASE-FX send them (ISO 9314-1; IEEE 802.3 clause 24.2.2): each half byte as five code
//! bits with at least two ones, and a one as a change of level.
//!
//! ```text
//!   I I │ J K │ low half, high half, low half, … │ T R │ I I        code bits       1 1 0 0 0 1 0 0 0 1
//!  idle │start│               bytes              │ end │ idle       level   ____┌─┐_______┌───────┐_
//! ```
//! Ones often enough keep the receiver's clock in step; symbols that no data has mark start and end. In Ethernet, J and
//! K stand in place of the preamble's first byte.

use base::Duration;

use super::{Decoded, LabelKind, Waveform};

/// Bytes between a start and an end delimiter, with some idle symbols around.
pub fn encode(bytes: &[u8]) -> Waveform {
    let mut wave = Waveform::new(CODE_BIT, 1);
    let mut level = false;
    (0..IDLE_SYMBOLS).for_each(|_| write(&mut wave, &mut level, I, "I"));
    write_pair(&mut wave, &mut level, [(J, "J"), (K, "K")], "start");
    for byte in bytes {
        let [low, high] = [byte & 0xf, byte >> 4].map(usize::from);
        write_pair(&mut wave, &mut level, [(DATA[low], HEX[low]), (DATA[high], HEX[high])], &format!("{byte:02x}"));
    }
    write_pair(&mut wave, &mut level, [(T, "T"), (R, "R")], "end");
    (0..IDLE_SYMBOLS).for_each(|_| write(&mut wave, &mut level, I, "I"));
    wave
}

fn write_pair(wave: &mut Waveform, level: &mut bool, symbols: [(u8, &str); 2], text: &str) {
    let start = wave.levels.len();
    symbols.into_iter().for_each(|(symbol, name)| write(wave, level, symbol, name));
    wave.label(start, LabelKind::Byte, text);
}

fn write(wave: &mut Waveform, level: &mut bool, symbol: u8, name: &str) {
    let first = wave.levels.len();
    for bit in (0..SYMBOL_BITS).rev().map(|place| symbol >> place & 1 == 1) {
        let start = wave.levels.len();
        *level ^= bit;
        wave.levels.push(*level);
        wave.label(start, LabelKind::Bit, super::digit(bit));
    }
    wave.label(first, LabelKind::Symbol, name);
}

/// Reads levels: all frames in them, their bytes one after the other. The level before the first one counts as low.
///
/// One level that is read wrong is two wrong code bits next to each other, so at most two symbols and two bytes. No
/// such pair makes an end out of data, and an end that it hits is still seen. If it hits the start the frame is lost;
/// the next start is found wherever it stands.
pub fn decode(levels: &[bool]) -> Decoded {
    let before = std::iter::once(&false).chain(levels);
    let bits: Vec<bool> = levels.iter().zip(before).map(|(level, before)| level != before).collect();
    let mut decoded = Decoded::default();
    let mut at = 0;
    while let Some(start) = find_start(&bits, at, &mut decoded) {
        at = read_frame(&bits, start, &mut decoded);
    }
    decoded
}

/// The first bit behind the next start delimiter, at any offset. What is neither that nor idle is reported once.
fn find_start(bits: &[bool], from: usize, decoded: &mut Decoded) -> Option<usize> {
    let mut noise = None;
    for at in from..bits.len() {
        if window(bits, at, 2) == START {
            return Some(at + 2 * SYMBOL_BITS);
        }
        if !bits[at] && noise.is_none() {
            noise = Some(at);
            decoded.error(at, "neither idle nor a start delimiter");
        }
    }
    None
}

/// Reads symbols from `start` on, to the end of the frame. Answers the first bit behind it.
fn read_frame(bits: &[bool], start: usize, decoded: &mut Decoded) -> usize {
    let (mut low, mut bad) = (None, 0);
    for at in (start..).step_by(SYMBOL_BITS) {
        if let Some((error, behind)) = ending(bits, at, bad) {
            if let Some(what) = error {
                decoded.error(at, what);
            }
            if low.is_some() {
                decoded.error(at, "ends within a byte");
            }
            return behind.min(bits.len());
        }
        let symbol = window(bits, at, 1) as u8;
        let value = DATA.iter().position(|code| *code == symbol);
        bad = if value.is_some() { 0 } else { bad + 1 };
        if value.is_none() {
            decoded.error(at, "a symbol that is no data");
        }
        let value = value.unwrap_or(0) as u8;
        match low.take() {
            None => low = Some(value),
            Some(low) => decoded.bytes.push(value << 4 | low),
        }
    }
    bits.len()
}

/// Whether a frame ends at a symbol: what is wrong with its end, and the first bit behind it.
///
/// An end with two wrong bits is an end, if the line is idle after it: data is further away from that, even data with
/// two wrong bits (three symbols that are not idle differ from it by one bit each, and those before from T and R).
fn ending(bits: &[bool], at: usize, bad: usize) -> Option<(Option<&'static str>, usize)> {
    let behind = at + 2 * SYMBOL_BITS;
    let differences = (window(bits, at, 5) ^ END).count_ones();
    if differences == 0 || window(bits, at, 2) == END >> (3 * SYMBOL_BITS) {
        Some((None, behind))
    } else if differences <= 2 {
        Some((Some("the end delimiter is damaged"), behind))
    } else if window(bits, at, 3) == END & 0x7fff {
        Some((Some("no end delimiter"), behind))
    } else {
        (bad >= LOST).then_some((Some("out of step: looks for the next start delimiter"), at))
    }
}

/// The code bits of some symbols, the first one highest.
fn window(bits: &[bool], at: usize, symbols: usize) -> u32 {
    (at..at + symbols * SYMBOL_BITS).fold(0, |sum, place| sum << 1 | u32::from(bit(bits, place)))
}

/// Behind the end the line is idle.
fn bit(bits: &[bool], place: usize) -> bool {
    bits.get(place).copied().unwrap_or(true)
}

const SYMBOL_BITS: usize = 5;
/// By value of the half byte; the first bit sent is the highest.
const DATA: [u8; 16] = [
    0b11110, 0b01001, 0b10100, 0b10101, 0b01010, 0b01011, 0b01110, 0b01111, //
    0b10010, 0b10011, 0b10110, 0b10111, 0b11010, 0b11011, 0b11100, 0b11101,
];
const HEX: [&str; 16] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d", "e", "f"];
/// Idle.
const I: u8 = 0b11111;
/// Start, first and second symbol.
const J: u8 = 0b11000;
const K: u8 = 0b10001;
/// End, first and second symbol.
const T: u8 = 0b01101;
const R: u8 = 0b00111;
/// J and K.
const START: u32 = (J as u32) << 5 | K as u32;
/// T, R and three idle symbols.
const END: u32 = (T as u32) << 20 | (R as u32) << 15 | (I as u32) << 10 | (I as u32) << 5 | I as u32;
/// Around what is encoded.
const IDLE_SYMBOLS: usize = 2;
/// Bad symbols in a row that one misread level cannot cause.
const LOST: usize = 3;
/// 125 million code bits a second are 100 Mbit/s.
const CODE_BIT: Duration = Duration::from_nanos(8);
