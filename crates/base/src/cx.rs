//! The only environment that anything below the drivers is given.

use crate::event::{Event, Fact};
use crate::{Instant, Kind, NodeId, PacketId, Rng, Sink};

/// Time, randomness and the observer of one call into a node.
pub struct Cx<'a> {
    /// The present moment. It does not move during a call.
    pub now: Instant,
    /// Whose call this is.
    pub node: NodeId,
    /// The node's own random stream.
    pub rng: &'a mut Rng,
    /// Where facts go.
    pub sink: &'a mut dyn Sink,
}

impl Cx<'_> {
    /// Hands a fact to the observer. `fact` is not even computed when nobody wants its kind.
    pub fn record(&mut self, kind: Kind, cause: PacketId, fact: impl FnOnce() -> Fact) {
        if self.sink.wants(kind) {
            self.sink.event(Event { at: self.now, node: self.node, cause, fact: fact() });
        }
    }
}
