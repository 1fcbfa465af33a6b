//! Data-link protocols as state machines.
