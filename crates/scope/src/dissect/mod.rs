//! What is above transport: DNS, TLS and HTTP/1, on top of the layers that `wire` takes apart.

pub mod dns;
pub mod http;
pub mod tls;
