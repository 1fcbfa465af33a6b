//! TLS 1.3 and 1.2 between programs of a world (RFC 8446, RFC 5246), by rustls.
//!
//! Everything that rustls would take from the operating system comes from the world: randomness and key exchange from the
//! stream `tls` of the host whose program is running (`provider`), signatures by RFC 6979 without randomness (`key`), time
//! from the world's wall clock (`session`). So the same seed gives the same bytes, certificates included
//! (`authority`). The keys of every session go to the observer as lines of an NSS key log.

mod authority;
mod inspect;
mod key;
mod provider;
mod session;
mod trust;

pub use authority::{Authority, Identity, IssueError};
pub use inspect::CertificateInfo;
pub use session::{ClientStream, ClientTls, ServerStream, ServerTls, Session, TlsFailure, TlsProblem, Version};
pub use trust::Trust;
