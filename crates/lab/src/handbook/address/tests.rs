//! Textbook examples, and what holds for every prefix.

use proptest::prelude::*;

use super::*;

fn explained(text: &str) -> Explained {
    explain(text).expect("it is an address")
}

#[test]
fn a_host_in_a_network_of_64() {
    let it = explained("192.168.1.77/26");
    let network = it.network.expect("the length is given");
    assert_eq!(network.network, "192.168.1.64/26");
    assert_eq!(network.mask, Some(Ipv4Addr::new(255, 255, 255, 192)));
    assert_eq!(network.wildcard, Some(Ipv4Addr::new(0, 0, 0, 63)));
    assert_eq!(network.broadcast, Some(Ipv4Addr::new(192, 168, 1, 127)));
    assert_eq!((network.first.to_string(), network.last.to_string()), ("192.168.1.65".into(), "192.168.1.126".into()));
    assert_eq!(network.hosts, "62");
    assert_eq!(it.class.map(|class| (class.letter, class.prefix)), Some(('C', Some(24))));
    assert_eq!((it.range.name, it.range.rfc), ("private", "RFC 1918"));
    assert_eq!(it.binary, "11000000.10101000.00000001.01|001101");
    assert_eq!(it.reverse, "77.1.168.192.in-addr.arpa");
}

#[test]
fn classes_end_with_the_first_number() {
    let letter = |first: u8| class(Ipv4Addr::new(first, 0, 0, 1)).letter;
    assert_eq!(
        [0, 127, 128, 191, 192, 223, 224, 239, 240, 255].map(letter),
        ['A', 'A', 'B', 'B', 'C', 'C', 'D', 'D', 'E', 'E']
    );
    let split = |first: u8| class(Ipv4Addr::new(first, 0, 0, 1)).prefix;
    assert_eq!([10, 172, 192, 224, 240].map(split), [Some(8), Some(16), Some(24), None, None]);
}

#[test]
fn a_mask_and_a_wildcard_are_lengths_too() {
    assert_eq!(explained("192.168.1.77/255.255.255.192").prefix, Some(26));
    assert_eq!(explained("192.168.1.77/0.0.0.63").prefix, Some(26));
    assert_eq!(
        (explained("10.0.0.1/0.0.0.0").prefix, explained("10.0.0.1/255.255.255.255").prefix),
        (Some(0), Some(32))
    );
    assert!(explain("192.168.1.77/255.0.255.0").is_err());
}

#[test]
fn the_ends_of_a_line_need_no_broadcast() {
    let line = explained("192.0.2.4/31");
    let network = line.network.expect("the length is given");
    assert_eq!((network.hosts.as_str(), network.broadcast), ("2", None));
    assert_eq!((network.first.to_string(), network.last.to_string()), ("192.0.2.4".into(), "192.0.2.5".into()));
    assert!(line.remarks[0].contains("RFC 3021"));
    assert_eq!(explained("192.0.2.4/32").network.map(|network| network.hosts), Some("1".into()));
    assert_eq!(explained("0.0.0.0/0").network.map(|network| network.hosts), Some("4,294,967,294".into()));
}

#[test]
fn what_no_host_has_is_said() {
    assert!(explained("10.0.0.0/8").remarks[0].contains("the network itself"));
    assert!(explained("10.255.255.255/8").remarks[0].contains("broadcast"));
    assert!(explained("10.1.2.3").remarks[0].contains("/24"));
}

#[test]
fn version_6_has_neither_classes_nor_broadcast() {
    let it = explained("2001:db8::1/64");
    let network = it.network.expect("the length is given");
    assert_eq!((it.class, network.mask, network.broadcast), (None, None, None));
    assert_eq!((network.network.as_str(), network.hosts.as_str()), ("2001:db8::/64", "2^64"));
    assert_eq!(network.last.to_string(), "2001:db8::ffff:ffff:ffff:ffff");
    assert_eq!(it.binary, "2001:0db8:0000:0000:|0000:0000:0000:0001");
    assert!(it.reverse.ends_with("8.b.d.0.1.0.0.2.ip6.arpa") && it.reverse.starts_with("1.0.0.0."));
}

#[test]
fn two_hosts_are_neighbours_when_both_think_so() {
    let same = |a: &str, b: &str| compare(a, b).map(|it| it.same_network);
    assert_eq!(same("192.168.1.77/26", "192.168.1.100"), Ok(true));
    assert_eq!(same("192.168.1.77/26", "192.168.1.130"), Ok(false));
    assert_eq!(same("192.168.1.77/26", "2001:db8::1"), Ok(false));
    let odd = compare("192.168.1.77/24", "192.168.1.130/26").expect("both are addresses");
    assert!(!odd.same_network && odd.why.contains("one of the lengths is wrong"), "{odd:?}");
    assert!(compare("10.0.0.1", "10.0.0.2").is_err());
}

proptest! {
    #[test]
    fn hosts_are_between_network_and_broadcast(bits: u32, prefix in 0u8..=32) {
        let own = Ipv4Addr::from_bits(bits);
        let it = explained(&format!("{own}/{prefix}"));
        let network = it.network.expect("the length is given");
        let cidr = Cidr::new(IpAddr::V4(own), prefix);
        prop_assert!(cidr.contains(network.first) && cidr.contains(network.last) && network.first <= network.last);
        let (IpAddr::V4(first), IpAddr::V4(last)) = (network.first, network.last) else { unreachable!("they are IPv4") };
        let hosts = u64::from(last.to_bits()) - u64::from(first.to_bits()) + 1;
        prop_assert_eq!(network.hosts.replace(',', ""), hosts.to_string());
        prop_assert_eq!(it.binary.chars().filter(|c| matches!(c, '0' | '1')).count(), 32);
    }

    #[test]
    fn no_text_makes_it_panic(text in "[0-9a-f.:/]{0,24}") {
        let _ = explain(&text);
        let _ = compare(&text, "10.0.0.1/8");
    }
}
