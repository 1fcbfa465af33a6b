//! A string of bits, in the order in which they are sent.

use std::fmt;

/// Bits in the order of the line.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Bits(Vec<bool>);

impl Bits {
    /// No bits yet, with room for `bits` of them.
    pub fn with_capacity(bits: usize) -> Self {
        Bits(Vec::with_capacity(bits))
    }

    /// Appends one bit.
    pub fn push(&mut self, bit: bool) {
        self.0.push(bit);
    }

    /// Appends a byte as it is, least significant bit first, nothing stuffed.
    pub fn push_byte(&mut self, byte: u8) {
        self.0.extend((0..8).map(|place| byte >> place & 1 == 1));
    }

    /// Inverts the bit at `position`; behind the end nothing happens.
    pub fn flip(&mut self, position: u64) {
        let bit = usize::try_from(position).ok().and_then(|position| self.0.get_mut(position));
        if let Some(bit) = bit {
            *bit = !*bit;
        }
    }

    /// How many bits.
    pub fn len(&self) -> u64 {
        self.0.len() as u64
    }

    /// Whether there is no bit.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bits, first to last.
    pub fn iter(&self) -> impl Iterator<Item = bool> + '_ {
        self.0.iter().copied()
    }
}

impl FromIterator<bool> for Bits {
    fn from_iter<I: IntoIterator<Item = bool>>(bits: I) -> Self {
        Bits(bits.into_iter().collect())
    }
}

impl Extend<bool> for Bits {
    fn extend<I: IntoIterator<Item = bool>>(&mut self, bits: I) {
        self.0.extend(bits);
    }
}

/// Zeros and ones without a space.
impl fmt::Display for Bits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|bit| f.write_str(if bit { "1" } else { "0" }))
    }
}

impl fmt::Debug for Bits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bits({self})")
    }
}
