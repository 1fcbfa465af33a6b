//! Data-link protocols as state machines: frames and time in, frames out. No IO, no clock.
//!
//! - [`hdlc`]: reliable transfer on a line, and the bits on it: stop-and-wait, go-back-N, selective repeat.
//! - [`line_code`]: bits as levels on a wire: Manchester, 4B5B with NRZI, RS-232.
//! - [`switch`](Switch): a learning bridge with virtual LANs and the rapid spanning tree, IEEE 802.1D and 802.1Q.
//! - [`csma_cd`]: a station of half-duplex Ethernet, IEEE 802.3 clause 4.
//! - [`dcf`]: a station of a radio cell, IEEE 802.11 clause 10.

#![forbid(unsafe_code)]

pub mod csma_cd;
pub mod dcf;
pub mod hdlc;
pub mod line_code;
mod switch;

pub use switch::{Counters, PortVlan, Rstp, RstpPort, Switch, SwitchConfig};
