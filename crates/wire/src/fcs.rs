//! Frame check sequences: the 16-bit one of HDLC (ISO 13239; RFC 1662, appendix C.2) and the 32-bit one of IEEE 802.
//!
//! Both are sent with their low byte first. A link that checks them throws damaged frames away; nobody else sees them.

/// The check sequence of HDLC, taken over parts in order.
#[derive(Clone, Copy, Debug)]
pub struct Crc16(u16);

/// The check sequence of Ethernet and 802.11, taken over parts in order.
#[derive(Clone, Copy, Debug)]
pub struct Crc32(u32);

impl Crc16 {
    /// Over nothing yet.
    pub const fn new() -> Self {
        Crc16(0xffff)
    }

    /// Over these bytes too.
    #[must_use]
    pub fn update(self, bytes: &[u8]) -> Self {
        Crc16(bytes.iter().fold(self.0, |crc, byte| crc >> 8 ^ TABLE_16[usize::from((crc ^ u16::from(*byte)) & 0xff)]))
    }

    /// The check sequence.
    pub const fn finish(self) -> u16 {
        !self.0
    }
}

impl Default for Crc16 {
    fn default() -> Self {
        Self::new()
    }
}

impl Crc32 {
    /// Over nothing yet.
    pub const fn new() -> Self {
        Crc32(u32::MAX)
    }

    /// Over these bytes too. Eight at a time: a radio's capture checks every frame.
    #[must_use]
    pub fn update(self, bytes: &[u8]) -> Self {
        let (words, rest) = bytes.as_chunks::<8>();
        let mut crc = self.0;
        for word in words {
            let low = crc ^ u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
            crc = TABLES_32[7][(low & 0xff) as usize]
                ^ TABLES_32[6][(low >> 8 & 0xff) as usize]
                ^ TABLES_32[5][(low >> 16 & 0xff) as usize]
                ^ TABLES_32[4][(low >> 24) as usize]
                ^ TABLES_32[3][usize::from(word[4])]
                ^ TABLES_32[2][usize::from(word[5])]
                ^ TABLES_32[1][usize::from(word[6])]
                ^ TABLES_32[0][usize::from(word[7])];
        }
        Crc32(rest.iter().fold(crc, |crc, byte| crc >> 8 ^ TABLES_32[0][((crc ^ u32::from(*byte)) & 0xff) as usize]))
    }

    /// The check sequence.
    pub const fn finish(self) -> u32 {
        !self.0
    }
}

impl Default for Crc32 {
    fn default() -> Self {
        Self::new()
    }
}

/// The check sequence of a frame on an HDLC line.
pub fn crc16(frame: &[u8]) -> u16 {
    Crc16::new().update(frame).finish()
}

/// The check sequence of an Ethernet or 802.11 frame.
pub fn crc32(frame: &[u8]) -> u32 {
    Crc32::new().update(frame).finish()
}

const TABLE_16: [u16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut crc, mut bit) = (byte as u16, 0);
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0x8408 } else { crc >> 1 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

static TABLES_32: [[u32; 256]; 8] = {
    let mut tables = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let (mut crc, mut bit) = (byte as u32, 0);
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
            bit += 1;
        }
        tables[0][byte] = crc;
        byte += 1;
    }
    let mut table = 1;
    while table < 8 {
        let mut byte = 0;
        while byte < 256 {
            let before: u32 = tables[table - 1][byte];
            tables[table][byte] = before >> 8 ^ tables[0][(before & 0xff) as usize];
            byte += 1;
        }
        table += 1;
    }
    tables
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_answers() {
        assert_eq!((crc16(b"123456789"), crc32(b"123456789")), (0x906e, 0xcbf4_3926));
    }

    proptest! {
        #[test]
        fn parts_give_the_same_as_the_whole(bytes in proptest::collection::vec(any::<u8>(), 0..100), at in 0usize..100) {
            let (a, b) = bytes.split_at(at.min(bytes.len()));
            prop_assert_eq!(Crc32::new().update(a).update(b).finish(), crc32(&bytes));
            prop_assert_eq!(Crc16::new().update(a).update(b).finish(), crc16(&bytes));
        }

        /// ISO 13239: whatever burst of at most 16 bits hits a frame, its check sequence tells.
        #[test]
        fn a_burst_of_16_bits_is_always_found(
            bytes in proptest::collection::vec(any::<u8>(), 3..60), at in any::<u32>(), pattern in 1u16..,
        ) {
            let mut hit = bytes.clone();
            let bits = bytes.len() * 8 - 16;
            let at = at as usize % (bits + 1);
            for bit in (0..16).filter(|bit| pattern >> bit & 1 == 1) {
                hit[(at + bit) / 8] ^= 1 << ((at + bit) % 8);
            }
            prop_assert_ne!(crc16(&hit), crc16(&bytes));
            prop_assert_ne!(crc32(&hit), crc32(&bytes));
        }
    }
}
