//! The table of functions that packetdrill calls: raw pointers become slices here, and nowhere else.
//!
//! `packetdrill.h` promises: every pointer is null or points to as much memory as the count beside it says, for the
//! time of the call; `userdata` is what [`packetdrill_interface_init`] left there, until `free` was called.
#![allow(unsafe_code, reason = "a table of C functions, each with raw pointers")]

mod memory;
pub mod preload;
mod stream;

use std::ffi::{CStr, c_char, c_int, c_long, c_longlong, c_uint, c_ulong, c_void};
use std::sync::{Arc, Mutex, PoisonError};

use base::Duration;
use libc::{epoll_event, iovec, msghdr, pollfd, sockaddr, socklen_t, ssize_t, timeval};

use crate::desk::Desk;
use crate::errno::{Errno, Result};
use crate::machine::{Machine, Setup};
use memory::{fail, input, output, result, write_address};

/// What `packetdrill.h` calls `struct packetdrill_interface`; the fields are the calls of their names.
#[repr(C)]
#[expect(missing_docs, reason = "system calls by their names, in the order of the header")]
pub struct PacketdrillInterface {
    pub userdata: *mut c_void,
    pub free: Option<unsafe extern "C" fn(*mut c_void)>,
    pub socket: Option<unsafe extern "C" fn(*mut c_void, c_int, c_int, c_int) -> c_int>,
    pub bind: Option<unsafe extern "C" fn(*mut c_void, c_int, *const sockaddr, socklen_t) -> c_int>,
    pub listen: Option<unsafe extern "C" fn(*mut c_void, c_int, c_int) -> c_int>,
    pub accept: Option<unsafe extern "C" fn(*mut c_void, c_int, *mut sockaddr, *mut socklen_t) -> c_int>,
    pub connect: Option<unsafe extern "C" fn(*mut c_void, c_int, *const sockaddr, socklen_t) -> c_int>,
    pub read: Option<unsafe extern "C" fn(*mut c_void, c_int, *mut c_void, usize) -> ssize_t>,
    pub readv: Option<unsafe extern "C" fn(*mut c_void, c_int, *const iovec, c_int) -> ssize_t>,
    pub recv: Option<unsafe extern "C" fn(*mut c_void, c_int, *mut c_void, usize, c_int) -> ssize_t>,
    pub recvfrom: Option<
        unsafe extern "C" fn(*mut c_void, c_int, *mut c_void, usize, c_int, *mut sockaddr, *mut socklen_t) -> ssize_t,
    >,
    pub recvmsg: Option<unsafe extern "C" fn(*mut c_void, c_int, *mut msghdr, c_int) -> ssize_t>,
    pub write: Option<unsafe extern "C" fn(*mut c_void, c_int, *const c_void, usize) -> ssize_t>,
    pub writev: Option<unsafe extern "C" fn(*mut c_void, c_int, *const iovec, c_int) -> ssize_t>,
    pub send: Option<unsafe extern "C" fn(*mut c_void, c_int, *const c_void, usize, c_int) -> ssize_t>,
    pub sendto: Option<
        unsafe extern "C" fn(*mut c_void, c_int, *const c_void, usize, c_int, *const sockaddr, socklen_t) -> ssize_t,
    >,
    pub sendmsg: Option<unsafe extern "C" fn(*mut c_void, c_int, *const msghdr, c_int) -> ssize_t>,
    /// Variadic in C. On x86-64 and aarch64 a further argument stands where a fixed one would.
    pub fcntl: Option<unsafe extern "C" fn(*mut c_void, c_int, c_int, c_long) -> c_int>,
    /// Variadic in C, as `fcntl`.
    pub ioctl: Option<unsafe extern "C" fn(*mut c_void, c_int, c_ulong, *mut c_int) -> c_int>,
    pub close: Option<unsafe extern "C" fn(*mut c_void, c_int) -> c_int>,
    pub shutdown: Option<unsafe extern "C" fn(*mut c_void, c_int, c_int) -> c_int>,
    pub getsockopt:
        Option<unsafe extern "C" fn(*mut c_void, c_int, c_int, c_int, *mut c_void, *mut socklen_t) -> c_int>,
    pub setsockopt: Option<unsafe extern "C" fn(*mut c_void, c_int, c_int, c_int, *const c_void, socklen_t) -> c_int>,
    pub poll: Option<unsafe extern "C" fn(*mut c_void, *mut pollfd, c_ulong, c_int) -> c_int>,
    pub netdev_send: Option<unsafe extern "C" fn(*mut c_void, *const c_void, usize) -> c_int>,
    pub netdev_receive: Option<unsafe extern "C" fn(*mut c_void, *mut c_void, *mut usize, *mut c_longlong) -> c_int>,
    pub usleep: Option<unsafe extern "C" fn(*mut c_void, c_uint) -> c_int>,
    pub gettimeofday: Option<unsafe extern "C" fn(*mut c_void, *mut timeval, *mut c_void) -> c_int>,
    pub epoll_create: Option<unsafe extern "C" fn(*mut c_void, c_int) -> c_int>,
    pub epoll_ctl: Option<unsafe extern "C" fn(*mut c_void, c_int, c_int, c_int, *mut epoll_event) -> c_int>,
    pub epoll_wait: Option<unsafe extern "C" fn(*mut c_void, c_int, *mut epoll_event, c_int, c_int) -> c_int>,
    pub pipe: Option<unsafe extern "C" fn(*mut c_void, *mut c_int) -> c_int>,
    pub splice: Option<unsafe extern "C" fn(*mut c_void, c_int, *mut i64, c_int, *mut i64, usize, c_uint) -> ssize_t>,
}

/// Machines that are in use, so that a `getsockopt` that does not come through a table finds its own.
static DESKS: Mutex<Vec<Arc<Desk>>> = Mutex::new(Vec::new());

/// Makes a machine and fills in the table. `flags` is what `--so_flags` said.
///
/// # Safety
/// `flags` is null or a C string, `interface` points to memory for the table.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn packetdrill_interface_init(
    flags: *const c_char,
    interface: *mut PacketdrillInterface,
) -> c_int {
    let flags = if flags.is_null() {
        String::new()
    } else {
        // SAFETY: not null, so a C string.
        unsafe { CStr::from_ptr(flags) }.to_string_lossy().into_owned()
    };
    let desk = Desk::new(Machine::new(Setup::parse(&flags)));
    DESKS.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&desk));
    // SAFETY: the caller's memory; the old content is no value, so it is not dropped.
    unsafe { interface.write(table(desk)) };
    0
}

fn table(desk: Arc<Desk>) -> PacketdrillInterface {
    PacketdrillInterface {
        userdata: Arc::into_raw(desk).cast_mut().cast(),
        free: Some(free),
        socket: Some(socket),
        bind: Some(bind),
        listen: Some(listen),
        accept: Some(accept),
        connect: Some(connect),
        read: Some(stream::read),
        readv: Some(stream::readv),
        recv: Some(stream::recv),
        recvfrom: Some(stream::recvfrom),
        recvmsg: Some(stream::recvmsg),
        write: Some(stream::write),
        writev: Some(stream::writev),
        send: Some(stream::send),
        sendto: Some(stream::sendto),
        sendmsg: Some(stream::sendmsg),
        fcntl: Some(fcntl),
        ioctl: Some(ioctl),
        close: Some(close),
        shutdown: Some(shutdown),
        getsockopt: Some(getsockopt),
        setsockopt: Some(setsockopt),
        poll: Some(poll),
        netdev_send: Some(netdev_send),
        netdev_receive: Some(netdev_receive),
        usleep: Some(usleep),
        gettimeofday: Some(gettimeofday),
        epoll_create: Some(epoll_create),
        epoll_ctl: Some(epoll_ctl),
        epoll_wait: Some(epoll_wait),
        pipe: Some(pipe),
        splice: Some(stream::splice),
    }
}

/// The machine behind `userdata`.
///
/// # Safety
/// `userdata` is what `table` made, not yet given to `free`.
unsafe fn desk<'a>(userdata: *mut c_void) -> &'a Desk {
    // SAFETY: as above; the Arc that `table` gave up keeps it alive.
    unsafe { &*userdata.cast::<Desk>() }
}

unsafe extern "C" fn free(userdata: *mut c_void) {
    // SAFETY: the last call with this pointer takes back what `table` gave up.
    let desk = unsafe { Arc::from_raw(userdata.cast::<Desk>()) };
    DESKS.lock().unwrap_or_else(PoisonError::into_inner).retain(|other| !Arc::ptr_eq(other, &desk));
    // packetdrill has closed the descriptors by their numbers: closing them again could hit somebody else's.
    desk.look(|machine| std::mem::forget(std::mem::take(&mut machine.table)));
}

unsafe extern "C" fn socket(userdata: *mut c_void, domain: c_int, kind: c_int, _protocol: c_int) -> c_int {
    result(unsafe { desk(userdata) }.call(|machine| machine.open(domain, kind)))
}

unsafe extern "C" fn bind(userdata: *mut c_void, fd: c_int, address: *const sockaddr, len: socklen_t) -> c_int {
    let call = || {
        let address = crate::address::read(unsafe { input(address.cast(), len as usize) }?)?;
        unsafe { desk(userdata) }.call(|machine| machine.bind(fd, address))
    };
    result(call().map(|()| 0))
}

unsafe extern "C" fn listen(userdata: *mut c_void, fd: c_int, backlog: c_int) -> c_int {
    result(unsafe { desk(userdata) }.call(|machine| machine.listen(fd, backlog)).map(|()| 0))
}

unsafe extern "C" fn accept(userdata: *mut c_void, fd: c_int, address: *mut sockaddr, len: *mut socklen_t) -> c_int {
    match unsafe { desk(userdata) }.block(|machine| machine.accept(fd)) {
        Ok((new, peer, family)) => {
            unsafe { write_address(address, len, peer, family) };
            new
        }
        Err(error) => fail(error),
    }
}

unsafe extern "C" fn connect(userdata: *mut c_void, fd: c_int, address: *const sockaddr, len: socklen_t) -> c_int {
    let call = || {
        let address = crate::address::read(unsafe { input(address.cast(), len as usize) }?)?;
        let mut started = false;
        unsafe { desk(userdata) }.block(|machine| machine.connect(fd, address, &mut started))
    };
    result(call().map(|()| 0))
}

unsafe extern "C" fn fcntl(userdata: *mut c_void, fd: c_int, command: c_int, argument: c_long) -> c_int {
    result(unsafe { desk(userdata) }.call(|machine| machine.fcntl(fd, command, argument)))
}

unsafe extern "C" fn ioctl(userdata: *mut c_void, fd: c_int, request: c_ulong, argument: *mut c_int) -> c_int {
    // The request comes as a C int, sign and all.
    let request = u64::from(request as u32);
    let call = || {
        let given = match request {
            crate::calls::FIONBIO => unsafe { argument.as_ref() }.copied(),
            _ => None,
        };
        if let Some(answer) = unsafe { desk(userdata) }.call(|machine| machine.ioctl(fd, request, given))? {
            // SAFETY: a request that is answered with a number comes with room for it, or with null.
            *unsafe { argument.as_mut() }.ok_or(Errno(libc::EFAULT))? = answer;
        }
        Ok(0)
    };
    result(call())
}

unsafe extern "C" fn close(userdata: *mut c_void, fd: c_int) -> c_int {
    result(unsafe { desk(userdata) }.call(|machine| machine.close(fd)).map(|()| 0))
}

unsafe extern "C" fn shutdown(userdata: *mut c_void, fd: c_int, how: c_int) -> c_int {
    result(unsafe { desk(userdata) }.call(|machine| machine.shutdown(fd, how)).map(|()| 0))
}

unsafe extern "C" fn getsockopt(
    userdata: *mut c_void,
    fd: c_int,
    level: c_int,
    name: c_int,
    value: *mut c_void,
    len: *mut socklen_t,
) -> c_int {
    let call = || {
        let bytes = unsafe { desk(userdata) }.call(|machine| machine.option(fd, level, name))?;
        // SAFETY: `len` is the caller's, and so is as much memory at `value`.
        let len = unsafe { len.as_mut() }.ok_or(Errno(libc::EFAULT))?;
        let room = unsafe { output(value, *len as usize) }?;
        let n = bytes.len().min(room.len());
        room[..n].copy_from_slice(&bytes[..n]);
        *len = n as socklen_t;
        Ok(0)
    };
    result(call())
}

unsafe extern "C" fn setsockopt(
    userdata: *mut c_void,
    fd: c_int,
    level: c_int,
    name: c_int,
    value: *const c_void,
    len: socklen_t,
) -> c_int {
    let call = || {
        let value = unsafe { input(value, len as usize) }?;
        unsafe { desk(userdata) }.call(|machine| machine.set_option(fd, level, name, value))
    };
    result(call().map(|()| 0))
}

unsafe extern "C" fn poll(userdata: *mut c_void, fds: *mut pollfd, count: c_ulong, timeout: c_int) -> c_int {
    if fds.is_null() && count > 0 {
        return fail(Errno(libc::EFAULT));
    }
    // SAFETY: not null, and `count` long.
    let fds = if count == 0 { &mut [] } else { unsafe { std::slice::from_raw_parts_mut(fds, count as usize) } };
    let wanted: Vec<(i32, i16)> = fds.iter().map(|one| (one.fd, one.events)).collect();
    let desk = unsafe { desk(userdata) };
    let until = desk.look(|machine| machine.until(timeout));
    match desk.block(|machine| machine.poll(&wanted, until)) {
        Ok(answers) => {
            fds.iter_mut().zip(&answers).for_each(|(one, events)| one.revents = *events);
            answers.iter().filter(|events| **events != 0).count() as c_int
        }
        Err(error) => fail(error),
    }
}

unsafe extern "C" fn netdev_send(userdata: *mut c_void, bytes: *const c_void, count: usize) -> c_int {
    match unsafe { input(bytes, count) } {
        Ok(bytes) => {
            unsafe { desk(userdata) }.call(|machine| machine.on_packet(bytes));
            0
        }
        Err(error) => fail(error),
    }
}

/// Answers a packet of no bytes when nothing can ever come: packetdrill ends with a clear error. (It would ask for ever
/// if it were told of a failure.)
unsafe extern "C" fn netdev_receive(
    userdata: *mut c_void,
    bytes: *mut c_void,
    count: *mut usize,
    time_usecs: *mut c_longlong,
) -> c_int {
    // SAFETY: `count` and `time_usecs` are the caller's, and so is as much memory at `bytes`.
    let (Some(count), Some(time)) = (unsafe { count.as_mut() }, unsafe { time_usecs.as_mut() }) else {
        return fail(Errno(libc::EFAULT));
    };
    let Ok(room) = (unsafe { output(bytes, *count) }) else { return fail(Errno(libc::EFAULT)) };
    let packet = unsafe { desk(userdata) }.next_packet();
    let (at, packet) = packet.unwrap_or_else(|| (unsafe { desk(userdata) }.time(), Vec::new()));
    let n = packet.len().min(room.len());
    room[..n].copy_from_slice(&packet[..n]);
    (*count, *time) = (n, (at.nanos() / 1000) as c_longlong);
    0
}

/// packetdrill sleeps until shortly before an event and then looks at the clock until it is time: so it sleeps longer.
unsafe extern "C" fn usleep(userdata: *mut c_void, usecs: c_uint) -> c_int {
    let span = Duration::from_micros(u64::from(usecs) + SPIN_USECS);
    unsafe { desk(userdata) }.sleep_until(|machine| machine.clock.now() + span);
    0
}

unsafe extern "C" fn gettimeofday(userdata: *mut c_void, time: *mut timeval, _zone: *mut c_void) -> c_int {
    let now = unsafe { desk(userdata) }.time().nanos() / 1000;
    // SAFETY: null, or the caller's.
    if let Some(time) = unsafe { time.as_mut() } {
        *time = timeval { tv_sec: (now / 1_000_000) as i64, tv_usec: (now % 1_000_000) as i64 };
    }
    0
}

unsafe extern "C" fn epoll_create(userdata: *mut c_void, _size: c_int) -> c_int {
    result(unsafe { desk(userdata) }.call(Machine::epoll_create))
}

unsafe extern "C" fn epoll_ctl(
    userdata: *mut c_void,
    epfd: c_int,
    op: c_int,
    fd: c_int,
    event: *mut epoll_event,
) -> c_int {
    // SAFETY: null, or the caller's.
    let (events, data) = unsafe { event.as_ref() }.map_or((0, 0), |event| (event.events, event.u64));
    result(unsafe { desk(userdata) }.call(|machine| machine.epoll_ctl(epfd, op, fd, events, data)).map(|()| 0))
}

unsafe extern "C" fn epoll_wait(
    userdata: *mut c_void,
    epfd: c_int,
    events: *mut epoll_event,
    most: c_int,
    timeout: c_int,
) -> c_int {
    let Some(most) = usize::try_from(most).ok().filter(|most| *most > 0 && !events.is_null()) else {
        return fail(Errno(libc::EINVAL));
    };
    let desk = unsafe { desk(userdata) };
    let until = desk.look(|machine| machine.until(timeout));
    match desk.block(|machine| machine.epoll_wait(epfd, most, until)) {
        Ok(told) => {
            // SAFETY: not null, and `most` long.
            let room = unsafe { std::slice::from_raw_parts_mut(events, most) };
            room.iter_mut().zip(&told).for_each(|(one, (events, data))| {
                *one = epoll_event { events: *events, u64: *data };
            });
            told.len() as c_int
        }
        Err(error) => fail(error),
    }
}

unsafe extern "C" fn pipe(userdata: *mut c_void, ends: *mut c_int) -> c_int {
    let call = || -> Result<c_int> {
        let made = unsafe { desk(userdata) }.call(Machine::pipe)?;
        if ends.is_null() {
            return Err(Errno(libc::EFAULT));
        }
        // SAFETY: not null, so room for two.
        unsafe { std::slice::from_raw_parts_mut(ends, 2) }.copy_from_slice(&made);
        Ok(0)
    };
    result(call())
}

/// How long before an event packetdrill stops sleeping: `MAX_SPIN_USECS` of its `run.c`.
const SPIN_USECS: u64 = 20;
