//! Bytes to meaning and back, one file per format: no state, no clock.
//!
//! Every format has a plain header struct with `parse` (from the bytes at the front of a slice) and `push` (in front of
//! a [`PacketBuf`]). `push` always computes lengths and checksums itself. A parser never panics, whatever the bytes: it
//! answers an [`Error`] that names format, field and offset.

pub mod arp;
pub mod ax25;
pub mod checksum;
pub mod dhcp;
pub mod dissect;
pub mod dot11;
mod error;
pub mod ethernet;
pub mod fcs;
pub mod hdlc;
pub mod icmpv4;
pub mod ip;
pub mod ipv4;
pub mod ipv6;
pub mod llc;
mod packet;
pub mod radiotap;
pub mod stp;
pub mod tcp;
pub mod udp;
pub mod vlan;

pub use error::{Error, Problem};
pub use packet::{HEADROOM, Packet, PacketBuf};

/// What every parser answers.
pub type Result<T> = std::result::Result<T, Error>;
