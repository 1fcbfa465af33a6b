//! The words that all other crates share.
//!
//! Time, randomness, sequence numbers, addresses and ids; and what is observed: events, drop reasons and the [`Sink`]
//! that takes them. Nothing here knows a protocol's rules, a clock or a file.

mod addr;
mod cx;
pub mod event;
mod id;
mod rng;
mod seq;
mod sink;
mod time;

pub use addr::{Cidr, Mac, ParseAddressError};
pub use cx::Cx;
pub use event::{Event, Fact};
pub use id::{Nic, NodeId, PacketId, Port};
pub use rng::Rng;
pub use seq::SeqNum;
pub use sink::{Blind, Direction, Flaw, FrameSeen, Kind, LinkType, NicInfo, Sink};
pub use time::{Duration, Instant};
