//! One end of a TCP connection that does what a list of words says: for experiments with the stream itself.

use std::str::FromStr;

use base::Duration;
use base::event::AppFact;
use net::{Net, Task, TcpStream};
use schemars::JsonSchema;
use serde::Deserialize;
use services::http::pattern;
use stack::{TcpError, TcpOption};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wire::ip::Protocol;

use super::dns::any;
use super::registry::Written;
use super::{Commons, Program};
use crate::file::quantity;
use crate::file::scalar::Endpoint;

/// Opens a connection, or takes connections, and does the steps on each. Records `script.connected`, `script.read` (bytes,
/// and the text when it is short), `script.end` when the other side has finished, `script.failed` (error), `script.done`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// Open a connection to this port.
    pub to: Option<Endpoint>,
    /// From this port of our own, instead of any.
    pub from: Option<u16>,
    /// Take connections on this port, and do the steps on each.
    pub listen: Option<u16>,
    /// What to do, in order: `write 10B`, `write 'hello'`, `read` (what has come), `read 10B` (exactly so much), `read all`
    /// (until the other side has finished), `finish` (send no more), `close`, `abort`, `sleep 1s`, `nodelay`, `cork`,
    /// `uncork`. At the end the connection is closed.
    pub steps: Vec<Step>,
}

/// A step of a script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// Writes so many bytes of the usual pattern.
    Write(u64),
    /// Writes this text.
    Say(String),
    /// Reads what has come.
    Read,
    /// Reads exactly so many bytes.
    ReadExactly(u64),
    /// Reads until the other side has finished.
    ReadAll,
    /// Sends no more.
    Finish,
    /// Closes the connection: nothing is read any more.
    Close,
    /// Ends the connection by a reset.
    Abort,
    /// Waits.
    Sleep(Duration),
    /// Changes a setting of the connection.
    Set(TcpOption),
}

impl FromStr for Step {
    type Err = String;

    fn from_str(text: &str) -> Result<Step, String> {
        let (word, rest) = text.trim().split_once(' ').map_or((text.trim(), ""), |(word, rest)| (word, rest.trim()));
        let size = |text| quantity::size(text).map_err(|error| error.to_string());
        match (word, rest) {
            ("write", said) if said.len() > 1 && said.starts_with('\'') && said.ends_with('\'') => {
                Ok(Step::Say(said[1..said.len() - 1].replace("\\n", "\n")))
            }
            ("write", bytes) => size(bytes).map(Step::Write),
            ("read", "") => Ok(Step::Read),
            ("read", "all") => Ok(Step::ReadAll),
            ("read", bytes) => size(bytes).map(Step::ReadExactly),
            ("sleep", span) => quantity::time(span).map(Step::Sleep).map_err(|error| error.to_string()),
            ("finish", "") => Ok(Step::Finish),
            ("close", "") => Ok(Step::Close),
            ("abort", "") => Ok(Step::Abort),
            ("nodelay", "") => Ok(Step::Set(TcpOption::Nagle(false))),
            ("cork", "") => Ok(Step::Set(TcpOption::Cork(true))),
            ("uncork", "") => Ok(Step::Set(TcpOption::Cork(false))),
            _ => Err(format!("'{text}' is no step; there are: {STEPS}")),
        }
    }
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Step {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Step".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "description": STEPS, "examples": ["write 10B", "read all"] })
    }
}

impl Written for Script {
    const NAME: &'static str = "script";
    const ABOUT: &'static str = "does a list of steps on a TCP connection: write, read, finish, close, …";
}

impl Program for Script {
    fn start(&self, net: &Net, world: &Commons) -> Result<Task<()>, String> {
        let (own, steps) = (net.clone(), self.steps.clone());
        match (&self.to, self.listen) {
            (Some(to), None) => {
                let port = to.0.port.ok_or_else(|| format!("'{}' needs a port: {}:80", to.0.host, to.0.host))?;
                let (to, from) = (world.resolve(&to.0.host, port)?, self.from);
                Ok(net.spawn(async move {
                    let connected = match from {
                        None => own.tcp_connect(to).await,
                        Some(port) => own.tcp_connect_from(any(port), to).await,
                    };
                    match connected {
                        Ok(stream) => Actor::new(&own).act(stream, &steps).await,
                        Err(error) => Actor::new(&own).fail(&error.to_string()),
                    }
                }))
            }
            (None, Some(port)) => {
                let listener = net.tcp_listen(any(port)).map_err(|error| error.to_string())?;
                Ok(net.spawn(async move {
                    loop {
                        let (stream, _) = listener.accept().await;
                        let (inner, steps) = (own.clone(), steps.clone());
                        own.spawn(async move { Actor::new(&inner).act(stream, &steps).await }).detach();
                    }
                }))
            }
            _ => Err("it needs either to, whom to connect to, or listen, on which port to wait".into()),
        }
    }

    fn is_foreground(&self) -> bool {
        self.to.is_some()
    }

    fn listens(&self) -> Vec<(Protocol, u16)> {
        self.listen.map(|port| (Protocol::TCP, port)).into_iter().collect()
    }
}

/// Does the steps of one connection.
struct Actor<'a> {
    net: &'a Net,
    span: u64,
    written: u64,
}

impl<'a> Actor<'a> {
    fn new(net: &'a Net) -> Self {
        Actor { net, span: net.new_span(), written: 0 }
    }

    fn fact(&self, step: &'static str) -> AppFact {
        AppFact::new("script", step, self.span)
    }

    fn fail(&self, error: &str) {
        self.net.record(self.fact("failed").with("error", error));
    }

    async fn act(&mut self, mut stream: TcpStream, steps: &[Step]) {
        let (local, remote) = (stream.local_addr().to_string(), stream.peer_addr().to_string());
        self.net.record(self.fact("connected").with("local", local).with("remote", remote));
        for step in steps {
            if matches!(step, Step::Close) {
                break;
            }
            if let Err(error) = self.step(&mut stream, step).await {
                return self.fail(&error.to_string());
            }
        }
        drop(stream);
        self.net.record(self.fact("done"));
    }

    async fn step(&mut self, stream: &mut TcpStream, step: &Step) -> std::io::Result<()> {
        match step {
            Step::Write(bytes) => {
                let text = pattern(self.written, *bytes as usize);
                self.written += bytes;
                stream.write_all(&text).await?;
            }
            Step::Say(text) => stream.write_all(text.as_bytes()).await?,
            Step::Read => {
                self.read(stream).await?;
            }
            Step::ReadAll => while self.read(stream).await? {},
            Step::ReadExactly(bytes) => {
                let mut text = vec![0; (*bytes).min(MOST_EXACT) as usize];
                stream.read_exact(&mut text).await?;
                self.net.record(self.fact("read").with("bytes", *bytes));
            }
            Step::Finish => stream.finish(),
            Step::Abort => stream.abort(),
            Step::Sleep(span) => self.net.sleep(*span).await,
            Step::Set(option) => stream.set(*option),
            Step::Close => {}
        }
        Ok(())
    }

    /// One read; false at the end.
    async fn read(&self, stream: &TcpStream) -> Result<bool, TcpError> {
        let bytes = stream.recv(MOST_AT_ONCE).await?;
        if bytes.is_empty() {
            self.net.record(self.fact("end"));
            return Ok(false);
        }
        let fact = self.fact("read").with("bytes", bytes.len() as u64);
        let text = std::str::from_utf8(&bytes).ok().filter(|text| text.len() <= SHORT);
        self.net.record(text.map_or_else(|| fact.clone(), |text| fact.clone().with("text", text)));
        Ok(true)
    }
}

const STEPS: &str =
    "write 10B, write 'text', read, read 10B, read all, finish, close, abort, sleep 1s, nodelay, cork, uncork";
/// Bytes of one exact read, at most.
const MOST_EXACT: u64 = 64 << 20;
/// Bytes of one read, at most.
const MOST_AT_ONCE: usize = 1 << 20;
/// Text that is worth recording is at most so long, bytes.
const SHORT: usize = 200;
