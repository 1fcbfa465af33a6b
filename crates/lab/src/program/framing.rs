//! How messages are told apart in a stream that knows only bytes, by tokio-util's codecs.

use bytes::{Bytes, BytesMut};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio_util::codec::{AnyDelimiterCodec, Decoder, Encoder, LengthDelimitedCodec};

/// How messages are told apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Framing {
    /// Not at all: the reader gets bytes as they come.
    #[default]
    None,
    /// All have the same length; shorter ones are padded with dots.
    Fixed,
    /// A line feed ends each.
    Delimiter,
    /// Its length, 4 bytes, stands in front of each.
    Length,
}

/// One end's work: messages to bytes, bytes to messages.
#[derive(Debug)]
pub(super) enum Codec {
    None,
    Fixed(usize),
    Delimiter(AnyDelimiterCodec),
    Length(LengthDelimitedCodec),
}

impl Codec {
    /// `size` is the length that all messages have with fixed framing, bytes.
    pub(super) fn new(framing: Framing, size: Option<usize>) -> Result<Codec, String> {
        Ok(match framing {
            Framing::None => Codec::None,
            Framing::Fixed => match size {
                Some(size) if size > 0 => Codec::Fixed(size),
                _ => return Err("fixed framing needs frame, the length that all messages have".into()),
            },
            Framing::Delimiter => {
                Codec::Delimiter(AnyDelimiterCodec::new_with_max_length(b"\n".into(), b"\n".into(), MAX_MESSAGE))
            }
            Framing::Length => Codec::Length(LengthDelimitedCodec::builder().max_frame_length(MAX_MESSAGE).new_codec()),
        })
    }

    /// The bytes of a message on its way.
    pub(super) fn encode(&mut self, message: Bytes, to: &mut BytesMut) -> Result<(), String> {
        match self {
            Codec::None => to.extend_from_slice(&message),
            Codec::Fixed(size) if message.len() > *size => {
                return Err(format!("a message of {} bytes does not fit into frames of {size}", message.len()));
            }
            Codec::Fixed(size) => {
                to.extend_from_slice(&message);
                to.extend(std::iter::repeat_n(PADDING, *size - message.len()));
            }
            Codec::Delimiter(codec) => {
                let text = std::str::from_utf8(&message).map_err(|error| error.to_string())?;
                codec.encode(text, to).map_err(|error| error.to_string())?;
            }
            Codec::Length(codec) => codec.encode(message, to).map_err(|error| error.to_string())?,
        }
        Ok(())
    }

    /// The next whole message in what has come; `None` while there is none. Without framing nothing is one.
    pub(super) fn decode(&mut self, from: &mut BytesMut) -> Result<Option<Bytes>, String> {
        match self {
            Codec::None => {
                from.clear();
                Ok(None)
            }
            Codec::Fixed(size) if from.len() < *size => Ok(None),
            Codec::Fixed(size) => {
                let frame = from.split_to(*size).freeze();
                let len = frame.iter().rposition(|byte| *byte != PADDING).map_or(0, |last| last + 1);
                Ok(Some(frame.slice(..len)))
            }
            Codec::Delimiter(codec) => codec.decode(from).map_err(|error| error.to_string()),
            Codec::Length(codec) => {
                codec.decode(from).map(|found| found.map(BytesMut::freeze)).map_err(|error| error.to_string())
            }
        }
    }
}

/// Message `number`, from 1: a letter for each, so that it is seen where one ends and the next begins.
pub(super) fn message(number: u64, size: usize) -> Bytes {
    Bytes::from(vec![letter(number); size])
}

/// `A` for the first message, `B` for the second, after `Z` again `A`.
pub(super) fn letter(number: u64) -> u8 {
    b'A' + ((number.max(1) - 1) % 26) as u8
}

/// How many messages some bytes are of: where the letter changes, another begins.
pub(super) fn touched(bytes: &[u8]) -> u64 {
    let letters: Vec<u8> = bytes.iter().copied().filter(u8::is_ascii_uppercase).collect();
    if letters.is_empty() { 0 } else { 1 + letters.windows(2).filter(|pair| pair[0] != pair[1]).count() as u64 }
}

const PADDING: u8 = b'.';
/// Bytes of a message, at most.
const MAX_MESSAGE: usize = 16 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn round(framing: Framing, sizes: &[usize], cuts: &[usize]) -> Vec<Bytes> {
        let mut sender = Codec::new(framing, Some(100)).unwrap();
        let mut bytes = BytesMut::new();
        for (number, size) in (1..).zip(sizes) {
            sender.encode(message(number, *size), &mut bytes).unwrap();
        }
        let mut reader = Codec::new(framing, Some(100)).unwrap();
        let (mut come, mut found, mut cuts) = (BytesMut::new(), Vec::new(), cuts.iter().cycle());
        while !bytes.is_empty() {
            let len = cuts.next().map_or(bytes.len(), |cut| (cut + 1).min(bytes.len()));
            come.extend_from_slice(&bytes.split_to(len));
            while let Some(message) = reader.decode(&mut come).unwrap() {
                found.push(message);
            }
        }
        found
    }

    proptest! {
        #[test]
        fn framed_messages_arrive_whole_however_the_stream_is_cut(
            sizes in proptest::collection::vec(1usize..=100, 1..20),
            cuts in proptest::collection::vec(0usize..300, 1..20),
        ) {
            let sent: Vec<Bytes> = (1..).zip(&sizes).map(|(number, size)| message(number, *size)).collect();
            for framing in [Framing::Fixed, Framing::Delimiter, Framing::Length] {
                prop_assert_eq!(&round(framing, &sizes, &cuts), &sent, "{:?}", framing);
            }
            prop_assert!(round(Framing::None, &sizes, &cuts).is_empty());
        }
    }

    #[test]
    fn letters_show_of_how_many_messages_some_bytes_are() {
        assert_eq!([&b"AAA"[..], b"AAABB", b"A..B\nC", b"..", b""].map(touched), [1, 2, 3, 0, 0]);
        assert_eq!([1, 2, 26, 27].map(letter), *b"ABZA");
    }

    #[test]
    fn a_message_longer_than_the_fixed_length_is_refused() {
        let error = Codec::new(Framing::Fixed, Some(3)).unwrap().encode(message(1, 4), &mut BytesMut::new());
        assert!(error.unwrap_err().contains("4 bytes"));
        assert!(Codec::new(Framing::Fixed, None).is_err());
    }
}
