//! What TCP's streams carry: bytes in order again, and in them the messages of the protocols above.
//!
//! Done only for those who ask for it: it keeps bytes, where everything else keeps numbers.

mod dns;
mod half;
mod http;
mod tls;

use std::collections::VecDeque;

use base::SeqNum;

use super::layers::{Layer, Part, Source};
use half::Half;

/// What the streams brought with one packet.
#[derive(Debug, Default)]
pub(super) struct Delivery {
    /// The messages that it completed, one behind the other.
    pub(super) bytes: Vec<u8>,
    /// Where each of them stands in `bytes`.
    pub(super) messages: Vec<Part>,
    /// The bytes that are in order now, when somebody wants them.
    pub(super) text: Vec<u8>,
}

impl Delivery {
    fn message(&mut self, layer: Layer, bytes: &[&[u8]]) {
        let start = self.bytes.len() as u32;
        bytes.iter().for_each(|bytes| self.bytes.extend_from_slice(bytes));
        self.messages.push(Part { layer, source: Source::Stream, start, end: self.bytes.len() as u32 });
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.messages.clear();
        self.text.clear();
    }
}

/// A segment on its way into its stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival<'a> {
    pub(super) stream: u32,
    pub(super) from_low: bool,
    pub(super) ports: (u16, u16),
    pub(super) seq: SeqNum,
    pub(super) ack: Option<SeqNum>,
    pub(super) is_syn: bool,
    pub(super) is_fin: bool,
    pub(super) data: &'a [u8],
}

/// All streams of a capture.
#[derive(Debug, Default)]
pub(super) struct Streams {
    dialogues: Vec<Dialogue>,
    /// Whether the bytes themselves are wanted, not only the messages.
    wants_text: bool,
}

/// Both directions of a connection.
#[derive(Debug, Default)]
struct Dialogue {
    halves: [Half; 2],
    readers: [Language; 2],
    common: Common,
}

/// What one direction must know of the other.
#[derive(Debug, Default)]
struct Common {
    /// TLS 1.3 was agreed on.
    tls13: bool,
    /// For each HTTP request that has no answer yet, whether the answer will have no body (HEAD).
    heads: VecDeque<bool>,
}

/// In which protocol one direction speaks.
#[derive(Debug, Default)]
enum Language {
    /// Not known yet; the bytes so far.
    #[default]
    Unknown,
    Beginning(Vec<u8>),
    Tls(tls::Records),
    Http(http::Messages),
    Dns(dns::Messages),
    /// None that is understood here.
    Other,
}

impl Streams {
    /// Streams that deliver their bytes too.
    pub(super) fn with_text() -> Streams {
        Streams { wants_text: true, ..Streams::default() }
    }

    /// Takes a segment in, and delivers what is in order now.
    pub(super) fn take(&mut self, arrival: &Arrival<'_>, delivery: &mut Delivery) {
        let stream = arrival.stream as usize;
        if stream >= self.dialogues.len() {
            self.dialogues.resize_with(stream + 1, Dialogue::default);
        }
        let Dialogue { halves: [low, high], readers: [of_low, of_high], common } = &mut self.dialogues[stream];
        let (half, other, language, answer) =
            if arrival.from_low { (low, high, of_low, of_high) } else { (high, low, of_high, of_low) };
        if let Some(ack) = arrival.ack {
            // What was acknowledged and never seen will not come any more: the capture missed it.
            if other.give_up_before(ack) {
                *answer = Language::Other;
            }
        }
        let wants_text = self.wants_text;
        let ended = half.take(arrival, &mut |bytes| {
            if wants_text {
                delivery.text.extend_from_slice(bytes);
            }
            language.take(bytes, arrival.ports, common, delivery);
        });
        if ended && let Language::Http(messages) = language {
            messages.end(delivery);
        }
    }
}

impl Language {
    fn take(&mut self, bytes: &[u8], ports: (u16, u16), common: &mut Common, delivery: &mut Delivery) {
        match self {
            Language::Unknown => {
                *self = Language::Beginning(Vec::new());
                self.take(bytes, ports, common, delivery);
            }
            Language::Beginning(first) => {
                first.extend_from_slice(bytes);
                if first.len() < ENOUGH {
                    return;
                }
                let first = std::mem::take(first);
                *self = Language::of(&first, ports);
                self.take(&first, ports, common, delivery);
            }
            Language::Tls(records) => records.take(bytes, common, delivery),
            Language::Http(messages) => messages.take(bytes, common, delivery),
            Language::Dns(messages) => messages.take(bytes, delivery),
            Language::Other => {}
        }
    }

    /// What begins like this.
    fn of(first: &[u8], ports: (u16, u16)) -> Language {
        if ports.0 == 53 || ports.1 == 53 {
            return Language::Dns(dns::Messages::default());
        }
        if matches!(first, [20..=23, 3, 0..=4, ..]) {
            return Language::Tls(tls::Records::default());
        }
        let word = first.split(|byte| !byte.is_ascii_uppercase()).next().unwrap_or_default();
        let is_request = (3..=7).contains(&word.len()) && matches!(first.get(word.len()), Some(b' ') | None);
        if first.starts_with(b"HTTP/1.") || is_request {
            return Language::Http(http::Messages::default());
        }
        Language::Other
    }
}

/// How many bytes tell a protocol.
const ENOUGH: usize = 8;
