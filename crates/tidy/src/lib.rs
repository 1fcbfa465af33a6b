//! House rules as programs: a rule that matters is tested, and its failure says why it is a rule and how to mend it.
//!
//! `cargo test -p glassnet-tidy` runs them all (`tests/rules.rs` has one test a rule). A rule reads a [`Tree`] and
//! returns what breaks it; it knows nothing of the file system, so each is tested on a tree of a few lines.

pub mod citations;
pub mod coverage;
pub mod documents;
pub mod forbidden;
pub mod headers;
pub mod imports;
pub mod length;
pub mod licences;
pub mod requirements;
mod rule;
pub mod settings;
mod source;
mod tree;
pub mod waived;

pub use rule::{Problem, Rule};
pub use source::Source;
pub use tree::{File, Tree};
