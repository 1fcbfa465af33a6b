//! Linux's error queue of a socket: when text was handed on, sent and acknowledged (`SO_TIMESTAMPING`), and when the pages
//! of a `MSG_ZEROCOPY` write are free again.

use std::collections::VecDeque;

use base::Instant;

/// What `recvmsg(MSG_ERRQUEUE)` tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Notice {
    /// Text up to this byte (counted from when the option was set) was scheduled, sent or acknowledged.
    Stamp { what: Stamp, at: Instant, key: u32 },
    /// Writes numbered `first` to `last` are done with.
    Done { first: u32, last: u32 },
}

/// Moments in a byte's life; the values are `SCM_TSTAMP_*`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stamp {
    Sent = 0,
    Scheduled = 1,
    Acknowledged = 2,
}

/// The queue, and what is still on its way into it.
#[derive(Clone, Default, Debug)]
pub(crate) struct Notices {
    queue: VecDeque<Notice>,
    /// `SO_TIMESTAMPING`'s flags.
    flags: u32,
    /// The first byte that keys count from.
    key_base: u64,
    /// Ends of writes that are watched: byte, and whether it was already sent.
    marks: VecDeque<(u64, bool)>,
    /// Writes without a copy: their end and number, not yet acknowledged.
    borrowed: VecDeque<(u64, u32)>,
    next_write: u32,
}

impl Notices {
    /// The program sets `SO_TIMESTAMPING`; keys count from the `written` byte on.
    pub(crate) fn set_flags(&mut self, flags: u32, written: u64) {
        if flags & OPT_ID != 0 && self.flags & OPT_ID == 0 {
            self.key_base = written;
        }
        self.flags = flags;
    }

    /// A write ended at byte `end`.
    pub(crate) fn on_write(&mut self, end: u64, zerocopy: bool) {
        if self.flags & (TX_SCHED | TX_SOFTWARE | TX_ACK) != 0 {
            self.marks.push_back((end, false));
        }
        if zerocopy {
            self.borrowed.push_back((end, self.next_write));
            self.next_write = self.next_write.wrapping_add(1);
        }
    }

    /// So much was sent, and acknowledged. True when there is something new to tell.
    pub(crate) fn on_progress(&mut self, sent: u64, acked: u64, now: Instant) -> bool {
        let before = self.queue.len();
        let (flags, base) = (self.flags, self.key_base);
        let stamp = |end: u64, what| Notice::Stamp { what, at: now, key: (end - base) as u32 - 1 };
        for (end, was_sent) in self.marks.iter_mut().filter(|(end, was_sent)| !was_sent && *end <= sent) {
            *was_sent = true;
            for (flag, what) in [(TX_SCHED, Stamp::Scheduled), (TX_SOFTWARE, Stamp::Sent)] {
                if flags & flag != 0 {
                    self.queue.push_back(stamp(*end, what));
                }
            }
        }
        while let Some((end, _)) = self.marks.front().copied().filter(|(end, _)| *end <= acked) {
            self.marks.pop_front();
            if flags & TX_ACK != 0 {
                self.queue.push_back(stamp(end, Stamp::Acknowledged));
            }
        }
        let mut news = self.queue.len() > before;
        while let Some((_, number)) = self.borrowed.front().copied().filter(|(end, _)| *end <= acked) {
            self.borrowed.pop_front();
            self.done(number);
            news = true;
        }
        news
    }

    /// A write is done with; it joins the newest notice when that ends right before it.
    fn done(&mut self, number: u32) {
        if let Some(Notice::Done { last, .. }) = self.queue.back_mut()
            && last.wrapping_add(1) == number
        {
            *last = number;
        } else {
            self.queue.push_back(Notice::Done { first: number, last: number });
        }
    }

    /// The connection is over: nothing is on its way any more.
    pub(crate) fn on_end(&mut self) -> bool {
        let rest = std::mem::take(&mut self.borrowed);
        rest.iter().for_each(|(_, number)| self.done(*number));
        !rest.is_empty()
    }

    pub(crate) fn pop(&mut self) -> Option<Notice> {
        self.queue.pop_front()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }
}

const TX_SOFTWARE: u32 = 1 << 1;
const OPT_ID: u32 = 1 << 7;
const TX_SCHED: u32 = 1 << 8;
const TX_ACK: u32 = 1 << 9;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_that_end_one_after_the_other_are_told_as_one() {
        let mut notices = Notices::default();
        (1..=3).for_each(|n| notices.on_write(n * 100, true));
        assert!(notices.on_progress(300, 200, Instant::ZERO));
        assert!(notices.on_progress(300, 300, Instant::ZERO));
        assert_eq!(notices.pop(), Some(Notice::Done { first: 0, last: 2 }));
        assert_eq!(notices.pop(), None);
    }

    #[test]
    fn the_last_byte_of_a_write_is_stamped_three_times() {
        let mut notices = Notices::default();
        notices.set_flags(TX_SCHED | TX_SOFTWARE | TX_ACK | OPT_ID, 1000);
        notices.on_write(3000, false);
        assert!(!notices.on_progress(2999, 0, Instant::ZERO));
        assert!(notices.on_progress(3000, 3000, Instant::ZERO));
        let whats: Vec<_> = std::iter::from_fn(|| notices.pop()).collect();
        let stamp = |what| Notice::Stamp { what, at: Instant::ZERO, key: 1999 };
        assert_eq!(whats, [stamp(Stamp::Scheduled), stamp(Stamp::Sent), stamp(Stamp::Acknowledged)]);
    }
}
