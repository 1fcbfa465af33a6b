//! Bytes from one host to another, as many and as fast as TCP lets them.

use base::Duration;
use base::event::AppFact;
use net::{Net, Task, TcpStream};
use schemars::JsonSchema;
use serde::Deserialize;
use services::http::pattern;
use stack::{CongestionControl, TcpOption};
use tokio::io::AsyncWriteExt;
use wire::ip::Protocol;

use super::dns::any;
use super::registry::Written;
use super::{Commons, Program};
use crate::file::scalar::{Endpoint, Size, Time};

/// Opens a connection, sends, closes. Records `bulk.connected`, and `bulk.done` when all of it is acknowledged (bytes,
/// time, rate in bit/s), or `bulk.failed`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bulk {
    /// To whom; port 5001 unless it says another.
    pub to: Endpoint,
    /// How much; or nothing, with `for`.
    pub bytes: Option<Size>,
    /// For how long to send; what is sent at the end is still acknowledged.
    #[serde(rename = "for")]
    pub lasting: Option<Time>,
    /// Congestion control of this connection alone: `reno`.
    pub congestion: Option<String>,
}

impl Written for Bulk {
    const NAME: &'static str = "bulk";
    const ABOUT: &'static str = "sends many bytes over one TCP connection";
}

impl Program for Bulk {
    fn start(&self, net: &Net, world: &Commons) -> Result<Task<()>, String> {
        let to = world.resolve(&self.to.0.host, self.to.0.port.unwrap_or(SINK_PORT))?;
        let control = match &self.congestion {
            None => None,
            Some(name) => Some(CongestionControl::named(name).ok_or_else(|| {
                let known = CongestionControl::ALL.map(CongestionControl::name).join(", ");
                format!("no congestion control is called '{name}'; there are: {known}")
            })?),
        };
        let (bytes, lasting) = match (&self.bytes, &self.lasting) {
            (Some(bytes), None) => (bytes.0, Duration::MAX),
            (None, Some(span)) => (u64::MAX, span.0),
            _ => return Err("it needs either bytes, how much to send, or for, how long".into()),
        };
        let own = net.clone();
        Ok(net.spawn(async move {
            let span = own.new_span();
            let begun = own.now();
            let done = async {
                let stream = own.tcp_connect(to).await.map_err(|error| error.to_string())?;
                if let Some(control) = control {
                    stream.set(TcpOption::Congestion(control));
                }
                own.record(AppFact::new("bulk", "connected", span).with("local", stream.local_addr().to_string()));
                send(&own, stream, bytes, lasting).await
            };
            match done.await {
                Ok(sent) => {
                    let took = own.now().since(begun);
                    let rate = (sent as f64 * 8.0 / took.secs_f64().max(1e-9)) as u64;
                    let fact = AppFact::new("bulk", "done", span).with("to", to.to_string()).with("bytes", sent);
                    own.record(fact.with("time", took).with("rate", rate));
                }
                Err(error) => own.record(AppFact::new("bulk", "failed", span).with("error", error)),
            }
        }))
    }

    fn is_foreground(&self) -> bool {
        true
    }
}

/// Writes, closes, and waits until the other side has it all and closes too.
async fn send(net: &Net, mut stream: TcpStream, bytes: u64, lasting: Duration) -> Result<u64, String> {
    let until = net.now() + lasting;
    let mut sent = 0;
    while sent < bytes && net.now() < until {
        let piece = pattern(sent, (bytes - sent).min(PIECE as u64) as usize);
        let writing = stream.send(&piece);
        match net.timeout(until.since(net.now()), writing).await {
            Ok(written) => sent += written.map_err(|error| error.to_string())? as u64,
            Err(_) => break,
        }
    }
    stream.shutdown().await.map_err(|error| error.to_string())?;
    while !stream.recv(PIECE).await.map_err(|error| error.to_string())?.is_empty() {}
    Ok(sent)
}

/// Takes all that comes on TCP port 5001, says nothing, closes when the other side does. Records `sink.done`: bytes, and
/// whether they were those of `bulk`, in order; then `sink.failed` (error) when the connection broke.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sink {
    /// The port.
    #[serde(default = "sink_port")]
    pub port: u16,
}

impl Written for Sink {
    const NAME: &'static str = "sink";
    const ABOUT: &'static str = "takes what bulk sends, on TCP port 5001";
}

impl Program for Sink {
    fn start(&self, net: &Net, _: &Commons) -> Result<Task<()>, String> {
        let listener = net.tcp_listen(any(self.port)).map_err(|error| error.to_string())?;
        let own = net.clone();
        Ok(net.spawn(async move {
            loop {
                let (stream, _) = listener.accept().await;
                own.spawn(take(own.clone(), stream)).detach();
            }
        }))
    }

    fn listens(&self) -> Vec<(Protocol, u16)> {
        vec![(Protocol::TCP, self.port)]
    }
}

async fn take(net: Net, stream: TcpStream) {
    let (span, begun, mut taken, mut intact) = (net.new_span(), net.now(), 0_u64, true);
    let error = loop {
        match stream.recv(PIECE).await {
            Ok(bytes) if bytes.is_empty() => break None,
            Ok(bytes) => {
                intact = intact && bytes == pattern(taken, bytes.len());
                taken += bytes.len() as u64;
            }
            Err(error) => break Some(error),
        }
    };
    let fact = AppFact::new("sink", "done", span).with("from", stream.peer_addr().to_string()).with("bytes", taken);
    net.record(fact.with("time", net.now().since(begun)).with("intact", u64::from(intact)));
    if let Some(error) = error {
        net.record(AppFact::new("sink", "failed", span).with("error", error.to_string()));
    }
}

const fn sink_port() -> u16 {
    SINK_PORT
}

/// Where a sink listens, as iperf does.
const SINK_PORT: u16 = 5001;
/// Bytes handed over at a time, at most.
const PIECE: usize = 64 << 10;
