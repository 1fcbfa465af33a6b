//! HTTP requests and their answers.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use super::{MAX_ENTRIES, Summary};
use crate::dissect::http::Start;
use crate::fields::{Layer, Packet};

/// A request and its answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Exchange {
    /// The packet that completed the request; 0 when it was not seen.
    pub packet: u64,
    /// The TCP connection's number.
    pub stream: u32,
    /// `GET /index.html`
    pub request: String,
    /// The status code.
    pub status: Option<u16>,
    /// The phrase behind it.
    pub reason: String,
    /// Nanoseconds from the request to the end of the answer.
    pub after_ns: Option<u64>,
}

/// Requests without an answer, in the order in which they were sent: place in the summary, and when.
#[derive(Debug, Default)]
pub(super) struct Exchanges {
    open: BTreeMap<u32, VecDeque<(usize, u64)>>,
}

impl Exchanges {
    pub(super) fn take(&mut self, packet: &Packet<'_>, summary: &mut Summary) {
        let Some(segment) = packet.segment else { return };
        for start in packet.layers_of(Layer::Http).filter_map(Start::parse) {
            let open = self.open.entry(segment.stream).or_default();
            let (request, status, reason) = match start {
                Start::Request { .. } => (start.brief(), None, String::new()),
                Start::Response { status, reason } => {
                    // 100 Continue and its like come before the answer.
                    if (100..200).contains(&status) && status != 101 {
                        continue;
                    }
                    if let Some((place, sent_ns)) = open.pop_front() {
                        let exchange = &mut summary.exchanges[place];
                        exchange.status = Some(status);
                        exchange.reason = reason;
                        exchange.after_ns = Some(packet.raw.time_ns.saturating_sub(sent_ns));
                        continue;
                    }
                    ("(request not seen)".into(), Some(status), reason)
                }
            };
            if summary.exchanges.len() >= MAX_ENTRIES {
                summary.left_out += 1;
                continue;
            }
            if status.is_none() {
                open.push_back((summary.exchanges.len(), packet.raw.time_ns));
            }
            let (packet, stream) = (packet.number, segment.stream);
            summary.exchanges.push(Exchange { packet, stream, request, status, reason, after_ns: None });
        }
    }
}
