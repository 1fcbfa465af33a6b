//! What is wrong with bytes that claim to be a format.

use std::fmt;

/// The kinds of mistakes a peer can make in a format.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Problem {
    /// The bytes end before the field does.
    TooShort,
    /// The field holds a value that the format forbids.
    BadValue,
    /// A length field contradicts the bytes or another field.
    BadLength,
    /// The checksum does not match the bytes.
    BadChecksum,
}

impl Problem {
    /// One plain phrase, to be put behind the field's name.
    pub const fn text(self) -> &'static str {
        match self {
            Problem::TooShort => "is cut short",
            Problem::BadValue => "has a value that the format forbids",
            Problem::BadLength => "contradicts the length of the data",
            Problem::BadChecksum => "does not match the bytes",
        }
    }
}

/// A wire error: which field of which format, where, and what is wrong with it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Error {
    /// The format: `"IPv4"`.
    pub format: &'static str,
    /// The field, named as in the format's RFC: `"Total Length"`.
    pub field: &'static str,
    /// The field's first byte, counted from the start of the format's own bytes.
    pub offset: usize,
    /// What is wrong.
    pub problem: Problem,
}

impl Error {
    #[cold]
    pub(crate) const fn new(format: &'static str, field: &'static str, offset: usize, problem: Problem) -> Self {
        Error { format, field, offset, problem }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} at byte {} {}", self.format, self.field, self.offset, self.problem.text())
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_reads_as_a_sentence() {
        let error = Error::new("IPv4", "Total Length", 2, Problem::BadLength);
        assert_eq!(error.to_string(), "IPv4: Total Length at byte 2 contradicts the length of the data");
    }
}
