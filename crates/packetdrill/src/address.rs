//! Socket addresses as bytes: `struct sockaddr_in` and `struct sockaddr_in6`.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use crate::errno::{Errno, Result};

/// The address family of a socket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Family {
    Inet,
    Inet6,
}

impl Family {
    pub(crate) fn of(domain: i32) -> Result<Self> {
        match domain {
            libc::AF_INET => Ok(Family::Inet),
            libc::AF_INET6 => Ok(Family::Inet6),
            _ => Err(Errno(libc::EAFNOSUPPORT)),
        }
    }
}

/// Reads an address; one that is mapped into IPv6 is the IPv4 address that it stands for. `None`: `AF_UNSPEC`.
pub(crate) fn read(bytes: &[u8]) -> Result<Option<SocketAddr>> {
    let family = bytes.get(..2).and_then(|two| two.try_into().ok()).map(u16::from_ne_bytes);
    let port = || bytes.get(2..4).and_then(|two| two.try_into().ok()).map(u16::from_be_bytes);
    let address = match family.map(i32::from) {
        Some(libc::AF_UNSPEC) => return Ok(None),
        Some(libc::AF_INET) => bytes.get(4..8).and_then(|ip| <[u8; 4]>::try_from(ip).ok()).map(IpAddr::from),
        Some(libc::AF_INET6) => {
            let ip = bytes.get(8..24).and_then(|ip| <[u8; 16]>::try_from(ip).ok());
            ip.map(|ip| Ipv6Addr::from(ip).to_canonical())
        }
        _ => return Err(Errno(libc::EAFNOSUPPORT)),
    };
    match (address, port()) {
        (Some(ip), Some(port)) => Ok(Some(SocketAddr::new(ip, port))),
        _ => Err(Errno(libc::EINVAL)),
    }
}

/// Writes an address as a socket of this family is told it.
pub(crate) fn write(address: SocketAddr, family: Family) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(28);
    match (family, address.ip()) {
        (Family::Inet, IpAddr::V4(ip)) => {
            bytes.extend((libc::AF_INET as u16).to_ne_bytes());
            bytes.extend(address.port().to_be_bytes());
            bytes.extend(ip.octets());
            bytes.extend([0; 8]);
        }
        (_, ip) => {
            let ip = match ip {
                IpAddr::V4(ip) => ip.to_ipv6_mapped(),
                IpAddr::V6(ip) => ip,
            };
            bytes.extend((libc::AF_INET6 as u16).to_ne_bytes());
            bytes.extend(address.port().to_be_bytes());
            bytes.extend([0; 4]);
            bytes.extend(ip.octets());
            bytes.extend([0; 4]);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_survives_both_families() {
        let v4 = SocketAddr::from(([192, 0, 2, 1], 8080));
        assert_eq!(read(&write(v4, Family::Inet)), Ok(Some(v4)));
        assert_eq!(read(&write(v4, Family::Inet6)), Ok(Some(v4)), "mapped");
        let v6 = SocketAddr::from(([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], 443));
        assert_eq!(read(&write(v6, Family::Inet6)), Ok(Some(v6)));
        assert_eq!(read(&[0; 16]), Ok(None));
        assert_eq!(read(&[2]), Err(Errno(libc::EAFNOSUPPORT)));
    }
}
