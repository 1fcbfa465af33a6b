//! Which number a conversation has: a hash table that is asked and never walked, so that no order of it can show.

use std::net::IpAddr;

/// The two ends of a conversation, the same for both directions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Ends {
    low: (u128, u16),
    high: (u128, u16),
}

impl Ends {
    /// The ends, and whether the first of them is the lower one.
    #[inline]
    pub(super) fn of(src: (IpAddr, u16), dst: (IpAddr, u16)) -> (Ends, bool) {
        let flat = |(ip, port): (IpAddr, u16)| match ip {
            IpAddr::V4(ip) => (u128::from(u32::from(ip)) | 0xffff << 32, port),
            IpAddr::V6(ip) => (u128::from(ip), port),
        };
        let (src, dst) = (flat(src), flat(dst));
        if src <= dst { (Ends { low: src, high: dst }, true) } else { (Ends { low: dst, high: src }, false) }
    }

    /// Mixes all bits; the constant is 2^64 divided by the golden ratio.
    #[inline]
    fn hash(&self) -> usize {
        let words = [self.low.0 as u64, (self.low.0 >> 64) as u64, self.high.0 as u64, (self.high.0 >> 64) as u64];
        let ports = u64::from(self.low.1) << 16 | u64::from(self.high.1);
        let mix = |hash: u64, word: u64| (hash.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let hash = words.into_iter().fold(mix(0, ports), mix);
        (hash ^ hash >> 32) as usize
    }
}

/// From ends to a number. Open addressing; at most half full.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    slots: Vec<Option<(Ends, u32)>>,
    used: usize,
}

impl Index {
    /// The number of a conversation.
    #[inline]
    pub(super) fn get(&self, ends: &Ends) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let slot = self.slot(ends);
        self.slots[slot].map(|(_, number)| number)
    }

    /// Gives a conversation a number, in the place of the one that it had.
    pub(super) fn set(&mut self, ends: Ends, number: u32) {
        if self.used * 2 >= self.slots.len() {
            self.grow();
        }
        let slot = self.slot(&ends);
        self.used += usize::from(self.slots[slot].is_none());
        self.slots[slot] = Some((ends, number));
    }

    /// Where these ends are, or where they would be.
    #[inline]
    fn slot(&self, ends: &Ends) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = ends.hash() & mask;
        while self.slots[slot].is_some_and(|(other, _)| other != *ends) {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn grow(&mut self) {
        let twice = (self.slots.len() * 2).max(64);
        let old = std::mem::replace(&mut self.slots, vec![None; twice]);
        for (ends, number) in old.into_iter().flatten() {
            let slot = self.slot(&ends);
            self.slots[slot] = Some((ends, number));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ends(a: u8, b: u8, ports: (u16, u16)) -> Ends {
        Ends::of(([10, 0, 0, a].into(), ports.0), ([10, 0, 0, b].into(), ports.1)).0
    }

    #[test]
    fn both_directions_are_one_conversation() {
        let (one, two) = ((IpAddr::from([10, 0, 0, 1]), 80), (IpAddr::from([10, 0, 0, 2]), 50_000));
        assert_eq!(Ends::of(one, two).0, Ends::of(two, one).0);
        assert_ne!(Ends::of(one, two).1, Ends::of(two, one).1);
    }

    proptest! {
        #[test]
        fn the_index_answers_like_a_plain_list(calls in proptest::collection::vec((0u8..4, 0u8..4, 0u16..20, any::<u32>()), 0..400)) {
            let mut index = Index::default();
            let mut list: Vec<(Ends, u32)> = Vec::new();
            for (a, b, port, number) in calls {
                let key = ends(a, b, (port, 80));
                prop_assert_eq!(index.get(&key), list.iter().rfind(|(other, _)| *other == key).map(|(_, n)| *n));
                index.set(key, number);
                list.push((key, number));
            }
        }
    }
}
