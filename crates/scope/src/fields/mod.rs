//! The fields of a frame by name: one registry, with tshark's names, types and way of printing.
//!
//! A [`Reader`] goes over the frames of **one** capture or of one interface of a recording, in order of time, and gives
//! a [`Packet`] for each: its layers, and what only the frames before it tell (relative sequence numbers, the number of
//! the connection, whether a segment was seen before). A [`Field`] then takes its values out of the packet. Nothing is
//! allocated for a packet that carries nothing above TCP or UDP, and every packet costs the same, however many came
//! before it.
//!
//! ```
//! use glassnet_scope::fields::{self, Link, Raw, Reader, Value};
//!
//! let frame = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x08, 0x06];
//! let mut reader = Reader::new();
//! let packet = reader.read(Raw { link: Link::Ethernet, bytes: &frame, len: 14, ..Raw::default() });
//! let field = fields::named("eth.type").expect("it is in the registry");
//! assert_eq!(packet.first(field), Some(Value::Number(0x0806)));
//! assert_eq!(packet.text(field), "0x0806");
//! assert!(fields::named("tcp.sec").is_err_and(|unknown| unknown.nearest[0] == "tcp.seq"));
//! ```
//!
//! A field can have several values in one packet: `ip.src` of an ICMP error is the router's address and the quoted
//! packet's, `dns.a` has one for every address. [`Packet::first`] gives the first, [`Packet::each`] all.

mod analysis;
mod application;
mod connections;
mod dhcp;
mod dns;
mod fragments;
mod frame;
mod icmp;
mod index;
mod internet;
mod layers;
mod link;
mod lower;
pub mod option;
mod packet;
mod radio;
mod reader;
mod registry;
mod stations;
mod stream;
mod tcp;
mod udp;
mod unacknowledged;
mod value;

pub use analysis::{Analysis, Marks};
pub use connections::Segment;
pub use layers::{Layer, Link};
pub use packet::{Notes, Packet, Raw, ends};
pub use reader::Reader;
pub use registry::{Field, Unknown, all, named};
pub use value::{Form, Value};

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod tests;
