//! Scenarios, their outcomes, and the worlds that come with Glassnet.
//!
//! ```text
//!   scenario/   a world as a value: nodes, links, programs, timeline, expectations
//!   counterfactual/  nodes that do what the standards do not
//!   program/    what runs on its hosts
//!   expect/     the language of expectations, measures and rules
//!   sweep/      a lab run many times, with other settings and seeds
//!   run         a scenario and a seed give an Outcome, which owns the recording
//!   worlds/     built-in scenarios
//!   visit       type a URL, see the page
//!   asker       somebody at a host of a running world, with questions
//! ```

#![forbid(unsafe_code)]

pub mod asker;
pub mod counterfactual;
pub mod expect;
pub mod export;
pub mod file;
pub mod handbook;
pub mod import;
mod lab;
pub mod outcome;
mod over;
pub mod program;
pub mod run;
pub mod scenario;
pub mod shipped;
pub mod sweep;
pub mod up;
pub mod visit;
pub mod waveform;
pub mod worlds;

pub use lab::{Lab, Pictures};
pub use outcome::{Outcome, seed};
pub use program::own::{program, service};
pub use program::{Names, Program};
pub use run::Running;
pub use scenario::{BuildError, Scenario};
