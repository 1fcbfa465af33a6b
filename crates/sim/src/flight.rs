//! Frames in flight: one list for each way of a cable, all in one place.
//!
//! A place that was left is taken by the next frame, so that what is in flight stays close together, however many cables
//! there are.

use base::Instant;
use slab::Slab;
use wire::PacketBuf;

/// A frame in flight.
pub(crate) struct Flying {
    pub(crate) at: Instant,
    pub(crate) sequence: u64,
    /// The receiver's check sequence will be wrong.
    pub(crate) damaged: bool,
    pub(crate) frame: PacketBuf,
}

/// All frames that fly in the order of their way.
#[derive(Default)]
pub(crate) struct Flights {
    slots: Slab<Slot>,
}

struct Slot {
    flying: Flying,
    /// The one behind it, or `NONE`.
    next: u32,
}

/// The frames of one way, in the order of their arrival.
#[derive(Clone, Copy)]
pub(crate) struct Queue {
    first: u32,
    last: u32,
}

impl Queue {
    pub(crate) const EMPTY: Queue = Queue { first: NONE, last: NONE };
}

impl Flights {
    /// The frame that arrives first.
    #[inline]
    pub(crate) fn first(&self, queue: Queue) -> Option<&Flying> {
        self.slots.get(queue.first as usize).map(|slot| &slot.flying)
    }

    /// The frame that arrives last.
    #[inline]
    pub(crate) fn last(&self, queue: Queue) -> Option<&Flying> {
        self.slots.get(queue.last as usize).map(|slot| &slot.flying)
    }

    /// Puts a frame behind the others.
    #[inline]
    pub(crate) fn push(&mut self, queue: &mut Queue, flying: Flying) {
        let place = self.slots.insert(Slot { flying, next: NONE }) as u32;
        match self.slots.get_mut(queue.last as usize) {
            Some(last) => last.next = place,
            None => queue.first = place,
        }
        queue.last = place;
    }

    /// Takes the frame that arrives first.
    #[inline]
    pub(crate) fn pop(&mut self, queue: &mut Queue) -> Option<Flying> {
        let slot = self.slots.try_remove(queue.first as usize)?;
        queue.first = slot.next;
        if slot.next == NONE {
            queue.last = NONE;
        }
        Some(slot.flying)
    }
}

/// No place: there are never as many.
const NONE: u32 = u32::MAX;

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Any mix of pushes and pops on three lists comes out as from three plain queues.
        #[test]
        fn lists_that_share_their_places_do_not_mix(steps in proptest::collection::vec((0usize..3, any::<bool>()), 0..200)) {
            let (mut flights, mut queues) = (Flights::default(), [Queue::EMPTY; 3]);
            let mut plain: [VecDeque<u64>; 3] = Default::default();
            for (sequence, (way, push)) in steps.into_iter().enumerate() {
                let sequence = sequence as u64;
                if push {
                    let frame = PacketBuf::from_vec(base::PacketId::NONE, Vec::new());
                    let flying = Flying { at: Instant::ZERO, sequence, damaged: false, frame };
                    flights.push(&mut queues[way], flying);
                    plain[way].push_back(sequence);
                } else {
                    let popped = flights.pop(&mut queues[way]).map(|flying| flying.sequence);
                    prop_assert_eq!(popped, plain[way].pop_front());
                }
                let ends = (flights.first(queues[way]), flights.last(queues[way]));
                let ends = (ends.0.map(|flying| flying.sequence), ends.1.map(|flying| flying.sequence));
                prop_assert_eq!(ends, (plain[way].front().copied(), plain[way].back().copied()));
            }
        }
    }
}
