//! Random networks, random faults, random programs: what goes in must come out.
//!
//! ```text
//!   seed ──> town     hosts, switches, routers, cables        errand   programs that check every byte
//!       ──> weather  faults that come and go                 watch    what must hold at every moment, and at the end
//! ```
//! While faults last, safety: every byte that is heard is the one that was said, queues and buffers stay within their
//! limits, and whoever waits has a reason and a deadline. When they stop, everything converges: every program ends as it
//! should, every connection closes, and nothing is left to wait for. A seed that breaks this says what broke and how it is
//! run again. Everything is drawn from the seed, so that it breaks again the same way.

#![forbid(unsafe_code)]

mod dice;
mod errand;
mod record;
mod run;
mod text;
mod town;
mod watch;
mod weather;

pub use run::{Outcome, Storm, Tally};
