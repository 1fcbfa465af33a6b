//! What an address says about itself: its network, its place in there, and what it is reserved for.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use base::Cidr;
use serde::Serialize;

use crate::file::quantity::{self, WrongQuantity};

mod special;

/// An address, explained.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Explained {
    /// The address alone.
    pub address: IpAddr,
    /// How long the network's part is; none: nobody said.
    pub prefix: Option<u8>,
    /// The network and what follows from its length.
    #[serde(flatten)]
    pub network: Option<Network>,
    /// IPv4: its class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// What it is for.
    pub range: special::Range,
    /// Its bits; a `|` between network and host.
    pub binary: String,
    /// Its name in the DNS, by which its own name is looked up.
    pub reverse: String,
    /// IPv6: all 32 digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full: Option<String>,
    /// What else is to be said.
    pub remarks: Vec<String>,
}

/// A network.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Network {
    /// Address and length: `192.168.1.64/26`.
    pub network: String,
    /// IPv4: the mask, `255.255.255.192`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mask: Option<Ipv4Addr>,
    /// IPv4: the mask upside down, `0.0.0.63`, as access lists have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wildcard: Option<Ipv4Addr>,
    /// IPv4: to all in the network; none where RFC 3021 leaves no room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broadcast: Option<Ipv4Addr>,
    /// The first address that a host may have.
    pub first: IpAddr,
    /// The last one.
    pub last: IpAddr,
    /// How many hosts may have one, as a number in words of digits.
    pub hosts: String,
}

/// A class of addresses, as it was before 1993.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Class {
    /// A to E.
    pub letter: char,
    /// The bits with which all its addresses begin.
    pub begins: &'static str,
    /// The length of the network's part; none for D and E, which have no such parts.
    pub prefix: Option<u8>,
    /// What it was for.
    pub purpose: &'static str,
}

/// Explains `192.168.1.77/26`, `192.168.1.77/255.255.255.192`, `2001:db8::1/64`, or an address alone.
///
/// # Errors
/// What is no address, and how to write one.
pub fn explain(text: &str) -> Result<Explained, WrongQuantity> {
    let (address, prefix) = parse(text)?;
    let network = prefix.map(|prefix| network(Cidr::new(address, prefix)));
    let mut explained = Explained {
        address,
        prefix,
        network,
        class: match address {
            IpAddr::V4(v4) => Some(class(v4)),
            IpAddr::V6(_) => None,
        },
        range: special::of(address),
        binary: binary(address, prefix),
        reverse: reverse(address),
        full: match address {
            IpAddr::V4(_) => None,
            IpAddr::V6(v6) => Some(full(v6)),
        },
        remarks: Vec::new(),
    };
    explained.remarks = remarks(&explained);
    Ok(explained)
}

/// Whether two hosts take each other for neighbours.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Comparison {
    /// Whether both think so.
    pub same_network: bool,
    /// Why, and what follows.
    pub why: String,
}

/// Compares an address with its prefix length and another one, whose length is the same if it has none.
///
/// # Errors
/// What is no address, and how to write one.
pub fn compare(first: &str, second: &str) -> Result<Comparison, WrongQuantity> {
    let ((a, a_prefix), (b, b_prefix)) = (parse(first)?, parse(second)?);
    let Some(a_prefix) = a_prefix.or(b_prefix) else {
        let what = "neither address says how long its network's part is".to_owned();
        return Err(WrongQuantity { what, hint: format!("write {first}/24 or what it is") });
    };
    let (mine, theirs) = (Cidr::new(a, a_prefix), Cidr::new(b, b_prefix.unwrap_or(a_prefix)));
    if a.is_ipv4() != b.is_ipv4() {
        let why = "one is IPv4, the other IPv6: they can talk only through a translator".to_owned();
        return Ok(Comparison { same_network: false, why });
    }
    let why = match (mine.contains(b), theirs.contains(a)) {
        (true, true) => {
            let how = if a.is_ipv4() { "ARP" } else { "neighbour discovery" };
            format!("both are in {}: they reach each other directly, by {how}, without a router", mine.network())
        }
        (false, false) => {
            format!("{a} is in {}, {b} in {}: they need a router in between", mine.network(), theirs.network())
        }
        (true, false) => one_sided(a, b, &theirs),
        (false, true) => one_sided(b, a, &mine),
    };
    Ok(Comparison { same_network: mine.contains(b) && theirs.contains(a), why })
}

fn one_sided(near: IpAddr, far: IpAddr, network: &Cidr) -> String {
    format!(
        "{near} takes {far} for a neighbour, but {far} is in {} and answers by its router: one of the lengths is wrong",
        network.network()
    )
}

fn parse(text: &str) -> Result<(IpAddr, Option<u8>), WrongQuantity> {
    let Some((address, prefix)) = text.split_once('/') else { return Ok((quantity::ip(text)?, None)) };
    let Ok(mask) = prefix.parse::<Ipv4Addr>() else {
        return quantity::prefixed(text).map(|cidr| (cidr.address(), Some(cidr.prefix())));
    };
    let ones = mask.to_bits().leading_ones();
    let address = quantity::ip(address)?;
    // Wildcards are written as well as masks.
    let zeros = mask.to_bits().leading_zeros();
    if address.is_ipv4() && mask.to_bits().checked_shl(ones).unwrap_or(0) == 0 {
        return Ok((address, Some(ones as u8)));
    }
    if address.is_ipv4() && mask.to_bits().count_ones() + zeros == 32 {
        return Ok((address, Some(zeros as u8)));
    }
    let what = format!("'{mask}' is no mask");
    Err(WrongQuantity { what, hint: "a mask's ones all stand on the left: 255.255.255.192, or /26".into() })
}

fn network(cidr: Cidr) -> Network {
    let own = cidr.network();
    let (first, last, hosts) = match own.address() {
        IpAddr::V4(start) => {
            let (start, size) = (start.to_bits(), 1_u64 << (32 - cidr.prefix()));
            let end = start + (size - 1) as u32;
            // RFC 3021: with two addresses or one there is nothing to be kept back.
            let kept = u32::from(cidr.prefix() < 31);
            let (first, last) = (Ipv4Addr::from_bits(start + kept), Ipv4Addr::from_bits(end - kept));
            (IpAddr::V4(first), IpAddr::V4(last), grouped(u128::from(size) - 2 * u128::from(kept)))
        }
        IpAddr::V6(start) => {
            let bits = 128 - u32::from(cidr.prefix());
            let rest = if bits == 128 { u128::MAX } else { (1 << bits) - 1 };
            let last = Ipv6Addr::from_bits(start.to_bits() | rest);
            let hosts = if bits < 64 { grouped(1 << bits) } else { format!("2^{bits}") };
            (IpAddr::V6(start), IpAddr::V6(last), hosts)
        }
    };
    let mask = cidr.netmask();
    let wildcard = mask.map(|mask| Ipv4Addr::from_bits(!mask.to_bits()));
    Network { network: own.to_string(), mask, wildcard, broadcast: cidr.broadcast(), first, last, hosts }
}

/// 16777214 as 16,777,214.
fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn class(address: Ipv4Addr) -> Class {
    let (letter, begins, prefix, purpose) = match address.octets()[0] {
        0..=127 => ('A', "0", Some(8), "16,777,214 hosts in each of 128 networks"),
        128..=191 => ('B', "10", Some(16), "65,534 hosts in each of 16,384 networks"),
        192..=223 => ('C', "110", Some(24), "254 hosts in each of 2,097,152 networks"),
        224..=239 => ('D', "1110", None, "groups of receivers (multicast)"),
        240..=255 => ('E', "1111", None, "reserved"),
    };
    Class { letter, begins, prefix, purpose }
}

fn binary(address: IpAddr, prefix: Option<u8>) -> String {
    let IpAddr::V4(v4) = address else { return hexadecimal(address, prefix) };
    let mut text = String::new();
    for bit in 0..32_u8 {
        if prefix == Some(bit) && bit > 0 {
            text.push('|');
        } else if bit > 0 && bit % 8 == 0 {
            text.push('.');
        }
        // A boundary between two octets is both.
        if prefix == Some(bit) && bit > 0 && bit % 8 == 0 {
            text.insert(text.len() - 1, '.');
        }
        text.push(if v4.to_bits() >> (31 - bit) & 1 == 1 { '1' } else { '0' });
    }
    text
}

/// IPv6 by digits of four bits: 128 of them would be too many to see anything.
fn hexadecimal(address: IpAddr, prefix: Option<u8>) -> String {
    let IpAddr::V6(v6) = address else { return String::new() };
    let mut text = String::new();
    for (index, digit) in full(v6).chars().filter(|c| *c != ':').enumerate() {
        let bit = index * 4;
        if index > 0 && index % 4 == 0 {
            text.push(':');
        }
        if prefix.is_some_and(|prefix| bit > 0 && usize::from(prefix) == bit) {
            text.push('|');
        }
        text.push(digit);
    }
    text
}

fn full(address: Ipv6Addr) -> String {
    address.segments().map(|segment| format!("{segment:04x}")).join(":")
}

fn reverse(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(v6) => {
            let digits: Vec<String> = full(v6).chars().rev().filter(|c| *c != ':').map(String::from).collect();
            format!("{}.ip6.arpa", digits.join("."))
        }
    }
}

fn remarks(explained: &Explained) -> Vec<String> {
    let mut remarks = Vec::new();
    if explained.address.is_multicast() || explained.class.as_ref().is_some_and(|class| class.letter > 'C') {
        return remarks;
    }
    let Some(prefix) = explained.prefix else {
        let usual = if explained.address.is_ipv4() { 24 } else { 64 };
        return vec![format!(
            "which network it is in, the address alone does not say: add the length, such as /{usual}"
        )];
    };
    if let (IpAddr::V4(own), Some(network)) = (explained.address, &explained.network) {
        if network.broadcast == Some(own) {
            remarks.push("the host part is all ones: the broadcast address, no host has it".into());
        } else if prefix < 31 && network.network == format!("{own}/{prefix}") {
            remarks.push("the host part is all zeros: the network itself, no host has it".into());
        }
        match prefix {
            31 => {
                remarks.push("/31 is for the two ends of a line: no network and no broadcast address (RFC 3021)".into())
            }
            32 => remarks.push("/32 is a single host, as loopback interfaces and host routes have it".into()),
            _ => {}
        }
    } else if prefix != 64 && prefix < 127 {
        remarks.push("hosts that form their own addresses need a /64 (RFC 4862, RFC 7421)".into());
    } else if prefix == 127 {
        remarks.push("/127 is for the two ends of a line (RFC 6164)".into());
    }
    remarks
}

#[cfg(test)]
mod tests;
