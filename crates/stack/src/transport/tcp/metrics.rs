//! What a sender reckons with, told to those who plot it; nothing is computed when nobody does.

use std::collections::BTreeMap;

use base::event::{Flow, TcpMetrics, TransportFact};

use super::connection::{Connection, Phase};
use super::cx::Facts;
use crate::socket::LossPhase;

/// What was told last of each connection, so that only changes are told.
#[derive(Debug, Default)]
pub(crate) struct Told {
    last: BTreeMap<Flow, TcpMetrics>,
}

impl Connection {
    /// Tells the sender's quantities if one of them changed.
    #[inline]
    pub(super) fn measure(&self, facts: &mut Facts) {
        if facts.measured {
            self.tell_metrics(facts);
        }
    }

    #[cold]
    fn tell_metrics(&self, facts: &mut Facts) {
        let Phase::Synchronized(open) = &self.phase else { return };
        let mut metrics = open.snd.metrics();
        metrics.delivered = open.totals.bytes_acked;
        let last = &mut facts.told.last;
        if last.get(&self.flow) == Some(&metrics) {
            return;
        }
        if last.len() >= FLOWS {
            last.clear();
        }
        last.insert(self.flow, metrics);
        facts.list.push(TransportFact::Metrics { flow: self.flow, metrics });
    }
}

/// What the sender is doing, as textbooks call it.
pub(super) fn phase(loss: LossPhase, own: Option<&'static str>, cwnd: u32, ssthresh: u32) -> &'static str {
    match loss {
        LossPhase::Reduced => "reduced",
        LossPhase::Recovery => "recovery",
        LossPhase::Loss => "loss",
        //= rfc5681#3.1
        LossPhase::Open | LossPhase::Disorder => {
            own.unwrap_or(if cwnd < ssthresh { "slow start" } else { "avoidance" })
        }
    }
}

/// Connections whose last quantities are remembered, at most; then all are told once more.
const FLOWS: usize = 4096;
