//! Stations on a shared medium that always talk, and what they have done together.

use base::{Mac, NodeId, Port};
use bytes::Bytes;
use glassnet_sim::World;

/// A station that always has a frame of `payload` bytes for `to`.
pub(crate) fn talks(world: &World, node: NodeId, to: u32, payload: usize) {
    let net = world.net(node);
    let data = Bytes::from(vec![0u8; payload]);
    net.clone()
        .spawn(async move {
            let socket = net.link_open(Port(0), 0x88b5).expect("nobody else has it");
            loop {
                socket.send_to(data.clone(), Mac::local(to)).await.expect("it fits");
            }
        })
        .detach();
}

/// The sum over stations of one of their counters.
pub(crate) fn count(world: &World, nodes: &[NodeId], what: &str) -> u64 {
    let of = |node: &NodeId| world.station_counters(*node, Port(0)).into_iter().find(|(name, _)| *name == what);
    nodes
        .iter()
        .filter_map(of)
        .map(|(_, value)| if let base::event::Value::Number(n) = value { n } else { panic!("{what} is no number") })
        .sum()
}
