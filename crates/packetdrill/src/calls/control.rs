//! fcntl and ioctl.

use super::stream::unread;
use crate::errno::{Errno, Result};
use crate::machine::Machine;

impl Machine {
    pub(crate) fn fcntl(&mut self, fd: i32, command: i32, argument: i64) -> Result<i32> {
        let socket = self.socket(fd)?;
        match command {
            libc::F_GETFL => Ok(libc::O_RDWR | if socket.nonblocking { libc::O_NONBLOCK } else { 0 }),
            libc::F_SETFL => {
                socket.nonblocking = argument as i32 & libc::O_NONBLOCK != 0;
                Ok(0)
            }
            libc::F_GETFD | libc::F_SETFD => Ok(0),
            _ => Err(Errno(libc::EINVAL)),
        }
    }

    /// A number that is asked for; `None`: the program sets something, and gives `argument`.
    pub(crate) fn ioctl(&mut self, fd: i32, request: u64, argument: Option<i32>) -> Result<Option<i32>> {
        let (host, socket) = self.both(fd)?;
        let held = (socket.send.written() - socket.send.acked()) as i32;
        match request {
            SIOCINQ => Ok(Some(unread(host, socket) as i32)),
            SIOCOUTQ => Ok(Some(held)),
            SIOCOUTQNSD => Ok(Some((socket.send.written() - socket.send.sent()) as i32)),
            FIONBIO => {
                socket.nonblocking = argument.ok_or(Errno(libc::EFAULT))? != 0;
                Ok(None)
            }
            _ => Err(Errno(libc::ENOTTY)),
        }
    }
}

/// `FIONREAD` as well.
const SIOCINQ: u64 = 0x541b;
const SIOCOUTQ: u64 = 0x5411;
const SIOCOUTQNSD: u64 = 0x894b;
pub(crate) const FIONBIO: u64 = 0x5421;
