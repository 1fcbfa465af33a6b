//! Stations that talk on a link itself, without IP: as much as the medium takes, or at given times.

use std::sync::Arc;

use base::event::AppFact;
use base::Port;
use bytes::Bytes;
use net::{Net, Task};
use schemars::JsonSchema;
use serde::Deserialize;

use super::registry::Written;
use super::{Arrivals, Commons, Program};
use crate::file::scalar::{NodeName, Size, Time};

/// Sends frames of one size to a node on the same link. Records `talk.done` (frames) when it has a count.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Talk {
    /// To which node.
    pub to: NodeName,
    /// Bytes of each frame's payload. Default 1500.
    #[serde(default)]
    pub size: Option<Size>,
    /// From one frame to the next; without it the next one is there as soon as the medium takes it.
    #[serde(default)]
    pub every: Option<Time>,
    /// When frames come, if not always.
    #[serde(default)]
    pub arrivals: Arrivals,
    /// How many; without it, until the run ends.
    #[serde(default)]
    pub count: Option<u64>,
}

impl Written for Talk {
    const NAME: &'static str = "talk";
    const ABOUT: &'static str = "sends frames to a node on the same link, without IP, as many as the medium takes";
}

impl Program for Talk {
    fn start(&self, net: &Net, world: &Commons) -> Result<Task<()>, String> {
        let to = world.station(&self.to.0).ok_or_else(|| format!("{} has no interface", self.to.0))?;
        let (own, what) = (net.clone(), self.clone());
        let socket = Arc::new(open(net)?);
        let size = self.size.as_ref().map_or(socket.mtu(), |size| size.0 as usize);
        let data = Bytes::from(vec![0; size]);
        Ok(net.spawn(async move {
            let rng = own.random("talk");
            // What the others say is read, so that nothing fills up.
            let ears = Arc::clone(&socket);
            own.spawn(async move {
                loop {
                    ears.recv().await;
                }
            })
            .detach();
            let mut at = own.now();
            for _ in 0..what.count.unwrap_or(u64::MAX) {
                own.sleep_until(at).await;
                if socket.send_to(data.clone(), to).await.is_err() {
                    break;
                }
                at = match &what.every {
                    None => own.now(),
                    Some(every) => at + what.arrivals.gap(every.0, &rng),
                };
            }
            own.record(AppFact::new("talk", "done", 0).with("frames", what.count.unwrap_or(0)));
        }))
    }

    fn is_foreground(&self) -> bool {
        self.count.is_some()
    }
}

/// Takes the frames that `talk` sends to it. Records `listener.frame` (bytes) for each when told to.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Listener {
    /// Whether every frame is recorded.
    #[serde(default)]
    pub record: bool,
}

impl Written for Listener {
    const NAME: &'static str = "listener";
    const ABOUT: &'static str = "takes frames that a station on the same link sends to it by `talk`";
}

impl Program for Listener {
    fn start(&self, net: &Net, _: &Commons) -> Result<Task<()>, String> {
        let (own, record, socket) = (net.clone(), self.record, open(net)?);
        Ok(net.spawn(async move {
            loop {
                let message = socket.recv().await;
                if record {
                    own.record(AppFact::new("listener", "frame", 0).with("bytes", message.data.len() as u64));
                }
            }
        }))
    }
}

fn open(net: &Net) -> Result<net::LinkSocket, String> {
    net.link_open(Port(0), ETHERTYPE).map_err(|error| error.to_string())
}

/// IEEE 802's second number for local experiments.
const ETHERTYPE: u16 = 0x88b6;

