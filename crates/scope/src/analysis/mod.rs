//! What happened in a capture, for people: who spoke with whom, what went wrong, what was asked and answered.
//!
//! An [`Analyst`] is given the packets of one [`crate::fields::Reader`] in their order and gives a [`Summary`]: values
//! for machines, and [`Summary::text`] for people. It sees what a listener on the wire sees and no more. Causes are the
//! likely ones, except where a comment beside a frame tells the true one, as our own captures do.

mod compare;
mod conversation;
mod lines;
mod local;
mod lookups;
mod secure;
mod tell;
mod web;

pub use compare::{Difference, Left, compare, ladder_around};
pub use conversation::{Cause, Conversation, Direction, End, Repetition};
pub use lines::Lines;
pub use local::{Conflict, Lease, NetError};
pub use lookups::Lookup;
pub use secure::Session;
pub use tell::heading;
pub use web::Exchange;

use serde::Serialize;

use crate::fields::Packet;

/// What happened.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Summary {
    /// How many packets.
    pub packets: u64,
    /// Bytes on the wire.
    pub bytes: u64,
    /// Nanoseconds from the first to the last.
    pub duration_ns: u64,
    /// TCP connections and UDP conversations, in the order in which they began.
    pub conversations: Vec<Conversation>,
    /// Questions to name servers.
    pub lookups: Vec<Lookup>,
    /// TLS handshakes.
    pub sessions: Vec<Session>,
    /// HTTP requests and their answers, where they are in clear.
    pub exchanges: Vec<Exchange>,
    /// Addresses that were given out.
    pub leases: Vec<Lease>,
    /// Addresses that two stations claimed.
    pub conflicts: Vec<Conflict>,
    /// ICMP errors.
    pub errors: Vec<NetError>,
    /// Packets that belong to more conversations, lookups and the like than are told apart.
    pub left_out: u64,
}

/// Makes a summary, packet by packet.
#[derive(Debug, Default)]
pub struct Analyst {
    summary: Summary,
    tcp: conversation::Connections,
    lookups: lookups::Lookups,
    sessions: secure::Sessions,
    exchanges: web::Exchanges,
    local: local::Local,
}

impl Analyst {
    /// One who has seen nothing yet.
    pub fn new() -> Analyst {
        Analyst::default()
    }

    /// Takes the next packet. It must come from a reader for all fields.
    pub fn take(&mut self, packet: &Packet<'_>) {
        let summary = &mut self.summary;
        summary.packets += 1;
        summary.bytes += u64::from(packet.raw.len);
        summary.duration_ns = summary.duration_ns.max(packet.since_first_ns);
        if packet.raw.is_flawed() {
            return;
        }
        self.tcp.take(packet, summary);
        self.lookups.take(packet, summary);
        self.sessions.take(packet, summary);
        self.exchanges.take(packet, summary);
        self.local.take(packet, summary);
    }

    /// What it was.
    pub fn finish(self) -> Summary {
        self.summary
    }
}

/// The most entries of each list of a summary; what comes later is counted as left out.
const MAX_ENTRIES: usize = 100_000;

#[cfg(test)]
mod tests;
