//! Any bytes into `dot11`: what must hold is in `crates/wire/tests/entry`.

#![no_main]

#[path = "../../crates/wire/tests/entry/mod.rs"]
mod entry;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entry::dot11(bytes));
