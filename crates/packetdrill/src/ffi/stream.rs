//! Reading and writing, from one buffer or many.

use std::ffi::{c_int, c_uint, c_void};

use libc::{iovec, msghdr, sockaddr, socklen_t, ssize_t};

use super::desk;
use super::memory::{count, input, output};
use crate::calls::{Control, Received, Write};
use crate::errno::{Errno, Result};

/// A received message's first bytes go to `buffers`, in order.
fn scatter(data: &[u8], buffers: &mut [&mut [u8]]) {
    let mut rest = data;
    for buffer in buffers {
        let n = buffer.len().min(rest.len());
        buffer[..n].copy_from_slice(&rest[..n]);
        rest = &rest[n..];
    }
}

/// # Safety
/// `vectors` is null or `n` long, and so is each vector's memory.
unsafe fn inputs(vectors: *const iovec, n: usize) -> Result<(Vec<u8>, Vec<usize>)> {
    let (mut all, mut lens) = (Vec::new(), Vec::new());
    if n > 0 && vectors.is_null() {
        return Err(Errno(libc::EFAULT));
    }
    for at in 0..n {
        // SAFETY: promised by the caller.
        let part = unsafe {
            let vector = &*vectors.add(at);
            input(vector.iov_base, vector.iov_len)
        }?;
        all.extend(part);
        lens.push(part.len());
    }
    Ok((all, lens))
}

/// # Safety
/// As for `inputs`, and the memory is nobody else's.
unsafe fn outputs<'a>(vectors: *const iovec, n: usize) -> Result<Vec<&'a mut [u8]>> {
    if n > 0 && vectors.is_null() {
        return Err(Errno(libc::EFAULT));
    }
    // SAFETY: promised by the caller.
    (0..n).map(|at| unsafe { output((*vectors.add(at)).iov_base, (*vectors.add(at)).iov_len) }).collect()
}

unsafe fn receive(userdata: *mut c_void, fd: c_int, buffers: &mut [&mut [u8]], flags: c_int) -> Result<Received> {
    let len = buffers.iter().map(|buffer| buffer.len()).sum();
    let received = unsafe { desk(userdata) }.block(|machine| machine.recv(fd, len, flags))?;
    scatter(&received.data, buffers);
    Ok(received)
}

/// One buffer. A null one is only missed when there is something to put into it.
unsafe fn receive_into(userdata: *mut c_void, fd: c_int, buffer: *mut c_void, len: usize, flags: c_int) -> ssize_t {
    let call = || {
        let desk = unsafe { desk(userdata) };
        if buffer.is_null() && len > 0 && desk.call(|machine| machine.has_unread(fd))? {
            return Err(Errno(libc::EFAULT));
        }
        let mut rooms = [unsafe { output(buffer, len) }?];
        Ok(unsafe { receive(userdata, fd, &mut rooms, flags) }?.data.len())
    };
    count(call())
}

unsafe fn transmit(userdata: *mut c_void, fd: c_int, mut write: Write<'_>) -> Result<usize> {
    unsafe { desk(userdata) }.block(|machine| machine.send(fd, &mut write))
}

unsafe fn transmit_from(userdata: *mut c_void, fd: c_int, buffer: *const c_void, len: usize, flags: c_int) -> ssize_t {
    let call = || unsafe { transmit(userdata, fd, Write::new(input(buffer, len)?, flags, Vec::new())) };
    count(call())
}

pub(super) unsafe extern "C" fn read(userdata: *mut c_void, fd: c_int, buffer: *mut c_void, len: usize) -> ssize_t {
    unsafe { receive_into(userdata, fd, buffer, len, 0) }
}

pub(super) unsafe extern "C" fn readv(userdata: *mut c_void, fd: c_int, vectors: *const iovec, n: c_int) -> ssize_t {
    let call = || {
        let mut rooms = unsafe { outputs(vectors, n.max(0) as usize) }?;
        Ok(unsafe { receive(userdata, fd, &mut rooms, 0) }?.data.len())
    };
    count(call())
}

pub(super) unsafe extern "C" fn recv(
    userdata: *mut c_void,
    fd: c_int,
    buffer: *mut c_void,
    len: usize,
    flags: c_int,
) -> ssize_t {
    unsafe { receive_into(userdata, fd, buffer, len, flags) }
}

/// A stream's sender is known: the address is left as it is.
pub(super) unsafe extern "C" fn recvfrom(
    userdata: *mut c_void,
    fd: c_int,
    buffer: *mut c_void,
    len: usize,
    flags: c_int,
    _address: *mut sockaddr,
    _address_len: *mut socklen_t,
) -> ssize_t {
    unsafe { receive_into(userdata, fd, buffer, len, flags) }
}

pub(super) unsafe extern "C" fn recvmsg(
    userdata: *mut c_void,
    fd: c_int,
    message: *mut msghdr,
    flags: c_int,
) -> ssize_t {
    let call = || {
        // SAFETY: null, or the caller's.
        let message = unsafe { message.as_mut() }.ok_or(Errno(libc::EFAULT))?;
        let mut rooms = unsafe { outputs(message.msg_iov, message.msg_iovlen) }?;
        let received = unsafe { receive(userdata, fd, &mut rooms, flags) }?;
        message.msg_flags = received.flags;
        message.msg_namelen = 0;
        let room = unsafe { output(message.msg_control, message.msg_controllen) }?;
        let (used, cut) = write_control(room, &received.control);
        message.msg_controllen = used as _;
        if cut {
            message.msg_flags |= libc::MSG_CTRUNC;
        }
        Ok(received.data.len())
    };
    count(call())
}

/// Control messages one behind the other, each with its header and padded; answers the bytes used, and whether some did
/// not fit.
fn write_control(room: &mut [u8], control: &[Control]) -> (usize, bool) {
    let mut used = 0;
    for one in control {
        let len = CONTROL_HEADER + one.data.len();
        let Some(place) = room.get_mut(used..used + len) else { return (used, true) };
        place[..8].copy_from_slice(&(len as u64).to_ne_bytes());
        place[8..12].copy_from_slice(&one.level.to_ne_bytes());
        place[12..16].copy_from_slice(&one.kind.to_ne_bytes());
        place[CONTROL_HEADER..].copy_from_slice(&one.data);
        used = (used + len.next_multiple_of(8)).min(room.len());
    }
    (used, false)
}

pub(super) unsafe extern "C" fn write(userdata: *mut c_void, fd: c_int, buffer: *const c_void, len: usize) -> ssize_t {
    unsafe { transmit_from(userdata, fd, buffer, len, 0) }
}

pub(super) unsafe extern "C" fn writev(userdata: *mut c_void, fd: c_int, vectors: *const iovec, n: c_int) -> ssize_t {
    let call = || {
        let (data, lens) = unsafe { inputs(vectors, n.max(0) as usize) }?;
        unsafe { transmit(userdata, fd, Write::new(&data, 0, lens)) }
    };
    count(call())
}

pub(super) unsafe extern "C" fn send(
    userdata: *mut c_void,
    fd: c_int,
    buffer: *const c_void,
    len: usize,
    flags: c_int,
) -> ssize_t {
    unsafe { transmit_from(userdata, fd, buffer, len, flags) }
}

/// A stream goes to its peer, whatever the address says.
pub(super) unsafe extern "C" fn sendto(
    userdata: *mut c_void,
    fd: c_int,
    buffer: *const c_void,
    len: usize,
    flags: c_int,
    _address: *const sockaddr,
    _address_len: socklen_t,
) -> ssize_t {
    unsafe { transmit_from(userdata, fd, buffer, len, flags) }
}

pub(super) unsafe extern "C" fn sendmsg(
    userdata: *mut c_void,
    fd: c_int,
    message: *const msghdr,
    flags: c_int,
) -> ssize_t {
    let call = || {
        // SAFETY: null, or the caller's.
        let message = unsafe { message.as_ref() }.ok_or(Errno(libc::EFAULT))?;
        let (data, lens) = unsafe { inputs(message.msg_iov, message.msg_iovlen) }?;
        unsafe { transmit(userdata, fd, Write::new(&data, flags, lens)) }
    };
    count(call())
}

pub(super) unsafe extern "C" fn splice(
    userdata: *mut c_void,
    from: c_int,
    _from_offset: *mut i64,
    to: c_int,
    _to_offset: *mut i64,
    len: usize,
    _flags: c_uint,
) -> ssize_t {
    count(unsafe { desk(userdata) }.block(|machine| machine.splice(from, to, len)))
}

/// `struct cmsghdr` on a machine of 64 bits.
const CONTROL_HEADER: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_messages_are_padded_and_cut_when_there_is_no_room() {
        let one = || Control { level: 6, kind: 36, data: vec![1, 2, 3, 4] };
        let mut room = [0u8; 48];
        assert_eq!(write_control(&mut room, &[one(), one()]), (48, false));
        assert_eq!((room[0], room[8], room[12], room[16], room[24]), (20, 6, 36, 1, 20));
        assert_eq!(write_control(&mut room[..30], &[one(), one()]), (24, true));
    }

    #[test]
    fn what_was_received_fills_one_buffer_after_the_other() {
        let (mut first, mut second) = ([0u8; 2], [0u8; 4]);
        scatter(&[1, 2, 3], &mut [&mut first, &mut second]);
        assert_eq!((first, second), ([1, 2], [3, 0, 0, 0]));
    }
}
