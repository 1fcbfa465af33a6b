//! One file a subcommand.

pub(crate) mod address;
pub(crate) mod check;
pub(crate) mod diff;
pub(crate) mod dig;
pub(crate) mod export;
pub(crate) mod fetch;
pub(crate) mod import;
mod in_world;
pub(crate) mod lab;
pub(crate) mod ping;
pub(crate) mod ports;
pub(crate) mod read;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod sweep;
pub(crate) mod traceroute;
pub(crate) mod up;
pub(crate) mod visit;
