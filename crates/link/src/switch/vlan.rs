//! Virtual LANs: one switch as several (IEEE 802.1Q clauses 6.9 and 8.6).
//!
//! ```text
//!   untagged ──> access port ──┐                      ┌──> access port ──> untagged
//!                              ├─> frame + its VLAN ──┤
//!   tagged ────> trunk ────────┘                      └──> trunk ────────> tagged, but for the native VLAN
//! ```

use base::Port;
use wire::PacketBuf;
use wire::vlan::{Tag, pop_tag, push_tag, tag_of};

use super::config::PortVlan;

/// The VLANs of all ports.
pub(super) struct Vlans(Vec<PortVlan>);

impl Vlans {
    /// Without any VLAN when `config` is empty.
    pub(super) fn new(mut config: Vec<PortVlan>, ports: u16) -> Self {
        if !config.is_empty() {
            config.resize(usize::from(ports), PortVlan::Access(DEFAULT));
        }
        Vlans(config)
    }

    /// Takes the tag off a frame that arrived at `port` and answers to which VLAN it belongs, with its priority. None: to
    /// none of the port's. Without VLANs the frame stays as it is.
    #[inline]
    pub(super) fn ingress(&self, port: Port, frame: &mut PacketBuf) -> Option<Tag> {
        if self.0.is_empty() { Some(Tag::default()) } else { self.classify(port, frame) }
    }

    fn classify(&self, port: Port, frame: &mut PacketBuf) -> Option<Tag> {
        let port = self.0.get(usize::from(port.0))?;
        if frame.head().len() < TAGGED_LEN {
            frame.flatten();
        }
        let Some(tag) = tag_of(frame.head()) else {
            return port.untagged().map(|vid| Tag { vid, ..Tag::default() });
        };
        // VLAN 0 means none: the tag says a priority alone.
        let vid = if tag.vid == 0 { port.untagged()? } else { tag.vid };
        if !port.carries(vid) {
            return None;
        }
        pop_tag(frame);
        Some(Tag { vid, ..tag })
    }

    /// Whether `port` belongs to this VLAN.
    #[inline]
    pub(super) fn carries(&self, port: Port, vid: u16) -> bool {
        self.0.is_empty() || self.0.get(usize::from(port.0)).is_some_and(|port| port.carries(vid))
    }

    /// Makes a frame of a VLAN fit for `port`.
    #[inline]
    pub(super) fn egress(&self, port: Port, tag: Tag, frame: &mut PacketBuf) {
        if self.0.get(usize::from(port.0)).is_some_and(|port| port.untagged() != Some(tag.vid)) {
            push_tag(frame, tag);
        }
    }
}

impl PortVlan {
    /// The VLAN whose frames carry no tag.
    fn untagged(&self) -> Option<u16> {
        match self {
            PortVlan::Access(vid) => Some(*vid),
            PortVlan::Trunk { native, .. } => *native,
        }
    }

    fn carries(&self, vid: u16) -> bool {
        self.untagged() == Some(vid) || matches!(self, PortVlan::Trunk { allowed, .. } if allowed.contains(&vid))
    }
}

/// The VLAN of ports of which nothing is said.
const DEFAULT: u16 = 1;
/// Two addresses and a tag.
const TAGGED_LEN: usize = 16;
