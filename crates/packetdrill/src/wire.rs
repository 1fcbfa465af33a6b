//! Packets between the stack and packetdrill, and the PSH flag as a script wants it.
//!
//! A script's line may stand for many segments: packetdrill puts them together and looks at the flags of the last one.
//! Where PSH stands, RFC 9293 leaves to the sender (section 3.9.1.2); Linux sets it on every large packet that it hands to
//! the network card, which no other stack has. So PSH, and PSH alone, is made to be what the script's line says: results
//! are "modulo PSH".

use std::collections::VecDeque;

use base::Instant;

/// A packet that left the stack.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) at: Instant,
    pub(crate) bytes: Vec<u8>,
}

/// Outbound segments with text or not, as a script expects them in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pushes {
    expected: VecDeque<Line>,
    /// Text of the first line that is still to come.
    left: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Line {
    push: bool,
    len: usize,
}

impl Pushes {
    /// Reads a script.
    pub(crate) fn of_script(text: &str) -> Self {
        let expected: VecDeque<Line> = text.lines().filter_map(outbound).collect();
        let left = expected.front().map_or(0, |line| line.len);
        Pushes { expected, left }
    }

    /// A packet is handed to packetdrill: the last segment of a line has PSH as the line says.
    pub(crate) fn adapt(&mut self, packet: &mut [u8]) {
        let Some((tcp, len)) = tcp_of(packet) else { return };
        let Some(line) = self.expected.front().copied() else { return };
        if len > self.left {
            return; // not what the script expects: it will say so
        }
        self.left -= len;
        if self.left > 0 {
            return;
        }
        self.expected.pop_front();
        self.left = self.expected.front().map_or(0, |line| line.len);
        if line.len > 0 {
            set_push(&mut packet[tcp..], line.push);
        }
    }
}

/// A script's line, when it is an outbound segment: `TIME > [ecn] FLAGS SEQ:END(LEN) …`.
fn outbound(line: &str) -> Option<Line> {
    let line = line.split("//").next()?;
    let (_, rest) = line.split_once('>').filter(|(time, _)| is_time(time))?;
    let mut words = rest.split_whitespace().skip_while(|word| !is_flags(word));
    let (flags, range) = (words.next()?, words.next()?);
    let (_, len) = range.strip_suffix(')')?.split_once('(')?;
    Some(Line { push: flags.contains('P'), len: len.parse().ok()? })
}

/// `+0`, `0.1`, `+.1~+.2`, `*`: nothing but a time stands in front of a packet.
fn is_time(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || "+-.~* ".contains(c))
}

fn is_flags(word: &str) -> bool {
    word.chars().all(|c| "SFRPEWAU.0123456789".contains(c)) && !word.chars().all(|c| c.is_ascii_digit())
}

/// Where the TCP header of an IP packet begins, and how much text it carries.
fn tcp_of(packet: &[u8]) -> Option<(usize, usize)> {
    let (tcp, end) = match packet.first()? >> 4 {
        4 if packet.get(9) == Some(&6) => {
            (usize::from(packet[0] & 15) * 4, usize::from(u16::from_be_bytes([*packet.get(2)?, *packet.get(3)?])))
        }
        6 if packet.get(6) == Some(&6) => (40, 40 + usize::from(u16::from_be_bytes([packet[4], packet[5]]))),
        _ => return None,
    };
    let header = usize::from(packet.get(tcp + 12)? >> 4) * 4;
    Some((tcp, end.min(packet.len()).checked_sub(tcp + header)?))
}

/// Sets or clears PSH and mends the checksum.
//= rfc1624#3
fn set_push(tcp: &mut [u8], push: bool) {
    let before = u16::from_be_bytes([tcp[12], tcp[13]]);
    let after = if push { before | PSH } else { before & !PSH };
    if before == after {
        return;
    }
    let sum = u16::from_be_bytes([tcp[16], tcp[17]]);
    let mut mended = u32::from(!sum) + u32::from(!before) + u32::from(after);
    mended = (mended & 0xffff) + (mended >> 16);
    mended = (mended & 0xffff) + (mended >> 16);
    tcp[12..14].copy_from_slice(&after.to_be_bytes());
    tcp[16..18].copy_from_slice(&(!(mended as u16)).to_be_bytes());
}

const PSH: u16 = 0x0008;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_script_are_told_from_everything_else() {
        let line = |push, len| Some(Line { push, len });
        assert_eq!(outbound("   +0 > P. 1:10001(10000) ack 1"), line(true, 10_000));
        assert_eq!(outbound("+.01~+.015 > F. 10001:10001(0) ack 1 // probe"), line(false, 0));
        assert_eq!(outbound("* > [ect0] . 1:1001(1000) ack 1"), line(false, 1000));
        assert_eq!(outbound("+0 > S. 0:0(0) ack 1 <mss 1460,nop,wscale 8>"), line(false, 0));
        assert_eq!(outbound("+0 < P. 1:1001(1000) ack 1"), None);
        assert_eq!(outbound("assert tcpi_rtt > P. 1:2(1)"), None);
        assert_eq!(outbound("// +0 > . 1:1001(1000) ack 1"), None);
    }

    fn segment(len: usize, flags: u8) -> Vec<u8> {
        let mut packet = vec![0u8; 40 + len];
        packet[0] = 0x45;
        packet[2..4].copy_from_slice(&(40 + len as u16).to_be_bytes());
        packet[9] = 6;
        (packet[32], packet[33]) = (0x50, flags);
        let sum = packet[20..].chunks(2).map(|two| u32::from(u16::from_be_bytes([two[0], two[1]]))).sum::<u32>();
        packet[36..38].copy_from_slice(&(!(sum as u16)).to_be_bytes());
        packet
    }

    fn sum_is_valid(packet: &[u8]) -> bool {
        let sum = packet[20..].chunks(2).map(|two| u32::from(u16::from_be_bytes([two[0], two[1]]))).sum::<u32>();
        (sum & 0xffff) + (sum >> 16) == 0xffff
    }

    #[test]
    fn the_last_segment_of_a_line_has_the_flag_that_the_line_has() {
        let mut pushes = Pushes::of_script("+0 > P. 1:201(200) ack 1\n+0 > . 201:301(100) ack 1\n");
        let mut packets = [segment(100, 0x10), segment(100, 0x10), segment(100, 0x18)];
        packets.iter_mut().for_each(|packet| pushes.adapt(packet));
        assert_eq!(packets.each_ref().map(|packet| packet[33]), [0x10, 0x18, 0x10]);
        assert!(packets.iter().all(|packet| sum_is_valid(packet)));
    }
}
