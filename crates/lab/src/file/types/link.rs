//! `[[link]]`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Arq;
use crate::file::scalar::{LossModel, Name, Plug, Rate, Reorder, Share, Time};

/// A link between two interfaces.
#[derive(Deserialize, JsonSchema, Debug)]
#[schemars(title = "a link")]
pub(crate) struct Link {
    /// Its name. Default l1, l2, … in the order of the file.
    #[serde(default)]
    pub(crate) name: Option<Name>,
    /// Where it ends: two interfaces, each as node:interface. They exist because it ends there.
    #[schemars(extend("examples" = [["client:eth0", "server:eth0"]]))]
    pub(crate) endpoints: [Plug; 2],
    /// What it is. Default `ethernet`.
    #[serde(default)]
    pub(crate) kind: LinkKind,
    /// How a reliable line repairs what it loses; for the kind `hdlc` alone.
    #[serde(default)]
    pub(crate) arq: Option<Arq>,
    /// What it does to frames, both ways.
    #[serde(flatten)]
    pub(crate) both: Impairments,
    /// Frames that may wait at either end. Default 1000.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1_000_000), extend("examples" = [100]))]
    pub(crate) limit: Option<u32>,
    /// Largest IP packet at either end, bytes. Default 1500.
    #[serde(default)]
    #[schemars(range(min = 68, max = 65535), extend("examples" = [1500]))]
    pub(crate) mtu: Option<u32>,
    /// What differs on the way from the first endpoint to the second.
    #[serde(default)]
    pub(crate) forth: Impairments,
    /// What differs on the way from the second endpoint to the first.
    #[serde(default)]
    pub(crate) back: Impairments,
}

/// What a link is.
#[derive(Deserialize, JsonSchema, Clone, Copy, PartialEq, Eq, Default, Debug)]
#[serde(rename_all = "kebab-case")]
#[schemars(title = "a kind of link")]
pub(crate) enum LinkKind {
    /// Ethernet frames; 1gbit unless said otherwise.
    #[default]
    Ethernet,
    /// Bare IP packets between two hosts or routers: no ARP.
    Line,
    /// A reliable line between two hosts or routers (HDLC balanced mode: AX.25 or LLC2) of 9,600 bit/s unless said
    /// otherwise: what it loses is sent again by the link itself.
    Hdlc,
}

/// What a link does to frames, in tc-netem's words.
#[derive(Deserialize, JsonSchema, Default, Clone, Debug)]
#[serde(default)]
#[schemars(title = "what a link does to frames")]
pub(crate) struct Impairments {
    /// Bits per second, or `unlimited`. Default 1gbit.
    pub(crate) rate: Option<Rate>,
    /// How long a frame is under way. Default 0ms.
    pub(crate) delay: Option<Time>,
    /// Each frame's delay is longer or shorter by up to so much.
    pub(crate) jitter: Option<Time>,
    /// Frames lost: `5%`; in bursts `gemodel 1% 10%` (enter, leave); periodic `every 1000`.
    pub(crate) loss: Option<LossModel>,
    /// Share of frames that arrive twice.
    pub(crate) duplicate: Option<Share>,
    /// Share of frames that arrive damaged: the receiver's check sequence finds it and drops them.
    pub(crate) corrupt: Option<Share>,
    /// Share of frames that are held back, and for how long: `1% 5ms`.
    pub(crate) reorder: Option<Reorder>,
}
