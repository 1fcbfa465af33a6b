//! Putting fragments together again, with limits on memory and time (RFC 791 section 3.2, RFC 815, RFC 5722).

use std::collections::VecDeque;
use std::net::IpAddr;

use base::event::InternetDrop;
use base::{Duration, Instant, PacketId};
use bytes::Bytes;
use wire::PacketBuf;
use wire::ip::Protocol;

use super::ip::{Fragment, Received};
use crate::wake::{Wake, Why};

/// Datagrams of which a part has arrived, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Reassembly {
    partial: VecDeque<Partial>,
}

#[derive(Debug)]
struct Partial {
    key: (IpAddr, IpAddr, Protocol, u16),
    /// Disjoint, by offset.
    pieces: Vec<(usize, Bytes)>,
    total: Option<usize>,
    deadline: Instant,
    id: PacketId,
    /// The header and first eight bytes, once fragment zero is here: what an ICMP message quotes.
    first: Option<PacketBuf>,
}

impl Reassembly {
    /// A fragment whose packet still begins with its IP header. Returns the datagram's payload when it is complete.
    pub(crate) fn on_fragment(
        &mut self,
        packet: PacketBuf,
        received: &Received,
        fragment: Fragment,
        now: Instant,
    ) -> Result<Option<PacketBuf>, InternetDrop> {
        let key = (received.from, received.to, received.protocol, fragment.id);
        let (id, quote) = (packet.id, (fragment.offset == 0).then(|| packet.clone()));
        let mut body = packet;
        body.pull(received.header_len);
        let data = body.into_payload();
        let (start, end) = (usize::from(fragment.offset), usize::from(fragment.offset) + data.len());
        let aligned = !fragment.more || data.len().is_multiple_of(8);
        if data.is_empty() || !aligned || end > MAX_DATAGRAM {
            return Err(InternetDrop::Malformed);
        }
        let index = match self.partial.iter().position(|partial| partial.key == key) {
            Some(index) => index,
            None => {
                if self.partial.len() >= MAX_DATAGRAMS {
                    return Err(InternetDrop::ReassemblyFull);
                }
                let deadline = now + PATIENCE;
                self.partial.push_back(Partial { key, pieces: Vec::new(), total: None, deadline, id, first: None });
                self.partial.len() - 1
            }
        };
        if let Err(reason) = self.partial[index].insert(start, end, data, fragment.more) {
            // One contradiction spoils the whole datagram.
            self.partial.remove(index);
            return Err(reason);
        }
        if quote.is_some() {
            self.partial[index].first = quote;
        }
        if !self.partial[index].is_complete() {
            return Ok(None);
        }
        Ok(self.partial.remove(index).map(Partial::join))
    }

    /// Datagrams that stay incomplete, one at a time; ask until `None`. With the quote for an ICMP message, which is only
    /// sent when the first fragment is here.
    pub(crate) fn on_timer(&mut self, now: Instant) -> Option<(PacketId, Option<PacketBuf>)> {
        if self.partial.front()?.deadline > now {
            return None;
        }
        self.partial.pop_front().map(|partial| (partial.id, partial.first))
    }

    pub(crate) fn poll_at(&self) -> Option<Wake> {
        self.partial.front().map(|partial| Wake { at: partial.deadline, why: Why::Reassembly })
    }
}

impl Partial {
    //= rfc5722#3
    // Overlapping fragments are an attack or an error: nothing of the datagram is used.
    fn insert(&mut self, start: usize, end: usize, data: Bytes, more: bool) -> Result<(), InternetDrop> {
        if !more {
            if self.total.is_some_and(|total| total != end) {
                return Err(InternetDrop::FragmentOverlap);
            }
            self.total = Some(end);
        }
        let beyond = |total: usize| end > total || self.pieces.last().is_some_and(|(s, piece)| s + piece.len() > total);
        if self.total.is_some_and(beyond) {
            return Err(InternetDrop::FragmentOverlap);
        }
        let at = self.pieces.partition_point(|(other, _)| *other < start);
        if self.pieces.get(at).is_some_and(|(s, piece)| *s == start && piece == &data) {
            // The very same fragment again: a duplicate, no contradiction.
            return Ok(());
        }
        let overlaps_before = at > 0 && self.pieces[at - 1].0 + self.pieces[at - 1].1.len() > start;
        let overlaps_after = self.pieces.get(at).is_some_and(|(other, _)| *other < end);
        if overlaps_before || overlaps_after {
            return Err(InternetDrop::FragmentOverlap);
        }
        if self.pieces.len() >= MAX_PIECES {
            return Err(InternetDrop::ReassemblyFull);
        }
        self.pieces.insert(at, (start, data));
        Ok(())
    }

    fn is_complete(&self) -> bool {
        let held: usize = self.pieces.iter().map(|(_, piece)| piece.len()).sum();
        self.total == Some(held)
    }

    fn join(self) -> PacketBuf {
        let mut bytes = Vec::with_capacity(self.total.unwrap_or(0));
        self.pieces.iter().for_each(|(_, piece)| bytes.extend_from_slice(piece));
        PacketBuf::from_vec(self.id, bytes)
    }
}

/// RFC 1122, section 3.3.2: between 60 and 120 seconds.
const PATIENCE: Duration = Duration::from_secs(60);
const MAX_DATAGRAMS: usize = 64;
const MAX_PIECES: usize = 1024;
const MAX_DATAGRAM: usize = 65_535;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wire::ipv4;

    use super::super::{fragment, ip};
    use super::*;

    fn datagram(len: usize) -> (Bytes, Vec<PacketBuf>) {
        let body: Bytes = (0..len).map(|n| (n % 251) as u8).collect();
        let mut packet = PacketBuf::new(PacketId(1), body.clone());
        let (src, dst) = ([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
        ipv4::Header { id: 3, ttl: 9, protocol: Protocol::UDP, src, dst, ..ipv4::Header::default() }.push(&mut packet);
        (body, fragment::split(packet, 576, || PacketId(2)))
    }

    fn feed(reassembly: &mut Reassembly, mut piece: PacketBuf) -> Result<Option<PacketBuf>, InternetDrop> {
        let received = ip::receive_v4(&mut piece).unwrap();
        let part = received.fragment.unwrap();
        reassembly.on_fragment(piece, &received, part, Instant::ZERO)
    }

    proptest! {
        #[test]
        fn any_order_and_any_duplicates_give_the_datagram(len in 600usize..9000, order in any::<u64>(), twice in any::<bool>()) {
            let (body, mut pieces) = datagram(len);
            let mut rng = base::Rng::root(order);
            for i in (1..pieces.len()).rev() {
                pieces.swap(i, rng.below(i as u64 + 1) as usize);
            }
            let mut reassembly = Reassembly::default();
            let last = pieces.pop().unwrap();
            for piece in pieces {
                prop_assert!(feed(&mut reassembly, piece.clone()).unwrap().is_none());
                if twice {
                    prop_assert!(feed(&mut reassembly, piece).unwrap().is_none());
                }
            }
            let joined = feed(&mut reassembly, last).unwrap().unwrap();
            prop_assert_eq!(joined.contiguous(), body);
            prop_assert!(reassembly.poll_at().is_none());
        }
    }

    //= rfc5722#3 test
    #[test]
    fn an_overlap_spoils_the_datagram() {
        let (_, pieces) = datagram(2000);
        let mut reassembly = Reassembly::default();
        feed(&mut reassembly, pieces[0].clone()).unwrap();
        let mut shifted = pieces[1].clone();
        shifted.pull(ipv4::LEN);
        let mut forged = PacketBuf::new(PacketId(5), shifted.into_payload());
        let (src, dst) = ([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
        ipv4::Header {
            id: 3,
            protocol: Protocol::UDP,
            src,
            dst,
            more_fragments: true,
            fragment_offset: 8,
            ..ipv4::Header::default()
        }
        .push(&mut forged);
        assert_eq!(feed(&mut reassembly, forged).unwrap_err(), InternetDrop::FragmentOverlap);
        assert!(reassembly.poll_at().is_none());
    }

    #[test]
    fn memory_is_bounded_and_given_back_after_a_minute() {
        let mut reassembly = Reassembly::default();
        for id in 0..100u16 {
            let (_, pieces) = datagram(2000);
            let mut piece = pieces[0].clone();
            let mut received = ip::receive_v4(&mut piece).unwrap();
            received.header_len = ipv4::LEN;
            let result =
                reassembly.on_fragment(piece, &received, Fragment { id, offset: 0, more: true }, Instant::ZERO);
            assert_eq!(result.is_err(), usize::from(id) >= MAX_DATAGRAMS);
        }
        let at = reassembly.poll_at().unwrap().at;
        assert_eq!(at, Instant::ZERO + Duration::from_secs(60));
        let mut dropped = 0;
        while let Some((_, quote)) = reassembly.on_timer(at) {
            assert!(quote.is_some());
            dropped += 1;
        }
        assert_eq!(dropped, MAX_DATAGRAMS);
    }
}
