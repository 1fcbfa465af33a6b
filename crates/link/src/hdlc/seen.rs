//! What an observer is told: verdicts as they fall, and facts of the link when something has changed.

use base::event::{ArqFact, DropReason, LinkDrop, LinkFact};
use base::{Cx, Fact, Kind, PacketId, Port};

use super::setup::State;

/// What an observer was told last; a change of it is worth a fact.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Seen {
    pub(super) state: State,
    /// V(A).
    pub(super) oldest: u8,
    /// V(S).
    pub(super) next: u8,
    /// V(R).
    pub(super) expected: u8,
    pub(super) held: u8,
    /// Whether T1 guards anything.
    pub(super) guarded: bool,
}

impl Seen {
    /// Of a station that has done nothing yet.
    pub(super) const NOTHING: Seen =
        Seen { state: State::Disconnected, oldest: 0, next: 0, expected: 0, held: 0, guarded: false };

    /// Takes how a station is `now` and records what has changed, `cause` being the frame that changed it.
    pub(super) fn observe(&mut self, cx: &mut Cx<'_>, port: Port, cause: PacketId, now: Seen) {
        let before = std::mem::replace(self, now);
        if before == now {
            return;
        }
        if before.state != now.state {
            let (from, to) = (before.state.name(), now.state.name());
            cx.record(Kind::Network, cause, || fact(port, ArqFact::State { from, to }));
        }
        let Seen { oldest, next, expected, held, .. } = now;
        if (before.oldest, before.next, before.expected, before.held) != (oldest, next, expected, held) {
            cx.record(Kind::Network, cause, || fact(port, ArqFact::Window { oldest, next, expected, held }));
        }
        if before.guarded != now.guarded {
            let what = if now.guarded { "started" } else { "stopped" };
            cx.record(Kind::Network, cause, || fact(port, ArqFact::Timer { name: T1, what }));
        }
    }
}

/// A fact of the link at `port`.
pub(super) fn fact(port: Port, fact: ArqFact) -> Fact {
    Fact::Link(LinkFact::Arq { port, fact })
}

/// A frame is thrown away.
pub(super) fn drop_fact(cx: &mut Cx<'_>, id: PacketId, why: LinkDrop) {
    cx.record(Kind::Drop, id, || Fact::Drop(DropReason::Link(why)));
}

/// The timer that waits for an acknowledgement.
pub(super) const T1: &str = "T1";
