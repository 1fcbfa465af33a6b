//! The short way up, for the segment that everybody expects: the next text of the connection that was heard last, in a
//! plain header (Van Jacobson's header prediction). Whatever is not exactly that takes the long way, which decides.
//!
//! Nothing is left out here: both checksums are verified, and every field is compared.

use base::{Cx, LinkType, Port, SeqNum};
use wire::checksum::Sum;
use wire::ethernet;
use wire::ip::Protocol;
use wire::{PacketBuf, tcp};

use super::Host;
use crate::transport::tcp::Predicted;
use crate::transport::tcp::cx::TcpCx;

impl Host {
    /// Takes the frame when it is the expected one; else gives it back.
    #[inline]
    pub(super) fn receive_predicted(&mut self, cx: &mut Cx<'_>, port: Port, mut frame: PacketBuf) -> Option<PacketBuf> {
        let Some(interface) = self.interfaces.get(usize::from(port.0)) else { return Some(frame) };
        let link = match interface.config.link_type {
            LinkType::Ip => 0,
            LinkType::Ethernet | LinkType::Radiotap => ethernet::LEN,
            LinkType::Ax25 | LinkType::Llc => return Some(frame),
        };
        let (head, len) = (frame.head(), frame.len());
        let Some((front, headers)) = head.split_at_checked(link) else { return Some(frame) };
        let Some(headers) = headers.first_chunk::<HEADERS>() else { return Some(frame) };
        if link > 0 && (front[..6] != interface.config.mac.0 || front[12..] != [0x08, 0x00]) {
            return Some(frame);
        }
        let Some(id) = self.tcp.expected(&headers[12..24]) else { return Some(frame) };
        let payload_in_head = &head[link + HEADERS..];
        if !is_plain(headers, len - link) || !is_valid(headers, [payload_in_head, frame.payload()]) {
            return Some(frame);
        }
        if self.raw.is_wanted(Protocol::TCP.0) {
            return Some(frame);
        }
        let segment = Predicted::new(headers, len - link - HEADERS);
        let Host { tcp, config, facts, wakers, .. } = self;
        if !tcp.takes_predicted(id, &segment) {
            return Some(frame);
        }
        frame.pull(link + HEADERS);
        let text = frame.into_payload();
        tcp.on_predicted(id, &segment, text, &mut TcpCx { now: cx.now, config, facts, wakers });
        None
    }
}

/// IPv4 without options or fragments, as long as it says and without a mark; TCP with nothing but timestamps.
#[inline]
fn is_plain(headers: &[u8; HEADERS], len: usize) -> bool {
    let total_len = usize::from(u16::from_be_bytes([headers[2], headers[3]]));
    let [ip, tcp] = [&headers[..IP], &headers[IP..]];
    let flags = tcp::Flags(tcp[13]).without(tcp::Flags::PSH);
    ip[0] == 0x45
        && total_len == len
        && ip[1] & 3 != 3
        && ip[6] & 0x3f == 0
        && ip[7] == 0
        && ip[9] == Protocol::TCP.0
        && tcp[12] == 0x80
        && flags == tcp::Flags::ACK
        && tcp[20..24] == [1, 1, 8, 10]
        && len > HEADERS
}

/// Both checksums. The pseudo header is the addresses, the protocol and the length.
#[inline]
fn is_valid(headers: &[u8; HEADERS], text: [&[u8]; 2]) -> bool {
    let (Some(ip), Some(tcp)) = (headers.first_chunk::<IP>(), headers.last_chunk::<{ HEADERS - IP }>()) else {
        return false;
    };
    if !Sum::of_header(ip).is_valid() {
        return false;
    }
    let len = tcp.len() + text[0].len() + text[1].len();
    let Some(ends) = ip.last_chunk::<8>() else { return false };
    let mut sum = Sum::of_header(tcp).after(Sum::of_header(ends));
    sum.add_u32(u32::from(Protocol::TCP.0) << 16 | len as u32);
    for part in text.into_iter().filter(|part| !part.is_empty()) {
        sum.add(part);
    }
    sum.is_valid()
}

/// Bytes of an IPv4 header, and of both headers with timestamps.
const IP: usize = 20;
const HEADERS: usize = IP + tcp::LEN + 12;

impl Predicted {
    #[inline]
    fn new(headers: &[u8; HEADERS], len: usize) -> Self {
        let word = |at: usize| u32::from_be_bytes([headers[at], headers[at + 1], headers[at + 2], headers[at + 3]]);
        Predicted {
            seq: SeqNum(word(IP + 4)),
            ack: SeqNum(word(IP + 8)),
            window: u16::from_be_bytes([headers[IP + 14], headers[IP + 15]]),
            timestamp: word(IP + 24),
            len: len as u32,
        }
    }
}
