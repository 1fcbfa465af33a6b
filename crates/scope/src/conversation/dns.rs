//! DNS questions over UDP with their repetitions and answers, as the asker's and the server's interfaces saw them.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use base::{Instant, NodeId};

use crate::dissect::dns::{Message, PORT, Question};
use crate::index::Index;

/// One question to one server.
pub(crate) struct Query {
    pub(crate) asker: NodeId,
    pub(crate) client: SocketAddr,
    pub(crate) server: SocketAddr,
    pub(crate) question: Question,
    /// Each time it was sent: when, and as which packet.
    pub(crate) sends: Vec<(Instant, usize)>,
    pub(crate) answer: Option<Answer>,
    /// Answers that never came to the asker: when they were sent, and as which packet.
    pub(crate) lost_answers: Vec<(Instant, usize)>,
    /// The question that this one repeats, because no answer to it had come.
    pub(crate) repeats: Option<usize>,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) sent: Instant,
    /// When the asker got it; `None` when it was lost.
    pub(crate) arrived: Option<Instant>,
    pub(crate) message: Message,
}

impl Query {
    /// When it was first sent.
    pub(crate) fn at(&self) -> Instant {
        self.sends.first().map_or(Instant::ZERO, |(at, _)| *at)
    }

    /// When the asker had its answer.
    pub(crate) fn answered(&self) -> Option<Instant> {
        self.answer.as_ref()?.arrived
    }

    /// Whether the asker was waiting for an answer at `at`.
    pub(crate) fn is_open(&self, at: Instant) -> bool {
        self.at() <= at && self.answered().is_none_or(|answered| at <= answered)
    }
}

/// All questions of a recording, in the order in which they were asked.
pub(crate) fn queries(index: &Index<'_>) -> Vec<Query> {
    let mut queries: Vec<Query> = Vec::new();
    let mut open: BTreeMap<(SocketAddr, SocketAddr, u16, Question), usize> = BTreeMap::new();
    let mut latest: BTreeMap<(NodeId, IpAddr, String, String), usize> = BTreeMap::new();
    for (place, packet) in index.packets.iter().enumerate() {
        let Some(datagram) = packet.view.udp() else { continue };
        if datagram.src.port() != PORT && datagram.dst.port() != PORT {
            continue;
        }
        let Some(message) = Message::parse(datagram.data) else { continue };
        let Some(question) = message.question.clone() else { continue };
        if message.response {
            let key = (datagram.dst, datagram.src, message.id, question);
            let Some(query) = open.get(&key).and_then(|at| queries.get_mut(*at)) else { continue };
            let arrived = index.arrival_at(packet, query.asker);
            if arrived.is_none() {
                query.lost_answers.push((packet.sent(), place));
            }
            // A second answer counts only where the first one was lost.
            if query.answered().is_none() && (query.answer.is_none() || arrived.is_some()) {
                query.answer = Some(Answer { sent: packet.sent(), arrived, message });
            }
            continue;
        }
        let key = (datagram.src, datagram.dst, message.id, question.clone());
        if let Some(query) = open.get(&key).and_then(|at| queries.get_mut(*at)) {
            query.sends.push((packet.sent(), place));
            continue;
        }
        open.insert(key, queries.len());
        let asked = (packet.from(), datagram.dst.ip(), question.name.clone(), question.kind.clone());
        let before = latest.insert(asked, queries.len());
        let unanswered = |at: &usize| queries[*at].answered().is_none_or(|answered| answered > packet.sent());
        queries.push(Query {
            asker: packet.from(),
            client: datagram.src,
            server: datagram.dst,
            question,
            sends: vec![(packet.sent(), place)],
            answer: None,
            lost_answers: Vec::new(),
            repeats: before.filter(unanswered),
        });
    }
    queries
}
