//! The two-host fixture [`Pair`], the one-host fixture [`Puppet`], and the words of their tests.
//!
//! ```
//! use glassnet_testkit::*;
//! let mut net = Pair::new(seed!()).delay(ms(10));
//! net.rule(drop_nth(1).of(tcp().syn()));
//! net.a.connect(net.b.addr(80));
//! net.run_until_idle();
//! assert_eq!(net.ladder().sent("a", tcp().syn()), [ms(0), s(1)]);
//! ```
//! A test that fails prints the ladder of its frames, writes them to a `.pcapng` file, and says which command replays it.
//! The stories themselves are in `tests/`, one file a theme.

#![forbid(unsafe_code)]

mod end;
mod fault;
mod filter;
mod ladder;
mod pair;
mod plan;
mod program;
mod puppet;
mod report;
#[macro_use]
mod seed;
mod segment;
mod sound;

pub use end::{Conn, End, Listening};
pub use fault::{Fault, delay_nth, drop_all, drop_each, drop_nth, drop_share, duplicate_nth, every, nth};
pub use filter::{Filter, arp, frames, icmp, tcp, udp};
pub use ladder::{Ladder, Seen};
pub use pair::Pair;
pub use program::{Outcome, Talk, pattern};
pub use puppet::{Peer, Puppet};
pub use seed::Seed;
pub use segment::{Seg, seg};

use base::Duration;

/// `n` milliseconds.
pub const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// `n` seconds.
pub const fn s(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// `n` microseconds.
pub const fn us(n: u64) -> Duration {
    Duration::from_micros(n)
}
