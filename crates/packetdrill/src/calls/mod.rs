//! What a program may ask of a descriptor: a room per family of calls.

mod backlog;
mod connect;
mod control;
mod option;
mod progress;
mod ready;
mod socket;
mod stream;

#[cfg(test)]
pub(crate) use connect::descriptor;
pub(crate) use control::FIONBIO;
pub(crate) use socket::{Descriptor, Socket};
pub(crate) use stream::{Control, Received, Write};
