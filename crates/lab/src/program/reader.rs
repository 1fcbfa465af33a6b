//! A program that reads as an application does: so many bytes at a time, as fast as it likes.

use base::Duration;
use base::event::AppFact;
use bytes::{Bytes, BytesMut};
use net::{Net, Task, TcpStream, UdpSocket};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::io::AsyncReadExt;
use wire::ip::Protocol;

use super::dns::any;
use super::framing::{Codec, Framing, touched};
use super::lookup::Transport;
use super::registry::Written;
use super::{Commons, Program};
use crate::file::scalar::{Size, Time};

/// Reads what `messages` sends. Records each read as `reader.read` (number, bytes, messages: of how many messages it
/// holds bytes, text when it is short), with framing each whole message as `reader.message` (number, bytes, intact: 1
/// when all of it is of one message, text when it is short), and when the other side ends `reader.done` (reads,
/// messages, bytes) or `reader.failed` (error).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reader {
    /// The port: 5003 when nothing is said.
    pub port: Option<u16>,
    /// What carries the messages: TCP when nothing is said.
    pub transport: Option<Transport>,
    /// How messages are told apart.
    #[serde(default)]
    pub framing: Framing,
    /// With fixed framing: the length of all, with padding.
    pub frame: Option<Size>,
    /// Bytes that one read takes, at most: 64 KiB when nothing is said.
    pub buffer: Option<Size>,
    /// From one read to the next: a reader slower than its sender.
    pub pause: Option<Time>,
    /// Before the first read of a connection.
    pub wait: Option<Time>,
}

impl Written for Reader {
    const NAME: &'static str = "reader";
    const ABOUT: &'static str = "reads messages, so many bytes at a time, and says what it got";
}

impl Program for Reader {
    fn start(&self, net: &Net, _: &Commons) -> Result<Task<()>, String> {
        let (own, at) = (net.clone(), any(self.port.unwrap_or(PORT)));
        let reading = Reading::new(self)?;
        match self.transport.unwrap_or(Transport::Tcp) {
            Transport::Udp => {
                let socket = net.udp_bind(at).map_err(|error| error.to_string())?;
                Ok(net.spawn(async move { reading.datagrams(&own, &socket).await }))
            }
            Transport::Tcp => {
                let listener = net.tcp_listen(at).map_err(|error| error.to_string())?;
                let settings = self.clone();
                Ok(net.spawn(async move {
                    loop {
                        let (stream, _) = listener.accept().await;
                        let Ok(reading) = Reading::new(&settings) else { return };
                        let inner = own.clone();
                        own.spawn(async move { reading.stream(&inner, stream).await }).detach();
                    }
                }))
            }
        }
    }

    fn listens(&self) -> Vec<(Protocol, u16)> {
        let protocol = match self.transport.unwrap_or(Transport::Tcp) {
            Transport::Udp => Protocol::UDP,
            Transport::Tcp => Protocol::TCP,
        };
        vec![(protocol, self.port.unwrap_or(PORT))]
    }
}

/// One connection's reading, or that of all datagrams.
struct Reading {
    codec: Codec,
    buffer: usize,
    pause: Duration,
    wait: Duration,
    come: BytesMut,
    span: u64,
    reads: u64,
    messages: u64,
    bytes: u64,
}

impl Reading {
    fn new(settings: &Reader) -> Result<Self, String> {
        let span = |time: &Option<Time>| time.as_ref().map_or(Duration::ZERO, |time| time.0);
        Ok(Reading {
            codec: Codec::new(settings.framing, settings.frame.as_ref().map(|frame| frame.0 as usize))?,
            buffer: settings.buffer.as_ref().map_or(BUFFER, |size| size.0 as usize).clamp(1, MAX_BUFFER),
            pause: span(&settings.pause),
            wait: span(&settings.wait),
            come: BytesMut::new(),
            span: 0,
            reads: 0,
            messages: 0,
            bytes: 0,
        })
    }

    async fn stream(mut self, net: &Net, mut stream: TcpStream) {
        self.span = net.new_span();
        net.sleep(self.wait).await;
        let mut buffer = vec![0; self.buffer];
        let end = loop {
            match stream.read(&mut buffer).await {
                Err(error) => break Err(error.to_string()),
                Ok(0) => break Ok(()),
                Ok(len) => {
                    if let Err(error) = self.take(net, &buffer[..len]) {
                        break Err(error);
                    }
                }
            }
            if self.pause > Duration::ZERO {
                net.sleep(self.pause).await;
            }
        };
        stream.finish();
        let fact = |step| AppFact::new("reader", step, self.span);
        net.record(match end {
            Ok(()) => fact("done").with("reads", self.reads).with("messages", self.messages).with("bytes", self.bytes),
            Err(error) => fact("failed").with("error", error),
        });
    }

    /// Each datagram is read by itself; what the buffer does not hold is cut off.
    async fn datagrams(mut self, net: &Net, socket: &UdpSocket) {
        self.span = net.new_span();
        net.sleep(self.wait).await;
        loop {
            let Ok(datagram) = socket.recv().await else { continue };
            let len = datagram.data.len().min(self.buffer);
            if let Err(error) = self.take(net, &datagram.data[..len]) {
                net.record(AppFact::new("reader", "failed", self.span).with("error", error));
            }
            // A message ends with its datagram.
            self.come.clear();
            net.sleep(self.pause).await;
        }
    }

    /// One read, and the messages that it completes.
    fn take(&mut self, net: &Net, bytes: &[u8]) -> Result<(), String> {
        self.reads += 1;
        self.bytes += bytes.len() as u64;
        let fact = AppFact::new("reader", "read", self.span).with("number", self.reads);
        net.record(with_text(fact.with("bytes", bytes.len() as u64).with("messages", touched(bytes)), bytes));
        self.come.extend_from_slice(bytes);
        while let Some(message) = self.codec.decode(&mut self.come)? {
            self.messages += 1;
            self.record(net, &message);
        }
        Ok(())
    }

    fn record(&self, net: &Net, message: &Bytes) {
        let fact = AppFact::new("reader", "message", self.span).with("number", self.messages);
        let intact = touched(message) == 1 && message.iter().all(u8::is_ascii_uppercase);
        let fact = fact.with("bytes", message.len() as u64).with("intact", u64::from(intact));
        net.record(with_text(fact, message));
    }
}

fn with_text(fact: AppFact, bytes: &[u8]) -> AppFact {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.len() <= SHORT => fact.with("text", text),
        _ => fact,
    }
}

/// Where messages are read.
pub(super) const PORT: u16 = 5003;
/// Bytes of a read, at most.
const BUFFER: usize = 64 << 10;
const MAX_BUFFER: usize = 16 << 20;
/// Text that is worth recording is at most so long, bytes.
const SHORT: usize = 64;
