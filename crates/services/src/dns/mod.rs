//! DNS (RFC 1034, RFC 1035 and their children): messages, zones, an authoritative server, a recursive resolver with its
//! cache, and the stub with which a program looks names up.
//!
//! Messages and zone files are read and written by the crate `domain`; no clock or randomness but the host's is used.

mod authority;
mod cache;
mod exchange;
mod message;
mod query;
mod resolver;
mod serve;
mod stub;
mod zone;

pub use authority::NameServer;
pub use cache::{Cache, Credibility, Known};
pub use message::{
    Data, Edns, Malformed, Message, Name, Opcode, PLAIN_UDP, Problem, Question, Rcode, Record, Rtype, UDP_PAYLOAD, name,
};
pub use query::{Progress, Query, QueryError};
pub use resolver::Resolver;
pub use stub::{Lookup, LookupError, LookupErrorKind, PORT, lookup};
pub use zone::{Zone, ZoneError};
