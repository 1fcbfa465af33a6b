//! The nodes of a world: hosts with programs, switches, and anything else that is a [`Node`].

use base::{Cx, Instant, Port};
use link::Switch;
use net::Machine;
use stack::{Node, Wake, Why};
use wire::PacketBuf;

use crate::fabric::{Fabric, Input, Place};

/// A node with its place.
pub(crate) struct Seat {
    pub(crate) place: Place,
    pub(crate) kind: Kind,
}

/// What sits there.
pub(crate) enum Kind {
    Host(Machine),
    Switch(Box<SwitchNode>),
    Other(Box<dyn Node>),
}

impl Seat {
    /// Gives the node its input and everyone its output. A host is locked once for all of it.
    #[inline]
    pub(crate) fn visit(&mut self, fabric: &mut Fabric, input: Input) {
        let Seat { place, kind, .. } = self;
        if place.off {
            return;
        }
        match kind {
            Kind::Host(machine) => machine.visit(|host| fabric.attend(place, host, input)),
            Kind::Switch(switch) => fabric.attend(place, &mut **switch, input),
            Kind::Other(node) => fabric.attend(place, &mut **node, input),
        }
    }

    /// The node's next frame at an open port, and the deadline after it.
    pub(crate) fn take(&mut self, fabric: &mut Fabric, outer: Port, port: Port) -> Option<PacketBuf> {
        let Seat { place, kind, .. } = self;
        if place.off {
            return None;
        }
        match kind {
            Kind::Host(machine) => machine.visit(|host| take_from(fabric, place, host, outer, port)),
            Kind::Switch(switch) => take_from(fabric, place, &mut **switch, outer, port),
            Kind::Other(node) => take_from(fabric, place, &mut **node, outer, port),
        }
    }

    /// What the node waits for, in order of time.
    pub(crate) fn waits(&self) -> Vec<Wake> {
        match &self.kind {
            Kind::Host(machine) => {
                let mut waits: Vec<Wake> = machine.visit(|host| host.waiting().collect());
                waits.sort_by_cached_key(|wake| (wake.at, format!("{:?}", wake.why)));
                waits
            }
            Kind::Switch(switch) => switch.poll_at().into_iter().collect(),
            Kind::Other(node) => node.poll_at().into_iter().collect(),
        }
    }
}

fn take_from<N: Node + ?Sized>(
    fabric: &mut Fabric,
    place: &mut Place,
    node: &mut N,
    outer: Port,
    port: Port,
) -> Option<PacketBuf> {
    let frame = node.poll_frame(&mut fabric.cx(place), port);
    fabric.open[usize::from(outer.0)].listed = frame.is_some();
    fabric.attend(place, node, Input::Nothing);
    frame
}

/// A switch as a node.
pub(crate) struct SwitchNode(pub(crate) Switch);

impl Node for SwitchNode {
    fn on_frame(&mut self, cx: &mut Cx<'_>, port: Port, frame: PacketBuf) {
        self.0.on_frame(cx, port, frame);
    }
    fn on_timer(&mut self, cx: &mut Cx<'_>) {
        self.0.on_timer(cx);
    }
    fn poll_ready(&mut self) -> Option<Port> {
        self.0.poll_ready()
    }
    fn poll_frame(&mut self, _: &mut Cx<'_>, port: Port) -> Option<PacketBuf> {
        self.0.poll_frame(port)
    }
    fn has_frame(&mut self, port: Port) -> bool {
        self.0.has_frame(port)
    }
    fn poll_at(&self) -> Option<Wake> {
        self.0.poll_at().map(|at| Wake { at, why: Why::SpanningTree })
    }
    fn due(&self) -> Instant {
        self.0.poll_at().unwrap_or(Instant::FAR)
    }
}
