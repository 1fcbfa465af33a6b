//! The recording of a run and its pictures: pcapng, story, ladder, waterfall.
//!
//! A [`Recorder`] takes what a world lets be seen and gives a [`Recording`]. Everything else here is computed from that
//! recording alone: change the zone or silence a server, and the story changes without a change of code.

#![forbid(unsafe_code)]

#[cfg(test)]
mod film;
mod index;
mod names;
pub mod pcapng;
mod recorder;
mod recording;
pub mod view;
mod words;

pub use names::Names;
pub use recorder::{Recorder, Wants};
pub use recording::{Frame, Limits, Recording, Truncated};
