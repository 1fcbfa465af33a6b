//! Frames taken apart up to the application: DNS, TLS and HTTP/1 on top of the layers that `wire` knows.
//!
//! Each protocol has its file: a typed reading for the other pictures, and a dissector made of it, which is one line in
//! [`registry`].

pub mod dns;
pub mod http;
mod layers;
pub mod tls;

use base::LinkType;
use wire::dissect::{Key, Layer, Registry};

/// All protocols: those of `wire`, and those of this crate.
pub fn registry() -> Registry {
    Registry::new()
        .with(Key::UdpPort(dns::PORT), layers::dns_datagram)
        .with(Key::TcpPort(dns::PORT), layers::dns_stream)
        .with(Key::TcpPort(http::PORT), layers::http)
        .with(Key::TcpPort(tls::PORT), layers::tls)
}

/// The layers of a frame, from the outside in.
pub fn dissect(link_type: LinkType, frame: &[u8]) -> Vec<Layer> {
    wire::dissect::dissect_with(&registry(), link_type, frame)
}

/// One line about a frame.
pub fn summary(link_type: LinkType, frame: &[u8]) -> String {
    wire::dissect::summary_with(&registry(), link_type, frame)
}
