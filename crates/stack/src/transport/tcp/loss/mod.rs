//! Loss: what was sent and what became of it (`scoreboard`), what is lost (`rack`, `tail`), when and how fast to repair
//! (`recovery`, `prr`), and whether there was anything to repair (`undo`).

mod prr;
mod rack;
mod recovery;
mod scoreboard;
mod tail;
mod undo;

pub(crate) use prr::Prr;
pub(crate) use rack::{AckClock, Tolerance};
pub(crate) use recovery::{Ack, Recovery, Verdict};
pub(crate) use scoreboard::{Board, Covered, Scoreboard, Sent};
pub(crate) use tail::Tail;
pub(crate) use undo::Undo;
