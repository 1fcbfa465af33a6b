//! Why a node cannot run on a real interface: what failed, why, and what to try.

use std::fmt;

use rustix::io::Errno;

/// Something of the operating system is missing, refused or gone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LiveError {
    /// The kernel offers no TAP interfaces here.
    NoTapDevice,
    /// This process may not make the interface.
    NotPermitted {
        /// Its name.
        name: String,
    },
    /// Another interface, or another process, has the name.
    NameTaken {
        /// The name.
        name: String,
    },
    /// No interface can have this name.
    BadName {
        /// The name.
        name: String,
    },
    /// The interface was removed while the node ran on it.
    Gone {
        /// Its name.
        name: String,
    },
    /// Any other failure of a system call.
    System {
        /// What was being done: "read from glass0".
        doing: String,
        /// What the system said.
        errno: Errno,
    },
}

impl LiveError {
    pub(crate) fn system(doing: impl Into<String>, errno: Errno) -> Self {
        LiveError::System { doing: doing.into(), errno }
    }

    /// What `open` of the TAP device file answered.
    pub(crate) fn of_device(name: &str, errno: Errno) -> Self {
        match errno {
            Errno::NOENT | Errno::NODEV | Errno::NXIO => LiveError::NoTapDevice,
            Errno::ACCESS | Errno::PERM => LiveError::NotPermitted { name: name.into() },
            other => Self::system("open /dev/net/tun", other),
        }
    }

    /// What TUNSETIFF answered. It says EINVAL when the name belongs to an interface of another kind.
    pub(crate) fn of_attach(name: &str, errno: Errno) -> Self {
        match errno {
            Errno::PERM | Errno::ACCESS => LiveError::NotPermitted { name: name.into() },
            Errno::BUSY | Errno::INVAL | Errno::EXIST => LiveError::NameTaken { name: name.into() },
            other => Self::system(format!("make the TAP interface {name}"), other),
        }
    }
}

impl fmt::Display for LiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LiveError::NoTapDevice => f.write_str(
                "there is no /dev/net/tun, so the kernel offers no TAP interfaces here; \
                 try `modprobe tun`, or start the container with `--device /dev/net/tun`",
            ),
            LiveError::NotPermitted { name } => write!(
                f,
                "making the TAP interface {name} needs the capability CAP_NET_ADMIN; run it as root (sudo), \
                 or have root prepare the interface once: `ip tuntap add dev {name} mode tap user $USER`"
            ),
            LiveError::NameTaken { name } => write!(
                f,
                "the name {name} is taken by another interface or process; see `ip link show {name}`, \
                 then remove it (`ip link del {name}`) or choose another name"
            ),
            LiveError::BadName { name } => write!(
                f,
                "'{name}' cannot be the name of an interface: it takes 1 to 15 bytes without blanks, '/' and '%', such as glass0"
            ),
            LiveError::Gone { name } => {
                write!(f, "the interface {name} was removed while the network ran on it; start again to make it anew")
            }
            LiveError::System { doing, errno } => write!(f, "could not {doing}: {errno}"),
        }
    }
}

impl std::error::Error for LiveError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_the_right_the_error_names_the_capability_and_a_way() {
        let text = LiveError::of_attach("glass0", Errno::PERM).to_string();
        assert!(text.contains("CAP_NET_ADMIN") && text.contains("sudo") && text.contains("ip tuntap add dev glass0"));
        assert_eq!(LiveError::of_device("glass0", Errno::ACCESS), LiveError::NotPermitted { name: "glass0".into() });
        assert_eq!(LiveError::of_device("glass0", Errno::NOENT), LiveError::NoTapDevice);
    }

    #[test]
    fn a_taken_name_is_told_from_an_odd_failure() {
        assert_eq!(LiveError::of_attach("lo", Errno::INVAL), LiveError::NameTaken { name: "lo".into() });
        assert!(
            LiveError::of_attach("x", Errno::NOMEM).to_string().starts_with("could not make the TAP interface x: ")
        );
    }
}
