//! A TAP interface: what the kernel sends on it can be read here frame by frame, and what is written here the kernel
//! receives.

use std::fmt;
use std::io::IoSlice;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketType};
use wire::PacketBuf;

use crate::{LiveError, ioctl};

/// One end of a virtual Ethernet cable whose other end is a network interface of this machine.
///
/// The interface exists as long as this value (unless it was made persistent beforehand), and starts without an address.
pub struct Tap {
    name: String,
    device: OwnedFd,
}

impl Tap {
    /// Makes the interface `name`, or takes it over when it is a TAP interface that nobody has open.
    pub fn open(name: &str) -> Result<Tap, LiveError> {
        if !is_interface_name(name) {
            return Err(LiveError::BadName { name: name.into() });
        }
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let device = rustix::fs::open("/dev/net/tun", flags, Mode::empty())
            .map_err(|errno| LiveError::of_device(name, errno))?;
        ioctl::attach(&device, name).map_err(|errno| LiveError::of_attach(name, errno))?;
        Ok(Tap { name: name.into(), device })
    }

    /// Uses a descriptor that somebody else has opened: each read must give one Ethernet frame and each write take one,
    /// as a TAP device or a datagram socket does.
    pub fn from_fd(name: &str, device: OwnedFd) -> Result<Tap, LiveError> {
        let doing = || format!("prepare the descriptor of {name}");
        let flags = rustix::fs::fcntl_getfl(&device).map_err(|errno| LiveError::system(doing(), errno))?;
        rustix::fs::fcntl_setfl(&device, flags | OFlags::NONBLOCK)
            .map_err(|errno| LiveError::system(doing(), errno))?;
        Ok(Tap { name: name.into(), device })
    }

    /// Sets the interface up (`ip link set NAME up`), as long as it is in this process's network namespace.
    pub fn set_up(&self) -> Result<(), LiveError> {
        rustix::net::socket(AddressFamily::INET, SocketType::DGRAM, None)
            .and_then(|socket| ioctl::set_up(socket, &self.name))
            .map_err(|errno| LiveError::system(format!("set {} up", self.name), errno))
    }

    /// The interface's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The next frame, written into `scratch`; none when no frame waits.
    pub(crate) fn read<'a>(&self, scratch: &'a mut [u8]) -> Result<Option<&'a [u8]>, LiveError> {
        loop {
            return match rustix::io::read(&self.device, &mut *scratch) {
                Ok(len) => Ok(Some(&scratch[..len])),
                Err(Errno::AGAIN) => Ok(None),
                Err(Errno::INTR) => continue,
                Err(errno) => Err(self.failure("read from", errno)),
            };
        }
    }

    /// Hands one frame to the kernel, without flattening it.
    pub(crate) fn write(&self, frame: &PacketBuf) -> Result<Written, LiveError> {
        let [head, payload] = frame.parts();
        loop {
            return match rustix::io::writev(&self.device, &[IoSlice::new(head), IoSlice::new(payload)]) {
                Ok(_) => Ok(Written::Taken),
                Err(Errno::AGAIN) => Ok(Written::Full),
                // The interface is down, or the frame is none that it takes.
                Err(Errno::IO | Errno::NOBUFS | Errno::INVAL | Errno::MSGSIZE) => Ok(Written::Refused),
                Err(Errno::INTR) => continue,
                Err(errno) => Err(self.failure("write to", errno)),
            };
        }
    }

    fn failure(&self, doing: &str, errno: Errno) -> LiveError {
        match errno {
            Errno::BADFD | Errno::NODEV => LiveError::Gone { name: self.name.clone() },
            other => LiveError::system(format!("{doing} {}", self.name), other),
        }
    }
}

/// What became of a frame that was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Written {
    /// The kernel has it.
    Taken,
    /// Not now: wait until the descriptor is writable.
    Full,
    /// Lost: the interface is down.
    Refused,
}

impl AsFd for Tap {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.device.as_fd()
    }
}

impl fmt::Debug for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tap").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What the kernel takes as a name; '%' would be a template that it completes.
fn is_interface_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'/' | b':' | b'%');
    (1..ioctl::NAME_SIZE).contains(&name.len()) && name.bytes().all(plain) && name != "." && name != ".."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_no_interface_can_have_is_refused_before_the_kernel_is_asked() {
        for name in ["", "sixteen-letters!", "a/b", "glass%d", "two words", ".."] {
            assert_eq!(Tap::open(name).err(), Some(LiveError::BadName { name: name.into() }), "{name}");
        }
        assert!(is_interface_name("glass0") && is_interface_name("fifteen-letters"));
    }
}
