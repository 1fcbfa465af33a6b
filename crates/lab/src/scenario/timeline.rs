//! What happens when.

use base::Duration;

/// Something that happens at a moment.
#[derive(Clone, Debug)]
pub struct At {
    /// When, from the start of the world.
    pub at: Duration,
    /// What.
    pub what: Do,
}

/// What can be done to a world.
#[derive(Clone, Debug)]
pub enum Do {
    /// A link carries nothing any more, or again.
    SetLink {
        /// Its name.
        link: String,
        /// Whether it carries frames.
        up: bool,
    },
    /// Frames on a link are lost from now on, each way, 0 to 1.
    SetLoss {
        /// Its name.
        link: String,
        /// How many.
        loss: f64,
    },
    /// A node is switched off: it neither answers nor forwards.
    PowerOff {
        /// Its name.
        node: String,
    },
}
