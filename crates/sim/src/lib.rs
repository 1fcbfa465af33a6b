//! Worlds: the event queue, cables, faults, and the loop that drives hosts, switches and programs in virtual time.
//!
//! ```text
//!   world   the loop, and everything a builder or a test calls
//!   fabric  what one visit to a node may touch: time, queue, cables, observer
//!   queue   events by (time, sequence)      cable   rate, delay      flight  frames between two ends
//!   rule    faults                          seat    the nodes        node    the world as a node
//!   reliable  stations at both ends of a line that repair what it loses
//!   medium  what several stations share     share   a world's shared media
//! ```

#![forbid(unsafe_code)]

mod cable;
mod fabric;
mod flight;
mod medium;
mod node;
mod queue;
mod reliable;
pub mod rule;
mod seat;
mod share;
mod silent;
mod world;

pub use cable::{Cable, LinkId, On, Way};
pub use link::{Counters, PortVlan, Rstp, RstpPort, Switch, SwitchConfig};
pub use medium::{BusConfig, MediumId, RadioConfig, Shape, Tap};
pub use rule::{Rule, RuleId, Verdict};
pub use world::{Stats, World};
