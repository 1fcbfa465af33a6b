//! Interfaces: what stands between the internet layer and a medium.

pub(crate) mod arp;
pub(crate) mod claim;
mod interface;
pub(crate) mod link_socket;
pub(crate) mod neighbor;
mod queue;

pub(crate) use interface::{Accepted, Interface};
