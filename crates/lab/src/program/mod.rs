//! What runs on the hosts of a scenario: one file a family. A program here only says how to start what `services` has.

mod browse;
mod dhcp;
mod dns;
mod web;

use std::collections::BTreeMap;
use std::fmt;
use std::time::SystemTime;

use base::Rng;
use net::{Net, Task};
use services::tls::{Authority, Trust};

pub use browse::Browse;
pub use dhcp::{DhcpClient, DhcpServer};
pub use dns::{NameServer, Resolver};
pub use web::{Certificate, Web};

/// A program of a scenario.
pub trait Program: fmt::Debug + Send + Sync + 'static {
    /// Starts it on a host. The task ends when the program does; a run waits for those in the foreground.
    fn start(&self, net: &Net, world: &Commons) -> Result<Task<()>, String>;

    /// Whether a run lasts until this program has ended.
    fn is_foreground(&self) -> bool {
        false
    }
}

/// What all programs of a world share: who certifies, and whom people trust.
pub struct Commons {
    authorities: BTreeMap<&'static str, Authority>,
}

impl Commons {
    /// Of a run with this seed that begins at `epoch`.
    pub fn new(seed: u64, epoch: SystemTime) -> Self {
        let rng = Rng::root(seed).split("certificates");
        let names = [TRUSTED, UNKNOWN];
        Commons { authorities: names.map(|name| (name, Authority::new(name, &rng, epoch))).into() }
    }

    /// The authority that every host of the world trusts.
    pub fn trusted(&self) -> &Authority {
        &self.authorities[TRUSTED]
    }

    /// An authority that nobody trusts.
    pub fn unknown(&self) -> &Authority {
        &self.authorities[UNKNOWN]
    }

    /// The trust store of the world's hosts.
    pub fn trust(&self) -> Trust {
        Trust::in_authority(self.trusted())
    }
}

const TRUSTED: &str = "Glassnet";
const UNKNOWN: &str = "Nobody Knows";
