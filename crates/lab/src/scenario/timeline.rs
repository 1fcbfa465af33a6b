//! What happens when.

use base::{Duration, Instant, LinkType, Rng};
use sim::{Rule, Verdict, rule};
use wire::PacketBuf;

use super::{BuildError, Kill, Loss, WayPatch};
use crate::expect::FramePredicate;

/// Something that happens at a moment.
#[derive(Clone, PartialEq, Debug)]
pub struct At {
    /// When, from the start of the world.
    pub at: Duration,
    /// What.
    pub what: Do,
}

/// What can be done to a world.
#[derive(Clone, PartialEq, Debug)]
pub enum Do {
    /// A link carries nothing any more, or again.
    SetLink {
        /// Its name.
        link: String,
        /// Whether it carries frames.
        up: bool,
    },
    /// A link is otherwise from now on.
    Change {
        /// Its name.
        link: String,
        /// One of its ways, or both.
        way: Option<Heading>,
        /// What is different.
        patch: WayPatch,
    },
    /// Some frames on a link get a verdict from now on.
    Frames(Chosen),
    /// Some frames of the reliable lines are lost from now on.
    Kill(Kill),
    /// A node loses its power: it neither sends nor receives, and its programs and connections are gone.
    Crash {
        /// Its name.
        node: String,
    },
    /// A node that crashed is switched on again: its addresses, routes and programs are those of the start.
    Restart {
        /// Its name.
        node: String,
    },
    /// Links between nodes of different groups carry nothing any more. Nodes that are not named belong to no group.
    Partition {
        /// The names of the nodes in each.
        groups: Vec<Vec<String>>,
    },
    /// All partitions are over.
    Heal,
    /// A host's wall clock is ahead of the world's from now on.
    Skew {
        /// Its name.
        node: String,
        /// By so many nanoseconds; less than 0: behind.
        by_ns: i64,
    },
}

impl Do {
    /// Frames on a link are lost from now on, each way, with this probability.
    pub fn lose(link: &str, share: f64) -> Do {
        let patch = WayPatch { loss: Some(Loss::Share(share)), ..WayPatch::default() };
        Do::Change { link: link.into(), way: None, patch }
    }
}

/// Whether a frame is meant.
type Choice = Box<dyn FnMut(&PacketBuf) -> bool + Send>;

/// A link's way, as its ends are given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Heading {
    /// From the first end to the second.
    Forth,
    /// From the second to the first.
    Back,
}

/// Which frames, and what becomes of them.
#[derive(Clone, PartialEq, Debug)]
pub struct Chosen {
    /// On which link.
    pub link: String,
    /// Sent by the node at this end; none: at either.
    pub from: Option<String>,
    /// For which this expression holds; none: all.
    pub of: Option<String>,
    /// The k-th of these, counted from 1; none: all.
    pub nth: Vec<u64>,
    /// What becomes of them.
    pub verdict: Verdict,
}

impl Chosen {
    /// The rule that does it, for frames that begin with what `link_type` says.
    pub(crate) fn rule(&self, link_type: LinkType) -> Result<Box<dyn Rule>, BuildError> {
        let filter = self.filter(link_type)?;
        let (all, numbers, verdict) = (self.nth.is_empty(), self.nth.clone(), self.verdict);
        let rule: Box<dyn Rule> = match all {
            true => Box::new(move |_: Instant, _: &mut Rng, _: &PacketBuf| verdict),
            false => Box::new(rule::Nth::new(numbers, verdict)),
        };
        Ok(Box::new(rule::Of { filter, rule }))
    }

    fn filter(&self, link_type: LinkType) -> Result<Choice, BuildError> {
        let Some(of) = &self.of else { return Ok(Box::new(|_| true)) };
        let wrong = |error| BuildError::new(format!("'{of}' chooses no frames: {error}"));
        let mut predicate = FramePredicate::parse(of).map_err(wrong)?;
        Ok(Box::new(move |frame| predicate.matches(link_type, &as_recorded(link_type, frame))))
    }
}

/// A frame on a medium, written as recordings have it.
fn as_recorded(link_type: LinkType, frame: &PacketBuf) -> Vec<u8> {
    match link_type {
        LinkType::Ax25 => [&[0], frame.head(), frame.payload()].concat(),
        // A radiotap header that says nothing, and room for the check sequence.
        LinkType::Radiotap => [&[0, 0, 8, 0, 0, 0, 0, 0], frame.head(), frame.payload(), &[0; 4]].concat(),
        LinkType::Ethernet | LinkType::Ip | LinkType::Llc => frame.contiguous(),
    }
}
