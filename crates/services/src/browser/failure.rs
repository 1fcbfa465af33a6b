//! Why a visit failed: at which step, which party, what it said, and what to try.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use base::Duration;
use base::event::AppFact;
use net::TcpError;

use crate::dns::{LookupError, LookupErrorKind};
use crate::http::HttpFailure;
use crate::tls::{TlsFailure, TlsProblem};
use crate::url::{BadUrl, Url};

/// Where a visit can fail.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Step {
    /// The URL itself.
    Url,
    /// From the name to an address.
    Dns,
    /// Opening a connection.
    Tcp,
    /// Making it secure.
    Tls,
    /// The request and its answer.
    Http,
    /// Going where the answer points.
    Redirect,
    /// The visit as a whole.
    Visit,
}

impl Step {
    /// One word.
    pub const fn name(self) -> &'static str {
        match self {
            Step::Url => "url",
            Step::Dns => "dns",
            Step::Tcp => "tcp",
            Step::Tls => "tls",
            Step::Http => "http",
            Step::Redirect => "redirect",
            Step::Visit => "visit",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Step::Url => "reading the URL",
            Step::Dns => "looking up the name",
            Step::Tcp => "opening the connection",
            Step::Tls => "making the connection secure",
            Step::Http => "asking for the page",
            Step::Redirect => "following redirects",
            Step::Visit => "visiting the page",
        }
    }
}

/// Why a visit failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// At which step.
    pub step: Step,
    /// Who ended it: "the DNS server 203.0.113.53", "your own trust check".
    pub party: String,
    /// What that party said, without a full stop.
    pub said: String,
    /// What to try, as sentences.
    pub advice: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "The visit failed while {}. It was {}: {}.\n{}",
            self.step.title(),
            self.party,
            self.said,
            self.advice
        )
    }
}

impl std::error::Error for Failure {}

impl Failure {
    fn new(step: Step, party: impl Into<String>, said: impl Into<String>, advice: impl Into<String>) -> Failure {
        Failure { step, party: party.into(), said: said.into(), advice: advice.into() }
    }

    pub(super) fn fact(&self, span: u64) -> AppFact {
        AppFact::new("visit", "failed", span)
            .with("step", self.step.name())
            .with("party", self.party.as_str())
            .with("said", self.said.as_str())
            .with("try", self.advice.as_str())
    }

    pub(super) fn bad_url(error: &BadUrl) -> Failure {
        let advice = "Write it like https://www.example.com/page: a scheme, a host, a path.";
        Failure::new(Step::Url, "your own browser", error.to_string(), advice)
    }

    pub(super) fn too_slow(deadline: Duration) -> Failure {
        let said = format!("the visit is not over after {deadline}");
        Failure::new(Step::Visit, "your own browser", said, "Look in the story for the step that takes so long.")
    }

    pub(super) fn lookup(host: &str, error: &LookupError) -> Failure {
        let server = |ip: Option<IpAddr>| match ip {
            Some(ip) => format!("the DNS server {ip}"),
            None => "your own host".to_owned(),
        };
        let advice = match error.kind {
            LookupErrorKind::NoResolver => "Get a lease by DHCP, or set a DNS server by hand.".to_owned(),
            LookupErrorKind::NoName => {
                format!("Check the spelling of {host}. If it is right, its owner has to add it to the zone.")
            }
            LookupErrorKind::NoAddress => {
                format!("{host} is a name without a web server. Try www.{host}, or ask its owner.")
            }
            LookupErrorKind::Failed => {
                "The resolver works, but a server further on does not. Try again later, or ask another resolver."
                    .to_owned()
            }
            LookupErrorKind::Refused => "Use a DNS server that serves your network.".to_owned(),
            LookupErrorKind::Silent => {
                "Check that the DNS server is up and that packets reach it: ping its address.".to_owned()
            }
        };
        Failure::new(Step::Dns, server(error.server), error.said.as_str(), advice)
    }

    pub(super) fn connect(host: &str, remote: SocketAddr, error: ConnectError) -> Failure {
        let (ip, port) = (remote.ip(), remote.port());
        let at = if host == ip.to_string() { host.to_owned() } else { format!("{host} ({ip})") };
        let machine = format!("the host {at}");
        match error {
            ConnectError::Tcp(TcpError::Refused) => Failure::new(
                Step::Tcp,
                machine,
                format!("connection refused, nobody listens on port {port}"),
                format!("The host is up. Start the web server there, or try another port than {port}."),
            ),
            ConnectError::Silence { tries, span } => Failure::new(
                Step::Tcp,
                machine,
                format!("nothing, it did not answer {tries} connection attempts in {span}"),
                format!("The server may be down, or packets to it are lost on the way. Ping {ip}, or try again later."),
            ),
            ConnectError::Tcp(error @ (TcpError::NoRoute(_) | TcpError::NoAddress)) => Failure::new(
                Step::Tcp,
                "your own host",
                error.to_string(),
                "Check this host's address and default route; DHCP sets both.",
            ),
            ConnectError::Tcp(TcpError::Unreachable(said)) => Failure::new(
                Step::Tcp,
                format!("a host on the way to {at}"),
                said,
                format!("There is no way to {ip} now. Trace the route to it, or try again later."),
            ),
            ConnectError::Tcp(error) => Failure::new(Step::Tcp, machine, error.to_string(), "Try again later."),
        }
    }

    pub(super) fn tls(host: &str, error: &TlsFailure) -> Failure {
        let advice = match error.kind {
            TlsProblem::Dates => {
                format!("The operator of {host} has to install a new certificate. If your own clock is wrong, set it.")
            }
            TlsProblem::Name => format!(
                "Check the name {host}. If it is right, somebody else answered, or its operator has to get a certificate \
                 for it. Send nothing secret."
            ),
            TlsProblem::Issuer => {
                "Somebody may be in the middle: send nothing secret. If you know the authority, add its \
                                   root certificate to those that you trust."
                    .to_owned()
            }
            TlsProblem::Wrong => "Do not send anything secret to this server, and tell its operator.".to_owned(),
            TlsProblem::Refused => "The server ended the handshake: its operator's log says why.".to_owned(),
            TlsProblem::Broken => "The connection broke during the handshake. Try again.".to_owned(),
        };
        Failure::new(Step::Tls, error.party(), error.said(), advice)
    }

    pub(super) fn http(host: &str, error: &HttpFailure) -> Failure {
        let advice = "The connection was there, the answer was not. Try again, or look at the server's log.";
        Failure::new(Step::Http, format!("the web server {host}"), error.said(), advice)
    }

    pub(super) fn silent(host: &str, patience: Duration) -> Failure {
        let said = format!("nothing, it took the request and did not finish its answer in {patience}");
        Failure::new(
            Step::Http,
            format!("the web server {host}"),
            said,
            "The server may be overloaded. Try again later.",
        )
    }

    pub(super) fn status(status: u16, url: &Url) -> Failure {
        let reason = hyper::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
        let said = format!("{status} {}", reason.unwrap_or("(no standard meaning)"));
        let advice = match status {
            404 | 410 => format!("The server is there, the page is not. Check the path {}.", url.target),
            401 | 403 => "The server wants to know who you are, or does not let you in.".to_owned(),
            429 => "You asked too often. Wait, then try again.".to_owned(),
            503 => "The server is overloaded or being repaired. Try again later.".to_owned(),
            400..500 => "The server did not like the request. Check the URL.".to_owned(),
            _ => "The server has a problem of its own. Try again later, or tell its operator.".to_owned(),
        };
        Failure::new(Step::Http, format!("the web server {}", url.origin.host), said, advice)
    }

    pub(super) fn redirects(chain: &[Url], next: &Url) -> Failure {
        let host = chain.last().map_or_else(String::new, |url| url.origin.host.to_string());
        let circle = if chain.contains(next) { ", in a circle" } else { "" };
        let said = format!("it redirected {} times{circle}, the last time to {next}", chain.len());
        let advice = "The site's operator has to end the redirects. Try another page of it.";
        Failure::new(Step::Redirect, format!("the web server {host}"), said, advice)
    }

    pub(super) fn bad_location(from: &Url, location: &str, error: &BadUrl) -> Failure {
        let said = format!("it redirected to '{location}', but {error}");
        let advice = "The site's operator has to correct the redirect.";
        Failure::new(Step::Redirect, format!("the web server {}", from.origin.host), said, advice)
    }
}

/// Why there is no connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ConnectError {
    Tcp(TcpError),
    /// No answer at all.
    Silence {
        tries: usize,
        span: Duration,
    },
}
