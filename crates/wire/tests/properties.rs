//! Any bytes into any parser: no panic, and what is read is written as it was.

mod entry;
mod links;

use std::net::{IpAddr, Ipv4Addr};

use base::{Mac, PacketId, SeqNum};
use bytes::Bytes;
use glassnet_wire::ethernet::EtherType;
use glassnet_wire::ip::Protocol;
use glassnet_wire::{PacketBuf, arp, dhcp, dot11, ethernet, icmpv4, ipv4, llc, radiotap, stp, tcp, udp};
use proptest::collection::vec;
use proptest::prelude::*;

const A: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const B: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 2);

/// A change to a valid frame: a byte overwritten, or the end cut off.
#[derive(Clone, Debug)]
enum Damage {
    Set(prop::sample::Index, u8),
    Cut(prop::sample::Index),
}

fn damage() -> impl Strategy<Value = Vec<Damage>> {
    let set = (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(at, value)| Damage::Set(at, value));
    let cut = any::<prop::sample::Index>().prop_map(Damage::Cut);
    vec(prop_oneof![9 => set, 1 => cut], 0..4)
}

fn damaged(mut bytes: Vec<u8>, damage: &[Damage]) -> Vec<u8> {
    for change in damage {
        match change {
            Damage::Set(at, value) if !bytes.is_empty() => {
                let at = at.index(bytes.len());
                bytes[at] = *value;
            }
            Damage::Cut(at) => bytes.truncate(at.index(bytes.len() + 1)),
            Damage::Set(..) => {}
        }
    }
    bytes
}

fn tcp_options() -> impl Strategy<Value = tcp::Options> {
    let blocks = vec((any::<u32>(), any::<u32>()), 0..=4);
    (any::<Option<u16>>(), any::<Option<u8>>(), any::<bool>(), any::<Option<(u32, u32)>>(), blocks).prop_map(
        |(mss, window_scale, sack_permitted, timestamps, blocks)| {
            let mut sack = tcp::SackBlocks::NONE;
            for (left, right) in blocks {
                sack.push(SeqNum(left), SeqNum(right));
            }
            tcp::Options { mss, window_scale, sack_permitted, timestamps, sack }
        },
    )
}

fn segment() -> impl Strategy<Value = PacketBuf> {
    let numbers = (any::<[u16; 4]>(), any::<[u32; 2]>(), any::<u8>());
    (numbers, tcp_options(), vec(any::<u8>(), 0..100)).prop_map(
        |(([src_port, dst_port, window, urgent], [seq, ack], flags), options, data)| {
            let mut packet = PacketBuf::new(PacketId::NONE, Bytes::from(data));
            let (seq, ack, flags) = (SeqNum(seq), SeqNum(ack), tcp::Flags(flags));
            let header =
                tcp::Header { src_port, dst_port, seq, ack, flags, window, urgent, options, ..Default::default() };
            header.push(&mut packet, A.into(), B.into());
            packet
        },
    )
}

fn dhcp_option() -> impl Strategy<Value = dhcp::DhcpOption> {
    (any::<u8>(), vec(any::<u8>(), 0..300)).prop_filter_map("codes without a value", |(code, value)| {
        let own = [dhcp::code::PAD, dhcp::code::END, dhcp::code::OVERLOAD];
        if own.contains(&code) { None } else { dhcp::DhcpOption::decode(code, &value) }
    })
}

fn dhcp_message() -> impl Strategy<Value = Vec<u8>> {
    vec(dhcp_option(), 0..8).prop_map(|options| {
        let mut message = dhcp::Message::new(dhcp::Op::Reply, 7, Mac::local(9));
        for option in options {
            if message.options.iter().all(|other| other.code() != option.code()) {
                message.options.push(option);
            }
        }
        message.emit()
    })
}

fn datagram() -> impl Strategy<Value = PacketBuf> {
    let data = prop_oneof![vec(any::<u8>(), 0..200), dhcp_message()];
    (prop_oneof![Just(67), Just(68), any::<u16>()], any::<u16>(), data).prop_map(|(src_port, dst_port, data)| {
        let mut packet = PacketBuf::new(PacketId::NONE, Bytes::from(data));
        udp::Header::new(src_port, dst_port).push(&mut packet, A.into(), B.into());
        packet
    })
}

fn icmp(inner: Vec<u8>) -> PacketBuf {
    let mut packet = PacketBuf::new(PacketId::NONE, Bytes::from(inner));
    icmpv4::Message::TimeExceeded { code: icmpv4::Exceeded::Ttl }.push(&mut packet);
    packet
}

fn in_ip(mut packet: PacketBuf, protocol: Protocol, options: &[u8]) -> PacketBuf {
    ipv4::Header { src: A, dst: B, protocol, ..Default::default() }.push_with_options(&mut packet, options);
    packet
}

/// A valid bare packet.
fn packet() -> impl Strategy<Value = PacketBuf> {
    let transport = prop_oneof![
        segment().prop_map(|packet| (packet, Protocol::TCP)),
        datagram().prop_map(|packet| (packet, Protocol::UDP)),
    ];
    let words = vec(any::<[u8; 4]>(), 0..=10);
    let plain =
        (transport, words).prop_map(|((packet, protocol), words)| in_ip(packet, protocol, words.as_flattened()));
    (plain, any::<bool>()).prop_map(
        |(packet, quote)| {
            if quote { in_ip(icmp(packet.contiguous()), Protocol::ICMP, &[]) } else { packet }
        },
    )
}

fn arp_packet() -> impl Strategy<Value = PacketBuf> {
    (any::<u16>(), any::<[u8; 4]>()).prop_map(|(operation, target)| {
        let mut packet = PacketBuf::default();
        let (sender_mac, target_mac) = (Mac::local(1), Mac::default());
        let (operation, target_ip) = (operation.into(), Ipv4Addr::from(target));
        arp::Packet { operation, sender_mac, sender_ip: A, target_mac, target_ip }.push(&mut packet);
        packet
    })
}

/// A valid frame.
fn frame() -> impl Strategy<Value = Vec<u8>> {
    let inner = prop_oneof![
        8 => packet().prop_map(|packet| (packet, EtherType::IPV4)),
        1 => arp_packet().prop_map(|packet| (packet, EtherType::ARP)),
        1 => vec(any::<u8>(), 0..100).prop_map(|bytes| (PacketBuf::from_vec(PacketId::NONE, bytes), EtherType::IPV6)),
    ];
    inner.prop_map(|(mut packet, ethertype)| {
        ethernet::Header { dst: Mac::local(2), src: Mac::local(1), ethertype }.push(&mut packet);
        packet.pad_to(ethernet::MIN_FRAME);
        packet.contiguous()
    })
}

fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..400)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_into_any_parser(bytes in any_bytes()) {
        entry::ethernet(&bytes);
        entry::arp(&bytes);
        entry::ipv4(&bytes);
        entry::ipv6(&bytes);
        entry::icmpv4(&bytes);
        entry::udp(&bytes);
        entry::tcp(&bytes);
        entry::dhcp(&bytes);
        entry::checksum(&bytes);
        entry::ax25(&bytes);
        entry::llc(&bytes);
        entry::dot11(&bytes);
        entry::radiotap(&bytes);
        entry::stp(&bytes);
        entry::vlan(&bytes);
        entry::dissect(&bytes);
    }

    #[test]
    fn ports_are_found_on_every_link(packet in segment(), choice in any::<[u8; 4]>(), damage in damage()) {
        let packet = in_ip(packet, Protocol::TCP, &[]);
        let carried = packet.contiguous();
        for link_type in entry::LINK_TYPES {
            let frame = links::frame(link_type, packet.clone(), choice);
            let layers = glassnet_wire::dissect::dissect(link_type, &frame);
            prop_assert!(layers.iter().all(|layer| layer.error.is_none()), "{layers:?}");
            let found = glassnet_wire::dissect::network(link_type, &frame);
            let (place, ethertype) = found.expect("the packet is found");
            prop_assert_eq!((&frame[place], ethertype), (&carried[..], EtherType::IPV4));
            prop_assert!(glassnet_wire::dissect::transport(link_type, &frame).is_some());
            entry::dissect(&frame);
            let bytes = damaged(frame, &damage);
            entry::dissect(&bytes);
            entry::vlan(&bytes);
            entry::radiotap(&bytes);
            entry::dot11(bytes.get(14..).unwrap_or(&[]));
            entry::ax25(bytes.get(1..).unwrap_or(&[]));
            entry::llc(&bytes);
        }
    }

    #[test]
    fn bpdus_keep_their_meaning(bytes in vec(any::<u8>(), 36..60), kind in 0..3usize, damage in damage()) {
        let mut bytes = bytes;
        bytes[..4].copy_from_slice([&[0, 0, 0, 0], &[0, 0, 2, 2], &[0, 0, 0, 0x80]][kind]);
        prop_assert!(stp::Bpdu::parse(&bytes).is_ok());
        entry::stp(&bytes);
        entry::stp(&damaged(bytes.clone(), &damage));
        let mut frame = PacketBuf::new(PacketId::NONE, Bytes::from(bytes));
        llc::Header::unnumbered(llc::sap::STP).push(&mut frame);
        let layers = glassnet_wire::dissect::dissect(base::LinkType::Llc, &frame.contiguous());
        prop_assert_eq!(layers[1].name, "STP");
        entry::dissect(&damaged(frame.contiguous(), &damage));
    }

    #[test]
    fn beacons_keep_their_meaning(
        fixed in any::<[u8; 12]>(), ssid in vec(any::<u8>(), 0..=32), rates in vec(any::<u8>(), 1..=8), damage in damage(),
    ) {
        let body = [&fixed[..], &[0, ssid.len() as u8], &ssid, &[1, rates.len() as u8], &rates].concat();
        let beacon = dot11::Beacon::parse(&body).expect("a valid beacon");
        let mut packet = PacketBuf::default();
        beacon.push(&mut packet);
        prop_assert_eq!(packet.contiguous(), body);
        links::beacon_header().push(&mut packet);
        entry::dot11(&damaged(packet.contiguous(), &damage));
        dot11::append_fcs(&mut packet);
        radiotap::Header::default().push(&mut packet);
        let layers = glassnet_wire::dissect::dissect(base::LinkType::Radiotap, &packet.contiguous());
        prop_assert!(layers.iter().all(|layer| layer.error.is_none()) && layers.len() == 2, "{layers:?}");
        entry::dissect(&damaged(packet.contiguous(), &damage));
    }

    #[test]
    fn a_damaged_frame_is_still_taken_apart(frame in frame(), damage in damage()) {
        entry::dissect(&damaged(frame, &damage));
    }

    #[test]
    fn a_damaged_packet_is_still_taken_apart(packet in packet(), damage in damage()) {
        let bytes = damaged(packet.contiguous(), &damage);
        entry::dissect(&bytes);
        entry::ipv4(&bytes);
        entry::icmpv4(bytes.get(20..).unwrap_or(&[]));
    }

    #[test]
    fn a_valid_frame_has_no_error(frame in frame().prop_filter("real", |frame| frame[12..14] == [8, 0])) {
        let layers = glassnet_wire::dissect::dissect(base::LinkType::Ethernet, &frame);
        let ours = layers.iter().filter(|layer| layer.name != "DHCP" && !layer.quoted);
        prop_assert!(ours.clone().all(|layer| layer.error.is_none()), "{layers:?}");
    }

    #[test]
    fn segments_keep_their_meaning(packet in segment(), damage in damage()) {
        prop_assert!(tcp::verify(A.into(), B.into(), packet.parts()));
        entry::tcp(&packet.contiguous());
        entry::tcp(&damaged(packet.contiguous(), &damage));
    }

    #[test]
    fn datagrams_keep_their_meaning(packet in datagram(), damage in damage()) {
        prop_assert!(udp::verify(A.into(), B.into(), packet.parts()));
        entry::udp(&packet.contiguous());
        entry::udp(&damaged(packet.contiguous(), &damage));
    }

    #[test]
    fn dhcp_messages_keep_their_meaning(message in dhcp_message(), damage in damage()) {
        prop_assert!(dhcp::Message::parse(&message).is_ok());
        entry::dhcp(&message);
        entry::dhcp(&damaged(message, &damage));
    }

    #[test]
    fn one_flipped_bit_never_passes_the_checksum(packet in segment(), at: prop::sample::Index, bit in 0..8u8) {
        let mut bytes = packet.contiguous();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(!tcp::verify(IpAddr::V4(A), IpAddr::V4(B), [&bytes, &[]]));
    }

    #[test]
    fn a_packet_buffer_behaves_like_one_vector(payload in any_bytes(), steps in vec((0..5u8, 0..200usize), 0..20)) {
        let mut packet = PacketBuf::new(PacketId::NONE, Bytes::from(payload.clone()));
        let mut model = payload;
        for (step, n) in steps {
            match step {
                0 => {
                    let fill = n as u8;
                    packet.push(n).fill(fill);
                    model.splice(0..0, std::iter::repeat_n(fill, n));
                }
                1 => {
                    let n = n.min(packet.head().len());
                    packet.pull(n);
                    model.drain(..n);
                }
                2 => {
                    packet.truncate(n);
                    model.truncate(n);
                }
                3 => {
                    packet.pad_to(n);
                    model.resize(model.len().max(n), 0);
                }
                _ => packet.flatten(),
            }
            prop_assert_eq!((packet.contiguous(), packet.len()), (model.clone(), model.len()));
        }
        prop_assert_eq!(packet.into_payload(), model);
    }
}
