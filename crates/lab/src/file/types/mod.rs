//! What a scenario file consists of. The comments on these types are what editors show.
//!
//! ```text
//!   mod     the file as a whole      node    [node.NAME]     stack   [node.NAME.stack]
//!   link    [[link]]                 action  [[at]]          ordered tables in the order in which they stand
//!   arq     of a reliable line       medium  [node.NAME.medium]
//! ```

mod action;
mod arq;
mod link;
mod medium;
mod node;
mod ordered;
mod stack;

use schemars::JsonSchema;
use serde::Deserialize;

pub(super) use action::{Action, At, Frames};
pub(super) use arq::{Arq, DisciplineWord, FramingWord};
pub(super) use link::{Impairments, Link, LinkKind};
pub(super) use medium::{BackoffWord, CountingWord, Medium, Standard};
pub(super) use node::{Addresses, Node, NodeKind, OneOrMany};
pub(crate) use ordered::Ordered;
pub(super) use stack::{EcnWord, KeepaliveSettings, Stack};

use super::scalar::{NodeName, Slug, Time};

/// A world, what happens in it, and what is expected of it.
#[derive(Deserialize, JsonSchema, Debug)]
#[serde(deny_unknown_fields)]
#[schemars(title = "a scenario file")]
pub(super) struct File {
    /// Its name: small letters, digits and `-`.
    pub(super) name: Slug,
    /// What it shows, in one line.
    #[serde(default)]
    #[schemars(extend("examples" = ["Three segments open a connection"]))]
    pub(super) title: Option<String>,
    /// Everything random follows from this number; `--seed` wins. Default 1.
    #[serde(default)]
    #[schemars(extend("examples" = [1]))]
    pub(super) seed: Option<u64>,
    /// Virtual time that a run may take at most. Default 60s.
    #[serde(default)]
    pub(super) limit: Option<Time>,
    /// The limit with `--full`, for long curves.
    #[serde(default)]
    pub(super) full_limit: Option<Time>,
    /// How long a run goes on after its last program, so that the last segments arrive. Default 2s.
    #[serde(default)]
    pub(super) linger: Option<Time>,
    /// What to see and why: Markdown, at most a page. Every number in it stands in an [[expect]].
    #[serde(default)]
    #[schemars(extend("examples" = ["markdown"]))]
    pub(super) explain: Option<String>,
    /// A setting, in the words of `--set`, under which at least one [[expect]] must fail.
    #[serde(default)]
    #[schemars(extend("examples" = ["link.wire.loss=100%"]))]
    pub(super) breaks_when: Option<String>,
    /// Short names for `--set` and `--vary`: `cc = "node.client.stack.congestion"`.
    #[serde(default)]
    #[schemars(extend("examples" = [{ "cc": "node.client.stack.congestion" }]))]
    pub(super) knobs: Ordered<OneOrMany<String>>,
    /// What a run draws beside the defaults.
    #[serde(default)]
    pub(super) pictures: Pictures,
    /// What a sweep measures in each run: a name and an expression.
    #[serde(default)]
    #[schemars(extend("examples" = [{ "duration": "last(bulk.done).at" }]))]
    pub(super) measure: Ordered<String>,
    /// What theory says of each of these: the same name, and an expression.
    #[serde(default)]
    #[schemars(extend("examples" = [{ "duration": "8s" }]))]
    pub(super) theory: Ordered<String>,
    /// What `glassnet sweep` varies when it is told nothing else.
    #[serde(default)]
    pub(super) sweep: Sweep,
    /// The nodes by name.
    #[serde(default)]
    pub(super) node: Ordered<Node>,
    /// The links between them.
    #[serde(default)]
    pub(super) link: Vec<Link>,
    /// What happens when.
    #[serde(default)]
    pub(super) at: Vec<At>,
    /// What must be true at the end.
    #[serde(default)]
    pub(super) expect: Vec<Expect>,
}

/// What a sweep varies unless it is told otherwise.
#[derive(Deserialize, JsonSchema, Debug, Default)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "[sweep]")]
pub(super) struct Sweep {
    /// Settings and their values, as `--vary` takes them.
    #[schemars(extend("examples" = [["loss=0%,1%,5%"]]))]
    pub(super) vary: Vec<String>,
    /// Seeds of each combination. Default 10.
    #[schemars(range(min = 1, max = 100000), extend("examples" = [10]))]
    pub(super) seeds: Option<u64>,
}

/// Pictures of a run.
#[derive(Deserialize, JsonSchema, Debug, Default)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "[pictures]")]
pub(super) struct Pictures {
    /// The nodes of the ladder, from left to right.
    #[schemars(extend("examples" = [["client", "server"]]))]
    pub(super) ladder: Vec<NodeName>,
    /// Series to print as plots: `cwnd`, `ssthresh`, `srtt`, `rto`, `in_flight`, `queue`, `throughput`.
    #[schemars(extend("examples" = [["cwnd", "ssthresh"]]))]
    pub(super) plot: Vec<String>,
}

/// Something that must be true at the end of a run.
#[derive(Deserialize, JsonSchema, Debug)]
#[serde(deny_unknown_fields)]
#[schemars(title = "[[expect]]")]
pub(super) struct Expect {
    /// An expression over what was recorded.
    #[schemars(extend("examples" = ["count(drops) == 0"]))]
    pub(super) that: String,
    /// Why it must be so: one sentence, shown beside it.
    #[serde(default)]
    #[schemars(extend("examples" = ["RFC 9293, 3.5: one SYN is enough on a line that loses nothing"]))]
    pub(super) why: Option<String>,
}
