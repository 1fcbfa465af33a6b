//! The internet layer: routes, fragments, ICMP. It returns verdicts; the host applies them.

pub(crate) mod address;
pub(crate) mod fragment;
pub(crate) mod icmp;
pub(crate) mod ip;
pub(crate) mod pmtu;
pub(crate) mod reassembly;
pub(crate) mod route;
