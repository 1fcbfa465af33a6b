//! Errors as Linux numbers them.

use stack::{BindError, TcpError};

/// An error number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Errno(pub(crate) i32);

/// What a system call answers.
pub(crate) type Result<T> = std::result::Result<T, Errno>;

impl From<BindError> for Errno {
    fn from(error: BindError) -> Self {
        Errno(match error {
            BindError::InUse(_) => libc::EADDRINUSE,
            BindError::NotOurs(_) => libc::EADDRNOTAVAIL,
            BindError::NoPortLeft => libc::EADDRINUSE,
            BindError::TooManySockets => libc::ENFILE,
        })
    }
}

impl From<TcpError> for Errno {
    fn from(error: TcpError) -> Self {
        Errno(match error {
            TcpError::Refused => libc::ECONNREFUSED,
            TcpError::Reset => libc::ECONNRESET,
            TcpError::Aborted => libc::ECONNABORTED,
            TcpError::TimedOut => libc::ETIMEDOUT,
            TcpError::Unreachable(why) => unreachable(why),
            TcpError::NoRoute(_) => libc::ENETUNREACH,
            TcpError::NoAddress | TcpError::NoPortLeft => libc::EADDRNOTAVAIL,
            TcpError::TooManySockets => libc::ENFILE,
            TcpError::Closed => libc::EPIPE,
        })
    }
}

/// Linux keeps apart what ICMP said: a network, a host, a protocol or a port that cannot be reached.
fn unreachable(why: &str) -> i32 {
    if why.contains("network") {
        libc::ENETUNREACH
    } else if why.contains("port") {
        libc::ECONNREFUSED
    } else if why.contains("protocol") {
        libc::ENOPROTOOPT
    } else {
        libc::EHOSTUNREACH
    }
}
