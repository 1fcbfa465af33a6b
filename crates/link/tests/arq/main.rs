//! Reliable transfer on a line, as stories: what is lost, what is late, and what each discipline does about it.

mod efficiency;
mod go_back_n;
mod line;
mod selective_repeat;
mod setup;
mod stop_and_wait;
mod storm;
mod windows;
