//! `arq` of a `[[link]]`: how a reliable line repairs what it loses.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::file::scalar::Time;

/// How a reliable line (HDLC) repairs what it loses.
#[derive(Deserialize, JsonSchema, Debug, Default)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "arq")]
pub(crate) struct Arq {
    /// Which frames are sent again. Default `go-back-n`.
    pub(crate) discipline: Option<DisciplineWord>,
    /// How its frames are written. Default `ax25` up to 3 bits, `llc2` with more.
    pub(crate) framing: Option<FramingWord>,
    /// Bits of the numbers: they are counted modulo 2^bits. Default 1 for stop-and-wait, else 3.
    #[schemars(range(min = 1, max = 7), extend("examples" = [3]))]
    pub(crate) bits: Option<u8>,
    /// Frames that may be on their way without an acknowledgement. Default the most that the numbers allow.
    #[schemars(range(min = 1, max = 128), extend("examples" = [7]))]
    pub(crate) window: Option<u16>,
    /// Selective repeat: frames that the receiver holds. Default as `window`.
    #[schemars(range(min = 1, max = 128), extend("examples" = [4]))]
    pub(crate) receive_window: Option<u16>,
    /// How long an acknowledgement is waited for. Default a little more than the round trip of the longest frame.
    pub(crate) timer: Option<Time>,
    /// Without `timer`: exactly the round trip of an acknowledgement alone, as theory reckons. Default false.
    #[schemars(extend("examples" = [true]))]
    pub(crate) ideal_timer: Option<bool>,
    /// How long an acknowledgement waits for data to travel with. Default 0ms.
    pub(crate) ack_delay: Option<Time>,
    /// Repetitions of a frame, at most. Default 10.
    #[schemars(range(min = 1, max = 1000), extend("examples" = [10]))]
    pub(crate) retries: Option<u32>,
    /// Whether the receiver says what it misses (REJ, SREJ). Default true.
    #[schemars(extend("examples" = [true]))]
    pub(crate) nak: Option<bool>,
    /// Permit a window that the numbers do not allow: what is delivered is then wrong. Default false.
    #[schemars(extend("examples" = [true]))]
    pub(crate) unsafe_window: Option<bool>,
}

/// Which frames are sent again.
#[derive(Deserialize, JsonSchema, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "kebab-case")]
#[schemars(title = "a discipline")]
pub(crate) enum DisciplineWord {
    /// One frame at a time.
    StopAndWait,
    /// The lost frame and all behind it.
    GoBackN,
    /// The lost frame alone.
    SelectiveRepeat,
}

/// How the frames of a reliable line are written.
#[derive(Deserialize, JsonSchema, Clone, Copy, PartialEq, Eq, Debug)]
#[schemars(title = "a framing")]
pub(crate) enum FramingWord {
    /// AX.25 v2.2, numbers of up to 3 bits.
    #[serde(rename = "ax25")]
    Ax25,
    /// IEEE 802.2 LLC type 2, numbers of 4 to 7 bits, nothing around.
    #[serde(rename = "llc2")]
    Llc2,
    /// The same in Ethernet frames with a length (802.3).
    #[serde(rename = "llc2-802.3")]
    Llc2Ethernet,
}
