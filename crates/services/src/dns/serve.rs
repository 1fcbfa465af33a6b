//! What every DNS server does: takes questions over UDP and TCP (RFC 1035 section 4.2, RFC 7766), and answers in time.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use base::Duration;
use bytes::Bytes;
use domain::base::iana::OptRcode;
use net::{BindError, Net, SendError, TcpStream};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Semaphore;

use super::message::{Message, Opcode};

/// Answers questions.
pub(super) trait Responder: Send + Sync + 'static {
    /// The answer; `None`: silence. The question is well formed and has exactly one name.
    fn respond(&self, net: &Net, from: SocketAddr, query: Message) -> impl Future<Output = Option<Message>> + Send;
}

/// Serves at `at` until it is dropped. Give it an address, not "any": answers must come from where the question went.
pub(super) async fn serve<R: Responder>(net: Net, at: SocketAddr, responder: R) -> Result<Infallible, BindError> {
    let responder = Arc::new(responder);
    let socket = Arc::new(net.udp_bind(at)?);
    let listener = net.tcp_listen(at)?;
    let streams = {
        let (own, responder) = (net.clone(), responder.clone());
        async move {
            let room = Arc::new(Semaphore::new(MAX_STREAMS));
            loop {
                let place = room.clone().acquire_owned().await;
                let (stream, peer) = listener.accept().await;
                stream.set_nodelay(true);
                let (net, responder) = (own.clone(), responder.clone());
                let talk = async move {
                    talk(&net, &*responder, stream, peer).await;
                    drop(place);
                };
                own.spawn(talk).detach();
            }
        }
    };
    let _streams = net.spawn(streams);
    let room = Arc::new(Semaphore::new(MAX_QUESTIONS));
    loop {
        let datagram = match socket.recv().await {
            Ok(datagram) => datagram,
            Err(SendError::Closed) => std::future::pending().await,
            Err(_) => continue,
        };
        // More than we can think of at once is dropped, as a full queue would.
        let Ok(place) = room.clone().try_acquire_owned() else { continue };
        let (own, socket, responder) = (net.clone(), socket.clone(), responder.clone());
        let answer = async move {
            if let Some(reply) = answer(&own, &*responder, datagram.from, &datagram.data, None).await {
                let _ = socket.send_to(&reply, datagram.from);
            }
            drop(place);
        };
        net.spawn(answer).detach();
    }
}

//= rfc7766#6.2.1
/// Questions over one connection, one after the other.
async fn talk<R: Responder>(net: &Net, responder: &R, mut stream: TcpStream, peer: SocketAddr) {
    loop {
        let question = async {
            let len = stream.read_u16().await.ok()?;
            let mut bytes = vec![0; usize::from(len)];
            stream.read_exact(&mut bytes).await.ok()?;
            Some(bytes)
        };
        let Ok(Some(bytes)) = net.timeout(IDLE, question).await else { break };
        let Some(reply) = answer(net, responder, peer, &bytes, Some(usize::from(u16::MAX))).await else { break };
        let mut framed = (reply.len() as u16).to_be_bytes().to_vec();
        framed.extend_from_slice(&reply);
        if !matches!(net.timeout(IDLE, stream.write_all(&framed)).await, Ok(Ok(()))) {
            break;
        }
    }
    let _ = stream.shutdown().await;
}

/// The bytes of the answer. `limit` is the transport's; over UDP the question says how much its sender takes.
async fn answer<R: Responder>(
    net: &Net,
    responder: &R,
    from: SocketAddr,
    bytes: &[u8],
    limit: Option<usize>,
) -> Option<Bytes> {
    let query = match Message::parse(bytes) {
        Ok(query) => query,
        Err(malformed) if malformed.is_response => return None,
        Err(malformed) => return Some(Message::format_error(malformed.id?).emit(usize::from(u16::MAX))),
    };
    let limit = limit.unwrap_or(query.udp_limit());
    if query.is_response {
        return None;
    }
    let reply = if query.opcode != Opcode::QUERY {
        query.reply(OptRcode::NOTIMP)
    } else if query.question.is_none() {
        query.reply(OptRcode::FORMERR)
    } else if query.edns.as_ref().is_some_and(|edns| edns.version > 0) {
        //= rfc6891#6.1.3
        query.reply(OptRcode::BADVERS)
    } else {
        responder.respond(net, from, query).await?
    };
    Some(reply.emit(limit))
}

/// Questions over UDP in work at once.
const MAX_QUESTIONS: usize = 1000;
/// TCP connections at once.
const MAX_STREAMS: usize = 100;
/// How long a TCP connection may be silent (RFC 7766, section 6.2.3: some seconds).
const IDLE: Duration = Duration::from_secs(30);
