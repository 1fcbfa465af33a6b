//! The two ends of a TLS connection over any byte stream.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use net::Net;
use rustls::pki_types::{ServerName, UnixTime};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::time_provider::TimeProvider;
use rustls::{AlertDescription, CertificateError, ClientConfig, Error, KeyLog, ServerConfig, SupportedProtocolVersion};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::inspect::{CertificateInfo, date_text};
use super::provider::provider;
use super::{Identity, Trust};
use crate::url::Host;

/// A client's end.
pub type ClientStream<S> = tokio_rustls::client::TlsStream<S>;
/// A server's end.
pub type ServerStream<S> = tokio_rustls::server::TlsStream<S>;

/// A version of the protocol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Version {
    /// TLS 1.2 (RFC 5246): two round trips before the first request.
    Tls12,
    /// TLS 1.3 (RFC 8446): one.
    Tls13,
}

impl Version {
    /// Both.
    pub const ALL: [Version; 2] = [Version::Tls12, Version::Tls13];

    fn of_library(self) -> &'static SupportedProtocolVersion {
        match self {
            Version::Tls12 => &rustls::version::TLS12,
            Version::Tls13 => &rustls::version::TLS13,
        }
    }
}

/// A client's settings: whom it trusts, and the sessions it may resume.
#[derive(Clone, Debug)]
pub struct ClientTls {
    config: Arc<ClientConfig>,
}

impl ClientTls {
    /// For programs on this host.
    pub fn new(net: &Net, trust: &Trust) -> ClientTls {
        let world = Arc::new(World(net.clone()));
        let mut config = ClientConfig::builder_with_details(provider(), world.clone())
            .with_safe_default_protocol_versions()
            .expect("ring's ciphers serve TLS 1.2 and 1.3")
            .with_root_certificates(trust.roots())
            .with_no_client_auth();
        config.key_log = world;
        config.alpn_protocols = vec![HTTP_1_1.to_vec()];
        ClientTls { config: Arc::new(config) }
    }

    /// Shakes hands with the server that is `host`, and checks that it is.
    pub async fn connect<S>(&self, host: &Host, stream: S) -> Result<ClientStream<S>, TlsFailure>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let name = match host {
            Host::Ip(ip) => ServerName::IpAddress((*ip).into()),
            Host::Name(name) => ServerName::try_from(name.clone()).map_err(|_| TlsFailure {
                kind: TlsProblem::Wrong,
                said: format!("'{name}' is not a name that a certificate can carry"),
            })?,
        };
        TlsConnector::from(self.config.clone()).connect(name, stream).await.map_err(|error| TlsFailure::of(&error))
    }
}

/// A server's settings: who it is.
#[derive(Clone, Debug)]
pub struct ServerTls {
    config: Arc<ServerConfig>,
}

impl ServerTls {
    /// For programs on this host. The identity is chosen by the name that the client asks for (RFC 6066); a client that
    /// asks for another name, or for none, is shown the first. With no identity every handshake fails.
    pub fn new(net: &Net, identities: Vec<Identity>) -> ServerTls {
        ServerTls::with_versions(net, identities, &Version::ALL)
    }

    /// The same, speaking these versions alone; without any it speaks all.
    pub fn with_versions(net: &Net, identities: Vec<Identity>, versions: &[Version]) -> ServerTls {
        let versions = if versions.is_empty() { &Version::ALL } else { versions };
        let versions: Vec<_> = versions.iter().map(|version| version.of_library()).collect();
        let world = Arc::new(World(net.clone()));
        let mut config = ServerConfig::builder_with_details(provider(), world.clone())
            .with_protocol_versions(&versions)
            .expect("ring's ciphers serve TLS 1.2 and 1.3")
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(ByName::new(identities)));
        config.key_log = world;
        config.alpn_protocols = vec![HTTP_1_1.to_vec()];
        ServerTls { config: Arc::new(config) }
    }

    /// Shakes hands with a client.
    pub async fn accept<S>(&self, stream: S) -> io::Result<ServerStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        TlsAcceptor::from(self.config.clone()).accept(stream).await
    }
}

/// What a client can tell about a finished handshake.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    /// `TLSv1.3`.
    pub version: String,
    /// `TLS13_AES_256_GCM_SHA384`.
    pub cipher: String,
    /// The server's certificate.
    pub certificate: Option<CertificateInfo>,
}

impl Session {
    /// Of this stream.
    pub fn of<S>(stream: &ClientStream<S>) -> Session {
        let (_, connection) = stream.get_ref();
        let text = |found: Option<&str>| found.unwrap_or("unknown").to_owned();
        Session {
            version: text(connection.protocol_version().and_then(|version| version.as_str()))
                .replace("TLSv1_", "TLSv1."),
            cipher: text(connection.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str())),
            certificate: connection
                .peer_certificates()
                .and_then(|chain| chain.first())
                .and_then(|leaf| CertificateInfo::read(leaf)),
        }
    }
}

/// Why there is no secure connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TlsFailure {
    /// Of which kind.
    pub kind: TlsProblem,
    said: String,
}

/// What can keep a connection from being secure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TlsProblem {
    /// The certificate has ended, or has not begun.
    Dates,
    /// The certificate is for another name.
    Name,
    /// Nobody whom the client trusts has signed the certificate.
    Issuer,
    /// The client finds something else wrong.
    Wrong,
    /// The server refused.
    Refused,
    /// The connection broke.
    Broken,
}

impl TlsFailure {
    /// Who ended it: "your own trust check", "the web server", "the network".
    pub fn party(&self) -> &'static str {
        match self.kind {
            TlsProblem::Dates | TlsProblem::Name | TlsProblem::Issuer | TlsProblem::Wrong => "your own trust check",
            TlsProblem::Refused => "the web server",
            TlsProblem::Broken => "the network",
        }
    }

    /// What it said, without a full stop.
    pub fn said(&self) -> &str {
        &self.said
    }

    /// Whether another try may end better: the connection broke, nobody refused anything.
    pub fn is_transient(&self) -> bool {
        self.kind == TlsProblem::Broken
    }

    fn of(error: &io::Error) -> TlsFailure {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
        let (kind, said) = match inner {
            Some(Error::InvalidCertificate(problem)) => certificate_problem(problem),
            Some(Error::AlertReceived(alert)) => (TlsProblem::Refused, alert_text(*alert)),
            Some(other) => (TlsProblem::Wrong, format!("the server's side of the handshake is wrong: {other}")),
            None => (TlsProblem::Broken, error.to_string()),
        };
        TlsFailure { kind, said }
    }
}

impl fmt::Display for TlsFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.party(), self.said)
    }
}

impl std::error::Error for TlsFailure {}

fn certificate_problem(problem: &CertificateError) -> (TlsProblem, String) {
    let date = |at: &UnixTime| date_text(UNIX_EPOCH + Duration::from_secs(at.as_secs()));
    match problem {
        CertificateError::ExpiredContext { time, not_after } => {
            let said = format!("the server's certificate ended on {}, and it is {} now", date(not_after), date(time));
            (TlsProblem::Dates, said)
        }
        CertificateError::NotValidYetContext { time, not_before } => {
            let said = format!("the server's certificate begins on {}, and it is {} now", date(not_before), date(time));
            (TlsProblem::Dates, said)
        }
        CertificateError::NotValidForNameContext { expected, presented } => {
            let presented: Vec<_> = presented.iter().map(|name| plain_name(name)).collect();
            let (presented, expected) = (presented.join(", "), expected.to_str());
            (TlsProblem::Name, format!("the server's certificate is for {presented}, not for {expected}"))
        }
        CertificateError::UnknownIssuer => {
            let said = "the server's certificate was signed by an authority that you do not trust".to_owned();
            (TlsProblem::Issuer, said)
        }
        other => (TlsProblem::Wrong, format!("the server's certificate is not acceptable: {other}")),
    }
}

/// rustls writes `DnsName("example.com")` and `IpAddress(192.0.2.1)`.
fn plain_name(shown: &str) -> String {
    let inside = shown.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inside.unwrap_or(shown).trim_matches('"').to_owned()
}

fn alert_text(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::HandshakeFailure => "no version, cipher or certificate suits both sides".to_owned(),
        AlertDescription::AccessDenied => "access denied".to_owned(),
        AlertDescription::UnrecognisedName => "it does not serve that name".to_owned(),
        other => format!("it ended the handshake with the alert {other:?}"),
    }
}

/// The host's clock, and its door to the observer for keys.
struct World(Net);

impl TimeProvider for World {
    fn current_time(&self) -> Option<UnixTime> {
        self.0.wall_time().duration_since(UNIX_EPOCH).ok().map(UnixTime::since_unix_epoch)
    }
}

impl KeyLog for World {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let mut line = String::with_capacity(label.len() + 2 * (client_random.len() + secret.len()) + 2);
        line.push_str(label);
        for bytes in [client_random, secret] {
            line.push(' ');
            bytes.iter().for_each(|byte| line.push_str(&format!("{byte:02x}")));
        }
        self.0.secret(&line);
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("World")
    }
}

/// Identities by name, in the order in which they were given.
#[derive(Debug)]
struct ByName(Vec<(Vec<String>, Arc<CertifiedKey>)>);

impl ByName {
    fn new(identities: Vec<Identity>) -> ByName {
        let certified = |identity: Identity| {
            let key = CertifiedKey::new(identity.chain, Arc::new(identity.key));
            (identity.names, Arc::new(key))
        };
        ByName(identities.into_iter().map(certified).collect())
    }
}

impl ResolvesServerCert for ByName {
    //= rfc6066#3
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let asked = hello.server_name().map(str::to_ascii_lowercase);
        let serves = |names: &[String]| asked.as_ref().is_some_and(|asked| names.contains(asked));
        let found = self.0.iter().find(|(names, _)| serves(names)).or(self.0.first());
        found.map(|(_, key)| key.clone())
    }
}

/// The protocol name of RFC 7301.
const HTTP_1_1: &[u8] = b"http/1.1";
