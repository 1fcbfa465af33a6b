//! Data-link protocols as state machines: frames and time in, frames out. No IO, no clock.
//!
//! - [`switch`](Switch): a learning bridge, IEEE 802.1D clause 7.

#![forbid(unsafe_code)]

pub mod hdlc;
mod switch;

pub use switch::{Counters, Switch, SwitchConfig};
