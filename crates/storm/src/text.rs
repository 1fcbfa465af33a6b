//! What programs say to each other: endless texts that can be checked at any place, and a hash of what was said.

/// An endless text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text(pub(crate) u64);

impl Text {
    /// The `len` bytes from `at`.
    pub(crate) fn part(self, at: u64, len: usize) -> Vec<u8> {
        (at..at + len as u64).map(|at| self.byte(at)).collect()
    }

    /// Where the first byte stands that is not the text's.
    pub(crate) fn first_wrong(self, at: u64, heard: &[u8]) -> Option<u64> {
        heard.iter().zip(at..).find(|(byte, at)| **byte != self.byte(*at)).map(|(_, at)| at)
    }

    /// No block of a text looks like another one of it, or like one of another text.
    fn byte(self, at: u64) -> u8 {
        ((at ^ self.0.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8
    }
}

/// FNV-1a of 64 bits, piece by piece.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Hash(u64);

impl Default for Hash {
    fn default() -> Self {
        Hash(0xcbf2_9ce4_8422_2325)
    }
}

impl Hash {
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_a_doubled_and_a_foreign_byte_are_found() {
        let (text, other) = (Text(7), Text(8));
        let part = text.part(1000, 4000);
        assert_eq!(text.first_wrong(1000, &part), None);
        assert!(text.first_wrong(1001, &part).is_some_and(|at| at < 1020));
        assert!(other.first_wrong(1000, &part).is_some_and(|at| at < 1020));
        let mut damaged = part.clone();
        damaged[77] ^= 4;
        assert_eq!(text.first_wrong(1000, &damaged), Some(1077));
        let hash = |bytes: &[u8]| {
            let mut hash = Hash::default();
            hash.add(bytes);
            hash
        };
        assert_ne!(hash(&part), hash(&damaged));
    }
}
