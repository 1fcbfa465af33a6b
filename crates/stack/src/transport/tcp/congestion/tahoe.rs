//! Tahoe (1988): a third duplicate acknowledgement saves the timeout, but costs as much: slow start from one segment.

use base::Instant;

use super::aimd::Aimd;
use super::{Acked, Controller, Repair};

#[derive(Debug)]
pub(crate) struct Tahoe(Aimd);

impl Tahoe {
    pub(crate) fn new(mss: u32, initial: u32) -> Self {
        Tahoe(Aimd::new(mss, initial))
    }
}

impl Controller for Tahoe {
    fn on_ack(&mut self, ack: Acked) {
        self.0.on_ack(&ack);
    }

    // No fast recovery yet: whatever follows the hole is sent again in slow start.
    fn on_loss(&mut self, flight: u32, _: Instant) {
        self.0.reduce(flight, |_, mss| mss);
    }

    //= rfc5681#3.1
    // After a timeout cwnd is the loss window: one segment.
    fn on_timeout(&mut self, flight: u32, _: Instant) {
        self.0.reduce(flight, |_, mss| mss);
    }

    fn undo(&mut self) {
        self.0.undo();
    }

    fn on_idle(&mut self, initial: u32) {
        self.0.on_idle(initial);
    }

    fn on_mss(&mut self, mss: u32) {
        self.0.on_mss(mss);
    }

    fn window(&self) -> u32 {
        self.0.window()
    }

    fn threshold(&self) -> u32 {
        self.0.threshold()
    }

    fn repair(&self) -> Repair {
        Repair::SlowStart
    }
}
