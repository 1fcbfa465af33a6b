//! Whole frames taken apart.

use std::net::Ipv4Addr;

use super::*;
use crate::ethernet::{self, EtherType};
use crate::ip::Protocol;
use crate::{PacketBuf, arp, dhcp, icmpv4, ipv4, ipv6, tcp, udp};
use base::{Mac, PacketId, SeqNum};
use bytes::Bytes;

const A: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const B: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 2);

fn packet(data: &[u8]) -> PacketBuf {
    PacketBuf::new(PacketId::NONE, Bytes::copy_from_slice(data))
}

fn ip(mut packet: PacketBuf, protocol: Protocol) -> PacketBuf {
    ipv4::Header { src: A, dst: B, protocol, ..Default::default() }.push(&mut packet);
    packet
}

fn ethernet(mut packet: PacketBuf, ethertype: EtherType) -> Vec<u8> {
    ethernet::Header { dst: Mac::local(2), src: Mac::local(1), ethertype }.push(&mut packet);
    packet.pad_to(ethernet::MIN_FRAME);
    packet.contiguous()
}

fn syn() -> tcp::Header {
    tcp::Header {
        src_port: 50000,
        dst_port: 443,
        seq: SeqNum(7),
        flags: tcp::Flags::SYN,
        window: 64240,
        options: tcp::Options { mss: Some(1460), window_scale: Some(7), ..Default::default() },
        ..Default::default()
    }
}

fn tcp_packet(header: tcp::Header, data: &[u8]) -> PacketBuf {
    let mut packet = packet(data);
    header.push(&mut packet, A.into(), B.into());
    ip(packet, Protocol::TCP)
}

fn udp_packet(src: u16, dst: u16, data: &[u8]) -> PacketBuf {
    let mut packet = packet(data);
    udp::Header::new(src, dst).push(&mut packet, A.into(), B.into());
    ip(packet, Protocol::UDP)
}

fn names(layers: &[Layer]) -> Vec<&'static str> {
    layers.iter().map(|layer| layer.name).collect()
}

#[test]
fn a_syn_is_taken_apart_field_by_field() {
    let frame = ethernet(tcp_packet(syn(), b""), EtherType::IPV4);
    let layers = dissect(LinkType::Ethernet, &frame);
    assert_eq!(names(&layers), ["Ethernet", "IPv4", "TCP"]);
    assert_eq!(layers.iter().map(|layer| layer.range.clone()).collect::<Vec<_>>(), [0..14, 14..34, 34..62]);
    assert_eq!(layers[1].get("Source Address"), Some("192.0.2.1"));
    let port = layers[2].fields.iter().find(|field| field.name == "Destination Port").unwrap();
    assert_eq!((port.value.as_str(), port.range.clone()), ("443", 36..38));
    assert_eq!(layers[2].get("Control bits"), Some("SYN"));
    assert!(layers[2].get("Checksum").unwrap().ends_with("(correct)"));
    let mss = layers[2].fields.iter().find(|field| field.name == "Maximum Segment Size").unwrap();
    assert_eq!((mss.value.as_str(), mss.range.clone()), ("1460", 54..58));
    assert_eq!(summary(LinkType::Ethernet, &frame), "TCP 50000 > 443 [S] seq=7 win=64240 len=0 mss=1460 wscale=7");
}

#[test]
fn every_byte_of_a_header_belongs_to_a_field() {
    let frames = [
        ethernet(tcp_packet(syn(), b"data"), EtherType::IPV4),
        ethernet(udp_packet(1, 2, b"data"), EtherType::IPV4),
        ethernet(dhcp_packet(), EtherType::IPV4),
        arp_frame(arp::Operation::Request),
    ];
    for frame in frames {
        for layer in dissect(LinkType::Ethernet, &frame).iter().filter(|layer| layer.name != "data") {
            for at in layer.range.clone() {
                assert!(layer.fields.iter().any(|field| field.range.contains(&at)), "byte {at} of {layer:?}");
            }
        }
    }
}

#[test]
fn padding_is_the_ethernet_layers() {
    let frame = ethernet(udp_packet(1, 2, b"x"), EtherType::IPV4);
    let layers = dissect(LinkType::Ethernet, &frame);
    assert_eq!(names(&layers), ["Ethernet", "IPv4", "UDP", "data"]);
    assert_eq!(layers[3].range, 42..43);
    let padding = layers[0].fields.last().unwrap();
    assert_eq!((padding.name, padding.value.as_str(), padding.range.clone()), ("Padding", "17 bytes", 43..60));
    assert_eq!(summary(LinkType::Ethernet, &frame), "UDP 1 > 2 len=1");
}

fn arp_frame(operation: arp::Operation) -> Vec<u8> {
    let mut packet = PacketBuf::default();
    let (sender_mac, target_mac) = (Mac::local(1), Mac::default());
    arp::Packet { operation, sender_mac, sender_ip: A, target_mac, target_ip: B }.push(&mut packet);
    ethernet(packet, EtherType::ARP)
}

#[test]
fn arp_reads_as_question_and_answer() {
    let line = |operation| summary(LinkType::Ethernet, &arp_frame(operation));
    assert_eq!(line(arp::Operation::Request), "ARP who has 198.51.100.2? tell 192.0.2.1");
    assert_eq!(line(arp::Operation::Reply), "ARP 192.0.2.1 is at 02:00:00:00:00:01");
}

#[test]
fn an_icmp_error_shows_the_packet_that_it_quotes() {
    let offending = udp_packet(40000, 33434, b"a long payload of which nothing is quoted").contiguous();
    let code = icmpv4::Unreachable::Port;
    let mut error = packet(&offending[..28]);
    icmpv4::Message::DestinationUnreachable { code, mtu: 0 }.push(&mut error);
    let frame = ip(error, Protocol::ICMP).contiguous();
    let layers = dissect(LinkType::Ip, &frame);
    assert_eq!(names(&layers), ["IPv4", "ICMP", "IPv4", "UDP"]);
    assert_eq!(layers.iter().map(|layer| layer.quoted).collect::<Vec<_>>(), [false, false, true, true]);
    assert!(layers.iter().all(|layer| layer.error.is_none()));
    assert_eq!(summary(LinkType::Ip, &frame), "ICMP port unreachable, about UDP 40000 > 33434 len=41");
}

#[test]
fn errors_that_quote_errors_end_somewhere() {
    let mut frame = Vec::new();
    for _ in 0..1000 {
        let mut error = packet(&frame);
        icmpv4::Message::TimeExceeded { code: icmpv4::Exceeded::Ttl }.push(&mut error);
        frame = ip(error, Protocol::ICMP).contiguous();
    }
    assert_eq!(dissect(LinkType::Ip, &frame).len(), MAX_LAYERS + 1);
}

fn dhcp_packet() -> PacketBuf {
    let offer = dhcp::Message {
        yiaddr: Ipv4Addr::new(192, 0, 2, 100),
        ..dhcp::Message::new(dhcp::Op::Reply, 0x3903f326, Mac::local(5))
    }
    .with(dhcp::DhcpOption::MessageType(dhcp::MessageType::Offer))
    .with(dhcp::DhcpOption::LeaseTime(3600));
    udp_packet(67, 68, &offer.emit())
}

#[test]
fn dhcp_is_found_by_its_port() {
    let frame = dhcp_packet().contiguous();
    let layers = dissect(LinkType::Ip, &frame);
    assert_eq!(names(&layers), ["IPv4", "UDP", "DHCP"]);
    let lease = layers[2].fields.iter().find(|field| field.name == "IP Address Lease Time").unwrap();
    assert_eq!((lease.value.as_str(), lease.range.clone()), ("3600 s", 28 + 243..28 + 249));
    assert_eq!(summary(LinkType::Ip, &frame), "DHCPOFFER 192.0.2.100 to 02:00:00:00:00:05 xid=0x3903f326");
}

#[test]
fn wrong_checksums_are_marked_and_what_follows_is_still_shown() {
    let mut frame = tcp_packet(syn(), b"data").contiguous();
    frame[50] ^= 1;
    let layers = dissect(LinkType::Ip, &frame);
    assert_eq!(layers[1].error.unwrap().problem, Problem::BadChecksum);
    assert!(layers[1].get("Checksum").unwrap().ends_with("(incorrect)"));
    assert!(summary(LinkType::Ip, &frame).ends_with("(bad checksum)"));
    frame[8] ^= 1;
    let layers = dissect(LinkType::Ip, &frame);
    assert_eq!((names(&layers), layers[0].error.unwrap().problem), (vec!["IPv4", "TCP", "data"], Problem::BadChecksum));
}

#[test]
fn a_malformed_layer_says_which_field_is_wrong() {
    let mut frame = tcp_packet(syn(), b"").contiguous();
    frame.truncate(30);
    assert_eq!(
        summary(LinkType::Ip, &frame),
        "IPv4 192.0.2.1 > 198.51.100.2 TCP (malformed: IPv4: Total Length at byte 2 contradicts the length of the data)"
    );
    assert_eq!(names(&dissect(LinkType::Ip, &frame)), ["IPv4", "data"]);
}

#[test]
fn fragments_are_not_taken_for_segments() {
    let mut piece = packet(&[0xff; 100]);
    ipv4::Header { src: A, dst: B, protocol: Protocol::TCP, fragment_offset: 1480, ..Default::default() }
        .push(&mut piece);
    let frame = piece.contiguous();
    assert_eq!(names(&dissect(LinkType::Ip, &frame)), ["IPv4", "data"]);
    assert_eq!(
        summary(LinkType::Ip, &frame),
        "IPv4 192.0.2.1 > 198.51.100.2 TCP fragment id=0 bytes 1480-1579, the last"
    );
    assert_eq!(transport(LinkType::Ip, &frame), None);
}

#[test]
fn ports_and_payload_are_found_behind_tags_and_both_versions() {
    let mut tagged = tcp_packet(syn(), b"hello");
    tagged.push(4).copy_from_slice(&[0, 5, 8, 0]);
    let frame = ethernet(tagged, EtherType::VLAN);
    let found = transport(LinkType::Ethernet, &frame).unwrap();
    assert_eq!((&frame[found.payload.clone()], found.src.to_string().as_str()), (&b"hello"[..], "192.0.2.1:50000"));
    assert_eq!(found.tcp.map(|tcp| tcp.seq), Some(SeqNum(7)));
    let layers = dissect(LinkType::Ethernet, &frame);
    assert_eq!(names(&layers), ["Ethernet", "802.1Q", "IPv4", "TCP", "data"]);

    let (src, dst) = ("2001:db8::1".parse().unwrap(), "2001:db8::2".parse().unwrap());
    let mut packet = packet(b"hello");
    udp::Header::new(9, 53).push(&mut packet, IpAddr::V6(src), IpAddr::V6(dst));
    ipv6::Header { src, dst, next_header: Protocol::UDP, ..Default::default() }.push(&mut packet);
    let frame = packet.contiguous();
    let found = transport(LinkType::Ip, &frame).unwrap();
    assert_eq!((found.payload, found.dst.to_string().as_str()), (48..53, "[2001:db8::2]:53"));
    assert_eq!(names(&dissect(LinkType::Ip, &frame)), ["IPv6", "UDP", "data"]);
    assert!(dissect(LinkType::Ip, &frame)[1].error.is_none());
}

#[test]
fn the_type_field_rules_over_the_version_in_the_packet() {
    // Found by fuzzing: type IPv4, but the packet says 6.
    let mut frame = ethernet(tcp_packet(syn(), b"data"), EtherType::IPV4);
    frame[14] = 0x65;
    assert_eq!(transport(LinkType::Ethernet, &frame), None);
    assert_eq!(names(&dissect(LinkType::Ethernet, &frame)), ["Ethernet", "IPv4", "data"]);
}

#[test]
fn other_crates_add_protocols_above_a_port() {
    fn shout(dissection: &mut Dissection<'_>, range: Range<usize>) {
        let text = String::from_utf8_lossy(dissection.bytes(range.clone())).to_uppercase();
        let mut layer = dissection.layer("SHOUT", range.clone());
        layer.field("Text", 0..range.len(), &text);
        layer.summary = format!("SHOUT {text}");
        dissection.push(layer);
    }
    let registry = Registry::new().with(Key::UdpPort(77), shout);
    for (src, dst) in [(77, 5), (5, 77)] {
        let frame = udp_packet(src, dst, b"hey").contiguous();
        assert_eq!(summary_with(&registry, LinkType::Ip, &frame), "SHOUT HEY");
        assert_eq!(dissect_with(&registry, LinkType::Ip, &frame)[2].get("Text"), Some("HEY"));
    }
}

#[test]
fn nothing_and_unknown_things_have_a_line_too() {
    assert_eq!(summary(LinkType::Ethernet, &[]), "Ethernet (malformed: Ethernet: header at byte 0 is cut short)");
    let frame = ethernet(PacketBuf::default(), EtherType(0x88cc));
    assert_eq!(summary(LinkType::Ethernet, &frame), "Ethernet 02:00:00:00:00:01 > 02:00:00:00:00:02 type 0x88cc");
    assert_eq!(names(&dissect(LinkType::Ethernet, &frame)), ["Ethernet", "data"]);
}
