//! One question to one server, asked exactly as told: what `dig` does.

use std::fmt;
use std::net::SocketAddr;

use base::Duration;
use net::{Net, SendError};

use super::exchange::{ask_by_tcp, open, receive};
use super::message::{Edns, Message, Question};

/// A question, and how it is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Query {
    /// What is asked.
    pub question: Question,
    /// Whom.
    pub server: SocketAddr,
    /// Over TCP from the start. Over UDP a truncated answer is asked for again over TCP.
    pub tcp: bool,
    /// The largest UDP payload that is said to be taken (RFC 6891); none: no EDNS.
    pub edns: Option<u16>,
    /// Whether the server is to find the answer elsewhere.
    pub recursion_desired: bool,
    /// How long each try waits; as many tries as there are waits.
    pub waits: Vec<Duration>,
}

/// What happens while a question is asked.
#[derive(Clone, PartialEq, Debug)]
pub enum Progress<'a> {
    /// It is sent, over TCP or UDP; so many tries came before.
    Sent {
        /// Over TCP.
        tcp: bool,
        /// Earlier tries.
        tries: usize,
    },
    /// An answer came.
    Answer {
        /// Over TCP.
        tcp: bool,
        /// What it says.
        reply: &'a Message,
        /// Its length in bytes, without TCP's prefix.
        bytes: usize,
    },
}

/// Why there is no answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QueryError {
    /// All tries ended in silence.
    Silent,
    /// Nobody listens on the server's port.
    Refused,
    /// It could not be sent.
    NotSent(SendError),
    /// There was no connection, or it broke, or the answer was none.
    Tcp,
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            QueryError::Silent => f.write_str("the server did not answer"),
            QueryError::Refused => f.write_str("nobody listens on the server's port"),
            QueryError::NotSent(error) => write!(f, "the question could not be sent: {error}"),
            QueryError::Tcp => f.write_str("the server did not answer over TCP"),
        }
    }
}

impl std::error::Error for QueryError {}

impl Query {
    /// Asks; `tell` hears of each question sent and each answer.
    pub async fn run(&self, net: &Net, mut tell: impl FnMut(Progress<'_>)) -> Result<Message, QueryError> {
        if self.tcp {
            return self.by_tcp(net, tell).await;
        }
        let socket = open(net, self.server).map_err(QueryError::NotSent)?;
        let query = self.message(net);
        for (tries, &wait) in self.waits.iter().enumerate() {
            tell(Progress::Sent { tcp: false, tries });
            match socket.send_to(&query.emit(usize::from(u16::MAX)), self.server) {
                // A full queue is a lost datagram: the next try comes.
                Ok(()) | Err(SendError::QueueFull | SendError::Refused(_)) => {}
                Err(error) => return Err(QueryError::NotSent(error)),
            }
            let until = net.now() + wait;
            while let Some(heard) = receive(net, &socket, until).await {
                let Ok(datagram) = heard else { return Err(QueryError::Refused) };
                let Ok(reply) = Message::parse(&datagram.data) else { continue };
                if datagram.from != self.server || !reply.answers(query.id, &self.question) {
                    continue;
                }
                tell(Progress::Answer { tcp: false, reply: &reply, bytes: datagram.data.len() });
                //= rfc7766#5
                return if reply.truncated { self.by_tcp(net, tell).await } else { Ok(reply) };
            }
        }
        Err(QueryError::Silent)
    }

    async fn by_tcp(&self, net: &Net, mut tell: impl FnMut(Progress<'_>)) -> Result<Message, QueryError> {
        tell(Progress::Sent { tcp: true, tries: 0 });
        let query = self.message(net);
        let patience = self.waits.iter().fold(Duration::ZERO, |sum, wait| sum + *wait);
        let answer = net.timeout(patience, ask_by_tcp(net, self.server, &query)).await;
        let (reply, bytes) = answer.ok().flatten().ok_or(QueryError::Tcp)?;
        if !reply.answers(query.id, &self.question) {
            return Err(QueryError::Tcp);
        }
        tell(Progress::Answer { tcp: true, reply: &reply, bytes });
        Ok(reply)
    }

    fn message(&self, net: &Net) -> Message {
        let id = net.random("dns").next_u64() as u16;
        let mut query = Message::query(id, self.question.clone(), self.recursion_desired);
        query.edns = self.edns.map(Edns::new);
        query
    }
}
