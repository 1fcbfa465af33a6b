//! A node that does nothing: the name of a medium, so that people and timelines can speak of it.

use base::{Cx, Port};
use stack::{Node, Wake};
use wire::PacketBuf;

#[derive(Debug)]
pub(crate) struct Silent;

impl Node for Silent {
    fn on_frame(&mut self, _: &mut Cx<'_>, _: Port, _: PacketBuf) {}
    fn on_timer(&mut self, _: &mut Cx<'_>) {}
    fn poll_ready(&mut self) -> Option<Port> {
        None
    }
    fn poll_frame(&mut self, _: &mut Cx<'_>, _: Port) -> Option<PacketBuf> {
        None
    }
    fn poll_at(&self) -> Option<Wake> {
        None
    }
}
