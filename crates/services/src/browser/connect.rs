//! From an origin to a connection that speaks HTTP: name, TCP, TLS.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use base::Duration;
use base::event::AppFact;
use net::{TcpError, TcpStream};
use tokio::sync::OnceCell;

use super::Browser;
use super::failure::{ConnectError, Failure};
use super::pool::{Open, record_closed};
use crate::dns;
use crate::http::Connection;
use crate::tls::Session;
use crate::url::{Host, Origin, Scheme};

/// Names looked up during a visit: each once, even when several requests need it at the same moment.
#[derive(Default)]
pub(super) struct Names(Mutex<BTreeMap<String, Arc<OnceCell<Vec<IpAddr>>>>>);

impl Names {
    fn cell(&self, name: &str) -> Arc<OnceCell<Vec<IpAddr>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(name.to_owned()).or_default().clone()
    }
}

/// A failure, and whether another try may end better.
pub(super) struct Trouble {
    pub(super) failure: Failure,
    pub(super) transient: bool,
}

impl Trouble {
    pub(super) fn fatal(failure: Failure) -> Trouble {
        Trouble { failure, transient: false }
    }
}

impl Browser {
    pub(super) async fn connect(&self, origin: &Origin, span: u64) -> Result<Open, Trouble> {
        let addresses = match &origin.host {
            Host::Ip(ip) => vec![*ip],
            Host::Name(name) => self.resolve(name, span).await.map_err(Trouble::fatal)?,
        };
        let began = self.net.now();
        let stream = self.open(origin, &addresses, span).await;
        self.parts.add(&self.net, began, |parts| &mut parts.tcp);
        let stream = stream.map_err(Trouble::fatal)?;
        let remote = stream.peer_addr();
        let connection = match origin.scheme {
            Scheme::Http => Connection::open(&self.net, stream).await,
            Scheme::Https => {
                let began = self.net.now();
                let secured = self.secure(origin, stream, span).await;
                self.parts.add(&self.net, began, |parts| &mut parts.tls);
                Connection::open(&self.net, secured.inspect_err(|_| record_closed(&self.net, span, remote))?).await
            }
        };
        match connection {
            Ok(connection) => Ok(Open { connection, remote, span }),
            Err(error) => Err(Trouble {
                transient: error.is_transient(),
                failure: Failure::http(&origin.host.to_string(), &error),
            }),
        }
    }

    async fn resolve(&self, name: &str, span: u64) -> Result<Vec<IpAddr>, Failure> {
        if let Some((_, ip)) = self.options.hosts.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            return Ok(vec![*ip]);
        }
        let began = self.net.now();
        let cell = self.names.cell(name);
        let look = || async {
            let found = dns::lookup(&self.net, name, span).await;
            found.map(|found| found.addresses).map_err(|error| Failure::lookup(name, &error))
        };
        let found = cell.get_or_try_init(look).await.cloned();
        self.parts.add(&self.net, began, |parts| &mut parts.dns);
        found
    }

    /// Opens a connection to one of the addresses, in turn, with patience: packets get lost.
    async fn open(&self, origin: &Origin, addresses: &[IpAddr], span: u64) -> Result<TcpStream, Failure> {
        let began = self.net.now();
        let mut last = None;
        let mut refused = 0;
        for (tries, ip) in addresses.iter().cycle().take(CONNECT_TRIES.max(addresses.len())).enumerate() {
            if tries > 0 && !matches!(last, Some((_, ConnectError::Silence { .. }))) {
                self.net.sleep(PAUSE).await;
            }
            let remote = SocketAddr::new(*ip, origin.port);
            let fact = AppFact::new("tcp", "connect", span).with("address", *ip);
            self.net.record(fact.with("port", u64::from(origin.port)));
            let error = match self.net.timeout(CONNECT_PATIENCE, self.net.tcp_connect(remote)).await {
                Ok(Ok(stream)) => {
                    // A request is written whole: nothing is won by waiting for more.
                    stream.set_nodelay(true);
                    let fact = AppFact::new("tcp", "connected", span).with("local", stream.local_addr().to_string());
                    self.net.record(fact.with("remote", stream.peer_addr().to_string()));
                    return Ok(stream);
                }
                Ok(Err(TcpError::TimedOut)) | Err(_) => {
                    ConnectError::Silence { tries: tries + 1, span: self.net.now() - began }
                }
                Ok(Err(error)) => ConnectError::Tcp(error),
            };
            let said = match error {
                ConnectError::Silence { .. } => "no answer".to_owned(),
                ConnectError::Tcp(error) => error.to_string(),
            };
            self.net.record(AppFact::new("tcp", "failed", span).with("error", said));
            refused += usize::from(error == ConnectError::Tcp(TcpError::Refused));
            last = Some((remote, error));
            // Who refuses is there, and means it.
            let hopeless = matches!(error, ConnectError::Tcp(TcpError::NoRoute(_) | TcpError::NoAddress));
            if refused >= addresses.len() || hopeless {
                break;
            }
        }
        let nowhere = (SocketAddr::from(([0, 0, 0, 0], origin.port)), ConnectError::Tcp(TcpError::NoAddress));
        let (remote, error) = last.unwrap_or(nowhere);
        Err(Failure::connect(&origin.host.to_string(), remote, error))
    }

    async fn secure(
        &self,
        origin: &Origin,
        stream: TcpStream,
        span: u64,
    ) -> Result<crate::tls::ClientStream<TcpStream>, Trouble> {
        let host = origin.host.to_string();
        self.net.record(AppFact::new("tls", "start", span).with("name", host.as_str()));
        match self.net.timeout(TLS_PATIENCE, self.tls.connect(&origin.host, stream)).await {
            Ok(Ok(stream)) => {
                let session = Session::of(&stream);
                let mut fact =
                    AppFact::new("tls", "done", span).with("version", session.version).with("cipher", session.cipher);
                if let Some(certificate) = session.certificate {
                    let not_after = certificate.not_after_text();
                    fact = fact.with("issuer", certificate.issuer).with("subject", certificate.subject);
                    fact = fact.with("not_after", not_after);
                }
                self.net.record(fact);
                Ok(stream)
            }
            Ok(Err(error)) => {
                let fact = AppFact::new("tls", "failed", span).with("error", error.said());
                self.net.record(fact.with("party", error.party()));
                Err(Trouble { failure: Failure::tls(&host, &error), transient: error.is_transient() })
            }
            Err(_) => {
                let failure = Failure::silent(&host, TLS_PATIENCE);
                let fact = AppFact::new("tls", "failed", span).with("error", "no answer");
                self.net.record(fact.with("party", "the network"));
                Err(Trouble { failure, transient: true })
            }
        }
    }
}

/// Attempts to connect: a minute in all when nobody answers.
const CONNECT_TRIES: usize = 3;
/// How long one attempt may take: a SYN and four repetitions of it.
const CONNECT_PATIENCE: Duration = Duration::from_secs(20);
/// How long a handshake may take.
const TLS_PATIENCE: Duration = Duration::from_secs(60);
/// Between attempts that were turned down.
const PAUSE: Duration = Duration::from_secs(1);
