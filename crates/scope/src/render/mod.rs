//! Pictures as text for a terminal, and as JSON for machines.

pub(crate) mod json;
pub(crate) mod style;

pub use style::{MAX_WIDTH, MIN_WIDTH, Style};
