//! Loss: what was sent and what became of it (`scoreboard`), and when to repair (`recovery`).

mod recovery;
mod scoreboard;

pub(crate) use recovery::{Ack, Recovery, Verdict};
pub(crate) use scoreboard::Scoreboard;
