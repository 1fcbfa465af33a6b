//! Reliable transfer on a line: HDLC's balanced mode with stop-and-wait, go-back-N and selective repeat (AX.25 v2.2
//! section 6, IEEE 802.2 section 7, ISO/IEC 13239 section 6).
//!
//! ```text
//!    on_packet                                                                      poll_packet
//!        │                                                                               ^
//!        v                  I N(S) N(R)                                                  │
//!     Sender: V(A), V(S) ────────────────────> Framing, flags, FCS ────────────────> Receiver: V(R)
//!        ^  T1                                                                         T2 │
//!        └──────── RR, REJ, SREJ, RNR N(R); or the N(R) of an I frame the other way <─────┘
//! ```
//! One state machine: a discipline is a choice of windows and of what a loss sends again, a [`Framing`] is how frames
//! are written. [`framing`] has the bits on the line, `setup` the frames without numbers, `sender` and `receiver` a
//! half each, `station` puts them together.
//!
//! The drive: input by [`Station::on_packet`], [`Station::on_frame`] and [`Station::on_timer`] (at
//! [`Station::poll_at`]); after each, [`Station::poll_packet`] until it is `None`. When the line is free,
//! [`Station::poll_frame`], whose frame goes at once, and [`Station::on_transmit`] with the end of its transmission,
//! from where T1 counts. A damaged frame is no frame: the driver checks the FCS, throws the frame away and may say so
//! by [`Station::on_damaged`].

mod codec;
mod config;
pub mod framing;
mod receiver;
mod seen;
mod sender;
mod setup;
mod snapshot;
mod station;

pub use codec::Framing;
pub use config::{Config, Discipline, WindowError};
pub use setup::State;
pub use snapshot::{Counters, Snapshot};
pub use station::Station;

#[cfg(test)]
mod tests;
