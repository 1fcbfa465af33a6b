//! A file over a reliable line, without IP: what is delivered is compared with what was sent, byte by byte.

use base::event::AppFact;
use base::{LinkType, Port};
use net::{LinkStream, Net, Task};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::registry::Written;
use super::{Commons, Program};
use crate::file::scalar::Size;

/// Writes a text of numbered lines to the reliable line at its first such interface. Records `transfer.sent` (bytes).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// How many bytes; without it, until the run ends.
    #[serde(default)]
    pub bytes: Option<Size>,
    /// Bytes of each frame. Default what the line takes.
    #[serde(default)]
    pub frame: Option<Size>,
}

impl Written for Transfer {
    const NAME: &'static str = "transfer";
    const ABOUT: &'static str = "writes a text of numbered lines to a reliable line, without IP";
}

impl Program for Transfer {
    fn start(&self, net: &Net, _: &Commons) -> Result<Task<()>, String> {
        let (own, what, mut stream) = (net.clone(), self.clone(), open(net)?);
        Ok(net.spawn(async move {
            let total = what.bytes.as_ref().map_or(u64::MAX, |size| size.0);
            let frame = what.frame.as_ref().map_or(usize::MAX, |size| size.0.max(1) as usize);
            let mut sent = 0;
            while sent < total {
                let len = (total - sent).min(frame.min(LARGEST) as u64);
                let text = text(sent, len as usize);
                if stream.write_all(&text).await.is_err() {
                    break;
                }
                sent += len;
            }
            own.record(AppFact::new("transfer", "sent", 0).with("bytes", sent));
        }))
    }

    fn is_foreground(&self) -> bool {
        self.bytes.is_some()
    }
}

/// Reads what `transfer` sends and compares it with what it should be. Records `receiver.part` (bytes, right) for each
/// frame while `record` is set, and once `receiver.done` (bytes, wrong, and of the first wrong byte: first_wrong, came,
/// expected) when `bytes` have come.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Receiver {
    /// How many bytes it waits for; without it, it reads until the run ends.
    #[serde(default)]
    pub bytes: Option<Size>,
    /// Whether every part is recorded.
    #[serde(default)]
    pub record: bool,
}

impl Written for Receiver {
    const NAME: &'static str = "receiver";
    const ABOUT: &'static str = "reads what `transfer` sends over a reliable line, and finds the first wrong byte";
}

impl Program for Receiver {
    fn start(&self, net: &Net, _: &Commons) -> Result<Task<()>, String> {
        let (own, what, mut stream) = (net.clone(), self.clone(), open(net)?);
        Ok(net.spawn(async move {
            let total = what.bytes.as_ref().map_or(u64::MAX, |size| size.0);
            let mut found = Found::default();
            let mut buffer = vec![0; LARGEST];
            while found.bytes < total {
                let Ok(len) = stream.read(&mut buffer).await else { break };
                found.compare(&buffer[..len]);
                if what.record {
                    let fact = AppFact::new("receiver", "part", 0).with("bytes", len as u64);
                    own.record(fact.with("wrong", found.wrong));
                }
            }
            own.record(found.fact());
        }))
    }

    fn is_foreground(&self) -> bool {
        self.bytes.is_some()
    }
}

/// What came, and what is wrong with it.
#[derive(Default)]
struct Found {
    bytes: u64,
    wrong: u64,
    first_wrong: Option<u64>,
    /// The text from the first wrong byte on, as far as it belongs to the same line.
    came: Vec<u8>,
}

impl Found {
    fn compare(&mut self, text: &[u8]) {
        let right = self::text(self.bytes, text.len());
        for (byte, right) in text.iter().zip(right) {
            if *byte != right {
                self.wrong += 1;
                self.first_wrong.get_or_insert(self.bytes);
            }
            if self.first_wrong.is_some() && self.came.len() < SHOWN {
                self.came.push(*byte);
            }
            self.bytes += 1;
        }
    }

    fn fact(&self) -> AppFact {
        let fact = AppFact::new("receiver", "done", 0).with("bytes", self.bytes).with("wrong", self.wrong);
        let Some(first) = self.first_wrong else { return fact };
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace('\n', " ");
        let expected = text(first, SHOWN);
        fact.with("first_wrong", first).with("came", shown(&self.came)).with("expected", shown(&expected))
    }
}

/// A part of the text: lines of 32 bytes, each with its number.
fn text(from: u64, len: usize) -> Vec<u8> {
    let first = from / LINE;
    let lines = (from + len as u64).div_ceil(LINE) - first;
    let mut text = Vec::with_capacity((lines * LINE) as usize);
    for line in first..first + lines {
        text.extend_from_slice(format!("line {:07} ", line % 10_000_000).as_bytes());
        text.extend((13..31).map(|column| b'a' + ((line + column) % 26) as u8));
        text.push(b'\n');
    }
    let skip = (from % LINE) as usize;
    text.drain(..skip);
    text.truncate(len);
    text
}

fn open(net: &Net) -> Result<LinkStream, String> {
    let reliable = |kind| matches!(kind, LinkType::Ax25 | LinkType::Llc);
    let port: Option<Port> =
        net.interfaces().into_iter().find(|own| reliable(own.link_type)).map(|interface| interface.port);
    let port = port.ok_or("no reliable line ends here: give it a link of the kind \"hdlc\"")?;
    net.link_stream(port).map_err(|error| error.to_string())
}

const LINE: u64 = 32;
/// Bytes of the first wrong place that are shown.
const SHOWN: usize = 20;
/// Bytes that are written or read at once, at most.
const LARGEST: usize = 65_536;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_has_numbered_lines() {
        let text = String::from_utf8(text(0, 64)).unwrap();
        assert_eq!(self::text(40, 10), &text.as_bytes()[40..50]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((lines.len(), &lines[1][..13], lines[1].len()), (2, "line 0000001 ", 31));
    }

    #[test]
    fn the_first_wrong_byte_is_found() {
        let mut found = Found::default();
        let mut text = text(0, 100);
        text[40] = b'!';
        found.compare(&text);
        assert_eq!((found.bytes, found.wrong, found.first_wrong), (100, 1, Some(40)));
        assert!(found.fact().text("came").is_some_and(|came| came.starts_with('!')));
    }
}
