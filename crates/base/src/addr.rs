//! Link addresses and prefixes. IP addresses themselves are `std::net`'s.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// An IEEE 802 MAC address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// All stations.
    pub const BROADCAST: Mac = Mac([0xff; 6]);

    /// A locally administered unicast address made of `n`: `02:00:` and four bytes.
    pub const fn local(n: u32) -> Mac {
        let [a, b, c, d] = n.to_be_bytes();
        Mac([0x02, 0, a, b, c, d])
    }

    /// The group bit: broadcast and multicast.
    pub const fn is_group(self) -> bool {
        self.0[0] & 1 == 1
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An address with the length of its network prefix: `192.0.2.7/24`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr {
    address: IpAddr,
    prefix: u8,
}

impl Cidr {
    /// All IPv4 addresses: the default route.
    pub const ANY_V4: Cidr = Cidr { address: IpAddr::V4(Ipv4Addr::UNSPECIFIED), prefix: 0 };
    /// All IPv6 addresses.
    pub const ANY_V6: Cidr = Cidr { address: IpAddr::V6(Ipv6Addr::UNSPECIFIED), prefix: 0 };

    /// `address/prefix`; a prefix longer than the address is cut to its length.
    pub const fn new(address: IpAddr, prefix: u8) -> Self {
        let bits = if address.is_ipv4() { 32 } else { 128 };
        Cidr { address, prefix: if prefix > bits { bits } else { prefix } }
    }

    /// `a.b.c.d/prefix`.
    pub const fn v4(octets: [u8; 4], prefix: u8) -> Self {
        let [a, b, c, d] = octets;
        Self::new(IpAddr::V4(Ipv4Addr::new(a, b, c, d)), prefix)
    }

    /// The address as given, host part included.
    pub const fn address(&self) -> IpAddr {
        self.address
    }

    /// The number of leading bits that name the network.
    pub const fn prefix(&self) -> u8 {
        self.prefix
    }

    /// Whether `other` lies in this network; never across IP versions.
    pub fn contains(&self, other: IpAddr) -> bool {
        match (self.address, other) {
            (IpAddr::V4(a), IpAddr::V4(b)) => (a.to_bits() ^ b.to_bits()) & mask4(self.prefix) == 0,
            (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits()) & mask6(self.prefix) == 0,
            _ => false,
        }
    }

    /// The network itself: the host part all zero.
    pub fn network(&self) -> Cidr {
        let address = match self.address {
            IpAddr::V4(a) => IpAddr::V4(Ipv4Addr::from_bits(a.to_bits() & mask4(self.prefix))),
            IpAddr::V6(a) => IpAddr::V6(Ipv6Addr::from_bits(a.to_bits() & mask6(self.prefix))),
        };
        Cidr { address, prefix: self.prefix }
    }

    /// The directed broadcast address (host part all one) of an IPv4 network; none for /31, /32 (RFC 3021) and IPv6.
    pub fn broadcast(&self) -> Option<Ipv4Addr> {
        match self.address {
            IpAddr::V4(a) if self.prefix < 31 => Some(Ipv4Addr::from_bits(a.to_bits() | !mask4(self.prefix))),
            _ => None,
        }
    }

    /// The network mask of an IPv4 prefix.
    pub fn netmask(&self) -> Option<Ipv4Addr> {
        self.address.is_ipv4().then(|| Ipv4Addr::from_bits(mask4(self.prefix)))
    }
}

const fn mask4(prefix: u8) -> u32 {
    if prefix == 0 { 0 } else { u32::MAX << (32 - prefix) }
}

const fn mask6(prefix: u8) -> u128 {
    if prefix == 0 { 0 } else { u128::MAX << (128 - prefix) }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl fmt::Debug for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is no address of the wanted kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseAddressError {
    text: String,
    wanted: &'static str,
}

impl fmt::Display for ParseAddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' is not {}", self.text, self.wanted)
    }
}

impl std::error::Error for ParseAddressError {}

impl FromStr for Cidr {
    type Err = ParseAddressError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong =
            || ParseAddressError { text: text.into(), wanted: "an address with a prefix length, such as 192.0.2.1/24" };
        let (address, prefix) = text.split_once('/').ok_or_else(wrong)?;
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let prefix: u8 = prefix.parse().map_err(|_| wrong())?;
        if prefix > if address.is_ipv4() { 32 } else { 128 } { Err(wrong()) } else { Ok(Cidr { address, prefix }) }
    }
}

impl FromStr for Mac {
    type Err = ParseAddressError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ParseAddressError { text: text.into(), wanted: "a MAC address, such as 02:00:00:00:00:01" };
        let mut bytes = [0; 6];
        let mut parts = text.split(':');
        for byte in &mut bytes {
            let part = parts.next().filter(|p| p.len() == 2).ok_or_else(wrong)?;
            *byte = u8::from_str_radix(part, 16).map_err(|_| wrong())?;
        }
        if parts.next().is_some() { Err(wrong()) } else { Ok(Mac(bytes)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_splits_network_and_host() {
        let home: Cidr = "192.168.1.77/26".parse().unwrap();
        assert_eq!(home.network().to_string(), "192.168.1.64/26");
        assert_eq!(home.broadcast(), Some(Ipv4Addr::new(192, 168, 1, 127)));
        assert_eq!(home.netmask(), Some(Ipv4Addr::new(255, 255, 255, 192)));
        assert!(home.contains("192.168.1.100".parse().unwrap()) && !home.contains("192.168.1.128".parse().unwrap()));
        assert!(Cidr::ANY_V4.contains(home.address()) && !Cidr::ANY_V6.contains(home.address()));
    }

    #[test]
    fn wrong_texts_are_refused_with_an_example() {
        for text in ["", "1.2.3.4", "1.2.3.4/33", "::/129", "x/8"] {
            assert!(text.parse::<Cidr>().unwrap_err().to_string().contains("192.0.2.1/24"), "{text}");
        }
        assert!("02:00:00:00:00".parse::<Mac>().is_err() && "02:00:00:00:00:01:02".parse::<Mac>().is_err());
        assert_eq!("02:00:00:00:00:2a".parse(), Ok(Mac::local(42)));
    }
}
