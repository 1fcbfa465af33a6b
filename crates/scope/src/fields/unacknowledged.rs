//! What one direction of a connection has sent and the other has not acknowledged yet.
//!
//! As long as segments are sent in order, which is nearly always, an acknowledgement only takes from the front, and the
//! bytes in flight are the difference between both ends of the queue. After a repetition the whole queue is walked,
//! until it is in order again.

use std::collections::VecDeque;

use base::SeqNum;

/// A segment on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    pub(super) frame: u64,
    pub(super) at_ns: u64,
    pub(super) seq: SeqNum,
    pub(super) next: SeqNum,
}

/// The segments on their way, in the order in which they were seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Unacknowledged {
    queue: VecDeque<Sent>,
    /// Whether every segment begins where the one before it ended, or behind.
    disordered: bool,
}

impl Unacknowledged {
    /// Adds a segment, unless there are too many already (because the acknowledgements were not captured).
    #[inline]
    pub(super) fn push(&mut self, sent: Sent) -> bool {
        if self.queue.len() >= MAX_SEGMENTS {
            return false;
        }
        self.disordered |= self.queue.back().is_some_and(|last| sent.seq.before(last.next));
        self.queue.push_back(sent);
        true
    }

    /// Takes off what `ack` acknowledges. Gives the oldest segment that ends exactly there.
    #[inline]
    pub(super) fn acknowledge(&mut self, ack: SeqNum) -> Option<Sent> {
        if self.disordered {
            return self.acknowledge_disordered(ack);
        }
        let mut exact = None;
        while let Some(front) = self.queue.front_mut() {
            if ack.before(front.next) {
                if front.seq.before(ack) {
                    front.seq = ack;
                }
                break;
            }
            exact = exact.or(self.queue.pop_front().filter(|sent| sent.next == ack));
        }
        exact
    }

    fn acknowledge_disordered(&mut self, ack: SeqNum) -> Option<Sent> {
        let mut exact = None;
        self.queue.retain_mut(|sent| {
            if sent.next == ack {
                exact.get_or_insert(*sent);
            }
            if sent.seq.before(ack) && ack.before(sent.next) {
                sent.seq = ack;
            }
            ack.before(sent.next)
        });
        let pairs = self.queue.iter().zip(self.queue.iter().skip(1));
        self.disordered = pairs.into_iter().any(|(one, two)| two.seq.before(one.next));
        exact
    }

    /// The lowest and the highest sequence number, counted from `base`.
    #[inline]
    pub(super) fn span(&self, base: SeqNum) -> Option<(u32, u32)> {
        let (first, last) = (self.queue.front()?, self.queue.back()?);
        if !self.disordered {
            return Some((first.seq - base, last.next - base));
        }
        let low = self.queue.iter().map(|sent| sent.seq - base).min()?;
        let high = self.queue.iter().map(|sent| sent.next - base).max()?;
        Some((low, high))
    }

    /// The oldest segment that begins at `seq` or behind.
    pub(super) fn oldest_from(&self, seq: SeqNum) -> Option<Sent> {
        self.queue.iter().find(|sent| seq.at_most(sent.seq)).copied()
    }
}

/// The most segments that are kept of one direction.
const MAX_SEGMENTS: usize = 10_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sent(frame: u64, seq: u32, len: u32) -> Sent {
        Sent { frame, at_ns: frame, seq: SeqNum(seq), next: SeqNum(seq + len) }
    }

    #[test]
    fn an_acknowledgement_of_half_a_segment_leaves_the_other_half() {
        let mut queue = Unacknowledged::default();
        queue.push(sent(1, 100, 50));
        assert!(queue.acknowledge(SeqNum(120)).is_none());
        assert_eq!(queue.span(SeqNum(0)), Some((120, 150)));
        assert_eq!(queue.acknowledge(SeqNum(150)).map(|sent| sent.frame), Some(1));
        assert_eq!(queue.span(SeqNum(0)), None);
    }

    proptest! {
        #[test]
        fn in_order_or_not_the_answer_is_the_same(steps in proptest::collection::vec((any::<bool>(), 1u32..40, 1u32..6), 0..60)) {
            let (mut quick, mut plain) = (Unacknowledged::default(), Unacknowledged::default());
            for (frame, (is_ack, place, len)) in steps.into_iter().enumerate() {
                plain.disordered = true;
                if is_ack {
                    let both = (quick.acknowledge(SeqNum(place)), plain.acknowledge(SeqNum(place)));
                    prop_assert_eq!(both.0.map(|sent| sent.frame), both.1.map(|sent| sent.frame));
                } else {
                    quick.push(sent(frame as u64, place, len));
                    plain.push(sent(frame as u64, place, len));
                }
                plain.disordered = true;
                prop_assert_eq!(quick.span(SeqNum(0)), plain.span(SeqNum(0)));
            }
        }
    }
}
