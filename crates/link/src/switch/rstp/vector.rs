//! What bridges compare: priority vectors and times (IEEE 802.1D-2004 17.5, 17.13).

use base::{Duration, Mac};
use wire::stp::{BridgeId, Message};

/// A way to a root, as a bridge offers it at one of its ports. The smaller one is better; the fields are compared in their
/// order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(super) struct Vector {
    pub(super) root: BridgeId,
    pub(super) cost: u32,
    pub(super) bridge: BridgeId,
    pub(super) port: u16,
}

impl Vector {
    pub(super) fn of(body: &Message) -> Self {
        Vector { root: body.root, cost: body.root_path_cost, bridge: body.bridge, port: body.port }
    }

    /// The same way, seen from behind a port that costs `cost`.
    pub(super) fn through(self, cost: u32) -> Self {
        Vector { cost: self.cost.saturating_add(cost), ..self }
    }

    /// Which port of which bridge offers it.
    pub(super) fn sender(&self) -> (Mac, u16) {
        (self.bridge.mac, self.port)
    }
}

/// The times that the root prescribes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Times {
    pub(super) message_age: Duration,
    pub(super) max_age: Duration,
    pub(super) hello: Duration,
    pub(super) forward_delay: Duration,
}

impl Times {
    /// A peer's times, within limits: a hello time of zero would never let time pass.
    pub(super) fn of(body: &Message) -> Self {
        Times {
            message_age: body.message_age,
            max_age: body.max_age.min(MAX_AGE),
            hello: body.hello_time.clamp(MIN_HELLO, MAX_HELLO),
            forward_delay: body.forward_delay.min(MAX_FORWARD_DELAY),
        }
    }

    /// One bridge farther from the root.
    pub(super) fn next(self) -> Self {
        Times { message_age: Duration::from_nanos(self.message_age.nanos() + HOP.nanos()), ..self }
    }

    /// Whether it came through too many bridges: information that circles grows old.
    pub(super) fn too_old(self) -> bool {
        self.next().message_age > self.max_age
    }
}

/// Added to the age at each bridge.
const HOP: Duration = Duration::from_secs(1);
const MAX_AGE: Duration = Duration::from_secs(40);
const MIN_HELLO: Duration = Duration::from_millis(100);
const MAX_HELLO: Duration = Duration::from_secs(10);
const MAX_FORWARD_DELAY: Duration = Duration::from_secs(30);
