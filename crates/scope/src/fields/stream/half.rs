//! One direction of a stream: segments as they come, bytes in order.

use std::collections::BTreeMap;

use base::SeqNum;

use super::Arrival;

/// What is known of one direction.
#[derive(Debug, Default)]
pub(super) struct Half {
    /// The next byte to deliver.
    next: Option<SeqNum>,
    /// Segments behind a gap, by their distance from the connection's first byte.
    held: BTreeMap<u64, Vec<u8>>,
    held_bytes: usize,
    /// The first byte's number, and how far the delivery is: distances do not wrap.
    at: u64,
    /// Where the stream ends.
    end: Option<u64>,
}

impl Half {
    /// Takes a segment in, and delivers what is in order. True when that was the stream's end.
    pub(super) fn take(&mut self, arrival: &Arrival<'_>, deliver: &mut dyn FnMut(&[u8])) -> bool {
        let Arrival { mut seq, is_syn, is_fin, data, .. } = *arrival;
        if is_syn {
            seq += 1;
            if self.next.is_none() {
                self.next = Some(seq);
            }
        }
        if data.is_empty() && !is_fin {
            return false;
        }
        self.ready(deliver);
        let next = *self.next.get_or_insert(seq);
        let distance = i64::from(seq.0.wrapping_sub(next.0) as i32);
        let Some(start) = self.at.checked_add_signed(distance) else { return false };
        if is_fin {
            self.end.get_or_insert(start + data.len() as u64);
        }
        if start <= self.at {
            let known = (self.at - start) as usize;
            if let Some(fresh) = data.get(known..).filter(|fresh| !fresh.is_empty()) {
                deliver(fresh);
                self.advance(fresh.len());
            }
            self.ready(deliver);
        } else if !data.is_empty() && self.held_bytes + data.len() <= MAX_HELD {
            let place = self.held.entry(start).or_default();
            if place.len() < data.len() {
                self.held_bytes += data.len() - place.len();
                *place = data.to_vec();
            }
        }
        self.end == Some(self.at)
    }

    /// Delivers what is no longer behind a gap.
    fn ready(&mut self, deliver: &mut dyn FnMut(&[u8])) {
        while let Some(entry) = self.held.first_entry().filter(|entry| *entry.key() <= self.at) {
            let (start, bytes) = entry.remove_entry();
            self.held_bytes -= bytes.len();
            let known = (self.at - start) as usize;
            if let Some(fresh) = bytes.get(known..).filter(|fresh| !fresh.is_empty()) {
                deliver(fresh);
                self.advance(fresh.len());
            }
        }
    }

    /// Jumps over a gap that is acknowledged.
    pub(super) fn give_up_before(&mut self, ack: SeqNum) -> bool {
        let Some((first, next)) = self.held.keys().next().copied().zip(self.next) else { return false };
        let skipped = (first - self.at) as u32;
        // The whole gap is acknowledged, and not only the FIN behind it.
        let gap_end = next + skipped;
        if !gap_end.at_most(ack) {
            return false;
        }
        self.advance(skipped as usize);
        true
    }

    fn advance(&mut self, bytes: usize) {
        self.at += bytes as u64;
        self.next = self.next.map(|next| next + bytes as u32);
    }
}

/// The most bytes that wait behind gaps in one direction.
const MAX_HELD: usize = 16 << 20;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn arrival(seq: u32, data: &[u8]) -> Arrival<'_> {
        let seq = SeqNum(seq);
        Arrival { stream: 0, from_low: true, ports: (1, 2), seq, ack: None, is_syn: false, is_fin: false, data }
    }

    proptest! {
        #[test]
        fn whatever_the_order_the_bytes_come_out_once_and_in_order(
            start: u32,
            cuts in proptest::collection::vec((0usize..200, 1usize..60), 1..40),
        ) {
            let text: Vec<u8> = (0..=255).collect();
            let mut half = Half::default();
            let mut out = Vec::new();
            let isn = SeqNum(start);
            half.take(&Arrival { is_syn: true, seq: isn, ..arrival(0, &[]) }, &mut |_| ());
            for (at, len) in &cuts {
                let data = &text[*at..text.len().min(at + len)];
                half.take(&arrival((isn + 1 + *at as u32).0, data), &mut |bytes| out.extend_from_slice(bytes));
            }
            let reached = {
                let mut have = vec![false; 256];
                for (at, len) in &cuts { have[*at..256.min(at + len)].fill(true); }
                have.iter().take_while(|have| **have).count()
            };
            prop_assert_eq!(&out, &text[..reached]);
        }
    }
}
