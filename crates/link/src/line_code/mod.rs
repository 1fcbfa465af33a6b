//! Line codes: how bits become levels on a wire, and how a receiver finds them again.
//!
//! ```text
//!   bits             1   0   1   1   0            unit   damage by one unit that is read wrong
//!   RS-232 8N1     ──┐___┌───────┐___             a bit  up to the next gap of ten bits
//!   Manchester     _┌─┐___┌─┐_┌─┐___┌ …           ½ bit  one bit, which the receiver knows
//!   4B5B and NRZI  groups of 4 as 5, 1 = change   ⅘ bit  two symbols next to each other
//! ```
//! A [`Waveform`] is the levels, one for each unit, with labels for a drawing. Decoders take levels, however damaged,
//! and say what they read and where something was wrong.

pub mod manchester;
pub mod nrzi_4b5b;
pub mod rs232;

use base::Duration;

/// Levels on a wire, one for each unit of time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waveform {
    levels: Vec<bool>,
    unit: Duration,
    units_per_bit: usize,
    labels: Vec<Label>,
}

/// What stands where in a waveform.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    /// The first unit.
    pub start: usize,
    /// How many units.
    pub units: usize,
    /// What it names.
    pub kind: LabelKind,
    /// In short: `1`, `J`, `4a`.
    pub text: String,
}

/// What a label names. Labels of one kind do not overlap: a drawing gives each kind a row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum LabelKind {
    /// One bit as it is sent.
    Bit,
    /// A group of bits that stand for something else.
    Symbol,
    /// A byte, or what stands in its place.
    Byte,
}

/// What a decoder has read.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Decoded {
    /// The bytes; a bit that could not be read is 0.
    pub bytes: Vec<u8>,
    /// What was wrong, in order.
    pub errors: Vec<CodeError>,
}

/// Something that the code does not allow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CodeError {
    /// The first bit that is concerned, as sent, counted from the start of the waveform.
    pub bit: usize,
    /// One plain phrase, without a full stop.
    pub what: &'static str,
}

impl Waveform {
    fn new(unit: Duration, units_per_bit: usize) -> Self {
        Waveform { levels: Vec::new(), unit, units_per_bit, labels: Vec::new() }
    }

    /// High or low, one for each unit. On RS-232 high is "mark", which is a negative voltage.
    pub fn levels(&self) -> &[bool] {
        &self.levels
    }

    /// How long a unit takes.
    pub fn unit(&self) -> Duration {
        self.unit
    }

    /// Units of a bit as it is sent: 2 in Manchester, else 1.
    pub fn units_per_bit(&self) -> usize {
        self.units_per_bit
    }

    /// What stands where, in order of the first unit within each kind.
    pub fn labels(&self) -> &[Label] {
        &self.labels
    }

    /// How long all of it takes.
    pub fn duration(&self) -> Duration {
        self.unit * self.levels.len() as u64
    }

    /// Names what was written since unit `start`.
    fn label(&mut self, start: usize, kind: LabelKind, text: impl Into<String>) {
        self.labels.push(Label { start, units: self.levels.len() - start, kind, text: text.into() });
    }
}

impl Decoded {
    fn error(&mut self, bit: usize, what: &'static str) {
        self.errors.push(CodeError { bit, what });
    }
}

/// The bits of a byte in the order in which all these codes send them: least significant first.
fn bits_of(byte: u8) -> impl Iterator<Item = bool> {
    (0..8).map(move |place| byte >> place & 1 == 1)
}

const fn digit(bit: bool) -> &'static str {
    if bit { "1" } else { "0" }
}

#[cfg(test)]
mod tests;
