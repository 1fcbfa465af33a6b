//! What happened, layer by layer: one file a layer, each with its facts and its drop reasons.

mod app;
mod internet;
mod link;
mod transport;

pub use app::{AppFact, Value};
pub use internet::{InternetDrop, InternetFact};
pub use link::{AccessFact, ArqFact, BridgeFact, LinkDrop, LinkFact};
pub use transport::{Flow, RetransmitCause, TcpMetrics, TcpState, TransportDrop, TransportFact};

use crate::{Instant, NodeId, PacketId};

/// One thing that happened.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
    /// When.
    pub at: Instant,
    /// At which node.
    pub node: NodeId,
    /// The packet whose arrival caused it, or [`PacketId::NONE`].
    pub cause: PacketId,
    /// What.
    pub fact: Fact,
}

/// A fact of one layer, or a verdict.
#[derive(Clone, PartialEq, Debug)]
pub enum Fact {
    /// The packet in `cause` was dropped.
    Drop(DropReason),
    /// Of the link layer.
    Link(LinkFact),
    /// Of the internet layer.
    Internet(InternetFact),
    /// Of the transport layer.
    Transport(TransportFact),
    /// Recorded by a program.
    App(AppFact),
}

/// Why a packet ended here.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DropReason {
    /// By the link layer or on a medium.
    Link(LinkDrop),
    /// By the internet layer.
    Internet(InternetDrop),
    /// By the transport layer.
    Transport(TransportDrop),
}

impl Fact {
    /// Whether it is a quantity that changes all the time: for plots, not for stories.
    pub const fn is_metric(&self) -> bool {
        matches!(self, Fact::Transport(TransportFact::Metrics { .. }) | Fact::Link(LinkFact::Queue { .. }))
    }
}

impl DropReason {
    /// One plain phrase, without a full stop.
    pub const fn text(self) -> &'static str {
        match self {
            DropReason::Link(reason) => reason.text(),
            DropReason::Internet(reason) => reason.text(),
            DropReason::Transport(reason) => reason.text(),
        }
    }
}

/// A drop reason as an enum whose variants carry their phrase.
macro_rules! reasons {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name { $(#[doc = $text] $variant,)* }

        impl $name {
            /// One plain phrase, without a full stop.
            pub const fn text(self) -> &'static str {
                match self { $($name::$variant => $text,)* }
            }
        }

        impl From<$name> for $crate::event::DropReason {
            fn from(reason: $name) -> Self {
                crate::event::reasons_into!($name, reason)
            }
        }
    };
}
macro_rules! reasons_into {
    (LinkDrop, $r:expr) => {
        $crate::event::DropReason::Link($r)
    };
    (InternetDrop, $r:expr) => {
        $crate::event::DropReason::Internet($r)
    };
    (TransportDrop, $r:expr) => {
        $crate::event::DropReason::Transport($r)
    };
}
use {reasons, reasons_into};
