//! Programs for Glassnet hosts: DHCP, DNS, HTTP and TLS clients and servers.
#![forbid(unsafe_code)]

pub mod browser;
pub mod dhcp;
pub mod dns;
pub mod html;
pub mod http;
pub mod icmp;
pub mod tls;
pub mod url;
