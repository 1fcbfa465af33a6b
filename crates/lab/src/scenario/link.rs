//! Links: which interfaces they join, and what their two ways do to frames.

use base::Duration;
use sim::{Cable, Rule, rule};

use super::ArqSpec;

/// A link between two interfaces.
#[derive(Clone, PartialEq, Debug)]
pub struct LinkSpec {
    /// Its name, unique in the world.
    pub name: String,
    /// Node and interface at each end.
    pub ends: [(String, String); 2],
    /// From the first end to the second.
    pub forth: WaySpec,
    /// From the second end to the first.
    pub back: WaySpec,
    /// How it repairs what it loses, if it does.
    pub arq: Option<ArqSpec>,
}

/// One way of a link, in the words of tc-netem.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct WaySpec {
    /// Rate and delay.
    pub cable: Cable,
    /// Which frames are lost.
    pub loss: Loss,
    /// Each frame is delayed by up to so much more.
    pub jitter: Duration,
    /// The share of frames that arrive twice, 0 to 1.
    pub duplicate: f64,
    /// The share of frames that arrive damaged: the receiver's check sequence finds it.
    pub corrupt: f64,
    /// The share of frames that are held back, and for how long.
    pub reorder: Option<(f64, Duration)>,
}

/// Which frames a way loses.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub enum Loss {
    /// None.
    #[default]
    None,
    /// Each with this probability.
    Share(f64),
    /// In bursts (Gilbert): the chance of a burst to begin, and to end, with each frame.
    Burst {
        /// To begin.
        enter: f64,
        /// To end.
        leave: f64,
    },
    /// Every n-th frame: for theory, which likes its losses regular.
    Every(u64),
}

/// What is to be different on a way.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct WayPatch {
    /// Bits per second; 0: no time at all.
    pub rate_bps: Option<u64>,
    /// See [`Cable::delay`].
    pub delay: Option<Duration>,
    /// See [`WaySpec::loss`].
    pub loss: Option<Loss>,
    /// See [`WaySpec::jitter`].
    pub jitter: Option<Duration>,
    /// See [`WaySpec::duplicate`].
    pub duplicate: Option<f64>,
    /// See [`WaySpec::corrupt`].
    pub corrupt: Option<f64>,
    /// See [`WaySpec::reorder`].
    pub reorder: Option<(f64, Duration)>,
}

impl WaySpec {
    /// A way that does nothing to frames but carry them.
    pub const fn new(cable: Cable) -> Self {
        let jitter = Duration::ZERO;
        WaySpec { cable, loss: Loss::None, jitter, duplicate: 0.0, corrupt: 0.0, reorder: None }
    }

    /// The rules that do what is said here.
    pub(crate) fn rules(&self) -> Vec<Box<dyn Rule>> {
        let mut rules: Vec<Box<dyn Rule>> = Vec::new();
        match self.loss {
            Loss::None | Loss::Share(0.0) => {}
            Loss::Share(p) => rules.push(Box::new(rule::Loss(p))),
            Loss::Burst { enter, leave } => rules.push(Box::new(rule::BurstLoss::new(enter, leave))),
            Loss::Every(n) => rules.push(Box::new(rule::LossEvery::new(n))),
        }
        if self.corrupt > 0.0 {
            rules.push(Box::new(rule::Corrupt(self.corrupt)));
        }
        if self.duplicate > 0.0 {
            rules.push(Box::new(rule::Duplicate(self.duplicate)));
        }
        if let Some((p, by)) = self.reorder {
            rules.push(Box::new(rule::Reorder { p, by }));
        }
        if self.jitter > Duration::ZERO {
            rules.push(Box::new(rule::Jitter(self.jitter)));
        }
        rules
    }

    /// What cannot be, in a sentence.
    pub(crate) fn check(&self) -> Result<(), String> {
        let reorder = self.reorder.map_or(0.0, |(share, _)| share);
        let shares = [("lose", self.loss.share()), ("duplicate", self.duplicate), ("damage", self.corrupt)];
        for (what, share) in shares.into_iter().chain([("hold back", reorder)]) {
            if !(0.0..=1.0).contains(&share) {
                return Err(format!("it cannot {what} a share of {share}: that is between 0 and 1"));
            }
        }
        Ok(())
    }
}

impl Loss {
    /// The largest of its probabilities.
    fn share(self) -> f64 {
        match self {
            Loss::None | Loss::Every(_) => 0.0,
            Loss::Share(p) => p,
            Loss::Burst { enter, leave } => enter.max(leave),
        }
    }
}

impl WayPatch {
    /// Changes `way` accordingly.
    pub fn apply(&self, way: &mut WaySpec) {
        way.cable.rate_bps = self.rate_bps.unwrap_or(way.cable.rate_bps);
        way.cable.delay = self.delay.unwrap_or(way.cable.delay);
        way.loss = self.loss.unwrap_or(way.loss);
        way.jitter = self.jitter.unwrap_or(way.jitter);
        way.duplicate = self.duplicate.unwrap_or(way.duplicate);
        way.corrupt = self.corrupt.unwrap_or(way.corrupt);
        way.reorder = self.reorder.or(way.reorder);
    }
}
