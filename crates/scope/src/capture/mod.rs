//! Captures read back: pcap and pcapng, ours and everybody's.
//!
//! A [`Decoder`] is given a window of the file's bytes and gives one frame at a time, so that a capture of any size is
//! read with a buffer of constant size, and nothing is copied or allocated for a frame. [`frames`] does that for bytes
//! that are all in memory, [`gather`] makes a recording of the captures of one run.
//!
//! Bytes that are no capture, or a capture that is cut short or damaged, give a [`Damage`] that says what is wrong at
//! which offset; everything before that place has been given out by then.

mod decoder;
mod gather;
mod pcap;
mod pcapng;

pub use decoder::{Captured, Decoder, Interface, Step, frames};
pub use gather::{Gathered, by_address, gather};

use std::fmt;

/// Where a capture cannot be read any further, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Damage {
    /// Bytes from the start of the file.
    pub offset: u64,
    /// What is wrong, as one clause.
    pub what: String,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {}: {}", self.offset, self.what)
    }
}

impl std::error::Error for Damage {}

/// The largest frame: what tcpdump and Wireshark take too.
pub const MAX_FRAME: usize = 256 << 10;
/// The largest block of a pcapng file.
pub const MAX_BLOCK: usize = 16 << 20;
/// The most interfaces of one file.
const MAX_INTERFACES: usize = 100_000;

#[cfg(test)]
mod tests;
