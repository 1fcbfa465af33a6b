//! Whole frames taken apart.

use std::net::Ipv4Addr;

use super::*;
use crate::ethernet::{self, EtherType};
use crate::hdlc::{Control, Supervisory, Unnumbered};
use crate::ip::Protocol;
use crate::{PacketBuf, arp, ax25, dhcp, dot11, icmpv4, ipv4, ipv6, llc, radiotap, stp, tcp, udp, vlan};
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
        every_byte_is_named(LinkType::Ethernet, &frame);
    }
    let ui = Control::U { kind: Unnumbered::Ui, poll: false };
    every_byte_is_named(LinkType::Ax25, &ax25_frame(ui, Some(ax25::Pid::IPV4), icmp_echo(b"")));
    let mut body = icmp_echo(b"");
    llc::push_snap(&mut body, EtherType::IPV4);
    every_byte_is_named(LinkType::Radiotap, &on_air(air(dot11::Kind::Data), body));
    every_byte_is_named(LinkType::Radiotap, &on_air(air(dot11::Kind::Rts), PacketBuf::default()));
    let mut bpdu = packet(b"");
    stp::Bpdu::Rst(stp::Message::default()).push_frame(Mac::local(7), &mut bpdu);
    vlan::push_tag(&mut bpdu, vlan::Tag::default());
    every_byte_is_named(LinkType::Ethernet, bpdu.head());
}

fn every_byte_is_named(link_type: LinkType, frame: &[u8]) {
    for layer in dissect(link_type, frame).iter().filter(|layer| layer.name != "data") {
        for at in layer.range.clone() {
            assert!(layer.fields.iter().any(|field| field.range.contains(&at)), "byte {at} of {layer:?}");
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

fn ax25_frame(control: Control, pid: Option<ax25::Pid>, mut carried: PacketBuf) -> Vec<u8> {
    let (dst, src) = ("SERVER".parse().unwrap(), "CLIENT".parse().unwrap());
    ax25::Header { dst, src, command: true, control, pid }.push(&mut carried);
    carried.push_array([0]);
    carried.contiguous()
}

#[test]
fn stations_of_reliable_lines_talk_in_one_line_each() {
    let carried = || icmp_echo(b"ping");
    let i = Control::I { ns: 3, nr: 5, poll: true };
    let line = |control, pid, carried| summary(LinkType::Ax25, &ax25_frame(control, pid, carried));
    let sabm = Control::U { kind: Unnumbered::Sabm, poll: true };
    assert_eq!(line(sabm, None, PacketBuf::default()), "AX.25 CLIENT > SERVER SABM P");
    assert_eq!(line(i, Some(ax25::Pid::NO_LAYER_3), packet(b"hi")), "AX.25 CLIENT > SERVER I ns=3 nr=5 P");
    assert_eq!(line(i, Some(ax25::Pid(0xcf)), packet(b"hi")), "AX.25 CLIENT > SERVER I ns=3 nr=5 P pid=0xcf");
    let frame = ax25_frame(i, Some(ax25::Pid::IPV4), carried());
    let layers = dissect(LinkType::Ax25, &frame);
    assert_eq!(names(&layers[..3]), ["AX.25", "IPv4", "ICMP"]);
    assert_eq!(layers[0].summary, "AX.25 CLIENT > SERVER I ns=3 nr=5 P pid=IPv4");

    let llc = |control, mut packet: PacketBuf| {
        llc::Header { dsap: llc::sap::IP, ssap: llc::sap::IP, response: false, control }.push(&mut packet);
        dissect(LinkType::Llc, &packet.contiguous())
    };
    let rr = Control::S { kind: Supervisory::Rr, nr: 100, poll: false };
    assert_eq!(llc(rr, PacketBuf::default())[0].summary, "LLC2 RR nr=100");
    let layers = llc(Control::I { ns: 3, nr: 5, poll: false }, carried());
    assert_eq!((names(&layers[..3]), layers[0].summary.as_str()), (vec!["LLC", "IPv4", "ICMP"], "LLC2 I ns=3 nr=5"));
}

fn icmp_echo(data: &[u8]) -> PacketBuf {
    let mut packet = packet(data);
    icmpv4::Message::EchoRequest { id: 1, seq: 1 }.push(&mut packet);
    ip(packet, Protocol::ICMP)
}

#[test]
fn only_the_data_command_of_kiss_carries_a_frame() {
    let mut frame =
        ax25_frame(Control::U { kind: Unnumbered::Ui, poll: false }, Some(ax25::Pid::IPV4), tcp_packet(syn(), b""));
    assert!(transport(LinkType::Ax25, &frame).is_some());
    frame[0] = 1;
    assert_eq!((transport(LinkType::Ax25, &frame), names(&dissect(LinkType::Ax25, &frame))), (None, vec!["AX.25"]));
    assert!(summary(LinkType::Ax25, &frame).contains("KISS command at byte 0 has a value"));
}

/// Radiotap, a frame, its check sequence.
fn on_air(header: dot11::Header, mut body: PacketBuf) -> Vec<u8> {
    header.push(&mut body);
    dot11::append_fcs(&mut body);
    radiotap::Header { bad_fcs: false, rate: 22, channel_mhz: 2412, channel_flags: 0xa0 }.push(&mut body);
    body.contiguous()
}

fn air(kind: dot11::Kind) -> dot11::Header {
    let (receiver, transmitter, third) = (Mac::local(2), Mac::local(1), Mac::local(3));
    let (to_ds, from_ds, retry, duration_us, sequence) = (false, false, true, 44, 9);
    dot11::Header { kind, to_ds, from_ds, retry, duration_us, receiver, transmitter, third, sequence }
}

#[test]
fn stations_on_the_air_talk_in_one_line_each() {
    let ack = on_air(dot11::Header { retry: false, ..air(dot11::Kind::Ack) }, PacketBuf::default());
    assert_eq!(ack[14..24], *b"\xd4\0\x2c\0\x02\0\0\0\0\x02");
    assert_eq!(summary(LinkType::Radiotap, &ack), "802.11 ACK to 02:00:00:00:00:02");
    let layers = dissect(LinkType::Radiotap, &ack);
    assert_eq!(layers[0].summary, "radiotap 11 Mbit/s 2412 MHz");
    assert!(layers[1].get("Frame check sequence").unwrap().ends_with("(correct)"));

    let beacon = dot11::Beacon { ssid: b"home".to_vec(), rates: vec![0x82], ..Default::default() };
    let mut body = PacketBuf::default();
    beacon.push(&mut body);
    let frame = on_air(air(dot11::Kind::Beacon), body);
    assert_eq!(summary(LinkType::Radiotap, &frame), "802.11 beacon \"home\" from 02:00:00:00:00:01");

    let mut body = tcp_packet(syn(), b"data");
    llc::push_snap(&mut body, EtherType::IPV4);
    let mut frame = on_air(air(dot11::Kind::Data), body);
    let layers = dissect(LinkType::Radiotap, &frame);
    assert_eq!(names(&layers), ["radiotap", "802.11", "LLC", "IPv4", "TCP", "data"]);
    assert_eq!(layers[1].summary, "802.11 data to 02:00:00:00:00:02 (again)");
    assert_eq!(
        transport(LinkType::Radiotap, &frame).map(|found| found.payload),
        Some(frame.len() - 8..frame.len() - 4)
    );

    let last = frame.len() - 1;
    frame[last] ^= 1;
    assert!(summary(LinkType::Radiotap, &frame).ends_with("(bad checksum)"));
    // Without check sequence, and a header that says so.
    let bare = [&[0, 0, 8, 0, 0, 0, 0, 0], &frame[14..frame.len() - 4]].concat();
    assert_eq!(transport(LinkType::Radiotap, &bare).map(|found| found.payload), Some(bare.len() - 4..bare.len()));
    assert!(dissect(LinkType::Radiotap, &bare).iter().all(|layer| layer.error.is_none()));
}

#[test]
fn frames_of_the_air_that_nobody_reads_are_not_called_wrong() {
    let probe = [&[0, 0, 8, 0, 0, 0, 0, 0][..], &[0x40, 0, 0, 0], &[0; 20]].concat();
    assert_eq!(summary(LinkType::Radiotap, &probe), "802.11 type 0 subtype 4");
    assert_eq!(names(&dissect(LinkType::Radiotap, &probe)), ["radiotap", "802.11", "data"]);
}

#[test]
fn a_bridge_speaks_through_802_3_and_its_padding_is_not_read() {
    let root = stp::BridgeId { priority: 32768, mac: Mac::local(1) };
    let flags = stp::Flags { role: stp::Role::Designated, forwarding: true, ..Default::default() };
    let bpdu = stp::Bpdu::Rst(stp::Message { flags, root, root_path_cost: 4, ..Default::default() });
    let mut packet = packet(b"");
    bpdu.push_frame(Mac::local(7), &mut packet);
    let line = "RSTP root 32768.02:00:00:00:00:01 cost 4 designated, forwarding";
    assert_eq!(summary(LinkType::Ethernet, packet.head()), line);
    let layers = dissect(LinkType::Ethernet, packet.head());
    assert_eq!(names(&layers), ["Ethernet", "LLC", "STP"]);
    assert_eq!((layers[0].get("Length"), layers[0].get("Padding")), (Some("39"), Some("7 bytes")));
    // The same on a trunk.
    vlan::push_tag(&mut packet, vlan::Tag { vid: 10, ..Default::default() });
    assert_eq!(names(&dissect(LinkType::Ethernet, packet.head())), ["Ethernet", "802.1Q", "LLC", "STP"]);
    assert_eq!(summary(LinkType::Ethernet, packet.head()), line);
}

#[test]
fn a_length_of_more_than_there_is_is_wrong() {
    let mut frame = packet(b"\x44\x44\x03");
    ethernet::Header { dst: Mac::local(2), src: Mac::local(1), ethertype: EtherType(4) }.push(&mut frame);
    let layers = dissect(LinkType::Ethernet, &frame.contiguous());
    assert_eq!((names(&layers), layers[0].error.unwrap().field), (vec!["Ethernet", "LLC"], "Length"));
}
