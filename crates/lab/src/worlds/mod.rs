//! Built-in worlds: each is a `Scenario` value.

pub mod internet;
