//! Finds out which format a file has, and takes it apart one frame at a time.

use std::net::IpAddr;

use base::Direction;

use super::pcap::{self, Pcap};
use super::pcapng::{self, Pcapng};
use super::{Damage, MAX_INTERFACES};
use crate::fields::{Link, Raw};

/// A frame in a capture.
#[derive(Clone, Copy, Debug)]
pub struct Captured<'a> {
    /// Its bytes and its time.
    pub raw: Raw<'a>,
    /// Which of [`Decoder::interfaces`] saw it.
    pub interface: usize,
    /// Which way it went, where the capture tells.
    pub direction: Option<Direction>,
}

/// What one step came upon.
#[derive(Clone, Copy, Debug)]
pub enum Step<'a> {
    /// A frame.
    Frame(Captured<'a>),
    /// Something else, which the decoder keeps or passes over.
    Other,
    /// The window must hold at least so many bytes for the next step.
    Needs(usize),
    /// The file is over.
    End,
}

/// An interface that a capture names.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Interface {
    /// `eth0`
    pub name: Option<String>,
    /// `eth0 of laptop`
    pub description: Option<String>,
    /// What its frames begin with.
    pub link: Link,
    /// The number of that in the registry of link types.
    pub link_type: u16,
    pub(super) clock: Clock,
}

/// How an interface counts time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Clock {
    /// A tick in nanoseconds, as a fraction.
    pub(super) tick: (u64, u64),
    /// Added to every time.
    pub(super) offset_s: i64,
}

impl Default for Clock {
    /// Microseconds since 1970.
    fn default() -> Self {
        Clock { tick: (1_000, 1), offset_s: 0 }
    }
}

impl Clock {
    /// Nanoseconds since 1970; a moment before that, or behind the year 2500, becomes the nearest that there is.
    pub(super) fn nanos(&self, ticks: u64) -> u64 {
        let nanos = match self.tick {
            (1, 1) => i128::from(ticks),
            (times, parts) => i128::from(ticks) * i128::from(times) / i128::from(parts),
        };
        let nanos = nanos + i128::from(self.offset_s) * 1_000_000_000;
        u64::try_from(nanos.max(0)).unwrap_or(u64::MAX)
    }
}

/// What a step found: how many bytes it used, and what they were.
pub(super) type Taken<'a> = Result<(usize, Step<'a>), Damage>;

/// Takes a capture apart. What is not a frame gathers here.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    format: Option<Format>,
    pub(super) offset: u64,
    pub(super) interfaces: Vec<Interface>,
    pub(super) secrets: Vec<String>,
    pub(super) names: Vec<(IpAddr, String)>,
    pub(super) application: Option<String>,
}

#[derive(Clone, Copy, Debug)]
enum Format {
    Pcap(Pcap),
    Pcapng(Pcapng),
}

impl Decoder {
    /// A decoder at the start of a file.
    pub fn new() -> Decoder {
        Decoder::default()
    }

    /// Takes the next thing off the front of `window`, and says how many bytes it was. `is_whole` says that nothing
    /// comes behind the window.
    #[inline]
    pub fn step<'a>(&'a mut self, window: &'a [u8], is_whole: bool) -> Taken<'a> {
        match self.format {
            Some(Format::Pcap(pcap)) => pcap.step(self, window, is_whole),
            Some(Format::Pcapng(pcapng)) => pcapng.step(self, window, is_whole),
            None => self.begin(window, is_whole),
        }
    }

    /// Looks at the first bytes of the file.
    fn begin<'a>(&'a mut self, window: &'a [u8], is_whole: bool) -> Taken<'a> {
        let Some(magic) = window.first_chunk::<4>() else {
            return match (is_whole, window.is_empty()) {
                (true, true) => Ok((0, Step::End)),
                (true, false) => Err(self.damage("too short for a capture")),
                (false, _) => Ok((0, Step::Needs(4))),
            };
        };
        if *magic == pcapng::SECTION {
            self.format = Some(Format::Pcapng(Pcapng::default()));
            return Ok((0, Step::Other));
        }
        let Some(pcap) = Pcap::of_magic(*magic) else {
            return Err(self.damage("neither pcap nor pcapng begins like this"));
        };
        let used = pcap.begin(self, window, is_whole)?;
        if used == 0 {
            return Ok((0, Step::Needs(pcap::HEADER)));
        }
        self.format = Some(Format::Pcap(pcap.with_link(self.interfaces[0].link)));
        Ok((self.took(used), Step::Other))
    }

    pub(super) fn begin_section(&mut self, pcapng: Pcapng) {
        self.format = Some(Format::Pcapng(pcapng));
    }

    pub(super) fn add_interface(&mut self, interface: Interface) -> Result<(), Damage> {
        if self.interfaces.len() >= MAX_INTERFACES {
            return Err(self.damage("more interfaces than anybody has"));
        }
        self.interfaces.push(interface);
        Ok(())
    }

    /// Counts bytes as used.
    pub(super) const fn took(&mut self, used: usize) -> usize {
        self.offset += used as u64;
        used
    }

    pub(super) fn damage(&self, what: impl Into<String>) -> Damage {
        Damage { offset: self.offset, what: what.into() }
    }

    /// More bytes are needed; there may be none.
    pub(super) fn needs<'a>(&self, window: &[u8], need: usize, is_whole: bool, what: &str) -> Taken<'a> {
        if !is_whole {
            return Ok((0, Step::Needs(need)));
        }
        if window.is_empty() {
            return Ok((0, Step::End));
        }
        Err(self.damage(format!("the file ends inside of {what}: {} of {need} bytes are there", window.len())))
    }

    /// The interfaces named so far.
    pub fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    /// The lines of the TLS key log so far.
    pub fn secrets(&self) -> &[String] {
        &self.secrets
    }

    /// The names that the file gives to addresses.
    pub fn names(&self) -> &[(IpAddr, String)] {
        &self.names
    }

    /// The program that wrote the file.
    pub fn application(&self) -> Option<&str> {
        self.application.as_deref()
    }

    /// The format's name.
    pub const fn format(&self) -> &'static str {
        match self.format {
            Some(Format::Pcap(_)) => "pcap",
            Some(Format::Pcapng(_)) => "pcapng",
            None => "empty",
        }
    }
}

/// Gives every frame of a capture that is all in memory, in its order. What cannot be read ends it.
pub fn frames(mut bytes: &[u8], mut give: impl FnMut(Captured<'_>)) -> (Decoder, Result<(), Damage>) {
    let mut decoder = Decoder::new();
    loop {
        match decoder.step(bytes, true) {
            Ok((used, step)) => {
                match step {
                    Step::Frame(frame) => give(frame),
                    Step::Other => {}
                    Step::Needs(_) | Step::End => break,
                }
                bytes = &bytes[used..];
            }
            Err(damage) => return (decoder, Err(damage)),
        }
    }
    (decoder, Ok(()))
}
