//! The options of a TCP header, one after the other, however wrong they are.

/// Maximum segment size.
pub const MSS: u8 = 2;
/// Window scale.
pub const WINDOW_SCALE: u8 = 3;
/// SACK permitted.
pub const SACK_PERMITTED: u8 = 4;
/// SACK blocks.
pub const SACK: u8 = 5;
/// Timestamps.
pub const TIMESTAMPS: u8 = 8;

/// Kind and value of each option; ends at the first length that cannot be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options<'a>(&'a [u8]);

impl<'a> Options<'a> {
    /// Those of a header, which may be cut short.
    #[inline]
    pub(super) fn of(header: &'a [u8]) -> Options<'a> {
        let end = header.get(12).map_or(0, |byte| usize::from(byte >> 4) * 4);
        Options(header.get(20..end.min(header.len())).unwrap_or_default())
    }

    /// The value of the first option of a kind.
    pub(super) fn find(self, kind: u8) -> Option<&'a [u8]> {
        let mut options = self;
        options.find_map(|(found, value)| (found == kind).then_some(value))
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = (u8, &'a [u8]);

    #[inline]
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        loop {
            let (kind, rest) = self.0.split_first()?;
            match kind {
                0 => return None,
                1 => self.0 = rest,
                _ => {
                    let len = usize::from(*rest.first()?);
                    let value = self.0.get(2..len)?;
                    self.0 = self.0.get(len..)?;
                    return Some((*kind, value));
                }
            }
        }
    }
}
