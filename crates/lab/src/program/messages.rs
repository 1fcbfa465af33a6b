//! Messages of given sizes, over TCP or UDP: what their reader makes of them is another matter.

use base::Duration;
use base::event::AppFact;
use bytes::{Bytes, BytesMut};
use net::{Net, Task, TcpStream};
use schemars::JsonSchema;
use serde::Deserialize;
use stack::TcpOption;
use tokio::io::AsyncWriteExt;

use super::dns::any;
use super::framing::{Codec, Framing, message};
use super::lookup::Transport;
use super::reader::PORT;
use super::registry::Written;
use super::{Commons, Program};
use crate::file::scalar::{Endpoint, Size, Time};

/// Sends messages: all bytes of the first are `A`, of the second `B`, …. Records `messages.sent` (number, bytes on their
/// way, pieces: how often the send buffer was full before all was in it, and once more; time), then `messages.done`
/// (count, bytes, time) or `messages.failed` (error).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Messages {
    /// To whom; port 5003 unless it says another.
    pub to: Endpoint,
    /// What carries them.
    #[serde(default = "tcp")]
    pub transport: Transport,
    /// Bytes in each.
    pub size: Option<Size>,
    /// Or bytes of the first, of the second, …, and again from the start.
    #[serde(default)]
    pub sizes: Vec<Size>,
    /// How many: as many as there are sizes, when nothing is said.
    pub count: Option<u64>,
    /// From the start of one to the start of the next; at once after each other, when nothing is said.
    pub every: Option<Time>,
    /// Small segments leave at once: Nagle's algorithm is off.
    #[serde(default)]
    pub nodelay: bool,
    /// How the reader is to tell them apart.
    #[serde(default)]
    pub framing: Framing,
    /// With fixed framing: the length of all, with padding.
    pub frame: Option<Size>,
}

impl Written for Messages {
    const NAME: &'static str = "messages";
    const ABOUT: &'static str = "sends messages of given sizes over TCP or UDP, framed or not";
}

/// What is sent, and when.
struct Plan {
    sizes: Vec<usize>,
    count: u64,
    every: Duration,
    codec: Codec,
}

impl Messages {
    fn plan(&self) -> Result<Plan, String> {
        let sizes: Vec<usize> = self.size.iter().chain(&self.sizes).map(|size| size.0 as usize).collect();
        if sizes.is_empty() {
            return Err("it needs size, or sizes: how long the messages are".into());
        }
        Ok(Plan {
            count: self.count.unwrap_or(sizes.len() as u64),
            sizes,
            every: self.every.as_ref().map_or(Duration::ZERO, |every| every.0),
            codec: Codec::new(self.framing, self.frame.as_ref().map(|frame| frame.0 as usize))?,
        })
    }
}

impl Program for Messages {
    fn start(&self, net: &Net, world: &Commons) -> Result<Task<()>, String> {
        let to = world.resolve(&self.to.0.host, self.to.0.port.unwrap_or(PORT))?;
        let (plan, nodelay, transport) = (self.plan()?, self.nodelay, self.transport);
        let own = net.clone();
        Ok(net.spawn(async move {
            let (span, began, count) = (own.new_span(), own.now(), plan.count);
            let sent = async {
                let mut way = match transport {
                    Transport::Udp => Way::Udp(own.udp_bind(any(0)).map_err(|error| error.to_string())?, to),
                    Transport::Tcp => {
                        let stream = own.tcp_connect(to).await.map_err(|error| error.to_string())?;
                        stream.set(TcpOption::Nagle(!nodelay));
                        Way::Tcp(stream)
                    }
                };
                let bytes = send(&own, &mut way, plan, span).await?;
                way.end().await?;
                Ok::<u64, String>(bytes)
            };
            own.record(match sent.await {
                Ok(bytes) => AppFact::new("messages", "done", span)
                    .with("count", count)
                    .with("bytes", bytes)
                    .with("time", own.now() - began),
                Err(error) => AppFact::new("messages", "failed", span).with("error", error),
            });
        }))
    }

    fn is_foreground(&self) -> bool {
        true
    }
}

/// What carries the messages.
enum Way {
    Udp(net::UdpSocket, std::net::SocketAddr),
    Tcp(TcpStream),
}

impl Way {
    /// Hands over the bytes of a message; in how many pieces they were taken.
    async fn give(&self, bytes: &[u8]) -> Result<u64, String> {
        match self {
            Way::Udp(socket, to) => socket.send_to(bytes, *to).map(|()| 1).map_err(|error| error.to_string()),
            Way::Tcp(stream) => {
                let (mut left, mut pieces) = (bytes, 0);
                while !left.is_empty() {
                    let taken = stream.send(left).await.map_err(|error| error.to_string())?;
                    left = &left[taken..];
                    pieces += 1;
                }
                Ok(pieces)
            }
        }
    }

    /// Over TCP: no more comes, and the reader has it all.
    async fn end(&mut self) -> Result<(), String> {
        if let Way::Tcp(stream) = self {
            stream.shutdown().await.map_err(|error| error.to_string())?;
            while !stream.recv(1024).await.map_err(|error| error.to_string())?.is_empty() {}
        }
        Ok(())
    }
}

async fn send(net: &Net, way: &mut Way, mut plan: Plan, span: u64) -> Result<u64, String> {
    let began = net.now();
    let mut all = 0;
    for (number, size) in (1..=plan.count).zip(plan.sizes.iter().cycle()) {
        net.sleep_until(began + plan.every * (number - 1)).await;
        let mut bytes = BytesMut::new();
        plan.codec.encode(message(number, *size), &mut bytes)?;
        let bytes: Bytes = bytes.freeze();
        let start = net.now();
        let pieces = way.give(&bytes).await?;
        all += bytes.len() as u64;
        let fact = AppFact::new("messages", "sent", span).with("number", number).with("bytes", bytes.len() as u64);
        net.record(fact.with("pieces", pieces).with("time", net.now() - start));
    }
    Ok(all)
}

const fn tcp() -> Transport {
    Transport::Tcp
}
