//! How a running driver is asked to end: by Ctrl-C, by SIGTERM, or by another thread.

use std::fmt;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rustix::io::Errno;
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::LiveError;

/// A request that stays: once made, every run that watches it ends.
///
/// It is a pipe that is never emptied, so that it wakes a driver that sleeps and is never missed.
pub struct Stop {
    asked: UnixStream,
    ask: UnixStream,
}

impl Stop {
    /// A request that only [`Stop::request`] makes.
    pub fn new() -> Result<Stop, LiveError> {
        let (asked, ask) = UnixStream::pair().map_err(failure)?;
        ask.set_nonblocking(true).map_err(failure)?;
        Ok(Stop { asked, ask })
    }

    /// A request that Ctrl-C (SIGINT) and SIGTERM make as well. The second Ctrl-C ends the process at once.
    pub fn on_signals() -> Result<Stop, LiveError> {
        let stop = Self::new()?;
        let again = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            signal_hook::flag::register_conditional_default(signal, again.clone()).map_err(failure)?;
            signal_hook::flag::register(signal, again.clone()).map_err(failure)?;
            signal_hook::low_level::pipe::register(signal, stop.ask.try_clone().map_err(failure)?).map_err(failure)?;
        }
        Ok(stop)
    }

    /// Makes the request, from any thread.
    pub fn request(&self) {
        // Full or closed: then it has been asked before, or nobody watches any more.
        let _ = (&self.ask).write(&[1]);
    }
}

impl AsFd for Stop {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.asked.as_fd()
    }
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stop").finish_non_exhaustive()
    }
}

fn failure(error: io::Error) -> LiveError {
    LiveError::system("listen for Ctrl-C", Errno::from_io_error(&error).unwrap_or(Errno::IO))
}
