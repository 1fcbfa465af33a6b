//! Drives any [`stack::Node`] on Linux TAP interfaces in real time: the only real clock and the only file descriptors.
//!
//! ```no_run
//! # fn up(world: impl stack::Node) -> Result<(), glassnet_live::LiveError> {
//! let tap = glassnet_live::Tap::open("glass0")?;
//! let stop = glassnet_live::Stop::on_signals()?;
//! let mut driver = glassnet_live::Driver::new(world, vec![(base::Port(0), tap)]);
//! driver.run(None, &stop)?; // until Ctrl-C
//! # Ok(())
//! # }
//! ```
//!
//! The node is the very one that the simulator drives in virtual time: it cannot tell the difference.

mod driver;
mod error;
#[expect(unsafe_code, reason = "an ioctl is a system call about memory; the one place that makes any")]
mod ioctl;
mod stop;
mod tap;

pub use driver::{Driver, Stats};
pub use error::LiveError;
pub use stop::Stop;
pub use tap::Tap;
