//! Requests and their answers, over TCP or UDP: what each costs.

use base::Duration;
use base::event::AppFact;
use net::{Net, Task, TcpStream, UdpSocket};
use schemars::JsonSchema;
use serde::Deserialize;
use services::http::pattern;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::dns::any;
use super::lookup::Transport;
use super::registry::Written;
use super::{Commons, Program};
use crate::file::scalar::{Endpoint, Size, Time};

/// Asks an echo server, one request after the other, and takes the same bytes for the answer. Records
/// `requests.connected`, `requests.reply` (number, bytes, tries, time), `requests.lost` (number, tries), and in the end
/// `requests.done` (count, answered, bytes, time) or `requests.failed` (error).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Requests {
    /// Whom; port 7 unless it says another.
    pub to: Endpoint,
    /// What carries them.
    #[serde(default = "tcp")]
    pub transport: Transport,
    /// Bytes of a request, and of its answer.
    #[serde(default = "hundred")]
    pub size: Size,
    /// How many.
    #[serde(default = "one")]
    pub count: u64,
    /// From an answer to the next request.
    pub pause: Option<Time>,
    /// Over TCP: a connection for each request, instead of one for all.
    #[serde(default)]
    pub fresh: bool,
    /// Over UDP: how long an answer is waited for before the request is sent again. 1 s when nothing is said.
    pub patience: Option<Time>,
    /// Over UDP: how often a request is sent, at most.
    #[serde(default = "five")]
    pub tries: u64,
}

impl Written for Requests {
    const NAME: &'static str = "requests";
    const ABOUT: &'static str = "asks an echo server again and again, over TCP or UDP";
}

impl Program for Requests {
    fn start(&self, net: &Net, world: &Commons) -> Result<Task<()>, String> {
        let to = world.resolve(&self.to.0.host, self.to.0.port.unwrap_or(ECHO))?;
        let (own, settings) = (net.clone(), self.clone());
        Ok(net.spawn(async move {
            let (span, began) = (own.new_span(), own.now());
            let client = Client { net: &own, to, settings: &settings, span };
            let result = match settings.transport {
                Transport::Tcp => client.by_tcp().await,
                Transport::Udp => client.by_udp().await,
            };
            own.record(match result {
                Ok(answered) => AppFact::new("requests", "done", span)
                    .with("count", settings.count)
                    .with("answered", answered)
                    .with("bytes", answered * settings.size.0)
                    .with("time", own.now() - began),
                Err(error) => AppFact::new("requests", "failed", span).with("error", error),
            });
        }))
    }

    fn is_foreground(&self) -> bool {
        true
    }
}

struct Client<'a> {
    net: &'a Net,
    to: std::net::SocketAddr,
    settings: &'a Requests,
    span: u64,
}

impl Client<'_> {
    fn fact(&self, step: &'static str) -> AppFact {
        AppFact::new("requests", step, self.span)
    }

    async fn pause(&self, number: u64) {
        if let Some(pause) = self.settings.pause.as_ref().filter(|_| number > 1) {
            self.net.sleep(pause.0).await;
        }
    }

    fn answered(&self, number: u64, tries: u64, time: Duration) {
        let fact = self.fact("reply").with("number", number).with("bytes", self.settings.size.0);
        self.net.record(fact.with("tries", tries).with("time", time));
    }

    async fn by_tcp(&self) -> Result<u64, String> {
        let mut open = None;
        for number in 1..=self.settings.count {
            self.pause(number).await;
            let began = self.net.now();
            let mut stream = match open.take() {
                Some(stream) => stream,
                None => self.connect().await?,
            };
            let request = pattern(number, self.settings.size.0 as usize);
            let mut answer = vec![0; request.len()];
            let exchange = async {
                stream.write_all(&request).await?;
                stream.read_exact(&mut answer).await
            };
            exchange.await.map_err(|error| error.to_string())?;
            self.answered(number, 1, self.net.now() - began);
            if self.settings.fresh {
                close(stream).await;
            } else {
                open = Some(stream);
            }
        }
        if let Some(stream) = open {
            close(stream).await;
        }
        Ok(self.settings.count)
    }

    async fn connect(&self) -> Result<TcpStream, String> {
        let stream = self.net.tcp_connect(self.to).await.map_err(|error| error.to_string())?;
        stream.set_nodelay(true);
        self.net.record(self.fact("connected").with("local", stream.local_addr().to_string()));
        Ok(stream)
    }

    async fn by_udp(&self) -> Result<u64, String> {
        let socket = self.net.udp_bind(any(0)).map_err(|error| error.to_string())?;
        let mut answered = 0;
        for number in 1..=self.settings.count {
            self.pause(number).await;
            let began = self.net.now();
            match self.ask(&socket, number).await? {
                Some(tries) => {
                    answered += 1;
                    self.answered(number, tries, self.net.now() - began);
                }
                None => {
                    let fact = self.fact("lost").with("number", number);
                    self.net.record(fact.with("tries", self.settings.tries));
                }
            }
        }
        Ok(answered)
    }

    /// One request, sent again while nothing comes; how often it was sent.
    async fn ask(&self, socket: &UdpSocket, number: u64) -> Result<Option<u64>, String> {
        let request = pattern(number, self.settings.size.0 as usize);
        let patience = self.settings.patience.as_ref().map_or(PATIENCE, |patience| patience.0);
        for tries in 1..=self.settings.tries {
            socket.send_to(&request, self.to).map_err(|error| error.to_string())?;
            let until = self.net.now() + patience;
            while let Ok(heard) = self.net.timeout(until - self.net.now(), socket.recv()).await {
                // An answer to an earlier request came late; an error is that of an earlier request, too.
                if heard.is_ok_and(|datagram| datagram.from == self.to && datagram.data[..] == request[..]) {
                    return Ok(Some(tries));
                }
            }
        }
        Ok(None)
    }
}

/// Ends our half, and waits for the other.
async fn close(mut stream: TcpStream) {
    let _ = stream.shutdown().await;
    while stream.recv(1024).await.is_ok_and(|rest| !rest.is_empty()) {}
}

const fn tcp() -> Transport {
    Transport::Tcp
}

const fn hundred() -> Size {
    Size(100)
}

const fn one() -> u64 {
    1
}

const fn five() -> u64 {
    5
}

/// RFC 862.
const ECHO: u16 = 7;
const PATIENCE: Duration = Duration::from_secs(1);
