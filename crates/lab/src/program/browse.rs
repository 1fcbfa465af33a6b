//! A person at a browser: gets an address, visits a page, reads it.

use base::Duration;
use base::event::AppFact;
use net::{Net, Task};
use services::browser::{self, Options};
use services::dhcp;

use super::dhcp::interface;
use super::{Commons, Program};

/// Visits a page and ends.
#[derive(Clone, Debug)]
pub struct Browse {
    /// What was typed.
    pub url: String,
    /// The interface that gets its address by DHCP first.
    pub interface: String,
    /// Columns of the page's text.
    pub width: usize,
}

impl Program for Browse {
    fn start(&self, net: &Net, world: &Commons) -> Result<Task<()>, String> {
        let (port, _) = interface(net, &self.interface)?;
        let (client, mut lease) = dhcp::Client::new(port);
        net.spawn(client.run(net.clone())).detach();
        let (own, url, trust) = (net.clone(), self.url.clone(), world.trust());
        let options = Options { width: self.width, ..Options::default() };
        Ok(net.spawn(async move {
            match own.timeout(LEASE_PATIENCE, lease.bound()).await {
                Ok(Some(_)) => {
                    if let Some(page) = browser::visit(&own, &url, &trust, &options).await.page {
                        own.record(AppFact::new("visit", "text", 0).with("text", page.text));
                    }
                }
                _ => own.record(no_lease(&own)),
            }
            // The client keeps the lease until the world ends.
            own.spawn(async move {
                let _keep = lease;
                std::future::pending::<()>().await;
            })
            .detach();
        }))
    }

    fn is_foreground(&self) -> bool {
        true
    }
}

fn no_lease(net: &Net) -> AppFact {
    AppFact::new("visit", "failed", net.new_span())
        .with("step", "DHCP")
        .with("party", "the DHCP server of the home network")
        .with("said", "nothing: no lease was offered")
        .with("try", "check the cable and that a DHCP server runs in this network")
}

/// How long a host tries to get an address before the person gives up.
const LEASE_PATIENCE: Duration = Duration::from_secs(600);
