//! Frames taken apart for people: layers, their fields, and where each stands in the bytes.
//!
//! [`dissect`] answers the layers of a frame from the outside in, [`summary`] one line about it, [`network`] where the
//! packet stands in it, whatever the link, [`transport`] its ports and payload. A new protocol is one function and one line in the [`registry`]; other crates add theirs with
//! [`Registry::with`]. Nothing here panics or refuses: a malformed layer says so in its `error`, and what cannot be
//! understood is a layer named `data`.

mod layer;
pub mod registry;
mod transport;

pub use layer::{Field, Layer};
pub use registry::{Dissector, Key, Registry};
pub use transport::{Transport, network, transport};

use std::net::IpAddr;
use std::ops::Range;

use base::LinkType;

use crate::Problem;

/// No frame is taken apart into more layers than this: what is deeper (errors that quote errors, tags in tags) is data.
pub const MAX_LAYERS: usize = 16;

/// The layers of a frame, from the outside in.
pub fn dissect(link_type: LinkType, frame: &[u8]) -> Vec<Layer> {
    dissect_with(&Registry::new(), link_type, frame)
}

/// The same with more protocols than this crate knows.
pub fn dissect_with(registry: &Registry, link_type: LinkType, frame: &[u8]) -> Vec<Layer> {
    Dissection::run(registry, link_type, frame, true)
}

/// One line about a frame: `TCP 50000 > 443 [S] seq=1 win=64240 len=0`.
pub fn summary(link_type: LinkType, frame: &[u8]) -> String {
    summary_with(&Registry::new(), link_type, frame)
}

/// The same with more protocols than this crate knows.
pub fn summary_with(registry: &Registry, link_type: LinkType, frame: &[u8]) -> String {
    let layers = Dissection::run(registry, link_type, frame, false);
    let top = layers.iter().rev().find(|layer| layer.name != DATA && !layer.quoted).or(layers.first());
    let mut text = top.map_or("empty frame".into(), |layer| layer.summary.clone());
    if let Some(error) = layers.iter().find_map(|layer| layer.error) {
        match error.problem {
            Problem::BadChecksum => text.push_str(" (bad checksum)"),
            _ => text.push_str(&format!(" (malformed: {error})")),
        }
    }
    text
}

/// A frame while it is taken apart. A [`Dissector`] makes a [`Layer`] of its own bytes, pushes it, and passes the bytes
/// behind it on.
#[derive(Debug)]
pub struct Dissection<'a> {
    frame: &'a [u8],
    registry: &'a Registry,
    layers: Vec<Layer>,
    addresses: Option<(IpAddr, IpAddr)>,
    with_fields: bool,
    quoted: bool,
}

impl<'a> Dissection<'a> {
    fn run(registry: &'a Registry, link_type: LinkType, frame: &'a [u8], with_fields: bool) -> Vec<Layer> {
        let mut run = Dissection { frame, registry, layers: Vec::new(), addresses: None, with_fields, quoted: false };
        run.next(Key::Link(link_type), 0..frame.len());
        run.layers
    }

    /// Bytes of the frame; none where `range` leaves it.
    pub fn bytes(&self, range: Range<usize>) -> &'a [u8] {
        self.frame.get(range).unwrap_or(&[])
    }

    /// A layer without fields, to be filled and pushed.
    pub fn layer(&self, name: &'static str, range: Range<usize>) -> Layer {
        let mut layer = Layer::new(name, range);
        layer.with_fields = self.with_fields;
        layer.quoted = self.quoted;
        layer
    }

    /// Adds a finished layer; answers its place.
    pub fn push(&mut self, layer: Layer) -> usize {
        self.layers.push(layer);
        self.layers.len() - 1
    }

    /// Passes bytes on to the protocol that `key` names, or to none.
    pub fn next(&mut self, key: Key, range: Range<usize>) {
        match self.registry.find(key) {
            Some(dissector) if self.layers.len() < MAX_LAYERS => dissector(self, range),
            _ => self.data(range),
        }
    }

    /// Passes bytes on to the protocol of either port, the destination's first.
    pub fn next_by_port(&mut self, key: fn(u16) -> Key, src_port: u16, dst_port: u16, range: Range<usize>) {
        let known = |port: &u16| !range.is_empty() && self.registry.find(key(*port)).is_some();
        let port = [dst_port, src_port].into_iter().find(known).unwrap_or(dst_port);
        self.next(key(port), range);
    }

    /// Bytes that no dissector knows; none at all make no layer.
    pub fn data(&mut self, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        let mut layer = self.layer(DATA, range.clone());
        layer.summary = format!("{} bytes of data", range.len());
        self.push(layer);
    }

    /// The innermost IP addresses so far, for checksums that cover them.
    pub fn addresses(&self) -> Option<(IpAddr, IpAddr)> {
        self.addresses
    }

    pub(crate) fn set_addresses(&mut self, src: IpAddr, dst: IpAddr) {
        self.addresses = Some((src, dst));
    }

    /// Whether these bytes are the start of a packet that an ICMP error quotes: lengths and checksums speak of more than
    /// is there.
    pub fn is_quoted(&self) -> bool {
        self.quoted
    }

    /// Passes the packet that an ICMP error quotes on; answers what its innermost known layer says.
    pub(crate) fn quote(&mut self, key: Key, range: Range<usize>) -> Option<String> {
        let (from, outside, addresses) = (self.layers.len(), self.quoted, self.addresses);
        self.quoted = true;
        self.next(key, range);
        (self.quoted, self.addresses) = (outside, addresses);
        self.layers[from..].iter().rev().find(|layer| layer.name != DATA).map(|layer| layer.summary.clone())
    }

    /// A layer pushed before.
    pub(crate) fn layer_mut(&mut self, place: usize) -> Option<&mut Layer> {
        self.layers.get_mut(place)
    }

    /// Where the bytes end that any layer but the first has claimed.
    pub(crate) fn claimed(&self) -> usize {
        self.layers.iter().skip(1).map(|layer| layer.range.end).max().unwrap_or(self.frame.len())
    }
}

const DATA: &str = "data";

#[cfg(test)]
mod tests;
