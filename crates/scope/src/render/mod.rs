//! Pictures as text for a terminal, as SVG for a browser, and as JSON for machines.

pub(crate) mod calendar;
pub(crate) mod files;
pub(crate) mod json;
pub(crate) mod style;
pub(crate) mod svg;

pub use style::{MAX_WIDTH, MIN_WIDTH, Style};
