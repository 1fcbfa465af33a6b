//! SYN cookies (RFC 4987, section 3.6): when a listener's queue is full, what must be remembered of a SYN travels in the
//! numbers of the answer, and comes back with the acknowledgement.
//!
//! ```text
//!   sequence number   | 5 bits: minute | 3 bits: MSS | 24 bits: keyed hash of all that and the ends |
//!   timestamp         | the clock, rounded down      | 1 bit: SACK | 1 bit: scaling | 4 bits: scale |
//! ```

use base::event::Flow;
use base::{Instant, SeqNum};
use wire::tcp::{Flags, Options};

use super::isn::IsnGenerator;
use super::segment::{Outgoing, Segment};
use crate::config::{Buffer, Config};

/// What a cookie is made and read with.
pub(super) struct Oven<'a> {
    pub(super) isn: &'a IsnGenerator,
    pub(super) config: &'a Config,
    pub(super) buffer: Buffer,
    pub(super) now: Instant,
    /// The largest segment that we can receive.
    pub(super) mss: u16,
}

impl Oven<'_> {
    /// The answer to a SYN that will not be remembered.
    pub(super) fn answer(&self, flow: &Flow, syn: &Segment) -> Outgoing {
        let mss = syn.options.mss.unwrap_or(LEAST_MSS);
        let index = MSS.iter().rposition(|known| *known <= mss).unwrap_or(0) as u32;
        let iss = self.bake(flow, syn.seq, self.minute(), index);
        let scale = syn.options.window_scale.filter(|_| self.config.window_scaling);
        let timestamps = syn.options.timestamps.filter(|_| self.config.timestamps).map(|(value, _)| {
            let sack = u32::from(syn.options.sack_permitted && self.config.sack) << 5;
            let scaling = scale.map_or(0, |scale| 1 << 4 | u32::from(scale.min(15)));
            (self.clock(flow) & !MEMORY | sack | scaling, value)
        });
        let remembers = timestamps.is_some();
        let options = Options {
            mss: Some(self.mss),
            sack_permitted: remembers && self.config.sack && syn.options.sack_permitted,
            window_scale: scale.filter(|_| remembers).map(|_| self.buffer.scale()),
            timestamps,
            ..Options::default()
        };
        let window = self.buffer.start.min(0xffff) as u16;
        Outgoing { window, options, ..Outgoing::control(iss, syn.seq + 1, Flags::SYN | Flags::ACK) }
    }

    /// The SYN that a cookie stands for, when `ack` brings back one of ours.
    pub(super) fn read(&self, flow: &Flow, ack: &Segment) -> Option<Segment> {
        let (irs, iss) = (ack.seq - 1, ack.ack - 1);
        let (minute, index) = (iss.0 >> 27, iss.0 >> 24 & 7);
        let age = self.minute().wrapping_sub(minute) & 31;
        if age > OLDEST || self.bake(flow, irs, minute, index) != iss {
            return None;
        }
        let memory = ack.options.timestamps.map(|(_, echo)| echo & MEMORY);
        let options = Options {
            mss: Some(MSS[index as usize]),
            sack_permitted: memory.is_some_and(|bits| bits & 1 << 5 != 0),
            window_scale: memory.filter(|bits| bits & 1 << 4 != 0).map(|bits| (bits & 15) as u8),
            timestamps: ack.options.timestamps.map(|(value, _)| (value, 0)),
            ..Options::default()
        };
        let (flags, text) = (Flags::SYN, bytes::Bytes::new());
        Some(Segment { seq: irs, ack: SeqNum(0), flags, window: ack.window, options, ce: false, text })
    }

    fn bake(&self, flow: &Flow, irs: SeqNum, minute: u32, index: u32) -> SeqNum {
        let front = (minute & 31) << 27 | index << 24;
        SeqNum(front | self.isn.cookie(flow, u64::from(irs.0) << 32 | u64::from(front)) & 0x00ff_ffff)
    }

    fn minute(&self) -> u32 {
        (self.now.nanos() / MINUTE_NS) as u32
    }

    fn clock(&self, flow: &Flow) -> u32 {
        ((self.now.nanos() / 1_000_000) as u32).wrapping_add(self.isn.timestamp_offset(flow)).wrapping_sub(MEMORY + 1)
    }
}

/// The sizes that a cookie can tell apart.
const MSS: [u16; 8] = [LEAST_MSS, 536, 1024, 1220, 1360, 1400, 1440, 1460];
const LEAST_MSS: u16 = 216;
/// What the timestamp remembers: its lowest six bits.
const MEMORY: u32 = 63;
const MINUTE_NS: u64 = 64_000_000_000;
/// Cookies of the minute before this one are still good.
const OLDEST: u32 = 1;

#[cfg(test)]
mod tests {
    use base::{Duration, Rng};

    use super::*;

    fn flow() -> Flow {
        Flow { local: ([192, 0, 2, 1], 80).into(), remote: ([192, 0, 2, 2], 5000).into() }
    }

    fn syn() -> Segment {
        let options = Options {
            mss: Some(1400),
            window_scale: Some(7),
            sack_permitted: true,
            timestamps: Some((77, 0)),
            ..Options::default()
        };
        let text = bytes::Bytes::new();
        Segment { seq: SeqNum(1000), ack: SeqNum(0), flags: Flags::SYN, window: 60_000, options, ce: false, text }
    }

    //= rfc4987#3.6 test
    #[test]
    fn what_the_answer_carries_away_comes_back_with_the_acknowledgement_and_nothing_else_does() {
        let (isn, config) = (IsnGenerator::new(Rng::root(1)), Config::default());
        let oven = |seconds| Oven {
            isn: &isn,
            config: &config,
            buffer: config.receive_buffer,
            now: Instant::ZERO + Duration::from_secs(seconds),
            mss: 1460,
        };
        let answer = oven(1000).answer(&flow(), &syn());
        let echo = answer.options.timestamps.map(|(value, _)| (78, value));
        let ack = Segment {
            seq: SeqNum(1001),
            ack: answer.seq + 1,
            flags: Flags::ACK,
            options: Options { timestamps: echo, ..Options::default() },
            ..syn()
        };
        let read = oven(1010).read(&flow(), &ack).expect("a cookie of ours");
        assert_eq!((read.seq, read.options.mss, read.options.window_scale), (SeqNum(1000), Some(1400), Some(7)));
        assert!(read.options.sack_permitted);
        assert!(oven(1200).read(&flow(), &ack).is_none(), "too old");
        assert!(oven(1010).read(&flow(), &Segment { ack: ack.ack + 1, ..ack.clone() }).is_none());
        assert!(oven(1010).read(&flow(), &Segment { seq: SeqNum(1002), ..ack }).is_none());
    }
}
