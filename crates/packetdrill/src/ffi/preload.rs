//! Functions of the C library that packetdrill calls by themselves, past the table: found here when this object is also
//! preloaded (`LD_PRELOAD`), which the run script sees to.

use std::ffi::{CStr, c_char, c_int, c_long, c_void};
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicI64, Ordering};

use libc::socklen_t;

use super::DESKS;

/// Code in scripts (`%{ … }%`) looks at a connection by this call. Descriptors that are not ours go to the kernel.
///
/// # Safety
/// As for the C function.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn getsockopt(
    fd: c_int,
    level: c_int,
    name: c_int,
    value: *mut c_void,
    len: *mut socklen_t,
) -> c_int {
    let desks = DESKS.lock().unwrap_or_else(PoisonError::into_inner).clone();
    for desk in desks {
        if desk.look(|machine| machine.table.contains_key(&fd)) {
            // SAFETY: the desk outlives the call, the rest is as the caller promised.
            return unsafe {
                super::getsockopt(std::sync::Arc::as_ptr(&desk).cast_mut().cast(), fd, level, name, value, len)
            };
        }
    }
    // SAFETY: the caller's arguments, as they are.
    unsafe { libc::syscall(libc::SYS_getsockopt, fd, level, name, value, len) as c_int }
}

/// Nothing has to stay in memory: time is virtual. (The true one fails without privileges.)
#[unsafe(no_mangle)]
pub extern "C" fn mlockall(_flags: c_int) -> c_int {
    0
}

/// Nobody has to hurry either.
#[unsafe(no_mangle)]
pub extern "C" fn sched_setscheduler(_pid: c_int, _policy: c_int, _parameters: *const c_void) -> c_int {
    0
}

/// packetdrill waits for ten ticks of this clock before it begins: a tick is a look.
#[unsafe(no_mangle)]
pub extern "C" fn times(_buffer: *mut c_void) -> c_long {
    TICKS.fetch_add(1, Ordering::Relaxed)
}

/// A script's command. What it would write below `/proc/sys` and `/sys` goes to the folder `PD_ROOT`, when there is one.
///
/// # Safety
/// `command` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn system(command: *const c_char) -> c_int {
    if command.is_null() {
        return 1; // there is a shell
    }
    // SAFETY: not null, so a C string.
    let text = unsafe { CStr::from_ptr(command) }.to_string_lossy();
    let text = std::env::var("PD_ROOT").map_or_else(|_| text.to_string(), |root| elsewhere(&text, &root));
    let status = Command::new("/bin/sh").arg("-c").arg(text).status();
    status.map_or(-1, ExitStatusExt::into_raw)
}

/// The same command, with the machine's settings below `root`.
fn elsewhere(command: &str, root: &str) -> String {
    let moved = command.replace("/proc/sys/", "\0proc\0").replace("/sys/", &format!("{root}/sys/"));
    moved.replace("\0proc\0", &format!("{root}/proc/sys/"))
}

static TICKS: AtomicI64 = AtomicI64::new(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_write_the_machines_settings_elsewhere() {
        assert_eq!(elsewhere("echo 3 > /sys/module/x", "/tmp/r"), "echo 3 > /tmp/r/sys/module/x");
        assert_eq!(elsewhere("set /proc/sys/net/a=1 /dev/null", "/r"), "set /r/proc/sys/net/a=1 /dev/null");
    }
}
