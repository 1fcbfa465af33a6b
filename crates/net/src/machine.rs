//! A host as its driver sees it.

use base::{Cx, NodeId, Port};
use stack::{Host, Node, Wake};
use wire::PacketBuf;

use crate::Net;

/// A host of a runtime as a [`Node`]. Each call locks the host; wakers are called after it is unlocked.
#[derive(Debug)]
pub struct Machine {
    net: Net,
}

impl Machine {
    pub(crate) fn new(net: Net) -> Self {
        Machine { net }
    }

    /// Which node it is.
    pub fn node(&self) -> NodeId {
        self.net.node()
    }

    /// The handle for its programs.
    pub fn net(&self) -> &Net {
        &self.net
    }

    /// Everything that a driver does to the host at one moment, under one lock. Then whoever was waiting is woken.
    pub fn visit<R>(&self, act: impl FnOnce(&mut Host) -> R) -> R {
        self.net.visit(act)
    }
}

impl Node for Machine {
    fn on_frame(&mut self, cx: &mut Cx<'_>, port: Port, frame: PacketBuf) {
        self.visit(|host| host.on_frame(cx, port, frame));
    }
    fn on_timer(&mut self, cx: &mut Cx<'_>) {
        self.visit(|host| host.on_timer(cx));
    }
    fn poll_ready(&mut self) -> Option<Port> {
        self.visit(Host::poll_ready)
    }
    fn poll_frame(&mut self, cx: &mut Cx<'_>, port: Port) -> Option<PacketBuf> {
        self.visit(|host| host.poll_frame(cx, port))
    }
    fn poll_at(&self) -> Option<Wake> {
        self.visit(|host| host.poll_at())
    }
}
