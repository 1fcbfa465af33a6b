//! Splitting a packet that is larger than the next link's MTU (RFC 791, section 3.2).

use base::PacketId;
use bytes::Bytes;
use wire::{PacketBuf, ipv4};

/// The pieces, in order. `packet` begins with an IPv4 header; options are not copied (none are ever sent).
//= rfc791#3.2
pub(crate) fn split(packet: PacketBuf, mtu: usize, mut next_id: impl FnMut() -> PacketId) -> Vec<PacketBuf> {
    let Ok(header) = ipv4::Header::parse(packet.head(), packet.len()) else { return Vec::new() };
    let (id, cause) = (packet.id, packet.cause);
    let mut body = packet;
    body.pull(header.header_len);
    let body: Bytes = body.into_payload();
    // Every piece but the last carries a multiple of eight bytes.
    let step = (mtu.saturating_sub(ipv4::LEN) / 8 * 8).max(8);
    let mut pieces = Vec::with_capacity(body.len().div_ceil(step));
    let mut at = 0;
    while at < body.len() {
        let end = (at + step).min(body.len());
        let piece_id = if at == 0 { id } else { next_id() };
        let mut piece = PacketBuf::new(piece_id, body.slice(at..end));
        piece.cause = if at == 0 { cause } else { id };
        ipv4::Header {
            more_fragments: end < body.len() || header.more_fragments,
            fragment_offset: header.fragment_offset + at as u16,
            ..header
        }
        .push(&mut piece);
        pieces.push(piece);
        at = end;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    //= rfc791#3.2 test
    #[test]
    fn four_thousand_bytes_become_three_pieces() {
        // Known answer E15: total lengths 1500, 1500, 1040; offsets 0, 185, 370 (in units of 8); MF 1, 1, 0.
        let mut packet = PacketBuf::new(PacketId(1), Bytes::from(vec![7; 3980]));
        ipv4::Header { id: 9, ttl: 64, ..ipv4::Header::default() }.push(&mut packet);
        let mut n = 1;
        let pieces = split(packet, 1500, || {
            n += 1;
            PacketId(n)
        });
        let seen: Vec<_> = pieces
            .iter()
            .map(|piece| {
                let header = ipv4::Header::parse(piece.head(), piece.len()).unwrap();
                (header.total_len, header.fragment_offset / 8, header.more_fragments, header.id, piece.cause.0)
            })
            .collect();
        assert_eq!(seen, [(1500, 0, true, 9, 0), (1500, 185, true, 9, 1), (1040, 370, false, 9, 1)]);
    }
}
