//! HTTP/1: messages, of which the head is kept and the body counted. A message is told when its body is complete.

use super::{Common, Delivery};
use crate::dissect::http::Start;
use crate::fields::layers::Layer;

/// Messages in one direction.
//= rfc9112#6
#[derive(Debug, Default)]
pub(super) struct Messages {
    /// Head of the message that is coming, or what of it has come.
    head: Vec<u8>,
    rest: Rest,
}

/// What is still to come of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Rest {
    /// Its head.
    #[default]
    Head,
    /// So many bytes of body.
    Body(u64),
    /// The length of the next chunk, so far.
    ChunkLength(u64, bool),
    /// So many bytes of a chunk and its line end.
    Chunk(u64),
    /// Lines behind the last chunk: how many bytes the current one has.
    Trailer(u32),
    /// Everything until the connection ends.
    UntilEnd,
    /// This is not HTTP after all, or another protocol now.
    Lost,
}

impl Messages {
    pub(super) fn take(&mut self, mut bytes: &[u8], common: &mut Common, delivery: &mut Delivery) {
        while let Some(first) = bytes.first().copied() {
            match self.rest {
                Rest::Head => bytes = self.take_head(bytes, common, delivery),
                Rest::Body(left) | Rest::Chunk(left) => {
                    let used = left.min(bytes.len() as u64);
                    bytes = &bytes[used as usize..];
                    self.rest = match (self.rest, left - used) {
                        (Rest::Chunk(_), 0) => Rest::ChunkLength(0, false),
                        (Rest::Chunk(_), left) => Rest::Chunk(left),
                        (_, 0) => self.finish(delivery),
                        (_, left) => Rest::Body(left),
                    };
                }
                Rest::ChunkLength(len, in_extension) => {
                    bytes = &bytes[1..];
                    self.rest = self.chunk_length(len, in_extension, first);
                }
                Rest::Trailer(len) => {
                    bytes = &bytes[1..];
                    self.rest = match (first, len) {
                        (b'\n', 0) => self.finish(delivery),
                        (b'\n', _) => Rest::Trailer(0),
                        (b'\r', _) => Rest::Trailer(len),
                        _ => Rest::Trailer(len.saturating_add(1)),
                    };
                }
                Rest::UntilEnd | Rest::Lost => return,
            }
        }
    }

    /// The connection ended.
    pub(super) fn end(&mut self, delivery: &mut Delivery) {
        if self.rest == Rest::UntilEnd {
            self.rest = self.finish(delivery);
        }
    }

    fn take_head<'a>(&mut self, bytes: &'a [u8], common: &mut Common, delivery: &mut Delivery) -> &'a [u8] {
        let before = self.head.len();
        self.head.extend_from_slice(&bytes[..bytes.len().min(MAX_HEAD - before.min(MAX_HEAD))]);
        let from = before.saturating_sub(3);
        let Some(end) = self.head[from..].windows(4).position(|four| four == b"\r\n\r\n") else {
            if self.head.len() >= MAX_HEAD {
                self.rest = Rest::Lost;
            }
            return &[];
        };
        let end = from + end + 4;
        self.head.truncate(end);
        self.rest = match self.body(common) {
            Rest::Body(0) => self.finish(delivery),
            rest => rest,
        };
        &bytes[end - before..]
    }

    /// How the message's body ends.
    //= rfc9112#6.3
    fn body(&self, common: &mut Common) -> Rest {
        let length = header(&self.head, "content-length").and_then(|value| value.parse().ok());
        let chunked = header(&self.head, "transfer-encoding").is_some_and(|value| value.ends_with("chunked"));
        let framed = if chunked { Some(Rest::ChunkLength(0, false)) } else { length.map(Rest::Body) };
        match Start::parse(&self.head) {
            Some(Start::Request { method, .. }) => {
                if common.heads.len() < MAX_UNANSWERED {
                    common.heads.push_back(method == "HEAD");
                }
                framed.unwrap_or(Rest::Body(0))
            }
            Some(Start::Response { status, .. }) => {
                let to_head = status >= 200 && common.heads.pop_front().unwrap_or(false);
                match status {
                    100..=199 | 204 | 304 => Rest::Body(0),
                    _ if to_head => Rest::Body(0),
                    _ => framed.unwrap_or(Rest::UntilEnd),
                }
            }
            None => Rest::Lost,
        }
    }

    fn chunk_length(&self, len: u64, in_extension: bool, byte: u8) -> Rest {
        match (byte, char::from(byte).to_digit(16)) {
            (b'\n', _) if len == 0 => Rest::Trailer(0),
            (b'\n', _) => Rest::Chunk(len + 2),
            (_, Some(digit)) if !in_extension => match len.checked_mul(16) {
                Some(len) if len < 1 << 60 => Rest::ChunkLength(len + u64::from(digit), false),
                _ => Rest::Lost,
            },
            _ => Rest::ChunkLength(len, true),
        }
    }

    fn finish(&mut self, delivery: &mut Delivery) -> Rest {
        delivery.message(Layer::Http, &[&self.head]);
        self.head.clear();
        Rest::Head
    }
}

/// The value of a header field, in small letters.
pub(crate) fn header(head: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.split("\r\n").skip(1);
    lines.find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_ascii_lowercase())
    })
}

/// Longest head.
const MAX_HEAD: usize = 64 << 10;
/// The most requests without an answer.
const MAX_UNANSWERED: usize = 10_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The start lines of the messages in `text`, given in pieces of `size`.
    fn starts(text: &[u8], size: usize, common: &mut Common) -> Vec<String> {
        let (mut messages, mut delivery) = (Messages::default(), Delivery::default());
        text.chunks(size).for_each(|piece| messages.take(piece, common, &mut delivery));
        messages.end(&mut delivery);
        let heads = delivery.messages.iter().map(|part| &delivery.bytes[part.start as usize..part.end as usize]);
        heads.filter_map(|head| Some(Start::parse(head)?.brief())).collect()
    }

    const ANSWERS: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 204 No Content\r\n\r\n\
        HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=1\r\nhello\r\nA\r\n0123456789\r\n0\r\nA: b\r\n\r\n\
        HTTP/1.1 404 Not Found\r\n\r\nuntil the end";

    proptest! {
        #[test]
        fn messages_end_where_their_bodies_end_in_whatever_pieces_they_come(size in 1usize..300) {
            let expected = ["200 OK", "204 No Content", "200 OK", "404 Not Found"];
            prop_assert_eq!(starts(ANSWERS, size, &mut Common::default()), expected);
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), at in 0usize..250, size in 1usize..20) {
            let mut text = ANSWERS.to_vec();
            let at = at.min(text.len());
            text.splice(at..at, bytes);
            starts(&text, size, &mut Common::default());
        }
    }

    #[test]
    fn the_answer_to_head_has_no_body() {
        let mut common = Common::default();
        assert_eq!(starts(b"HEAD / HTTP/1.1\r\n\r\n", 100, &mut common), ["HEAD /"]);
        let answers = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP/1.1 304 Not Modified\r\n\r\n";
        assert_eq!(starts(answers, 100, &mut common), ["200 OK", "304 Not Modified"]);
    }
}
