//! Bytes to meaning and back, one file per format: no state, no clock.

mod packet;

pub use packet::{HEADROOM, PacketBuf};
