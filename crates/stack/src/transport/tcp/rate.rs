//! How fast data is delivered: for each segment, what had been delivered when it left (draft-ietf-ccwg-bbr, section 4.1,
//! after draft-cheng-iccrg-delivery-rate-estimation).
//!
//! ```text
//!            left: delivered 40 kB so far             acknowledged: delivered 100 kB so far
//!   ─────────────┼───────────────── interval ───────────────────┼──────> rate = 60 kB / interval
//! ```

use std::collections::VecDeque;

use base::{Duration, Instant, SeqNum};

use super::congestion::Rate;

#[derive(Debug, Default)]
pub(crate) struct RateSampler {
    departures: VecDeque<Departure>,
    delivered: u64,
    delivered_at: Instant,
    /// When the segment that was delivered last had left.
    first_sent: Instant,
    lost: u64,
    /// The program had nothing to send until this many bytes are delivered.
    app_limited_until: u64,
    /// The newest departure that this acknowledgement delivered.
    newest: Option<Departure>,
    acked: u32,
    lost_told: u64,
    /// The newest sample, bytes a second.
    latest: Option<u64>,
}

/// A segment in flight, and what was known when it left.
#[derive(Clone, Copy, Debug)]
struct Departure {
    seq: SeqNum,
    at: Instant,
    delivered: u64,
    delivered_at: Instant,
    first_sent: Instant,
    lost: u64,
    flight: u32,
    app_limited: bool,
}

impl RateSampler {
    /// A segment leaves, for the first time or again; `pipe` is on its way without it.
    pub(crate) fn on_sent(&mut self, seq: SeqNum, len: u32, pipe: u32, again: bool, now: Instant) {
        if pipe == 0 {
            (self.first_sent, self.delivered_at) = (now, now);
        }
        let departure = Departure {
            seq,
            at: now,
            delivered: self.delivered,
            delivered_at: self.delivered_at,
            first_sent: self.first_sent,
            lost: self.lost,
            flight: pipe + len,
            app_limited: self.app_limited_until > self.delivered,
        };
        match self.index_of(seq).filter(|_| again) {
            Some(index) => self.departures[index] = departure,
            None if !again => self.departures.push_back(departure),
            None => {}
        }
    }

    fn index_of(&self, seq: SeqNum) -> Option<usize> {
        let first = self.departures.front()?.seq;
        let index = self.departures.partition_point(|d| d.seq.before(seq));
        (!seq.before(first) && self.departures.get(index)?.seq == seq).then_some(index)
    }

    /// The newest sample, bytes a second.
    pub(crate) fn latest(&self) -> Option<u64> {
        self.latest
    }

    pub(crate) fn on_delivered(&mut self, seq: SeqNum, len: u32, now: Instant) {
        self.delivered += u64::from(len);
        self.delivered_at = now;
        self.acked += len;
        if let Some(departure) = self.index_of(seq).map(|index| self.departures[index])
            && self.newest.is_none_or(|newest| newest.delivered <= departure.delivered)
        {
            self.newest = Some(departure);
            self.first_sent = departure.at;
        }
    }

    /// So many bytes were taken for lost since the connection began, wrapping.
    pub(crate) fn on_lost(&mut self, total: u32) {
        self.lost += u64::from(total.wrapping_sub(self.lost as u32));
    }

    /// Nothing more is there to be sent: what is delivered from now on says little about the path.
    pub(crate) fn on_app_limited(&mut self, pipe: u32) {
        self.app_limited_until = self.delivered + u64::from(pipe.max(1));
    }

    /// The sample of this acknowledgement, when it delivered something.
    pub(crate) fn sample(&mut self, una: SeqNum, flight: u32, now: Instant, min_rtt: Duration) -> Option<Rate> {
        while self.departures.front().is_some_and(|departure| departure.seq.before(una)) {
            self.departures.pop_front();
        }
        let (newest, acked) = (self.newest.take()?, std::mem::take(&mut self.acked));
        let newly_lost = (self.lost - std::mem::replace(&mut self.lost_told, self.lost)) as u32;
        // The longer of the two phases: acknowledgements may come in a bunch.
        let send = newest.at.since(newest.first_sent);
        let interval = send.max(now.since(newest.delivered_at));
        let delivered = self.delivered - newest.delivered;
        let usable = interval >= min_rtt && interval > Duration::ZERO;
        if usable {
            self.latest = Some((u128::from(delivered) * 1_000_000_000 / u128::from(interval.nanos())) as u64);
        }
        Some(Rate {
            now,
            delivered: if usable { delivered } else { 0 },
            interval,
            total: self.delivered,
            total_then: newest.delivered,
            lost: self.lost - newest.lost,
            flight_then: newest.flight,
            flight,
            acked,
            newly_lost,
            app_limited: newest.app_limited,
            rtt: None,
        })
    }
}
