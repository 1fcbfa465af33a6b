//! One question to one of several servers: over UDP with retries, over TCP when the answer did not fit.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use base::{Duration, Instant};
use net::{Datagram, Net, SendError, UdpSocket};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::message::{Edns, Message, Question, UDP_PAYLOAD};

/// What is asked, of whom, and how patiently.
pub(super) struct Exchange<'a> {
    pub(super) question: &'a Question,
    pub(super) recursion_desired: bool,
    /// Asked in turn.
    pub(super) servers: &'a [SocketAddr],
    /// How long each try waits; as many tries as there are waits.
    pub(super) waits: &'a [Duration],
}

/// Why there is no answer.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum ExchangeError {
    /// Nobody to ask.
    NoServer,
    /// All tries ended without an answer.
    Silent { server: SocketAddr, tries: usize },
    /// The last server that was left has nobody listening on its port.
    Refused(SocketAddr),
    /// Nothing could be sent to the last server that was left.
    NotSent(SocketAddr, SendError),
    /// The last server that was left gave an answer that is no use.
    Useless(SocketAddr, Box<Message>),
}

impl fmt::Display for ExchangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExchangeError::NoServer => f.write_str("no server to ask"),
            ExchangeError::Silent { server, tries: 1 } => write!(f, "{} did not answer", server.ip()),
            ExchangeError::Silent { server, tries } => write!(f, "{} did not answer, asked {tries} times", server.ip()),
            ExchangeError::Refused(server) => write!(f, "nobody listens on port {} of {}", server.port(), server.ip()),
            ExchangeError::NotSent(server, error) => write!(f, "no question could be sent to {}: {error}", server.ip()),
            ExchangeError::Useless(server, reply) => write!(f, "{} answered {}", server.ip(), reply.rcode),
        }
    }
}

impl Exchange<'_> {
    /// Asks. `on_send` is told of each try; `accept` says whether an answer is of use: if not, that server is not asked
    /// again.
    pub(super) async fn run(
        &self,
        net: &Net,
        mut on_send: impl FnMut(SocketAddr, usize),
        mut accept: impl FnMut(SocketAddr, &Message) -> bool,
    ) -> Result<(Message, SocketAddr), ExchangeError> {
        let first = *self.servers.first().ok_or(ExchangeError::NoServer)?;
        let socket = open(net, first).map_err(|error| ExchangeError::NotSent(first, error))?;
        let random = net.random("dns");
        let mut asked: Vec<Asked> = (self.servers.iter())
            .filter(|server| server.is_ipv4() == first.is_ipv4())
            .map(|&server| Asked { server, id: random.next_u64() as u16 })
            .collect();
        let mut turn = 0;
        for (tries, &wait) in self.waits.iter().enumerate() {
            turn = if turn < asked.len() { turn } else { 0 };
            let Asked { server, id } = asked[turn];
            let mut query = Message::query(id, self.question.clone(), self.recursion_desired);
            query.edns = Some(Edns::new(UDP_PAYLOAD));
            on_send(server, tries);
            match socket.send_to(&query.emit(usize::from(UDP_PAYLOAD)), server) {
                // A full queue is a lost datagram: the next try comes.
                Ok(()) | Err(SendError::QueueFull | SendError::Refused(_)) => turn += 1,
                Err(error) => match drop_server(&mut asked, server) {
                    true => continue,
                    false => return Err(ExchangeError::NotSent(server, error)),
                },
            }
            let until = net.now() + wait;
            while let Some(heard) = receive(net, &socket, until).await {
                let (server, outcome) = match heard {
                    Ok(datagram) => match self.read(net, &asked, &datagram).await {
                        Some(reply) if accept(datagram.from, &reply) => return Ok((reply, datagram.from)),
                        Some(reply) => (datagram.from, ExchangeError::Useless(datagram.from, Box::new(reply))),
                        None => continue,
                    },
                    Err(server) => (server, ExchangeError::Refused(server)),
                };
                if !drop_server(&mut asked, server) {
                    return Err(outcome);
                }
                break;
            }
        }
        Err(ExchangeError::Silent { server: asked.first().map_or(first, |left| left.server), tries: self.waits.len() })
    }

    /// The answer in a datagram, if it is one to our question by one of our servers; asked for again over TCP when it was
    /// truncated.
    async fn read(&self, net: &Net, asked: &[Asked], datagram: &Datagram) -> Option<Message> {
        let asked = asked.iter().find(|asked| asked.server == datagram.from)?;
        let reply = Message::parse(&datagram.data).ok()?;
        if !reply.answers(asked.id, self.question) {
            return None;
        }
        if !reply.truncated {
            return Some(reply);
        }
        //= rfc7766#5
        let query = Message::query(asked.id, self.question.clone(), self.recursion_desired);
        let (reply, _) = net.timeout(TCP_PATIENCE, ask_by_tcp(net, asked.server, &query)).await.ok()??;
        reply.answers(asked.id, self.question).then_some(reply)
    }
}

#[derive(Clone, Copy)]
struct Asked {
    server: SocketAddr,
    id: u16,
}

/// Whether another server is left.
fn drop_server(asked: &mut Vec<Asked>, server: SocketAddr) -> bool {
    if asked.len() > 1 {
        asked.retain(|asked| asked.server != server);
        return true;
    }
    false
}

pub(super) fn open(net: &Net, server: SocketAddr) -> Result<UdpSocket, SendError> {
    let any = match server {
        SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
    };
    net.udp_bind(any).map_err(|_| SendError::NoAddress)
}

/// The next datagram, or the server whose port is closed; `None` when the time is over.
pub(super) async fn receive(net: &Net, socket: &UdpSocket, until: Instant) -> Option<Result<Datagram, SocketAddr>> {
    loop {
        match net.timeout(until - net.now(), socket.recv()).await.ok()? {
            Ok(datagram) => return Some(Ok(datagram)),
            Err(SendError::Refused(server)) => return Some(Err(server)),
            Err(SendError::Closed) => {
                net.sleep_until(until).await;
                return None;
            }
            Err(_) => {}
        }
    }
}

//= rfc1035#4.2.2
/// The answer over a connection of its own, and its length in bytes.
pub(super) async fn ask_by_tcp(net: &Net, server: SocketAddr, query: &Message) -> Option<(Message, usize)> {
    let mut stream = net.tcp_connect(server).await.ok()?;
    let bytes = query.emit(usize::from(u16::MAX));
    let mut framed = u16::try_from(bytes.len()).ok()?.to_be_bytes().to_vec();
    framed.extend_from_slice(&bytes);
    stream.write_all(&framed).await.ok()?;
    let len = stream.read_u16().await.ok()?;
    let mut reply = vec![0; usize::from(len)];
    stream.read_exact(&mut reply).await.ok()?;
    let own = net.clone();
    // The answer does not wait for the close. The server's half ends too, so that nothing of it is met by a reset.
    net.spawn(async move {
        let _ = stream.shutdown().await;
        let _ = own.timeout(CLOSE_PATIENCE, stream.read(&mut [0; 16])).await;
    })
    .detach();
    Some((Message::parse(&reply).ok()?, reply.len()))
}

/// How long a question over TCP may take, from the first SYN to the answer.
const TCP_PATIENCE: Duration = Duration::from_secs(20);
/// How long the end of the server's half is waited for.
const CLOSE_PATIENCE: Duration = Duration::from_secs(2);
