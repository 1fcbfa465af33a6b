//! The recording of a run and its pictures: pcapng, story, ladder, waterfall.
//!
//! A [`Recorder`] takes what a world lets be seen and gives a [`Recording`]. Everything else here is computed from that
//! recording alone: change the zone or silence a server, and the story changes without a change of code.
//!
//! | picture | answers |
//! |---|---|
//! | [`pcapng`] | what was on the wire, for Wireshark, with the reasons beside the frames |
//! | [`Ladder`] | who sent what to whom, packet by packet, and where it was lost |
//! | [`Story`] | what happened and why, one sentence a step |
//! | [`Waterfall`] | where the time of each request went |
//! | [`mod@series`], [`plot`] | how windows, round trips, queues and rates changed, and why |
//! | [`qlog`] | every event, for machines |
//! | [`album`], [`report`] | all of these, as files and on one page |
//! | [`dissect`] | what every byte of a frame means |

#![forbid(unsafe_code)]

pub mod album;
pub mod analysis;
pub mod capture;
mod conversation;
pub mod dissect;
pub mod fields;
#[cfg(test)]
mod film;
mod index;
mod label;
mod ladder;
mod names;
pub mod pcapng;
pub mod plot;
pub mod qlog;
mod recorder;
mod recording;
mod render;
pub mod report;
#[cfg(test)]
mod robustness;
pub mod series;
pub mod story;
pub mod view;
pub mod waterfall;
pub mod waveform;
mod words;

pub use ladder::Ladder;
pub use names::Names;
pub use recorder::{Recorder, Wants};
pub use recording::{Frame, Limits, Recording, Truncated};
pub use render::{MAX_WIDTH, MIN_WIDTH, Style};
pub use story::Story;
pub use waterfall::Waterfall;
pub use words::clean;
