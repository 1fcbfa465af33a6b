//! Ranges with a purpose of their own (RFC 6890 and the registries that it founded).

use std::net::IpAddr;

use base::Cidr;
use serde::Serialize;

/// What an address is for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Range {
    /// In a few words.
    pub name: &'static str,
    /// The range; none for what is simply global.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block: Option<&'static str>,
    /// Where that is written.
    pub rfc: &'static str,
    /// Whether the internet at large carries packets there.
    pub is_global: bool,
}

/// What `address` is for: of all ranges that hold it, the smallest.
pub(super) fn of(address: IpAddr) -> Range {
    let holds = |(block, ..): &&(&'static str, &'static str, &'static str, bool)| {
        block.parse::<Cidr>().is_ok_and(|block| block.contains(address))
    };
    let length = |(block, ..): &&(&'static str, &'static str, &'static str, bool)| {
        block.parse::<Cidr>().map_or(0, |block| block.prefix())
    };
    match RANGES.iter().filter(holds).max_by_key(length) {
        Some((block, name, rfc, is_global)) => Range { name, block: Some(block), rfc, is_global: *is_global },
        None if address.is_ipv4() => Range { name: "public", block: None, rfc: "RFC 791", is_global: true },
        None => Range { name: "not assigned yet", block: None, rfc: "RFC 4291", is_global: false },
    }
}

/// Block, purpose, RFC, whether it is global.
#[rustfmt::skip]
const RANGES: &[(&str, &str, &str, bool)] = &[
    ("0.0.0.0/8", "\"this\" network: a source before one has an address", "RFC 791", false),
    ("0.0.0.0/32", "no address yet, or any address", "RFC 1122", false),
    ("10.0.0.0/8", "private", "RFC 1918", false),
    ("100.64.0.0/10", "shared between a provider and its customers (CGNAT)", "RFC 6598", false),
    ("127.0.0.0/8", "loopback: the host itself", "RFC 1122", false),
    ("169.254.0.0/16", "link-local: chosen by a host that found no DHCP server", "RFC 3927", false),
    ("172.16.0.0/12", "private", "RFC 1918", false),
    ("192.0.0.0/24", "for protocols of the IETF", "RFC 6890", false),
    ("192.0.2.0/24", "for documentation (TEST-NET-1)", "RFC 5737", false),
    ("192.88.99.0/24", "6to4 relays, withdrawn", "RFC 7526", false),
    ("192.168.0.0/16", "private", "RFC 1918", false),
    ("198.18.0.0/15", "for benchmarks", "RFC 2544", false),
    ("198.51.100.0/24", "for documentation (TEST-NET-2)", "RFC 5737", false),
    ("203.0.113.0/24", "for documentation (TEST-NET-3)", "RFC 5737", false),
    ("224.0.0.0/4", "multicast", "RFC 5771", true),
    ("224.0.0.0/24", "multicast within one network; routers do not pass it on", "RFC 5771", false),
    ("232.0.0.0/8", "multicast from one source", "RFC 4607", true),
    ("233.252.0.0/24", "multicast for documentation", "RFC 6676", false),
    ("239.0.0.0/8", "multicast within an organisation", "RFC 2365", false),
    ("240.0.0.0/4", "reserved", "RFC 1112", false),
    ("255.255.255.255/32", "broadcast in the network of the sender", "RFC 919", false),
    ("::/128", "no address yet, or any address", "RFC 4291", false),
    ("::1/128", "loopback: the host itself", "RFC 4291", false),
    ("::ffff:0:0/96", "an IPv4 address inside a program that speaks IPv6", "RFC 4291", false),
    ("64:ff9b::/96", "an IPv4 address behind a translator (NAT64)", "RFC 6052", true),
    ("64:ff9b:1::/48", "translators of one's own", "RFC 8215", false),
    ("100::/64", "thrown away on purpose", "RFC 6666", false),
    ("2000::/3", "public", "RFC 4291", true),
    ("2001::/32", "Teredo: IPv6 inside UDP", "RFC 4380", true),
    ("2001:2::/48", "for benchmarks", "RFC 5180", false),
    ("2001:db8::/32", "for documentation", "RFC 3849", false),
    ("2002::/16", "6to4: IPv6 inside IPv4", "RFC 3056", true),
    ("3fff::/20", "for documentation", "RFC 9637", false),
    ("fc00::/7", "private (unique local)", "RFC 4193", false),
    ("fe80::/10", "link-local: every interface has one", "RFC 4291", false),
    ("fec0::/10", "private once (site-local), withdrawn", "RFC 3879", false),
    ("ff00::/8", "multicast", "RFC 4291", true),
    ("ff01::/16", "multicast within the host", "RFC 4291", false),
    ("ff02::/16", "multicast within one network", "RFC 4291", false),
    ("ff02::1:ff00:0/104", "multicast to those whose address ends so (neighbour discovery)", "RFC 4291", false),
    ("ff05::/16", "multicast within a site", "RFC 4291", false),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_block_is_a_network() {
        for (block, ..) in RANGES {
            let cidr: Cidr = block.parse().expect("it is an address with a length");
            assert_eq!(cidr.network(), cidr, "{block}");
        }
    }

    #[test]
    fn the_smallest_range_wins() {
        let name = |text: &str| of(text.parse().expect("an address")).name;
        assert_eq!(
            (name("224.0.0.5"), name("224.0.1.1")),
            ("multicast within one network; routers do not pass it on", "multicast")
        );
        assert_eq!((name("8.8.8.8"), name("2606:4700::1")), ("public", "public"));
        assert_eq!(of([100, 64, 0, 1].into()).rfc, "RFC 6598");
    }
}
