//! The embedded world with a port left open for a real interface.

use std::time::SystemTime;

use base::{Port, Sink};
use sim::World;

use crate::scenario::BuildError;
use crate::worlds::internet::{OPEN_PORT, internet};

/// The world of `glassnet up`: it can be driven as one node.
pub struct Up {
    /// The world; its programs run.
    pub world: World,
    /// The open port: where the real interface is plugged in.
    pub port: Port,
    /// The certificate of the world's authority, PEM.
    pub root_pem: String,
}

/// Builds it for a seed. `epoch` is the present date, so that real clients find the certificates valid.
pub fn up(seed: u64, epoch: SystemTime, sink: Box<dyn Sink>) -> Result<Up, BuildError> {
    let mut scenario = internet();
    scenario.epoch = epoch;
    let mut running = scenario.start(seed, sink)?;
    let (node, interface) = OPEN_PORT;
    let (id, inner) = (running.built.node(node)?, running.built.port(node, interface)?);
    let port = running.built.world.open(id, inner);
    Ok(Up { world: running.built.world, port, root_pem: running.commons.trusted().root_pem().to_owned() })
}
