//! DHCP (RFC 2131, options of RFC 2132): a client that configures its host, and a server with a pool.
//!
//! Both are a machine without clock and sockets (`machine`, `leases`), and a program that runs it on a host (`client`,
//! `server`).

mod client;
mod leases;
mod machine;
mod server;

pub use client::{Client, Handle};
pub use leases::{Leases, Pool, To};
pub use machine::{Lease, Machine, State};
pub use server::Server;
