//! Scenarios, expectations, outcomes and the built-in worlds.
