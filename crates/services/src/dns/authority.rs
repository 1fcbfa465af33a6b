//! A name server that speaks for zones, and for nothing else.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use domain::base::iana::OptRcode;
use net::{BindError, Net};

use super::message::Message;
use super::serve::{Responder, serve};
use super::zone::Zone;

/// An authoritative name server.
#[derive(Clone, Debug)]
pub struct NameServer {
    zones: Arc<[Zone]>,
}

impl NameServer {
    /// A server for these zones.
    pub fn new(zones: impl IntoIterator<Item = Zone>) -> NameServer {
        NameServer { zones: zones.into_iter().collect() }
    }

    /// The answer to a question: what the program sends.
    pub fn answer(&self, query: &Message) -> Message {
        let Some(question) = &query.question else { return query.reply(OptRcode::FORMERR) };
        // The deepest zone that holds the name.
        let holds = |zone: &&Zone| question.name.ends_with(zone.apex());
        let zone = self.zones.iter().filter(holds).max_by_key(|zone| zone.apex().label_count());
        match zone {
            Some(zone) => {
                let mut reply = query.reply(OptRcode::NOERROR);
                zone.answer(question, &mut reply);
                reply
            }
            None => query.reply(OptRcode::REFUSED),
        }
    }

    /// The program: serves over UDP and TCP until it is dropped.
    pub async fn run(self, net: Net, at: SocketAddr) -> Result<Infallible, BindError> {
        serve(net, at, self).await
    }
}

impl Responder for NameServer {
    async fn respond(&self, _: &Net, _: SocketAddr, query: Message) -> Option<Message> {
        Some(self.answer(&query))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::message::{Question, Rtype, name};

    #[test]
    fn the_deepest_zone_answers_and_strangers_are_refused() {
        let zone = |origin: &str| {
            Zone::parse(
                origin,
                &format!("@ 60 IN SOA ns admin 1 2 3 4 5\n@ 60 IN TXT \"{origin}\"\nsub 60 IN NS ns.sub"),
            )
        };
        let server = NameServer::new(["example.com", "sub.example.com"].map(|origin| zone(origin).unwrap()));
        let ask = |text: &str| {
            let question = Question { name: name(text).unwrap(), rtype: Rtype::TXT };
            server.answer(&Message::query(1, question, false))
        };
        assert_eq!(ask("sub.example.com").answer[0].data().to_string(), "\"sub.example.com\"");
        assert_eq!(ask("example.com").answer[0].data().to_string(), "\"example.com\"");
        assert_eq!(ask("example.net").rcode, OptRcode::REFUSED);
    }
}
