//! A host as its driver sees it.

use base::NodeId;
use stack::Host;

use crate::Net;

/// A host of a runtime, for its driver. Programs have a [`Net`] instead.
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

    /// Everything that a driver does to the host at one moment, under one lock: its input, then what `stack::Node` says is
    /// to be asked. When the host is unlocked, whoever was waiting is woken.
    #[inline]
    pub fn visit<R>(&self, act: impl FnOnce(&mut Host) -> R) -> R {
        self.net.visit(act)
    }
}
