//! The shared object with which google/packetdrill runs its scripts against this stack, in virtual time.
//!
//! packetdrill opens it (`--so_filename`), finds `packetdrill_interface_init` and makes every system call, every inbound
//! packet, every look at the clock through the table that it fills in.
//! ```text
//!   packetdrill ──table──> ffi ──> Desk (lock, who waits) ──> Machine ─┬─ clock     time moves when asked to sleep
//!        ▲                                                             ├─ calls     socket, bind, write, poll, …
//!        └──────────── packets, in and out ───────────────────────── wire          └─> stack::Host
//! ```
//! One room per concept: `clock`, `desk` (calls that block), `machine` (host, descriptors, timers), `calls` (what a
//! program may ask), `send_queue` (how Linux counts a send buffer), `notices` (its error queue), `watch` (poll and
//! epoll), `wire` (packets, and the PSH flag as a script wants it), `sysctl` (a script's settings as a `Config`), `info`
//! (`struct tcp_info`). Only `ffi` touches raw memory.

mod address;
mod calls;
mod clock;
mod desk;
mod errno;
pub mod ffi;
mod info;
mod machine;
mod notices;
mod send_queue;
mod sysctl;
mod watch;
mod wire;

pub use sysctl::{Sysctls, linux};
