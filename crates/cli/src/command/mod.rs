//! One file a subcommand.

pub(crate) mod lab;
pub(crate) mod run;
pub(crate) mod up;
pub(crate) mod visit;
