//! The Internet checksum: RFC 1071, and its incremental update, RFC 1624.
//!
//! The sum is taken in the machine's own byte order over 32-bit words and turned round once at the end, which RFC 1071,
//! section 2 (B) proves to be the same. Eight independent 64-bit lanes let the compiler use vector instructions.

#[cfg(target_arch = "x86_64")]
mod avx2;

use std::net::{IpAddr, Ipv4Addr};

use crate::ip::Protocol;

/// A one's complement sum being taken. Parts may have any length: bytes are counted as if all parts were one piece.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sum {
    /// Of words in memory order, not yet folded.
    words: u64,
    /// Whether an odd number of bytes was added so far.
    odd: bool,
}

impl Sum {
    /// Nothing added yet.
    pub const fn new() -> Self {
        Sum { words: 0, odd: false }
    }

    /// The sum over some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let mut sum = Sum::new();
        sum.add(bytes);
        sum
    }

    /// Adds the bytes that follow those already added.
    #[inline]
    pub fn add(&mut self, bytes: &[u8]) {
        let part = sum_words(bytes);
        //= rfc1071#2
        // (B): a part that starts at an odd byte counts with its bytes swapped.
        if self.odd {
            self.words += u64::from(fold(part).swap_bytes());
        } else {
            self.words += u64::from(fold32(part));
        }
        self.odd ^= bytes.len() % 2 == 1;
    }

    /// The sum over a header of known length, a multiple of four: a few additions, without a loop.
    #[inline]
    pub fn of_header<const N: usize>(header: &[u8; N]) -> Self {
        const { assert!(N.is_multiple_of(4), "a header ends at a word") };
        let words = header.as_chunks::<4>().0.iter().map(|word| u64::from(u32::from_ne_bytes(*word))).sum();
        Sum { words, odd: false }
    }

    /// Adds one 16-bit number as it would stand in a packet. Only after an even number of bytes.
    #[inline]
    pub fn add_u16(&mut self, word: u16) {
        debug_assert!(!self.odd, "a number starts at an even byte");
        self.words += u64::from(word.to_be());
    }

    /// Adds a 32-bit number likewise.
    #[inline]
    pub fn add_u32(&mut self, word: u32) {
        debug_assert!(!self.odd, "a number starts at an even byte");
        self.words += u64::from(word.to_be());
    }

    /// This sum and that of an even number of bytes which stand in front of it.
    #[inline]
    #[must_use]
    pub fn after(self, front: Sum) -> Sum {
        debug_assert!(!front.odd, "what stands in front ends at an even byte");
        Sum { words: self.words + front.words, odd: self.odd }
    }

    /// The sum folded to 16 bits: `0xffff` when the bytes contain their own valid checksum.
    #[inline]
    pub fn folded(self) -> u16 {
        u16::from_be(fold(self.words))
    }

    /// The checksum to be written into a packet whose checksum field was zero in the sum.
    #[inline]
    pub fn checksum(self) -> u16 {
        !self.folded()
    }

    /// Whether the bytes added contain their own valid checksum.
    #[inline]
    pub fn is_valid(self) -> bool {
        self.folded() == 0xffff
    }
}

/// The sum over the pseudo header of TCP, UDP and ICMPv6; `len` counts the transport's header and payload.
//= rfc9293#3.1
//= rfc8200#8.1
#[inline]
pub fn pseudo_header(src: IpAddr, dst: IpAddr, protocol: Protocol, len: usize) -> Sum {
    let mut words = address_words(src) + address_words(dst);
    let len = len as u32;
    words += u64::from(len.to_be()) + u64::from(u16::from(protocol.0).to_be());
    Sum { words, odd: false }
}

/// Whether `parts`, one behind the other, are valid under the pseudo header.
#[inline]
pub fn verify(src: IpAddr, dst: IpAddr, protocol: Protocol, parts: [&[u8]; 2]) -> bool {
    let mut sum = pseudo_header(src, dst, protocol, parts[0].len() + parts[1].len());
    sum.add(parts[0]);
    sum.add(parts[1]);
    sum.is_valid()
}

/// The new checksum after a 16-bit field changed from `old` to `new`.
//= rfc1624#3
pub const fn update(checksum: u16, old: u16, new: u16) -> u16 {
    let sum = !checksum as u32 + !old as u32 + new as u32;
    let sum = (sum & 0xffff) + (sum >> 16);
    !((sum & 0xffff) + (sum >> 16)) as u16
}

#[inline]
fn address_words(address: IpAddr) -> u64 {
    match address {
        IpAddr::V4(v4) => ipv4_word(v4),
        IpAddr::V6(v6) => {
            let [a, b, c, d] = *v6.octets().as_chunks::<4>().0 else { return 0 };
            [a, b, c, d].iter().map(|word| u64::from(u32::from_ne_bytes(*word))).sum()
        }
    }
}

#[inline]
fn ipv4_word(address: Ipv4Addr) -> u64 {
    u64::from(u32::from_ne_bytes(address.octets()))
}

/// Folds to 32 bits, so that any number of parts can be added without overflow.
#[inline]
fn fold32(words: u64) -> u32 {
    let sum = (words & 0xffff_ffff) + (words >> 32);
    ((sum & 0xffff_ffff) + (sum >> 32)) as u32
}

/// Folds to 16 bits. Zero only if every word was zero.
#[inline]
fn fold(words: u64) -> u16 {
    let sum = fold32(words);
    let sum = (sum & 0xffff) + (sum >> 16);
    ((sum & 0xffff) + (sum >> 16)) as u16
}

/// The sum of the bytes as 32-bit words in memory order, a cut last word filled up with zeroes.
#[inline]
fn sum_words(bytes: &[u8]) -> u64 {
    // A header is shorter than what setting up the lanes costs.
    let (blocks, rest) = if bytes.len() < SHORT { (&[][..], bytes) } else { bytes.as_chunks::<32>() };
    let mut sum = if blocks.is_empty() { 0 } else { sum_blocks(blocks) };
    let (words, tail) = rest.as_chunks::<4>();
    for word in words {
        sum += u64::from(u32::from_ne_bytes(*word));
    }
    if !tail.is_empty() {
        let mut last = [0; 4];
        last[..tail.len()].copy_from_slice(tail);
        sum += u64::from(u32::from_ne_bytes(last));
    }
    sum
}

#[inline]
fn sum_blocks(blocks: &[[u8; 32]]) -> u64 {
    #[cfg(target_arch = "x86_64")]
    if let Some(sum) = avx2::sum_blocks(blocks) {
        return sum;
    }
    sum_lanes(blocks)
}

/// Eight lanes, one for each 32-bit word of a block.
#[inline(always)]
fn sum_lanes(blocks: &[[u8; 32]]) -> u64 {
    let mut lanes = [0u64; 8];
    for block in blocks {
        for (lane, word) in lanes.iter_mut().zip(block.as_chunks::<4>().0) {
            *lane += u64::from(u32::from_ne_bytes(*word));
        }
    }
    lanes.iter().sum()
}

/// Below this many bytes a plain loop is faster than lanes.
const SHORT: usize = 96;

#[cfg(test)]
mod tests {
    use super::*;

    /// Word by word, as the RFC's example program does it.
    fn naive(bytes: &[u8]) -> u16 {
        let mut sum = 0u64;
        for pair in bytes.chunks(2) {
            sum += u64::from(u16::from_be_bytes([pair[0], *pair.get(1).unwrap_or(&0)]));
        }
        while sum >> 16 != 0 {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        sum as u16
    }

    #[test]
    //= rfc1071#3 test
    fn the_example_of_the_rfc_sums_to_ddf2() {
        assert_eq!(Sum::of(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]).folded(), 0xddf2);
    }

    #[test]
    fn any_length_and_any_split_gives_the_plain_sum() {
        let bytes: Vec<u8> = (0..200u32).map(|i| (i * 97 + 255) as u8).collect();
        for len in 0..bytes.len() {
            let bytes = &bytes[..len];
            assert_eq!(Sum::of(bytes).folded(), naive(bytes), "length {len}");
            for cut in [0, 1, 2, 3, 31, 33].into_iter().filter(|cut| *cut <= len) {
                let mut sum = Sum::of(&bytes[..cut]);
                sum.add(&bytes[cut..]);
                assert_eq!(sum.folded(), naive(bytes), "length {len} cut at {cut}");
            }
        }
    }

    #[test]
    fn a_large_block_of_ones_does_not_overflow() {
        let bytes = vec![0xff; 1 << 20];
        assert_eq!(Sum::of(&bytes).folded(), 0xffff);
    }

    #[test]
    //= rfc1624#4 test
    fn the_incremental_update_gives_the_example_of_the_rfc() {
        assert_eq!(update(0xdd2f, 0x5555, 0x3285), 0x0000);
    }
}
