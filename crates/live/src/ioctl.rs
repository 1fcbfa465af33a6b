//! The three requests to the kernel that have no safe wrapper: attach a descriptor to a TAP interface, read an
//! interface's flags and set them. Numbers and layouts are those of `linux/if_tun.h` and `linux/if.h`.

use std::os::fd::AsFd;

use rustix::io;
use rustix::ioctl::{Opcode, Updater, ioctl, opcode};

/// Bytes of an interface's name, the final zero included.
pub(crate) const NAME_SIZE: usize = 16;

/// Interface flag: administratively up.
const IFF_UP: i16 = 0x1;
/// Frames with their Ethernet header.
const IFF_TAP: i16 = 0x2;
/// No four bytes of packet information in front of each frame.
const IFF_NO_PI: i16 = 0x1000;

const TUNSETIFF: Opcode = opcode::write::<i32>(b'T', 202);
const SIOCGIFFLAGS: Opcode = 0x8913;
const SIOCSIFFLAGS: Opcode = 0x8914;

/// `struct ifreq`: a name, and a union of 24 bytes of which only the flags are used here.
#[repr(C)]
struct InterfaceRequest {
    name: [u8; NAME_SIZE],
    flags: i16,
    rest: [u8; 22],
}

impl InterfaceRequest {
    fn new(name: &str) -> Self {
        let mut bytes = [0; NAME_SIZE];
        let len = name.len().min(NAME_SIZE - 1);
        bytes[..len].copy_from_slice(&name.as_bytes()[..len]);
        InterfaceRequest { name: bytes, flags: 0, rest: [0; 22] }
    }
}

/// Makes `device` (an open `/dev/net/tun`) the other end of the TAP interface `name`, which is made if need be.
pub(crate) fn attach(device: impl AsFd, name: &str) -> io::Result<()> {
    let mut request = InterfaceRequest { flags: IFF_TAP | IFF_NO_PI, ..InterfaceRequest::new(name) };
    // SAFETY: TUNSETIFF reads and writes one `struct ifreq`, which `request` is laid out as.
    unsafe { ioctl(device, Updater::<TUNSETIFF, _>::new(&mut request)) }
}

/// Sets the interface `name` up. `socket` is any socket of the network namespace that has the interface.
pub(crate) fn set_up(socket: impl AsFd, name: &str) -> io::Result<()> {
    let mut request = InterfaceRequest::new(name);
    // SAFETY: both requests read and write one `struct ifreq`, which `request` is laid out as.
    unsafe {
        ioctl(&socket, Updater::<SIOCGIFFLAGS, _>::new(&mut request))?;
        request.flags |= IFF_UP;
        ioctl(&socket, Updater::<SIOCSIFFLAGS, _>::new(&mut request))
    }
}
