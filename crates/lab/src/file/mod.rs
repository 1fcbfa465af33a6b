//! Scenario files.
pub mod quantity;
pub mod scalar;
