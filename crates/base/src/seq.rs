//! Sequence numbers modulo 2^32 (RFC 9293, section 3.4).

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

/// A TCP sequence number. Comparisons hold for numbers less than 2^31 apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SeqNum(pub u32);

impl SeqNum {
    /// `self < other` on the circle.
    //= rfc9293#3.4
    pub const fn before(self, other: SeqNum) -> bool {
        (self.0.wrapping_sub(other.0) as i32) < 0
    }

    /// `self <= other` on the circle.
    pub const fn at_most(self, other: SeqNum) -> bool {
        !other.before(self)
    }

    /// `low <= self < low + len`.
    pub const fn within(self, low: SeqNum, len: u32) -> bool {
        self.0.wrapping_sub(low.0) < len
    }

    /// How far `self` is after `earlier`; meaningful when it is not before it.
    pub const fn offset_from(self, earlier: SeqNum) -> u32 {
        self.0.wrapping_sub(earlier.0)
    }

    /// The later of two.
    pub const fn max(self, other: SeqNum) -> SeqNum {
        if self.before(other) { other } else { self }
    }

    /// The earlier of two.
    pub const fn min(self, other: SeqNum) -> SeqNum {
        if self.before(other) { self } else { other }
    }
}

impl Add<u32> for SeqNum {
    type Output = SeqNum;
    fn add(self, n: u32) -> SeqNum {
        SeqNum(self.0.wrapping_add(n))
    }
}

impl AddAssign<u32> for SeqNum {
    fn add_assign(&mut self, n: u32) {
        *self = *self + n;
    }
}

impl Sub<u32> for SeqNum {
    type Output = SeqNum;
    fn sub(self, n: u32) -> SeqNum {
        SeqNum(self.0.wrapping_sub(n))
    }
}

impl Sub for SeqNum {
    type Output = u32;
    fn sub(self, earlier: SeqNum) -> u32 {
        self.offset_from(earlier)
    }
}

impl fmt::Debug for SeqNum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for SeqNum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_survives_the_wrap() {
        let near_end = SeqNum(u32::MAX - 1);
        let after = near_end + 4;
        assert_eq!(after, SeqNum(2));
        assert!(near_end.before(after) && !after.before(near_end) && near_end.at_most(near_end));
        assert_eq!(after - near_end, 4);
        assert_eq!(near_end.max(after), after);
        assert!(SeqNum(1).within(near_end, 10) && !SeqNum(100).within(near_end, 10));
    }
}
