//! Raw memory as slices, and errors as C wants them.

use std::ffi::{c_int, c_void};
use std::net::SocketAddr;

use libc::{sockaddr, socklen_t, ssize_t};

use crate::address::{self, Family};
use crate::errno::{Errno, Result};

/// Memory that is read.
///
/// # Safety
/// `start` is null, or `len` bytes there are valid and stay as they are while the slice is in use.
pub(super) unsafe fn input<'a>(start: *const c_void, len: usize) -> Result<&'a [u8]> {
    match (start.is_null(), len) {
        (_, 0) => Ok(&[]),
        (true, _) => Err(Errno(libc::EFAULT)),
        // SAFETY: promised by the caller.
        (false, _) => Ok(unsafe { std::slice::from_raw_parts(start.cast(), len) }),
    }
}

/// Memory that is written.
///
/// # Safety
/// `start` is null, or `len` bytes there are valid and nobody else's while the slice is in use.
pub(super) unsafe fn output<'a>(start: *mut c_void, len: usize) -> Result<&'a mut [u8]> {
    match (start.is_null(), len) {
        (_, 0) => Ok(&mut []),
        (true, _) => Err(Errno(libc::EFAULT)),
        // SAFETY: promised by the caller.
        (false, _) => Ok(unsafe { std::slice::from_raw_parts_mut(start.cast(), len) }),
    }
}

/// Fills in an address and its length, when both are wanted.
///
/// # Safety
/// Both are null, or `len` is the caller's and says how much memory is at `address`.
pub(super) unsafe fn write_address(address: *mut sockaddr, len: *mut socklen_t, value: SocketAddr, family: Family) {
    // SAFETY: promised by the caller.
    let Some(len) = (unsafe { len.as_mut() }) else { return };
    let bytes = address::write(value, family);
    // SAFETY: promised by the caller.
    if let Ok(room) = unsafe { output(address.cast(), *len as usize) } {
        let n = bytes.len().min(room.len());
        room[..n].copy_from_slice(&bytes[..n]);
        *len = bytes.len() as socklen_t;
    }
}

/// -1, and `errno` says why.
pub(super) fn fail(error: Errno) -> c_int {
    // SAFETY: the address of this thread's errno is always valid.
    unsafe { *libc::__errno_location() = error.0 };
    -1
}

pub(super) fn result(answer: Result<c_int>) -> c_int {
    answer.unwrap_or_else(fail)
}

pub(super) fn count(answer: Result<usize>) -> ssize_t {
    match answer {
        Ok(count) => count as ssize_t,
        Err(error) => fail(error) as ssize_t,
    }
}
