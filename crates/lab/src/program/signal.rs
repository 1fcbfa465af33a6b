//! A text as levels on a wire, some of them flipped, and what a receiver makes of it.

use base::event::AppFact;
use net::{Net, Task};
use schemars::JsonSchema;
use serde::Deserialize;

use super::registry::Written;
use super::{Commons, Program};
use crate::waveform::LineCode;

/// Encodes a text by a line code, flips levels, and decodes what is left. Records `signal.sent` (bits, units, changes,
/// duration) and `signal.received` (text, wrong, errors, first_error).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Signal {
    /// How bits become levels.
    pub code: CodeWord,
    /// What is sent.
    pub text: String,
    /// Which levels are flipped on the way: numbers of units, from 0.
    #[serde(default)]
    pub flip: Vec<usize>,
    /// Of a serial port: bits per second. Default 9600.
    #[serde(default = "baud")]
    #[schemars(range(min = 1))]
    pub baud: u64,
}

/// A line code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
pub enum CodeWord {
    /// 10BASE-T.
    #[serde(rename = "manchester")]
    Manchester,
    /// 100BASE-TX.
    #[serde(rename = "4b5b")]
    Nrzi4b5b,
    /// A serial port.
    #[serde(rename = "rs232")]
    Rs232,
}

impl Written for Signal {
    const NAME: &'static str = "signal";
    const ABOUT: &'static str = "sends a text as levels on a wire, flips some, and decodes what is left";
}

impl Program for Signal {
    fn start(&self, net: &Net, _: &Commons) -> Result<Task<()>, String> {
        let (own, what) = (net.clone(), self.clone());
        Ok(net.spawn(async move {
            let code = match what.code {
                CodeWord::Manchester => LineCode::Manchester,
                CodeWord::Nrzi4b5b => LineCode::Nrzi4b5b,
                CodeWord::Rs232 => LineCode::Rs232,
            };
            let waveform = code.encode(what.text.as_bytes(), what.baud);
            let mut levels = waveform.levels().to_vec();
            let changes = levels.windows(2).filter(|pair| pair[0] != pair[1]).count() as u64;
            let sent = AppFact::new("signal", "sent", 0)
                .with("bits", what.text.len() as u64 * 8)
                .with("units", levels.len() as u64)
                .with("changes", changes)
                .with("duration", waveform.duration());
            own.record(sent);
            own.sleep(waveform.duration()).await;
            for unit in &what.flip {
                if let Some(level) = levels.get_mut(*unit) {
                    *level = !*level;
                }
            }
            let read = code.decode(&levels);
            let same = read.bytes.iter().zip(what.text.as_bytes()).filter(|(a, b)| a == b).count();
            let wrong = what.text.len().max(read.bytes.len()) - same;
            let mut received = AppFact::new("signal", "received", 0)
                .with("text", String::from_utf8_lossy(&read.bytes).into_owned())
                .with("wrong", wrong as u64)
                .with("errors", read.errors.len() as u64);
            if let Some(error) = read.errors.first() {
                received = received.with("first_error", error.what.to_string());
            }
            own.record(received);
        }))
    }

    fn is_foreground(&self) -> bool {
        true
    }
}

const fn baud() -> u64 {
    9600
}
