//! A web server: takes connections, speaks TLS when it has an identity, and answers from its sites.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use base::Duration;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, DATE, HOST, HeaderValue, SERVER};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Version};
use net::{BindError, Net};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Semaphore;

use super::body::Stream;
use super::io::{HyperIo, Tap};
use super::site::{Reply, Site};
use super::timer::Timer;
use crate::tls::ServerTls;

/// How much a server takes on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Connections at once; more wait in the listener's queue.
    pub connections: usize,
    /// How long a connection may be silent before, between and within the heads of requests.
    pub idle: Duration,
    /// How long a TLS handshake may take.
    pub handshake: Duration,
    /// Bytes of a request's head.
    pub head: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { connections: 256, idle: Duration::from_secs(60), handshake: Duration::from_secs(60), head: 32 * 1024 }
    }
}

/// A web server: sites, and an identity when it is to speak HTTPS.
#[derive(Clone, Debug)]
pub struct WebServer {
    sites: Arc<[Site]>,
    tls: Option<ServerTls>,
    limits: Limits,
}

impl WebServer {
    /// A server in clear text. The first site that serves the asked name answers.
    pub fn new(sites: impl IntoIterator<Item = Site>) -> WebServer {
        WebServer { sites: sites.into_iter().collect(), tls: None, limits: Limits::default() }
    }

    /// Inside TLS.
    pub fn secure(mut self, tls: ServerTls) -> WebServer {
        self.tls = Some(tls);
        self
    }

    /// With other limits.
    pub fn limits(mut self, limits: Limits) -> WebServer {
        self.limits = limits;
        self
    }

    /// The program: serves until it is dropped.
    pub async fn run(self, net: Net, at: SocketAddr) -> Result<Infallible, BindError> {
        let listener = net.tcp_listen(at)?;
        let room = Arc::new(Semaphore::new(self.limits.connections.max(1)));
        loop {
            let place = room.clone().acquire_owned().await;
            let (stream, _) = listener.accept().await;
            // Answers are written whole: nothing is won by waiting for more.
            stream.set_nodelay(true);
            let (server, own) = (self.clone(), net.clone());
            net.spawn(async move {
                server.connection(&own, stream).await;
                drop(place);
            })
            .detach();
        }
    }

    async fn connection<S>(&self, net: &Net, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        match &self.tls {
            None => self.talk(net, stream).await,
            Some(tls) => {
                if let Ok(Ok(stream)) = net.timeout(self.limits.handshake, tls.accept(stream)).await {
                    self.talk(net, stream).await;
                }
            }
        }
    }

    async fn talk<S>(&self, net: &Net, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = service_fn(|request| self.respond(net, request));
        // A client that breaks off or breaks the rules ends its own connection, nothing else.
        let _ = http1::Builder::new()
            .timer(Timer(net.clone()))
            .header_read_timeout(std::time::Duration::from(self.limits.idle))
            .max_header_size(self.limits.head)
            .auto_date_header(false)
            // A client may end its half as soon as it has asked.
            .half_close(true)
            .serve_connection(HyperIo::new(stream, Tap::default()), service)
            .await;
    }

    async fn respond(&self, net: &Net, request: Request<Incoming>) -> Result<hyper::Response<Stream>, Infallible> {
        let reply = self.choose(&request);
        if reply.delay > Duration::ZERO {
            net.sleep(reply.delay).await;
        }
        let mut response = reply.response();
        let headers = response.headers_mut();
        headers.insert(SERVER, HeaderValue::from_static("glassnet"));
        //= rfc9110#6.6.1
        if let Ok(date) = HeaderValue::from_str(&httpdate::fmt_http_date(net.wall_time())) {
            headers.insert(DATE, date);
        }
        // What a request carries is not read: the connection cannot be used again after it.
        if !hyper::body::Body::is_end_stream(request.body()) {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(response)
    }

    fn choose(&self, request: &Request<Incoming>) -> Reply {
        let mut hosts = request.headers().get_all(HOST).iter();
        let host = match (hosts.next(), hosts.next()) {
            (Some(host), None) => host.to_str().ok(),
            (None, None) if request.version() == Version::HTTP_10 => Some(""),
            //= rfc9112#3.2
            _ => None,
        };
        let Some(host) = host else { return Reply::status(400) };
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => host,
        };
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
        match self.sites.iter().find(|site| site.serves(name)) {
            Some(site) => site.answer(request.method(), target),
            //= rfc9110#15.5.20
            None => Reply::status(421),
        }
    }
}
