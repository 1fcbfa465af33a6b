//! What one looks up: ports, and what an address says about itself.

pub mod address;
pub mod ports;
