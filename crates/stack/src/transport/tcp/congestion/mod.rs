//! Congestion control: how much may be in flight (RFC 5681), and how fast it may leave. A controller knows bytes, segment
//! size and time, never packets; one file per algorithm.

mod aimd;
mod bbr;
mod cubic;
mod hystart;
mod newreno;
mod reno;
mod tahoe;

use base::{Duration, Instant};

use crate::config::CongestionControl;

/// An algorithm. The sender calls the inputs; `window` and `pacing_rate` are the answers.
pub(crate) trait Controller: Send + std::fmt::Debug {
    /// New data was acknowledged while no loss was being repaired (or while a timeout's hole is filled in slow start).
    fn on_ack(&mut self, ack: Acked);
    /// A loss was found without a timeout: once per window.
    fn on_loss(&mut self, flight: u32, now: Instant);
    /// The retransmission timer ran out.
    fn on_timeout(&mut self, flight: u32, now: Instant);
    /// The last reduction was needless (RFC 4015): everything is as it was before it.
    fn undo(&mut self);
    /// Nothing was sent for longer than a timeout (RFC 5681, section 4.1); `initial` is the initial window, bytes.
    fn on_idle(&mut self, initial: u32);
    /// The path carries another size of segment.
    fn on_mss(&mut self, mss: u32);
    /// cwnd, bytes.
    fn window(&self) -> u32;
    /// ssthresh, bytes.
    fn threshold(&self) -> u32;
    /// What it is doing, for a controller that knows other phases than slow start and avoidance.
    fn phase(&self) -> Option<&'static str> {
        None
    }
    /// How a loss is repaired.
    fn repair(&self) -> Repair {
        Repair::Proportional
    }
    /// Bytes a second, for a controller that spreads segments over time.
    fn pacing_rate(&self) -> Option<u64> {
        None
    }
    /// The rate at which data arrived: only told to a controller with `wants_rates`.
    fn on_rate(&mut self, _: &Rate) {}
    /// Whether the sender should measure delivery rates, which costs memory for each segment in flight.
    fn wants_rates(&self) -> bool {
        false
    }
}

/// What happens after a loss was found by acknowledgements.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Repair {
    /// Slow start from the hole on, as after a timeout.
    SlowStart,
    /// Fast recovery until the first new acknowledgement.
    FirstAck,
    /// Fast recovery until everything sent before is acknowledged, in proportion to what is delivered (RFC 9937).
    Proportional,
    /// Likewise, but the controller's own window rules.
    Own,
}

/// An acknowledgement of new data, as a controller sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Acked {
    /// Newly acknowledged bytes.
    pub(crate) bytes: u32,
    pub(crate) now: Instant,
    /// The round trip that this acknowledgement measured.
    pub(crate) sample: Option<Duration>,
    /// The smallest round trip so far.
    pub(crate) rtt: Option<Duration>,
    /// Bytes still on their way.
    pub(crate) in_flight: u32,
    /// Whether the window was what held the sender back; an unused window does not grow (RFC 7661).
    pub(crate) window_limited: bool,
}

/// A sample of the delivery rate, taken with every acknowledgement that delivers something.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Rate {
    pub(crate) now: Instant,
    /// Bytes delivered since the newest delivered segment left, and how long that took.
    pub(crate) delivered: u64,
    pub(crate) interval: Duration,
    /// Bytes delivered since the connection began, now and when that segment left.
    pub(crate) total: u64,
    pub(crate) total_then: u64,
    /// Bytes lost in the meantime.
    pub(crate) lost: u64,
    /// Bytes in flight when that segment left, and now.
    pub(crate) flight_then: u32,
    pub(crate) flight: u32,
    /// Newly delivered, and newly lost, by this acknowledgement.
    pub(crate) acked: u32,
    pub(crate) newly_lost: u32,
    /// The program, not the network, limited the rate.
    pub(crate) app_limited: bool,
    /// The round trip that this acknowledgement measured.
    pub(crate) rtt: Option<Duration>,
}

/// The controller of this name, for segments of `mss` bytes and an initial window of `initial` bytes.
pub(crate) fn controller(which: CongestionControl, mss: u32, initial: u32) -> Box<dyn Controller> {
    match which {
        CongestionControl::Tahoe => Box::new(tahoe::tahoe(mss, initial)),
        CongestionControl::Reno => Box::new(reno::reno(mss, initial)),
        CongestionControl::NewReno => Box::new(newreno::newreno(mss, initial)),
        CongestionControl::Cubic => Box::new(cubic::Cubic::new(mss, initial)),
        CongestionControl::Bbr => Box::new(bbr::Bbr::new(mss, initial)),
    }
}
