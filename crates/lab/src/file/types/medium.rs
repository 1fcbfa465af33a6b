//! `[node.NAME.medium]`: how the stations of a hub, a bus or a radio cell share it.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::file::scalar::{NodeName, Rate, Size, Time};

/// How stations share a medium. What is not given follows from the kind and the rate.
#[derive(Deserialize, JsonSchema, Debug, Default)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "[node.NAME.medium]")]
pub(crate) struct Medium {
    /// Bits per second; on the air those of data frames. Default 10mbit, or what the standard says.
    pub(crate) rate: Option<Rate>,
    /// The unit of back-off. Default 512 bits, or what the standard says.
    pub(crate) slot: Option<Time>,
    /// Wire: quiet between two frames. Default 96 bits.
    pub(crate) gap: Option<Time>,
    /// Wire: how stations take turns. Default `exponential`.
    pub(crate) backoff: Option<BackoffWord>,
    /// Wire, ideal back-off: how many stations contend. Default all.
    #[schemars(range(min = 1, max = 1000), extend("examples" = [10]))]
    pub(crate) contenders: Option<u32>,
    /// Air: the standard that gives all other values. Default `802.11b`.
    pub(crate) standard: Option<Standard>,
    /// Air: bits per second of RTS, CTS and ACK.
    pub(crate) basic_rate: Option<Rate>,
    /// Air: data frames longer than this are announced by an RTS. Default none.
    pub(crate) rts: Option<Size>,
    /// Air: pairs of nodes that do not hear each other.
    #[schemars(extend("examples" = [[["a", "b"]]]))]
    pub(crate) hidden: Vec<[NodeName; 2]>,
    /// Air: how long a signal is on its way. Default 1us.
    pub(crate) delay: Option<Time>,
    /// Air: slots that are drawn from, at first and at most. Default what the standard says.
    #[schemars(extend("examples" = [[32, 1024]]))]
    pub(crate) window: Option<[u32; 2]>,
    /// Air: transmissions of one frame, at most; 0: for ever. Default 7.
    #[schemars(range(min = 0, max = 1000), extend("examples" = [7]))]
    pub(crate) attempts: Option<u32>,
    /// Air: when the counter of a waiting station goes down. Default `idle-slots`.
    pub(crate) counting: Option<CountingWord>,
    /// Air: whether stations wait longer (EIFS) after a frame that they could not read. Default true.
    #[schemars(extend("examples" = [true]))]
    pub(crate) eifs: Option<bool>,
}

/// How the stations of a wire take turns.
#[derive(Deserialize, JsonSchema, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "kebab-case")]
#[schemars(title = "a kind of back-off")]
pub(crate) enum BackoffWord {
    /// Truncated binary exponential back-off, as the standard says.
    Exponential,
    /// In each slot every station begins with a chance of one in as many as there are: Metcalfe and Boggs.
    Ideal,
}

/// A standard for the air.
#[derive(Deserialize, JsonSchema, Clone, Copy, PartialEq, Eq, Debug)]
#[schemars(title = "a standard for the air")]
pub(crate) enum Standard {
    /// 11 Mbit/s at 2.4 GHz, long preambles.
    #[serde(rename = "802.11b")]
    B,
    /// 54 Mbit/s at 5 GHz.
    #[serde(rename = "802.11a")]
    A,
    /// The parameters of Bianchi's paper: 1 Mbit/s, no limit to repetitions, no EIFS.
    #[serde(rename = "bianchi")]
    Bianchi,
}

/// When the counter of a waiting station goes down.
#[derive(Deserialize, JsonSchema, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "kebab-case")]
#[schemars(title = "a rule of counting")]
pub(crate) enum CountingWord {
    /// With each idle slot, as the standard says.
    IdleSlots,
    /// With each idle slot, and once for each time the medium is busy, as Bianchi's chain assumes.
    OncePerBusy,
}
