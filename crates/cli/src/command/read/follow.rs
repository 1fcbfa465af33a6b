//! What both ends of a conversation said, in the order in which it was seen.

use std::fmt::Write as _;
use std::path::Path;
use std::str::FromStr;

use scope::Style;
use scope::capture::Damage;
use scope::fields::{Layer, Packet, Reader};

use super::input::for_each_frame;
use crate::message::Problem;
use crate::terminal;

/// A conversation by its protocol and its number, as the summary lists them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Conversation {
    /// A TCP connection.
    Tcp(u32),
    /// A UDP conversation.
    Udp(u32),
}

impl FromStr for Conversation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!("\"{text}\" names no conversation; write tcp:0 or udp:0, with the number that the summary shows")
        };
        let (protocol, number) = text.split_once(':').ok_or_else(wrong)?;
        let number = number.parse().map_err(|_| wrong())?;
        match protocol {
            "tcp" => Ok(Conversation::Tcp(number)),
            "udp" => Ok(Conversation::Udp(number)),
            _ => Err(wrong()),
        }
    }
}

/// Prints a conversation.
pub(super) fn print(
    path: &Path,
    conversation: Conversation,
    hex: bool,
    style: Style,
) -> Result<Result<(), Damage>, Problem> {
    let mut reader = Reader::with_text();
    let mut turn: Option<String> = None;
    let mut any = false;
    let (_, end) = for_each_frame(path, |frame| {
        let packet = reader.read(frame.raw);
        let Some(said) = said(&packet, conversation) else { return true };
        any = true;
        if !said.is_empty() {
            let speaker = speaker(&packet);
            if turn.as_ref() != Some(&speaker) {
                let seconds = packet.since_first_ns as f64 / 1e9;
                let line = format!("{speaker}  (packet {}, {seconds:.6} s)", packet.number);
                let gap = if turn.is_some() { "\n" } else { "" };
                terminal::print(&format!("{gap}{}\n", style.strong(&line)));
                turn = Some(speaker);
            }
            terminal::print(&if hex { hexdump(said) } else { readable(said) });
        }
        true
    })?;
    match (any, end) {
        (true, end) => {
            terminal::print(if turn.is_some() { "\n" } else { "Neither end said anything.\n" });
            Ok(end)
        }
        (false, Err(damage)) => Ok(Err(damage)),
        (false, Ok(())) => {
            let (protocol, number) = match conversation {
                Conversation::Tcp(number) => ("tcp", number),
                Conversation::Udp(number) => ("udp", number),
            };
            let what = format!("the capture has no conversation {protocol}:{number}");
            Err(Problem::new(what, "conversations are counted from 0", "glassnet read CAPTURE lists them"))
        }
    }
}

/// What the packet adds to the conversation; none when it belongs to another one.
fn said<'a>(packet: &Packet<'a>, conversation: Conversation) -> Option<&'a [u8]> {
    match conversation {
        Conversation::Tcp(number) => packet.segment.filter(|segment| segment.stream == number).map(|_| packet.in_order),
        Conversation::Udp(number) => {
            packet.datagrams.filter(|known| *known == number)?;
            Some(packet.layer(Layer::Udp).and_then(|datagram| datagram.get(8..)).unwrap_or_default())
        }
    }
}

fn speaker(packet: &Packet<'_>) -> String {
    let (Some((src, dst)), Some((from, to))) = (packet.addresses(), packet.ports()) else { return String::new() };
    let end = |ip, port| std::net::SocketAddr::new(ip, port);
    format!("{} -> {}", end(src, from), end(dst, to))
}

/// Text as it is; what a terminal must not get becomes a dot.
fn readable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars().filter(|c| *c != '\r').map(|c| if c.is_control() && !"\n\t".contains(c) { '.' } else { c }).collect()
}

/// `00000010  48 54 54 50 2f 31 2e 31  20 32 30 30 20 4f 4b 0d  HTTP/1.1 200 OK.`
fn hexdump(bytes: &[u8]) -> String {
    let mut out = String::new();
    for (row, sixteen) in bytes.chunks(16).enumerate() {
        let _ = write!(out, "{:08x} ", row * 16);
        for at in 0..16 {
            let gap = if at == 8 { " " } else { "" };
            let _ = match sixteen.get(at) {
                Some(byte) => write!(out, "{gap} {byte:02x}"),
                None => write!(out, "{gap}   "),
            };
        }
        let shown: String =
            sixteen.iter().map(|b| if b.is_ascii_graphic() || *b == b' ' { char::from(*b) } else { '.' }).collect();
        let _ = writeln!(out, "  {shown}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_has_a_protocol_and_a_number() {
        assert_eq!("tcp:3".parse(), Ok(Conversation::Tcp(3)));
        assert_eq!("udp:0".parse(), Ok(Conversation::Udp(0)));
        for wrong in ["", "tcp", "tcp:", "tcp:x", "sctp:1", "3"] {
            assert!(wrong.parse::<Conversation>().is_err_and(|error| error.contains("tcp:0 or udp:0")));
        }
    }

    #[test]
    fn what_a_terminal_must_not_get_becomes_a_dot() {
        assert_eq!(readable(b"a\r\nb\x1b[31m\tc"), "a\nb.[31m\tc");
        assert_eq!(
            hexdump(b"HTTP/1.1 200 OK\r\n").lines().next(),
            Some("00000000  48 54 54 50 2f 31 2e 31  20 32 30 30 20 4f 4b 0d  HTTP/1.1 200 OK.")
        );
    }
}
