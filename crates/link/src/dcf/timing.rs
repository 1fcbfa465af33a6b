//! What all stations of a radio cell agree on: times, rates, windows (IEEE 802.11-2020 clauses 10.3, 15 to 17).

use base::Duration;

/// How bits become time on the air.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phy {
    /// One after the other at the rate, behind a preamble (802.11 and 802.11b).
    Bits,
    /// Symbols of 4 us, 16 bits in front and 6 behind (802.11a).
    Symbols,
}

/// When the back-off counter of a waiting station goes down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Counting {
    /// With each idle slot; it is frozen while the medium is busy, as the standard says.
    Freeze,
    /// With each idle slot and once for each time the medium is busy, as Bianchi's chain assumes.
    OncePerBusy,
}

/// The parameters of a cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timing {
    /// The unit of back-off.
    pub slot: Duration,
    /// Between a frame and its answer.
    pub sifs: Duration,
    /// Quiet before a station counts down.
    pub difs: Duration,
    /// The same after a frame that it could not read.
    pub eifs: Duration,
    /// How long an answer may take to begin, counted from the end of a frame.
    pub answer_timeout: Duration,
    /// Preamble and header of the physical layer.
    pub preamble: Duration,
    /// How bits become time.
    pub phy: Phy,
    /// Of data frames, bits per second.
    pub rate_bps: u64,
    /// Of RTS, CTS and ACK, bits per second.
    pub basic_rate_bps: u64,
    /// Slots are drawn from 0 to so many less one, at first.
    pub window_min: u32,
    /// The same after many failures.
    pub window_max: u32,
    /// Transmissions of one frame, at most; none: for ever.
    pub attempts: Option<u32>,
    /// Data frames longer than this (bytes, check sequence included) are announced by an RTS.
    pub rts_threshold: usize,
    /// When the counter goes down.
    pub counting: Counting,
}

impl Timing {
    /// 802.11b at 11 Mbit/s with long preambles.
    pub fn b() -> Self {
        Timing {
            slot: us(20),
            sifs: us(10),
            difs: us(50),
            eifs: Duration::ZERO,
            answer_timeout: Duration::ZERO,
            preamble: us(192),
            phy: Phy::Bits,
            rate_bps: 11_000_000,
            basic_rate_bps: 2_000_000,
            window_min: 32,
            window_max: 1024,
            attempts: Some(7),
            rts_threshold: usize::MAX,
            counting: Counting::Freeze,
        }
        .completed()
    }

    /// 802.11a at 54 Mbit/s.
    pub fn a() -> Self {
        Timing {
            slot: us(9),
            sifs: us(16),
            difs: us(34),
            preamble: us(20),
            phy: Phy::Symbols,
            rate_bps: 54_000_000,
            basic_rate_bps: 24_000_000,
            window_min: 16,
            ..Timing::b()
        }
        .completed()
    }

    /// The parameters of Bianchi's paper (JSAC 18(3), 2000): 1 Mbit/s, no limit to repetitions, no EIFS.
    pub fn bianchi() -> Self {
        Timing {
            slot: us(50),
            sifs: us(28),
            difs: us(128),
            eifs: us(128),
            answer_timeout: us(128),
            preamble: us(128),
            rate_bps: 1_000_000,
            basic_rate_bps: 1_000_000,
            window_min: 32,
            window_max: 256,
            attempts: None,
            counting: Counting::OncePerBusy,
            ..Timing::b()
        }
    }

    /// With the EIFS and the timeout that follow from the rest (802.11-2020, 10.3.2.3.7 and 10.3.2.11).
    pub fn completed(mut self) -> Self {
        self.eifs = self.sifs + self.control(ACK_LEN) + self.difs;
        self.answer_timeout = self.sifs + self.slot + self.preamble;
        self
    }

    /// Time on the air of a data frame of so many bytes, check sequence included.
    pub fn data(&self, len: usize) -> Duration {
        self.air(len, self.rate_bps)
    }

    /// Time on the air of an RTS, CTS or ACK.
    pub fn control(&self, len: usize) -> Duration {
        self.air(len, self.basic_rate_bps)
    }

    fn air(&self, len: usize, rate_bps: u64) -> Duration {
        let bits = len as u64 * 8;
        let rate = rate_bps.max(1);
        self.preamble
            + match self.phy {
                Phy::Bits => Duration::from_nanos((bits * 1_000_000_000).div_ceil(rate)),
                Phy::Symbols => us(4) * (bits + 22).div_ceil((rate * 4 / 1_000_000).max(1)),
            }
    }
}

const fn us(us: u64) -> Duration {
    Duration::from_micros(us)
}

/// An ACK or CTS with its check sequence, bytes.
pub const ACK_LEN: usize = 14;
/// An RTS with its check sequence, bytes.
pub const RTS_LEN: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bianchis_set_has_the_times_of_his_paper() {
        let t = Timing::bianchi();
        let delta = us(1);
        let success = t.data(34 + 1023) + t.sifs + delta + t.control(ACK_LEN) + t.difs + delta;
        let collision = t.data(34 + 1023) + t.difs + delta;
        assert_eq!((success, collision), (us(8982), us(8713)));
        let reserved = t.control(RTS_LEN) + t.control(ACK_LEN) + (t.sifs + delta) * 2 + success;
        assert_eq!((reserved, t.control(RTS_LEN) + t.difs + delta), (us(9568), us(417)));
    }

    #[test]
    fn a_symbol_of_54_mbit_carries_216_bits() {
        assert_eq!(Timing::a().data(1534), us(20) + us(4) * 57);
        assert_eq!(Timing::a().control(ACK_LEN), us(28), "134 bits at 24 Mbit/s are 2 symbols");
    }
}
