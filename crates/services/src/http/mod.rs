//! HTTP/1.1 (RFC 9110, RFC 9112) over any byte stream, by hyper: a client connection and a server of static sites.
//!
//! hyper needs no runtime: `io` lets it read and write tokio's streams, `timer` gives it the host's virtual time.

mod body;
mod client;
mod io;
mod server;
mod site;
mod timer;

pub use body::{Content, pattern};
pub use client::{Connection, HttpFailure, Response};
pub use server::{Limits, WebServer};
pub use site::{Reply, Site};
