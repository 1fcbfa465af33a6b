//! The lost tail of a window: how long it takes until every byte is acknowledged, and by what means.
//!
//! ```text
//!   a long transfer, all acknowledged ── pause ── a window of 16 segments, the last k of it lost ── repaired when?
//! ```

use base::{Duration, Instant};
use stack::Totals;

use crate::pair::{Link, Options};

/// One repair for each number of lost segments.
pub(crate) struct Report {
    rtt: Duration,
    repairs: Vec<Repair>,
}

/// How a tail was repaired.
struct Repair {
    lost: u64,
    /// Until the receiver had every byte, and until the sender knew.
    delivered: Duration,
    acknowledged: Duration,
    before: Totals,
    after: Totals,
}

pub(crate) fn run(o: &Options) -> Report {
    Report { rtt: o.rtt, repairs: LOST.into_iter().map(|lost| repair(o, lost)).collect() }
}

fn repair(o: &Options, lost: u64) -> Repair {
    let mut link = Link::new(o);
    until_acknowledged(&mut link, WARM_UP);
    link.now += o.rtt / 2;
    let before = link.info().totals;
    link.forth.lose_after(WINDOW - lost, lost);
    let start = link.now;
    let window = WINDOW * u64::from(link.info().send_mss);
    let (delivered, acknowledged) = until_acknowledged(&mut link, WARM_UP + window);
    Repair { lost, delivered: delivered - start, acknowledged: acknowledged - start, before, after: link.info().totals }
}

/// Lets the sender write up to the byte `bytes`; when the last of them was delivered, and when acknowledged.
fn until_acknowledged(link: &mut Link, bytes: u64) -> (Instant, Instant) {
    let mut delivered = None;
    loop {
        link.turn(bytes);
        let info = link.info();
        if link.received == bytes {
            let delivered = *delivered.get_or_insert(link.now);
            if info.in_flight == 0 && info.not_sent == 0 {
                return (delivered, link.now);
            }
        }
        assert!(link.now < Instant::ZERO + PATIENCE, "the transfer is stuck: {info:?}");
        link.now = link.next_turn();
    }
}

impl Report {
    /// A line for each repair.
    pub(crate) fn to_json(&self) -> String {
        let lines: Vec<String> = self.repairs.iter().map(|repair| repair.to_json(self.rtt)).collect();
        lines.join("\n")
    }
}

impl Repair {
    fn timeouts(&self) -> u64 {
        self.after.timeouts - self.before.timeouts
    }

    fn tail_probes(&self) -> u64 {
        self.after.tail_probes - self.before.tail_probes
    }

    fn by(&self) -> &'static str {
        match (self.tail_probes(), self.timeouts()) {
            (0, 0) => "fast retransmit",
            (_, 0) => "tail-loss probe",
            (0, _) => "timeout",
            _ => "tail-loss probe, then timeout",
        }
    }

    fn to_json(&self, rtt: Duration) -> String {
        format!(
            "{{\"peer\":\"glassnet\",\"rtt_us\":{},\"window\":{WINDOW},\"lost\":{},\"delivered_after_rtt\":{:.2},\
             \"acknowledged_after_rtt\":{:.2},\"by\":\"{}\",\
             \"tail_probes\":{},\"timeouts\":{},\"resent\":{}}}",
            rtt.nanos() / 1000,
            self.lost,
            self.delivered.secs_f64() / rtt.secs_f64(),
            self.acknowledged.secs_f64() / rtt.secs_f64(),
            self.by(),
            self.tail_probes(),
            self.timeouts(),
            self.after.resent - self.before.resent,
        )
    }
}

/// Segments of the window, and how many of them are lost.
const WINDOW: u64 = 16;
const LOST: [u64; 6] = [1, 2, 3, 5, 8, 16];
/// Bytes before it: enough for a congestion window that holds it.
const WARM_UP: u64 = 200_000;
const PATIENCE: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_tail_is_repaired_by_a_probe_and_not_by_a_timeout() {
        let report = run(&Options { rtt: Duration::from_millis(50), ..Options::default() });
        for repair in report.repairs.iter().filter(|repair| repair.lost >= 2) {
            let line = repair.to_json(report.rtt);
            assert_eq!((repair.tail_probes(), repair.timeouts()), (1, 0), "{line}");
            assert!(repair.delivered < report.rtt * 5 && repair.delivered < repair.acknowledged, "{line}");
        }
    }
}
