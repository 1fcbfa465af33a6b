//! Packets and facts put together into conversations: questions with their answers, connections, requests.

pub(crate) mod dns;
pub(crate) mod tcp;
pub(crate) mod visit;
