//! One file a subcommand.

pub(crate) mod up;
pub(crate) mod visit;
