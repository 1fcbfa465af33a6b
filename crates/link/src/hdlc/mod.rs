//! HDLC.
pub mod framing;
