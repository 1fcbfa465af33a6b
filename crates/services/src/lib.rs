//! Programs for Glassnet hosts: DHCP, DNS, HTTP and TLS clients and servers, and a browser that uses them all.
//!
//! A program is an ordinary `async` function over [`net::Net`]. Formats and cryptography come from well-kept libraries; the
//! loops, timers and decisions are here, because no library that reads a clock or the system's randomness by itself may
//! run inside a world. Every program records its steps (`Net::record`), and where a protocol has a state of its own it is
//! a machine without clock and sockets, tested alone.
//!
//! | module | client | server |
//! |---|---|---|
//! | [`arp`] | [`arp::probe`], [`arp::announce`] | (every host answers) |
//! | [`dhcp`] | [`dhcp::Client`] configures its host | [`dhcp::Server`] lends from a pool |
//! | [`dns`] | [`dns::lookup`], the stub | [`dns::NameServer`] for zones, [`dns::Resolver`] for everyone else |
//! | [`tls`] | [`tls::ClientTls`] with a [`tls::Trust`] | [`tls::ServerTls`] with identities of a [`tls::Authority`] |
//! | [`http`] | [`http::Connection`] | [`http::WebServer`] with [`http::Site`]s |
//! | [`icmp`] | [`icmp::ping`], [`icmp::traceroute`](icmp::traceroute()) | (every host answers) |
//! | [`browser`] | [`browser::visit`], [`browser::fetch`](browser::fetch()) | |
#![forbid(unsafe_code)]

pub mod arp;
pub mod browser;
pub mod dhcp;
pub mod dns;
pub mod html;
pub mod http;
pub mod icmp;
pub mod tls;
pub mod url;
