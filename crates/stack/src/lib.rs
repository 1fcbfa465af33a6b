//! A complete TCP/IP host as a pure state machine: frames, time and socket calls go in; frames, deadlines and readiness
//! come out.

mod node;
mod wake;

pub use node::Node;
pub use wake::{Wake, Why};
