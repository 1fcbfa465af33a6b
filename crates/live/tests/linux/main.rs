//! The Linux kernel as the other end: one of our hosts and a network namespace on the two ends of a virtual cable that
//! delays, loses and reorders, driven in real time over TAP. Each test makes its namespace and removes it.

#[path = "../common/mod.rs"]
mod common;

mod bulk;
mod closing;
mod faults;
mod film;
mod keepalive;
mod meeting;
mod options;
mod program;
mod socket;
mod window;
