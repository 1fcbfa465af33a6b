//! Congestion control: how much may be in flight (RFC 5681). A controller knows bytes, segment size and time, never
//! packets; one file per algorithm.

mod cubic;
mod hystart;
mod newreno;

use base::{Duration, Instant};

pub(crate) use cubic::Cubic;
pub(crate) use newreno::NewReno;

use crate::config::CongestionControl;

/// An algorithm. The sender calls the inputs; `window` is the answer.
pub(crate) trait Controller: Send + std::fmt::Debug {
    /// New data was acknowledged while no loss was being repaired.
    fn on_ack(&mut self, ack: Acked);
    /// A loss was found by duplicate acknowledgements: once per window.
    fn on_loss(&mut self, flight: u32, now: Instant);
    /// The retransmission timer ran out.
    fn on_timeout(&mut self, flight: u32, now: Instant);
    /// cwnd, bytes.
    fn window(&self) -> u32;
    /// ssthresh, bytes.
    fn threshold(&self) -> u32;
}

/// An acknowledgement of new data, as a controller sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Acked {
    /// Bytes newly acknowledged.
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

/// The controller that the configuration names, for segments of `mss` bytes.
pub(crate) fn controller(which: CongestionControl, mss: u32, initial_segments: u32) -> Box<dyn Controller> {
    let initial = mss * initial_segments;
    match which {
        CongestionControl::Tahoe | CongestionControl::Reno | CongestionControl::NewReno => {
            Box::new(NewReno::new(mss, initial))
        }
        CongestionControl::Cubic | CongestionControl::Bbr => Box::new(Cubic::new(mss, initial)),
    }
}

/// The floor of every reduction after a loss (RFC 5681, equation 4).
fn half_of(flight: u32, mss: u32) -> u32 {
    (flight / 2).max(2 * mss)
}
