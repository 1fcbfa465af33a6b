//! Web servers: in clear on port 80, inside TLS on port 443.

use net::{Net, Task};
use services::http::{Site, WebServer};
use services::tls::{Identity, ServerTls};

use super::dns::{any, end};
use super::{Commons, Program};

/// A web server on ports 80 and 443.
#[derive(Clone, Debug)]
pub struct Web {
    /// Sites in clear text.
    pub clear: Vec<Site>,
    /// Sites inside TLS.
    pub secure: Vec<Site>,
    /// What the server shows inside TLS; who asks for another name is shown the first.
    pub certificates: Vec<Certificate>,
}

/// A certificate, good or bad.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Certificate {
    /// For these names, signed by the authority that everybody trusts.
    Valid(Vec<String>),
    /// The same, but its time is over.
    Expired(Vec<String>),
    /// Signed by an authority that nobody trusts.
    UnknownAuthority(Vec<String>),
}

impl Certificate {
    /// A good one.
    pub fn valid(names: &[&str]) -> Self {
        Certificate::Valid(owned(names))
    }

    /// One whose time is over.
    pub fn expired(names: &[&str]) -> Self {
        Certificate::Expired(owned(names))
    }

    /// One that nobody trusts.
    pub fn unknown_authority(names: &[&str]) -> Self {
        Certificate::UnknownAuthority(owned(names))
    }

    fn issue(&self, world: &Commons) -> Result<Identity, String> {
        let (Certificate::Valid(names) | Certificate::Expired(names) | Certificate::UnknownAuthority(names)) = self;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let issued = match self {
            Certificate::Valid(_) => world.trusted().issue(&names),
            Certificate::Expired(_) => world.trusted().issue_expired(&names),
            Certificate::UnknownAuthority(_) => world.unknown().issue(&names),
        };
        issued.map_err(|error| error.to_string())
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

impl Program for Web {
    fn start(&self, net: &Net, world: &Commons) -> Result<Task<()>, String> {
        let identities: Result<Vec<_>, _> = self.certificates.iter().map(|wanted| wanted.issue(world)).collect();
        let clear = WebServer::new(self.clear.clone());
        let secure = WebServer::new(self.secure.clone()).secure(ServerTls::new(net, identities?));
        let own = net.clone();
        let inner = net.clone();
        own.spawn(async move { end(&inner, "http", clear.run(inner.clone(), any(80)).await.err()) }).detach();
        let inner = net.clone();
        Ok(own.spawn(async move { end(&inner, "https", secure.run(inner.clone(), any(443)).await.err()) }))
    }
}
