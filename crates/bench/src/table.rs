//! Goodput of every congestion controller under random loss, as a table for `docs/performance.md`.

use base::Duration;
use lexopt::prelude::*;
use stack::CongestionControl;

use crate::pair;

/// What is to be measured.
pub(crate) struct Options {
    seeds: u64,
    pair: pair::Options,
}

impl Options {
    pub(crate) fn parse(mut arguments: lexopt::Parser) -> Result<Self, lexopt::Error> {
        let pair = pair::Options { rtt: Duration::from_millis(10), ..pair::Options::default() };
        let mut o = Options { seeds: 5, pair };
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("seeds") => o.seeds = arguments.value()?.parse::<u64>()?.max(1),
                Long("rtt-us") => o.pair.rtt = Duration::from_micros(arguments.value()?.parse()?),
                Long("buffer") => o.pair.buffer = Some(arguments.value()?.parse()?),
                other => return Err(other.unexpected()),
            }
        }
        Ok(o)
    }

    /// A markdown table.
    pub(crate) fn run(self) -> String {
        let mut text = String::from("| Mbit/s |");
        LOSSES.iter().for_each(|(loss, _)| text += &format!(" {} % |", loss * 100.0));
        text += "\n|---|";
        LOSSES.iter().for_each(|_| text += "---|");
        for congestion in CongestionControl::ALL {
            text += &format!("\n| {} |", congestion.name());
            for (loss, bytes) in LOSSES {
                let seeds = if loss == 0.0 { 1 } else { self.seeds };
                let goodput = pair::Options { loss, bytes, seeds, congestion, ..self.pair.clone() }.run();
                text += &format!(" {:.1} |", goodput.mbit_per_virtual_s());
            }
        }
        text
    }
}

/// How likely a frame is lost, and how many bytes are moved then: enough for about 30 losses or more.
const LOSSES: [(f64, u64); 6] = [
    (0.0, 400_000_000),
    (0.0001, 400_000_000),
    (0.001, 100_000_000),
    (0.01, 15_000_000),
    (0.05, 4_000_000),
    (0.1, 2_000_000),
];
