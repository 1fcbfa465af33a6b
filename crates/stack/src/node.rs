//! What can stand at the end of a cable.

use base::{Cx, Instant, Port};
use wire::PacketBuf;

use crate::Wake;

/// A state machine with ports.
///
/// Inputs are [`on_frame`](Node::on_frame) and [`on_timer`](Node::on_timer); they may be called in any order and never
/// produce output by themselves. After any input (or a call from a program) the driver asks, in this order:
/// 1. [`poll_ready`](Node::poll_ready) until it returns `None`: the ports that have something to send. A port is named
///    once; then the driver owes it polls until `poll_frame` has returned `None`, at the pace of its medium.
/// 2. [`poll_frame`](Node::poll_frame) for each such port whose medium is free.
/// 3. [`poll_at`](Node::poll_at): when to call `on_timer` next. Only the last answer counts.
pub trait Node: Send {
    /// A frame arrived at `port`.
    fn on_frame(&mut self, cx: &mut Cx<'_>, port: Port, frame: PacketBuf);
    /// The time of the last `poll_at` has come. Calling it early is harmless.
    fn on_timer(&mut self, cx: &mut Cx<'_>);
    /// The next port that may have a frame to send, each named once until its `poll_frame` returns `None`.
    fn poll_ready(&mut self) -> Option<Port>;
    /// The next frame to put on the medium at `port`.
    fn poll_frame(&mut self, cx: &mut Cx<'_>, port: Port) -> Option<PacketBuf>;
    /// When this node next wants `on_timer`, and why.
    fn poll_at(&self) -> Option<Wake>;
    /// Whether `poll_frame` may return a frame now. False: it would return `None`, and the driver owes this port nothing
    /// more until it is named again. Asked while the medium is busy, so it costs next to nothing.
    fn has_frame(&mut self, _: Port) -> bool {
        true
    }
    /// Whether the node wants more frames from `port`. A link that can hold frames back asks; other drivers do not.
    fn can_take(&self, _: Port) -> bool {
        true
    }
    /// The time of `poll_at` without the reason; [`Instant::FAR`]: never.
    fn due(&self) -> Instant {
        self.poll_at().map_or(Instant::FAR, |wake| wake.at)
    }
}
