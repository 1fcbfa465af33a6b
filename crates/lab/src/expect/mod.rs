//! What must be true of a run: a small language over what was recorded.
//!
//! ```text
//!   count(frames[node == 'client' and tcp.flags.syn]) == 1
//!   last(bulk.done).rate > 9mbit and all(metrics.cwnd >= 1460)
//! ```
//!
//! The reference is `docs/expectations.md`. How a text becomes an answer:
//!
//! | room | does |
//! |---|---|
//! | `token`, `unit`, `parse`, `ast` | text to a tree, every error with its place |
//! | `source`, `events`, `frames` | which records there are, and their fields |
//! | `function`, `reckon` | the functions, and how they reckon |
//! | `check`, `plan` | names found, kinds checked, before any run |
//! | `tables`, `eval`, `value` | the recording asked, once for each record |
//! | `shortfall`, `witness` | why an expectation does not hold |
//! | `predicate` | the same language over one frame, for rules of a timeline |

mod ast;
mod check;
mod error;
mod eval;
mod events;
mod expectation;
mod frames;
mod function;
mod measure;
mod parse;
mod plan;
mod predicate;
mod reckon;
mod reference;
mod shortfall;
mod source;
mod tables;
#[cfg(test)]
mod tests;
mod theory;
mod token;
mod unit;
mod value;
mod witness;

pub use error::ExpressionError;
pub use expectation::{Expectation, check_all, expect};
pub use measure::{Measure, Measured};
pub use predicate::FramePredicate;
pub use reference::reference;
pub use shortfall::Shortfall;
pub use tables::Tables;
