//! One file a subcommand.

pub(crate) mod address;
pub(crate) mod check;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod lab;
pub(crate) mod ports;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod up;
pub(crate) mod visit;
